-- Who is calling: where it is believed from, what plants it in vain, what each role then reads.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
GRANT EXECUTE ON FUNCTION ecopanier.whoami() TO PUBLIC;
CREATE ROLE ordinary LOGIN IN ROLE ecopanier_customer, ecopanier_merchant, ecopanier_admin;
CREATE ROLE bypass LOGIN BYPASSRLS IN ROLE ecopanier_owner;
CREATE ROLE root LOGIN SUPERUSER;
CREATE ROLE station LOGIN IN ROLE ecopanier_merchant;
GRANT CREATE, USAGE ON SCHEMA fixture TO ordinary;
SELECT fixture.name_lot('sold', fixture.lot(50, 0)), fixture.name_lot('free', fixture.lot(0, 50)), fixture.name_lot('elsewhere', fixture.lot(5, 5, 2)) \g /dev/null

\echo '# claims of an API server'
CREATE TEMP TABLE request (n serial, says text, login text, role text, claims text, expected text);
INSERT INTO request (says, login, role, claims, expected) VALUES
('a customer', 'api', 'ecopanier_customer', fixture.claims('Camille', 'customer'), 'Camille customer'),
('the same person has no role that was not given', 'api', 'ecopanier_merchant', fixture.claims('Camille', 'merchant'), NULL),
('staff act for their only organisation', 'api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), 'Mona merchant Boulangerie'),
('or for the one they name', 'api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant', 1, jsonb_build_object('organisation', fixture.organisation('Boulangerie'))), 'Mona merchant Boulangerie'),
('not for another', 'api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant', 1, jsonb_build_object('organisation', fixture.organisation('CCAS'))), NULL),
('nor for one of another territory', 'api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant', 1, jsonb_build_object('organisation', fixture.organisation('Boulangerie', 2))), NULL),
('nor does a customer act for a shop', 'api', 'ecopanier_customer', fixture.claims('Camille', 'customer', 1, jsonb_build_object('organisation', fixture.organisation('Boulangerie'))), NULL),
('the claims'' role must be the current one', 'api', 'ecopanier_customer', fixture.claims('Adele', 'administrator'), NULL),
('in both directions', 'api', 'ecopanier_admin', fixture.claims('Camille', 'customer'), NULL),
('without a role nobody is', 'api', 'ecopanier_customer', (fixture.claims('Camille', 'customer')::jsonb - 'role')::text, NULL),
('without a member nobody is', 'api', 'ecopanier_customer', '{"role": "ecopanier_customer"}', NULL),
('an unknown member is nobody', 'api', 'ecopanier_customer', jsonb_build_object('role', 'ecopanier_customer', 'sub', ecopanier.new_id(1))::text, NULL),
('nor is a number of another kind', 'api', 'ecopanier_customer', '{"role": "ecopanier_customer", "sub": "00000000-0000-4000-8000-000000000001"}', NULL),
('a moment before they expire claims hold', 'api', 'ecopanier_customer', fixture.claims('Camille', 'customer', 1, jsonb_build_object('exp', extract(epoch FROM timestamptz '2026-11-20 16:00:01+00')::bigint)), 'Camille customer'),
('then they do not', 'api', 'ecopanier_customer', fixture.claims('Camille', 'customer', 1, jsonb_build_object('exp', extract(epoch FROM timestamptz '2026-11-20 16:00:00+00')::bigint)), NULL),
('no claims, nobody', 'api', 'ecopanier_customer', '', NULL),
('an ordinary login is not believed', 'ordinary', NULL, fixture.claims('Camille', 'customer'), NULL),
('not after SET ROLE either', 'ordinary', 'ecopanier_customer', fixture.claims('Camille', 'customer'), NULL),
('nor a superuser, who is no authenticator', 'postgres', 'ecopanier_customer', fixture.claims('Camille', 'customer'), NULL),
('nor BYPASSRLS', 'bypass', NULL, fixture.claims('Adele', 'administrator'), NULL);
INSERT INTO request (says, login, role, claims, expected)
SELECT 'malformed claims are nobody''s: ' || c, 'api', 'ecopanier_customer', c, NULL
FROM unnest(ARRAY['{', '[]', 'null', '"x"', '{"role": 1}', '{"role": ["ecopanier_customer"], "sub": 1}', 'x' || repeat('y', 100000), repeat('[', 100000)]) c;
CREATE FUNCTION fixture.describe(territory int, member_id uuid, role text, organisation_id uuid) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$
	SELECT concat_ws(' ', nullif(territory, 1), (SELECT display_name FROM ecopanier.member m WHERE m.id = member_id), role,
		(SELECT name FROM ecopanier.organisation o WHERE o.id = organisation_id)) WHERE member_id IS NOT NULL $$;
CREATE FUNCTION fixture.who() RETURNS text STABLE LANGUAGE sql AS $$ SELECT fixture.describe(w.territory_id, w.member_id, w.role, w.organisation_id) FROM ecopanier.whoami() w $$;
SELECT is((fixture.attempt(login, role, claims, 'SELECT coalesce(fixture.who(), ''nobody'')')).value, coalesce(expected, 'nobody'), left(says, 80)) FROM request ORDER BY n;

\echo '# authenticate() says why, and whoever is nobody may do nothing'
CREATE FUNCTION fixture.verdict(login text, role text, claims text, statement text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(a.state || CASE WHEN a.hint = '' AND a.message NOT LIKE 'permission denied for %' THEN ' without hint' ELSE '' END, a.value) FROM fixture.attempt(login, role, claims, statement) a $$;
SELECT is(fixture.verdict(login, role, claims, 'SELECT ecopanier.authenticate()'),
	CASE WHEN expected IS NOT NULL OR claims = '' OR claims = '{"role": "ecopanier_customer"}' THEN '' ELSE '42501' END, left('authenticate: ' || says, 80))
FROM request WHERE says NOT IN ('not after SET ROLE either') AND login = 'api' ORDER BY n;
SELECT is(fixture.verdict(login, role, claims, $$SELECT state FROM ecopanier.reserve(fixture.named('sold'))$$), '42501', left('reserve: ' || says, 80))
FROM request WHERE expected IS NULL AND login <> 'bypass' ORDER BY n;
SELECT is(fixture.verdict(login, role, claims, $$INSERT INTO ecopanier.reservation (lot_id) VALUES (fixture.named('sold'))$$), '42501', left('insert: ' || says, 80))
FROM request WHERE expected IS NULL ORDER BY n;

\echo '# ecopanier.context is nobody''s to write'
CREATE TEMP TABLE planting (n serial, login text, statement text);
INSERT INTO planting (login, statement)
SELECT l, s FROM unnest(ARRAY['ordinary', 'postgres', 'root', 'api', 'bypass']) l, unnest(ARRAY[
	$$SET ecopanier.context = ''$$, $$SET LOCAL ecopanier.context = '10 1 x 5 4 - 0'$$,
	$$SELECT set_config('ecopanier.context', '', false)$$, $$SELECT set_config('ecopanier.context', '10 1 x', true)$$,
	$$UPDATE pg_settings SET setting = 'x' WHERE name = 'ecopanier.context'$$,
	$$CREATE FUNCTION fixture.planted() RETURNS text LANGUAGE sql SET ecopanier.context = 'x' AS 'SELECT 1::text'$$]) s
WHERE s NOT LIKE 'CREATE%' OR l IN ('ordinary', 'postgres', 'root');
INSERT INTO planting (login, statement)
SELECT l, s FROM unnest(ARRAY['postgres', 'root']) l, unnest(ARRAY[
	$$ALTER ROLE api SET ecopanier.context = 'x'$$, $$ALTER ROLE ALL SET ecopanier.context = 'x'$$, $$ALTER DATABASE ecopanier SET ecopanier.context = ''$$,
	$$ALTER ROLE api IN DATABASE ecopanier SET ecopanier.context = 'x'$$]) s;
SELECT isnt((fixture.attempt(login, NULL, NULL, statement)).state, NULL, login || ': ' || statement || ' is refused') FROM planting
WHERE statement NOT LIKE 'UPDATE%' ORDER BY n;
SELECT is((fixture.attempt(login, NULL, NULL, statement)).value, '0 rows', login || ': ' || statement || ' finds nothing') FROM planting
WHERE statement LIKE 'UPDATE%' AND login <> 'bypass' ORDER BY n;
SELECT is(a.state || ' ' || a.message || ' / ' || a.hint, '42501 parameter "ecopanier.context" cannot be set / Call ecopanier.authenticate() instead.', 'a superuser is told what to do instead')
FROM fixture.attempt('postgres', NULL, NULL, $$SET ecopanier.context = '10 1 x'$$) a;
SELECT is((fixture.attempt(l, NULL, NULL, 'SHOW ecopanier.context')).state, '42501', l || ' does not read it') FROM unnest(ARRAY['api', 'ordinary', 'bypass']) l;
SELECT is(count(*), 0::bigint, 'SHOW ALL does not list it') FROM pg_show_all_settings() WHERE name = 'ecopanier.context' AND current_user <> 'postgres';
SELECT throws_ok('ALTER SYSTEM SET ecopanier.context = ''x''', NULL, NULL, 'ALTER SYSTEM is refused');

\echo '# RESET ALL, DISCARD, SET FROM CURRENT: what was authenticated stays until the transaction ends'
SET SESSION AUTHORIZATION api;
SELECT fixture.act('Camille', 'customer') \g /dev/null
BEGIN;
SELECT ecopanier.authenticate() \g /dev/null
RESET ALL;
SELECT fixture.who() AS in_transaction \gset
COMMIT;
SELECT coalesce(fixture.who(), 'nobody') AS afterwards \gset
RESET SESSION AUTHORIZATION;
SELECT is(:'in_transaction'::text, 'Camille customer', 'RESET ALL leaves the authenticated caller');
SELECT is(:'afterwards'::text, 'nobody', 'the claims were reset with it, so nobody is left after COMMIT');
SET SESSION AUTHORIZATION api;
SELECT fixture.act('Camille', 'customer') \g /dev/null
BEGIN;
SELECT ecopanier.authenticate() \g /dev/null
SAVEPOINT a;
SELECT set_config('request.jwt.claims', fixture.claims('Charlie', 'customer'), true) \g /dev/null
SELECT fixture.who() AS first_wins \gset
SELECT ecopanier.authenticate() \g /dev/null
SELECT fixture.who() AS kept \gset
ROLLBACK TO a;
SELECT fixture.who() AS rolled_back \gset
SET LOCAL ROLE ecopanier_merchant;
SELECT coalesce(fixture.who(), 'nobody') AS muted \gset
COMMIT;
RESET SESSION AUTHORIZATION;
SELECT is(:'first_wins'::text, 'Camille customer', 'claims that change in a transaction change nothing until authenticate()');
SELECT is(:'rolled_back'::text, 'Camille customer', 'ROLLBACK TO brings the caller back');
SELECT is(:'muted'::text, 'nobody', 'SET ROLE makes the context mute');
SELECT is((SELECT a.state FROM fixture.attempt('postgres', NULL, NULL, $$SELECT ecopanier.authenticate();
	CREATE FUNCTION fixture.frozen() RETURNS text LANGUAGE sql SET ecopanier.context FROM CURRENT AS 'SELECT fixture.who()'$$) a), '42501', 'SET ... FROM CURRENT is refused');

\echo '# each request stands alone in a pooled connection'
RESET request.jwt.claims;
SET SESSION AUTHORIZATION api;
BEGIN;
SELECT set_config('role', 'ecopanier_customer', true), set_config('request.jwt.claims', fixture.claims('Camille', 'customer'), true) \g /dev/null
SELECT ecopanier.authenticate() \g /dev/null
SELECT fixture.who() AS one \gset
COMMIT;
SET ROLE ecopanier_customer;
SELECT coalesce(fixture.who(), 'nobody') AS two \gset
RESET ROLE;
BEGIN;
SELECT set_config('role', 'ecopanier_merchant', true), set_config('request.jwt.claims', fixture.claims('Mona', 'merchant'), true) \g /dev/null
SELECT fixture.who() AS three \gset
ROLLBACK;
BEGIN;
SELECT set_config('role', 'ecopanier_customer', true), set_config('request.jwt.claims', fixture.claims('Benoit', 'customer', 2), true) \g /dev/null
SELECT coalesce(fixture.who(), 'nobody') AS four \gset
ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT is(:'one'::text, 'Camille customer', 'first request');
SELECT is(:'two'::text, 'nobody', 'between requests');
SELECT is(:'three'::text, 'Mona merchant Boulangerie', 'second request');
SELECT is(:'four'::text, 'nobody', 'third request');

\echo '# parallel plans and prepared statements see the caller'
INSERT INTO ecopanier.lot (territory_id, organisation_id, title) SELECT 1 + g % 2, fixture.organisation('Boulangerie', 1 + g % 2), 'Brouillon' FROM generate_series(1, 3000) g;
ANALYZE ecopanier.lot;
GRANT SELECT ON fixture.named_lot TO PUBLIC;
CREATE FUNCTION fixture.uses_workers(statement text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS off, TIMING off) ' || statement LOOP
		IF line ~ 'Workers Launched: [1-9]' THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
SET SESSION AUTHORIZATION api;
SELECT fixture.act('Mona', 'merchant') \g /dev/null
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET force_parallel_mode = on;
SELECT fixture.uses_workers('SELECT count(*) FROM ecopanier.lot') AS workers, count(*) AS own FROM ecopanier.lot \gset
SELECT fixture.who() AS leader \gset
BEGIN;
SELECT ecopanier.authenticate() \g /dev/null
SELECT count(*) AS own_authenticated FROM ecopanier.lot \gset
SELECT fixture.who() AS authenticated \gset
COMMIT;
SELECT ecopanier.current_member() = m AS same FROM (SELECT ecopanier.current_member() AS m OFFSET 0) x \gset
PREPARE own AS SELECT count(*) AS n FROM ecopanier.lot WHERE organisation_id = (SELECT ecopanier.current_organisation());
EXECUTE own \gset a
SELECT fixture.act('Alice', 'association') \g /dev/null
EXECUTE own \gset b
SELECT fixture.act('Mona', 'merchant', 2) \g /dev/null
EXECUTE own \gset c
RESET SESSION AUTHORIZATION;
RESET ROLE;
RESET force_parallel_mode;
RESET min_parallel_table_scan_size;
SELECT ok(:'workers', 'the plan was parallel');
SELECT is(:own, 1502, 'row security in workers by lazy claims');
SELECT is(:own_authenticated, 1502, 'and by the context');
SELECT is(:'leader'::text, 'Mona merchant Boulangerie', 'whoami() in a worker by claims');
SELECT is(:'authenticated'::text, 'Mona merchant Boulangerie', 'and by the context');
SELECT is(:an, 1502, 'a prepared plan as a merchant');
SELECT is(:bn, 0, 'the same plan as an association');
SELECT is(:cn, 1501, 'the same plan in the other territory');

\echo '# suspended members and closed organisations'
UPDATE ecopanier.member SET state = 'suspended' WHERE id = fixture.id('Claude');
SELECT is((fixture.attempt('api', 'ecopanier_customer', fixture.claims('Claude', 'customer'), 'SELECT coalesce(fixture.who(), ''nobody'')')).value, 'nobody', 'a suspended member is nobody');
UPDATE ecopanier.member SET state = 'closed' WHERE id = fixture.id('Claude');
SELECT is((fixture.attempt('api', 'ecopanier_customer', fixture.claims('Claude', 'customer'), 'SELECT coalesce(fixture.who(), ''nobody'')')).value, 'nobody', 'so is a closed one');
UPDATE ecopanier.member SET state = 'active' WHERE id = fixture.id('Claude');
SELECT is((fixture.attempt('api', 'ecopanier_customer', fixture.claims('Claude', 'customer'), 'SELECT coalesce(fixture.who(), ''nobody'')')).value, 'Claude customer', 'an active one is back');
UPDATE ecopanier.organisation SET state = 'suspended' WHERE id = fixture.organisation('Boulangerie');
SELECT is((fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant', 1, m), 'SELECT coalesce(fixture.who(), ''nobody'')')).value, expected, 'staff of a suspended organisation ' || says)
FROM (VALUES ('{}'::jsonb, 'Mona merchant', 'act for none'), (jsonb_build_object('organisation', fixture.organisation('Boulangerie')), 'nobody', 'do not name it')) v (m, expected, says);
UPDATE ecopanier.organisation SET state = 'active' WHERE id = fixture.organisation('Boulangerie');

\echo '# roles are not taken'
SELECT is(fixture.try(name, role, statement), expected, name || ': ' || statement) FROM (VALUES
	('Camille', 'customer', $$INSERT INTO ecopanier.member_role (member_id, role) VALUES (fixture.id('Camille'), 'administrator')$$, '42501'),
	('Alice', 'association', $$INSERT INTO ecopanier.member_role (member_id, role) VALUES (fixture.id('Alice'), 'administrator')$$, '42501'),
	('Mona', 'merchant', $$DELETE FROM ecopanier.member_role$$, '42501'),
	('Camille', 'customer', $$UPDATE ecopanier.member SET state = 'active'$$, '42501'),
	('Camille', 'customer', $$UPDATE ecopanier.member SET display_name = 'Cam'$$, '1 row'),
	('Camille', 'customer', $$UPDATE ecopanier.member SET id = fixture.id('Charlie')$$, '42501'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.member_role (member_id, role) VALUES (fixture.id('Camille'), 'collector') RETURNING granted_by = fixture.id('Adele')$$, 'true'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.member_role (member_id, role) VALUES (fixture.id('Camille', 2), 'collector')$$, '23503'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (2, fixture.id('Camille', 2), 'administrator')$$, '42501'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.member_role (member_id, role) VALUES (fixture.id('Camille'), 'root')$$, '23514'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_staff (organisation_id, member_id, function) VALUES (fixture.organisation('CCAS'), fixture.id('Mona'), 'owner')$$, '42501'),
	('Sami', 'merchant', $$UPDATE ecopanier.organisation_staff SET function = 'owner'$$, '42501'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.organisation_staff (organisation_id, member_id, function) VALUES (fixture.organisation('CCAS', 2), fixture.id('Adele'), 'owner')$$, '23503')
) v (name, role, statement, expected);

\echo '# a login that is mapped to a member'
SELECT ecopanier.map_login('station', fixture.id('Sami'), 'merchant') \g /dev/null
SELECT is((fixture.attempt('station', NULL, NULL, 'SELECT fixture.who()')).value, 'Sami merchant Boulangerie', 'acts as the member, in autocommit');
SELECT is((fixture.attempt('station', 'ecopanier_merchant', fixture.claims('Adele', 'administrator'), 'SELECT fixture.who()')).value, 'Sami merchant Boulangerie', 'and cannot claim to be another');
SELECT is((fixture.attempt('station', NULL, fixture.claims('Adele', 'administrator'), 'SELECT ecopanier.authenticate(); SELECT fixture.who()')).value, 'Sami merchant Boulangerie', 'not by authenticate() either');
SELECT is((fixture.attempt('station', NULL, NULL, format('SELECT ecopanier.%s', f))).state, '42501', f || ' is not a station''s')
FROM unnest(ARRAY['map_login(''station'', fixture.id(''Adele''), ''administrator'')', 'unmap_login(''station'')', 'create_territory(''a'', ''A'', ''Europe/Paris'')', 'install()', 'rotate_key()', 'rebuild_stock()']) f;
SELECT is(ecopanier.unmap_login('station'), true, 'the mapping ends');
SELECT is((fixture.attempt('station', NULL, NULL, 'SELECT coalesce(fixture.who(), ''nobody'')')).value, 'nobody', 'and with it the member');
SELECT is(ecopanier.unmap_login('station'), false, 'once');

\echo '# loading without a caller is for the superuser alone'
-- Rights on every table, so that the guards and not the grants speak.
GRANT ecopanier_owner TO ordinary;
CREATE TEMP TABLE load (n serial, statement text);
INSERT INTO load (statement) VALUES
($$INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Zoe')$$),
($$UPDATE ecopanier.member SET display_name = 'Zoe' WHERE id = fixture.id('Camille')$$),
($$INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Camille'), 'administrator')$$),
($$DELETE FROM ecopanier.member_role WHERE member_id = fixture.id('Adele')$$),
($$INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'merchant', 'Zoe')$$),
($$UPDATE ecopanier.organisation SET state = 'closed' WHERE id = fixture.organisation('CCAS')$$),
($$INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES (1, fixture.organisation('CCAS'), fixture.id('Camille'), 'owner')$$),
($$UPDATE ecopanier.beneficiary SET valid_until = '2030-01-01' WHERE member_id = fixture.id('Benoit')$$),
($$INSERT INTO ecopanier.beneficiary (territory_id, member_id, state, valid_from, valid_until) VALUES (1, fixture.id('Camille'), 'verified', '2026-01-01', '2027-01-01')$$),
($$INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'free_units_per_day', 9, '2020-01-01', 'x')$$),
($$INSERT INTO ecopanier.lot (territory_id, organisation_id, title) VALUES (1, fixture.organisation('Boulangerie'), 'Zoe')$$),
($$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('free')$$),
($$DELETE FROM ecopanier.lot WHERE state = 'draft' AND id = (SELECT min(id::text)::uuid FROM ecopanier.lot WHERE state = 'draft')$$),
($$INSERT INTO ecopanier.reservation (lot_id, member_id) VALUES (fixture.named('sold'), fixture.id('Camille'))$$);
SELECT ok((fixture.attempt('root', NULL, NULL, statement)).state IS NULL, 'a superuser: ' || statement) FROM load ORDER BY n;
SELECT is((fixture.attempt('root', 'ecopanier_owner', NULL, statement)).state, '42501', 'after SET ROLE: ' || statement) FROM load ORDER BY n;
SELECT is((fixture.attempt('ordinary', 'ecopanier_owner', NULL, statement)).state, '42501', 'the tables'' owner: ' || statement) FROM load ORDER BY n;
SELECT is((fixture.attempt('bypass', NULL, NULL, statement)).state, '42501', 'BYPASSRLS: ' || statement) FROM load ORDER BY n;

SELECT * FROM finish();
