-- What models cost: dated prices that merchants may read and nobody but a superuser writes. How models are asked is in test/t/listing.t.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
SELECT results_eq($$SELECT model, valid_from, input_micro_eur, output_micro_eur FROM ecopanier.model_price ORDER BY valid_from$$,
	$$VALUES ('gemini-3.8-flash', timestamptz '2026-09-02 00:00+00', 750000::bigint, 3750000::bigint),
		('gemini-3.8-flash', '2027-01-01 00:00+00', 1500000, 7500000)$$, 'the prices of the default model');
SELECT is((SELECT count(*)::int FROM ecopanier.model_price WHERE provider || ' ' || model = current_setting('ecopanier.model_provider') || ' ' || current_setting('ecopanier.model')), 2,
	'which is the one of the settings');
SELECT isnt(current_setting('ecopanier.model'), 'gemini-2.0-flash', 'and one that still runs');
\echo '# who reads, who writes'
SELECT is(fixture.try(name, role, 'SELECT count(*) FROM ecopanier.model_price'), expected, role || ' reads: ' || expected)
FROM (VALUES ('Mona', 'merchant', '2'), ('Alice', 'association', '2'), ('Adele', 'administrator', '2'), ('Camille', 'customer', '42501'), ('Benoit', 'beneficiary', '42501')) v (name, role, expected);
SELECT is(fixture.try(name, role, statement), '42501', role || ' does not ' || split_part(statement, ' ', 1))
FROM (VALUES ('Mona', 'merchant'), ('Adele', 'administrator')) v (name, role),
	unnest(ARRAY['INSERT INTO ecopanier.model_price VALUES (''gemini'', ''x'', ''2026-01-01'', 0, 0, ''x'')', 'UPDATE ecopanier.model_price SET input_micro_eur = 0', 'DELETE FROM ecopanier.model_price']) statement;
SET ROLE ecopanier_owner;
SELECT throws_ok($$INSERT INTO ecopanier.model_price VALUES ('gemini', 'x', '2026-01-01', 0, 0, 'x')$$, '42501', NULL, 'nor does the owner of the table without a caller');
SELECT throws_ok('TRUNCATE ecopanier.model_price', '42501', NULL, 'or empties it');
RESET ROLE;
SELECT throws_ok(format($$INSERT INTO ecopanier.model_price VALUES (%L, %L, '2026-01-01', %s, %s, %L)$$, provider, model, price, price, source), state, NULL, says)
FROM (VALUES ('other', 'x', '0', 'x', '23514', 'an unknown provider'), ('gemini', '', '0', 'x', '23514', 'no model'), ('gemini', repeat('x', 101), '0', 'x', '23514', 'a long model'),
	('gemini', 'x', '-1', 'x', '23514', 'a negative price'), ('gemini', 'x', '1000000001', 'x', '23514', 'a price beyond reason'), ('gemini', 'x', '0', ' ', '23514', 'no source')) v (provider, model, price, source, state, says);
SELECT lives_ok(format($$INSERT INTO ecopanier.model_price VALUES ('openai', %L, '2026-01-01', %s, %s, 'x')$$, model, price, price), 'a superuser adds ' || price)
FROM (VALUES ('x', '0'), (repeat('x', 100), '1000000000')) v (model, price);
\echo '# the settings are the operator''s'
SELECT is(count(*)::int, 7, 'seven settings') FROM pg_settings WHERE name ~ '^ecopanier\.(model|credentials)';
SELECT results_eq($$SELECT name, context FROM pg_settings WHERE name ~ '^ecopanier\.(model|credentials)' AND context <> 'sighup'$$, $$SELECT '', '' WHERE false$$, 'set for the server');
SELECT throws_ok('SET ROLE ecopanier_merchant; SHOW ' || name, '42501', NULL, name || ' is not shown to others') FROM pg_settings WHERE name ~ '^ecopanier\.(model|credentials)';
SELECT * FROM finish();
