-- What the shops will offer: 120 lots of real products (70 sold, 25 free, 25 mixed), decided by chance that is the same
-- at every run. Lot 13 is for lunch. Run by the operator; it writes the requests of the shops' owners: a session's number, a tab,
-- a request.
\set ON_ERROR_STOP on
INSERT INTO demo.beneficiary (member, verified)
SELECT b.member_id, b.state = 'verified' FROM ecopanier.beneficiary b
JOIN ecopanier.member m ON m.territory_id = b.territory_id AND m.id = b.member_id
JOIN ecopanier.organisation o ON o.territory_id = b.territory_id AND o.id = b.organisation_id
ORDER BY o.name, b.state DESC, m.display_name <> 'Benoît', m.display_name <> 'Zohra', m.display_name;
INSERT INTO demo.player (name, value)
SELECT lower(replace(m.display_name, 'î', 'i')), m.id::text FROM ecopanier.member m
JOIN ecopanier.beneficiary b ON b.territory_id = m.territory_id AND b.member_id = m.id
JOIN ecopanier.organisation o ON o.territory_id = b.territory_id AND o.id = b.organisation_id
WHERE o.name = 'CCAS de la ville' AND m.display_name IN ('Benoît', 'Zohra');

WITH slot AS (
	SELECT n, 1 + (n - 1) / 4 AS shop, CASE WHEN rank <= 70 THEN 'sold' WHEN rank <= 95 THEN 'free' ELSE 'mixed' END AS kind
	FROM (SELECT n, row_number() OVER (ORDER BY n = 13, demo.dice('kind ' || n)) AS rank FROM generate_series(1, 120) n) r
), product AS (
	SELECT row_number() OVER (ORDER BY demo.dice(ean13)) AS n, name FROM demo.product WHERE name !~ '["\\|]'
), closing AS (
	SELECT n AS shop, demo.at(right(hours, 5)::time) AS at FROM demo.shop
)
INSERT INTO demo.lot
SELECT s.n, s.shop, CASE s.n WHEN 13 THEN 'Formule du midi : ' ELSE 'Panier : ' END || p.name,
	CASE WHEN s.n = 13 THEN 4 WHEN kind = 'sold' THEN 2 + floor(4 * demo.dice('public ' || s.n))
		WHEN kind = 'mixed' THEN 1 + floor(3 * demo.dice('public ' || s.n)) ELSE 0 END,
	CASE WHEN s.n = 13 THEN 4 WHEN kind = 'free' THEN 1 + floor(3 * demo.dice('solidarity ' || s.n))
		WHEN kind = 'mixed' THEN 1 + floor(2 * demo.dice('solidarity ' || s.n)) ELSE 0 END,
	price.original, CASE WHEN kind <> 'free' THEN price.original * (30 + floor(41 * demo.dice('price ' || s.n))::int) / 100 END,
	CASE WHEN demo.dice('unweighed ' || s.n) > 0.15 OR demo.dice('declared ' || s.n) >= 0.25 THEN 400 + 100 * floor(20 * demo.dice('weight ' || s.n)) END,
	CASE WHEN demo.dice('declared ' || s.n) < 0.25 THEN 1 + floor(6 * demo.dice('meals ' || s.n)) / 2 END,
	'2026-11-20'::date + floor(4 * demo.dice('use by ' || s.n))::int,
	CASE s.n WHEN 13 THEN demo.at('11:30') ELSE c.at - interval '90 minutes' END,
	CASE s.n WHEN 13 THEN demo.at('14:00') ELSE c.at END
FROM slot s JOIN product p ON p.n = s.n JOIN closing c ON c.shop = s.shop,
	LATERAL (SELECT 100 * (5 + floor(16 * demo.dice('original ' || s.n))::int) AS original) price;

SELECT 1, format('\set role ecopanier_merchant \set sub %s \set step %s \set statement %s \i demo/do.sql', s.owner, r.step,
	quote_literal(r.statement))
FROM demo.shop s, LATERAL (
	SELECT 'insert' AS step, format('WITH made AS (INSERT INTO ecopanier.lot (title, public_units, solidarity_units, '
		'original_price_cents, price_cents, unit_weight_g, meals_per_unit, use_by, window_start, window_end, batch, '
		'category, cold_class, allergens) '
		'SELECT * FROM json_to_recordset(%L) l (title text, public_units int, solidarity_units int, original_price_cents int, '
		'price_cents int, unit_weight_g int, meals_per_unit numeric, use_by date, window_start timestamptz, '
		'window_end timestamptz, batch text, category text, cold_class text, allergens text[]) RETURNING 1) SELECT count(*) AS done FROM made',
		(SELECT json_agg(json_build_object('title', title, 'public_units', public_units, 'solidarity_units', solidarity_units,
			'original_price_cents', original_price_cents, 'price_cents', price_cents, 'unit_weight_g', unit_weight_g,
			'meals_per_unit', meals_per_unit, 'use_by', use_by, 'window_start', window_start, 'window_end', window_end,
			'batch', 'L' || l.n, 'category', CASE l.n WHEN 13 THEN 'prepared_meal' ELSE 'mixed_basket' END,
			'cold_class', CASE l.n WHEN 13 THEN 'perishable' ELSE 'ambient' END,
			'allergens', CASE WHEN demo.dice('allergens ' || l.n) < 0.5 THEN '["gluten"]'::json ELSE '[]' END) ORDER BY l.n) FROM demo.lot l WHERE l.shop = s.n)) AS statement
	UNION ALL
	SELECT 'publish', 'WITH published AS (UPDATE ecopanier.lot SET state = ''published'' WHERE state = ''draft'' RETURNING 1) '
		'SELECT count(*) AS done FROM published') r
ORDER BY s.n, r.step;
