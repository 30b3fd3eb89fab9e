/*
 * Cluster-wide roles. They may exist already (another database, a restored
 * cluster); one that exists with more rights than it should have is refused,
 * so that nobody plants a superuser under our names.
 */
DO $roles$
DECLARE
	role_name text;
	existing pg_catalog.pg_roles%ROWTYPE;
BEGIN
	FOREACH role_name IN ARRAY ARRAY[
		'ecopanier_owner', 'ecopanier_authenticator', 'ecopanier_anon', 'ecopanier_customer',
		'ecopanier_merchant', 'ecopanier_beneficiary', 'ecopanier_collector', 'ecopanier_association',
		'ecopanier_admin', 'ecopanier_authority', 'ecopanier_service', 'ecopanier_analyst']
	LOOP
		SELECT * INTO existing FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) role_name::pg_catalog.name;
		IF NOT FOUND THEN
			EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', role_name);
		ELSIF existing.rolsuper OR existing.rolbypassrls OR existing.rolcreaterole OR existing.rolcreatedb OR existing.rolreplication
			OR (existing.rolcanlogin AND role_name OPERATOR(pg_catalog.<>) 'ecopanier_authenticator')
			OR (existing.rolinherit AND role_name OPERATOR(pg_catalog.=) 'ecopanier_authenticator') THEN
			RAISE EXCEPTION 'role "%" exists with attributes it must not have', role_name
				USING ERRCODE = '42501',
				      HINT = 'Drop or alter that role (no LOGIN, SUPERUSER, BYPASSRLS, CREATEROLE, CREATEDB, REPLICATION; NOINHERIT), then run CREATE EXTENSION again.';
		END IF;
	END LOOP;

	-- The schema may be there before, from a dump or left by DROP EXTENSION; whose it is decides what our rules call.
	SELECT r.* INTO existing FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
		WHERE n.nspname OPERATOR(pg_catalog.=) 'ecopanier';
	IF NOT existing.rolsuper THEN
		RAISE EXCEPTION 'schema "ecopanier" belongs to "%"', existing.rolname
			USING ERRCODE = '42501',
			      HINT = 'Drop it, or give it to a superuser after looking at what is in it, then run CREATE EXTENSION again.';
	END IF;
END
$roles$;

-- An API server logs in as a member of the authenticator and switches to one of these for each request.
GRANT ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
	ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service TO ecopanier_authenticator;

GRANT USAGE ON SCHEMA ecopanier TO ecopanier_owner, ecopanier_anon, ecopanier_customer, ecopanier_merchant,
	ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority,
	ecopanier_service, ecopanier_analyst, ecopanier_authenticator;
GRANT CREATE ON SCHEMA ecopanier TO ecopanier_owner;
COMMENT ON SCHEMA ecopanier IS 'Rules of a food-rescue and food-solidarity platform: types, functions, tables and views of ecopanier.';
