--
-- The type ben_code: what is read and refused, order, indexes, joins, wire.
--
SET search_path = ecopanier, public;

-- What input says to a text: the text itself, or SQLSTATE, message and detail.
CREATE FUNCTION pg_temp.ben_code_verdict(given text, through_cast boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	IF through_cast THEN
		RETURN (given::ben_code)::text;
	END IF;
	EXECUTE format('SELECT ben_code %L', given) INTO STRICT detail;
	RETURN detail;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || ' / ' || detail;
END $$;

CREATE TEMP TABLE given (id int GENERATED ALWAYS AS IDENTITY, text text);
INSERT INTO given (text) VALUES
	('2026-BEN-A7K2M'), ('2000-BEN-22222'), ('2255-BEN-ZZZZZ'), ('2024-BEN-00000'), ('2024-BEN-01199'),
	('2024-BEN-99999'), ('2026-BEN-2222A'), ('2026-BEN-BSUVZ'),
	(''), ('2026-BEN-A7K2'), ('2026-BEN-A7K2MM'), ('2026-BEN-A7K2M '), (' 2026-BEN-A7K2M'), (E'2026-BEN-A7K2M\n'),
	('2026-BEN-A7K2 '), ('2026-ben-A7K2M'), ('2026-BEN-a7k2m'), ('2026_BEN_A7K2M'), ('2026-BEM-A7K2M'),
	('+026-BEN-A7K2M'), ('A7K2M-BEN-2026'), ('1999-BEN-A7K2M'), ('2256-BEN-A7K2M'), ('0000-BEN-00000'),
	('2026-BEN-A0K2M'), ('2026-BEN-A1K2M'), ('2026-BEN-AOK2M'), ('2026-BEN-AIK2M'), ('2026-BEN-ALK2M'),
	('2026-BEN-1234A'), ('2026-BEN-A7K-M'), ('2026-BEN-ÉÈA'), ('2026-BEN-A7K2É'),
	(repeat('x', 64)), (repeat('x', 65)), (repeat('é', 33)), ('x' || repeat('é', 1000000));

\pset format unaligned
SELECT pg_temp.ben_code_verdict(text, false) AS verdict FROM given ORDER BY id;
\pset format aligned
-- the cast says the same
SELECT count(*) AS differing FROM given
	WHERE pg_temp.ben_code_verdict(text, false) IS DISTINCT FROM pg_temp.ben_code_verdict(text, true);
-- with its hint, once
SELECT ben_code '2026-BEN-A0K2M';
-- NULL stays NULL
SELECT NULL::text::ben_code IS NULL AS from_text, NULL::ben_code::text IS NULL AS to_text,
	ben_code_year(NULL) IS NULL AS year;

CREATE TEMP TABLE good AS
	SELECT text::ben_code AS code, text FROM given WHERE pg_temp.ben_code_verdict(text, true) = text;
SELECT code, ben_code_year(code), ben_code_send(code) FROM good ORDER BY code;

-- text from a code needs no words on assignment, a code from text does
CREATE TEMP TABLE assigned (code ben_code, text text);
INSERT INTO assigned (text) SELECT code FROM good LIMIT 1;
INSERT INTO assigned (code) SELECT text FROM good LIMIT 1;

-- each operator agrees with text in byte order, for each pair
SELECT count(*) AS pairs,
	count(*) FILTER (WHERE (a.code = b.code) <> (a.text = b.text)) AS eq,
	count(*) FILTER (WHERE (a.code <> b.code) <> (a.text <> b.text)) AS ne,
	count(*) FILTER (WHERE (a.code < b.code) <> (a.text COLLATE "C" < b.text)) AS lt,
	count(*) FILTER (WHERE (a.code <= b.code) <> (a.text COLLATE "C" <= b.text)) AS le,
	count(*) FILTER (WHERE (a.code > b.code) <> (a.text COLLATE "C" > b.text)) AS gt,
	count(*) FILTER (WHERE (a.code >= b.code) <> (a.text COLLATE "C" >= b.text)) AS ge,
	count(*) FILTER (WHERE ben_code_cmp(a.code, b.code) <> sign(bttextcmp(a.text COLLATE "C", b.text))) AS cmp
FROM good a CROSS JOIN good b;

-- many codes, all different: sorted as their text, by a sort and by an index
CREATE TEMP TABLE many AS
	SELECT (2000 + i % 256 || '-BEN-' ||
		translate(lpad(to_hex(i * 7919 % 1048576), 5, '0'), '0123456789abcdef', '23579ACEFHKMPRTX'))::ben_code AS code
	FROM generate_series(1, 3000) i;
SELECT array_agg(code ORDER BY code)::text[] = array_agg(code::text ORDER BY code::text COLLATE "C") AS sorted_as_text
FROM many;
CREATE UNIQUE INDEX many_code_idx ON many (code);
ANALYZE many;

-- what EXPLAIN says without its figures
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END $$;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT pg_temp.plan($$SELECT code FROM many WHERE code = '2001-BEN-23579'$$);
SELECT pg_temp.plan($$SELECT code FROM many WHERE code >= '2010-BEN-00000' AND code < '2011-BEN-00000' ORDER BY code$$);
SELECT count(*) AS one_year, min(ben_code_year(code)), max(ben_code_year(code))
FROM (SELECT code FROM many WHERE code >= '2010-BEN-00000' AND code < '2011-BEN-00000' ORDER BY code) s;
SELECT array_agg(code)::text[] = (SELECT array_agg(code::text ORDER BY code::text COLLATE "C") FROM many) AS index_order
FROM (SELECT code FROM many ORDER BY code) s;
CREATE INDEX many_code_hash ON many USING hash (code);
DROP INDEX many_code_idx;
SELECT pg_temp.plan($$SELECT code FROM many WHERE code = '2001-BEN-23579'$$);
SELECT count(*) AS found_by_hash FROM many a WHERE (SELECT b.code FROM many b WHERE b.code = a.code) = a.code;
DROP INDEX many_code_hash;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- joins by hash and by merge give the same
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT pg_temp.plan('SELECT count(*) FROM many a JOIN many b USING (code)');
SELECT count(*) FROM many a JOIN many b USING (code);
SET enable_mergejoin = on;
SET enable_hashjoin = off;
SELECT pg_temp.plan('SELECT count(*) FROM many a JOIN many b USING (code)');
SELECT count(*) FROM many a JOIN many b USING (code);
RESET enable_nestloop;
RESET enable_mergejoin;
RESET enable_hashjoin;

-- groups: by hash and by sort
SELECT count(*) FROM (SELECT DISTINCT code FROM (SELECT * FROM many UNION ALL SELECT * FROM many) twice) s;
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT DISTINCT code FROM (SELECT * FROM many UNION ALL SELECT * FROM many) twice) s;
RESET enable_hashagg;

-- hashes: few collisions, the seed counts, seed 0 agrees with the plain hash
SELECT count(DISTINCT ben_code_hash(code)) >= count(*) - 3 AS spread,
	count(*) FILTER (WHERE ben_code_hash_extended(code, 0)::bit(64) << 32 <> ben_code_hash(code)::bit(32)::bit(64)) AS halves_differ,
	count(*) FILTER (WHERE ben_code_hash_extended(code, 0) = ben_code_hash_extended(code, 1)) AS seed_ignored
FROM many;
CREATE TEMP TABLE parted (code ben_code PRIMARY KEY) PARTITION BY HASH (code);
CREATE TEMP TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT code FROM many;
SELECT count(*) BETWEEN 1400 AND 1600 AS about_half FROM parted_0;

-- the binary form there and back, through files
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/results/ben_code.bin'
\set load '\\copy loaded FROM ' :'file' ' (FORMAT binary)'
CREATE TEMP TABLE loaded (code ben_code);
COPY (SELECT code FROM many UNION ALL SELECT code FROM good) TO STDOUT (FORMAT binary) \g :file
:load
SELECT count(*) AS loaded, count(*) FILTER (WHERE code IN (SELECT code FROM many UNION SELECT code FROM good)) AS same FROM loaded;
-- numbers that are no code are refused (22P03): a year out of range, a letter left out, a sign, a zero
COPY (SELECT x'0100413741324D'::bigint) TO STDOUT (FORMAT binary) \g :file
:load
\set VERBOSITY sqlstate
COPY (SELECT x'1A41374B324F'::bigint) TO STDOUT (FORMAT binary) \g :file
:load
COPY (SELECT -1::bigint) TO STDOUT (FORMAT binary) \g :file
:load
COPY (SELECT 0::bigint) TO STDOUT (FORMAT binary) \g :file
:load
-- and so are four bytes and sixteen
COPY (SELECT 1::int) TO STDOUT (FORMAT binary) \g :file
:load
COPY (SELECT '00001a41-374b-324d-0000-000000000000'::uuid) TO STDOUT (FORMAT binary) \g :file
:load
-- while the number of a code is that code
COPY (SELECT x'1A41374B324D'::bigint) TO STDOUT (FORMAT binary) \g :file
TRUNCATE loaded;
:load
SELECT code FROM loaded;
\set VERBOSITY default

-- the catalogue
SELECT amname, opcname, opcdefault, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am m ON m.oid = opcmethod WHERE opcintype = 'ben_code'::regtype ORDER BY 1;
SELECT amproc, amprocnum FROM pg_amproc WHERE amproclefttype = 'ben_code'::regtype ORDER BY amprocfamily, amprocnum;
SELECT oprname, oprcom::regoperator, oprnegate::regoperator, oprcanmerge, oprcanhash, oprrest, oprjoin,
	proleakproof, provolatile, proparallel, proisstrict
FROM pg_operator JOIN pg_proc p ON p.oid = oprcode WHERE oprleft = 'ben_code'::regtype ORDER BY oprname;
SELECT typlen, typbyval, typalign, typstorage FROM pg_type WHERE oid = 'ben_code'::regtype;
