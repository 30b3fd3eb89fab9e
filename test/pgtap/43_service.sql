-- Service accounts: who keeps them, what a key opens, what ends it, and what a service is not.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
GRANT CREATE, USAGE ON SCHEMA fixture TO PUBLIC;
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'association', 'Resto'), (1, 'authority', 'Mairie');
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Aline'), (1, 'Omar'), (1, 'Rita');
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, fixture.id(n), 'association' FROM unnest(ARRAY['Aline', 'Omar', 'Rita']) n;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES
	(1, fixture.organisation('CCAS'), fixture.id('Aline'), 'station'), (1, fixture.organisation('Resto'), fixture.id('Omar'), 'owner'),
	(1, fixture.organisation('CCAS'), fixture.id('Rita'), 'reader');

-- What is made along the way, by name.
CREATE TABLE fixture.made (name text PRIMARY KEY, id uuid, key text);
CREATE FUNCTION fixture.made(made_name text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT id FROM fixture.made WHERE name = made_name $$;
CREATE FUNCTION fixture.key(made_name text) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT key FROM fixture.made WHERE name = made_name $$;
CREATE FUNCTION fixture.make(made_name text, who text, role text, statement text, at text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text := fixture.try(who, role, statement, 1, at, true);
BEGIN
	IF answer LIKE '(%' THEN
		INSERT INTO fixture.made VALUES (made_name, split_part(btrim(answer, '()'), ',', 1)::uuid, split_part(btrim(answer, '()'), ',', 2));
		RETURN 'made';
	ELSIF length(answer) = 36 THEN
		INSERT INTO fixture.made VALUES (made_name, answer::uuid);
		RETURN 'made';
	END IF;
	RETURN answer;
END $$;
-- A request with a key, as an API server passes it on, and its statement: the refusal or the value. Only the count of the call stays.
CREATE FUNCTION fixture.serve(made_key text, statement text DEFAULT 'SELECT current_user', at text DEFAULT NULL, login text DEFAULT 'api',
	role text DEFAULT 'ecopanier_anon', claims text DEFAULT '{"role": "ecopanier_anon"}', headers text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	value text;
	state text;
BEGIN
	IF at IS NOT NULL THEN
		PERFORM set_config('ecopanier.clock', at, true);
	END IF;
	PERFORM set_config('session_authorization', login, true), set_config('request.jwt.claims', claims, true);
	PERFORM set_config('request.headers', coalesce(headers, json_build_object('accept', '*/*', 'x-ecopanier-key', made_key)::text), true);
	PERFORM set_config('role', role, true);
	PERFORM ecopanier.authenticate();
	EXECUTE statement INTO value;
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION
	WHEN SQLSTATE 'UNDO0' THEN
		RETURN value;
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
		RETURN state;
END $$;

\echo '# who makes accounts'
SELECT is(fixture.make(name, who, role, statement), expected, format('%s: %s', who, statement)) FROM (VALUES
	('town', 'Alice', 'association', $$SELECT ecopanier.create_service('Logiciel social', '{enrol,verify}', 3)$$, 'made'),
	('resto', 'Omar', 'association', $$SELECT ecopanier.create_service('Resto IT', '{transfer}')$$, 'made'),
	('by admin', 'Adele', 'administrator', format($$SELECT ecopanier.create_service('Par la ville', '{enrol}', 60, %L)$$, fixture.organisation('Resto')), 'made'),
	('x', 'Adele', 'administrator', $$SELECT ecopanier.create_service('x', '{enrol}')$$, '22004'),
	('x', 'Adele', 'administrator', format($$SELECT ecopanier.create_service('x', '{enrol}', 60, %L)$$, fixture.organisation('CCAS', 2)), 'ZE101'),
	('x', 'Adele', 'administrator', format($$SELECT ecopanier.create_service('x', '{enrol}', 60, %L)$$, ecopanier.new_id(1)), 'ZE101'),
	('x', 'Adele', 'administrator', format($$SELECT ecopanier.create_service('x', '{enrol}', 60, %L)$$, fixture.organisation('Mairie')), '23514'),
	('x', 'Adele', 'administrator', format($$SELECT ecopanier.create_service('x', '{enrol}', 60, %L)$$, fixture.organisation('Boulangerie')), '23514'),
	('x', 'Alice', 'association', format($$SELECT ecopanier.create_service('x', '{enrol}', 60, %L)$$, fixture.organisation('Resto')), 'ZE101'),
	('x', 'Aline', 'association', $$SELECT ecopanier.create_service('x', '{enrol}')$$, '42501'),
	('x', 'Rita', 'association', $$SELECT ecopanier.create_service('x', '{enrol}')$$, '42501'),
	('x', 'Mona', 'merchant', $$SELECT ecopanier.create_service('x', '{enrol}')$$, '42501'),
	('x', 'Camille', 'customer', $$SELECT ecopanier.create_service('x', '{enrol}')$$, '42501'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service('x', '{enrol}', 0)$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service('x', '{enrol}', 100001)$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service('x', '{}')$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service('x', '{admin}')$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service('x', '{enrol,NULL}')$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service(repeat('x', 61), '{enrol}')$$, '23514')) v (name, who, role, statement, expected);

\echo '# and keys'
SELECT is(fixture.make(name, who, role, statement), expected, format('%s: %s', who, statement)) FROM (VALUES
	('k1', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'serveur 1', '2027-05-01')$$, 'made'),
	('k2', 'Adele', 'administrator', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'serveur 2', '2026-12-01')$$, 'made'),
	('kr', 'Omar', 'association', $$SELECT ecopanier.create_service_key(fixture.made('resto'), 'r', '2027-05-01')$$, 'made'),
	('year', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'x', '2027-11-21 16:00:00+00')$$, 'made'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'x', '2027-11-21 16:00:01+00')$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'x', 'infinity')$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'x', '2026-11-20 16:00:00+00')$$, '23514'),
	('soon', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'x', '2026-11-20 16:00:01+00')$$, 'made'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), '', '2027-05-01')$$, '23514'),
	('x', 'Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('resto'), 'x', '2027-05-01')$$, 'ZE101'),
	('x', 'Omar', 'association', $$SELECT ecopanier.rotate_service_key(fixture.made('k1'))$$, 'ZE101'),
	('x', 'Omar', 'association', $$SELECT ecopanier.revoke_service_key(fixture.made('k1'))$$, 'ZE101'),
	('x', 'Omar', 'association', $$SELECT ecopanier.revoke_service(fixture.made('town'))$$, 'ZE101'),
	('x', 'Aline', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'x', '2027-05-01')$$, '42501')) v (name, who, role, statement, expected);
SELECT ok(bool_and(key ~ '^esk_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$'), 'a key''s form') FROM fixture.made WHERE key IS NOT NULL;
SELECT is(count(DISTINCT right(key, 43)), count(*), 'no two secrets are alike') FROM fixture.made WHERE key IS NOT NULL;
SELECT is((SELECT count(*) FROM ecopanier.service_key k JOIN fixture.made m USING (id) WHERE k.prefix = left(m.key, 16)), 5::bigint, 'prefixes are kept');

\echo '# what a key opens'
SELECT is(fixture.serve(fixture.key('k1'), 'SELECT row(w.*)::text FROM ecopanier.whoami() w'),
	format('(1,%s,association,%s,"2026-11-20 16:10:00+00")', fixture.made('town'), fixture.organisation('CCAS')), 'a key makes its service the caller, for ten minutes at most');
SELECT is(fixture.serve(fixture.key('k2'), 'SELECT current_user::text', '2026-11-20 16:30+00'), 'ecopanier_service', 'in the role ecopanier_service');
SELECT is(fixture.serve(fixture.key('k2'), 'SELECT (w).expires_at::text FROM ecopanier.whoami() w', '2026-11-30 23:59:59+00'), '2026-12-01 00:00:00+00', 'not past its end');
SELECT is(fixture.serve(fixture.key('k1'), statement, '2026-11-20 17:00+00'::timestamptz + n * interval '1 minute' || ''), '42501', statement)
FROM unnest(ARRAY['SELECT id FROM ecopanier.member', 'SELECT state FROM ecopanier.beneficiary', 'SELECT id FROM ecopanier.service_account', 'SELECT prefix FROM ecopanier.service_key',
	'SELECT id FROM ecopanier.audit_event', 'SELECT id FROM ecopanier.reservation', 'SELECT * FROM ecopanier_private.service_secret',
	$$SELECT ecopanier.create_service('x', '{enrol}')$$, 'SELECT ecopanier.fold_service_calls()',
	$$INSERT INTO ecopanier.member (display_name) VALUES ('x')$$]) WITH ORDINALITY u (statement, n);
SELECT is(fixture.serve(fixture.key('k1'), 'WITH a AS (SELECT set_config(''role'', ''none'', true) AS c) SELECT coalesce((SELECT ecopanier.whoami())::text, ''nobody'') FROM a', '2026-11-20 18:00+00'),
	'nobody', 'another role, and the service is gone');

\echo '# what does not open'
SELECT is(fixture.serve(made_key, at => at), 'ZE116', says) FROM (VALUES
	('no text', '', NULL), ('another text', 'x', NULL), ('a megabyte', repeat('x', 1048576), NULL),
	('an unknown id', 'esk_' || replace(ecopanier.new_id(1)::text, '-', '') || right(fixture.key('k1'), 44), NULL),
	('id zero', 'esk_' || repeat('0', 32) || '_' || repeat('A', 43), NULL),
	('the largest id', 'esk_' || repeat('f', 32) || right(fixture.key('k1'), 44), NULL),
	('the secret of another key', left(fixture.key('k1'), 36) || right(fixture.key('k2'), 44), NULL),
	('one letter off', overlay(fixture.key('k1') PLACING CASE substr(fixture.key('k1'), 50, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM 50), NULL),
	('the id in capitals', 'esk_' || upper(substr(fixture.key('k1'), 5, 32)) || right(fixture.key('k1'), 44), NULL),
	('a space behind', fixture.key('k1') || ' ', NULL), ('padded', fixture.key('k1') || '=', NULL), ('cut short', left(fixture.key('k1'), 79), NULL),
	('at its end', fixture.key('k2'), '2026-12-01 00:00:00+00'), ('a moment later', fixture.key('soon'), '2026-11-20 16:00:01+00')) v (says, made_key, at);
SELECT is(fixture.serve(NULL, headers => headers), expected, left('headers ' || headers, 80)) FROM (VALUES
	('{"x-ecopanier-key": null}', 'ZE116'), ('{"x-ecopanier-key": 1}', 'ZE116'), ('{"x-ecopanier-key": ["x"]}', 'ZE116'), ('{"x-ecopanier-key": ""}', 'ZE116'),
	('{"x-ecopanier-key": "a", "x-ecopanier-key": "b"}', 'ZE116'), ('{"x-ecopanier-key', 'ZE116'), ('x-ecopanier-key: a', 'ZE116'),
	('{"x-ecopanier-key": "' || repeat('x', 1048576) || '"}', 'ZE116'), ('{"x-ecopanier-key": ' || repeat('[', 100000) || '}', 'ZE116'),
	('{"accept": "x-ecopanier-key"}', 'ecopanier_anon'), ('{', 'ecopanier_anon'), ('{"accept": "*/*"}', 'ecopanier_anon')) v (headers, expected);
SELECT is(fixture.serve(fixture.key('k1'), role => 'ecopanier_customer', claims => fixture.claims('Camille', 'customer')), '42501', 'a key and a member are too much');
CREATE ROLE town LOGIN IN ROLE ecopanier_anon;
SELECT is(fixture.serve(fixture.key('k1'), login => 'town', role => 'none', claims => ''), '42501', 'headers are an API server''s alone');

\echo '# nobody is the service without its key'
SELECT is(fixture.serve(NULL, role => fixture.database_role(r), headers => '{}',
	claims => json_build_object('role', fixture.database_role(r), 'sub', fixture.made('town'))::text), '42501', 'not by claims as ' || r)
FROM unnest(ARRAY['customer', 'merchant', 'beneficiary', 'collector', 'association', 'administrator']) r;
SELECT is(fixture.serve(NULL, role => 'ecopanier_service', headers => '{}', claims => json_build_object('role', 'ecopanier_service', 'sub', fixture.made('town'))::text),
	'42501', 'nor by claims as service');
SELECT throws_ok(format('SELECT ecopanier.map_login(''town'', %L, ''association'', %L)', fixture.made('town'), fixture.organisation('CCAS')), '23503', NULL, 'nor by a login');
SELECT is(fixture.try('Adele', 'administrator', format($$INSERT INTO ecopanier.member_role (member_id, role) VALUES (%L, 'association')$$, fixture.made('town'))), '23514', 'no administrator gives it a role');
SELECT throws_ok(format($$INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, %L, 'association')$$, fixture.made('town')), '23514', NULL, 'nor a superuser');
SELECT throws_ok(format($$INSERT INTO ecopanier.service_account (territory_id, id, organisation_id, name, scopes) VALUES (1, %L, %L, 'x', '{enrol}')$$,
	fixture.id('Alice'), fixture.organisation('CCAS')), '23514', NULL, 'nor does one with a role become a service');

\echo '# limits: any 60 seconds, rolled back or not'
SELECT is(fixture.serve(fixture.key('k1'), at => at), expected, at) FROM (VALUES
	('2026-11-21 08:00:00+00', 'ecopanier_service'), ('2026-11-21 08:00:50+00', 'ecopanier_service'), ('2026-11-21 08:00:59+00', 'ecopanier_service'),
	('2026-11-21 08:00:59.999999+00', 'ZE120'), ('2026-11-21 08:01:00+00', 'ecopanier_service'), ('2026-11-21 08:01:00+00', 'ZE120'),
	('2026-11-21 08:01:49.999999+00', 'ZE120'), ('2026-11-21 08:01:50+00', 'ecopanier_service'), ('2026-11-21 08:01:59+00', 'ecopanier_service'),
	('2026-11-21 08:01:59+00', 'ZE120')) v (at, expected);
SELECT is(fixture.serve(fixture.key('year'), at => '2026-11-21 08:01:59+00'), 'ZE120', 'the limit is the account''s, not the key''s');
SELECT is(fixture.serve(fixture.key('kr'), at => '2026-11-21 08:01:59+00'), 'ecopanier_service', 'and no other account''s');

\echo '# rotation and revocation'
SELECT is(fixture.make('k3', 'Alice', 'association', $$SELECT ecopanier.rotate_service_key(fixture.made('k1'), '2 hours')$$, '2026-11-22 10:00+00'), 'made', 'a key is rotated');
SELECT is((SELECT row(label, expires_at, revoked_at)::text FROM ecopanier.service_key WHERE id = fixture.made('k3')),
	'("serveur 1","2027-05-02 18:00:00+00",)', 'with its label, for as long');
SELECT is(fixture.serve(fixture.key(k), at => at), expected, k || ' at ' || at) FROM (VALUES
	('k1', '2026-11-22 11:59:59.999999+00', 'ecopanier_service'), ('k1', '2026-11-22 12:00+00', 'ZE116'), ('k3', '2026-11-22 12:00+00', 'ecopanier_service')) v (k, at, expected);
SELECT is(fixture.try('Alice', 'association', statement, at => '2026-11-22 13:00+00'), expected, statement) FROM (VALUES
	($$SELECT ecopanier.rotate_service_key(fixture.made('k1'))$$, 'ZE107'),
	($$SELECT ecopanier.rotate_service_key(fixture.made('k3'), '90 days 1 second')$$, '22023'),
	($$SELECT ecopanier.rotate_service_key(fixture.made('k3'), '-1 second')$$, '22023'),
	($$UPDATE ecopanier.service_key SET expires_at = '2027-11-01'$$, '42501'),
	($$UPDATE ecopanier.service_account SET scopes = '{enrol,verify,transfer}'$$, '42501'),
	($$INSERT INTO ecopanier.service_key (service_id, label) VALUES (fixture.made('town'), 'x')$$, '42501')) v (statement, expected);
SELECT is(fixture.make('k4', 'Alice', 'association', $$SELECT ecopanier.rotate_service_key(fixture.made('k3'), '0')$$, '2026-11-22 13:00+00'), 'made', 'without an overlap');
SELECT is(fixture.serve(fixture.key('k3'), at => '2026-11-22 13:00+00'), 'ZE116', 'the other ends at once');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.revoke_service_key(fixture.made('year'))$$, keep => true, at => '2026-11-22 14:00+00'), '', 'a key is revoked');
SELECT is(fixture.serve(fixture.key('year'), at => '2026-11-22 14:00+00'), 'ZE116', 'and opens no more');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.revoke_service_key(fixture.made('year'))$$, keep => true, at => '2026-11-22 15:00+00'), '', 'again, nothing');
SELECT is((SELECT revoked_at FROM ecopanier.service_key WHERE id = fixture.made('year')), timestamptz '2026-11-22 14:00+00', 'the first time stays');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.rotate_service_key(fixture.made('year'))$$, at => '2026-11-22 15:00+00'), 'ZE107', 'what was revoked is not rotated');
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM (VALUES
	($$UPDATE ecopanier.service_key SET revoked_at = NULL WHERE revoked_at IS NOT NULL$$, 'ZE107'), ($$UPDATE ecopanier.service_key SET expires_at = expires_at + interval '1 second'$$, 'ZE107'),
	($$UPDATE ecopanier.service_key SET service_id = fixture.made('resto')$$, 'ZE111'), ($$DELETE FROM ecopanier.service_key$$, 'ZE111'), ($$TRUNCATE ecopanier.service_key$$, 'ZE111'),
	($$UPDATE ecopanier.service_account SET organisation_id = fixture.organisation('Resto')$$, 'ZE111'), ($$DELETE FROM ecopanier.service_account$$, 'ZE111')) v (statement, expected);

\echo '# organisation, member and account must be active'
CREATE FUNCTION fixture.after(change text, made_key text, at text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE change;
	answer := fixture.serve(made_key, at => at);
	RAISE EXCEPTION SQLSTATE 'UNDO1' USING MESSAGE = answer;
EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
	RETURN SQLERRM;
END $$;
SELECT is(fixture.after(change, fixture.key('k4'), '2026-11-23 10:00+00'::timestamptz + n * interval '1 hour' || ''), expected, change) FROM (VALUES
	(1, 'SELECT 1', 'ecopanier_service'), (2, $$UPDATE ecopanier.organisation SET state = 'suspended' WHERE name = 'CCAS'$$, 'ZE116'),
	(3, $$UPDATE ecopanier.member SET state = 'suspended' WHERE id = fixture.made('town')$$, 'ZE116'),
	(4, $$UPDATE ecopanier.service_account SET state = 'revoked'$$, 'ZE116')) v (n, change, expected);
SELECT is(fixture.try('Adele', 'administrator', $$SELECT ecopanier.revoke_service(fixture.made('town'))$$, keep => true), '', 'an administrator revokes an account');
SELECT is(count(*) FILTER (WHERE revoked_at IS NULL), 0::bigint, 'with its keys') FROM ecopanier.service_key WHERE service_id = fixture.made('town');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.create_service_key(fixture.made('town'), 'x', '2027-05-01')$$), 'ZE107', 'it gets no other');
SELECT is((fixture.attempt('postgres', NULL, NULL, $$UPDATE ecopanier.service_account SET state = 'active'$$)).state, 'ZE107', 'nor does it come back');

\echo '# who reads what'
SELECT is(fixture.try(who, role, 'SELECT count(*) FROM ecopanier.service_key', territory), expected, who || ' reads keys') FROM (VALUES
	('Alice', 'association', 1, '6'), ('Omar', 'association', 1, '1'), ('Adele', 'administrator', 1, '7'), ('Adele', 'administrator', 2, '0'), ('Alice', 'association', 2, '0'),
	('Aline', 'association', 1, '0'), ('Rita', 'association', 1, '0'), ('Mona', 'merchant', 1, '42501'), ('Camille', 'customer', 1, '42501'), ('Benoit', 'beneficiary', 1, '42501')) v (who, role, territory, expected);
SELECT is(fixture.try(who, role, 'SELECT count(*) FROM ecopanier.service_account', territory), expected, who || ' reads accounts') FROM (VALUES
	('Alice', 'association', 1, '1'), ('Omar', 'association', 1, '2'), ('Adele', 'administrator', 1, '3'), ('Adele', 'administrator', 2, '0'), ('Aline', 'association', 1, '0')) v (who, role, territory, expected);

\echo '# what is left behind'
SELECT is((SELECT count(*) FROM ecopanier_private.service_call WHERE service_id = fixture.made('town')) > 15, true, 'calls that were rolled back are counted');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.fold_service_calls() > 15', at => '2026-11-25 10:00+00', keep => true), 'true', 'old calls are cleared');
SELECT is((SELECT count(*) FROM ecopanier_private.service_call), 3::bigint, 'but the last of each account, and one that lies ahead');
SELECT is((SELECT last_used_at FROM ecopanier.service_key WHERE id = fixture.made('k2')), timestamptz '2026-11-30 23:59:59+00', 'and the last use is noted');
SELECT is((SELECT last_used_at FROM ecopanier.service_key WHERE id = fixture.made('soon')), NULL, 'of keys that were used');
SELECT is((SELECT count(*) FROM ecopanier.audit_event WHERE action LIKE 'service_key_%' AND subject_id = fixture.made('k2')), 2::bigint, 'which is no change of the key');
SELECT is((SELECT string_agg(action, ' ' ORDER BY action) FROM ecopanier.audit_event WHERE subject_id = fixture.made('town')), 'service_account_insert service_account_update', 'the audit has what was done to an account');
SELECT is((SELECT string_agg(action, ' ' ORDER BY action) FROM ecopanier.audit_event WHERE subject_id = fixture.made('k1')), 'service_key_insert service_key_update service_key_update', 'and to a key');
SELECT is((SELECT count(*) FROM ecopanier.audit_event e, fixture.made m WHERE e.facts::text LIKE '%' || right(m.key, 43) || '%'), 0::bigint, 'without a secret');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
