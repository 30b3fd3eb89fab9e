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

/* beneficiary/beneficiary.sql */
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

/* audit/audit.sql */
CREATE FUNCTION ecopanier.audit_change()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_change';
COMMENT ON FUNCTION ecopanier.audit_change() IS
'Trigger, after and for each row: appends the change to the audit as <table>_insert, _update or _delete.
Its arguments: the column of the subject (empty: none), then the columns that are noted; none of them personal.
An insert and a delete note their values, an update [before, after] of those that it changed, and nothing where it changed none;
a column given as +name is noted by an update though it did not change, to tell which row it was.
A noted column called reason becomes the reason of the event. A table without territory_id is noted in territory 0, the installation.
Errors: ZE113 the key file lacks the current key.';
REVOKE ALL ON FUNCTION ecopanier.audit_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_change() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_event_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_event_guard';
COMMENT ON FUNCTION ecopanier.audit_event_guard() IS
'Trigger, before insert on audit_event: gives id, key, MAC and the digest of the reason, and for a statement of a member''s time and actor too.
A superuser''s load may bring rows back as they were. Errors: 42501 nobody is signed in; ZE113 the key file lacks the current key.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_event_history()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_event_history';
COMMENT ON FUNCTION ecopanier.audit_event_history() IS
'Trigger, before update or delete on audit_event: lets nothing pass, but for an erasure, which takes reason and salt of an event away.
Errors: ZE111 events are neither changed nor deleted.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_history() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_history() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_event_pending()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_event_pending';
COMMENT ON FUNCTION ecopanier.audit_event_pending() IS
'Trigger, after insert on audit_event: notes that the event has no place in the chain yet.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_pending() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_pending() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_guard';
COMMENT ON FUNCTION ecopanier.audit_guard() IS
'Trigger of statements on the audit''s private tables: the audit itself writes them, or a superuser. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.audit_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_mac(event record)
RETURNS bytea
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_audit_mac_sql';
COMMENT ON FUNCTION ecopanier.audit_mac(record) IS
'The MAC of an audit event, for migrations; granted to nobody. Returns 32 bytes, null where key_id is null.
event: the columns of audit_event in their order, all but reason, reason_salt and mac. Errors: 42804 other columns; ZE113 the key file lacks the key.';
REVOKE ALL ON FUNCTION ecopanier.audit_mac(record) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_mac(record) TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_reason_digest(salt bytea, reason text)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_audit_reason_digest_sql';
COMMENT ON FUNCTION ecopanier.audit_reason_digest(bytea, text) IS
'The digest of a reason, for migrations; granted to nobody. salt: 16 bytes; reason: the text. Returns 32 bytes, BLAKE2b of the text
"ecopanier audit reason 1", a zero byte, salt and reason. Errors: 22023 a salt of another length.';
REVOKE ALL ON FUNCTION ecopanier.audit_reason_digest(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_reason_digest(bytea, text) TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_partitions()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_audit_partitions';
COMMENT ON FUNCTION ecopanier.audit_partitions() IS
'Makes the partitions of audit_event for this month and the next two; install() and tick() do. A month that has rows in the
default partition already stays there. Granted to nobody. Returns how many were made.
Errors: 55P03 the audit is being read or changed in a way that would make others wait.';
REVOKE ALL ON FUNCTION ecopanier.audit_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_partitions() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_checkpoint(territory int)
RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_audit_checkpoint';
COMMENT ON FUNCTION ecopanier.audit_checkpoint(int) IS
'The newest signed state of a territory''s audit, to be given away; verify_audit() compares a later state with it.
territory: its number, 0 for the installation. Returns one line of 192 characters, null where nothing is linked yet: EA1. and base64url
of version 1 (1 byte), installation (16), key id (8), territory (4), position (8), microseconds since 1970 (8), digest (32),
signature (64). Signed (Ed25519, a key of pickup_public_keys()): the text "ecopanier audit checkpoint 1" and a zero byte, and the
77 bytes before the signature. For administrators of the territory, superusers and pg_monitor.
Errors: 42501 nobody is signed in, or not as an administrator; ZE101 no such territory for the caller.';
REVOKE ALL ON FUNCTION ecopanier.audit_checkpoint(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_checkpoint(int) TO ecopanier_admin, pg_monitor;

CREATE FUNCTION ecopanier.verify_audit(territory int, checkpoint text DEFAULT NULL,
	OUT finding text, OUT is_fault boolean, OUT "position" bigint, OUT event_id uuid, OUT at timestamptz, OUT detail text)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 10
AS 'MODULE_PATHNAME', 'ecp_verify_audit';
COMMENT ON FUNCTION ecopanier.verify_audit(int, text) IS
'Whether a territory''s audit is as it was written. territory: its number, 0 for the installation; checkpoint: one that was given
away earlier. Returns a row for each finding, at most 1,000, with place in the chain, event and time where they are known, and last a row "summary".
finding: changed, removed, inserted, reordered; broken_chain, bad_signature and checkpoint_mismatch, where links or
checkpoints do not fit; missing_key (once a key: its MACs cannot be checked without the key file); unlinked (how many events wait
for tick(), and since when). is_fault: false for unlinked, missing_key and summary. Reasons that erasures withheld are no fault, and the
summary counts them; one is changed where more are gone than erasures took, as their events reasons_withheld say.
Reads alone, also on a standby. For administrators of the territory, superusers and pg_monitor.
Errors: 42501 nobody is signed in, or not as an administrator; ZE101 no such territory for the caller.';
REVOKE ALL ON FUNCTION ecopanier.verify_audit(int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.verify_audit(int, text) TO ecopanier_admin, pg_monitor;

/* organisation/lifecycle.sql */
CREATE FUNCTION ecopanier.organisation_state_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_state_guard';
COMMENT ON FUNCTION ecopanier.organisation_state_guard() IS
'Trigger of organisation: which state follows which, for everybody; who decides, and why; what managers change; that the commune is the
territory''s. A row that comes without a state is active in a load, and an application otherwise.
Errors: 42501; 23514 a commune of elsewhere; ZE107 a step that is not possible; ZE117 no reason.';
CREATE FUNCTION ecopanier.organisation_activated()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_activated';
COMMENT ON FUNCTION ecopanier.organisation_activated() IS
'Trigger of organisation: gives its staff the role that they need, when it becomes active: merchant for merchants, producers and hubs,
association for associations and social services.';
REVOKE ALL ON FUNCTION ecopanier.organisation_state_guard(), ecopanier.organisation_activated() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_state_guard(), ecopanier.organisation_activated() TO ecopanier_owner;

CREATE FUNCTION ecopanier.apply_organisation(kind text, name text, siret ecopanier.siret DEFAULT NULL, commune_insee text DEFAULT NULL,
	address text DEFAULT NULL, latitude double precision DEFAULT NULL, longitude double precision DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_apply_organisation';
COMMENT ON FUNCTION ecopanier.apply_organisation(text, text, ecopanier.siret, text, text, double precision, double precision) IS
'Applies for an organisation, by the person who becomes its owner once an administrator has said yes; three at a time at most.
kind: merchant, association, social_service, producer or hub; name: 1 to 200 characters; siret: of the establishment;
commune_insee: one of the territory; address: street and number; latitude, longitude: degrees.
Returns the organisation; ecopanier.my_organisations() tells what became of it.
Errors: 42501 not a person; 22004 no kind or name; 22023 another kind; 23503 no such commune; 23505 the establishment is there already;
23514 a value out of range, or a commune of elsewhere; ZE107 three applications wait.';
CREATE FUNCTION ecopanier.decide_organisation(organisation uuid, state text, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_decide_organisation';
COMMENT ON FUNCTION ecopanier.decide_organisation(uuid, text, text) IS
'Decides on an organisation, by an administrator: applied to active or closed, active to suspended and back, either to closed for good.
organisation: its id; state: active, suspended or closed; reason: needed unless it is a first yes. Its staff read it in
my_organisations(), and the audit keeps it.
What is still to be picked up at a suspended organisation is cancelled; one where baskets are held is not closed.
Errors: 42501 not an administrator; 22023 another state, or a reason of more than 1000 characters; ZE101 no such organisation;
ZE107 a step that is not possible; ZE117 no reason; ZE122 baskets are held; 25000 not in a READ COMMITTED transaction.';
REVOKE ALL ON FUNCTION ecopanier.apply_organisation(text, text, ecopanier.siret, text, text, double precision, double precision),
	ecopanier.decide_organisation(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.apply_organisation(text, text, ecopanier.siret, text, text, double precision, double precision)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.decide_organisation(uuid, text, text) TO ecopanier_admin;

CREATE FUNCTION ecopanier.is_accredited(organisation uuid, day date DEFAULT NULL)
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_is_accredited';
COMMENT ON FUNCTION ecopanier.is_accredited(uuid, date) IS
'Whether an organisation may verify rights on a day (rule D14): a social service by right, an association whose accreditation for food aid
(L266-2 CASF) is in force and not suspended.
organisation: an active one of the caller''s territory; day: a local day, today where null.
Errors: 42501 nobody is signed in; ZE101 no such organisation.';
REVOKE ALL ON FUNCTION ecopanier.is_accredited(uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.is_accredited(uuid, date)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

/* organisation/staff.sql */
CREATE FUNCTION ecopanier.organisation_staff_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_staff_guard';
COMMENT ON FUNCTION ecopanier.organisation_staff_guard() IS
'Trigger of organisation_staff: administrators write; owners change and remove the staff of theirs; anybody leaves.
Errors: 42501; ZE111 a changed key.';
CREATE FUNCTION ecopanier.organisation_staff_owner()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_staff_owner';
COMMENT ON FUNCTION ecopanier.organisation_staff_owner() IS
'Trigger of organisation_staff: the last owner of an active organisation stays, whoever writes.
Errors: ZE107 the last owner; 25000 an owner is removed in a READ COMMITTED transaction.';
CREATE FUNCTION ecopanier.staff_invitation_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_staff_invitation_guard';
COMMENT ON FUNCTION ecopanier.staff_invitation_guard() IS
'Trigger of staff_invitation: written by invite_staff(), revoke_invitation() and accept_invitation(); what is offered does not change.
Errors: 42501; ZE111.';
REVOKE ALL ON FUNCTION ecopanier.organisation_staff_guard(), ecopanier.organisation_staff_owner(), ecopanier.staff_invitation_guard()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_staff_guard(), ecopanier.organisation_staff_owner(), ecopanier.staff_invitation_guard()
	TO ecopanier_owner;

CREATE FUNCTION ecopanier.my_organisations(OUT organisation uuid, OUT name text, OUT kind text, OUT function text, OUT state text,
	OUT state_reason text)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_my_organisations';
COMMENT ON FUNCTION ecopanier.my_organisations() IS
'The organisations that the caller works for, whatever their state: id, name, kind, the caller''s function, state, and why it was decided.
A client signs in for one of them by naming it in the token (claim organisation); only active ones can be named.
Errors: 42501 nobody is signed in.';
CREATE FUNCTION ecopanier.invite_staff(function text)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_invite_staff';
COMMENT ON FUNCTION ecopanier.invite_staff(text) IS
'Invites somebody to work for the organisation that the caller acts for: by an owner; by a manager as station or reader.
function: owner, manager, station or reader. Returns a text to pass on, which is shown this once: a member of the territory who has it can
accept within seven days, once. Fifty may be open at a time.
Errors: 42501; 22023 another function; ZE107 fifty are open.';
CREATE FUNCTION ecopanier.revoke_invitation(invitation uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_invitation';
COMMENT ON FUNCTION ecopanier.revoke_invitation(uuid) IS
'Ends an invitation that nobody has accepted, by an owner or manager. invitation: its id in staff_invitation.
Errors: 42501; ZE101 no such open invitation.';
CREATE FUNCTION ecopanier.accept_invitation(invitation text)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_accept_invitation';
COMMENT ON FUNCTION ecopanier.accept_invitation(text) IS
'Takes a function in an organisation of the own territory, with the role that goes with it. Pass the text as a bound parameter.
invitation: the text that invite_staff() gave. Returns the organisation, to be named in the next token.
Errors: ZE116 the invitation is not accepted, with no reason told; ZE107 the caller works there already.';
CREATE FUNCTION ecopanier.set_staff_function(member uuid, function text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_staff_function';
COMMENT ON FUNCTION ecopanier.set_staff_function(uuid, text) IS
'Gives a member of the organisation''s staff another function, by an owner. member: the member of staff;
function: owner, manager, station or reader.
Errors: 42501; 22004 no function; 23514 another function; ZE101 no such member of staff; ZE107 the last owner of an active organisation.';
CREATE FUNCTION ecopanier.remove_staff(member uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_staff';
COMMENT ON FUNCTION ecopanier.remove_staff(uuid) IS
'Ends somebody''s work for the organisation that the caller acts for: by an owner, or by the person. member: the member of staff.
The role stays; without an organisation it opens nothing of one.
Errors: 42501; ZE101 no such member of staff; ZE107 the last owner of an active organisation.';
REVOKE ALL ON FUNCTION ecopanier.my_organisations(), ecopanier.invite_staff(text),
	ecopanier.revoke_invitation(uuid), ecopanier.accept_invitation(text), ecopanier.set_staff_function(uuid, text),
	ecopanier.remove_staff(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.my_organisations(), ecopanier.accept_invitation(text)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.invite_staff(text), ecopanier.revoke_invitation(uuid), ecopanier.set_staff_function(uuid, text),
	ecopanier.remove_staff(uuid) TO ecopanier_merchant, ecopanier_association;

/* organisation/opening.sql */
CREATE FUNCTION ecopanier.public_holidays(year int, department text DEFAULT NULL, OUT day date, OUT code text, OUT name text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_public_holidays';
COMMENT ON FUNCTION ecopanier.public_holidays(int, text) IS
'The public holidays of a year, in order. year: 1900 to 2100; department: INSEE code, national days alone where null.
57, 67 and 68 have Good Friday and 26 December; 971 to 974, 976 to 978 and 986 to 988 days of their own. Days of custom are not in it.
Returns the day, a code such as easter_monday, and the French name. Errors: 22023 another year, or no code of a department.';
CREATE FUNCTION ecopanier.opening_hours(organisation uuid, from_day date DEFAULT NULL, to_day date DEFAULT NULL,
	OUT opens_at timestamptz, OUT closes_at timestamptz)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_opening_hours';
COMMENT ON FUNCTION ecopanier.opening_hours(uuid, date, date) IS
'When an organisation is open, as moments in order: exceptions before public holidays before the hours of the week. Spans that touch are one.
organisation: an active one of the caller''s territory; from_day, to_day: first and last local day, up to 366; today, and the first day, where null.
Errors: 42501 nobody is signed in; 22004 no organisation; 22023 days out of range; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.is_open(organisation uuid, at timestamptz DEFAULT NULL)
RETURNS boolean
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_is_open';
COMMENT ON FUNCTION ecopanier.is_open(uuid, timestamptz) IS
'Whether an organisation is open at a moment, the closing time not included. organisation: as for opening_hours(); at: now where null.
Errors: as opening_hours().';
CREATE FUNCTION ecopanier.next_opening(organisation uuid, at timestamptz DEFAULT NULL)
RETURNS timestamptz
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_next_opening';
COMMENT ON FUNCTION ecopanier.next_opening(uuid, timestamptz) IS
'When an organisation opens next, at that moment or after it; null where it does not within a year.
organisation: as for opening_hours(); at: now where null. Errors: as opening_hours().';
REVOKE ALL ON FUNCTION ecopanier.public_holidays(int, text), ecopanier.opening_hours(uuid, date, date),
	ecopanier.is_open(uuid, timestamptz), ecopanier.next_opening(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.public_holidays(int, text), ecopanier.opening_hours(uuid, date, date),
	ecopanier.is_open(uuid, timestamptz), ecopanier.next_opening(uuid, timestamptz)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

/* market/withdraw.sql */
CREATE FUNCTION ecopanier.organisation_withdrawn()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_withdrawn';
COMMENT ON FUNCTION ecopanier.organisation_withdrawn() IS
'Trigger of organisation: what is still to be picked up at a suspended organisation is cancelled with its claims, which gives quota and
stock back (rule D3); a closed one offers no more, and is not closed while baskets are held.
Errors: ZE122 baskets are held; 25000 lots are taken off sale in a READ COMMITTED transaction.';
REVOKE ALL ON FUNCTION ecopanier.organisation_withdrawn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_withdrawn() TO ecopanier_owner;

/* service/service.sql */
CREATE FUNCTION ecopanier.service_account_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_service_account_guard';
COMMENT ON FUNCTION ecopanier.service_account_guard() IS
'Trigger of service_account: owners and managers of the organisation write, and administrators; associations and social services have services;
the member holds no role. Errors: 42501; 23514 another kind of organisation, or a member with a role; ZE107; ZE111.';
CREATE FUNCTION ecopanier.service_key_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_service_key_guard';
COMMENT ON FUNCTION ecopanier.service_key_guard() IS
'Trigger of service_key: owners and managers of the organisation write, and administrators; an end is brought forward only, a revocation stays.
Errors: 42501; ZE107 the service is revoked, or the step is not possible; ZE111.';
CREATE FUNCTION ecopanier.service_role_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_service_role_guard';
COMMENT ON FUNCTION ecopanier.service_role_guard() IS
'Trigger of member_role: a service account holds no role, so that nobody signs in as it without a key. Errors: 23514.';
REVOKE ALL ON FUNCTION ecopanier.service_account_guard(), ecopanier.service_key_guard(), ecopanier.service_role_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.service_account_guard(), ecopanier.service_key_guard(), ecopanier.service_role_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.managed_organisation()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_managed_organisation';
COMMENT ON FUNCTION ecopanier.managed_organisation() IS
'The organisation that the caller acts for as its owner or manager, null where there is none. In policies write (SELECT ecopanier.managed_organisation()).';
REVOKE ALL ON FUNCTION ecopanier.managed_organisation() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.managed_organisation() TO ecopanier_owner, ecopanier_merchant, ecopanier_association, ecopanier_admin;

CREATE TYPE ecopanier.issued_service_key AS (
	id uuid,
	key text,
	expires_at timestamptz
);
COMMENT ON TYPE ecopanier.issued_service_key IS 'A new key of a service account: the answer of create_service_key() and rotate_service_key().';
COMMENT ON COLUMN ecopanier.issued_service_key.id IS 'The row of service_key.';
COMMENT ON COLUMN ecopanier.issued_service_key.key IS 'The key itself, shown this once.';
COMMENT ON COLUMN ecopanier.issued_service_key.expires_at IS 'Until when it opens.';

CREATE FUNCTION ecopanier.create_service(name text, scopes text[], limit_per_minute int DEFAULT 60, organisation uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_create_service';
COMMENT ON FUNCTION ecopanier.create_service(text, text[], int, uuid) IS
'Makes a service account: another system that acts for an association or social service. By an owner or manager of the organisation, or an administrator.
name: 1 to 60 characters; scopes: what its keys open, of enrol, verify and transfer; limit_per_minute: calls allowed in any 60 seconds, 1 to 100000;
organisation: required of administrators, otherwise the own one.
Returns the account. Errors: 42501; 22004 a null argument; 23514 a value out of range, or another kind of organisation; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.create_service_key(service uuid, label text, expires_at timestamptz)
RETURNS ecopanier.issued_service_key
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_create_service_key';
COMMENT ON FUNCTION ecopanier.create_service_key(uuid, text, timestamptz) IS
'Makes a key of a service account and shows it, this once: the database keeps a hash. By an owner or manager of the organisation, or an administrator.
service: the account; label: name for the key, 1 to 60 characters; expires_at: its end, at most 366 days ahead.
Errors: 42501; 22004 a null argument; 23514 an end in the past or too far, a label that is not possible; ZE101 no such account; ZE107 it is revoked.';
CREATE FUNCTION ecopanier.rotate_service_key(key uuid, overlap interval DEFAULT '7 days')
RETURNS ecopanier.issued_service_key
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rotate_service_key';
COMMENT ON FUNCTION ecopanier.rotate_service_key(uuid, interval) IS
'Makes a key that follows another, with its label and for as long, and lets the other end after the overlap, or at its own end if that is sooner.
key: the row of service_key; overlap: how long both open, from 0 to 90 days.
Errors: 42501; 22004 a null argument; 22023 an overlap out of range; ZE101 no such key; ZE107 it has ended or was revoked.';
CREATE FUNCTION ecopanier.revoke_service_key(key uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_service_key';
COMMENT ON FUNCTION ecopanier.revoke_service_key(uuid) IS
'Ends a key at once; again, nothing. Transactions that signed in with it before end within ten minutes. key: the row of service_key.
Errors: 42501; 22004 a null argument; ZE101 no such key.';
CREATE FUNCTION ecopanier.revoke_service(service uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_service';
COMMENT ON FUNCTION ecopanier.revoke_service(uuid) IS
'Ends a service account and all of its keys, for good; again, nothing. service: the account.
Errors: 42501; 22004 a null argument; ZE101 no such account.';
REVOKE ALL ON FUNCTION ecopanier.create_service(text, text[], int, uuid), ecopanier.create_service_key(uuid, text, timestamptz),
	ecopanier.rotate_service_key(uuid, interval), ecopanier.revoke_service_key(uuid), ecopanier.revoke_service(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.create_service(text, text[], int, uuid), ecopanier.create_service_key(uuid, text, timestamptz),
	ecopanier.rotate_service_key(uuid, interval), ecopanier.revoke_service_key(uuid), ecopanier.revoke_service(uuid)
	TO ecopanier_owner, ecopanier_association, ecopanier_admin;

CREATE FUNCTION ecopanier.authenticate_service(key text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_authenticate_service';
COMMENT ON FUNCTION ecopanier.authenticate_service(text) IS
'Says which service account is calling for the rest of the transaction, from its key, and acts as ecopanier_service from there on (SET LOCAL ROLE).
Each call counts towards the limit, rolled back or not, and is in the audit. An API server passes the key as the header x-ecopanier-key to authenticate().
key: the key; pass it as a bound parameter.
Errors: ZE116 the key is not accepted, with no reason told; ZE120 too many calls; 42501 the login is no member of ecopanier_service;
25P01 outside a transaction block; 25006 on a standby.';
CREATE FUNCTION ecopanier.fold_service_calls()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_fold_service_calls';
COMMENT ON FUNCTION ecopanier.fold_service_calls() IS
'Notes the last use of keys and forgets calls older than an hour; for superusers and administrators, called by tick().
Returns how many calls were forgotten. Errors: 42501.';
REVOKE ALL ON FUNCTION ecopanier.authenticate_service(text), ecopanier.fold_service_calls() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.fold_service_calls() TO ecopanier_owner, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.authenticate_service(text)
	TO ecopanier_owner, ecopanier_anon, ecopanier_service, ecopanier_authenticator;

/* beneficiary/right.sql */
CREATE FUNCTION ecopanier.right_history_append()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_history_append';
COMMENT ON FUNCTION ecopanier.right_history_append() IS
'Trigger of beneficiary, after and for each row: appends the step to right_history, under the organisation that held the person.';
CREATE FUNCTION ecopanier.right_holder_follow()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_holder_follow';
COMMENT ON FUNCTION ecopanier.right_holder_follow() IS
'Trigger of beneficiary and person_tag, after and for each row: keeps right_holder (rule D1). Errors: ZE119 the person holds a right already.';
CREATE FUNCTION ecopanier.right_holder_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_holder_guard';
COMMENT ON FUNCTION ecopanier.right_holder_guard() IS
'Trigger of right_holder: its rows follow from others, so that nobody writes them, a superuser included. Errors: ZE112.';
CREATE FUNCTION ecopanier.right_transfer_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_transfer_guard';
COMMENT ON FUNCTION ecopanier.right_transfer_guard() IS
'Trigger of right_transfer: keys stay, a transfer is decided once. Errors: 42501 nobody is signed in; ZE107; ZE111.';
REVOKE ALL ON FUNCTION ecopanier.right_history_append(), ecopanier.right_holder_follow(), ecopanier.right_holder_guard(),
	ecopanier.right_transfer_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.right_history_append(), ecopanier.right_holder_follow(), ecopanier.right_holder_guard(),
	ecopanier.right_transfer_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_tag(member uuid, tag bytea)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_tag';
COMMENT ON FUNCTION ecopanier.set_tag(uuid, bytea) IS
'Stores the MAC of a person''s blinded tag (rule D1), in place of another only while no right was ever verified: by owners and managers of the organisation that holds the person, its
services with the scope verify or enrol, and administrators. member: the person; tag: 32 bytes, the slow hash that the client made of civil facts.
Call it with bound parameters. Errors: 42501 not such staff, or the person; 22004 no tag; 22023 not 32 bytes; ZE101 no such beneficiary;
ZE107 a right was verified under another tag; ZE113 the key file lacks the key; ZE119 the right is in force and somebody holds one under this tag.';
CREATE FUNCTION ecopanier.replace_tag(member uuid, tag bytea, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_replace_tag';
COMMENT ON FUNCTION ecopanier.replace_tag(uuid, bytea, text) IS
'Puts a tag in place of another under which a right was verified, as after a mistake in the facts: by administrators, not for themselves.
member: the person; tag: as in set_tag(); reason: why, for the audit, without facts of the person.
Errors: 42501 not an administrator, or the person; 22004; 22023 not 32 bytes, or more than 1000 characters; ZE101 no such beneficiary; ZE117 no reason;
ZE119 the right is in force and somebody holds one under this tag.';
CREATE FUNCTION ecopanier.verify_beneficiary(member uuid, valid_until date, valid_from date, tag bytea)
RETURNS ecopanier.ben_code
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_verify_beneficiary';
COMMENT ON FUNCTION ecopanier.verify_beneficiary(uuid, date, date, bytea) IS
'Stores a person''s tag and verifies or renews the right: set_tag() and verify_beneficiary() in one.
member: the person; valid_until, valid_from: last and first day of the right, local dates; from today where null; tag: 32 bytes.
Returns the code. Errors: as those two (ZE107 another tag too); 22023 a right of more than five years; ZE119 the person holds a right already, here or elsewhere: ask with request_transfer().';
CREATE FUNCTION ecopanier.reinstate_beneficiary(member uuid)
RETURNS date
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reinstate_beneficiary';
COMMENT ON FUNCTION ecopanier.reinstate_beneficiary(uuid) IS
'Ends the suspension of a right, which goes on as it was. member: the person. Returns the last day of the right.
Errors: as verify_beneficiary(); ZE107 the right is not suspended.';
CREATE FUNCTION ecopanier.restrict_beneficiary(member uuid, units_per_day int, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_restrict_beneficiary';
COMMENT ON FUNCTION ecopanier.restrict_beneficiary(uuid, int, text) IS
'Restricts a right to fewer free units a day than the territory gives, or lifts the restriction.
member: the person; units_per_day: 0 to 10, the lesser of it and free_units_per_day counts, null lifts it; reason: why, which the person can read.
Errors: as verify_beneficiary(); 23514 a number out of range; ZE117 no reason.';
CREATE FUNCTION ecopanier.expire_rights()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_expire_rights';
COMMENT ON FUNCTION ecopanier.expire_rights() IS
'Ends the rights whose last day is past by the calendar of their territory, as tick() does. Claims look at the days themselves and need no such step.
For superusers. Returns how many ended.';
REVOKE ALL ON FUNCTION ecopanier.set_tag(uuid, bytea), ecopanier.replace_tag(uuid, bytea, text), ecopanier.verify_beneficiary(uuid, date, date, bytea),
	ecopanier.reinstate_beneficiary(uuid), ecopanier.restrict_beneficiary(uuid, int, text), ecopanier.expire_rights() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_tag(uuid, bytea), ecopanier.verify_beneficiary(uuid, date, date, bytea),
	ecopanier.reinstate_beneficiary(uuid), ecopanier.restrict_beneficiary(uuid, int, text)
	TO ecopanier_association, ecopanier_admin, ecopanier_service;
GRANT EXECUTE ON FUNCTION ecopanier.replace_tag(uuid, bytea, text) TO ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.verify_beneficiary(uuid, date, date), ecopanier.refuse_beneficiary(uuid, text),
	ecopanier.suspend_beneficiary(uuid, text), ecopanier.register_beneficiary(text, text) TO ecopanier_service;

CREATE FUNCTION ecopanier.transfer_beneficiary(member uuid, to_organisation uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_transfer_beneficiary';
COMMENT ON FUNCTION ecopanier.transfer_beneficiary(uuid, uuid, text) IS
'Hands a person over to another organisation of the territory: the right and its code stay, the history stays with the one that was.
By owners and managers of the organisation that holds the person, its services with the scope transfer, and administrators.
member: the person; to_organisation: an association or social service that is accredited today; reason: why, for the audit of the own side.
Errors: 42501; ZE101 no such beneficiary or organisation; ZE107 the right is suspended, refused or gone; ZE117 no reason.';
CREATE FUNCTION ecopanier.request_transfer(member uuid, tag bytea DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_request_transfer';
COMMENT ON FUNCTION ecopanier.request_transfer(uuid, bytea) IS
'Asks whoever holds the right of a person whom the own organisation registered to release it (after ZE119); who that is is not told. Again: nothing more.
By owners and managers of an accredited organisation and its services with the scope transfer. member: the person, applied or expired here;
tag: stored as by set_tag() where given. Returns pending. Errors: 42501; 22023; ZE101 no such beneficiary; ZE107 nobody holds the right, or it is not
asked for; ZE118 not accredited today.';
CREATE FUNCTION ecopanier.pending_transfers()
RETURNS TABLE (transfer uuid, member uuid, asked_by text, requested_at timestamptz)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_pending_transfers';
COMMENT ON FUNCTION ecopanier.pending_transfers() IS
'The transfers that wait for the caller: of people whom the own organisation holds, or of the caller as a beneficiary.
Returns the transfer, the own member, the name of the organisation that asks, and when it asked. Errors: 42501.';
CREATE FUNCTION ecopanier.transfer_requests()
RETURNS TABLE (member uuid, state text, requested_at timestamptz, decided_at timestamptz)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_transfer_requests';
COMMENT ON FUNCTION ecopanier.transfer_requests() IS
'What became of the transfers that the own organisation asked for: the own member, pending, released or refused, and when. Errors: 42501.';
CREATE FUNCTION ecopanier.release_transfer(transfer uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_release_transfer';
COMMENT ON FUNCTION ecopanier.release_transfer(uuid) IS
'Lets a right go to the organisation that asks, in one step: here it ends as transferred, there it is verified to the same last day. It begins there
today, or the day after the last one for which units were claimed here. Baskets that are held can still be collected.
By the person, owners and managers of the organisation that holds the person, its services with the scope transfer, and administrators.
transfer: of pending_transfers(). Errors: 42501; ZE101 no such transfer; ZE107 decided already, or the right is not verified;
ZE118 who asks is not accredited today.';
CREATE FUNCTION ecopanier.refuse_transfer(transfer uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_refuse_transfer';
COMMENT ON FUNCTION ecopanier.refuse_transfer(uuid, text) IS
'Refuses a transfer. transfer: of pending_transfers(); reason: why, kept on the own side. By whom: as release_transfer().
Errors: 42501; ZE101 no such transfer; ZE107 decided already; ZE117 no reason.';
REVOKE ALL ON FUNCTION ecopanier.transfer_beneficiary(uuid, uuid, text), ecopanier.request_transfer(uuid, bytea), ecopanier.pending_transfers(),
	ecopanier.transfer_requests(), ecopanier.release_transfer(uuid), ecopanier.refuse_transfer(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.transfer_beneficiary(uuid, uuid, text), ecopanier.request_transfer(uuid, bytea), ecopanier.transfer_requests()
	TO ecopanier_association, ecopanier_admin, ecopanier_service;
GRANT EXECUTE ON FUNCTION ecopanier.pending_transfers(), ecopanier.release_transfer(uuid), ecopanier.refuse_transfer(uuid, text)
	TO ecopanier_beneficiary, ecopanier_association, ecopanier_admin, ecopanier_service;

/* beneficiary/enrolment.sql */
-- Registration in batches.

CREATE FUNCTION ecopanier.enrol_beneficiaries(rows text, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, external_id text, member uuid, ben_code ecopanier.ben_code, state text, code text, message text, hint text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_enrol_beneficiaries';
COMMENT ON FUNCTION ecopanier.enrol_beneficiaries(text, boolean) IS
'Registers people in a batch, at most 10,000 and 20 MB: by owners and managers of an organisation, its services with the scope enrol (verify too where
rows verify) and administrators. Call it with bound parameters.
rows: JSON (as text, so that no error of the server shows it): an array of objects with external_id (the sender''s own number, 1 to 100 characters)
and display_name, and perhaps language, tag (32 bytes as hexadecimal or base64), valid_until and valid_from (verify, rule D14; a later valid_until renews), mail, phone, age_0_2 to age_65_up; all texts, ages numbers.
A known external_id is the same person: a batch can be sent again. What a person may have changed since (name, language, contacts, household) stays.
all_or_nothing: with an error nothing is done; the errors are told all the same.
Returns a line for each row: its number, external_id, member, code; state: created, exists, updated (verified, renewed or given a tag), error, or skipped
(good, but all or nothing was asked for); SQLSTATE, sentence and hint of an error, which name fields and no values. A person whom ZE119 keeps from
a second right stays registered, so that request_transfer() can follow.
Errors: 42501 not such staff; 22004 a null argument; 22023 not a batch, or too large.';
CREATE FUNCTION ecopanier.enrol_beneficiaries_csv(rows text, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, external_id text, member uuid, ben_code ecopanier.ben_code, state text, code text, message text, hint text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_enrol_beneficiaries_csv';
COMMENT ON FUNCTION ecopanier.enrol_beneficiaries_csv(text, boolean) IS
'The same from CSV: the first line names the columns, separated by commas or semicolons; fields in quotes may hold anything, empty ones are absent.
rows: the text; all_or_nothing: as there. Returns the same; line: the row''s first line. Errors: as there; 22023 no header.';
CREATE FUNCTION ecopanier.enrol_beneficiaries_csv(file bytea, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, external_id text, member uuid, ben_code ecopanier.ben_code, state text, code text, message text, hint text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_enrol_beneficiaries_csv';
COMMENT ON FUNCTION ecopanier.enrol_beneficiaries_csv(bytea, boolean) IS
'The same from the bytes of a file in UTF-8, with or without a byte order mark; a row in another encoding is an error of that row (22021).
file: the bytes; all_or_nothing: as in enrol_beneficiaries(). Returns and errors: as there.';
REVOKE ALL ON FUNCTION ecopanier.enrol_beneficiaries(text, boolean), ecopanier.enrol_beneficiaries_csv(text, boolean),
	ecopanier.enrol_beneficiaries_csv(bytea, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.enrol_beneficiaries(text, boolean), ecopanier.enrol_beneficiaries_csv(text, boolean),
	ecopanier.enrol_beneficiaries_csv(bytea, boolean) TO ecopanier_association, ecopanier_admin, ecopanier_service;

/* beneficiary/sealed.sql */
-- Civil identities, sealed in the client to a key of the association: doc/clients.

CREATE FUNCTION ecopanier.organisation_key_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_key_guard';
COMMENT ON FUNCTION ecopanier.organisation_key_guard() IS
'Trigger of organisation_key: owners and managers register and retire; a key never changes. Errors: 42501, ZE107, ZE111.';
CREATE FUNCTION ecopanier.organisation_key_sound()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_key_sound';
COMMENT ON FUNCTION ecopanier.organisation_key_sound() IS
'Trigger of organisation_key, whoever writes: 32 bytes that are an X25519 public key, not zero and not of low order. Errors: 22023.';
CREATE FUNCTION ecopanier.sealed_identity_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_sealed_identity_guard';
COMMENT ON FUNCTION ecopanier.sealed_identity_guard() IS
'Trigger of sealed_identity: leaders of the organisation that holds the person, to one of its keys in use; bytes that read as text are refused.
Errors: 22023; 42501; ZE101 no such person or key there; ZE107 a retired key; ZE111.';
CREATE FUNCTION ecopanier.beneficiary_moved()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_beneficiary_moved';
COMMENT ON FUNCTION ecopanier.beneficiary_moved() IS
'Trigger of beneficiary: where another organisation comes to hold the person, the sealed identities go and the household is closed to staff.';
REVOKE ALL ON FUNCTION ecopanier.organisation_key_guard(), ecopanier.organisation_key_sound(),
	ecopanier.sealed_identity_guard(), ecopanier.beneficiary_moved() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_key_guard(), ecopanier.organisation_key_sound(),
	ecopanier.sealed_identity_guard(), ecopanier.beneficiary_moved() TO ecopanier_owner;

CREATE FUNCTION ecopanier.add_organisation_key(public_key bytea, label text)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_add_organisation_key';
COMMENT ON FUNCTION ecopanier.add_organisation_key(bytea, text) IS
'Registers a public key that civil identities are sealed to; for owners and managers of an association. Several readers have a key each.
public_key: 32 bytes (X25519), made in a client, where its secret half stays; label: up to 100 characters that tell the keys apart, of no person.
Returns the id of the key.
Errors: 42501 not such staff; 22004 a null argument; 22023 not a public key; 23505 registered already; 23514 the label.';
CREATE FUNCTION ecopanier.retire_organisation_key(id uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_retire_organisation_key';
COMMENT ON FUNCTION ecopanier.retire_organisation_key(uuid) IS
'Ends a key: nothing more is sealed to it, and what was can still be read, to seal it again. id: the key.
Errors: 42501 not an owner or manager of the association; ZE101 no such key; ZE107 retired already.';
CREATE FUNCTION ecopanier.store_identity(member uuid, key uuid, sealed bytea)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_store_identity';
COMMENT ON FUNCTION ecopanier.store_identity(uuid, uuid, bytea) IS
'Stores a person''s civil identity, sealed by the client (X25519 sealed box), in place of what was stored for the same key.
For owners and managers of the association that holds the person, and its services with the scope enrol.
member: the person; key: an active key of the association; sealed: 49 to 4096 bytes.
Errors: 42501 not such staff; 22004 a null argument; 22023 not sealed bytes; ZE101 no such person or key; ZE107 a retired key.';
CREATE FUNCTION ecopanier.sealed_identity(
	member uuid,
	OUT key uuid,
	OUT public_key bytea,
	OUT label text,
	OUT state text,
	OUT sealed bytea,
	OUT sealed_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 2
AS 'MODULE_PATHNAME', 'ecp_sealed_identity';
COMMENT ON FUNCTION ecopanier.sealed_identity(uuid) IS
'A person''s sealed identity, one row a key, for owners and managers of the association that holds the person; the client opens it.
member: the person. Returns key, public_key, label, state: the key sealed to; sealed: the bytes; sealed_at: when.
Errors: 42501 not such staff; ZE101 no such person.';
CREATE FUNCTION ecopanier.sealed_identities(
	key uuid,
	after uuid DEFAULT NULL,
	"limit" int DEFAULT 100,
	OUT member uuid,
	OUT sealed bytea,
	OUT sealed_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 100
AS 'MODULE_PATHNAME', 'ecp_sealed_identities';
COMMENT ON FUNCTION ecopanier.sealed_identities(uuid, uuid, int) IS
'All that is sealed to a key of the caller''s association, in pages, so that a client can seal it again to another key.
key: the key, retired or not; after: the last member of the page before; limit: rows, 1 to 1000.
Returns member, sealed, sealed_at. Errors: 42501 not an owner or manager of the association; 22023 limit; ZE101 no such key.';
CREATE FUNCTION ecopanier.forget_identities(key uuid)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_forget_identities';
COMMENT ON FUNCTION ecopanier.forget_identities(uuid) IS
'Drops what is sealed to a retired key, for the people whose identity is sealed to an active key too; the last step of a change of keys.
key: the retired key. Returns how many rows went. Errors: 42501 not an owner or manager of the association; ZE101 no such key; ZE107 it is in use.';
REVOKE ALL ON FUNCTION ecopanier.add_organisation_key(bytea, text), ecopanier.retire_organisation_key(uuid),
	ecopanier.store_identity(uuid, uuid, bytea), ecopanier.sealed_identity(uuid), ecopanier.sealed_identities(uuid, uuid, int),
	ecopanier.forget_identities(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.add_organisation_key(bytea, text), ecopanier.retire_organisation_key(uuid),
	ecopanier.store_identity(uuid, uuid, bytea), ecopanier.sealed_identity(uuid), ecopanier.sealed_identities(uuid, uuid, int),
	ecopanier.forget_identities(uuid) TO ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.store_identity(uuid, uuid, bytea) TO ecopanier_service;

/* beneficiary/contact.sql */
-- Contacts, encrypted under a key of the server. Values travel as bound parameters.

CREATE FUNCTION ecopanier.set_contact(kind text, value text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_contact';
COMMENT ON FUNCTION ecopanier.set_contact(text, text) IS
'Stores a contact of the caller''s own, encrypted, in place of the one there was. Give both as bound parameters.
kind: mail or phone; value: a mail address of up to 254 bytes, or a phone number: ten digits as in France, or with + and the country code.
Errors: 42501 nobody is signed in, or not with an own account; 22023 no such kind, or not an address or number; ZE113 the key file lacks the key.';
CREATE FUNCTION ecopanier.set_beneficiary_contact(member uuid, kind text, value text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_beneficiary_contact';
COMMENT ON FUNCTION ecopanier.set_beneficiary_contact(uuid, text, text) IS
'The same for a person, by staff of the association that holds the person (administrators where none does) and its services with the scope
enrol. They write it and cannot read it. member: the person; kind, value: as in set_contact(). Give them as bound parameters.
Errors: 42501 not such staff; 22023 no such kind, or not an address or number; ZE101 no such person; ZE113 the key file lacks the key.';
CREATE FUNCTION ecopanier.my_contacts(OUT kind text, OUT value text, OUT updated_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 2
AS 'MODULE_PATHNAME', 'ecp_my_contacts';
COMMENT ON FUNCTION ecopanier.my_contacts() IS
'The caller''s own contacts; nobody else reads them. Returns kind: mail or phone; value; updated_at: when it was stored.
Errors: 42501 nobody is signed in, or not with an own account; XX001 a row that is not what was stored; ZE113 the key file lacks the key.';
CREATE FUNCTION ecopanier.remove_contact(kind text)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_contact';
COMMENT ON FUNCTION ecopanier.remove_contact(text) IS
'Removes a contact of the caller''s own. kind: mail or phone. Returns whether there was one.
Errors: 42501 nobody is signed in, or not with an own account; 22023 no such kind.';
CREATE FUNCTION ecopanier.reseal_contacts()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reseal_contacts';
COMMENT ON FUNCTION ecopanier.reseal_contacts() IS
'Puts all contacts under the current key, after rotate_key(); for superusers. Without it each moves when it is next written.
Returns how many moved. Errors: 42501 not a superuser; XX001 a row that is not what was stored; ZE113 the key file lacks a key.';
REVOKE ALL ON FUNCTION ecopanier.set_contact(text, text), ecopanier.set_beneficiary_contact(uuid, text, text),
	ecopanier.my_contacts(), ecopanier.remove_contact(text), ecopanier.reseal_contacts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_contact(text, text), ecopanier.my_contacts(), ecopanier.remove_contact(text)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.set_beneficiary_contact(uuid, text, text)
	TO ecopanier_association, ecopanier_admin, ecopanier_service;

/* beneficiary/household.sql */
-- How many people live with a member, by age.

CREATE FUNCTION ecopanier.household_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_household_guard';
COMMENT ON FUNCTION ecopanier.household_guard() IS
'Trigger of household: the person writes it, or staff of the association that holds the person. Errors: 42501, ZE101, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.household_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.household_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_household(age_0_2 int, age_3_10 int, age_11_17 int, age_18_24 int, age_25_64 int, age_65_up int,
	member uuid DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_household';
COMMENT ON FUNCTION ecopanier.set_household(int, int, int, int, int, int, uuid) IS
'Says how many people live together, by age in years, the person included: 0 to 20 in each band, one at least in all.
age_0_2, age_3_10, age_11_17, age_18_24, age_25_64, age_65_up: the numbers; member: whose household, by default the caller''s; for another
person, staff of the association that holds the person (administrators where none does) and its services with the scope enrol.
Errors: 42501 not such staff; 22023 numbers out of range; ZE101 no such person.';
CREATE FUNCTION ecopanier.remove_household(member uuid DEFAULT NULL)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_household';
COMMENT ON FUNCTION ecopanier.remove_household(uuid) IS
'Removes what set_household() stored. member: as there. Returns whether there was something. Errors: 42501; ZE101 no such person.';
REVOKE ALL ON FUNCTION ecopanier.set_household(int, int, int, int, int, int, uuid), ecopanier.remove_household(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_household(int, int, int, int, int, int, uuid), ecopanier.remove_household(uuid)
	TO ecopanier_customer, ecopanier_beneficiary, ecopanier_association, ecopanier_admin, ecopanier_service;

/* market/wish.sql */
-- Food wishes, chosen for each order.

CREATE FUNCTION ecopanier.reservation_wish_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_wish_guard';
COMMENT ON FUNCTION ecopanier.reservation_wish_guard() IS
'Trigger of reservation_wish: wishes are chosen by the person, for a held claim. Errors: 42501, ZE101, ZE107, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.reservation_wish_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_wish_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_wishes(reservation uuid, wishes text[])
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_wishes';
COMMENT ON FUNCTION ecopanier.set_wishes(uuid, text[]) IS
'Says what the food of one claim should not hold or need, in place of what was said before; by the person, while the claim is held.
reservation: the claim; wishes: up to 20 codes of ecopanier.wish, empty for none. Nothing of it is kept with the person.
Errors: 42501 nobody is signed in; 22004; 22023 an unknown wish; ZE101 no such reservation; ZE107 it is not held.';
CREATE FUNCTION ecopanier.reservation_wishes(reservation uuid DEFAULT NULL, OUT reservation_id uuid, OUT wish text)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_reservation_wishes';
COMMENT ON FUNCTION ecopanier.reservation_wishes(uuid) IS
'The wishes of held claims: of the caller''s own, or of those that the caller''s organisation hands over, paid and free alike (rule D13).
reservation: one of them, all where null. Returns reservation_id, wish. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.set_wishes(uuid, text[]), ecopanier.reservation_wishes(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_wishes(uuid, text[]) TO ecopanier_customer, ecopanier_beneficiary;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_wishes(uuid)
	TO ecopanier_customer, ecopanier_beneficiary, ecopanier_merchant, ecopanier_association;

/* pickup/kiosk.sql */
-- kiosk.sql: cards of people without a phone, and what a kiosk does with them.

CREATE FUNCTION ecopanier.card_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_card_guard';
COMMENT ON FUNCTION ecopanier.card_guard() IS
'Trigger of card: gives id and territory; a card keeps its person and its key, what is revoked stays so, and a PIN is never used again.
Errors: 42501; 22023; ZE107 a revoked card; ZE111 a changed column, a lower pin_version.';
CREATE FUNCTION ecopanier.card_holder_moved()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_card_holder_moved';
COMMENT ON FUNCTION ecopanier.card_holder_moved() IS
'Trigger of beneficiary: where another organisation holds the person, or the right is transferred or refused, the card and its sessions end.
Errors: 42501.';
CREATE FUNCTION ecopanier.kiosk_try_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_kiosk_try_guard';
COMMENT ON FUNCTION ecopanier.kiosk_try_guard() IS
'Trigger of kiosk_try: nothing is changed, and what is younger than two days is not deleted. Errors: ZE111.';
REVOKE ALL ON FUNCTION ecopanier.card_guard(), ecopanier.card_holder_moved(), ecopanier.kiosk_try_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.card_guard(), ecopanier.card_holder_moved(), ecopanier.kiosk_try_guard() TO ecopanier_owner;

CREATE TYPE ecopanier.issued_card AS (
	card_id uuid,
	card text,
	pin text
);
COMMENT ON TYPE ecopanier.issued_card IS 'A new card: shown once, stored nowhere.';
COMMENT ON COLUMN ecopanier.issued_card.card_id IS 'The card, a row of card.';
COMMENT ON COLUMN ecopanier.issued_card.card IS 'What the QR of the card shows: EC1. and 44 characters. Whoever has it has the card.';
COMMENT ON COLUMN ecopanier.issued_card.pin IS 'Six digits for the person to remember. Never on the card.';

CREATE FUNCTION ecopanier.issue_card(member uuid)
RETURNS ecopanier.issued_card
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_issue_card';
COMMENT ON FUNCTION ecopanier.issue_card(uuid) IS
'Gives a person with a verified right a card for kiosks; an earlier one ends. For managers and owners of the association or social
service that holds the person. It signs in once this is committed. member: the person.
Returns card and PIN, which nobody can read again. Errors: 42501 nobody is signed in; ZE101 no such person here; ZE106 no verified right; ZE113.';
CREATE FUNCTION ecopanier.revoke_card(card uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_card';
COMMENT ON FUNCTION ecopanier.revoke_card(uuid, text) IS
'Ends a card and the sessions begun with it: by the person, by staff of the organisation that gave it (not readers), by an administrator.
card: its id; reason: lost, stolen, damaged, replaced, returned or other.
Errors: 42501 nobody is signed in; 22023 another reason; ZE101 no such card; ZE107 it has ended; ZE117 no reason.';
CREATE FUNCTION ecopanier.reissue_card_pin(card uuid)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reissue_card_pin';
COMMENT ON FUNCTION ecopanier.reissue_card_pin(uuid) IS
'Gives a card a new PIN; the old one ends, tries begin anew. For managers and owners of the organisation that gave the card and holds
the person. It signs in once this is committed. card: its id.
Returns six digits, which nobody can read again. Errors: 42501 nobody is signed in; ZE101 no such card; ZE107 it has ended; ZE113.';
CREATE FUNCTION ecopanier.release_card(card uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_release_card';
COMMENT ON FUNCTION ecopanier.release_card(uuid, text) IS
'Lets a card that is locked at the caller''s kiosks be tried again; for managers and owners, noted in the audit.
card: its id; reason: how the person was recognised.
Errors: 42501 nobody is signed in, or not as a manager of an association; ZE101 no such card was tried here; ZE117 no reason.';

CREATE FUNCTION ecopanier.card_qr(card text)
RETURNS ecopanier."image/svg+xml"
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_card_qr';
COMMENT ON FUNCTION ecopanier.card_qr(text) IS
'The QR of a card as SVG, to print. Pass the card as a bound parameter. card: the text that issue_card() gave.
Returns null where it is not the text of a card. Raises nothing.';
CREATE FUNCTION ecopanier.card_qr_png(card text, module_px int DEFAULT 8)
RETURNS ecopanier."image/png"
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_card_qr_png';
COMMENT ON FUNCTION ecopanier.card_qr_png(text, int) IS
'The QR of a card as PNG, to print. Pass the card as a bound parameter. card: the text that issue_card() gave; module_px: side of a
module, 2 to 32 pixels. Returns null where it is not the text of a card or the size is out of range. Raises nothing.';

CREATE TYPE ecopanier.kiosk_answer AS (
	state text,
	code text,
	message text,
	token text,
	expires_at timestamptz,
	reservation uuid
);
COMMENT ON TYPE ecopanier.kiosk_answer IS 'What a kiosk is answered; a refusal is a value, since an error would show the secret and take its count back.';
COMMENT ON COLUMN ecopanier.kiosk_answer.state IS
'ok; refused, with no reason told; locked: too many tries, of this card or at this kiosk; not_signed_in: the caller is no kiosk; not_possible: a rule says no, see code.';
COMMENT ON COLUMN ecopanier.kiosk_answer.code IS 'The code for message(); null where ok.';
COMMENT ON COLUMN ecopanier.kiosk_answer.message IS 'What to tell the person, in the own language where a session is open, else in the kiosk''s; null where ok.';
COMMENT ON COLUMN ecopanier.kiosk_answer.token IS 'The session''s token from now on: EK1. and 172 characters; null where there is no session.';
COMMENT ON COLUMN ecopanier.kiosk_answer.expires_at IS 'When it expires.';
COMMENT ON COLUMN ecopanier.kiosk_answer.reservation IS 'The reservation that was made; null else.';

CREATE FUNCTION ecopanier.kiosk_login(card text, pin text)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_login';
COMMENT ON FUNCTION ecopanier.kiosk_login(text, text) IS
'Signs a person in with card and PIN, at a kiosk of an association or social service of the territory; for its staff (not readers).
Pass both as bound parameters. card: what the kiosk read from the QR; pin: the six digits that the person types.
Returns an answer; nothing about card or PIN is ever raised. A try is charged before the PIN is compared and survives a rollback: after
the setting card_tries of them the card is locked at this association''s kiosks for the rest of a period of card_lock minutes, until a
manager releases it or the PIN is reissued; after kiosk_tries in an hour its kiosks are. A lost card, a wrong one, a wrong PIN and a
person who may not claim get the same answer.
The session lasts kiosk_idle seconds after each use and kiosk_session seconds at most.
Errors: 25006 in a read-only transaction; 25000 at another isolation level than READ COMMITTED; ZE001; ZE113.';
CREATE FUNCTION ecopanier.kiosk_screen(token text, language text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_screen';
COMMENT ON FUNCTION ecopanier.kiosk_screen(text, text) IS
'All that the kiosk''s screen shows to the person who is signed in. Pass the token as a bound parameter.
token: of the session; language: fr, en, es or ar, null or any other: the person''s.
Returns an object: state, language, right_to_left, texts (sentences, in that language); where state is ok also token, expires_at, first_name,
free_units (left, limit), right_until, baskets (each with what, where, when, PIN, token and QR as SVG), offers (what can be reserved now).
Every basket has the same shape, paid or free. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.kiosk_reserve(token text, lot uuid, quantity int DEFAULT 1, request_id uuid DEFAULT NULL)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_reserve';
COMMENT ON FUNCTION ecopanier.kiosk_reserve(text, uuid, int, uuid) IS
'Claims free units for the person who is signed in, as reserve() does. Pass the token as a bound parameter.
token: of the session; lot: one of the offers; quantity: units; request_id: a number of the kiosk''s, with which a retry gives the same answer.
Returns an answer with the session''s next token; what reserve() would refuse is not_possible with its code. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.kiosk_cancel(token text, reservation uuid)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_cancel';
COMMENT ON FUNCTION ecopanier.kiosk_cancel(text, uuid) IS
'Cancels a reservation of the person who is signed in, as cancel() does. Pass the token as a bound parameter.
token: of the session; reservation: one of the baskets.
Returns an answer with the session''s next token; what cancel() would refuse is not_possible with its code. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.kiosk_logout(token text)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_logout';
COMMENT ON FUNCTION ecopanier.kiosk_logout(text) IS
'Ends a session at the kiosk; none of its tokens is accepted any more. Pass the token as a bound parameter. token: of the session.
Returns an answer without a token. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.end_kiosk_sessions()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_end_kiosk_sessions';
COMMENT ON FUNCTION ecopanier.end_kiosk_sessions() IS
'Ends all sessions at the kiosks of the caller''s organisation; for its staff (not readers). Returns how many there were.
Errors: 42501 nobody is signed in, or not as staff of an association.';

REVOKE ALL ON FUNCTION ecopanier.issue_card(uuid), ecopanier.revoke_card(uuid, text), ecopanier.reissue_card_pin(uuid),
	ecopanier.release_card(uuid, text), ecopanier.card_qr(text), ecopanier.card_qr_png(text, int),
	ecopanier.kiosk_login(text, text), ecopanier.kiosk_screen(text, text), ecopanier.kiosk_reserve(text, uuid, int, uuid),
	ecopanier.kiosk_cancel(text, uuid), ecopanier.kiosk_logout(text), ecopanier.end_kiosk_sessions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.issue_card(uuid), ecopanier.reissue_card_pin(uuid), ecopanier.release_card(uuid, text),
	ecopanier.card_qr(text), ecopanier.card_qr_png(text, int), ecopanier.kiosk_login(text, text), ecopanier.kiosk_screen(text, text),
	ecopanier.kiosk_reserve(text, uuid, int, uuid), ecopanier.kiosk_cancel(text, uuid), ecopanier.kiosk_logout(text),
	ecopanier.end_kiosk_sessions() TO ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.revoke_card(uuid, text) TO ecopanier_association, ecopanier_beneficiary, ecopanier_admin;

-- What a kiosk does for the person at it, it calls as the owner.
GRANT EXECUTE ON FUNCTION ecopanier.reserve(uuid, int, uuid), ecopanier.receipt(uuid), ecopanier.cancel(uuid, text),
	ecopanier.pickup_qr(uuid) TO ecopanier_owner;

/* privacy/consent.sql */
CREATE FUNCTION ecopanier.consent_text_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_consent_text_guard';
COMMENT ON FUNCTION ecopanier.consent_text_guard() IS
'Trigger of consent_text: computes the digest of the text. Errors: 42501 not a superuser.';
REVOKE ALL ON FUNCTION ecopanier.consent_text_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.consent_text_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.consent_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_consent_guard';
COMMENT ON FUNCTION ecopanier.consent_guard() IS
'Trigger of consent: the person alone agrees, to the newest text, and withdraws once; the rest is history.
Errors: 22023 no such text; 42501 nobody is signed in, or not as the person; ZE107 a newer text exists; ZE111 a change or a delete.';
REVOKE ALL ON FUNCTION ecopanier.consent_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.consent_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.give_consent(purpose text, version int, language text)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_give_consent';
COMMENT ON FUNCTION ecopanier.give_consent(text, int, text) IS
'The caller agrees to a text of consent_text. Consent to an older version ends with it; the same again changes nothing.
purpose: name of consent_purpose; version: the newest one; language: the one that was shown. Returns the id of the consent.
Errors: 22004 a null argument; 22023 no such text; 42501 nobody is signed in, or not as a person; ZE107 a newer text exists.';
REVOKE ALL ON FUNCTION ecopanier.give_consent(text, int, text) FROM PUBLIC;

CREATE FUNCTION ecopanier.withdraw_consent(purpose text)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_withdraw_consent';
COMMENT ON FUNCTION ecopanier.withdraw_consent(text) IS
'The caller no longer agrees, from now on. purpose: name of consent_purpose. Returns whether there was a consent.
Errors: 22004 a null argument; 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.withdraw_consent(text) FROM PUBLIC;

CREATE FUNCTION ecopanier.my_consents()
RETURNS TABLE (purpose text, description text, newest_version int, given boolean, version int, language text, given_at timestamptz)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_my_consents';
COMMENT ON FUNCTION ecopanier.my_consents() IS
'Every purpose, and whether the caller agrees to it now.
purpose, description: of consent_purpose; newest_version: of the text; given: whether consent is in force;
version, language, given_at: of the text that the person agreed to last and did not withdraw, else null. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.my_consents() FROM PUBLIC;

CREATE FUNCTION ecopanier.consent_proof(purpose text)
RETURNS TABLE (consent_id uuid, version int, language text, body text, sha256 text, unaltered boolean,
	given_at timestamptz, withdrawn_at timestamptz, audit_events uuid[])
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_consent_proof';
COMMENT ON FUNCTION ecopanier.consent_proof(text) IS
'Proves what the caller agreed to: each consent to the purpose, the latest first.
purpose: name of consent_purpose. body: the text as shown; sha256: its digest as noted with the consent; unaltered: whether the text
kept still has that digest; audit_events: ids of the audit''s events about this consent. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.consent_proof(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.give_consent(text, int, text), ecopanier.withdraw_consent(text), ecopanier.my_consents(),
	ecopanier.consent_proof(text)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

/* privacy/person.sql */
CREATE FUNCTION ecopanier.member_erased()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_member_erased';
COMMENT ON FUNCTION ecopanier.member_erased() IS
'Trigger of member: what is left of an erased person never changes, and erase_person() alone erases. Errors: ZE111, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.member_erased() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.member_erased() TO ecopanier_owner;

CREATE FUNCTION ecopanier.person_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_person_guard';
COMMENT ON FUNCTION ecopanier.person_guard() IS
'Trigger of tables with rows about a person: none is written about somebody who is erased, or was while the row waited. Errors: ZE101.';
REVOKE ALL ON FUNCTION ecopanier.person_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.person_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.access_grant_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_access_grant_guard';
COMMENT ON FUNCTION ecopanier.access_grant_guard() IS
'Trigger of access_grant: an administrator opens, for themself and now. Errors: 42501, ZE117 a reason that says too little.';
REVOKE ALL ON FUNCTION ecopanier.access_grant_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.access_grant_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.export_person(member uuid)
RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_export_person';
COMMENT ON FUNCTION ecopanier.export_person(uuid) IS
'Everything that is kept about a person, as one document after export_schema(): for the person, or for an administrator who opened
access with open_access() and committed it. Contacts and sealed identities are for the person alone; secrets are in none. It is audited.
member: the person. Errors: 42501 not a person''s or an administrator''s call; ZE101 no such person; ZE123 access was not opened.';
REVOKE ALL ON FUNCTION ecopanier.export_person(uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.export_schema()
RETURNS jsonb
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_export_schema';
COMMENT ON FUNCTION ecopanier.export_schema() IS
'JSON Schema (draft 2020-12) of what export_person() returns, made from the tables as they are; also doc/person.schema.json.';
REVOKE ALL ON FUNCTION ecopanier.export_schema() FROM PUBLIC;

CREATE FUNCTION ecopanier.erase_person(member uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_erase_person';
COMMENT ON FUNCTION ecopanier.erase_person(uuid, text) IS
'Erases a person, for good: by the person, or by an administrator. Claims and sums stay, on an id that leads to nobody; the audit says
that somebody was erased and not who.
member: the person; reason: why, from an administrator; it may not name the person, and the person''s own is not kept.
Errors: 22023 the reason names the person; 42501 neither the person nor an administrator; ZE101 no such person; ZE107 not in READ
COMMITTED; ZE117 an administrator without a reason; ZE122 something is open: the detail names it.';
REVOKE ALL ON FUNCTION ecopanier.erase_person(uuid, text) FROM PUBLIC;

CREATE FUNCTION ecopanier.open_access(member uuid, reason text, minutes int DEFAULT 15)
RETURNS timestamptz
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_open_access';
COMMENT ON FUNCTION ecopanier.open_access(uuid, text, int) IS
'Break-glass: an administrator states why a person''s data must be read. read_person() and export_person() serve once this is committed.
member: the person, who can read the reason; reason: at least ten characters; minutes: 1 to 60. Returns until when it serves.
Errors: 22023 minutes out of range; 42501 not an administrator; ZE101 no such person; ZE117 a reason that says too little.';
REVOKE ALL ON FUNCTION ecopanier.open_access(uuid, text, int) FROM PUBLIC;

CREATE FUNCTION ecopanier.read_person(member uuid)
RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_read_person';
COMMENT ON FUNCTION ecopanier.read_person(uuid) IS
'What is kept about a person, for an administrator who opened access with open_access() and committed it; without contacts and sealed
identities, which are the person''s. Each reading is audited.
member: the person. Errors: 42501 not an administrator; ZE101 no such person; ZE123 access was not opened, not committed, or has expired.';
REVOKE ALL ON FUNCTION ecopanier.read_person(uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.retention()
RETURNS TABLE (territory_id int, rule text, months int, done bigint, postponed bigint)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_retention';
COMMENT ON FUNCTION ecopanier.retention() IS
'Erases the people whose period of retention is over, and deletes old traces; for superusers, to be run each day. Twice, or after a pause,
comes to the same. rule: social, refused, applied, customer or trace; months: the period in force; done: people erased, or rows deleted;
postponed: people with something open, such as a held basket. Errors: 42501 not a superuser; ZE107 not in READ COMMITTED.';
REVOKE ALL ON FUNCTION ecopanier.retention() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.export_person(uuid), ecopanier.erase_person(uuid, text), ecopanier.export_schema()
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.open_access(uuid, text, int), ecopanier.read_person(uuid) TO ecopanier_admin;

/* tick.sql */
CREATE FUNCTION ecopanier.tick(OUT step text, OUT done bigint, OUT error text)
RETURNS SETOF record
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_tick';
COMMENT ON FUNCTION ecopanier.tick() IS
'One turn of the schedule: does what is due by now, in all territories. Call it every minute, from cron or pg_cron. One turn
at a time: a second one returns at once. Returns one row a step: its name, how much it did, and what it failed with, null where
it did not; a step that fails is undone and tried again by the next turn.
For superusers, who may grant EXECUTE to a login of the scheduler. Errors: ZE001 before install(); 25006 on a standby.';
REVOKE ALL ON FUNCTION ecopanier.tick() FROM PUBLIC;

/* identity/access.sql */
CREATE FUNCTION ecopanier.caller_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_caller_guard';
COMMENT ON FUNCTION ecopanier.caller_guard() IS
'Trigger of statements on tables whose rows no other guard looks at: without a caller only a superuser writes, the tables'' owner
and logins with BYPASSRLS included.
Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.caller_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.caller_guard() TO ecopanier_owner;

/* background/background.sql */
-- The worker seen from SQL.

CREATE FUNCTION ecopanier.wake()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_wake';
COMMENT ON FUNCTION ecopanier.wake() IS
'Trigger of a table of jobs: the worker of this database is woken once, when the transaction commits. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.wake() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.wake() TO ecopanier_owner;

CREATE FUNCTION ecopanier.worker_status(OUT database text, OUT state text, OUT pid int, OUT since timestamptz, OUT in_flight int,
	OUT done bigint, OUT failed bigint, OUT last_error text, OUT rss_bytes bigint, OUT private_bytes bigint, OUT wakes bigint, OUT turns bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_worker_status';
COMMENT ON FUNCTION ecopanier.worker_status() IS
'The background workers of the cluster, one row a name in ecopanier.databases; for superusers and monitoring. state: off, starting, idle, working; no_database (there is none of that name, or it takes no connections), held (kept away by a statement about the database), no_extension (extension or tables are not there), failing (the last turn failed and is tried again), ended (the process ended by an error and is started again). pid, and since when it runs; in_flight: calls under way; done: jobs, and failed: attempts and steps, both since then; last_error: without anything secret; rss_bytes: its memory, and private_bytes: that which it shares with nobody, null where the system does not tell; wakes: by commits of others, and turns: of its loop. No row without the library in shared_preload_libraries. Raises nothing of its own.';
REVOKE ALL ON FUNCTION ecopanier.worker_status() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.worker_status() TO pg_monitor;

/* background/circuit.sql */
-- Circuits of endpoints, for operators.

CREATE FUNCTION ecopanier.circuits(OUT channel text, OUT endpoint text, OUT failures int, OUT openings int,
	OUT opened_at timestamptz, OUT open_until timestamptz, OUT last_error text)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_circuits';
COMMENT ON FUNCTION ecopanier.circuits() IS
'The endpoints that the worker leaves alone because calls of them failed one after the other, the latest first; for superusers and monitoring. channel: what calls it; endpoint: as the channel names it; failures: calls that failed one after the other; openings: how often its circuit opened without a success in between; opened_at: when it last did; open_until: when one call is tried, which closes the circuit or opens it for twice as long; last_error: how the last call failed. Jobs of such an endpoint stay queued and lose no attempt. No row: all is well. Raises nothing of its own.';
REVOKE ALL ON FUNCTION ecopanier.circuits() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.circuits() TO pg_monitor;

/* event/event.sql */
CREATE FUNCTION ecopanier.event_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_event_guard';
COMMENT ON FUNCTION ecopanier.event_guard() IS
'Trigger, before update or delete on event: what happened stays as it was written; only its telling moves on, the person goes once it was told or
is erased, and events that were told long ago are removed by the schedule. A superuser may tell an event off by hand: set told_at or next_at.
Errors: 42501 nobody is signed in; ZE111 a changed fact, a deleted event.';
REVOKE ALL ON FUNCTION ecopanier.event_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.event_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.event_state()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_event_state';
COMMENT ON FUNCTION ecopanier.event_state() IS
'Trigger, after and for each row: appends the event <first argument>.<the row''s state>. Its other arguments: the columns of subject, organisation
and member (empty: none), then columns that go into the facts by their name; none of them personal. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.event_state() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.event_state() TO ecopanier_owner;

CREATE FUNCTION ecopanier.tell_events(batch int DEFAULT 1000)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_tell_events';
COMMENT ON FUNCTION ecopanier.tell_events(int) IS
'Tells a batch of events now, as a step of the schedule does by itself: for superusers. batch: how many of each territory at most, 1 or more.
Returns how many were told or put off: 0 where nothing is due. Errors: 42501; 22023 a batch of none.';
REVOKE ALL ON FUNCTION ecopanier.tell_events(int) FROM PUBLIC;

/* outbox/notification.sql */
-- What members are told in the application.

CREATE FUNCTION ecopanier.notification_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_notification_guard';
COMMENT ON FUNCTION ecopanier.notification_guard() IS
'Trigger of notification: the rules alone write one, and its reader alone marks it as read, once. Errors: 42501, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.notification_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.notification_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.right_restricted()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_restricted';
COMMENT ON FUNCTION ecopanier.right_restricted() IS
'Trigger of beneficiary: appends the event right.restricted, for the person alone. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.right_restricted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.right_restricted() TO ecopanier_owner;

CREATE FUNCTION ecopanier.my_notifications(unread_only boolean DEFAULT false, page_size int DEFAULT 20, before uuid DEFAULT NULL)
RETURNS TABLE (notification_id uuid, kind text, subject_id uuid, title text, body text, created_at timestamptz, read_at timestamptz)
LANGUAGE c STABLE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_my_notifications';
COMMENT ON FUNCTION ecopanier.my_notifications(boolean, int, uuid) IS
'The caller''s notifications in words, the newest first, a page at a time, in the language of the member''s row.
unread_only: true leaves out what was read; page_size: rows of the page, 1 to 100, 20 where null; before: the notification_id of the last row
of the page before, null for the first page. Paging goes by time and id: what arrives meanwhile moves nothing.
Returns notification_id; kind, as in reservation.held; subject_id, the row that it is about; title and body, plain text: escape it
before it goes into HTML; created_at; read_at, null where it was not read.
Errors: 22023 page_size out of range; 42501 nobody is signed in, or not as a person; ZE101 before is no notification of the caller.';
REVOKE ALL ON FUNCTION ecopanier.my_notifications(boolean, int, uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.unread_notifications()
RETURNS bigint
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_unread_notifications';
COMMENT ON FUNCTION ecopanier.unread_notifications() IS
'How many notifications the caller has not read. Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.unread_notifications() FROM PUBLIC;

CREATE FUNCTION ecopanier.mark_read(notifications uuid[])
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_mark_read';
COMMENT ON FUNCTION ecopanier.mark_read(uuid[]) IS
'Marks notifications of the caller as read.
notifications: up to 1000 ids; those that were read, are unknown or somebody else''s change nothing. Returns how many were marked.
Errors: 22004 a null argument or id; 22023 too many, or not a plain list; 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.mark_read(uuid[]) FROM PUBLIC;

CREATE FUNCTION ecopanier.mark_all_read(until timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_mark_all_read';
COMMENT ON FUNCTION ecopanier.mark_all_read(timestamptz) IS
'Marks all notifications of the caller as read that were written up to a moment.
until: the moment, best that of the newest one shown, so that what came meanwhile stays unread; null: now. Returns how many were marked.
Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.mark_all_read(timestamptz) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.my_notifications(boolean, int, uuid), ecopanier.unread_notifications(), ecopanier.mark_read(uuid[]),
	ecopanier.mark_all_read(timestamptz)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

COMMENT ON FUNCTION ecopanier.message(text, text, jsonb) IS
'What to tell a person about a refusal, a hand-over or an event, in the person''s language.
code: a code of class ZE, as received with the error (ZE104), a verdict of verify_pickup (wrong_pin), or a kind of notification
(reservation.held), of which the title has .title behind it; language: fr, en, es or ar; a region is ignored (fr-FR); NULL and any
other language give French.
args: a JSON object with the values of the sentence''s placeholders, strings or numbers, for example {"left": 3}; a part of the
sentence whose values are missing, null or empty is left out, and names that the sentence does not use are ignored.
Returns one or more sentences as plain text, the values copied as they are: escape it before it goes into HTML.
In Arabic a value stands between the marks U+2068 and U+2069, which keep it from changing place. NULL for a NULL code.
Errors: 22023 unknown code; 22023 args is not an object; 22023 a value that the sentence uses is neither a string nor a number.';

/* outbox/reminder.sql */
-- Reminders and alerts.

CREATE FUNCTION ecopanier.alert_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_alert_guard';
COMMENT ON FUNCTION ecopanier.alert_guard() IS
'Trigger of alert: a person keeps the own alert, with consent to alerts; its place is rounded to three decimals, whoever writes it.
Errors: 42501; ZE111; ZE121 no consent to alerts.';
REVOKE ALL ON FUNCTION ecopanier.alert_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.alert_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.alert_withdrawn()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_alert_withdrawn';
COMMENT ON FUNCTION ecopanier.alert_withdrawn() IS
'Trigger of consent: who no longer consents to alerts at the end of the transaction has none. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.alert_withdrawn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.alert_withdrawn() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_announced()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_announced';
COMMENT ON FUNCTION ecopanier.lot_announced() IS
'Trigger of lot: a published lot that gained free units is to be told to people nearby. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.lot_announced() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_announced() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_alert(latitude double precision, longitude double precision, radius_m int DEFAULT 2000)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_alert';
COMMENT ON FUNCTION ecopanier.set_alert(double precision, double precision, int) IS
'The caller wants to hear of new free baskets in an area, in place of the area there was. Needs consent to alerts (give_consent()), and
goes with it. Alerts come while the right is in force, at most as many a day as the setting alerts_per_day says, of each lot once.
latitude: degrees north, -85 to 85; longitude: degrees east, -180 to 180; both are stored rounded to three decimals, about 100 m;
radius_m: metres, 100 to 20000. Returns the id of the alert.
Errors: 22004 a null argument; 22023 out of range; 42501 nobody is signed in, or not as a person; ZE121 no consent to alerts.';
REVOKE ALL ON FUNCTION ecopanier.set_alert(double precision, double precision, int) FROM PUBLIC;

CREATE FUNCTION ecopanier.remove_alert()
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_alert';
COMMENT ON FUNCTION ecopanier.remove_alert() IS
'The caller no longer wants to hear of free baskets. Returns whether there was an alert.
Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.remove_alert() FROM PUBLIC;

CREATE FUNCTION ecopanier.my_alert(OUT latitude double precision, OUT longitude double precision, OUT radius_m int, OUT updated_at timestamptz,
	OUT consented boolean, OUT per_day int)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 1
AS 'MODULE_PATHNAME', 'ecp_my_alert';
COMMENT ON FUNCTION ecopanier.my_alert() IS
'The caller''s area, no row where there is none. latitude, longitude: degrees, as stored; radius_m: metres; updated_at: when it was set;
consented: whether consent to alerts is in force; per_day: how many alerts a day there are at most.
Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.my_alert() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.set_alert(double precision, double precision, int), ecopanier.remove_alert(), ecopanier.my_alert()
	TO ecopanier_beneficiary;

/* outbox/mail.sql */
-- Mail seen by operators.

CREATE FUNCTION ecopanier.resend_mail(since timestamptz)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_resend_mail';
COMMENT ON FUNCTION ecopanier.resend_mail(timestamptz) IS
'Queues dead mail again, once its cause is gone: for administrators that of their territory, for superusers all. What is no longer of use by then is not sent.
since: mail queued at or after this moment. Returns how many. Errors: 42501 neither; 22004 no moment.';
REVOKE ALL ON FUNCTION ecopanier.resend_mail(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.resend_mail(timestamptz) TO ecopanier_admin;

/* outbox/webhook.sql */
CREATE FUNCTION ecopanier.webhook_endpoint_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_webhook_endpoint_guard';
COMMENT ON FUNCTION ecopanier.webhook_endpoint_guard() IS
'Trigger of webhook_endpoint: owners and managers of the organisation write, and administrators; the address is https on a host of webhook_host,
without credentials and without a number for a host. Errors: 42501; 23514 too many endpoints; ZE107; ZE111; ZE127 the address is not allowed.';
CREATE FUNCTION ecopanier.webhook_host_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_webhook_host_guard';
COMMENT ON FUNCTION ecopanier.webhook_host_guard() IS
'Trigger of webhook_host: administrators write; a host is a name, or a dot and a domain of two labels or more. Errors: 42501; 22023 it is neither; ZE111.';
REVOKE ALL ON FUNCTION ecopanier.webhook_endpoint_guard(), ecopanier.webhook_host_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.webhook_endpoint_guard(), ecopanier.webhook_host_guard() TO ecopanier_owner;

CREATE TYPE ecopanier.issued_webhook AS (
	id uuid,
	secret text
);
COMMENT ON TYPE ecopanier.issued_webhook IS 'A new secret of a webhook: the answer of add_webhook() and rotate_webhook_secret().';
COMMENT ON COLUMN ecopanier.issued_webhook.id IS 'The row of webhook_endpoint.';
COMMENT ON COLUMN ecopanier.issued_webhook.secret IS 'The secret itself, whsec_ and base64, shown this once.';

CREATE FUNCTION ecopanier.add_webhook(url text, kinds text[] DEFAULT NULL, description text DEFAULT '', organisation uuid DEFAULT NULL)
RETURNS ecopanier.issued_webhook
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_add_webhook';
COMMENT ON FUNCTION ecopanier.add_webhook(text, text[], text, uuid) IS
'Registers an endpoint of a partner and shows its secret, this once. What happens to the organisation is posted there from now on, signed as
Standard Webhooks says. By an owner or manager of the organisation, or an administrator.
url: https address on a host that stands in webhook_host; kinds: of events, null for all that webhooks tell; description: at most 200 characters;
organisation: required of administrators, otherwise the own one.
Errors: 42501; 22004 a null argument; 23514 an unknown kind, or more than ten endpoints; ZE101 no such organisation; ZE127 the address is not allowed.';
CREATE FUNCTION ecopanier.rotate_webhook_secret(webhook uuid, overlap interval DEFAULT '24 hours')
RETURNS ecopanier.issued_webhook
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rotate_webhook_secret';
COMMENT ON FUNCTION ecopanier.rotate_webhook_secret(uuid, interval) IS
'Makes a new secret and shows it, this once. Until the overlap is over, messages carry a signature by the one before too; then that is wiped.
webhook: the endpoint; overlap: from 0 to 90 days.
Errors: 42501; 22004 a null argument; 22023 an overlap out of range; ZE101 no such endpoint.';
CREATE FUNCTION ecopanier.pause_webhook(webhook uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_pause_webhook';
COMMENT ON FUNCTION ecopanier.pause_webhook(uuid) IS
'Posts nothing to the endpoint until resume_webhook(); again, nothing. What is queued waits; what happens meanwhile is not queued, replay_webhooks() brings it.
webhook: the endpoint. Errors: 42501; 22004 a null argument; ZE101 no such endpoint; ZE107 it is disabled.';
CREATE FUNCTION ecopanier.resume_webhook(webhook uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_resume_webhook';
COMMENT ON FUNCTION ecopanier.resume_webhook(uuid) IS
'Posts to a paused or disabled endpoint again, what waited first; again, nothing. webhook: the endpoint.
Errors: 42501; 22004 a null argument; ZE101 no such endpoint; ZE113 its secret cannot be opened: rotate it first; ZE127 its host is no longer allowed.';
CREATE FUNCTION ecopanier.remove_webhook(webhook uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_webhook';
COMMENT ON FUNCTION ecopanier.remove_webhook(uuid) IS
'Removes an endpoint with its secrets and deliveries. webhook: the endpoint. Errors: 42501; 22004 a null argument; ZE101 no such endpoint.';
CREATE FUNCTION ecopanier.send_webhook_test(webhook uuid)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_send_webhook_test';
COMMENT ON FUNCTION ecopanier.send_webhook_test(uuid) IS
'Posts a message of type webhook.test to an active endpoint. webhook: the endpoint.
Returns the delivery, whose state webhook_delivery_status shows. Errors: 42501; 22004 a null argument; ZE101 no such endpoint; ZE107 it is not active, or ten tests wait.';
CREATE FUNCTION ecopanier.replay_webhook(delivery uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_replay_webhook';
COMMENT ON FUNCTION ecopanier.replay_webhook(uuid) IS
'Posts a delivery that ended, well or not, once more, with the same webhook-id. By an owner or manager of the organisation, or an administrator; in the audit.
delivery: the row of webhook_delivery_status. Errors: 42501; 22004 a null argument; ZE101 no such delivery; ZE107 it is queued already.';
CREATE FUNCTION ecopanier.replay_webhooks(webhook uuid, since timestamptz, until timestamptz)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_replay_webhooks';
COMMENT ON FUNCTION ecopanier.replay_webhooks(uuid, timestamptz, timestamptz) IS
'Queues what an endpoint has not got of the events of some time: dead deliveries once more, and events that were not queued because it was paused.
For administrators; in the audit. webhook: the endpoint; since, until: moments of the events, the last one not included, at most 31 days apart.
Returns how many. Errors: 42501; 22004 a null argument; 22023 a time that is empty or too long; ZE101 no such endpoint; ZE107 it is not active.';
CREATE FUNCTION ecopanier.reseal_webhook_secrets()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reseal_webhook_secrets';
COMMENT ON FUNCTION ecopanier.reseal_webhook_secrets() IS
'Puts the secrets of webhooks under the current key of the server, so that an older key can leave the key file; for superusers.
Returns how many. Errors: 42501; ZE113 the key of one is not in the key file.';
REVOKE ALL ON FUNCTION ecopanier.add_webhook(text, text[], text, uuid), ecopanier.rotate_webhook_secret(uuid, interval),
	ecopanier.pause_webhook(uuid), ecopanier.resume_webhook(uuid), ecopanier.remove_webhook(uuid), ecopanier.send_webhook_test(uuid),
	ecopanier.replay_webhook(uuid), ecopanier.replay_webhooks(uuid, timestamptz, timestamptz), ecopanier.reseal_webhook_secrets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.add_webhook(text, text[], text, uuid), ecopanier.rotate_webhook_secret(uuid, interval),
	ecopanier.pause_webhook(uuid), ecopanier.resume_webhook(uuid), ecopanier.remove_webhook(uuid), ecopanier.send_webhook_test(uuid),
	ecopanier.replay_webhook(uuid)
	TO ecopanier_owner, ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.replay_webhooks(uuid, timestamptz, timestamptz) TO ecopanier_owner, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.reseal_webhook_secrets() TO ecopanier_owner;

/* listing/proposal.sql */
-- Listings from photos.

CREATE FUNCTION ecopanier.photo_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_photo_guard';
COMMENT ON FUNCTION ecopanier.photo_guard() IS
'Trigger of photo: takes bytes that are a whole picture and hold nothing else, whoever writes, and never changes them.
Errors: ZE126 not such bytes; ZE111 a photo changed; 42501.';
CREATE FUNCTION ecopanier.proposal_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_proposal_guard';
COMMENT ON FUNCTION ecopanier.proposal_guard() IS
'Trigger of proposal: which states follow which, what does not change. Errors: 42501; ZE107 a step that is not possible; ZE111.';
CREATE FUNCTION ecopanier.organisation_plan_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_plan_guard';
COMMENT ON FUNCTION ecopanier.organisation_plan_guard() IS
'Trigger of organisation_plan: an administrator sets it, from now on or later; numbers the rows. Errors: 42501; 22023; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.listing_month_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_listing_month_guard';
COMMENT ON FUNCTION ecopanier.listing_month_guard() IS
'Trigger of listing_month: written by the rules only, whoever asks. Errors: ZE112.';
REVOKE ALL ON FUNCTION ecopanier.photo_guard(), ecopanier.proposal_guard(), ecopanier.organisation_plan_guard(),
	ecopanier.listing_month_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.photo_guard(), ecopanier.proposal_guard(), ecopanier.organisation_plan_guard(),
	ecopanier.listing_month_guard() TO ecopanier_owner;

CREATE TYPE ecopanier.listing AS (
	proposal uuid,
	state text,
	failure text,
	advice text,
	fields jsonb,
	photo uuid,
	lot uuid,
	created_at timestamptz,
	asked_at timestamptz,
	answered_at timestamptz,
	decided_at timestamptz
);
COMMENT ON TYPE ecopanier.listing IS 'What became of a photo.';
COMMENT ON COLUMN ecopanier.listing.proposal IS 'Identifier.';
COMMENT ON COLUMN ecopanier.listing.state IS 'waiting, asking, draft, confirmed, discarded or failed.';
COMMENT ON COLUMN ecopanier.listing.failure IS 'Why it failed, a code of message().';
COMMENT ON COLUMN ecopanier.listing.advice IS 'The same in the caller''s language, with what can be done.';
COMMENT ON COLUMN ecopanier.listing.fields IS 'By field: value, confidence, source (proposed or person), and proposed where a person changed it.';
COMMENT ON COLUMN ecopanier.listing.photo IS 'The photo, null once its time is over.';
COMMENT ON COLUMN ecopanier.listing.lot IS 'The lot that it became.';
COMMENT ON COLUMN ecopanier.listing.created_at IS 'When the photo was sent.';
COMMENT ON COLUMN ecopanier.listing.asked_at IS 'When it was last asked for.';
COMMENT ON COLUMN ecopanier.listing.answered_at IS 'When draft or failure was there.';
COMMENT ON COLUMN ecopanier.listing.decided_at IS 'When it was confirmed or discarded.';

CREATE FUNCTION ecopanier.propose_lot(photo bytea, request_id uuid DEFAULT NULL)
RETURNS ecopanier.listing
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_propose_lot';
COMMENT ON FUNCTION ecopanier.propose_lot(bytea, uuid) IS
'Has a photo of food read by a model, for managers and owners of an organisation that offers lots. The answer becomes a draft for
confirm_proposal(), never a lot by itself; my_proposals() tells when it is there.
photo: JPEG, PNG or WebP, up to 7 MB (7,340,032 bytes), by its bytes and not its name; EXIF, XMP, IPTC, place, comments, thumbnails and colour
profiles are removed before anything is stored, the orientation is kept as a value.
request_id: the client''s number of the request; a retry with the same photo gives the same proposal and counts once.
Returns the proposal. Counts against the allowance of the month (settings photos_per_month_<plan>).
Errors: 42501 not such staff; 22004 no photo; ZE126 not a whole picture of an allowed size; ZE125 the allowance of the month is used up, with the
day on which it begins again; ZE110 the request_id was used for another photo.';
CREATE FUNCTION ecopanier.propose_lot_from(bytea)
RETURNS ecopanier.listing
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_propose_lot_from';
COMMENT ON FUNCTION ecopanier.propose_lot_from(bytea) IS
'propose_lot() for API servers that hand over the body of a request as one unnamed argument: POST the file itself as application/octet-stream.
A request_id may stand in the header Idempotency-Key, a UUID. Its argument: the photo. Returns and errors: as there; 22P02 a header that is no UUID.';
CREATE FUNCTION ecopanier.confirm_proposal(id uuid, corrections jsonb DEFAULT '{}')
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_confirm_proposal';
COMMENT ON FUNCTION ecopanier.confirm_proposal(uuid, jsonb) IS
'Makes a lot in state draft of a proposal, by a manager or owner of its organisation; publishing it stays a step of its own.
id: the proposal, in state draft; corrections: a JSON object of fields of a lot that replace or add to what is proposed: title, description,
category (a code of food_categories()), public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, meals_per_unit, use_by and
best_before ("2026-11-30"), batch, allergens (array of codes; [] none), window_start and window_end (with the zone). null clears a field.
Returns the lot; a second call gives the same lot and changes nothing.
Errors: 42501 not such staff; ZE101 no such proposal; ZE107 no draft, or its lot was thrown away; 22023 an unknown field or a value that it does
not take; and all that an INSERT into lot raises, such as ZE109.';
CREATE FUNCTION ecopanier.discard_proposal(id uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_discard_proposal';
COMMENT ON FUNCTION ecopanier.discard_proposal(uuid, text) IS
'Throws a proposal away that did not become a lot, by a manager or owner of its organisation; an answer that still comes is dropped.
id: the proposal; reason: why, up to 1,000 characters, for those who look at the quality of proposals. Discarded already: nothing happens.
Errors: 42501 not such staff; ZE101 no such proposal; ZE107 it became a lot; 22023 too long a reason.';
CREATE FUNCTION ecopanier.ask_again(id uuid)
RETURNS ecopanier.listing
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_ask_again';
COMMENT ON FUNCTION ecopanier.ask_again(uuid) IS
'Has the photo of a failed proposal read once more, by a manager or owner of its organisation; counts against the allowance like a new photo.
id: the proposal. Returns it. Errors: 42501 not such staff; ZE101 no such proposal; ZE107 it did not fail, or its photo is gone; ZE125.';
CREATE FUNCTION ecopanier.my_proposals(since timestamptz DEFAULT NULL, at_most int DEFAULT 50)
RETURNS SETOF ecopanier.listing
LANGUAGE c STABLE ROWS 50
AS 'MODULE_PATHNAME', 'ecp_my_proposals';
COMMENT ON FUNCTION ecopanier.my_proposals(timestamptz, int) IS
'The proposals of the organisation that the caller acts for, the newest first. since: those whose photo was sent from then on, null for all;
at_most: 1 to 500 of them. Errors: 42501 not staff of an organisation; 22023 another limit.';
CREATE FUNCTION ecopanier.listing_allowance(OUT plan text, OUT month date, OUT used int, OUT limit_photos int, OUT begins_again date)
RETURNS record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_listing_allowance';
COMMENT ON FUNCTION ecopanier.listing_allowance() IS
'How many photos the caller''s organisation may have read this month. Takes no parameter. Returns the plan in force, the month (its first day, by the
territory''s calendar), photos used, the limit, and the day on which counting begins again. Errors: 42501 not staff of an organisation.';
CREATE FUNCTION ecopanier.set_organisation_plan(organisation uuid, plan text, source text, valid_from timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_organisation_plan';
COMMENT ON FUNCTION ecopanier.set_organisation_plan(uuid, text, text, timestamptz) IS
'Sets the plan of an organisation of the own territory, for administrators. organisation: which; plan: free, standard or large; source: why, such as
a contract; valid_from: from when, null for now. Returns the number of the row.
Errors: 42501 no administrator; 22004 a null argument; 23514 no such plan; 22023 a moment that is past; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.food_categories(OUT code text, OUT label_fr text, OUT label_en text, OUT label_es text, OUT label_ar text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 14
AS 'MODULE_PATHNAME', 'ecp_food_categories';
COMMENT ON FUNCTION ecopanier.food_categories() IS
'The categories of food that proposals and their corrections use, with what people read. Takes no parameter. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.propose_lot(bytea, uuid), ecopanier.propose_lot_from(bytea), ecopanier.confirm_proposal(uuid, jsonb),
	ecopanier.discard_proposal(uuid, text), ecopanier.ask_again(uuid), ecopanier.my_proposals(timestamptz, int), ecopanier.listing_allowance(),
	ecopanier.set_organisation_plan(uuid, text, text, timestamptz), ecopanier.food_categories() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.propose_lot(bytea, uuid), ecopanier.propose_lot_from(bytea), ecopanier.confirm_proposal(uuid, jsonb),
	ecopanier.discard_proposal(uuid, text), ecopanier.ask_again(uuid), ecopanier.my_proposals(timestamptz, int), ecopanier.listing_allowance()
	TO ecopanier_merchant, ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.set_organisation_plan(uuid, text, text, timestamptz) TO ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.food_categories() TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary,
	ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;

/* listing/provider.sql */
-- Models: the tables are of migration 28.

/* schedule.sql */
CREATE PROCEDURE ecopanier.run_schedule()
LANGUAGE c
AS 'MODULE_PATHNAME', 'ecp_run_schedule';
COMMENT ON PROCEDURE ecopanier.run_schedule() IS
'What tick() does, with a commit after each batch: for a backlog, or where rows may not stay locked for long. A step that fails is told by a
warning, and the others go on. For superusers, who may grant EXECUTE to a login of the scheduler.
Errors: 25001 inside a transaction; ZE001 before install(); 25006 on a standby.';
CREATE FUNCTION ecopanier.schedule(OUT step text, OUT next_due timestamptz, OUT error text)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_schedule';
COMMENT ON FUNCTION ecopanier.schedule() IS
'The steps of the schedule; for superusers and monitoring. Returns one row a step, in their order: its name; when it will have something to
do, as far as is known: -infinity now, null nothing is known to come; what asking it failed with, null where it did not. Errors: ZE001 before install().';
REVOKE ALL ON PROCEDURE ecopanier.run_schedule() FROM PUBLIC;
REVOKE ALL ON FUNCTION ecopanier.schedule() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.schedule() TO pg_monitor;

-- CREATE EXTENSION keeps notices of its script quiet; this one is meant to be read.
DO $notice$
BEGIN
	PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
	RAISE NOTICE 'ecopanier: run SELECT ecopanier.install(); to make the tables';
	PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
END
$notice$;
