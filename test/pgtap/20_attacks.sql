-- Ways to get round the rules that were found once; each must stay closed.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
SELECT fixture.name_lot('both', fixture.lot(10, 10));

\echo '# units of a statement do not wrap round'
CREATE TEMP TABLE attack (n serial, says text, name text, role text, statement text, expected text);
INSERT INTO attack (says, name, role, statement, expected) VALUES
('three rows that sum to 2^32', 'Benoit', 'beneficiary',
 $$INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named('both'), 2147483637), (fixture.named('both'), 2147483557), (fixture.named('both'), 102)$$, 'ZE104'),
('rows of the largest quantity', 'Camille', 'customer',
 $$INSERT INTO ecopanier.reservation (lot_id, quantity) SELECT fixture.named('both'), 100000 FROM generate_series(1, 43)$$, 'ZE104'),
('and free ones', 'Benoit', 'beneficiary',
 $$INSERT INTO ecopanier.reservation (lot_id, quantity) SELECT fixture.named('both'), 100000 FROM generate_series(1, 43)$$, 'ZE105'),
('a quantity above any lot', 'Camille', 'customer', $$SELECT ecopanier.reserve(fixture.named('both'), 100001)$$, 'ZE104'),
('cancelling a claim in the statement that makes it', 'Benoit', 'beneficiary',
 $$INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named('both'), 2) RETURNING ecopanier.cancel(id)::text$$, 'ZE107'),
('a window without end', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, window_start, window_end) VALUES ('x', '2026-11-20 17:00+00', 'infinity')$$, '23514'),
('a window in another century', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, window_start, window_end) VALUES ('x', '2026-11-20 17:00+00', '2200-01-01 00:00+00')$$, '23514'),
('half a try', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('pickup_tries', 4.4, 'test')$$, '22023'),
('a name that writes backwards', 'Camille', 'customer', $$UPDATE ecopanier.member SET display_name = E'a\nb'$$, '23514');
SELECT is(fixture.try(name, role, statement), expected, says) FROM attack ORDER BY n;

\echo '# a refusal tells no row that its reader cannot read'
SELECT is((fixture.attempt('api', 'ecopanier_association', fixture.claims('Alice', 'association'),
	format('SELECT ecopanier.suspend_beneficiary(%L, repeat(''x'', 1001))', fixture.id('Basma')))).detail, '', 'a reason too long');
SELECT is((fixture.attempt('api', 'ecopanier_association', fixture.claims('Alice', 'association'),
	format('SELECT ecopanier.verify_beneficiary(%L, ''2026-01-01'', ''2026-12-31'')', fixture.id('Bruno')))).detail, '', 'dates out of order');
SELECT is((fixture.attempt('api', 'ecopanier_association', fixture.claims('Alice', 'association'),
	format('SELECT ecopanier.verify_beneficiary(%L, ''2026-01-01'', ''2026-12-31'')', fixture.id('Bruno')))).state, '23514', 'they are refused');

\echo '# a database role without the role of the caller writes nothing'
CREATE ROLE half_admin LOGIN IN ROLE ecopanier_customer, ecopanier_admin, ecopanier_merchant;
SELECT lives_ok(format('SELECT ecopanier.map_login(''half_admin'', %L, ''customer'')', fixture.id('Camille')), 'a login of Camille the customer, an administrator''s rights on tables');
INSERT INTO attack (says, statement, expected) VALUES
('no staff of a shop', format('INSERT INTO ecopanier.organisation_staff (organisation_id, member_id, function) VALUES (%L, %L, ''owner'')', fixture.organisation('Boulangerie'), fixture.id('Camille')), '42501'),
('no suspended members', format('UPDATE ecopanier.member SET state = ''suspended'' WHERE id = %L', fixture.id('Mona')), '42501'),
('no closed organisations', format('UPDATE ecopanier.organisation SET state = ''closed'' WHERE id = %L', fixture.organisation('CCAS')), '42501'),
('no dismissed staff', format('DELETE FROM ecopanier.organisation_staff WHERE member_id = %L', fixture.id('Mona')), '42501'),
('no roles', format('INSERT INTO ecopanier.member_role (member_id, role) VALUES (%L, ''administrator'')', fixture.id('Camille')), '42501');
SELECT is((fixture.attempt('half_admin', NULL, NULL, statement)).state, expected, says) FROM attack WHERE name IS NULL ORDER BY n;

\echo '# a load meets what is timeless'
INSERT INTO attack (says, role, statement, expected)
SELECT says, 'loader', format('INSERT INTO ecopanier.reservation (lot_id, member_id, state, collected_at, key_id) VALUES (%L, %L, %s)', lot, fixture.id('Camille'), given), expected
FROM (VALUES ('collected, but when', fixture.named('both'), '''collected'', NULL, NULL', '23514'),
	('held, but collected', fixture.named('both'), '''held'', now(), NULL', '23514'),
	('a key of nobody', fixture.named('both'), '''held'', NULL, ''0000000000000000''', '23503')) v (says, lot, given, expected);
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, says) FROM attack WHERE role = 'loader' ORDER BY n;
UPDATE ecopanier.lot SET state = 'cancelled' WHERE id = fixture.named('both');
SELECT is((fixture.attempt('postgres', NULL, NULL, format('INSERT INTO ecopanier.reservation (lot_id, member_id) VALUES (%L, %L)',
	fixture.named('both'), fixture.id('Camille')))).state, 'ZE102', 'a held claim on a cancelled lot');
SET session_replication_role = replica;
SELECT throws_ok('TRUNCATE ecopanier.reservation', 'ZE111', NULL, 'a replica''s role truncates no history');
SELECT throws_ok('TRUNCATE ecopanier_private.pickup_guess', 'ZE111', NULL, 'nor the tries');
RESET session_replication_role;
SELECT throws_ok('TRUNCATE ecopanier_private.ben_code_issued', 'ZE111', NULL, 'codes given stay given');

\echo '# the role of one organisation does not act for another of another kind'
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Rosa'), (1, 'Sven');
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, fixture.id(n), r FROM (VALUES ('Rosa', 'association'), ('Rosa', 'merchant'), ('Rosa', 'customer'), ('Rosa', 'beneficiary'), ('Rosa', 'collector'),
	('Sven', 'association'), ('Sven', 'merchant')) v (n, r);
INSERT INTO ecopanier.organisation (territory_id, kind, name)
SELECT 1, k, initcap(k) || ' of Rosa' FROM unnest(ARRAY['association', 'producer', 'hub', 'authority', 'funder']) k;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT 1, fixture.organisation(o), fixture.id(n), f FROM (VALUES ('CCAS', 'Rosa', 'reader'), ('Boulangerie', 'Rosa', 'owner'), ('Association of Rosa', 'Rosa', 'owner'),
	('Producer of Rosa', 'Rosa', 'owner'), ('Hub of Rosa', 'Rosa', 'owner'), ('Authority of Rosa', 'Rosa', 'owner'), ('Funder of Rosa', 'Rosa', 'owner'),
	('CCAS', 'Sven', 'reader'), ('Boulangerie', 'Sven', 'owner'), ('Boulangerie', 'Adele', 'owner')) v (o, n, f);
CREATE FUNCTION fixture.staff_of(name text, role text, organisation text, statement text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(a.state, a.value) FROM fixture.attempt('api', fixture.database_role(role), fixture.claims(name, role, 1,
		jsonb_build_object('organisation', fixture.organisation(organisation))), statement) a $$;
SELECT is(fixture.staff_of('Rosa', r, o, 'SELECT ecopanier.current_organisation() IS NOT NULL'),
	CASE WHEN r = k THEN 'true' ELSE 'false' END, format('role %s names %s', r, o))
FROM unnest(ARRAY['association', 'merchant', 'customer', 'beneficiary', 'collector']) r, (VALUES ('CCAS', 'association'), ('Association of Rosa', 'association'),
	('Boulangerie', 'merchant'), ('Producer of Rosa', 'merchant'), ('Hub of Rosa', 'merchant'), ('Authority of Rosa', ''), ('Funder of Rosa', '')) o (o, k);
SELECT is(fixture.staff_of('Rosa', 'association', o, statement), expected, says || ', for ' || o)
FROM (VALUES ('people are registered', $$SELECT ecopanier.register_beneficiary('Zoe', 'fr') IS NOT NULL$$, 'Boulangerie', '42501'),
	('people are registered', $$SELECT ecopanier.register_beneficiary('Zoe', 'fr') IS NOT NULL$$, 'CCAS', '42501'),
	('people are registered', $$SELECT ecopanier.register_beneficiary('Zoe', 'fr') IS NOT NULL$$, 'Association of Rosa', 'true'),
	('by a batch', $$SELECT state FROM ecopanier.enrol_beneficiaries('[{"external_id": "1", "name": "Zoe", "language": "fr"}]')$$, 'Boulangerie', '42501'),
	('a service', $$SELECT ecopanier.create_service('Town', ARRAY['enrol'], 2)$$, 'Boulangerie', '42501'),
	('a card', $$SELECT ecopanier.issue_card(fixture.id('Benoit'))$$, 'Boulangerie', '42501'),
	('a suspension', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Benoit'), 'x')$$, 'Boulangerie', '42501')) v (says, statement, o, expected);
SELECT is((SELECT concat_ws(' ', a.state, a.value) FROM fixture.attempt('api', fixture.database_role(role), fixture.claims(name, role), statement) a), expected,
	format('%s as %s, without naming one', name, role))
FROM (VALUES ('Sven', 'association', 'SELECT ecopanier.current_organisation() = fixture.organisation(''CCAS'')', 'true'),
	('Sven', 'merchant', 'SELECT ecopanier.current_organisation() = fixture.organisation(''Boulangerie'')', 'true'),
	('Sven', 'association', $$SELECT ecopanier.register_beneficiary('Zoe', 'fr') IS NOT NULL$$, '42501'),
	('Rosa', 'association', 'SELECT ecopanier.current_organisation() IS NULL', 'true'), ('Rosa', 'merchant', 'SELECT ecopanier.current_organisation() IS NULL', 'true')) v (name, role, statement, expected);
SELECT is(fixture.staff_of('Adele', 'administrator', 'Boulangerie', $$SELECT ecopanier.register_beneficiary('Zoe', 'fr') IS NOT NULL$$), '42501', 'nor does an administrator for a shop');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT ecopanier.register_beneficiary('Zoe', 'fr') IS NOT NULL$$), 'true', 'one does for none');

\echo '# no right is for ever'
SELECT is(fixture.try('Alice', 'association', format('SELECT ecopanier.verify_beneficiary(fixture.id(''Bruno''), %L, %L) IS NOT NULL', until, first)), expected, format('from %s until %s', coalesce(first, 'today'), until))
FROM (VALUES ('2031-11-20', NULL, 'true'), ('2031-11-21', NULL, '22023'), ('2033-02-28', '2028-02-29', 'true'), ('2033-03-01', '2028-02-29', '22023'),
	('5000000-01-01', NULL, '22023'), ('5874897-12-31', '4713-01-01 BC', '22023'), ('infinity', NULL, '23514')) v (until, first, expected);
SELECT is(fixture.try('Alice', 'association', format('SELECT ecopanier.verify_beneficiary(fixture.id(''Basma''), %L, ''2026-01-01'') IS NOT NULL', until)), expected, 'renewed until ' || until)
FROM (VALUES ('2031-01-01', 'true'), ('2031-01-02', '22023')) v (until, expected);
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
