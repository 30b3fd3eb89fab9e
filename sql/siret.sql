--
-- The type siret: what is read and refused, order, indexes, joins, wire.
--
SET search_path = ecopanier, public;

-- What input says to a text: the text itself, or SQLSTATE, message and detail.
CREATE FUNCTION pg_temp.siret_verdict(given text, through_cast boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	IF through_cast THEN
		RETURN (given::siret)::text;
	END IF;
	EXECUTE format('SELECT siret %L', given) INTO STRICT detail;
	RETURN detail;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || ' / ' || detail;
END $$;

-- the second line is La Poste: its head office, which follows Luhn, then others, which do not
CREATE TEMP TABLE given (id int GENERATED ALWAYS AS IDENTITY, text text);
INSERT INTO given (text) VALUES
	('73282932000074'), ('00552017600016'), ('99999999999993'),
	('35600000000048'), ('35600000000001'), ('35600000000006'), ('35600000000047'), ('35600000000014'), ('35600000000049'),
	(''), ('7328293200007'), ('732829320000740'), ('73282932000074 '), (' 73282932000074'), (E'73282932000074\n'),
	('732 829 320 00074'), (' 7328293200007'), ('-7328293200007'), ('7328293200007A'), ('7328293200007.'),
	('٧٣٢٨٢٩٣'), ('73282932000é'), ('73282932000047'), ('73282932000075'), ('00000000000000'), ('00000000000018'),
	(repeat('7', 64)), (repeat('7', 65)), (repeat('é', 33)), ('x' || repeat('é', 1000000));

\pset format unaligned
SELECT pg_temp.siret_verdict(text, false) AS verdict FROM given ORDER BY id;
\pset format aligned
-- the cast says the same
SELECT count(*) AS differing FROM given
	WHERE pg_temp.siret_verdict(text, false) IS DISTINCT FROM pg_temp.siret_verdict(text, true);
-- with its hint, once
SELECT siret '73282932000047';
-- NULL stays NULL
SELECT NULL::text::siret IS NULL AS from_text, NULL::siret::text IS NULL AS to_text, siret_siren(NULL) IS NULL AS siren;

CREATE TEMP TABLE good AS
	SELECT text::siret AS siret, text FROM given WHERE pg_temp.siret_verdict(text, true) = text;
SELECT siret, siret_siren(siret), siret_send(siret) FROM good ORDER BY siret;

-- text from a siret needs no words on assignment, a siret from text does
CREATE TEMP TABLE assigned (siret siret, text text);
INSERT INTO assigned (text) SELECT siret FROM good LIMIT 1;
INSERT INTO assigned (siret) SELECT text FROM good LIMIT 1;

-- each operator agrees with text in byte order, for each pair
SELECT count(*) AS pairs,
	count(*) FILTER (WHERE (a.siret = b.siret) <> (a.text = b.text)) AS eq,
	count(*) FILTER (WHERE (a.siret <> b.siret) <> (a.text <> b.text)) AS ne,
	count(*) FILTER (WHERE (a.siret < b.siret) <> (a.text COLLATE "C" < b.text)) AS lt,
	count(*) FILTER (WHERE (a.siret <= b.siret) <> (a.text COLLATE "C" <= b.text)) AS le,
	count(*) FILTER (WHERE (a.siret > b.siret) <> (a.text COLLATE "C" > b.text)) AS gt,
	count(*) FILTER (WHERE (a.siret >= b.siret) <> (a.text COLLATE "C" >= b.text)) AS ge,
	count(*) FILTER (WHERE siret_cmp(a.siret, b.siret) <> sign(bttextcmp(a.text COLLATE "C", b.text))) AS cmp
FROM good a CROSS JOIN good b;

-- the rule written a second time, in SQL, over 20,000 numbers, half of them La Poste's
CREATE TEMP TABLE candidate AS
	SELECT text, CASE WHEN text LIKE '356000000%' AND text <> '35600000000048' THEN plain % 5 = 0 ELSE luhn % 10 = 0 END AS sound
	FROM (VALUES (73282932000000), (35600000000000)) first (number), generate_series(number, number + 9999) n,
		LATERAL (SELECT n::text AS text) t,
		LATERAL (SELECT sum(d) AS plain, sum(CASE WHEN i % 2 = 1 THEN d * 2 / 10 + d * 2 % 10 ELSE d END) AS luhn
			FROM (SELECT substr(text, i, 1)::int AS d, i FROM generate_series(1, 14) i) digit) s;
SELECT count(*), count(*) FILTER (WHERE sound) AS sound,
	count(*) FILTER (WHERE sound <> (pg_temp.siret_verdict(text, true) = text)) AS differing
FROM candidate;

-- many of them: sorted as their text, by a sort and by an index
CREATE TEMP TABLE many AS SELECT text::siret AS siret FROM candidate WHERE sound ORDER BY md5(text);
SELECT array_agg(siret ORDER BY siret)::text[] = array_agg(siret::text ORDER BY siret::text COLLATE "C") AS sorted_as_text
FROM many;
CREATE UNIQUE INDEX many_siret_idx ON many (siret);
ANALYZE many;

-- what EXPLAIN says without its figures
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END $$;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT pg_temp.plan($$SELECT siret FROM many WHERE siret = '73282932000074'$$);
SELECT pg_temp.plan($$SELECT siret FROM many WHERE siret >= '35600000000048' AND siret < '35600000001000' ORDER BY siret$$);
SELECT count(*) AS in_range, min(siret::text), max(siret::text)
FROM (SELECT siret FROM many WHERE siret >= '35600000000048' AND siret < '35600000001000' ORDER BY siret) s;
SELECT array_agg(siret)::text[] = (SELECT array_agg(siret::text ORDER BY siret::text COLLATE "C") FROM many) AS index_order
FROM (SELECT siret FROM many ORDER BY siret) s;
CREATE INDEX many_siret_hash ON many USING hash (siret);
DROP INDEX many_siret_idx;
SELECT pg_temp.plan($$SELECT siret FROM many WHERE siret = '73282932000074'$$);
SELECT count(*) AS found_by_hash FROM many a WHERE (SELECT b.siret FROM many b WHERE b.siret = a.siret) = a.siret;
DROP INDEX many_siret_hash;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- joins by hash and by merge give the same
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT pg_temp.plan('SELECT count(*) FROM many a JOIN many b USING (siret)');
SELECT count(*) FROM many a JOIN many b USING (siret);
SET enable_mergejoin = on;
SET enable_hashjoin = off;
SELECT pg_temp.plan('SELECT count(*) FROM many a JOIN many b USING (siret)');
SELECT count(*) FROM many a JOIN many b USING (siret);
RESET enable_nestloop;
RESET enable_mergejoin;
RESET enable_hashjoin;

-- groups: by hash and by sort
SELECT count(*) FROM (SELECT DISTINCT siret FROM (SELECT * FROM many UNION ALL SELECT * FROM many) twice) s;
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT DISTINCT siret FROM (SELECT * FROM many UNION ALL SELECT * FROM many) twice) s;
RESET enable_hashagg;

-- hashes: few collisions, the seed counts, seed 0 agrees with the plain hash
SELECT count(DISTINCT siret_hash(siret)) >= count(*) - 3 AS spread,
	count(*) FILTER (WHERE siret_hash_extended(siret, 0)::bit(64) << 32 <> siret_hash(siret)::bit(32)::bit(64)) AS halves_differ,
	count(*) FILTER (WHERE siret_hash_extended(siret, 0) = siret_hash_extended(siret, 1)) AS seed_ignored
FROM many;
CREATE TEMP TABLE parted (siret siret PRIMARY KEY) PARTITION BY HASH (siret);
CREATE TEMP TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT siret FROM many;
SELECT count(*) BETWEEN 1400 AND 1600 AS about_half FROM parted_0;

-- the binary form there and back, through files
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/results/siret.bin'
\set load '\\copy loaded FROM ' :'file' ' (FORMAT binary)'
CREATE TEMP TABLE loaded (siret siret);
COPY (SELECT siret FROM many UNION ALL SELECT siret FROM good) TO STDOUT (FORMAT binary) \g :file
:load
SELECT count(*) AS loaded, count(*) FILTER (WHERE siret IN (SELECT siret FROM many UNION SELECT siret FROM good)) AS same FROM loaded;
-- numbers that are no siret are refused (22P03): 15 digits, a wrong sum, a sign, a zero
COPY (SELECT 100000000000008::bigint) TO STDOUT (FORMAT binary) \g :file
:load
\set VERBOSITY sqlstate
COPY (SELECT 73282932000047::bigint) TO STDOUT (FORMAT binary) \g :file
:load
COPY (SELECT -1::bigint) TO STDOUT (FORMAT binary) \g :file
:load
COPY (SELECT 0::bigint) TO STDOUT (FORMAT binary) \g :file
:load
-- and so are four bytes and sixteen
COPY (SELECT 1::int) TO STDOUT (FORMAT binary) \g :file
:load
COPY (SELECT '000042a6-5ff2-8c8a-0000-000000000000'::uuid) TO STDOUT (FORMAT binary) \g :file
:load
-- while the number of a siret is that siret
COPY (SELECT 73282932000074::bigint) TO STDOUT (FORMAT binary) \g :file
TRUNCATE loaded;
:load
SELECT siret FROM loaded;
\set VERBOSITY default

-- the catalogue
SELECT amname, opcname, opcdefault, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am m ON m.oid = opcmethod WHERE opcintype = 'siret'::regtype ORDER BY 1;
SELECT amproc, amprocnum FROM pg_amproc WHERE amproclefttype = 'siret'::regtype ORDER BY amprocfamily, amprocnum;
SELECT oprname, oprcom::regoperator, oprnegate::regoperator, oprcanmerge, oprcanhash, oprrest, oprjoin,
	proleakproof, provolatile, proparallel, proisstrict
FROM pg_operator JOIN pg_proc p ON p.oid = oprcode WHERE oprleft = 'siret'::regtype ORDER BY oprname;
SELECT typlen, typbyval, typalign, typstorage FROM pg_type WHERE oid = 'siret'::regtype;
