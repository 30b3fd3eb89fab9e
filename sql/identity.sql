--
-- Who is calling: the answers of whoami() and of the helpers, and what each refusal says.
--
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
\set ECHO none
-- The world of the tests is undone at the end, roles included.
BEGIN;
\i test/lib/fixture.sql
\i test/lib/try.sql
\set ECHO all
SELECT ecopanier.whoami() IS NULL, ecopanier.current_territory() IS NULL, ecopanier.current_member() IS NULL,
	ecopanier.current_organisation() IS NULL, ecopanier.current_role_name() IS NULL;
SELECT name, role, fixture.try(name, role, $$
	SELECT concat_ws(' ', (w).territory_id, (w).member_id = fixture.id(session_name.name), (w).role, (w).organisation_id = fixture.organisation('Boulangerie'), (w).expires_at,
		ecopanier.current_territory(), ecopanier.current_member() = (w).member_id, ecopanier.current_role_name())
	FROM (SELECT ecopanier.whoami() AS w) x, (SELECT current_setting('fixture.name', true)) session_name (name)$$)
FROM (VALUES ('Camille', 'customer'), ('Mona', 'merchant'), ('Adele', 'administrator')) v (name, role),
	LATERAL (SELECT set_config('fixture.name', name, true)) s;

-- What authenticate() says to an API server, and the rules to somebody who is nobody.
SELECT a.state, a.message, a.hint FROM (VALUES
	(1, 'api', 'ecopanier_customer', fixture.claims('Camille', 'customer')),
	(2, 'api', 'ecopanier_customer', ''),
	(3, 'api', 'ecopanier_customer', '{'),
	(4, 'api', 'ecopanier_customer', fixture.claims('Adele', 'administrator')),
	(5, 'api', 'ecopanier_customer', fixture.claims('Mona', 'customer')),
	(6, 'api', 'ecopanier_customer', fixture.claims('Camille', 'customer', 1, '{"exp": 1}')),
	(7, session_user, 'ecopanier_customer', fixture.claims('Camille', 'customer'))) v (n, login, role, claims),
	fixture.attempt(login, role, claims, 'SELECT ecopanier.authenticate()') a ORDER BY n;
SELECT a.state, a.message, a.hint FROM unnest(ARRAY['SET ecopanier.context = ''x''', 'SELECT ecopanier.authenticate(''x.y.z'')',
	'SELECT ecopanier.map_login(''nobody'', fixture.id(''Sami''), ''merchant'')', 'SELECT ecopanier.map_login(''api'', fixture.id(''Sami''), ''administrator'')',
	'SELECT ecopanier.map_login(''api'', fixture.id(''Sami''), ''merchant'', fixture.organisation(''CCAS''))', 'SELECT ecopanier.map_login(NULL, NULL, NULL)']) s,
	fixture.attempt(session_user::text, NULL, NULL, s) a;
SELECT a.state, a.message, a.hint FROM unnest(ARRAY['SELECT ecopanier.receipt(fixture.id(''Camille''))', 'SELECT ecopanier.cancel(fixture.id(''Camille''))']) s,
	fixture.attempt('api', 'ecopanier_customer', '', s) a;

-- What the guards of persons and rights say.
SELECT a.state, a.message, a.hint FROM (VALUES
	(1, 'Alice', 'association', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Bruno'), '')$$),
	(2, 'Alice', 'association', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Bruno'), 'x')$$),
	(3, 'Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Camille'), '2026-12-31')$$),
	(4, 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 11, 'x')$$),
	(5, 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 1, 'x', '2026-11-20 15:00Z')$$),
	(6, 'Adele', 'administrator', $$SELECT ecopanier.set_setting('unknown', 1, 'x')$$),
	(7, 'Camille', 'customer', $$SELECT ecopanier.setting_value('unknown')$$)) v (n, name, role, statement),
	fixture.attempt('api', fixture.database_role(role), fixture.claims(name, role), statement) a ORDER BY n;
SELECT a.state, a.message, a.hint FROM fixture.attempt(session_user::text, NULL, NULL, 'DELETE FROM ecopanier.setting') a;
ROLLBACK;
