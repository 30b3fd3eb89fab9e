-- Retention: by state, on both sides of each period; a held basket postpones; twice, or after a pause, comes to the same.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
-- Everybody of the small world joined "now"; these joined on the first of January 2024 and did nothing since, but what is said.
SET ecopanier.clock = '2024-01-01 12:00:00+00';
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, n FROM unnest(ARRAY['Acheteur', 'Actif', 'Demande', 'Refus', 'Ancien', 'Suspendu', 'Droit', 'Chef', 'Panier']) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, fixture.id(n), r FROM (VALUES ('Acheteur', 'customer'), ('Actif', 'customer'), ('Demande', 'beneficiary'), ('Refus', 'beneficiary'), ('Ancien', 'beneficiary'),
	('Suspendu', 'beneficiary'), ('Droit', 'beneficiary'), ('Chef', 'administrator'), ('Panier', 'customer')) v (n, r);
INSERT INTO ecopanier.beneficiary (territory_id, member_id, state, reason, valid_from, valid_until)
SELECT 1, fixture.id(n), s, r, f::date, u::date FROM (VALUES ('Demande', 'applied', NULL, NULL, NULL), ('Refus', 'refused', 'dossier', NULL, NULL),
	('Ancien', 'verified', NULL, '2024-01-01', '2024-03-31'), ('Droit', 'verified', NULL, '2024-01-01', '2030-12-31')) v (n, s, r, f, u);
SELECT id AS panier FROM ecopanier.member WHERE display_name = 'Panier' \gset
CREATE FUNCTION fixture.run(at text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ecopanier.clock', at, false);
	RETURN (SELECT string_agg(concat_ws(' ', rule, done, nullif(postponed, 0)), ', ' ORDER BY rule) FROM ecopanier.retention() WHERE territory_id = 1 AND (done > 0 OR postponed > 0) AND rule <> 'trace');
END $$;
SELECT is(string_agg(rule || ' ' || months, ', ' ORDER BY rule), 'applied 6, customer 36, refused 12, social 24, trace 12', 'the periods in force are reported')
FROM ecopanier.retention() WHERE territory_id = 1;
CREATE TEMP TABLE boundary (n serial, says text, at text, expected text);
INSERT INTO boundary (says, at, expected) VALUES
('an application is kept for six months', '2024-07-01 10:59:59+00', NULL),
('and goes', '2024-07-01 11:00:00+00', 'applied 1'),
('once', '2024-07-01 11:00:00+00', NULL),
('a refusal is kept for twelve', '2025-01-01 11:59:59+00', NULL),
('and goes', '2025-01-01 12:00:00+00', 'refused 1'),
('a right that has ended is kept for 24 from its end', '2026-03-30 21:59:59+00', NULL),
('and goes', '2026-03-30 22:00:00+00', 'social 1');
CREATE FUNCTION fixture.left_of_them() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(display_name, ' ' ORDER BY id) || (SELECT string_agg(state, ' ' ORDER BY member_id) FROM ecopanier.beneficiary) || (SELECT count(*) FROM ecopanier.member_role)
	FROM ecopanier.member WHERE territory_id = 1 $$;
INSERT INTO boundary (says, at, expected) VALUES
('a customer is kept for 36 months', '2027-01-01 11:59:59+00', NULL),
('and goes; whoever holds a basket is postponed', '2027-01-01 12:00:00+00', 'customer 2 1'),
('again and again', '2027-01-02 12:00:00+00', 'customer 0 1');
-- A basket that is still held, of a lot with an endless window, and a customer who was there in 2025.
SET ecopanier.clock = '2024-01-01 12:00:00+00';
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end, state)
VALUES (1, fixture.organisation('Boulangerie'), 'Longue', 'bakery', 500, 'ambient', true, '{gluten}', 5, 1000, 400, '2024-01-01', '2029-01-01', 'published');
INSERT INTO ecopanier.reservation (lot_id, member_id, claimed_at) SELECT id, :'panier', '2024-01-01 12:00+00' FROM ecopanier.lot WHERE title = 'Longue';
INSERT INTO ecopanier.reservation (lot_id, member_id, claimed_at, state, collected_at) SELECT id, fixture.id('Actif'), '2025-01-01 12:00+00', 'collected', '2025-01-02 12:00+00' FROM ecopanier.lot WHERE title = 'Longue';
CREATE FUNCTION fixture.at_once(at text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE outcome text;
BEGIN
	PERFORM fixture.run(at);
	outcome := fixture.left_of_them();
	RAISE EXCEPTION SQLSTATE 'UNDO0' USING DETAIL = outcome;
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	RETURN outcome;
END $$;
SELECT fixture.at_once('2027-01-02 12:00:00+00') AS at_once \gset
CREATE FUNCTION pg_temp.walk() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE b boundary;
BEGIN
	FOR b IN SELECT * FROM boundary ORDER BY n LOOP
		RETURN NEXT tap.is(fixture.run(b.at), b.expected, b.says || ' at ' || b.at);
	END LOOP;
END $$;
SELECT pg_temp.walk();
SELECT is(fixture.left_of_them(), :'at_once', 'one run after three years comes to the same as all of them');
SELECT is((SELECT string_agg(display_name, ' ' ORDER BY display_name) FROM ecopanier.member WHERE display_name IN ('Actif', 'Droit', 'Chef', 'Panier', 'Mona', 'Adele') AND territory_id = 1),
	'Actif Adele Chef Droit Mona Panier', 'who was there since, holds a right, works here or has a basket stays');
UPDATE ecopanier.reservation SET state = 'cancelled', cancelled_at = '2024-01-02' WHERE member_id = :'panier';
SELECT is(fixture.run('2027-01-02 12:00:00+00'), 'customer 1', 'without the basket the last one goes');
SELECT is(fixture.run('2028-01-02 11:59:59+00'), 'applied 1', 'a pickup is a contact; only the one who applied in 2026 goes');
SELECT is(fixture.run('2028-01-02 12:00:00+00'), 'customer 1', 'the period is counted from it');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is(string_agg(DISTINCT concat_ws(' ', actor_kind, actor_id, subject_id, facts ->> 'rule'), ', '), 'load applied, load customer, load refused, load social', 'the audit says by which rule, not who')
FROM ecopanier.audit_event WHERE action = 'person_erase';
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.retention()'), '42501', 'it is for superusers');

-- One whose erasure fails stops nobody else, and goes once it no longer does.
SET ecopanier.clock = '2024-01-01 12:00:00+00';
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, n FROM unnest(ARRAY['Avant', 'Fautif', 'Apres']) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, fixture.id(n), 'customer' FROM unnest(ARRAY['Avant', 'Fautif', 'Apres']) n;
CREATE FUNCTION fixture.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.display_name = 'Fautif' THEN RAISE 'not this one'; END IF; RETURN NEW; END $$;
CREATE TRIGGER zz_refuse BEFORE UPDATE ON ecopanier.member FOR EACH ROW EXECUTE FUNCTION fixture.refuse();
SELECT is(fixture.run('2035-01-01 12:00:00+00') ~ 'customer [0-9]+ [1-9]', true, 'who cannot be erased is postponed');
SELECT is(string_agg(display_name, ' ' ORDER BY display_name), 'Fautif', 'the others are gone') FROM ecopanier.member WHERE display_name IN ('Avant', 'Fautif', 'Apres');
DROP TRIGGER zz_refuse ON ecopanier.member;
SELECT is(fixture.run('2035-01-01 12:00:00+00') ~ 'customer 1', true, 'and goes once it can be');
SELECT * FROM finish();
