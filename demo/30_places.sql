-- Territories, shops, associations, staff and people: the operator's own load, before the platform opens.
-- A second territory on La Réunion is there to be kept out of.
\set ON_ERROR_STOP on
SELECT ecopanier.create_territory('grand-poitiers', 'Grand Poitiers', 'Europe/Paris') AS here,
	ecopanier.create_territory('saint-denis', 'Saint-Denis de La Réunion', 'Indian/Reunion') AS there \gset
INSERT INTO ecopanier.territory_commune (territory_id, commune_insee)
SELECT :here, insee FROM ecopanier.commune WHERE epci_siren = '200069854'
UNION ALL SELECT :there, '97411';
SELECT count(*) AS communes, sum(c.population) AS people FROM ecopanier.territory_commune t
JOIN ecopanier.commune c ON c.insee = t.commune_insee WHERE t.territory_id = :here \gset
SELECT demo.must(:communes = 40, 'the communes of Grand Poitiers') \gset

\copy demo.shop (name, insee, latitude, longitude, siret, open_days, hours) FROM 'demo/shops.csv' (FORMAT csv, HEADER)
UPDATE demo.shop SET organisation = ecopanier.new_id(:here), owner = ecopanier.new_id(:here), station = ecopanier.new_id(:here);

INSERT INTO ecopanier.organisation (territory_id, id, kind, name, siret, commune_insee, latitude, longitude)
SELECT :here, organisation, 'merchant', name, siret::ecopanier.siret, insee,
	round((latitude + (demo.dice('north ' || name) - 0.5) / 500)::numeric, 5),
	round((longitude + (demo.dice('east ' || name) - 0.5) / 350)::numeric, 5)
FROM demo.shop;
INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
SELECT :here, organisation, day::int, split_part(span, '-', 1)::time, split_part(span, '-', 2)::time
FROM demo.shop, regexp_split_to_table(open_days, '') day, string_to_table(hours, ' ') span;

INSERT INTO ecopanier.organisation (territory_id, kind, name, siret, commune_insee, latitude, longitude, accreditation_number, accredited_from)
VALUES (:here, 'social_service', 'CCAS de la ville', '00000003100013', '86194', 46.5810, 0.3401, NULL, NULL),
	(:here, 'association', 'La Table du Clain', '00000003200011', '86194', 46.5932, 0.3601, 'NA-2024-086-07', '2024-01-01'),
	(:here, 'association', 'Voisins de Palier', '00000003300019', '86041', 46.5993, 0.3502, NULL, NULL),
	(:there, 'merchant', 'Boutik du Barachois', '00000003400017', '97411', -20.8750, 55.4480, NULL, NULL);

-- Who takes what is left of lots: an accredited association whose volunteers drive in the evening; what nobody eats goes to compost.
INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
SELECT :here, id, day, '16:00', '22:00' FROM ecopanier.organisation, generate_series(1, 6) day
WHERE name = 'La Table du Clain';
INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day, cold_classes, declares_short_dated)
SELECT :here, id, 'association', 12, '{ambient,perishable}', true FROM ecopanier.organisation WHERE name = 'La Table du Clain';

-- People with a role from the start: shop and association staff, an administrator, the customers.
CREATE TEMP TABLE person AS
SELECT organisation, owner AS member, 'Patron ' || n AS name, 'merchant' AS role, 'owner' AS function FROM demo.shop
UNION ALL SELECT organisation, station, 'Caisse ' || n, 'merchant', 'station' FROM demo.shop
UNION ALL SELECT o.id, ecopanier.new_id(:here), p.name, 'association', 'manager'
FROM (VALUES ('Solange', 'CCAS de la ville'), ('Thierry', 'La Table du Clain'), ('Ursula', 'Voisins de Palier')) p (name, works_for)
JOIN ecopanier.organisation o ON o.name = p.works_for
UNION ALL SELECT NULL, ecopanier.new_id(:here), f.name, 'customer', NULL
FROM generate_series(1, 200) i JOIN string_to_table('Camille,Charlie,Amina,Louis,Fatou,Jules,Inès,Hugo,Lina,Paul,Maëlle,Karim,Zoé,'
	'Yanis,Rose,Ibrahim,Jeanne,Théo,Awa,Marius,Nour,Élise,Samuel,Léna,Omar,Alice,Victor,Salomé,Adam,Anouk,Gaspard,Myriam,Noé,'
	'Chloé,Bilal,Margaux,Malik,Clémence,Soren,Apolline', ',') WITH ORDINALITY f (name, n) ON f.n = 1 + (i - 1) % 40;
INSERT INTO ecopanier.member (territory_id, id, display_name) SELECT :here, member, name FROM person;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT :here, member, role FROM person;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT :here, organisation, member, function FROM person WHERE function IS NOT NULL;
INSERT INTO demo.customer (member) SELECT member FROM person WHERE role = 'customer' ORDER BY name <> 'Camille', name <> 'Charlie';

-- A lot on the island, whose window is open all day.
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, public_units, original_price_cents, price_cents,
	unit_weight_g, category, cold_class, undated, allergens, window_start, window_end, state)
SELECT :there, id, 'Panier créole', 5, 5, 1000, 500, 800, 'fruit', 'ambient', true, '{}', '2026-11-20 06:00+01', '2026-11-20 22:00+01', 'published'
FROM ecopanier.organisation WHERE territory_id = :there;

-- Those whom the story follows by name.
INSERT INTO demo.player (name, value)
SELECT lower(name), member::text FROM person WHERE role = 'association'
UNION ALL SELECT 'camille', member::text FROM demo.customer WHERE n = 1
UNION ALL SELECT 'charlie', member::text FROM demo.customer WHERE n = 2
UNION ALL SELECT 'island_lot', id::text FROM ecopanier.lot WHERE territory_id = :there
UNION ALL SELECT 'unknown_lot', ecopanier.new_id(:here)::text;

\echo Grand Poitiers: :communes communes, :people people; 30 shops, a social service, 2 associations (1 accredited), 200 customers
