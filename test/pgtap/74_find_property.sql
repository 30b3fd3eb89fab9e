-- Property: whatever is asked, paging through nearby_lots() or search_lots() gives, in order and once each, the lots that a query finds which
-- looks at all of them. Random lots and questions, the same at each run; many lots at the same places; one territory lies on the 180th meridian.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
SELECT setseed(0.4);

CREATE TABLE fixture.word (number int, form text);
INSERT INTO fixture.word VALUES (1, 'pomme'), (1, 'pommes'), (1, 'POMMES'), (2, 'gelée'), (2, 'gelees'), (2, 'Gelées'), (3, 'bœuf'), (3, 'boeufs'), (3, 'BŒUF'),
	(4, 'pâté'), (4, 'PÂTÉS'), (4, 'pates'), (5, 'crème'), (5, 'cremes'), (5, 'Crèmes'), (6, 'l''épinard'), (6, 'Epinards'), (6, 'd’épinards'), (7, 'abricot'), (7, 'abricots'), (8, 'NAVETS'), (8, 'navet');
CREATE FUNCTION fixture.form(word int) RETURNS text VOLATILE LANGUAGE sql AS $$ SELECT form FROM fixture.word WHERE number = $1 ORDER BY random() LIMIT 1 $$;
CREATE FUNCTION fixture.pick(words text[], many int) RETURNS text[] VOLATILE LANGUAGE sql AS
$$ SELECT array_agg(w) FROM (SELECT w FROM unnest(words) w ORDER BY random() LIMIT many) p $$;
CREATE FUNCTION fixture.dice(sides int) RETURNS int VOLATILE LANGUAGE sql AS $$ SELECT floor(random() * sides)::int $$;

-- Lots, and which words each has in title and description.
CREATE TABLE fixture.lot_word (lot_id uuid, in_title boolean, n int);
CREATE FUNCTION fixture.make_lots(many int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t int;
	made uuid;
	opens timestamptz;
	title_words int[];
	text_words int[];
	public int;
	free int;
	wish text[];
	two boolean;
BEGIN
	FOR i IN 1 .. many LOOP
		t := 1 + i % 2;
		made := ecopanier.new_id(t);
		opens := '2026-11-20 12:00Z'::timestamptz + fixture.dice(48) * interval '15 minutes';
		title_words := ARRAY(SELECT 1 + fixture.dice(8) FROM generate_series(1, fixture.dice(3)));
		text_words := ARRAY(SELECT 1 + fixture.dice(8) FROM generate_series(1, fixture.dice(3)));
		public := fixture.dice(3);
		free := CASE WHEN public = 0 THEN 1 + fixture.dice(2) ELSE fixture.dice(3) END;
		wish := CASE fixture.dice(3) WHEN 0 THEN fixture.pick('{no_pork,no_added_sugar,baby_food}', 1 + fixture.dice(3)) ELSE '{}' END;
		two := fixture.dice(4) = 0;
		INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, description, category, cold_class, state, public_units, solidarity_units,
			original_price_cents, price_cents, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents, unit_weight_g, undated, allergens, wishes,
			window_start, window_end, windows, latitude, longitude)
		VALUES (t, made, fixture.organisation('Boulangerie', t),
			i || ' ' || coalesce((SELECT string_agg(fixture.form(w), ' et ') FROM unnest(title_words) w), 'panier'),
			'Un lot ' || coalesce((SELECT string_agg(fixture.form(w), ', ') FROM unnest(text_words) w), ''),
			(ARRAY['bakery', 'dairy', 'fish', 'grocery'])[1 + fixture.dice(4)], (ARRAY['ambient', 'perishable', 'frozen'])[1 + fixture.dice(3)],
			CASE fixture.dice(10) WHEN 0 THEN 'closed' ELSE 'published' END, public, free, 1000, CASE WHEN public > 0 THEN 700 - 20 * fixture.dice(10) END,
			CASE WHEN public > 0 AND i % 3 = 0 THEN '2026-11-20 15:00Z'::timestamptz END, CASE WHEN public > 0 AND i % 3 = 0 THEN 30 END,
			CASE WHEN public > 0 AND i % 3 = 0 THEN 50 END, CASE WHEN public > 0 AND i % 3 = 0 THEN 400 END, 500, true,
			CASE WHEN public = 0 AND fixture.dice(2) = 0 THEN NULL ELSE coalesce(fixture.pick('{gluten,lait,soja,lupin}', fixture.dice(4)), '{}') END, wish,
			CASE WHEN NOT two THEN opens END, CASE WHEN NOT two THEN opens + interval '2 hours' END,
			CASE WHEN two THEN ARRAY[tstzrange(opens, opens + interval '1 hour'), tstzrange(opens + interval '3 hours', opens + interval '4 hours')] END,
			CASE t WHEN 1 THEN 46.5 + round(random()::numeric * 0.4, 2) ELSE -17 + round(random()::numeric * 0.4, 2) END,
			CASE t WHEN 1 THEN 0.2 + round(random()::numeric * 0.4, 2) WHEN 2 THEN (CASE fixture.dice(2) WHEN 0 THEN -180 + round(random()::numeric * 0.2, 2) ELSE 180 - round(random()::numeric * 0.2, 2) END) END);
		INSERT INTO fixture.lot_word SELECT made, true, w FROM unnest(title_words) w UNION ALL SELECT made, false, w FROM unnest(text_words) w;
	END LOOP;
END $$;
SELECT fixture.make_lots(1200) \g /dev/null
-- Some are sold out, or have no free unit left.
INSERT INTO ecopanier.reservation (lot_id, member_id, quantity, pool)
SELECT l.id, fixture.id('Claude', l.territory_id), l.public_units, 'public' FROM ecopanier.lot l WHERE l.public_units > 0 AND l.state = 'published' AND l.title ~ '^\d*3 ';
ANALYZE ecopanier_private.open_lot;

CREATE TABLE fixture.question (n int, territory int, beneficiary boolean, latitude float8, longitude float8, radius float8, query text, words int[],
	categories text[], most int, wfrom timestamptz, wuntil timestamptz, open_now boolean, without text[], wished text[], cold text[], page int);
INSERT INTO fixture.question
SELECT n, 1 + n % 2, fixture.dice(2) = 0, CASE WHEN n % 2 = 0 THEN 46.5 + random() * 0.4 ELSE -17 + random() * 0.4 END,
	CASE WHEN n % 2 = 0 THEN 0.2 + random() * 0.4 WHEN fixture.dice(2) = 0 THEN -180 + random() * 0.2 ELSE 180 - random() * 0.2 END,
	(ARRAY[500, 3000, 10000, 30000, 100000])[1 + fixture.dice(5)], NULL, CASE WHEN n % 3 > 0 THEN ARRAY(SELECT DISTINCT 1 + fixture.dice(8) FROM generate_series(1, 1 + fixture.dice(2))) END,
	CASE WHEN fixture.dice(3) = 0 THEN fixture.pick('{bakery,dairy,fish,grocery}', 1 + fixture.dice(2)) END, CASE WHEN fixture.dice(3) = 0 THEN fixture.dice(700) END,
	CASE WHEN fixture.dice(4) = 0 THEN '2026-11-20 12:00Z'::timestamptz + fixture.dice(40) * interval '15 minutes' END,
	CASE WHEN fixture.dice(4) = 0 THEN '2026-11-20 23:00Z'::timestamptz + fixture.dice(20) * interval '15 minutes' END, fixture.dice(5) = 0,
	CASE WHEN fixture.dice(3) = 0 THEN fixture.pick('{gluten,lait,soja,lupin}', 1 + fixture.dice(2)) END, CASE WHEN fixture.dice(6) = 0 THEN fixture.pick('{no_pork,no_added_sugar,baby_food}', 1) END,
	CASE WHEN fixture.dice(5) = 0 THEN fixture.pick('{ambient,perishable,frozen}', 1) END, (ARRAY[1, 3, 7, 50, 100])[1 + fixture.dice(5)]
FROM generate_series(1, 240) n;
UPDATE fixture.question SET query = (SELECT string_agg(fixture.form(w), ' ') FROM unnest(words) w) WHERE words IS NOT NULL;
UPDATE fixture.question SET latitude = NULL, longitude = NULL WHERE n % 3 = 2;
GRANT SELECT ON fixture.question TO PUBLIC;

-- All pages, as the caller; what comes twice or is not in order shows.
CREATE FUNCTION fixture.pages(asked int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	q fixture.question;
	f record;
	last record;
	found int;
	list text := '';
	pages int := 0;
BEGIN
	SELECT * INTO q FROM fixture.question WHERE n = asked;
	SELECT NULL::float8 AS distance_m, NULL::int AS rank, NULL::timestamptz AS window_end, NULL::uuid AS lot_id INTO last;
	LOOP
		found := 0;
		FOR f IN SELECT lot_id, price_cents, units_left, distance_m, NULL::int AS rank, window_end FROM ecopanier.nearby_lots(q.latitude, q.longitude, q.radius, q.categories, q.most, q.wfrom, q.wuntil,
				false, q.open_now, q.without, q.wished, q.cold, q.page, last.distance_m, last.lot_id) WHERE q.query IS NULL
			UNION ALL SELECT lot_id, price_cents, units_left, distance_m, rank, window_end FROM ecopanier.search_lots(q.query, q.latitude, q.longitude, q.radius, q.categories, q.most, q.wfrom, q.wuntil,
				false, q.open_now, q.without, q.wished, q.cold, q.page, last.distance_m, last.rank, CASE WHEN last.rank IS NOT NULL THEN last.window_end END, last.lot_id) WHERE q.query IS NOT NULL
		LOOP
			list := list || format('%s %s %s|', f.lot_id, f.price_cents, f.units_left);
			SELECT f.distance_m, f.rank, f.window_end, f.lot_id INTO last;
			found := found + 1;
		END LOOP;
		pages := pages + 1;
		IF found > q.page OR pages > 1000 THEN
			RETURN 'a page is too large, or there is no end';
		END IF;
		EXIT WHEN found < q.page;
	END LOOP;
	RETURN list;
END $$;

-- The same from the tables.
CREATE FUNCTION fixture.expected(asked int) RETURNS text STABLE LANGUAGE sql AS $$
	SELECT coalesce(string_agg(format('%s %s %s|', o.id, o.price, o.units), '' ORDER BY CASE WHEN q.latitude IS NULL THEN -o.rank END, CASE WHEN q.latitude IS NULL THEN o.window_end END, o.distance, o.id), '')
	FROM fixture.question q
	CROSS JOIN LATERAL (SELECT l.*, CASE WHEN q.beneficiary AND s.solidarity_left > 0 THEN 0 ELSE p.price END AS price,
			CASE WHEN q.beneficiary AND s.solidarity_left > 0 THEN s.solidarity_left ELSE s.public_left END AS units,
			CASE WHEN q.latitude IS NOT NULL THEN round((ecopanier.distance_m(q.latitude, q.longitude, l.latitude, l.longitude) * 1000)::numeric) / 1000 END AS distance,
			(NOT EXISTS (SELECT FROM unnest(q.words) w WHERE NOT EXISTS (SELECT FROM fixture.lot_word x WHERE x.lot_id = l.id AND x.in_title AND x.n = w)))::int AS rank
		FROM ecopanier.lot l JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id
		CROSS JOIN LATERAL (SELECT ecopanier.price_on_schedule(l.price_cents, l.price_falls_from, l.price_step_minutes, l.price_step_cents, l.price_floor_cents, ecopanier.now())) p (price)
		WHERE l.territory_id = q.territory AND l.state = 'published') o
	WHERE q.n = asked AND o.units > 0 AND o.price IS NOT NULL AND o.window_end > ecopanier.now()
		AND (q.latitude IS NULL OR o.distance <= q.radius)
		AND (q.most IS NULL OR o.price <= q.most) AND (q.categories IS NULL OR o.category = ANY (q.categories)) AND (q.cold IS NULL OR o.cold_class = ANY (q.cold))
		AND (q.without IS NULL OR NOT o.allergens && q.without) AND (q.wished IS NULL OR o.wishes @> q.wished)
		AND EXISTS (SELECT FROM unnest(coalesce(o.windows, ARRAY[tstzrange(o.window_start, o.window_end)])) w
			WHERE upper(w) > ecopanier.now() AND (NOT q.open_now OR w @> ecopanier.now()) AND w && tstzrange(q.wfrom, q.wuntil))
		AND NOT EXISTS (SELECT FROM unnest(q.words) w WHERE NOT EXISTS (SELECT FROM fixture.lot_word x WHERE x.lot_id = o.id AND x.n = w)) $$;

CREATE TEMP TABLE answer AS SELECT q.n, fixture.expected(q.n) AS expected,
	fixture.try(CASE WHEN q.beneficiary THEN 'Benoit' ELSE 'Camille' END, CASE WHEN q.beneficiary THEN 'beneficiary' ELSE 'customer' END,
		format('SELECT fixture.pages(%s)', q.n), q.territory) AS found
FROM fixture.question q;
SELECT is_empty($$SELECT n, left(expected, 200), left(found, 200) FROM answer WHERE found IS DISTINCT FROM expected$$, 'each question has its answer');
SELECT cmp_ok(count(*) FILTER (WHERE expected <> ''), '>', 120::bigint, 'most find something') FROM answer;
SELECT cmp_ok(max(length(expected) - length(replace(expected, '|', ''))), '>', 100, 'some find many') FROM answer;
SELECT cmp_ok(sum(length(expected) - length(replace(expected, '|', ''))), '>', 3000::bigint, 'many lots were found') FROM answer;
SELECT is(count(DISTINCT (n % 3, expected <> '')) FILTER (WHERE expected <> ''), 3::bigint, 'of all three kinds') FROM answer;
SELECT is(ecopanier.rebuild_open_lots(), 0::bigint, 'a rebuild changes nothing');
SELECT * FROM finish();
