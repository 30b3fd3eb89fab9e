-- One request, made as an API server makes it: login of the authenticator, one transaction, role and claims for
-- that transaction alone, then one statement. In: role (a database role), sub (the member), statement.
-- Out: code (SQLSTATE of the statement), and what it returned in variables named like its columns.
BEGIN;
SELECT set_config('role', :'role', true),
	set_config('request.jwt.claims', json_build_object('role', :'role', 'sub', :'sub')::text, true) \gset
SELECT ecopanier.authenticate() \gset
:statement \gset
\set code :SQLSTATE
COMMIT;
