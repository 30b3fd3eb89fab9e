/*
 * Turns of the schedule at moments of the clock, and who was told what; to be read with \i after try.sql.
 *
 *   fixture.now_try(name, role, statement)   fixture.try() at the clock's present time, kept
 *   fixture.basket(name, opens, ...)         a published lot with a window of two hours, named
 *   fixture.claim(who, lot)                  one unit, by a customer or (B...) a beneficiary; in a statement after the basket's
 *   fixture.run(at)                          a turn at a moment: who was told what by it, "FAILED" with what did
 *   fixture.set(parameter, value)            a setting from now on
 *   fixture.body(name, role, part)           the newest notification with these words in it
 */
CREATE FUNCTION fixture.now_try(name text, role text, statement text, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, role, statement, territory, current_setting('ecopanier.clock'), true) $$;
CREATE FUNCTION fixture.basket(name text, opens text, public int DEFAULT 5, solidarity int DEFAULT 5, territory int DEFAULT 1,
	latitude float8 DEFAULT 46.58, longitude float8 DEFAULT 0.34) RETURNS void LANGUAGE sql AS $$
	WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents,
		unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, latitude, longitude, state)
	VALUES (territory, fixture.organisation('Boulangerie', territory), name, public, solidarity, 1000, CASE WHEN public > 0 THEN 400 END,
		1200, 'bakery', 'ambient', 'L1', '{gluten}', opens::date + 2, opens::timestamptz, opens::timestamptz + interval '2 hours', latitude, longitude, 'published') RETURNING id)
	SELECT fixture.name_lot(name, id) FROM made $$;
CREATE FUNCTION fixture.claim(who text, lot text, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT fixture.now_try(who, CASE left(who, 1) WHEN 'B' THEN 'beneficiary' ELSE 'customer' END,
		format('SELECT state FROM ecopanier.reserve(%L)', fixture.named(lot)), territory) $$;
CREATE TABLE fixture.looked (notification_id uuid);
CREATE FUNCTION fixture.run(at text, of_territory int DEFAULT 1) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	failed text;
	told text;
BEGIN
	PERFORM set_config('ecopanier.clock', at, false);
	SELECT string_agg(step || ': ' || error, ', ') INTO failed FROM ecopanier.tick() WHERE error IS NOT NULL;
	SELECT string_agg(name || ' ' || kinds, ', ' ORDER BY name) INTO told FROM (
		SELECT m.display_name AS name, string_agg(n.kind, ' ' ORDER BY n.created_at, n.id) AS kinds FROM ecopanier.notification n JOIN ecopanier.member m ON m.id = n.member_id
		WHERE n.id NOT IN (SELECT notification_id FROM fixture.looked) AND n.territory_id = of_territory GROUP BY 1) n;
	INSERT INTO fixture.looked SELECT id FROM ecopanier.notification EXCEPT SELECT notification_id FROM fixture.looked;
	RETURN concat_ws(' FAILED ', told, failed);
END $$;
CREATE FUNCTION fixture.set(parameter text, value int, territory int DEFAULT 1) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (territory, parameter, value, ecopanier.now(), 'test') $$;
CREATE FUNCTION fixture.body(name text, role text, lot text, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT fixture.now_try(name, role, format($q$SELECT title || ': ' || body FROM ecopanier.my_notifications() WHERE body LIKE %L LIMIT 1$q$, '%' || lot || '%'), territory) $$;
