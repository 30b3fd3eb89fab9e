-- A world to look for lots in: :lots open lots of one territory around 400 towns of France, 5,000 shops, one customer and one beneficiary;
-- and beside ours a table with PostGIS's geography that holds the same places. The same at each run.
SET client_min_messages = error;
CREATE EXTENSION ecopanier;
SELECT ecopanier.install();
CREATE EXTENSION postgis;
CREATE SCHEMA bench;
CREATE ROLE find_api LOGIN NOINHERIT IN ROLE ecopanier_authenticator;
SELECT setseed(0.5);

INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (1, 'france', 'France', 'Europe/Paris'), (2, 'other', 'Other', 'Europe/Paris');
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Camille'), (1, 'Benoit');
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, id, CASE display_name WHEN 'Camille' THEN 'customer' ELSE 'beneficiary' END FROM ecopanier.member;
INSERT INTO ecopanier.organisation (territory_id, kind, name)
SELECT 1, 'merchant', (ARRAY['Boulangerie', 'Épicerie', 'Marché', 'Traiteur', 'Ferme'])[1 + n % 5] || ' ' || (ARRAY['du Pont', 'Saint-Hilaire', 'des Halles', 'de la Gare', 'Hélène'])[1 + n % 7 % 5] || ' ' || n
FROM generate_series(1, 5000) n;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT 1, m.id, (SELECT id FROM ecopanier.organisation LIMIT 1), 'verified', '2020-01-01', '2100-01-01' FROM ecopanier.member m WHERE display_name = 'Benoit';

CREATE TABLE bench.town AS SELECT n, 43 + 7 * random() AS latitude, -1 + 7 * random() AS longitude FROM generate_series(1, 400) n;
CREATE TABLE bench.shop AS SELECT row_number() OVER () AS n, id FROM ecopanier.organisation;

-- A load without triggers, as a restore is; what follows from the lots is computed afterwards.
SET session_replication_role = replica;
INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, description, category, state, public_units, solidarity_units,
	original_price_cents, price_cents, unit_weight_g, use_by, batch, allergens, cold_class, window_start, window_end, latitude, longitude, published_at)
SELECT 1, ecopanier.new_id(1), s.id,
	(ARRAY['Panier', 'Lot', 'Assortiment', 'Invendus'])[1 + floor(r.a * 4)::int] || ' de '
		|| (ARRAY['pain', 'viennoiseries', 'légumes', 'fruits', 'fromages', 'yaourts', 'plats cuisinés', 'poissons', 'œufs', 'conserves'])[1 + floor(r.b * 10)::int]
		|| CASE WHEN g % 20011 = 0 THEN ' et topinambours' ELSE '' END,
	'Produits du jour ' || g || CASE WHEN r.c < 0.5 THEN ', à consommer rapidement, conservés au frais' ELSE ', issus de l''agriculture locale' END,
	(ARRAY['bakery', 'pastry', 'vegetables', 'fruit', 'dairy', 'dairy', 'prepared_meal', 'fish', 'eggs', 'grocery'])[1 + floor(r.b * 10)::int],
	'published', floor(10 * r.u)::int, CASE WHEN r.x < 0.3 THEN 2 ELSE 0 END, 1000, 300 + floor(40 * r.d)::int * 10, 1200,
	current_date + 2, 'L1', '{gluten}', CASE WHEN r.b < 0.3 THEN 'ambient' ELSE 'very_perishable' END,
	now() + r.w * interval '10 hours', now() + interval '11 hours' + r.w * interval '20 hours',
	t.latitude + 0.15 * (r.a + r.c + r.d - 1.5), t.longitude + 0.2 * (r.e + r.b + r.f - 1.5), now()
FROM generate_series(1, :lots) g
CROSS JOIN LATERAL (SELECT random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f, random() AS w, random() AS u, random() AS x, g AS m) r
JOIN bench.town t ON t.n = 1 + (g % 400) JOIN bench.shop s ON s.n = 1 + (g * 7 % 5000);
RESET session_replication_role;
ANALYZE;
SELECT ecopanier.rebuild_stock();
-- As after a great loss: without the indexes, which are made again when the rows are there (doc/operations.md).
CREATE TABLE bench.index AS SELECT indexdef FROM pg_indexes WHERE schemaname = 'ecopanier_private' AND tablename = 'open_lot' AND indexname LIKE '%_index';
DROP INDEX ecopanier_private.open_lot_spot_index, ecopanier_private.open_lot_window_index, ecopanier_private.open_lot_words_index;
SELECT ecopanier.rebuild_open_lots();
SELECT indexdef FROM bench.index \gexec
CREATE TABLE bench.place (territory_id int NOT NULL, lot_id uuid NOT NULL, place geography(Point) NOT NULL, category text, price_cents int,
	window_end timestamptz, use_by date, PRIMARY KEY (territory_id, lot_id));
INSERT INTO bench.place SELECT territory_id, id, ST_MakePoint(longitude, latitude)::geography, category, price_cents, window_end, use_by FROM ecopanier.lot;
CREATE INDEX ON bench.place USING gist (place);
VACUUM ANALYZE;

-- Where people look from: 100 places, each near some lot.
CREATE TABLE bench.asker AS SELECT row_number() OVER () AS n, latitude + 0.01 AS latitude, longitude + 0.01 AS longitude
FROM (SELECT latitude, longitude FROM ecopanier.lot ORDER BY md5(title || description) LIMIT 100) l;
CREATE FUNCTION bench.sign_in(name text) RETURNS void LANGUAGE sql AS $$
	SELECT set_config('request.jwt.claims', json_build_object('role', 'ecopanier_' || r.role, 'sub', m.id)::text, false)
	FROM ecopanier.member m JOIN ecopanier.member_role r ON r.member_id = m.id WHERE m.display_name = name $$;
