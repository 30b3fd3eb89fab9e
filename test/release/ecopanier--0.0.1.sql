\echo Use "CREATE EXTENSION ecopanier" to load this file. \quit

/* common/roles.sql */
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

/* common/clock.sql */
CREATE FUNCTION ecopanier.now()
RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_now';
COMMENT ON FUNCTION ecopanier.now() IS
'The time that the rules read.
Returns the start of the current statement, or the setting ecopanier.clock (superuser) where it is set. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.now() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.now() TO ecopanier_owner, ecopanier_anon, ecopanier_customer, ecopanier_merchant,
	ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority,
	ecopanier_service, ecopanier_analyst;

CREATE FUNCTION ecopanier.version()
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_version';
COMMENT ON FUNCTION ecopanier.version() IS
'The version of the loaded library, for example 0.1.0. Raises nothing.';

/* territory/id.sql */
CREATE FUNCTION ecopanier.new_id(territory int)
RETURNS uuid
LANGUAGE c VOLATILE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_new_id_sql';
COMMENT ON FUNCTION ecopanier.new_id(int) IS
'A new identifier: UUID version 8 (RFC 9562) of 48 bits of milliseconds, 20 bits of territory, 54 random bits.
territory: number of the territory, 1 to 1048575.
Errors: 22023 a number out of range.';
REVOKE ALL ON FUNCTION ecopanier.new_id(int) FROM PUBLIC;

CREATE FUNCTION ecopanier.territory_of(id uuid)
RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_territory_of_sql';
COMMENT ON FUNCTION ecopanier.territory_of(uuid) IS
'The territory that an identifier of ours carries.
Errors: 22023 the identifier is not one that new_id() makes (another version or variant, territory 0).';
REVOKE ALL ON FUNCTION ecopanier.territory_of(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.new_id(int), ecopanier.territory_of(uuid) TO ecopanier_owner, ecopanier_anon,
	ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association,
	ecopanier_admin, ecopanier_authority, ecopanier_service, ecopanier_analyst;

/* common/install.sql */
CREATE FUNCTION ecopanier.install(dry_run boolean DEFAULT false)
RETURNS SETOF text
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'ecp_install';
COMMENT ON FUNCTION ecopanier.install(boolean) IS
'Makes or upgrades the tables, triggers, policies and views: runs each migration that has not run, in order.
dry_run: return the SQL that would run instead of running it.
Returns one line for each migration run, none when everything is in place.
Errors: 42501 not a superuser; ZE002 the extension is older than the library (run ALTER EXTENSION ecopanier UPDATE);
ZE002 a migration that ran differs from the library''s, which it names.';
REVOKE ALL ON FUNCTION ecopanier.install(boolean) FROM PUBLIC;

CREATE FUNCTION ecopanier.uninstall(confirm text DEFAULT NULL)
RETURNS SETOF text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_uninstall';
COMMENT ON FUNCTION ecopanier.uninstall(text) IS
'Drops all that install() made, data included.
confirm: the name of this database; without it nothing is dropped.
Returns what would go or went, one line a relation with its rows, and how to export first.
Errors: 42501 not a superuser; 22023 confirm is another name.';
REVOKE ALL ON FUNCTION ecopanier.uninstall(text) FROM PUBLIC;

/* territory/territory.sql */
CREATE FUNCTION ecopanier.territory_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_territory_guard';
COMMENT ON FUNCTION ecopanier.territory_guard() IS
'Trigger of territory: the time zone must stand in pg_timezone_names, and the number never changes. Errors: 22023, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.territory_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.territory_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.create_territory(slug text, name text, time_zone text)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_create_territory';
COMMENT ON FUNCTION ecopanier.create_territory(text, text, text) IS
'Makes a territory with the settings'' default values; for superusers, who run the platform.
slug: short name, lower case, digits and hyphens; name: what people read; time_zone: IANA name, for example Europe/Paris.
Returns the number of the territory.
Errors: 42501 not a superuser; 22004 a null argument; 22023 an unknown time zone; 23505 a slug in use; 23514 a malformed slug or name;
ZE001 install() has not run.';
REVOKE ALL ON FUNCTION ecopanier.create_territory(text, text, text) FROM PUBLIC;

-- CREATE EXTENSION keeps notices of its script quiet; this one is meant to be read.
DO $notice$
BEGIN
	PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
	RAISE NOTICE 'ecopanier: run SELECT ecopanier.install(); to make the tables';
	PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
END
$notice$;
