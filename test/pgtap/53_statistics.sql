-- Statistics of households: of those who agree, of eleven or more, in fives; what is missing cannot be computed from the rest.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE FUNCTION fixture.told(of_territory int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(age_band || ' ' || coalesce(people::text, '?'), ', ' ORDER BY split_part(rtrim(age_band, '+'), '-', 1)::int) FROM ecopanier.household_statistics WHERE territory_id = of_territory $$;
-- Households p1 to p14, each of somebody of 25 to 64 years and a child; p12 to p14 in another territory.
INSERT INTO ecopanier.member (territory_id, display_name) SELECT CASE WHEN i < 12 THEN 1 ELSE 2 END, 'p' || i FROM generate_series(1, 14) i;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT territory_id, id, 'customer' FROM ecopanier.member WHERE display_name ~ '^p\d';
INSERT INTO ecopanier.household (territory_id, member_id, age_25_64, age_3_10, age_65_up) SELECT territory_id, id, 1, 1, CASE display_name WHEN 'p1' THEN 12 ELSE 0 END
FROM ecopanier.member WHERE display_name ~ '^p\d';
SELECT is_empty('SELECT * FROM ecopanier.household_statistics', 'nobody agreed, nobody is counted');
SELECT fixture.try('p' || i, 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'fr')$$, keep => true) FROM generate_series(1, 11) i \g /dev/null
SELECT is_empty('SELECT * FROM ecopanier.household_statistics', 'consent to something else does not count');
SELECT fixture.try('p' || i, 'customer', $$SELECT ecopanier.give_consent('statistics', 1, 'fr')$$, keep => true) FROM generate_series(1, 10) i \g /dev/null
SELECT is(fixture.told(), '0-2 ?, 3-10 ?, 11-17 ?, 18-24 ?, 25-64 ?, 65+ ?', 'ten households are not told');
SELECT fixture.try('p11', 'customer', $$SELECT ecopanier.give_consent('statistics', 1, 'fr')$$, keep => true) \g /dev/null
SELECT is(fixture.told(), '0-2 ?, 3-10 10, 11-17 ?, 18-24 ?, 25-64 10, 65+ ?', 'eleven are, in fives; twelve people of one household are not');
SELECT fixture.try('p' || i, 'customer', $$SELECT ecopanier.give_consent('statistics', 1, 'fr')$$, territory => 2, keep => true) FROM generate_series(12, 14) i \g /dev/null
SELECT is(fixture.told() || ' / ' || fixture.told(2), '0-2 ?, 3-10 10, 11-17 ?, 18-24 ?, 25-64 10, 65+ ? / 0-2 ?, 3-10 ?, 11-17 ?, 18-24 ?, 25-64 ?, 65+ ?', 'another territory is counted by itself');
\echo '# one more does not show'
SELECT fixture.try(n, 'customer', $$SELECT ecopanier.give_consent('statistics', 1, 'fr')$$, keep => true) FROM unnest(ARRAY['Camille', 'Charlie']) n \g /dev/null
INSERT INTO ecopanier.household (territory_id, member_id, age_25_64) VALUES (1, fixture.id('Camille'), 1);
SELECT is(fixture.told(), '0-2 ?, 3-10 10, 11-17 ?, 18-24 ?, 25-64 10, 65+ ?', 'a twelfth person changes no number');
INSERT INTO ecopanier.household (territory_id, member_id, age_25_64) VALUES (1, fixture.id('Charlie'), 1);
SELECT is(fixture.told(), '0-2 ?, 3-10 10, 11-17 ?, 18-24 ?, 25-64 15, 65+ ?', 'a thirteenth by five');
SELECT is_empty($$SELECT a.attname FROM pg_attribute a WHERE a.attrelid = 'ecopanier.household_statistics'::regclass AND a.attnum > 0
	AND a.attname NOT IN ('territory_id', 'territory', 'age_band', 'people')$$, 'no other number stands beside it: no total of bands, territories or households');
\echo '# who no longer agrees, or is no longer here, is not counted'
SELECT is(fixture.try('p1', 'customer', $$SELECT ecopanier.withdraw_consent('statistics')$$, keep => true), 'true', 'one withdraws');
SELECT is(fixture.try('p2', 'customer', $$SELECT ecopanier.withdraw_consent('statistics')$$, keep => true), 'true', 'and another');
SELECT is(fixture.told(), '0-2 ?, 3-10 ?, 11-17 ?, 18-24 ?, 25-64 10, 65+ ?', 'at once');
UPDATE ecopanier.member SET state = 'suspended' WHERE display_name = 'p3';
SELECT is(fixture.told(), '0-2 ?, 3-10 ?, 11-17 ?, 18-24 ?, 25-64 ?, 65+ ?', 'who is not active neither');
UPDATE ecopanier.member SET state = 'active' WHERE display_name = 'p3';
SELECT is(fixture.told(), '0-2 ?, 3-10 ?, 11-17 ?, 18-24 ?, 25-64 10, 65+ ?', 'and again');
UPDATE ecopanier.consent_purpose SET required_version = 2 WHERE name = 'statistics';
SELECT is_empty('SELECT * FROM ecopanier.household_statistics', 'consent that is no longer enough counts nobody');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT count(*) FROM ecopanier.household_statistics'), '42501', 'it is for analysts');
SELECT * FROM finish();
