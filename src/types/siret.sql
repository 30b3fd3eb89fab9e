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
