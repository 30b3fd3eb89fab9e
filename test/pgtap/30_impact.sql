-- Impact: at pickup and never before (D7), by the factors in force then (D8), people only where they are eleven; for analysts.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

CREATE TEMP TABLE basket (n serial, says text, quantity int, pool text, weight int, meals numeric, collected timestamptz);
INSERT INTO basket (says, quantity, pool, weight, meals, collected) VALUES
('declared meals win over the weight', 2, 'public', 1200, 3, '2026-11-19 18:00+00'),
('else by weight', 1, 'solidarity', 1200, NULL, '2026-11-19 18:00+00'),
('else one meal a unit', 3, 'solidarity', NULL, NULL, '2026-11-19 22:59:59+00'),
('local midnight begins the next day', 1, 'public', 500, NULL, '2026-11-19 23:00+00'),
('claimed but not collected counts nothing', 5, 'public', 1200, NULL, NULL);
-- Each claim lies a day before the last one, so that no quota is used up.
CREATE SEQUENCE fixture.days;
CREATE FUNCTION fixture.next() RETURNS bigint LANGUAGE sql AS $$ SELECT 24 * nextval('fixture.days') $$;
CREATE FUNCTION fixture.basket(member text, quantity int, pool text, weight int, meals numeric, collected timestamptz) RETURNS void LANGUAGE sql AS $$
	WITH lot AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents,
			price_cents, category, cold_class, undated, allergens, unit_weight_g, meals_per_unit, window_start, window_end, state)
		VALUES (1, fixture.organisation('Boulangerie'), 'impact', CASE pool WHEN 'public' THEN quantity ELSE 0 END,
			CASE pool WHEN 'public' THEN 0 ELSE quantity END, 1000, CASE pool WHEN 'public' THEN 400 END, 'bakery', 'ambient', true, '{}', weight, meals,
			'2026-11-19 17:00+00', '2026-11-20 19:00+00', CASE WHEN weight IS NULL AND meals IS NULL THEN 'closed' ELSE 'published' END) RETURNING id)
	INSERT INTO ecopanier.reservation (lot_id, member_id, quantity, pool, state, claimed_at, collected_at)
	SELECT id, fixture.id(member), quantity, pool, CASE WHEN collected IS NULL THEN 'held' ELSE 'collected' END,
		coalesce(collected, '2026-11-19 17:00+00') - interval '1 hour' * fixture.next(), collected FROM lot
$$;

SELECT is_empty('SELECT * FROM ecopanier.impact_total', 'nothing collected, no impact');
SELECT fixture.basket(CASE pool WHEN 'public' THEN 'Camille' ELSE 'Benoit' END, CASE pool WHEN 'public' THEN quantity ELSE least(quantity, 2) END,
	pool, weight, meals, collected) FROM basket WHERE n <> 3 ORDER BY n;
SELECT fixture.basket('Basma', 1, 'solidarity', NULL, NULL, '2026-11-19 22:59:59+00'), fixture.basket('Bilal', 2, 'solidarity', NULL, NULL, '2026-11-19 22:59:59+00');

SELECT results_eq('SELECT units, meals, co2_kg, value_cents, people FROM ecopanier.impact_total',
	$$VALUES (7::bigint, 12.40::numeric, 11.160::numeric, 7000::numeric, NULL::bigint)$$, '2 x 3 + 2.4 + 3 + 1 meals, 0.9 kg each, original prices, fewer than eleven people');
SELECT results_eq('SELECT day, units, meals FROM ecopanier.impact_by_day ORDER BY day',
	$$VALUES ('2026-11-19'::date, 6::bigint, 11.40::numeric), ('2026-11-20', 1, 1.00)$$, 'days are local ones');
SELECT results_eq('SELECT commune_insee, units FROM ecopanier.impact_by_commune', $$VALUES (NULL::text, 7::bigint)$$, 'a lot without commune is counted');

\echo '# a factor binds pickups from its day on'
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES
	(1, 'co2_per_meal', 1000, '2026-11-20 12:00+00', 'test'), (1, 'meal_weight', 250, '2026-11-20 12:00+00', 'test');
SELECT results_eq('SELECT meals, co2_kg FROM ecopanier.impact_total', $$VALUES (12.40::numeric, 11.160::numeric)$$, 'history stays as it was');
SELECT fixture.basket('Camille', 1, 'public', 500, NULL, '2026-11-20 11:59:59+00'), fixture.basket('Camille', 1, 'public', 500, NULL, '2026-11-20 12:00+00');
SELECT results_eq('SELECT meals, co2_kg, meal_weight_versions, co2_per_meal_versions FROM ecopanier.impact_total',
	$$VALUES (15.40::numeric, 14.060::numeric, '{1,2}'::int[], '{1,2}'::int[])$$, 'one meal of 0.9 kg before it, two of 1 kg after, both versions named');

\echo '# people: ten are not told, eleven are'
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, 'P' || i FROM generate_series(1, 7) i;
SELECT fixture.basket('P' || i, 1, 'public', 500, NULL, '2026-11-20 13:00+00') FROM generate_series(1, 6) i;
SELECT is((SELECT people FROM ecopanier.impact_total), NULL, 'ten people');
SELECT fixture.basket('P7', 1, 'public', 500, NULL, '2026-11-20 13:00+00');
SELECT is((SELECT people FROM ecopanier.impact_total), 11::bigint, 'eleven people');

\echo '# analysts read the impact and nothing else'
SELECT is(string_agg(c.relname, ', ' ORDER BY c.relname), 'cascade_total, household_statistics, impact_by_commune, impact_by_day, impact_total', 'five views')
FROM pg_class c WHERE c.relnamespace IN ('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace) AND c.relkind IN ('r', 'v')
	AND has_any_column_privilege('ecopanier_analyst', c.oid, 'SELECT, INSERT, UPDATE');
SET ROLE ecopanier_analyst;
SELECT is((SELECT units FROM ecopanier.impact_total), 16::bigint, 'which an analyst reads without being anybody');
SELECT throws_ok('SELECT * FROM ecopanier.reservation', '42501');
SELECT throws_ok('SELECT * FROM ecopanier_private.impact_fact', '42501');
RESET ROLE;
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
