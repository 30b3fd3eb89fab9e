-- What stands in request.jwt.claims is read by our reader; here thousands of texts, well formed and mutated, go through
-- authenticate() and through the server's own jsonb. Both must agree on what is JSON and what it says. A failure shows the text.
BEGIN;
\i test/lib/fixture.sql
SET client_min_messages = warning;
SELECT plan(7);

CREATE FUNCTION pg_temp.pick(VARIADIC words text[]) RETURNS text LANGUAGE sql AS
$$ SELECT words[1 + floor(random() * cardinality(words))::int] $$;
CREATE FUNCTION pg_temp.space() RETURNS text LANGUAGE sql AS
$$ SELECT CASE WHEN random() < 0.8 THEN '' ELSE pg_temp.pick(' ', E'\t', E'\n', E'\r', '  ', E' \n ') END $$;
CREATE FUNCTION pg_temp.name() RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.pick('sub', 'sub', 'role', 'role', 'exp', 'exp', 'organisation', 'aud', 'x', 'y', 'z', 'é', '', 'subb', 'su', 'Sub', 'sub ',
	'\u0073ub', 'ro\u006ce', '\/', 'e\\xp', '😀', '\ud83d\ude00', 'a' || floor(random() * 9)) $$;
CREATE FUNCTION pg_temp.string() RETURNS text LANGUAGE sql AS
$$ SELECT '"' || pg_temp.pick(fixture.id('Camille')::text, fixture.id('Camille')::text, upper(fixture.id('Camille')::text), fixture.id('Benoit')::text,
	'ecopanier_customer', 'ecopanier_customer', 'ecopanier_admin', 'ecopanier_cust\u006fmer', 'x', '', 'é', '\u00e9', '\n\t\"\\\/\b\f\r', '\u0000', 'a\u0000b',
	'\ud800', '\udc00', '\ud83d\ude00', '\ude00\ud83d', '\ud83dx', '\u12', '\x', '\u00G0', E'\x01', E'\x1f', E'\x7f', E'\n', repeat('r', 63), repeat('r', 64), '1', '{}') || '"' $$;
CREATE FUNCTION pg_temp.number() RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.pick('1795190401', '1795190460', '1795190400', '1795190400.000001', '1795190400.9999999', '1.7951905e9', '17951904600e-1', '1e10', '1E+10',
	'4102444800', '253402300799', '253402300800', '253402300799.5', '123456789012345', '1234567890123456', '0', '-0', '-1', '00', '01', '+1', '.5', '1.', '1.e5', '1e', '1e+',
	'1e999', '-1e-5', '0x10', 'NaN', 'Infinity', '1 2', '1_000') $$;
CREATE FUNCTION pg_temp.value(depth int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	kind float := random();
BEGIN
	RETURN pg_temp.space() || CASE
		WHEN kind < 0.4 THEN pg_temp.string()
		WHEN kind < 0.7 THEN pg_temp.number()
		WHEN kind < 0.85 THEN pg_temp.pick('true', 'false', 'null', 'null', 'True', 'nul', 'nulll', 'truefalse', 'undefined', '')
		WHEN depth > 3 THEN '[]'
		WHEN kind < 0.9 THEN '[' || pg_temp.value(depth + 1) || ',' || pg_temp.value(depth + 1) || ']'
		WHEN kind < 0.95 THEN '{"' || pg_temp.name() || '":' || pg_temp.value(depth + 1) || '}'
		WHEN kind < 0.98 THEN repeat('[', 31) || repeat(']', 31)
		ELSE repeat('[', 32) || '"[[["' || repeat(']', 32) END || pg_temp.space();
END $$;
-- A value that suits the name, mostly, so that many texts say something.
CREATE FUNCTION pg_temp.member() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text := pg_temp.name();
BEGIN
	RETURN pg_temp.space() || '"' || name || '"' || pg_temp.space() || ':' || CASE
		WHEN random() < 0.4 THEN pg_temp.value(1)
		WHEN name IN ('sub', '\u0073ub') THEN '"' || fixture.id('Camille') || '"'
		WHEN name IN ('role', 'ro\u006ce') THEN '"ecopanier_customer"'
		WHEN name = 'exp' THEN pg_temp.pick('1795190460', '4102444800', '1795190400.5', '1795190399')
		ELSE pg_temp.pick('null', '1', '"x"') END;
END $$;
CREATE FUNCTION pg_temp.document() RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.space() || '{' || concat_ws(',', CASE WHEN random() < 0.3 THEN '"role":"ecopanier_customer","sub":"' || fixture.id('Camille') || '"' END,
	string_agg(pg_temp.member(), ',')) || '}' || pg_temp.space()
	FROM generate_series(1, CASE WHEN random() < 0.1 THEN 14 + floor(random() * 6)::int ELSE floor(random() * 6)::int END) $$;
CREATE FUNCTION pg_temp.mutated(document text) RETURNS text LANGUAGE sql AS
$$ SELECT left(document, place) || CASE WHEN random() < 0.3 THEN '' ELSE pg_temp.pick('{', '}', '[', ']', ',', ':', '"', '\', '0', '9', 'e', '-', '.', 'u', 't', ' ', '/', '''',
		E'\x01', E'\x0b', E'\x0c', E'\x1f', E'\x7f', E'\u00a0', E'\ufeff', E'\u2028', 'é', '{}', '//', '/**/', '\u', '""', ',,', 'null') END
	|| substr(document, place + 1 + floor(random() * 2.5)::int)
	FROM (SELECT floor(random() * (length(document) + 1))::int AS place OFFSET 0) p $$;

-- Whether an object or array stands inside 32 others.
CREATE FUNCTION pg_temp.is_deep(value jsonb) RETURNS boolean LANGUAGE sql AS
$$ SELECT value @? 'strict $.**{32} ? (@.type() == "object" || @.type() == "array")' $$;
CREATE FUNCTION pg_temp.is_id(value jsonb) RETURNS boolean LANGUAGE sql AS
$$ SELECT coalesce(value = 'null' OR jsonb_typeof(value) = 'string' AND value #>> '{}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', true) $$;

-- What the server's parser and the rules of claims make of a text; null where jsonb cannot hold it.
CREATE FUNCTION pg_temp.expected(document text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	claims jsonb;
	names int;
	different int;
	given text[];
	expires numeric;
BEGIN
	BEGIN
		claims := document::jsonb;
	EXCEPTION
		WHEN numeric_value_out_of_range THEN RETURN NULL;
		WHEN invalid_text_representation OR untranslatable_character THEN RETURN 'malformed';
	END;
	IF jsonb_typeof(claims) <> 'object' OR pg_temp.is_deep(claims) THEN
		RETURN 'malformed';
	END IF;
	SELECT count(*), count(DISTINCT k) INTO names, different FROM json_object_keys(document::json) k;
	IF names <> different OR names > 128 OR NOT pg_temp.is_id(claims->'sub') OR NOT pg_temp.is_id(claims->'organisation')
		OR jsonb_typeof(claims->'role') NOT IN ('null', 'string') OR claims->>'role' = '' OR octet_length(claims->>'role') > 63
		OR jsonb_typeof(claims->'exp') NOT IN ('null', 'number')
	THEN
		RETURN 'malformed';
	END IF;
	expires := claims->>'exp';
	IF expires NOT BETWEEN 0 AND 253402300799 THEN
		RETURN 'malformed';
	ELSIF claims->>'role' <> 'ecopanier_customer' THEN
		RETURN 'another role';
	ELSIF claims->>'sub' IS NULL THEN
		RETURN 'nobody';
	ELSIF claims->>'role' IS NULL OR lower(claims->>'sub') <> fixture.id('Camille')::text OR claims->>'organisation' IS NOT NULL THEN
		RETURN 'no member';
	ELSIF floor(expires * 1000000) <= 1795190400000000 THEN
		RETURN 'expired';
	END IF;
	RETURN 'until ' || coalesce(floor(expires * 1000000)::text, 'Infinity');
END $$;

-- What authenticate() makes of each text. What a text did is undone before the next.
CREATE FUNCTION pg_temp.judge() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t record;
	said text;
BEGIN
	FOR t IN SELECT n, document FROM tried ORDER BY n LOOP
		BEGIN
			SET LOCAL SESSION AUTHORIZATION api;
			SET LOCAL ROLE ecopanier_customer;
			PERFORM set_config('request.jwt.claims', t.document, true), ecopanier.authenticate();
			SELECT coalesce('until ' || nullif(extract(epoch FROM w.expires_at), 'Infinity') * 1000000, CASE WHEN w.member_id IS NULL THEN 'nobody' ELSE 'until Infinity' END)
				INTO said FROM ecopanier.whoami() w;
			RAISE no_data_found USING MESSAGE = coalesce(regexp_replace(said, '\.0+$', ''), 'nobody');
		EXCEPTION WHEN OTHERS THEN
			UPDATE tried SET answer = CASE SQLERRM WHEN 'the claims of the request are malformed' THEN 'malformed'
				WHEN 'the role of the claims is not the current role' THEN 'another role'
				WHEN 'the claims name no member with this role' THEN 'no member'
				WHEN 'the claims have expired' THEN 'expired' ELSE SQLERRM END WHERE n = t.n;
		END;
	END LOOP;
END $$;

SELECT setseed(0.2026) \g /dev/null
CREATE TEMP TABLE tried (n serial PRIMARY KEY, document text NOT NULL, expected text, answer text);
INSERT INTO tried (document) SELECT pg_temp.document() FROM generate_series(1, 10000);
INSERT INTO tried (document) SELECT pg_temp.mutated(document) FROM tried;
INSERT INTO tried (document) SELECT format('{%s"role":"ecopanier_customer"}', (SELECT string_agg(format('"c%s":1,', i), '') FROM generate_series(2, n) i))
	FROM unnest(ARRAY[15, 16, 17, 127, 128, 129, 10000]) n;
INSERT INTO tried (document) SELECT '{"x":' || repeat('[', n) || repeat(']', n) || '}' FROM unnest(ARRAY[31, 32, 1000, 5000]) n;
DELETE FROM tried WHERE document = '';
UPDATE tried SET expected = pg_temp.expected(document);
SELECT pg_temp.judge() \g /dev/null

SELECT is((SELECT string_agg(format('%s: expected %s, answered %s', document, expected, answer), E'\n') FROM (SELECT * FROM tried
	WHERE answer IS DISTINCT FROM expected AND expected IS NOT NULL ORDER BY n LIMIT 5) t), NULL, 'authenticate() and jsonb agree on every text');
SELECT cmp_ok((SELECT count(*) FROM tried WHERE expected IS NOT NULL), '>', 19500::bigint, 'some 20,000 texts');
SELECT cmp_ok((SELECT count(*) FROM tried WHERE expected = 'malformed'), '>', 5000::bigint, 'of which many are malformed');
SELECT cmp_ok((SELECT count(*) FROM tried WHERE expected = 'nobody'), '>', 1000::bigint, 'many name nobody');
SELECT cmp_ok((SELECT count(*) FROM tried WHERE expected LIKE 'until %'), '>', 500::bigint, 'some a member');
SELECT cmp_ok((SELECT count(DISTINCT expected) FROM tried), '>', 8::bigint, 'until several moments');
SELECT cmp_ok((SELECT count(*) FROM tried WHERE expected IN ('expired', 'another role', 'no member')), '>', 500::bigint, 'or in vain');
SELECT * FROM finish();
ROLLBACK;
