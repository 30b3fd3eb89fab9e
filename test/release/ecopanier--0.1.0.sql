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

/* common/message.sql */
CREATE FUNCTION ecopanier.message(code text, language text, args jsonb DEFAULT '{}')
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_message';
COMMENT ON FUNCTION ecopanier.message(text, text, jsonb) IS
'What to tell a person about a refusal or a hand-over, in the person''s language.
code: a code of class ZE, as received with the error (ZE104), or a verdict of verify_pickup (wrong_pin).
language: fr, en, es or ar; a region is ignored (fr-FR); NULL and any other language give French.
args: a JSON object with the values of the sentence''s placeholders, strings or numbers, for example {"left": 3}; a part of the
sentence whose values are missing, null or empty is left out, and names that the sentence does not use are ignored.
Returns one or more sentences as plain text, the values copied as they are: escape it before it goes into HTML.
In Arabic a value stands between the marks U+2068 and U+2069, which keep it from changing place. NULL for a NULL code.
Errors: 22023 unknown code; 22023 args is not an object; 22023 a value that the sentence uses is neither a string nor a number.';
REVOKE ALL ON FUNCTION ecopanier.message(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.message(text, text, jsonb) TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service;

CREATE FUNCTION ecopanier.message_catalogue(OUT code text, OUT language text, OUT template text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 120
AS 'MODULE_PATHNAME', 'ecp_message_catalogue';
COMMENT ON FUNCTION ecopanier.message_catalogue() IS
'All sentences of message(), for translators and for devices that work without a network.
Takes no parameter. Returns for each code and language the template: a placeholder is %{name}, and a part in square brackets is
left out when one of its placeholders has no value. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.message_catalogue() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.message_catalogue() TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service;

CREATE FUNCTION ecopanier.error_code(OUT code text, OUT name text, OUT meaning text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_error_code';
COMMENT ON FUNCTION ecopanier.error_code() IS
'The error codes of class ZE, for developers and analysts; message() has the words for persons.
Takes no parameter. Returns one row a code: the SQLSTATE, its name, what it means. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.error_code() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.error_code() TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service, ecopanier_analyst;

/* types/ben_code.sql */
/*
 * The type ben_code: a beneficiary's code as printed on the card.
 * Support functions, operators and casts stay executable by everybody, since
 * ordinary queries need them; they read nothing but their arguments.
 */
CREATE TYPE ecopanier.ben_code;

CREATE FUNCTION ecopanier.ben_code_in(cstring) RETURNS ecopanier.ben_code
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_in';
COMMENT ON FUNCTION ecopanier.ben_code_in(cstring) IS
	'reads the text of a ben_code; raises 22P02 with the text given when it is not YYYY-BEN-XXXXX in upper case with a year from 2000 to 2255 and five digits or five characters of the alphabet';

CREATE FUNCTION ecopanier.ben_code_out(ecopanier.ben_code) RETURNS cstring
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_out';
COMMENT ON FUNCTION ecopanier.ben_code_out(ecopanier.ben_code) IS
	'writes a ben_code as text';

CREATE FUNCTION ecopanier.ben_code_recv(internal) RETURNS ecopanier.ben_code
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_recv';
COMMENT ON FUNCTION ecopanier.ben_code_recv(internal) IS
	'reads the eight bytes that ben_code_send gives; raises 22P03 when no ben_code is stored so';

CREATE FUNCTION ecopanier.ben_code_send(ecopanier.ben_code) RETURNS bytea
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_send';
COMMENT ON FUNCTION ecopanier.ben_code_send(ecopanier.ben_code) IS
	'gives the eight bytes of a ben_code, most significant first, which sort as the text does';

CREATE TYPE ecopanier.ben_code (
	INPUT = ecopanier.ben_code_in,
	OUTPUT = ecopanier.ben_code_out,
	RECEIVE = ecopanier.ben_code_recv,
	SEND = ecopanier.ben_code_send,
	INTERNALLENGTH = 8,
	PASSEDBYVALUE,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE ecopanier.ben_code IS
	'beneficiary code, YYYY-BEN-XXXXX in upper case

YYYY is a year from 2000 to 2255. XXXXX is five characters of 23456789ABCDEFGHJKMNPQRSTUVWXYZ (0 and O, 1, I and L
are left out, being taken for each other), or, in codes from before the platform, five digits 0-9.
Reading is strict: lower case, spaces, any other length, character or year raise 22P02 with the text given.
Sorts as the text does byte by byte. Eight bytes. Source: the design of this extension.';

CREATE FUNCTION ecopanier.ben_code_to_text(ecopanier.ben_code) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_to_text';
COMMENT ON FUNCTION ecopanier.ben_code_to_text(ecopanier.ben_code) IS
	'the text of a ben_code, for the cast';

CREATE FUNCTION ecopanier.ben_code_from_text(text) RETURNS ecopanier.ben_code
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_from_text';
COMMENT ON FUNCTION ecopanier.ben_code_from_text(text) IS
	'reads a text strictly, for the cast; raises 22P02 with the text given when it is not YYYY-BEN-XXXXX in upper case with a year from 2000 to 2255 and five digits or five characters of the alphabet';

CREATE CAST (ecopanier.ben_code AS text) WITH FUNCTION ecopanier.ben_code_to_text(ecopanier.ben_code) AS ASSIGNMENT;
COMMENT ON CAST (ecopanier.ben_code AS text) IS 'the text of a ben_code';
CREATE CAST (text AS ecopanier.ben_code) WITH FUNCTION ecopanier.ben_code_from_text(text);
COMMENT ON CAST (text AS ecopanier.ben_code) IS 'strict reading of a ben_code; raises 22P02';

CREATE FUNCTION ecopanier.ben_code_year(ecopanier.ben_code) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_year';
COMMENT ON FUNCTION ecopanier.ben_code_year(ecopanier.ben_code) IS
	'the year of a ben_code, from 2000 to 2255

Parameter: a ben_code. NULL gives NULL. Raises nothing.';

CREATE FUNCTION ecopanier.ben_code_eq(ecopanier.ben_code, ecopanier.ben_code) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_eq';
COMMENT ON FUNCTION ecopanier.ben_code_eq(ecopanier.ben_code, ecopanier.ben_code) IS
	'equal, for the operator =; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.ben_code_ne(ecopanier.ben_code, ecopanier.ben_code) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_ne';
COMMENT ON FUNCTION ecopanier.ben_code_ne(ecopanier.ben_code, ecopanier.ben_code) IS
	'different, for the operator <>; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.ben_code_lt(ecopanier.ben_code, ecopanier.ben_code) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_lt';
COMMENT ON FUNCTION ecopanier.ben_code_lt(ecopanier.ben_code, ecopanier.ben_code) IS
	'before, for the operator <; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.ben_code_le(ecopanier.ben_code, ecopanier.ben_code) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_le';
COMMENT ON FUNCTION ecopanier.ben_code_le(ecopanier.ben_code, ecopanier.ben_code) IS
	'before or equal, for the operator <=; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.ben_code_gt(ecopanier.ben_code, ecopanier.ben_code) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_gt';
COMMENT ON FUNCTION ecopanier.ben_code_gt(ecopanier.ben_code, ecopanier.ben_code) IS
	'after, for the operator >; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.ben_code_ge(ecopanier.ben_code, ecopanier.ben_code) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_ge';
COMMENT ON FUNCTION ecopanier.ben_code_ge(ecopanier.ben_code, ecopanier.ben_code) IS
	'after or equal, for the operator >=; order is that of the text byte by byte';

CREATE OPERATOR ecopanier.= (
	FUNCTION = ecopanier.ben_code_eq,
	LEFTARG = ecopanier.ben_code, RIGHTARG = ecopanier.ben_code,
	COMMUTATOR = OPERATOR(ecopanier.=), NEGATOR = OPERATOR(ecopanier.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR ecopanier.= (ecopanier.ben_code, ecopanier.ben_code) IS 'equal';

CREATE OPERATOR ecopanier.<> (
	FUNCTION = ecopanier.ben_code_ne,
	LEFTARG = ecopanier.ben_code, RIGHTARG = ecopanier.ben_code,
	COMMUTATOR = OPERATOR(ecopanier.<>), NEGATOR = OPERATOR(ecopanier.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR ecopanier.<> (ecopanier.ben_code, ecopanier.ben_code) IS 'different';

CREATE OPERATOR ecopanier.< (
	FUNCTION = ecopanier.ben_code_lt,
	LEFTARG = ecopanier.ben_code, RIGHTARG = ecopanier.ben_code,
	COMMUTATOR = OPERATOR(ecopanier.>), NEGATOR = OPERATOR(ecopanier.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR ecopanier.< (ecopanier.ben_code, ecopanier.ben_code) IS 'before';

CREATE OPERATOR ecopanier.<= (
	FUNCTION = ecopanier.ben_code_le,
	LEFTARG = ecopanier.ben_code, RIGHTARG = ecopanier.ben_code,
	COMMUTATOR = OPERATOR(ecopanier.>=), NEGATOR = OPERATOR(ecopanier.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR ecopanier.<= (ecopanier.ben_code, ecopanier.ben_code) IS 'before or equal';

CREATE OPERATOR ecopanier.> (
	FUNCTION = ecopanier.ben_code_gt,
	LEFTARG = ecopanier.ben_code, RIGHTARG = ecopanier.ben_code,
	COMMUTATOR = OPERATOR(ecopanier.<), NEGATOR = OPERATOR(ecopanier.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR ecopanier.> (ecopanier.ben_code, ecopanier.ben_code) IS 'after';

CREATE OPERATOR ecopanier.>= (
	FUNCTION = ecopanier.ben_code_ge,
	LEFTARG = ecopanier.ben_code, RIGHTARG = ecopanier.ben_code,
	COMMUTATOR = OPERATOR(ecopanier.<=), NEGATOR = OPERATOR(ecopanier.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR ecopanier.>= (ecopanier.ben_code, ecopanier.ben_code) IS 'after or equal';

CREATE FUNCTION ecopanier.ben_code_cmp(ecopanier.ben_code, ecopanier.ben_code) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_cmp';
COMMENT ON FUNCTION ecopanier.ben_code_cmp(ecopanier.ben_code, ecopanier.ben_code) IS
	'-1, 0 or 1, for btree indexes';

CREATE FUNCTION ecopanier.ben_code_sortsupport(internal) RETURNS void
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_sortsupport';
COMMENT ON FUNCTION ecopanier.ben_code_sortsupport(internal) IS
	'fast comparison, for sorts and index builds';

CREATE FUNCTION ecopanier.ben_code_hash(ecopanier.ben_code) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_hash';
COMMENT ON FUNCTION ecopanier.ben_code_hash(ecopanier.ben_code) IS
	'hash, for hash joins and hash indexes';

CREATE FUNCTION ecopanier.ben_code_hash_extended(ecopanier.ben_code, bigint) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_ben_code_hash_extended';
COMMENT ON FUNCTION ecopanier.ben_code_hash_extended(ecopanier.ben_code, bigint) IS
	'hash of 64 bits with a seed, for hash partitions; with seed 0 its low half is the plain hash';

CREATE OPERATOR FAMILY ecopanier.ben_code_ops USING btree;
COMMENT ON OPERATOR FAMILY ecopanier.ben_code_ops USING btree IS 'order of ben_code';
CREATE OPERATOR CLASS ecopanier.ben_code_ops DEFAULT FOR TYPE ecopanier.ben_code USING btree FAMILY ecopanier.ben_code_ops AS
	OPERATOR 1 ecopanier.<,
	OPERATOR 2 ecopanier.<=,
	OPERATOR 3 ecopanier.=,
	OPERATOR 4 ecopanier.>=,
	OPERATOR 5 ecopanier.>,
	FUNCTION 1 ecopanier.ben_code_cmp(ecopanier.ben_code, ecopanier.ben_code),
	FUNCTION 2 ecopanier.ben_code_sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS ecopanier.ben_code_ops USING btree IS 'order of ben_code, the order of the text byte by byte';

CREATE OPERATOR FAMILY ecopanier.ben_code_ops USING hash;
COMMENT ON OPERATOR FAMILY ecopanier.ben_code_ops USING hash IS 'equality of ben_code';
CREATE OPERATOR CLASS ecopanier.ben_code_ops DEFAULT FOR TYPE ecopanier.ben_code USING hash FAMILY ecopanier.ben_code_ops AS
	OPERATOR 1 ecopanier.=,
	FUNCTION 1 ecopanier.ben_code_hash(ecopanier.ben_code),
	FUNCTION 2 ecopanier.ben_code_hash_extended(ecopanier.ben_code, bigint);
COMMENT ON OPERATOR CLASS ecopanier.ben_code_ops USING hash IS 'equality of ben_code, by hash';

REVOKE ALL ON FUNCTION ecopanier.ben_code_year(ecopanier.ben_code) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.ben_code_year(ecopanier.ben_code) TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority,
	ecopanier_service, ecopanier_analyst;

/* types/siret.sql */
/*
 * The type siret: the number of a place of business in France.
 * Support functions, operators and casts stay executable by everybody, since
 * ordinary queries need them; they read nothing but their arguments.
 */
CREATE TYPE ecopanier.siret;

CREATE FUNCTION ecopanier.siret_in(cstring) RETURNS ecopanier.siret
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_in';
COMMENT ON FUNCTION ecopanier.siret_in(cstring) IS
	'reads the text of a siret; raises 22P02 with the text given when it is not 14 digits with a right sum';

CREATE FUNCTION ecopanier.siret_out(ecopanier.siret) RETURNS cstring
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_out';
COMMENT ON FUNCTION ecopanier.siret_out(ecopanier.siret) IS
	'writes a siret as text';

CREATE FUNCTION ecopanier.siret_recv(internal) RETURNS ecopanier.siret
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_recv';
COMMENT ON FUNCTION ecopanier.siret_recv(internal) IS
	'reads the eight bytes that siret_send gives; raises 22P03 when no siret is stored so';

CREATE FUNCTION ecopanier.siret_send(ecopanier.siret) RETURNS bytea
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_send';
COMMENT ON FUNCTION ecopanier.siret_send(ecopanier.siret) IS
	'gives the eight bytes of a siret, most significant first, which sort as the text does';

CREATE TYPE ecopanier.siret (
	INPUT = ecopanier.siret_in,
	OUTPUT = ecopanier.siret_out,
	RECEIVE = ecopanier.siret_recv,
	SEND = ecopanier.siret_send,
	INTERNALLENGTH = 8,
	PASSEDBYVALUE,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE ecopanier.siret IS
	'SIRET, the number of a place of business in the French register: 14 digits

The Luhn sum is a multiple of ten; for the places of La Poste (SIREN 356000000), but its head office, the plain sum of
the digits is a multiple of five. SIREN 000000000 is refused. The SIREN''s own check digit is not looked at.
Reading is strict: spaces, any other length or character, a wrong sum raise 22P02 with the text given.
Sorts as the text does. Eight bytes. Source: Insee, register Sirene; La Poste''s exception as Insee publishes it.';

CREATE FUNCTION ecopanier.siret_to_text(ecopanier.siret) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_to_text';
COMMENT ON FUNCTION ecopanier.siret_to_text(ecopanier.siret) IS
	'the text of a siret, for the cast';

CREATE FUNCTION ecopanier.siret_from_text(text) RETURNS ecopanier.siret
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_from_text';
COMMENT ON FUNCTION ecopanier.siret_from_text(text) IS
	'reads a text strictly, for the cast; raises 22P02 with the text given when it is not 14 digits with a right sum';

CREATE CAST (ecopanier.siret AS text) WITH FUNCTION ecopanier.siret_to_text(ecopanier.siret) AS ASSIGNMENT;
COMMENT ON CAST (ecopanier.siret AS text) IS 'the text of a siret';
CREATE CAST (text AS ecopanier.siret) WITH FUNCTION ecopanier.siret_from_text(text);
COMMENT ON CAST (text AS ecopanier.siret) IS 'strict reading of a siret; raises 22P02';

CREATE FUNCTION ecopanier.siret_siren(ecopanier.siret) RETURNS text
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_siren';
COMMENT ON FUNCTION ecopanier.siret_siren(ecopanier.siret) IS
	'the SIREN of a siret: its first nine digits, which name the company

Parameter: a siret. NULL gives NULL. Raises nothing.';

CREATE FUNCTION ecopanier.siret_eq(ecopanier.siret, ecopanier.siret) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_eq';
COMMENT ON FUNCTION ecopanier.siret_eq(ecopanier.siret, ecopanier.siret) IS
	'equal, for the operator =; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.siret_ne(ecopanier.siret, ecopanier.siret) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_ne';
COMMENT ON FUNCTION ecopanier.siret_ne(ecopanier.siret, ecopanier.siret) IS
	'different, for the operator <>; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.siret_lt(ecopanier.siret, ecopanier.siret) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_lt';
COMMENT ON FUNCTION ecopanier.siret_lt(ecopanier.siret, ecopanier.siret) IS
	'before, for the operator <; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.siret_le(ecopanier.siret, ecopanier.siret) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_le';
COMMENT ON FUNCTION ecopanier.siret_le(ecopanier.siret, ecopanier.siret) IS
	'before or equal, for the operator <=; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.siret_gt(ecopanier.siret, ecopanier.siret) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_gt';
COMMENT ON FUNCTION ecopanier.siret_gt(ecopanier.siret, ecopanier.siret) IS
	'after, for the operator >; order is that of the text byte by byte';

CREATE FUNCTION ecopanier.siret_ge(ecopanier.siret, ecopanier.siret) RETURNS boolean
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_ge';
COMMENT ON FUNCTION ecopanier.siret_ge(ecopanier.siret, ecopanier.siret) IS
	'after or equal, for the operator >=; order is that of the text byte by byte';

CREATE OPERATOR ecopanier.= (
	FUNCTION = ecopanier.siret_eq,
	LEFTARG = ecopanier.siret, RIGHTARG = ecopanier.siret,
	COMMUTATOR = OPERATOR(ecopanier.=), NEGATOR = OPERATOR(ecopanier.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR ecopanier.= (ecopanier.siret, ecopanier.siret) IS 'equal';

CREATE OPERATOR ecopanier.<> (
	FUNCTION = ecopanier.siret_ne,
	LEFTARG = ecopanier.siret, RIGHTARG = ecopanier.siret,
	COMMUTATOR = OPERATOR(ecopanier.<>), NEGATOR = OPERATOR(ecopanier.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR ecopanier.<> (ecopanier.siret, ecopanier.siret) IS 'different';

CREATE OPERATOR ecopanier.< (
	FUNCTION = ecopanier.siret_lt,
	LEFTARG = ecopanier.siret, RIGHTARG = ecopanier.siret,
	COMMUTATOR = OPERATOR(ecopanier.>), NEGATOR = OPERATOR(ecopanier.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR ecopanier.< (ecopanier.siret, ecopanier.siret) IS 'before';

CREATE OPERATOR ecopanier.<= (
	FUNCTION = ecopanier.siret_le,
	LEFTARG = ecopanier.siret, RIGHTARG = ecopanier.siret,
	COMMUTATOR = OPERATOR(ecopanier.>=), NEGATOR = OPERATOR(ecopanier.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR ecopanier.<= (ecopanier.siret, ecopanier.siret) IS 'before or equal';

CREATE OPERATOR ecopanier.> (
	FUNCTION = ecopanier.siret_gt,
	LEFTARG = ecopanier.siret, RIGHTARG = ecopanier.siret,
	COMMUTATOR = OPERATOR(ecopanier.<), NEGATOR = OPERATOR(ecopanier.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR ecopanier.> (ecopanier.siret, ecopanier.siret) IS 'after';

CREATE OPERATOR ecopanier.>= (
	FUNCTION = ecopanier.siret_ge,
	LEFTARG = ecopanier.siret, RIGHTARG = ecopanier.siret,
	COMMUTATOR = OPERATOR(ecopanier.<=), NEGATOR = OPERATOR(ecopanier.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR ecopanier.>= (ecopanier.siret, ecopanier.siret) IS 'after or equal';

CREATE FUNCTION ecopanier.siret_cmp(ecopanier.siret, ecopanier.siret) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_cmp';
COMMENT ON FUNCTION ecopanier.siret_cmp(ecopanier.siret, ecopanier.siret) IS
	'-1, 0 or 1, for btree indexes';

CREATE FUNCTION ecopanier.siret_sortsupport(internal) RETURNS void
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_sortsupport';
COMMENT ON FUNCTION ecopanier.siret_sortsupport(internal) IS
	'fast comparison, for sorts and index builds';

CREATE FUNCTION ecopanier.siret_hash(ecopanier.siret) RETURNS integer
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_hash';
COMMENT ON FUNCTION ecopanier.siret_hash(ecopanier.siret) IS
	'hash, for hash joins and hash indexes';

CREATE FUNCTION ecopanier.siret_hash_extended(ecopanier.siret, bigint) RETURNS bigint
	LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'ecp_siret_hash_extended';
COMMENT ON FUNCTION ecopanier.siret_hash_extended(ecopanier.siret, bigint) IS
	'hash of 64 bits with a seed, for hash partitions; with seed 0 its low half is the plain hash';

CREATE OPERATOR FAMILY ecopanier.siret_ops USING btree;
COMMENT ON OPERATOR FAMILY ecopanier.siret_ops USING btree IS 'order of siret';
CREATE OPERATOR CLASS ecopanier.siret_ops DEFAULT FOR TYPE ecopanier.siret USING btree FAMILY ecopanier.siret_ops AS
	OPERATOR 1 ecopanier.<,
	OPERATOR 2 ecopanier.<=,
	OPERATOR 3 ecopanier.=,
	OPERATOR 4 ecopanier.>=,
	OPERATOR 5 ecopanier.>,
	FUNCTION 1 ecopanier.siret_cmp(ecopanier.siret, ecopanier.siret),
	FUNCTION 2 ecopanier.siret_sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS ecopanier.siret_ops USING btree IS 'order of siret, the order of the text byte by byte';

CREATE OPERATOR FAMILY ecopanier.siret_ops USING hash;
COMMENT ON OPERATOR FAMILY ecopanier.siret_ops USING hash IS 'equality of siret';
CREATE OPERATOR CLASS ecopanier.siret_ops DEFAULT FOR TYPE ecopanier.siret USING hash FAMILY ecopanier.siret_ops AS
	OPERATOR 1 ecopanier.=,
	FUNCTION 1 ecopanier.siret_hash(ecopanier.siret),
	FUNCTION 2 ecopanier.siret_hash_extended(ecopanier.siret, bigint);
COMMENT ON OPERATOR CLASS ecopanier.siret_ops USING hash IS 'equality of siret, by hash';

REVOKE ALL ON FUNCTION ecopanier.siret_siren(ecopanier.siret) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.siret_siren(ecopanier.siret) TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority,
	ecopanier_service, ecopanier_analyst;

/* crypto/crypto.sql */
-- crypto.sql: the key ring's functions and the trigger that keeps every backend's copy of it true.

CREATE FUNCTION ecopanier.rotate_key()
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'ecp_rotate_key';
COMMENT ON FUNCTION ecopanier.rotate_key() IS
'Adds a new key to the key file and makes it this database''s current one; PINs and tokens made with older keys stay valid.
Returns the new key''s id, 16 hexadecimal digits. Back the key file up afterwards. If the transaction is rolled back,
the file keeps a key that no database uses, which does no harm.
For superusers, who may grant EXECUTE. Errors: ZE001 before install(); 25006 on a standby or in a read-only transaction;
F0000 the key file is damaged or may be read by others; 58P01 or 42501 it cannot be written.';
REVOKE ALL ON FUNCTION ecopanier.rotate_key() FROM PUBLIC;

CREATE FUNCTION ecopanier.pickup_public_keys(
	OUT key_id text,
	OUT public_key text,
	OUT algorithm text,
	OUT created_at timestamptz,
	OUT is_current boolean,
	OUT installation uuid)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 5
AS 'MODULE_PATHNAME', 'ecp_pickup_public_keys';
COMMENT ON FUNCTION ecopanier.pickup_public_keys() IS
'The public keys that a station without a network checks pickup tokens with, the current one first.
key_id: 16 hexadecimal digits, as in the token; public_key: 32 bytes as base64url without padding; algorithm: Ed25519;
installation: this database''s identity, which the signed bytes contain. Needs no key file.
A token is EP1. and base64url of: version (1 byte), key id (8), reservation (16), expiry in seconds since 1970 (4),
signature (64). Signed: the text "ecopanier pickup token 1" and a zero byte, the installation''s 16 bytes, and the 29 bytes
before the signature. Errors: ZE001 before install().';
REVOKE ALL ON FUNCTION ecopanier.pickup_public_keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.pickup_public_keys() TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service;

CREATE FUNCTION ecopanier.trg_key_ring_forget()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'ecp_trg_key_ring_forget';
COMMENT ON FUNCTION ecopanier.trg_key_ring_forget() IS
'Trigger function: makes every backend read the key ring again once the change is committed. Changes no row.
Errors: 39P01 called other than as a trigger.';
REVOKE ALL ON FUNCTION ecopanier.trg_key_ring_forget() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.trg_key_ring_forget() TO ecopanier_owner;

/* territory/import.sql */
CREATE FUNCTION ecopanier.import_official_codes(kind text, file bytea, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, code text, problem text)
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10
AS 'MODULE_PATHNAME', 'ecp_import_official_codes';
COMMENT ON FUNCTION ecopanier.import_official_codes(text, bytea, boolean) IS
'Loads an edition of the official French codes from a CSV file and reports every bad row; for superusers.
Import in this order: region, department, epci, commune. Rows that are there already are updated, none is ever deleted.
kind: region, department, epci or commune; a commune file also holds the municipal arrondissements, which go to their own table.
file: the bytes of the file, at most 1 GB (the limit of a value): UTF-8, with or without byte order mark; fields separated by commas, quoted where needed; LF or CRLF; empty lines are passed over. Its first line names the columns:
region code,nom,chef_lieu,zone
department code,nom,region,chef_lieu,zone
epci siren,nom,type,mode_financement,population_municipale,nb_communes
commune insee,nom,type,departement,region,zone,epci_siren,ept_siren,siren,population,codes_postaux,chef_lieu,fuseau
all_or_nothing: true loads nothing unless every row is good. A bad row is reported and not raised, so that the report is kept: look at the result.
Returns one row for each bad row of the file, in its order: line (physical line of the file, the header is 1), code (what is wrong, below), problem (the same in words). No row means that all was loaded. A NOTICE counts what was loaded and refused.
Codes of any file: wrong_encoding, unterminated_quote, stray_quote, wrong_field_count, row_too_long (over 64 kB), missing_code, malformed_code, duplicate_code (the first row with a code stands, even when refused for another fault), missing_name, name_too_long (over 200 characters), malformed_seat, unknown_zone.
Codes of some: unknown_region, unknown_department, region_mismatch (the department lies in another region), unknown_epci, malformed_kind, malformed_siren, malformed_population, malformed_count, malformed_post_codes, unknown_type (neither C nor A), unknown_commune (of an arrondissement), unexpected_parent (of a commune), unknown_time_zone.
A row with several faults is reported with the first. Imports of the same kind wait for each other; readers do not wait.
Errors: 42501 not a superuser; 22004 a null argument; 22023 an unknown kind, an empty file or a wrong header; 0A000 a database in another encoding than UTF8; ZE001, ZE002 install() to be run.
Source: INSEE code officiel géographique; DGCL list of EPCI; La Poste post codes.';
REVOKE ALL ON FUNCTION ecopanier.import_official_codes(text, bytea, boolean) FROM PUBLIC;

/* identity/session.sql */
CREATE FUNCTION ecopanier.authenticate()
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_authenticate';
COMMENT ON FUNCTION ecopanier.authenticate() IS
'Says who is calling for the rest of the transaction, from request.jwt.claims; PostgREST''s pre-request function.
Claims: role (a database role of ecopanier), sub (the member), organisation (optional), exp (optional, seconds since 1970).
They are believed where the login is a member of ecopanier_authenticator and the role is the current one; without sub the caller stays anonymous.
Errors: 42501 claims from another login, of another role, expired, malformed, or naming no member with that role.';
CREATE FUNCTION ecopanier.authenticate(token text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_authenticate_token';
COMMENT ON FUNCTION ecopanier.authenticate(text) IS
'Says who is calling for the rest of the transaction, from a signed token (JWS, HS256 or EdDSA) that is checked against
ecopanier.jwt_keys_file. Pass it as a bound parameter.
token: the token; its claims as for authenticate(), with iss, aud and exp required.
Errors: ZE116 the token is not accepted, with no reason told; 25P01 outside a transaction block.';
REVOKE ALL ON FUNCTION ecopanier.authenticate(), ecopanier.authenticate(text) FROM PUBLIC;

CREATE TYPE ecopanier.caller AS (
	territory_id int,
	member_id uuid,
	role text,
	organisation_id uuid,
	expires_at timestamptz
);
COMMENT ON TYPE ecopanier.caller IS 'Who is calling: the answer of whoami().';
COMMENT ON COLUMN ecopanier.caller.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.caller.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier.caller.role IS 'The role: customer, merchant, beneficiary, collector, association or administrator.';
COMMENT ON COLUMN ecopanier.caller.organisation_id IS 'The organisation acted for, or null.';
COMMENT ON COLUMN ecopanier.caller.expires_at IS 'Until when the caller is signed in.';

CREATE FUNCTION ecopanier.whoami()
RETURNS ecopanier.caller
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_whoami';
COMMENT ON FUNCTION ecopanier.whoami() IS
'Who is calling, as the rules see it; null where nobody is signed in. Errors: ZE001, ZE002.';
CREATE FUNCTION ecopanier.current_territory()
RETURNS int
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_territory';
COMMENT ON FUNCTION ecopanier.current_territory() IS
'The caller''s territory, null where nobody is signed in. In policies write (SELECT ecopanier.current_territory()).';
CREATE FUNCTION ecopanier.current_member()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_member';
COMMENT ON FUNCTION ecopanier.current_member() IS
'The calling member, null where nobody is signed in. In policies write (SELECT ecopanier.current_member()).';
CREATE FUNCTION ecopanier.current_organisation()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_organisation';
COMMENT ON FUNCTION ecopanier.current_organisation() IS
'The organisation that the caller acts for, null where there is none. In policies write (SELECT ecopanier.current_organisation()).';
CREATE FUNCTION ecopanier.current_role_name()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_role';
COMMENT ON FUNCTION ecopanier.current_role_name() IS
'The role that the caller acts in, null where nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.whoami(), ecopanier.current_territory(), ecopanier.current_member(),
	ecopanier.current_organisation(), ecopanier.current_role_name() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.authenticate(), ecopanier.authenticate(text), ecopanier.whoami(),
	ecopanier.current_territory(), ecopanier.current_member(), ecopanier.current_organisation(),
	ecopanier.current_role_name()
	TO ecopanier_owner, ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
	ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service, ecopanier_analyst;

/* identity/setting.sql */
CREATE FUNCTION ecopanier.history_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_history_guard';
COMMENT ON FUNCTION ecopanier.history_guard() IS
'Trigger of tables with a history: refuses DELETE and TRUNCATE. Errors: ZE111.';
REVOKE ALL ON FUNCTION ecopanier.history_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.history_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.setting_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_setting_guard';
COMMENT ON FUNCTION ecopanier.setting_guard() IS
'Trigger of setting: numbers the value, notes its author, checks its range and keeps the history.
Errors: 22023 out of range or in the past; 42501 not an administrator; ZE111 an update or delete.';
REVOKE ALL ON FUNCTION ecopanier.setting_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.setting_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.territory_settings()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_territory_settings';
COMMENT ON FUNCTION ecopanier.territory_settings() IS 'Trigger of territory: gives a new one the default settings.';
REVOKE ALL ON FUNCTION ecopanier.territory_settings() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.territory_settings() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_setting(name text, value numeric, source text, valid_from timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_setting';
COMMENT ON FUNCTION ecopanier.set_setting(text, numeric, text, timestamptz) IS
'Sets a parameter of the administrator''s territory from a moment on.
name: parameter of setting_definition; value: in its unit; source: why; valid_from: not in the past, now where null.
Returns the version of the value.
Errors: 42501 not an administrator; 22004 a null argument; 22023 out of range, in the past or never; 23503 no such parameter;
23514 a source that says nothing or is longer than 1000 characters.';
REVOKE ALL ON FUNCTION ecopanier.set_setting(text, numeric, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_setting(text, numeric, text, timestamptz) TO ecopanier_admin;

CREATE FUNCTION ecopanier.setting_value(name text, at timestamptz DEFAULT NULL)
RETURNS numeric
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_setting_value';
COMMENT ON FUNCTION ecopanier.setting_value(text, timestamptz) IS
'The value of a parameter in the caller''s territory.
name: parameter of setting_definition; at: the moment, now where null.
Returns the value in the parameter''s unit. Errors: 42501 nobody is signed in; 22023 no such parameter.';
REVOKE ALL ON FUNCTION ecopanier.setting_value(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.setting_value(text, timestamptz) TO ecopanier_customer, ecopanier_merchant,
	ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

/* identity/member.sql */
CREATE FUNCTION ecopanier.row_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_row_guard';
COMMENT ON FUNCTION ecopanier.row_guard() IS
'Trigger of tenants'' tables: fills territory and id, keeps a caller''s rows in the caller''s territory, and says who writes
beside administrators: its argument manager, member or anybody; nobody without one.
Errors: 22023 an id of another territory; 42501 nobody is signed in, another territory, or not a writer; ZE111 a changed key.';
REVOKE ALL ON FUNCTION ecopanier.row_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.row_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.member_role_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_member_role_guard';
COMMENT ON FUNCTION ecopanier.member_role_guard() IS
'Trigger of member_role: administrators alone give and take roles; association staff give the role beneficiary. Errors: 42501, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.member_role_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.member_role_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.map_login(login name, member uuid, role text, organisation uuid DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_map_login';
COMMENT ON FUNCTION ecopanier.map_login(name, uuid, text, uuid) IS
'Makes a database login act as a member; for superusers. A second call for the login replaces the first.
login: an existing role with LOGIN; member: the member; role: one of the member''s roles; organisation: for staff of several.
Errors: 42501 not a superuser; 42704 no such login; 22004 a null argument; 23503 the member has no such role
or does not work for the organisation.';
REVOKE ALL ON FUNCTION ecopanier.map_login(name, uuid, text, uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.unmap_login(login name)
RETURNS boolean
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'ecp_unmap_login';
COMMENT ON FUNCTION ecopanier.unmap_login(name) IS
'Ends what map_login() began; for superusers. login: the database login. Returns whether it was mapped. Errors: 42501.';
REVOKE ALL ON FUNCTION ecopanier.unmap_login(name) FROM PUBLIC;

/* identity/beneficiary.sql */
CREATE FUNCTION ecopanier.new_ben_code(territory int)
RETURNS ecopanier.ben_code
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'ecp_new_ben_code';
COMMENT ON FUNCTION ecopanier.new_ben_code(int) IS
'A beneficiary code of the present year that was never given before: random, never all digits.
territory: number of the territory; its time zone decides the year.
Errors: ZE114 the year has no more codes; ZE101 no such territory; 42501 not an administrator.';
REVOKE ALL ON FUNCTION ecopanier.new_ben_code(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.new_ben_code(int) TO ecopanier_admin;

CREATE FUNCTION ecopanier.beneficiary_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_beneficiary_guard';
COMMENT ON FUNCTION ecopanier.beneficiary_guard() IS
'Trigger of beneficiary: who decides (rule D14), which steps are possible, code and signature of a verification.
Errors: 42501; ZE107 a step that is not possible; ZE111 a changed key; ZE114; ZE117 no reason; ZE118 not accredited.';
REVOKE ALL ON FUNCTION ecopanier.beneficiary_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.beneficiary_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.beneficiary_code()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_beneficiary_code';
COMMENT ON FUNCTION ecopanier.beneficiary_code() IS
'Trigger of beneficiary: enters codes that a load brings along into the register, so that they are not given again.';
REVOKE ALL ON FUNCTION ecopanier.beneficiary_code() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.beneficiary_code() TO ecopanier_owner;

CREATE FUNCTION ecopanier.register_beneficiary(display_name text, language text DEFAULT 'fr')
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_register_beneficiary';
COMMENT ON FUNCTION ecopanier.register_beneficiary(text, text) IS
'Registers a person who asks for the right to free lots, as a new member; by association or social-service staff or an administrator.
display_name: first name chosen by the person, 1 to 60 characters; language: fr, en, es or ar.
Returns the member. Errors: 42501; 22004 a null argument; 23514 a name or language that is not possible.';
CREATE FUNCTION ecopanier.verify_beneficiary(member uuid, valid_until date, valid_from date DEFAULT NULL)
RETURNS ecopanier.ben_code
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_verify_beneficiary';
COMMENT ON FUNCTION ecopanier.verify_beneficiary(uuid, date, date) IS
'Verifies or renews the right to free lots (rule D14): by staff of an accredited association or of a social service, or an administrator.
member: the person; valid_until, valid_from: last and first day of the right, local dates; from today where null.
Returns the code, which a renewal keeps.
Errors: 42501 not such staff, or the person; 22004 a null argument; 23514 dates out of order or without end; ZE101 no such beneficiary;
ZE107 a step that is not possible; ZE118 the organisation is not accredited today.';
CREATE FUNCTION ecopanier.refuse_beneficiary(member uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_refuse_beneficiary';
COMMENT ON FUNCTION ecopanier.refuse_beneficiary(uuid, text) IS
'Refuses the right to free lots. member: the person; reason: why, which the person can read.
Errors: as verify_beneficiary(), and ZE117 no reason.';
CREATE FUNCTION ecopanier.suspend_beneficiary(member uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_suspend_beneficiary';
COMMENT ON FUNCTION ecopanier.suspend_beneficiary(uuid, text) IS
'Suspends a verified right. member: the person; reason: why, which the person can read.
Errors: as verify_beneficiary(), and ZE117 no reason.';
REVOKE ALL ON FUNCTION ecopanier.register_beneficiary(text, text), ecopanier.verify_beneficiary(uuid, date, date),
	ecopanier.refuse_beneficiary(uuid, text), ecopanier.suspend_beneficiary(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.register_beneficiary(text, text), ecopanier.verify_beneficiary(uuid, date, date),
	ecopanier.refuse_beneficiary(uuid, text), ecopanier.suspend_beneficiary(uuid, text)
	TO ecopanier_association, ecopanier_admin;

/* market/lot.sql */
CREATE FUNCTION ecopanier.lot_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_guard';
COMMENT ON FUNCTION ecopanier.lot_guard() IS
'Trigger of lot: who offers, the discount (rule D4), what publishing needs, what does not change afterwards.
Errors: 42501; ZE101; ZE103 a window that is over; ZE107 a step that is not possible; ZE108 past the use-by date;
ZE109 the discount; ZE111 a published lot changed or deleted; ZE115 incomplete, naming all that is missing.';
REVOKE ALL ON FUNCTION ecopanier.lot_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_stocked()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_stocked';
COMMENT ON FUNCTION ecopanier.lot_stocked() IS
'Trigger of lot: makes the stock of a new lot and drops that of a deleted one.';
REVOKE ALL ON FUNCTION ecopanier.lot_stocked() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_stocked() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_changed()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_changed';
COMMENT ON FUNCTION ecopanier.lot_changed() IS
'Trigger of lot: a cancelled lot cancels its claims, which gives quota and stock back (rule D3); the stock follows changed units.
Errors: ZE104 fewer units than are claimed.';
REVOKE ALL ON FUNCTION ecopanier.lot_changed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_changed() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_stock_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_stock_guard';
COMMENT ON FUNCTION ecopanier.lot_stock_guard() IS
'Trigger of lot_stock: never negative, written by the rules only, whoever asks. Errors: ZE104, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.lot_stock_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_stock_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.free_quota_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_free_quota_guard';
COMMENT ON FUNCTION ecopanier.free_quota_guard() IS
'Trigger of free_quota: never above the limit (rule D1), written by the rules only, whoever asks. Errors: ZE105, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.free_quota_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.free_quota_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.rebuild_stock()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rebuild_stock';
COMMENT ON FUNCTION ecopanier.rebuild_stock() IS
'Computes the stock of every lot again from lots and reservations, while nobody claims; for superusers.
Returns how many rows were wrong, 0 in a sound database. Errors: 42501; ZE104 where more was claimed than there is.';
CREATE FUNCTION ecopanier.rebuild_quota()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rebuild_quota';
COMMENT ON FUNCTION ecopanier.rebuild_quota() IS
'Computes every day''s free units again from reservations, while nobody claims; for superusers.
Returns how many rows were wrong, 0 in a sound database. Errors: 42501; ZE105 where a limit was passed.';
REVOKE ALL ON FUNCTION ecopanier.rebuild_stock(), ecopanier.rebuild_quota() FROM PUBLIC;

/* market/reservation.sql */
CREATE FUNCTION ecopanier.reservation_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_guard';
COMMENT ON FUNCTION ecopanier.reservation_guard() IS
'Trigger of reservation: checks a claim and fills in all that the claimer does not choose; moves its state along afterwards.
Errors: 42501; 22004 no lot or quantity; 22023 a quantity below 1; ZE101 no such lot here; ZE102 not offered; ZE103 the window is over;
ZE104 no units at a price; ZE106 no verified right; ZE107 a step that is not possible; ZE111 a changed or deleted claim.';
REVOKE ALL ON FUNCTION ecopanier.reservation_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.reservation_count()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_count';
COMMENT ON FUNCTION ecopanier.reservation_count() IS
'Trigger of reservation: takes the claims of a statement from quota and stock, or gives them back, in key order.
Errors: ZE104 not enough units left; ZE105 the day''s free units are used up (rule D1).';
REVOKE ALL ON FUNCTION ecopanier.reservation_count() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_count() TO ecopanier_owner;

CREATE TYPE ecopanier.receipt AS (
	reservation uuid,
	lot uuid,
	state text,
	quantity int,
	amount_cents int,
	pin text,
	qr text,
	window_start timestamptz,
	window_end timestamptz
);
COMMENT ON TYPE ecopanier.receipt IS 'What a member has claimed, and what is shown to pick it up.';
COMMENT ON COLUMN ecopanier.receipt.reservation IS 'The reservation.';
COMMENT ON COLUMN ecopanier.receipt.lot IS 'The lot.';
COMMENT ON COLUMN ecopanier.receipt.state IS 'awaiting_payment, held, collected, cancelled or lapsed.';
COMMENT ON COLUMN ecopanier.receipt.quantity IS 'Units.';
COMMENT ON COLUMN ecopanier.receipt.amount_cents IS 'What the member pays, cents.';
COMMENT ON COLUMN ecopanier.receipt.pin IS 'Six digits for the station, null unless held. Never in the QR.';
COMMENT ON COLUMN ecopanier.receipt.qr IS 'Signed token that the QR shows, null unless held.';
COMMENT ON COLUMN ecopanier.receipt.window_start IS 'When pickup begins.';
COMMENT ON COLUMN ecopanier.receipt.window_end IS 'When pickup ends, a grace included.';

CREATE FUNCTION ecopanier.reserve(lot uuid, quantity int DEFAULT 1, request_id uuid DEFAULT NULL)
RETURNS ecopanier.receipt
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reserve';
COMMENT ON FUNCTION ecopanier.reserve(uuid, int, uuid) IS
'Claims units of a lot for the caller: free ones as a beneficiary, public ones at the price as a customer.
lot: one of lot_offer; quantity: units, at least 1; request_id: a number of the client''s, with which a retry gives the same receipt.
Returns the receipt.
Errors: 42501 not signed in as either; 22004; 22023 quantity below 1; ZE101 no such lot here; ZE102 no longer offered;
ZE103 the window is over; ZE104 not enough units left; ZE105 the day''s free units are used up (rules D1, D2);
ZE106 no verified right (rule D14); ZE110 request_id used for another request.';
CREATE FUNCTION ecopanier.receipt(reservation uuid)
RETURNS ecopanier.receipt
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_receipt';
COMMENT ON FUNCTION ecopanier.receipt(uuid) IS
'The receipt of a reservation of the caller''s own. reservation: its id.
Errors: 42501 nobody is signed in; ZE101 no such reservation; ZE113 the key file lacks its key.';
CREATE FUNCTION ecopanier.cancel(reservation uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_cancel';
COMMENT ON FUNCTION ecopanier.cancel(uuid, text) IS
'Cancels a reservation: by its member, by managers of the organisation that hands over, or by an administrator.
reservation: its id; reason: needed from staff. Units and the day''s quota are given back; not the quota where the member cancels later
than the setting cancel_cutoff before the window opens (rules D3, D16).
Errors: 42501 nobody is signed in; 22023 a reason of more than 1000 characters; ZE101 no such reservation;
ZE107 it is collected, cancelled or lapsed; ZE117 no reason.';
REVOKE ALL ON FUNCTION ecopanier.reserve(uuid, int, uuid), ecopanier.receipt(uuid), ecopanier.cancel(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reserve(uuid, int, uuid), ecopanier.receipt(uuid) TO ecopanier_customer, ecopanier_beneficiary;
GRANT EXECUTE ON FUNCTION ecopanier.cancel(uuid, text)
	TO ecopanier_customer, ecopanier_beneficiary, ecopanier_merchant, ecopanier_association, ecopanier_admin;

/* pickup/qr.sql */
-- qr.sql: the media types that pickup codes are served as. An API layer sends
-- a function's result under the type that its domain is named after.

CREATE DOMAIN ecopanier."image/svg+xml" AS text;

COMMENT ON DOMAIN ecopanier."image/svg+xml" IS
'A picture as SVG text.
Served by API layers under this media type. The domain checks nothing: it names what a function returns.';

CREATE DOMAIN ecopanier."image/png" AS bytea;

COMMENT ON DOMAIN ecopanier."image/png" IS
'A picture as PNG bytes.
Served by API layers under this media type. The domain checks nothing: it names what a function returns.';

/* pickup/pickup.sql */
CREATE TYPE ecopanier.handover AS (
	verdict text,
	lot_title text,
	quantity int,
	first_name text
);
COMMENT ON TYPE ecopanier.handover IS 'What a station learns: the same for paid and free baskets (rule D13).';
COMMENT ON COLUMN ecopanier.handover.verdict IS
'handed_over, wrong_pin, locked, invalid, expired, already_collected, cancelled, too_early, too_late or not_signed_in; message() says it to a person.';
COMMENT ON COLUMN ecopanier.handover.lot_title IS 'What to hand over; null unless handed_over.';
COMMENT ON COLUMN ecopanier.handover.quantity IS 'Units; null unless handed_over.';
COMMENT ON COLUMN ecopanier.handover.first_name IS 'Name that the person chose to be called by; null unless handed_over.';

CREATE FUNCTION ecopanier.verify_pickup(token text, pin text)
RETURNS ecopanier.handover
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_verify_pickup';
COMMENT ON FUNCTION ecopanier.verify_pickup(text, text) IS
'Hands a basket over, at a station of the organisation that offers it. Pass both as bound parameters.
token: what the station read from the QR; pin: the six digits that the person says.
Returns a verdict; nothing about token or PIN is ever raised. A try is charged before the PIN is compared and survives a rollback;
after the setting pickup_tries of them the reservation is locked at this station until a manager releases it or the person takes a new PIN.
Errors: 25006 in a read-only transaction; ZE001; ZE113 the key file lacks the reservation''s key.';

CREATE FUNCTION ecopanier.reissue_pin(reservation uuid)
RETURNS ecopanier.receipt
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reissue_pin';
COMMENT ON FUNCTION ecopanier.reissue_pin(uuid) IS
'Gives a held reservation of the caller''s own a new PIN, of the current key; the old one ends, tries begin anew. reservation: its id.
Returns the receipt. Errors: 42501 nobody is signed in; ZE101 no such reservation.';

CREATE FUNCTION ecopanier.release_pickup(reservation uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_release_pickup';
COMMENT ON FUNCTION ecopanier.release_pickup(uuid, text) IS
'Releases a reservation whose tries are used up, by a manager or owner of the organisation or an administrator; noted in the audit.
reservation: its id; reason: how the person was recognised. Tries begin anew, and pickup is possible for the setting release_grace
minutes even after the window, never after the use-by date.
Errors: 42501 nobody is signed in; ZE101 no such reservation; ZE107 not locked; ZE117 no reason.';

CREATE FUNCTION ecopanier.lapse_due()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_lapse_due';
COMMENT ON FUNCTION ecopanier.lapse_due() IS
'Lapses the reservations that nobody collected in time; their units go back to the lot, their quota does not (rule D3).
A locked reservation does not lapse. For administrators, in their territory, and superusers, in all.
Returns how many lapsed. Errors: 42501.';

CREATE FUNCTION ecopanier.pickup_qr(reservation uuid)
RETURNS ecopanier."image/svg+xml"
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_pickup_qr';
COMMENT ON FUNCTION ecopanier.pickup_qr(uuid) IS
'The QR of a held reservation of the caller''s own, as SVG. reservation: its id.
Errors: 42501 nobody is signed in; ZE101 no such reservation; ZE107 it is not held; ZE113.';
CREATE FUNCTION ecopanier.pickup_qr_png(reservation uuid, module_px int DEFAULT 8)
RETURNS ecopanier."image/png"
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_pickup_qr_png';
COMMENT ON FUNCTION ecopanier.pickup_qr_png(uuid, int) IS
'The QR of a held reservation of the caller''s own, as PNG. reservation: its id; module_px: side of a module, 2 to 32 pixels.
Errors: 42501 nobody is signed in; 22023 module_px out of range; ZE101 no such reservation; ZE107 it is not held; ZE113.';

REVOKE ALL ON FUNCTION ecopanier.verify_pickup(text, text), ecopanier.reissue_pin(uuid), ecopanier.release_pickup(uuid, text),
	ecopanier.lapse_due(), ecopanier.pickup_qr(uuid), ecopanier.pickup_qr_png(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.verify_pickup(text, text) TO ecopanier_merchant, ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.reissue_pin(uuid), ecopanier.pickup_qr(uuid), ecopanier.pickup_qr_png(uuid, int)
	TO ecopanier_customer, ecopanier_beneficiary;
GRANT EXECUTE ON FUNCTION ecopanier.release_pickup(uuid, text) TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.lapse_due() TO ecopanier_admin;

/* doctor.sql */
CREATE FUNCTION ecopanier.self_check(OUT invariant text, OUT violations bigint)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_self_check';
COMMENT ON FUNCTION ecopanier.self_check() IS
'The invariants of the whole database on one snapshot; for superusers and monitoring. Returns one row each: its name and how many rows break it, 0 in a sound database. Errors: ZE001.';
CREATE FUNCTION ecopanier.doctor(OUT item text, OUT state text, OUT detail text, OUT remedy text)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_doctor';
COMMENT ON FUNCTION ecopanier.doctor() IS
'Whether the installation is sound; for superusers and monitoring. Returns one row an item: state ok, warning or error, what was found, and what to do where it is not ok. Raises nothing of its own.';
GRANT USAGE ON SCHEMA ecopanier TO pg_monitor;
REVOKE ALL ON FUNCTION ecopanier.self_check(), ecopanier.doctor() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.self_check(), ecopanier.doctor() TO pg_monitor;

-- CREATE EXTENSION keeps notices of its script quiet; this one is meant to be read.
DO $notice$
BEGIN
	PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
	RAISE NOTICE 'ecopanier: run SELECT ecopanier.install(); to make the tables';
	PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
END
$notice$;
