-- The nearest 50 with two filters by PostGIS: the same lots, with all that ours shows. Its KNN orders by distance on a sphere, ours by that on the
-- ellipsoid; a second sort would cost PostGIS more.
PREPARE theirs (double precision, double precision) AS
SELECT p.territory_id, p.lot_id, l.organisation_id, o.name, l.title, l.description, l.category, l.price_cents, l.original_price_cents, s.public_left,
	l.unit_weight_g, l.use_by, l.best_before, l.allergens, l.window_start, l.window_end, l.commune_insee, l.latitude, l.longitude, l.meals_per_unit,
	l.undated, l.cold_class, l.limit_celsius, l.origin, l.farming_method, l.nutri_score, l.labels, l.wishes, l.windows,
	p.place <-> ST_MakePoint($2, $1)::geography AS distance_m
FROM bench.place p
JOIN ecopanier.lot l ON l.territory_id = p.territory_id AND l.id = p.lot_id
JOIN ecopanier.organisation o ON o.territory_id = l.territory_id AND o.id = l.organisation_id
JOIN ecopanier_private.lot_stock s ON s.territory_id = p.territory_id AND s.lot_id = p.lot_id
WHERE p.territory_id = 1 AND p.category = 'bakery' AND p.price_cents <= 500 AND p.window_end > now()
	AND p.use_by >= (now() AT TIME ZONE 'Europe/Paris')::date AND s.public_left > 0
ORDER BY p.place <-> ST_MakePoint($2, $1)::geography LIMIT 50;
-- Its index alone: the ids by place and the two filters, nothing else looked at.
PREPARE index_alone (double precision, double precision) AS
SELECT p.lot_id FROM bench.place p WHERE p.territory_id = 1 AND p.category = 'bakery' AND p.price_cents <= 500
ORDER BY p.place <-> ST_MakePoint($2, $1)::geography LIMIT 50;
