/*
 * A small world for tests, to be read with \i after install():
 *
 *   territories 1 grand-poitiers (Europe/Paris) and 2 saint-denis (Indian/Reunion);
 *   in each, named by display_name: customers Camille, Charlie, Claude; verified
 *   beneficiaries Benoit, Basma, Bilal; unverified Bruno; shop staff Mona (owner),
 *   Sami and Sara (stations); association staff Alice; administrator Adele.
 *
 * The clock stands at 2026-11-20 16:00 UTC. The schema fixture has:
 *   id(name, territory)         a member's id
 *   organisation(name, ...)     Boulangerie, CCAS
 *   lot(public, solidarity, territory)   a published lot, window 17:00 to 19:00 UTC
 *   act(name, role, territory)  claims and role of an API request; session must be
 *                               api (SET SESSION AUTHORIZATION api)
 */
SET client_min_messages = warning;
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'api') THEN
		CREATE ROLE api LOGIN NOINHERIT IN ROLE ecopanier_authenticator;
	END IF;
	EXECUTE format('ALTER DATABASE %I SET ecopanier.clock = ''2026-11-20 16:00:00+00''', current_database());
END $$;
SET ecopanier.clock = '2026-11-20 16:00:00+00';
CREATE SCHEMA fixture;
GRANT USAGE ON SCHEMA fixture TO PUBLIC;

INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES
	(1, 'grand-poitiers', 'Grand Poitiers', 'Europe/Paris'), (2, 'saint-denis', 'Saint-Denis', 'Indian/Reunion');

-- Rights are verified without tags here; test/pgtap/44_right.sql and others ask for them again.
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t, d.name, 0, '-infinity', 'test' FROM generate_series(1, 2) t, ecopanier.setting_definition d WHERE d.name = 'tag_required';

CREATE FUNCTION fixture.id(name text, territory int DEFAULT 1) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.member WHERE display_name = name AND territory_id = territory $$;
CREATE FUNCTION fixture.organisation(organisation_name text, territory int DEFAULT 1) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.organisation WHERE name = organisation_name AND territory_id = territory $$;

INSERT INTO ecopanier.member (territory_id, display_name)
SELECT t, n FROM generate_series(1, 2) t, unnest(ARRAY['Camille', 'Charlie', 'Claude', 'Benoit', 'Basma', 'Bilal', 'Bruno',
	'Mona', 'Sami', 'Sara', 'Alice', 'Adele']) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT m.territory_id, m.id, CASE left(m.display_name, 1) WHEN 'C' THEN 'customer' WHEN 'B' THEN 'beneficiary'
	WHEN 'M' THEN 'merchant' WHEN 'S' THEN 'merchant' ELSE CASE m.display_name WHEN 'Alice' THEN 'association' ELSE 'administrator' END END
FROM ecopanier.member m;
INSERT INTO ecopanier.organisation (territory_id, kind, name, siret, latitude, longitude)
SELECT t, k, n, s::ecopanier.siret, 46.58, 0.34 FROM generate_series(1, 2) t,
	(VALUES ('merchant', 'Boulangerie', '73282932000074'), ('social_service', 'CCAS', '35600000000048')) o (k, n, s);
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT t, fixture.organisation(o, t), fixture.id(n, t), f FROM generate_series(1, 2) t,
	(VALUES ('Boulangerie', 'Mona', 'owner'), ('Boulangerie', 'Sami', 'station'), ('Boulangerie', 'Sara', 'station'),
		('CCAS', 'Alice', 'manager')) s (o, n, f);
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT t, fixture.id(n, t), fixture.organisation('CCAS', t), CASE n WHEN 'Bruno' THEN 'applied' ELSE 'verified' END, '2026-01-01', '2026-12-31'
FROM generate_series(1, 2) t, unnest(ARRAY['Benoit', 'Basma', 'Bilal', 'Bruno']) n;

CREATE FUNCTION fixture.lot(public int, solidarity int, territory int DEFAULT 1, title text DEFAULT 'Panier') RETURNS uuid VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents,
		unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
	VALUES (territory, fixture.organisation('Boulangerie', territory), title, public, solidarity, 1000, CASE WHEN public > 0 THEN 400 END,
		1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-21', '2026-11-20 17:00+00', '2026-11-20 19:00+00', 'published') RETURNING id $$;
REVOKE ALL ON FUNCTION fixture.lot(int, int, int, text) FROM PUBLIC;

CREATE FUNCTION fixture.act(name text, role text, territory int DEFAULT 1) RETURNS void VOLATILE LANGUAGE plpgsql AS $$
DECLARE
	database_role text := 'ecopanier_' || CASE role WHEN 'administrator' THEN 'admin' ELSE role END;
BEGIN
	PERFORM set_config('request.jwt.claims', json_build_object('role', database_role, 'sub', fixture.id(name, territory))::text, false);
	PERFORM set_config('role', database_role, false);
END $$;
