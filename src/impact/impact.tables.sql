/*
 * Impact counts at pickup, never at reservation (rule D7). Factors are those in
 * force at the pickup (rule D8); each view names the versions it used.
 */
CREATE VIEW ecopanier_private.impact_fact WITH (security_barrier) AS
SELECT r.territory_id, r.member_id, l.commune_insee, (r.collected_at AT TIME ZONE t.time_zone)::date AS day,
	r.quantity AS units,
	r.quantity * coalesce(l.meals_per_unit, l.unit_weight_g / w.value, 1) AS meals,
	r.quantity * coalesce(l.meals_per_unit, l.unit_weight_g / w.value, 1) * c.value AS co2_g,
	r.quantity::bigint * l.original_price_cents AS value_cents,
	w.version AS meal_weight_version, c.version AS co2_per_meal_version
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.territory t ON t.id = r.territory_id
CROSS JOIN LATERAL (SELECT s.value, s.version FROM ecopanier.setting s
	WHERE s.territory_id = r.territory_id AND s.name = 'meal_weight' AND s.valid_from <= r.collected_at
	ORDER BY s.valid_from DESC, s.version DESC LIMIT 1) w
CROSS JOIN LATERAL (SELECT s.value, s.version FROM ecopanier.setting s
	WHERE s.territory_id = r.territory_id AND s.name = 'co2_per_meal' AND s.valid_from <= r.collected_at
	ORDER BY s.valid_from DESC, s.version DESC LIMIT 1) c
WHERE r.state = 'collected';
COMMENT ON VIEW ecopanier_private.impact_fact IS 'What each handed-over reservation is worth; the source of the impact views.';
COMMENT ON COLUMN ecopanier_private.impact_fact.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.impact_fact.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier_private.impact_fact.commune_insee IS 'INSEE code of the place of pickup.';
COMMENT ON COLUMN ecopanier_private.impact_fact.day IS 'Local day of the pickup.';
COMMENT ON COLUMN ecopanier_private.impact_fact.units IS 'Units handed over.';
COMMENT ON COLUMN ecopanier_private.impact_fact.meals IS 'Meals in them.';
COMMENT ON COLUMN ecopanier_private.impact_fact.co2_g IS 'Emissions avoided, grams of CO2.';
COMMENT ON COLUMN ecopanier_private.impact_fact.value_cents IS 'Original value, cents: received by the merchant plus saved by the person.';
COMMENT ON COLUMN ecopanier_private.impact_fact.meal_weight_version IS 'Version of the setting meal_weight.';
COMMENT ON COLUMN ecopanier_private.impact_fact.co2_per_meal_version IS 'Version of the setting co2_per_meal.';

CREATE VIEW ecopanier.impact_total WITH (security_barrier) AS
SELECT f.territory_id, t.name AS territory, sum(f.units) AS units, round(sum(f.meals), 2) AS meals,
	round(sum(f.co2_g) / 1000, 3) AS co2_kg, sum(f.value_cents) AS value_cents,
	CASE WHEN count(DISTINCT f.member_id) >= 11 THEN count(DISTINCT f.member_id) END AS people,
	array_agg(DISTINCT f.meal_weight_version) AS meal_weight_versions,
	array_agg(DISTINCT f.co2_per_meal_version) AS co2_per_meal_versions
FROM ecopanier_private.impact_fact f JOIN ecopanier.territory t ON t.id = f.territory_id
GROUP BY f.territory_id, t.name;
COMMENT ON VIEW ecopanier.impact_total IS 'What was handed over in each territory, and what it was worth (rules D7, D8).';

CREATE VIEW ecopanier.impact_by_commune WITH (security_barrier) AS
SELECT f.territory_id, t.name AS territory, f.commune_insee, c.name AS commune, sum(f.units) AS units,
	round(sum(f.meals), 2) AS meals, round(sum(f.co2_g) / 1000, 3) AS co2_kg, sum(f.value_cents) AS value_cents,
	CASE WHEN count(DISTINCT f.member_id) >= 11 THEN count(DISTINCT f.member_id) END AS people,
	array_agg(DISTINCT f.meal_weight_version) AS meal_weight_versions,
	array_agg(DISTINCT f.co2_per_meal_version) AS co2_per_meal_versions
FROM ecopanier_private.impact_fact f JOIN ecopanier.territory t ON t.id = f.territory_id
LEFT JOIN ecopanier.commune c ON c.insee = f.commune_insee
GROUP BY f.territory_id, t.name, f.commune_insee, c.name;
COMMENT ON VIEW ecopanier.impact_by_commune IS 'The same by commune of pickup.';
COMMENT ON COLUMN ecopanier.impact_by_commune.commune_insee IS 'INSEE code of the commune; null where the lot has none.';
COMMENT ON COLUMN ecopanier.impact_by_commune.commune IS 'Its name.';

CREATE VIEW ecopanier.impact_by_day WITH (security_barrier) AS
SELECT f.territory_id, t.name AS territory, f.day, sum(f.units) AS units,
	round(sum(f.meals), 2) AS meals, round(sum(f.co2_g) / 1000, 3) AS co2_kg, sum(f.value_cents) AS value_cents,
	CASE WHEN count(DISTINCT f.member_id) >= 11 THEN count(DISTINCT f.member_id) END AS people,
	array_agg(DISTINCT f.meal_weight_version) AS meal_weight_versions,
	array_agg(DISTINCT f.co2_per_meal_version) AS co2_per_meal_versions
FROM ecopanier_private.impact_fact f JOIN ecopanier.territory t ON t.id = f.territory_id
GROUP BY f.territory_id, t.name, f.day;
COMMENT ON VIEW ecopanier.impact_by_day IS 'The same by local day of pickup.';
COMMENT ON COLUMN ecopanier.impact_by_day.day IS 'Local day of the pickup.';

DO $comments$
DECLARE
	view_name text;
	item record;
BEGIN
	FOREACH view_name IN ARRAY ARRAY['impact_total', 'impact_by_commune', 'impact_by_day']
	LOOP
		FOR item IN SELECT * FROM (VALUES
			('territory_id', 'The territory.'),
			('territory', 'Its name.'),
			('units', 'Units handed over.'),
			('meals', 'Meals in them: declared, else by weight, else one a unit.'),
			('co2_kg', 'Emissions avoided, kilograms of CO2.'),
			('value_cents', 'Original value, cents: received by the merchants plus saved by the people.'),
			('people', 'People who collected something; null below 11.'),
			('meal_weight_versions', 'Versions of the setting meal_weight that were used.'),
			('co2_per_meal_versions', 'Versions of the setting co2_per_meal that were used.')) c (name, text)
		LOOP
			EXECUTE format('COMMENT ON COLUMN ecopanier.%I.%I IS %L', view_name, item.name, item.text);
		END LOOP;
	END LOOP;
END
$comments$;
GRANT SELECT ON ecopanier.impact_total, ecopanier.impact_by_commune, ecopanier.impact_by_day TO ecopanier_analyst;
