-- Finding lots: nearby_lots() and search_lots() against a query that looks at every lot; who is shown what; both sides of each filter.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

-- A lot with some of its columns given; a load.
CREATE FUNCTION fixture.offer(name text, change jsonb DEFAULT '{}', territory int DEFAULT 1) RETURNS uuid VOLATILE LANGUAGE plpgsql AS $$
DECLARE
	given ecopanier.lot;
	made uuid := ecopanier.new_id(territory);
BEGIN
	given := jsonb_populate_record(NULL::ecopanier.lot, jsonb_build_object('territory_id', territory, 'id', made, 'title', name, 'state', 'published',
		'organisation_id', fixture.organisation('Boulangerie', territory), 'public_units', 5, 'solidarity_units', 0, 'original_price_cents', 1000,
		'price_cents', 400, 'unit_weight_g', 1200, 'category', 'bakery', 'cold_class', 'ambient', 'batch', 'L1', 'allergens', '["gluten"]'::jsonb,
		'use_by', '2026-11-25', 'undated', false, 'provenance', 'bought', 'labels', '[]'::jsonb, 'wishes', '[]'::jsonb, 'created_at', ecopanier.now(),
		'window_start', '2026-11-20 17:00Z', 'window_end', '2026-11-20 19:00Z', 'latitude', 46.58, 'longitude', 0.34) || change);
	INSERT INTO ecopanier.lot SELECT given.*;
	RETURN fixture.name_lot(name, made);
END $$;
REVOKE ALL ON FUNCTION fixture.offer(text, jsonb, int) FROM PUBLIC;
CREATE FUNCTION fixture.names(lots uuid[]) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT string_agg(coalesce(l.name, '?'), ' ' ORDER BY u.n) FROM unnest(lots) WITH ORDINALITY u (id, n) LEFT JOIN fixture.named_lot l USING (id) $$;
CREATE FUNCTION fixture.set_of(lots uuid[]) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT string_agg(coalesce(l.name, '?'), ' ' ORDER BY l.name) FROM unnest(lots) u (id) LEFT JOIN fixture.named_lot l USING (id) $$;
GRANT SELECT ON fixture.named_lot TO PUBLIC;

\echo '# filters, both sides of each'
SELECT fixture.offer('plain'), fixture.offer('fish', '{"category": "fish", "cold_class": "very_perishable", "allergens": ["poissons", "lait"]}'),
	fixture.offer('free', '{"public_units": 0, "solidarity_units": 3, "price_cents": null, "category": "fruit", "allergens": null}'),
	fixture.offer('pure', '{"category": "fruit", "allergens": [], "wishes": ["no_milk", "no_pork"]}'),
	fixture.offer('late', '{"window_start": "2026-11-20 20:00Z", "window_end": "2026-11-20 21:00Z", "price_cents": 500}'),
	fixture.offer('twice', '{"window_start": null, "window_end": null, "windows": ["[\"2026-11-20 15:00Z\",\"2026-11-20 15:30Z\")", "[\"2026-11-20 16:30Z\",\"2026-11-20 16:45Z\")"]}'),
	fixture.offer('falling', '{"price_cents": 700, "price_falls_from": "2026-11-20 16:30Z", "price_step_minutes": 30, "price_step_cents": 100, "price_floor_cents": 400}'),
	fixture.offer('draft', '{"state": "draft"}'), fixture.offer('closed', '{"state": "closed"}'), fixture.offer('cancelled', '{"state": "cancelled"}'),
	fixture.offer('elsewhere', '{}', 2)  \g /dev/null
CREATE TEMP TABLE filter (n serial, says text, arguments text, expected text, name text DEFAULT 'Camille', role text DEFAULT 'customer', at text);
INSERT INTO filter (says, arguments, expected) VALUES
('no filter', '46.58, 0.34', 'falling fish late plain pure twice'),
('a category', '46.58, 0.34, categories => ''{fish}''', 'fish'),
('two', '46.58, 0.34, categories => ''{fish,fruit}''', 'fish pure'),
('an empty list filters nothing', '46.58, 0.34, categories => ''{}''', 'falling fish late plain pure twice'),
('a price', '46.58, 0.34, most_cents => 400', 'fish plain pure twice'),
('a cent less', '46.58, 0.34, most_cents => 399', NULL),
('a cent more than the late one', '46.58, 0.34, most_cents => 501', 'fish late plain pure twice'),
('for nothing, for a customer', '46.58, 0.34, free_only => true', NULL),
('not open yet', '46.58, 0.34, open_now => true', NULL),
('a window that begins when the time ends', '46.58, 0.34, window_from => ''2026-11-20 19:00Z'', window_until => ''2026-11-20 20:00Z''', NULL),
('a moment longer', '46.58, 0.34, window_from => ''2026-11-20 19:00Z'', window_until => ''2026-11-20 20:00:00.000001Z''', 'late'),
('a moment earlier', '46.58, 0.34, window_from => ''2026-11-20 18:59:59.999999Z'', window_until => ''2026-11-20 20:00Z''', 'falling fish plain pure'),
('from a time on', '46.58, 0.34, window_from => ''2026-11-20 19:00Z''', 'late'),
('until a time', '46.58, 0.34, window_until => ''2026-11-20 17:00Z''', 'twice'),
('of two windows the one that is over does not count', '46.58, 0.34, window_until => ''2026-11-20 16:30Z''', NULL),
('nor the time between', '46.58, 0.34, window_from => ''2026-11-20 15:30Z'', window_until => ''2026-11-20 16:30Z''', NULL),
('the second does', '46.58, 0.34, window_from => ''2026-11-20 16:44Z'', window_until => ''2026-11-20 16:50Z''', 'twice'),
('without milk', '46.58, 0.34, without_allergens => ''{lait}''', 'falling late plain pure twice'),
('without milk nor gluten', '46.58, 0.34, without_allergens => ''{lait,gluten}''', 'pure'),
('wished', '46.58, 0.34, wished => ''{no_milk}''', 'pure'),
('all that is wished', '46.58, 0.34, wished => ''{no_milk,no_pork}''', 'pure'),
('not a part of it', '46.58, 0.34, wished => ''{no_milk,no_fish}''', NULL),
('cold', '46.58, 0.34, cold_classes => ''{very_perishable,frozen}''', 'fish'),
('all at once', '46.58, 0.34, 10, ''{fruit}'', 400, ''2026-11-20 17:30Z'', ''2026-11-20 18:00Z'', false, false, ''{lait}'', ''{no_pork}'', ''{ambient}''', 'pure');
INSERT INTO filter (says, name, role, arguments, expected, at) VALUES
('a window that opens now', 'Camille', 'customer', '46.58, 0.34, open_now => true', 'falling fish plain pure', '2026-11-20 17:00Z'),
('a moment before', 'Camille', 'customer', '46.58, 0.34, open_now => true', NULL, '2026-11-20 16:59:59.999999Z'),
('the second window is open', 'Camille', 'customer', '46.58, 0.34, open_now => true', 'twice', '2026-11-20 16:30Z'),
('until it ends', 'Camille', 'customer', '46.58, 0.34, open_now => true', 'twice', '2026-11-20 16:44:59.999999Z'),
('when a window is over the lot is gone', 'Camille', 'customer', '46.58, 0.34', 'late', '2026-11-20 19:00Z'),
('a moment before it is there', 'Camille', 'customer', '46.58, 0.34', 'falling fish late plain pure', '2026-11-20 18:59:59.999999Z'),
('the price has not fallen', 'Camille', 'customer', '46.58, 0.34, most_cents => 699, categories => ''{bakery}'', window_from => ''2026-11-20 18:00Z'', window_until => ''2026-11-20 18:30Z''', 'plain', '2026-11-20 16:29:59.999999Z'),
('it falls', 'Camille', 'customer', '46.58, 0.34, most_cents => 699, categories => ''{bakery}'', window_from => ''2026-11-20 18:00Z'', window_until => ''2026-11-20 18:30Z''', 'falling plain', '2026-11-20 16:30Z'),
('a beneficiary sees free and paid ones', 'Benoit', 'beneficiary', '46.58, 0.34', 'falling fish free late plain pure twice', NULL),
('free ones alone', 'Benoit', 'beneficiary', '46.58, 0.34, free_only => true', 'free', NULL),
('a price of 0 is free as well', 'Benoit', 'beneficiary', '46.58, 0.34, most_cents => 0', 'free', NULL),
('unknown allergens satisfy no exclusion', 'Benoit', 'beneficiary', '46.58, 0.34, categories => ''{fruit}'', without_allergens => ''{lait}''', 'pure', NULL),
('without an exclusion they do not matter', 'Benoit', 'beneficiary', '46.58, 0.34, categories => ''{fruit}''', 'free pure', NULL),
('who is not verified sees the paid ones', 'Bruno', 'beneficiary', '46.58, 0.34', 'falling fish late plain pure twice', NULL),
('on the last day of the right', 'Benoit', 'beneficiary', '46.58, 0.34, free_only => true', NULL, '2026-12-31 22:59Z');
SELECT is(fixture.try(name, role, format('SELECT coalesce(fixture.set_of(array_agg(lot_id)), ''-'') FROM ecopanier.nearby_lots(%s)', arguments), 1, at),
	coalesce(expected, '-'), says) FROM filter ORDER BY n;

\echo '# who may look, what is shown'
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);
INSERT INTO step (says, name, role, statement, expected) VALUES
('free units for nothing, with what is left', 'Benoit', 'beneficiary', $$SELECT price_cents || ' ' || units_left FROM ecopanier.nearby_lots(46.58, 0.34) WHERE title = 'free'$$, '0 3'),
('others at their price', 'Benoit', 'beneficiary', $$SELECT price_cents || ' ' || units_left FROM ecopanier.nearby_lots(46.58, 0.34) WHERE title = 'late'$$, '500 5'),
('what the view has is the same in the list', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.58, 0.34) f JOIN ecopanier.lot_offer o USING (territory_id, lot_id)
	WHERE to_jsonb(f) - 'distance_m' = to_jsonb(o)$$, '6'),
('and all of it', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.lot_offer$$, '6'),
('a beneficiary''s view has the free ones', 'Benoit', 'beneficiary', $$SELECT string_agg(title || price_cents, ' ') FROM ecopanier.lot_offer$$, 'free0'),
('who may claim free ones is told so', 'Benoit', 'beneficiary', 'SELECT ecopanier.may_claim_free()', 'true'),
('who is not verified sees none there either', 'Bruno', 'beneficiary', $$SELECT ecopanier.may_claim_free() || ' ' || count(*) FROM ecopanier.lot_offer$$, 'false 0'),
('a customer claims nothing free', 'Camille', 'customer', 'SELECT ecopanier.may_claim_free()', 'false'),
('nothing says which pool it is from', 'Benoit', 'beneficiary', $$SELECT count(*) FROM ecopanier.nearby_lots(46.58, 0.34) f, jsonb_object_keys(to_jsonb(f)) k WHERE k ~ 'pool|public|solidarity|role'$$, '0'),
('another territory sees its own', 'Camille', 'customer', $$SELECT string_agg(title, ' ') FROM ecopanier.nearby_lots(46.58, 0.34)$$, 'elsewhere'),
('a merchant claims nothing, so finds nothing', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.nearby_lots(46.58, 0.34)$$, '42501'),
('nor does an administrator', 'Adele', 'administrator', $$SELECT count(*) FROM ecopanier.search_lots('pain')$$, '42501'),
('the price that is shown is the price that is paid', 'Camille', 'customer', $$SELECT (SELECT price_cents FROM ecopanier.nearby_lots(46.58, 0.34) WHERE title = 'falling')
	|| ' ' || (SELECT amount_cents FROM ecopanier.reserve(fixture.named('falling')))$$, '600 600'),
('a claim of all', 'Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('fish'), 5)$$, 'held'),
('sold out', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.58, 0.34, categories => '{fish}')$$, '0'),
('two free units', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'), 2)$$, 'held'),
('one is left for the others', 'Basma', 'beneficiary', $$SELECT units_left FROM ecopanier.nearby_lots(46.58, 0.34) WHERE title = 'free'$$, '1'),
('not for who has had the day''s', 'Benoit', 'beneficiary', $$SELECT fixture.set_of(array_agg(lot_id)) FROM ecopanier.nearby_lots(46.58, 0.34)$$, 'falling late plain pure twice');
UPDATE step SET territory = 2 WHERE says LIKE 'another territory%';
UPDATE step SET at = '2026-11-20 16:30Z' WHERE says LIKE 'the price that is shown%';
SELECT is(fixture.try(name, role, statement, territory, at, keep => says ~ '^(a claim|two free)'), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# a quota in points: what a person has points for is free, the rest at its price'
SELECT fixture.offer('dear', '{"category": "meat", "solidarity_units": 3}'), fixture.offer('cheap', '{"category": "vegetables", "solidarity_units": 3}') \g /dev/null
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'quota_kind', 1, '2026-11-20 16:00Z', 'test'), (1, 'quota_points_per_day', 4, '2026-11-20 16:00Z', 'test');
INSERT INTO step (says, name, role, statement, expected) VALUES
('meat counts 4', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('meat', 4, 'test')$$, '1'),
('vegetables 3', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('vegetables', 3, 'test')$$, '1'),
('both are free', 'Bilal', 'beneficiary', $$SELECT string_agg(title || price_cents, ' ' ORDER BY title) FROM ecopanier.nearby_lots(46.58, 0.34, categories => '{meat,vegetables}')$$, 'cheap0 dear0'),
('a claim of the cheap one', 'Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'held'),
('a point is gone', 'Bilal', 'beneficiary', $$SELECT string_agg(title || price_cents, ' ' ORDER BY title) FROM ecopanier.nearby_lots(46.58, 0.34, categories => '{meat,vegetables}')$$, 'cheap0 dear400'),
('as a claim says', 'Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('dear'))$$, 'ZE105'),
('and says of the other', 'Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('cheap'))$$, 'held'),
('what has a price is claimed from the public pool', 'Bilal', 'beneficiary', $$SELECT amount_cents FROM ecopanier.reserve(fixture.named('dear'), 1, NULL, 'public')$$, '400');
SELECT is(fixture.try(name, role, statement, territory, at, keep => says ~ '^(meat|veg|a claim)'), expected, says) FROM step ORDER BY n;
TRUNCATE step;
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'quota_kind', 0, '2026-11-20 16:00Z', 'test');
SELECT fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id IN (fixture.named('dear'), fixture.named('cheap'))$$, keep => true) \g /dev/null

SELECT throws_ok('SELECT * FROM ecopanier.nearby_lots(46.58, 0.34)', '42501', NULL, 'nobody who is not signed in');

\echo '# a claim writes nothing of what is searched; units that are added neither'
SELECT md5(string_agg(o.xmin::text || o.ctid::text, ' ' ORDER BY lot_id)) AS before FROM ecopanier_private.open_lot o \gset
SELECT fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('plain'))$$, keep => true),
	fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = 9 WHERE id = fixture.named('plain')$$, keep => true) \g /dev/null
SELECT is(md5(string_agg(o.xmin::text || o.ctid::text, ' ' ORDER BY lot_id)), :'before'::text, 'the same rows') FROM ecopanier_private.open_lot o;
SELECT is(fixture.try('Camille', 'customer', $$SELECT units_left FROM ecopanier.nearby_lots(46.58, 0.34) WHERE title = 'plain'$$), '8', 'and yet what is left is told');

\echo '# words'
CREATE TEMP TABLE document (n serial, query text, expected text);
SELECT fixture.offer('eggs', '{"title": "Œufs frais d’Hélène", "description": "Six œufs de poules élevées en plein air", "category": "eggs"}'),
	fixture.offer('jelly', '{"title": "Gelées de pommes", "description": "Bocaux de 250 g, fabrication artisanale", "category": "grocery"}'),
	fixture.offer('bread', '{"title": "Pain de campagne", "description": "Pain au levain, ou ce qui reste des pommes de terre", "category": "bakery"}'),
	fixture.offer('beef', '{"title": "BŒUF BOURGUIGNON", "description": "Avec l''ail d''Arleux et la crème fraîche", "category": "prepared_meal", "window_end": "2026-11-20 18:00Z"}') \g /dev/null
UPDATE ecopanier.organisation SET name = 'Épicerie Saint-Hilaire' WHERE territory_id = 1 AND name = 'CCAS';
SELECT fixture.offer('ham', jsonb_build_object('title', 'Jambon', 'category', 'meat', 'organisation_id', fixture.organisation('Épicerie Saint-Hilaire'))) \g /dev/null
INSERT INTO document (query, expected) VALUES
('oeuf', 'eggs'), ('ŒUFS', 'eggs'), ('œufs frais', 'eggs'), ('helene', 'eggs'), ('d''Hélène', 'eggs'), ('l’œuf d’helene', 'eggs'), ('poule', 'eggs'), ('élevée', 'eggs'),
('gelée', 'jelly'), ('gelees', 'jelly'), ('GELÉE POMME', 'jelly'), ('pomme', 'bread jelly'), ('pommes', 'bread jelly'), ('pomme -gelée', 'bread'),
('"pommes de terre"', 'bread'), ('"terre de pommes"', NULL), ('“pommes de terre”', 'bread'), ('gelée or levain', 'bread jelly'), ('boeuf', 'beef'), ('bœufs', 'beef'), ('bourguignons', 'beef'),
('ail', 'beef'), ('creme fraiche', 'beef'), ('épicerie', 'ham jelly'), ('epicerie saint hilaire', 'ham'), ('Saint-Hilaire', 'ham'),
('viande', 'ham'), ('pain au levain', 'bread'), ('xylophone', NULL), ('le', NULL), ('', NULL), ('  ', NULL), ('''', NULL), ('!&|:*', NULL), ('pain & vin', NULL),
('bourguignon:*', 'beef'), ('artisanal', 'jelly'), ('artisanales', 'jelly');
SELECT is(fixture.try('Camille', 'customer', format('SELECT coalesce(fixture.set_of(array_agg(lot_id)), ''-'') FROM ecopanier.search_lots(%L)', query)),
	coalesce(expected, '-'), 'search: ' || query) FROM document ORDER BY n;
SELECT is(fixture.try('Camille', 'customer', format('SELECT coalesce(fixture.set_of(array_agg(lot_id)), ''-'') FROM ecopanier.search_lots(%L, 46.6, 0.35, 5000)', query)),
	coalesce(expected, '-'), 'near: ' || query) FROM document ORDER BY n;
INSERT INTO step (says, name, role, statement, expected) VALUES
('those of the title first', 'Camille', 'customer', $$SELECT string_agg(title || rank, ', ') FROM ecopanier.search_lots('pomme')$$, 'Gelées de pommes1, Pain de campagne0'),
('what ends first before', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.search_lots('bœuf or pain or jambon or boulangerie', categories => '{prepared_meal,meat}')$$, 'beef ham'),
('filters too', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.search_lots('pomme', categories => '{grocery}')$$, 'jelly'),
('a distance where there is a place, no rank', 'Camille', 'customer', $$SELECT (distance_m > 0)::text || coalesce(rank::text, ' none') FROM ecopanier.search_lots('gelée', 46.6, 0.35)$$, 'true none'),
('a rank where there is none, no distance', 'Camille', 'customer', $$SELECT coalesce(distance_m::text, 'none ') || rank FROM ecopanier.search_lots('gelée')$$, 'none 1'),
('beyond the radius', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.search_lots('gelée', 46.6, 0.35, 2000)$$, '0'),
('the other territory has its own', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.search_lots('gelée')$$, '0'),
('200 characters', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.search_lots(repeat('é', 200))$$, '0'),
('201', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.search_lots(repeat('é', 201))$$, '22023'),
('half a place', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.search_lots('pain', latitude => 46)$$, '22004');
UPDATE step SET territory = 2 WHERE says LIKE 'the other territory%';
SELECT is(fixture.try(name, role, statement, territory, at), expected, says) FROM step ORDER BY n;
TRUNCATE step;
UPDATE ecopanier.organisation SET name = 'Maison Rémi' WHERE territory_id = 1 AND name = 'Épicerie Saint-Hilaire';
SELECT is(fixture.try('Camille', 'customer', $$SELECT fixture.set_of(array_agg(lot_id)) FROM ecopanier.search_lots('remi')$$), 'ham', 'an organisation that is renamed is found by its new name');
SELECT is(fixture.try('Camille', 'customer', $$SELECT count(*) FROM ecopanier.search_lots('hilaire')$$), '0', 'and not by the old one');
SELECT fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET description = 'Avec du miel' WHERE id = fixture.named('bread')$$, keep => true) AS described \gset
SELECT is(:'described'::text || ' ' || fixture.try('Camille', 'customer', $$SELECT fixture.set_of(array_agg(lot_id)) FROM ecopanier.search_lots('miel')$$), '1 row bread', 'so is a lot that is described anew');

\echo '# distances'
SELECT is(round(ecopanier.distance_m(46.580224, 0.340375, 48.856614, 2.352222)), 294670::double precision, 'Poitiers to Paris (test/lib/data/distances.csv)');
SELECT is(round(ecopanier.distance_m(-16.85, -179.97, -16.85, 179.98)), 5329::double precision, 'across the 180th meridian');
SELECT throws_ok(format('SELECT ecopanier.distance_m(%s)', a), '22023', NULL, 'no place: ' || a)
FROM unnest(ARRAY['90.0001, 0, 0, 0', '0, 180.0001, 0, 0', '0, 0, ''NaN'', 0', '0, 0, 0, ''-Infinity''']) a;
SELECT fixture.offer('n' || n, jsonb_build_object('latitude', 46.7, 'longitude', 0.34 + n * 0.001)) FROM generate_series(1, 4) n \g /dev/null
SELECT fixture.offer('east', '{"latitude": -16.85, "longitude": 179.98}', 2), fixture.offer('west', '{"latitude": -16.85, "longitude": -179.97}', 2),
	fixture.offer('edge', '{"latitude": -16.85, "longitude": 180}', 2), fixture.offer('north', '{"latitude": 84.5, "longitude": 20}', 2), fixture.offer('pole', '{"latitude": 90, "longitude": 20}', 2) \g /dev/null
INSERT INTO step (says, name, role, statement, expected) VALUES
('the nearest first', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(46.7, 0.3424, 300)$$, 'n2 n3 n1 n4'),
('from the other side', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(46.7, 0.5, 20000, page_size => 4)$$, 'n4 n3 n2 n1'),
('the radius, to the millimetre', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, (SELECT distance_m FROM ecopanier.nearby_lots(46.7, 0.34, 300) LIMIT 1))$$, '1'),
('less', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, (SELECT distance_m - 0.001 FROM ecopanier.nearby_lots(46.7, 0.34, 300) LIMIT 1))$$, '0'),
('a page of one', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(46.7, 0.34, page_size => 1)$$, 'n1'),
('too many', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, page_size => 101)$$, '22023'),
('a page of none', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, page_size => 0)$$, '22023'),
('the farthest radius', 'Camille', 'customer', $$SELECT count(*) > 0 FROM ecopanier.nearby_lots(46.7, 0.34, 100000)$$, 'true'),
('farther', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, 100000.1)$$, '22023'),
('nowhere', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(NULL, 0.34)$$, '22004'),
('half an end of a page', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, after_distance_m => 1)$$, '22023'),
('the other half', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, after_lot => ecopanier.new_id(1))$$, '22023'),
('a window that ends before it begins', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, window_from => '2026-11-21', window_until => '2026-11-20')$$, '22023'),
('an unknown category', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, categories => '{pizza}')$$, '22023'),
('an unknown wish', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, wished => '{halal}')$$, '22023'),
('an unknown allergen', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, without_allergens => '{porc}')$$, '22023'),
('a null in a list', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.7, 0.34, cold_classes => '{NULL}')$$, '22023');
INSERT INTO step (says, name, role, statement, expected, territory) VALUES
('both sides of the 180th meridian', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(-16.85, 179.99, 10000)$$, 'east edge west', 2),
('from the west', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(-16.85, -179.99, 10000)$$, 'edge west east', 2),
('from the meridian', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(-16.85, -180, 10000)$$, 'edge east west', 2),
('by its other name', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(-16.85, 180, 10000)$$, 'edge east west', 2),
('the highest latitude', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.nearby_lots(84, 20, 100000)$$, 'north', 2),
('higher', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(84.001, 20, 100000)$$, '22023', 2),
('a lot at the pole is found by words', 'Camille', 'customer', $$SELECT fixture.names(array_agg(lot_id)) FROM ecopanier.search_lots('pole')$$, 'pole', 2);
SELECT is(fixture.try(name, role, statement, territory, at), expected, says) FROM step ORDER BY n;
TRUNCATE step;

SELECT is(fixture.try('Camille', 'customer', format($$SELECT count(*) FROM ecopanier.search_lots('plain', after_rank => %s, after_window_end => '2000-01-01Z', after_lot => fixture.named('plain'))$$, rank)),
	expected, 'a page after rank ' || rank) FROM (VALUES (-1, '22023'), (0, '0'), (1, '1'), (2, '22023'), (2147483647, '22023')) v (rank, expected);

\echo '# what is searched follows from the lots'
SELECT throws_ok(statement, 'ZE112', NULL, statement) FROM unnest(ARRAY['DELETE FROM ecopanier_private.open_lot', 'UPDATE ecopanier_private.open_lot SET price_cents = 1',
	'INSERT INTO ecopanier_private.open_lot SELECT * FROM ecopanier_private.open_lot LIMIT 1', 'TRUNCATE ecopanier_private.open_lot']) statement;
SELECT is(ecopanier.rebuild_open_lots(), 0::bigint, 'a rebuild changes nothing');
SELECT is(violations, 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE invariant = 'search_matches_lots';
SET session_replication_role = replica;
DELETE FROM ecopanier_private.open_lot WHERE lot_id = fixture.named('plain');
UPDATE ecopanier_private.open_lot SET price_cents = 1 WHERE lot_id = fixture.named('pure');
INSERT INTO ecopanier_private.open_lot SELECT territory_id, fixture.named('closed'), organisation_id, window_start, window_end, spot, latitude, longitude, price_cents,
	price_falls_from, price_step_minutes, price_step_cents, price_floor_cents, use_by, allergens, category, cold_class, windows, wishes, title_words, words
FROM ecopanier_private.open_lot WHERE lot_id = fixture.named('late');
RESET session_replication_role;
SELECT is(violations, 3::bigint, 'it finds what is missing, wrong and too much') FROM ecopanier.self_check() WHERE invariant = 'search_matches_lots';
SELECT is(ecopanier.rebuild_open_lots(), 3::bigint, 'the rebuild puts it right');
SELECT is(ecopanier.rebuild_open_lots(), 0::bigint, 'once');
SELECT is(violations, 0::bigint, 'and nothing is left') FROM ecopanier.self_check() WHERE invariant = 'search_matches_lots';
SELECT fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('n1')$$, keep => true),
	fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'x' WHERE id = fixture.named('n2')$$, keep => true),
	fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'published' WHERE id = fixture.named('draft')$$, keep => true) \g /dev/null
SELECT is(fixture.try('Camille', 'customer', $$SELECT fixture.set_of(array_agg(lot_id)) FROM ecopanier.nearby_lots(46.7, 0.3425, 300)$$), 'n3 n4', 'what is closed or cancelled is gone');
SELECT is(fixture.try('Camille', 'customer', $$SELECT count(*) FROM ecopanier.nearby_lots(46.58, 0.34) WHERE title = 'draft'$$), '1', 'a draft that is published is there');

\echo '# tables that are read without the indexes that are expected'
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT md5(string_agg(f::text, ' ')) FROM ecopanier.nearby_lots(46.6, 0.34, 20000) f$$) AS before \gset
ALTER INDEX ecopanier.lot_pkey RENAME TO another_lot;
ALTER INDEX ecopanier.organisation_pkey RENAME TO another_organisation;
ALTER INDEX ecopanier_private.lot_stock_pkey RENAME TO another_stock;
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT md5(string_agg(f::text, ' ')) FROM ecopanier.nearby_lots(46.6, 0.34, 20000) f$$), :'before'::text, 'the same is found by statements');
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT md5(string_agg(f::text, ' ')) || ' ' || count(*) FROM ecopanier.nearby_lots(46.6, 0.34, 20000, '{bakery}') f$$) AS of_two \gset
ALTER INDEX ecopanier_private.open_lot_spot_index RENAME TO whole_spot;
CREATE INDEX open_lot_spot_index ON ecopanier_private.open_lot USING gist (spot) WHERE spot IS NOT NULL;
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT md5(string_agg(f::text, ' ')) || ' ' || count(*) FROM ecopanier.nearby_lots(46.6, 0.34, 20000, '{bakery}') f$$), :'of_two'::text,
	'an index that somebody made without the category serves as well');
SELECT ok(split_part(:'of_two', ' ', 2)::int > 1, 'and there was something to find');
DROP INDEX ecopanier_private.open_lot_spot_index;
ALTER INDEX ecopanier_private.whole_spot RENAME TO open_lot_spot_index;
-- as CREATE INDEX CONCURRENTLY leaves it until it is complete
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ecopanier_private.open_lot_spot_index'::regclass;
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT count(*) FROM ecopanier.nearby_lots(46.6, 0.34, 20000)'), '42704', 'an index that is still being made is not read: not all of the lots may be in it');
UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'ecopanier_private.open_lot_spot_index'::regclass;
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT md5(string_agg(f::text, ' ')) FROM ecopanier.nearby_lots(46.6, 0.34, 20000) f$$), :'before'::text, 'once it is complete it is');
ALTER INDEX ecopanier_private.open_lot_spot_index RENAME TO another_spot;
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT count(*) FROM ecopanier.nearby_lots(46.6, 0.34, 20000)'), '42704', 'without the index on places nothing is near, and says so');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT count(*) FROM ecopanier.search_lots('gelée')$$), '1', 'words are found all the same');
SELECT * FROM finish();
