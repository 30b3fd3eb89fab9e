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
