-- The day in one table, from what the clients were told.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE TEMP VIEW mine AS
SELECT r.* FROM ecopanier.reservation r JOIN ecopanier.territory t ON t.id = r.territory_id WHERE t.slug = 'grand-poitiers';
CREATE TEMP VIEW handed AS
SELECT r.role, r.lot, v.units::int AS units
FROM demo.verdict v JOIN demo.scan s ON s.n = v.scan JOIN demo.receipt r USING (reservation) WHERE v.verdict = 'handed_over';
-- Rule D8 by hand, from what the shops offered.
CREATE TEMP VIEW worth AS
SELECT h.role, h.units * coalesce(l.meals_per_unit, l.unit_weight_g / 500.0, 1) AS meals, h.units * l.original_price_cents AS cents
FROM handed h JOIN demo.lot l USING (lot);

-- One row for each thing that happened to units, in the order of the day.
CREATE TEMP VIEW happened AS
SELECT 1 AS place, 'offered' AS what, 'ecopanier_customer' AS role, public_units AS units FROM demo.lot
UNION ALL SELECT 1, 'offered', 'ecopanier_beneficiary', solidarity_units FROM demo.lot
UNION ALL SELECT 2, 'asked for', role, quantity FROM (SELECT DISTINCT ON (request) role, quantity FROM demo.attempt ORDER BY request, n) a
UNION ALL SELECT 3, 'claimed', role, units FROM demo.receipt
UNION ALL SELECT 4, 'cancelled', r.role, r.units FROM demo.receipt r JOIN demo.lot l USING (lot)
	WHERE r.reservation IN (SELECT reservation FROM demo.cancelled)
		OR l.n = (SELECT value::int FROM demo.player WHERE name = 'broken_lot')
UNION ALL SELECT 5, 'collected', role, units FROM handed;
CREATE TEMP TABLE seen AS
SELECT place, what, sum(units) FILTER (WHERE role = 'ecopanier_customer') AS sold,
	coalesce(sum(units) FILTER (WHERE role = 'ecopanier_beneficiary'), 0) AS free
FROM happened GROUP BY place, what;
INSERT INTO seen SELECT 6, 'lapsed', sum(sold * sign), sum(free * sign)
FROM seen JOIN (VALUES ('claimed', 1), ('cancelled', -1), ('collected', -1)) s (what, sign) USING (what);

CREATE TEMP TABLE refused AS
SELECT a.code, e.name, count(*) FILTER (WHERE t.role = 'ecopanier_customer') AS sold,
	count(*) FILTER (WHERE t.role = 'ecopanier_beneficiary') AS free
FROM demo.answer a JOIN demo.attempt t ON t.n = a.attempt LEFT JOIN ecopanier.error_code() e ON e.code = a.code
WHERE a.code <> '00000' GROUP BY a.code, e.name;

CREATE TEMP VIEW saved AS
SELECT sum(meals) FILTER (WHERE role = 'ecopanier_customer') AS sold, sum(meals) FILTER (WHERE role = 'ecopanier_beneficiary') AS free,
	sum(cents) FILTER (WHERE role = 'ecopanier_customer') / 100.0 AS sold_eur,
	sum(cents) FILTER (WHERE role = 'ecopanier_beneficiary') / 100.0 AS free_eur
FROM worth;

\pset footer off
\pset border 2
\echo
SELECT what AS "Friday 20 November 2026, Grand Poitiers", sold, free, sold + free AS "all" FROM (
	SELECT place, 'units ' || what AS what, sold, free FROM seen
	UNION ALL SELECT 7, format('refused: %s (%s)', replace(name, '_', ' '), code), sold, free FROM refused
	UNION ALL SELECT 8, 'saved: meals', round(sold, 1), round(free, 1) FROM saved
	UNION ALL SELECT 9, 'saved: kg of CO₂', round(0.9 * sold, 1), round(0.9 * free, 1) FROM saved
	UNION ALL SELECT 10, 'saved: worth in EUR', round(sold_eur), round(free_eur) FROM saved
	) t ORDER BY place, what;
