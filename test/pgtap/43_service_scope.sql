-- What the scopes of a key open. Every function that ecopanier_service may call has a line: the scopes that open it and a call
-- that a key of each single scope makes, or why it asks for none. A new function without a line fails.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'social_service', 'Resto');
GRANT USAGE ON SCHEMA fixture TO PUBLIC;
CREATE TABLE fixture.key (scope text PRIMARY KEY, key text);
INSERT INTO fixture.key SELECT scope, fixture.try('Alice', 'association', format('SELECT (ecopanier.create_service_key(ecopanier.create_service(%1$L, %2$L, 1000), %1$L, ''2027-05-01'')).key',
	scope, ARRAY[scope]), 1, NULL, true) FROM unnest(ARRAY['enrol', 'verify', 'transfer']) scope;
-- A statement with the key of a scope: the refusal of scopes, another one's SQLSTATE, or "done". What it did is undone.
CREATE FUNCTION fixture.with_scope(scope text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	k text := (SELECT key FROM fixture.key WHERE key.scope = with_scope.scope);
BEGIN
	PERFORM set_config('session_authorization', 'api', true), set_config('request.jwt.claims', '{"role": "ecopanier_anon"}', true),
		set_config('role', 'ecopanier_anon', true), set_config('request.headers', json_build_object('x-ecopanier-key', k)::text, true);
	PERFORM ecopanier.authenticate();
	EXECUTE statement;
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION
	WHEN SQLSTATE 'UNDO0' THEN
		RETURN 'done';
	WHEN OTHERS THEN
		RETURN SQLSTATE || CASE WHEN SQLERRM = 'the key of this service does not open this' THEN ' closed' ELSE '' END;
END $$;

-- statement: its %1$L is a verified person of the organisation, %2$L one who applied, %3$L another organisation, %4$L an unknown id.
CREATE TABLE fixture.opened (function regprocedure PRIMARY KEY, scopes text[], statement text, answer text);
INSERT INTO fixture.opened VALUES
('ecopanier.register_beneficiary(text,text)', '{enrol}', 'SELECT ecopanier.register_beneficiary(''Zoé'')', 'done'),
('ecopanier.enrol_beneficiaries(text,boolean)', '{enrol}', 'SELECT count(*) FROM ecopanier.enrol_beneficiaries(''[{"external_id": "a1", "display_name": "Zoé"}]'')', 'done'),
('ecopanier.enrol_beneficiaries_csv(text,boolean)', '{enrol}', 'SELECT count(*) FROM ecopanier.enrol_beneficiaries_csv(E''external_id,display_name\na1,Zoé\n'')', 'done'),
('ecopanier.enrol_beneficiaries_csv(bytea,boolean)', '{enrol}', 'SELECT count(*) FROM ecopanier.enrol_beneficiaries_csv(E''external_id,display_name\na1,Zo\n''::bytea)', 'done'),
('ecopanier.store_identity(uuid,uuid,bytea)', '{enrol}', 'SELECT ecopanier.store_identity(%1$L, %4$L, repeat(''x'', 60)::bytea)', '22023'),
('ecopanier.set_beneficiary_contact(uuid,text,text)', '{enrol}', 'SELECT ecopanier.set_beneficiary_contact(%1$L, ''mail'', ''z@example.org'')', 'done'),
('ecopanier.set_household(integer,integer,integer,integer,integer,integer,uuid)', '{enrol}', 'SELECT ecopanier.set_household(0, 0, 0, 0, 1, 0, %1$L)', 'done'),
('ecopanier.remove_household(uuid)', '{enrol}', 'SELECT ecopanier.remove_household(%1$L)', 'done'),
('ecopanier.set_tag(uuid,bytea)', '{enrol,verify}', 'SELECT ecopanier.set_tag(%2$L, repeat(''x'', 32)::bytea)', 'done'),
('ecopanier.verify_beneficiary(uuid,date,date)', '{verify}', 'SELECT ecopanier.verify_beneficiary(%2$L, ''2027-06-30'')', 'done'),
('ecopanier.verify_beneficiary(uuid,date,date,bytea)', '{verify}', 'SELECT ecopanier.verify_beneficiary(%2$L, ''2027-06-30'', ''2026-11-20'', repeat(''x'', 32)::bytea)', 'done'),
('ecopanier.refuse_beneficiary(uuid,text)', '{verify}', 'SELECT ecopanier.refuse_beneficiary(%2$L, ''hors du territoire'')', 'done'),
('ecopanier.suspend_beneficiary(uuid,text)', '{verify}', 'SELECT ecopanier.suspend_beneficiary(%1$L, ''demande'')', 'done'),
('ecopanier.reinstate_beneficiary(uuid)', '{verify}', 'SELECT ecopanier.reinstate_beneficiary(%1$L)', 'ZE107'),
('ecopanier.restrict_beneficiary(uuid,integer,text)', '{verify}', 'SELECT ecopanier.restrict_beneficiary(%1$L, 1, ''demande'')', 'done'),
('ecopanier.transfer_beneficiary(uuid,uuid,text)', '{transfer}', 'SELECT ecopanier.transfer_beneficiary(%1$L, %3$L, ''déménagement'')', 'done'),
('ecopanier.request_transfer(uuid,bytea)', '{transfer}', 'SELECT ecopanier.request_transfer(%2$L, repeat(''x'', 32)::bytea)', 'ZE107'),
('ecopanier.pending_transfers()', '{transfer}', 'SELECT count(*) FROM ecopanier.pending_transfers()', 'done'),
('ecopanier.transfer_requests()', '{transfer}', 'SELECT count(*) FROM ecopanier.transfer_requests()', 'done'),
('ecopanier.release_transfer(uuid)', '{transfer}', 'SELECT ecopanier.release_transfer(%4$L)', 'ZE101'),
('ecopanier.refuse_transfer(uuid,text)', '{transfer}', 'SELECT ecopanier.refuse_transfer(%4$L, ''non'')', 'ZE101');
-- Those that ask for no scope, and why.
CREATE TABLE fixture.harmless (function regprocedure PRIMARY KEY, why text NOT NULL);
INSERT INTO fixture.harmless SELECT f::regprocedure, why FROM (VALUES
('{ecopanier.authenticate(),ecopanier.authenticate(text),ecopanier.authenticate_service(text)}'::text[], 'signs in'),
('{ecopanier.whoami(),ecopanier.current_territory(),ecopanier.current_member(),ecopanier.current_organisation(),ecopanier.current_role_name()}', 'says who is calling'),
('{ecopanier.now(),ecopanier.new_id(integer),ecopanier.territory_of(uuid),"ecopanier.distance_m(double precision,double precision,double precision,double precision)"}', 'computes'),
('{"ecopanier.message(text,text,jsonb)",ecopanier.message_catalogue(),ecopanier.food_categories(),ecopanier.error_code(),ecopanier.version(),ecopanier.pickup_public_keys()}', 'is public'))
	v (functions, why), unnest(functions) f;

SELECT is((SELECT string_agg(format('%s opens to services without a line here', oid::regprocedure), E'\n') FROM pg_proc p
	WHERE pronamespace IN ('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace) AND has_function_privilege('ecopanier_service', oid, 'EXECUTE')
		AND prorettype <> 'trigger'::regtype AND NOT EXISTS (SELECT FROM fixture.opened WHERE function = p.oid)
		AND NOT EXISTS (SELECT FROM fixture.harmless WHERE function = p.oid)
		AND NOT proname ~ '^(ben_code|siret)_'), NULL, 'every function that a service may call has a line');
SELECT is((SELECT string_agg(function::text, ', ') FROM (SELECT function FROM fixture.opened UNION ALL SELECT function FROM fixture.harmless) f
	WHERE NOT has_function_privilege('ecopanier_service', function, 'EXECUTE')), NULL, 'and no line is in vain');
SELECT is(fixture.with_scope(scope, format(statement, fixture.id('Benoit'), fixture.id('Bruno'), fixture.organisation('Resto'), ecopanier.new_id(1))),
	CASE WHEN scope = ANY (scopes) THEN answer ELSE '42501 closed' END, format('%s with the scope %s', function, scope))
FROM fixture.opened, fixture.key ORDER BY function, scope;
SELECT is((SELECT string_agg(format('%s %s', privilege_type, table_name), ', ' ORDER BY table_name) FROM information_schema.role_table_grants
	WHERE grantee = 'ecopanier_service' AND privilege_type <> 'SELECT'), NULL, 'no table is written by a service but through them');
SELECT * FROM finish();
