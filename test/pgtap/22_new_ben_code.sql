-- new_ben_code(): random, never all digits, never twice; the year is the territory's; a full year says so.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

CREATE TEMP TABLE code AS SELECT ecopanier.new_ben_code(1) AS code FROM generate_series(1, 2000);
SELECT is(count(DISTINCT code), 2000::bigint, '2000 codes, none twice') FROM code;
SELECT is(count(*), 0::bigint, 'none all digits') FROM code WHERE right(code::text, 5) ~ '^[0-9]+$';
SELECT is(count(*), 0::bigint, 'all of this year') FROM code WHERE ecopanier.ben_code_year(code) <> 2026;
SELECT cmp_ok(count(DISTINCT substr(code::text, 10, 1)), '>', 25::bigint, 'first characters from the whole alphabet') FROM code;
SELECT cmp_ok(count(*) FILTER (WHERE code OPERATOR(ecopanier.>) before), '<', 1200::bigint, 'in no order: fewer than three in five follow the one before')
FROM (SELECT code, lag(code) OVER (ORDER BY n) AS before FROM (SELECT code, row_number() OVER () AS n FROM code) c) d;
SELECT is(count(*), 2003::bigint, 'each is registered, those of the three verified too') FROM ecopanier_private.ben_code_issued WHERE territory_id = 1;

CREATE TEMP TABLE turn (n serial, says text, at text, territory int, year int);
INSERT INTO turn (says, at, territory, year) VALUES
('Poitiers before midnight', '2026-12-31 22:59:59+00', 1, 2026), ('Poitiers at midnight', '2026-12-31 23:00:00+00', 1, 2027),
('Saint-Denis before midnight', '2026-12-31 19:59:59+00', 2, 2026), ('Saint-Denis at midnight', '2026-12-31 20:00:00+00', 2, 2027);
SELECT is((fixture.attempt('postgres', NULL, NULL, format('SELECT ecopanier.ben_code_year(ecopanier.new_ben_code(%s))', territory), at)).value,
	year::text, says) FROM turn ORDER BY n;

UPDATE ecopanier_private.ben_code_year SET issued = 28596382 WHERE territory_id = 1 AND year = 2026;
SELECT lives_ok('SELECT ecopanier.new_ben_code(1)', 'the last code of a year');
SELECT throws_ok('SELECT ecopanier.new_ben_code(1)', 'ZE114', 'the beneficiary codes of 2026 are used up in territory 1', 'then the year is full');
SELECT lives_ok('SELECT ecopanier.new_ben_code(2)', 'another territory has its own');
SELECT is(fixture.try('Alice', 'association', format('SELECT ecopanier.verify_beneficiary(%L, ''2026-12-31'')', fixture.id('Bruno'))), 'ZE114',
	'a verification says so too');
SELECT throws_ok('SELECT ecopanier.new_ben_code(99)', 'ZE101', NULL, 'no such territory');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.new_ben_code(2)'), 'ZE101', 'an administrator gives codes in the own territory');
SELECT is(fixture.try('Alice', 'association', 'SELECT ecopanier.new_ben_code(1)'), '42501', 'staff do not give codes by hand');

\echo '# a code that came with a load is not given again'
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Old');
INSERT INTO ecopanier.beneficiary (territory_id, member_id, ben_code) VALUES (1, fixture.id('Old'), '2019-BEN-00042');
SELECT is(count(*), 1::bigint, 'it is registered') FROM ecopanier_private.ben_code_issued WHERE ben_code OPERATOR(ecopanier.=) '2019-BEN-00042'::ecopanier.ben_code;
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
