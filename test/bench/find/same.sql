-- What ours finds against PostGIS looking at all lots within 30 km by ST_Distance() on the ellipsoid: at each of 40 places, the distances
-- of the 50 nearest, one by one. Prints how many were compared, how many differ by more than 2 centimetres and a millionth, and the largest difference.
CREATE FUNCTION bench.ours(latitude double precision, longitude double precision) RETURNS double precision[] STABLE LANGUAGE sql AS
$$ SELECT array_agg(distance_m ORDER BY n) FROM (SELECT distance_m, row_number() OVER () AS n FROM ecopanier.nearby_lots($1, $2, 30000, '{bakery}', 500)) f $$;
CREATE FUNCTION bench.theirs(latitude double precision, longitude double precision) RETURNS double precision[] STABLE LANGUAGE sql AS
$$ SELECT array_agg(d ORDER BY d) FROM (SELECT ST_Distance(p.place, ST_MakePoint($2, $1)::geography) AS d FROM bench.place p
	JOIN ecopanier_private.lot_stock s USING (territory_id, lot_id)
	WHERE p.territory_id = 1 AND p.category = 'bakery' AND p.price_cents <= 500 AND p.window_end > now() AND s.public_left > 0
	AND ST_DWithin(p.place, ST_MakePoint($2, $1)::geography, 30000) ORDER BY d LIMIT 50) f $$;
GRANT USAGE ON SCHEMA bench TO PUBLIC;
GRANT SELECT ON bench.asker TO PUBLIC;
CREATE TEMP TABLE theirs AS SELECT n, bench.theirs(latitude, longitude) AS distances FROM bench.asker WHERE n <= 40;
SELECT bench.sign_in('Camille') \g /dev/null
SET SESSION AUTHORIZATION find_api;
SET ROLE ecopanier_customer;
SELECT json_agg(json_build_object('n', n, 'distances', bench.ours(latitude, longitude))) AS ours FROM bench.asker WHERE n <= 40 \gset
RESET SESSION AUTHORIZATION;
SELECT count(*), count(*) FILTER (WHERE a.d IS NULL OR b.d IS NULL OR abs(a.d - b.d) > 0.02 + b.d * 1e-6), round(max(abs(a.d - b.d))::numeric, 3)
FROM (SELECT (j.value->>'n')::int AS n, x.i, x.d::double precision FROM json_array_elements(:'ours') j, json_array_elements_text(j.value->'distances') WITH ORDINALITY x (d, i)) a
FULL JOIN (SELECT n, x.i, x.d FROM theirs t, unnest(t.distances) WITH ORDINALITY x (d, i)) b USING (n, i);
