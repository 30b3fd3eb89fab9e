-- Baskets to hand over, by verify.flow and verify-wrong.flow: each reservation once, so a line of a list for each turn.
-- "pickups" says how many of each kind. Leaves station.tsv and pickups.tsv in the current folder. Paid and free baskets
-- are of the same lots, and their people have names of the same length.
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents,
	unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
SELECT 1, o.id, 'Remise ' || n, 100000, 100000, 1000, 400, 1200, 'bakery', 'ambient', 'L1', '{gluten}', current_date + 3, now() - interval '1 hour', now() + '1 day', 'published'
FROM ecopanier.organisation o, generate_series(1, 100) n WHERE o.name = 'Boulangerie';
INSERT INTO ecopanier.member (territory_id, display_name)
SELECT 1, kind || n FROM generate_series(1, 64) n, unnest(ARRAY['Paid', 'Free']) kind UNION ALL SELECT 1, 'Station';
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, id, CASE left(display_name, 4) WHEN 'Paid' THEN 'customer' WHEN 'Free' THEN 'beneficiary' ELSE 'merchant' END
FROM ecopanier.member WHERE display_name ~ '^(Paid|Free|Station)';
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT 1, m.id, o.id, 'verified', '2020-01-01', '2100-01-01'
FROM ecopanier.member m, ecopanier.organisation o WHERE m.display_name LIKE 'Free%' AND o.name = 'CCAS';
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT 1, o.id, m.id, 'station' FROM ecopanier.member m, ecopanier.organisation o WHERE m.display_name = 'Station' AND o.name = 'Boulangerie';

CREATE TABLE bench.person AS
SELECT left(display_name, 4) AS kind, substr(display_name, 5)::int AS number, json_build_object('role',
	CASE left(display_name, 4) WHEN 'Paid' THEN 'ecopanier_customer' ELSE 'ecopanier_beneficiary' END, 'sub', id, 'exp', 4102444800) AS claims
FROM ecopanier.member WHERE display_name ~ '^(Paid|Free)';
CREATE TABLE bench.pickup_lot AS
SELECT id, row_number() OVER () - 1 AS number FROM ecopanier.lot WHERE title LIKE 'Remise %';
GRANT USAGE ON SCHEMA bench TO PUBLIC;
GRANT SELECT ON bench.person, bench.pickup_lot TO PUBLIC;

-- Claims one basket of each kind in turn, as its person, so that paid and free ones lie side by side.
CREATE FUNCTION bench.claim_pickups(pickups int) RETURNS TABLE (kind text, token text, pin text) LANGUAGE plpgsql AS $$
DECLARE
	person record;
BEGIN
	FOR n IN 1 .. pickups LOOP
		FOR person IN SELECT p.kind, p.claims FROM bench.person p WHERE p.number = n % 64 + 1 ORDER BY p.kind LOOP
			PERFORM set_config('request.jwt.claims', person.claims::text, false), set_config('role', person.claims ->> 'role', false);
			RETURN QUERY SELECT person.kind, r.qr, r.pin
				FROM ecopanier.reserve((SELECT l.id FROM bench.pickup_lot l WHERE l.number = n % 100)) r;
		END LOOP;
	END LOOP;
	RESET ROLE;
END $$;
\pset format unaligned
\pset fieldsep '\t'
\pset tuples_only off
\pset footer off
\o station.tsv
SELECT id AS station FROM ecopanier.member WHERE display_name = 'Station';
\o pickups.tsv
SET SESSION AUTHORIZATION bench_api;
SELECT kind, token, pin, lpad(((pin::int + 1) % 1000000)::text, 6, '0') AS wrong FROM bench.claim_pickups(:pickups);
RESET SESSION AUTHORIZATION;
\o
