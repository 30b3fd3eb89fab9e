-- A world to measure in: 20 territories, of which the first has an organisation, 5,000 customers, 5,000 verified
-- beneficiaries and 10,000 open lots, so that indexes are worth using and claims rarely meet.
-- The daily quota is as good as unlimited, so that one person can claim free units all along: each claim still
-- checks the right, reads the limit and counts the day.
SET client_min_messages = error;
CREATE EXTENSION ecopanier;
SELECT ecopanier.install();
CREATE SCHEMA bench;
CREATE ROLE bench_api LOGIN NOINHERIT IN ROLE ecopanier_authenticator;
CREATE ROLE bench_client LOGIN BYPASSRLS;
GRANT USAGE ON SCHEMA ecopanier TO bench_client;

INSERT INTO ecopanier.territory (id, slug, name, time_zone)
SELECT n, 'territory-' || n, 'Territory ' || n, 'Europe/Paris' FROM generate_series(1, 20) n;
UPDATE ecopanier.setting_definition SET maximum = 1000000000 WHERE name = 'free_units_per_day';
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT n, 'free_units_per_day', 1000000000, '2020-01-01', 'bench' FROM generate_series(1, 20) n;
INSERT INTO ecopanier.organisation (territory_id, kind, name, siret, latitude, longitude)
VALUES (1, 'merchant', 'Boulangerie', '73282932000074', 46.58, 0.34), (1, 'social_service', 'CCAS', '35600000000048', 46.58, 0.34);
INSERT INTO ecopanier.member (territory_id, display_name)
SELECT 1, kind || ' ' || n FROM generate_series(1, 5000) n, unnest(ARRAY['Customer', 'Beneficiary']) kind;
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, id, lower(split_part(display_name, ' ', 1)) FROM ecopanier.member;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT 1, m.id, o.id, 'verified', '2020-01-01', '2100-01-01'
FROM ecopanier.member m, ecopanier.organisation o WHERE m.display_name LIKE 'Beneficiary%' AND o.name = 'CCAS';
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents,
	unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
SELECT 1, o.id, 'Panier ' || n, 100000, 100000, 1000, 400, 1200, 'bakery', 'ambient', 'L1', '{gluten}', current_date + 3, now() + '1 day', now() + '2 days', 'published'
FROM ecopanier.organisation o, generate_series(1, 10000) n WHERE o.name = 'Boulangerie';
GRANT SELECT ON ecopanier.lot TO bench_client;
GRANT EXECUTE ON FUNCTION ecopanier.new_id(int) TO bench_client;
