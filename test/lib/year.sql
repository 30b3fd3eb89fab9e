/*
 * A territory for a year, to be read with \i after install(): its shops, people and receivers, and what they do on a day.
 * Everything follows from names and dates by year.dice(), so that a replay is the same each time; ids other than lots' alone differ.
 *
 *   year.build(scale)          1,500 shops, 50,000 beneficiaries and as many customers, 20 associations at scale 1
 *   year.lots_on(day, scale)   how many lots are published: 216,000 a year at scale 1, none on Sundays and holidays
 *   year.publish(day, n)       the day's lots, at the present clock
 *   year.claim(day)            first come: three quarters of the units at a price, nine tenths of the free ones
 *   year.cancel(day, late)     some are cancelled
 *   year.collect(part)         most of what can be fetched now is
 *   year.calls(part, day)      what people call through an API, as a script for the login api
 *   year.state()               what there is in the end, by names and not by ids
 */
SET client_min_messages = warning;
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'api') THEN
		CREATE ROLE api LOGIN NOINHERIT IN ROLE ecopanier_authenticator;
	END IF;
END $$;
CREATE SCHEMA year;
GRANT USAGE ON SCHEMA year TO PUBLIC;

-- A number from 0 to 1.
CREATE FUNCTION year.dice(what text) RETURNS double precision IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
$$ SELECT (hashtextextended(what, 2026) & 9007199254740991) / 9007199254740992.0 $$;

CREATE FUNCTION year.local(day date, hour time) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS
$$ SELECT (day + hour) AT TIME ZONE 'Europe/Paris' $$;

CREATE TABLE year.person (kind text, n int, id uuid, PRIMARY KEY (kind, n));
CREATE TABLE year.place (kind text, n int, id uuid, PRIMARY KEY (kind, n));
CREATE TABLE year.lot (id uuid PRIMARY KEY, title text UNIQUE, day date, n int);
CREATE INDEX ON year.lot (day);
CREATE TABLE year.claim (id uuid PRIMARY KEY, day date, roll double precision);
CREATE INDEX ON year.claim (day);

CREATE FUNCTION year.act(kind text, n int) RETURNS void VOLATILE SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
	role text := 'ecopanier_' || CASE kind WHEN 'shop' THEN 'merchant' ELSE kind END;
	person uuid := (SELECT id FROM year.person p WHERE p.kind = act.kind AND p.n = act.n);
BEGIN
	PERFORM set_config('request.jwt.claims', json_build_object('role', role, 'sub', person)::text, false);
END $$;

CREATE FUNCTION year.people(of_kind text, role text, count int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	WITH made AS (
		INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, of_kind || ' ' || i FROM generate_series(1, count) i
		RETURNING id, display_name)
	INSERT INTO year.person SELECT of_kind, split_part(display_name, ' ', 2)::int, id FROM made;
	INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, id, people.role FROM year.person WHERE kind = of_kind;
END $$;

CREATE FUNCTION year.places(of_kind text, organisation_kind text, count int, spread double precision) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	WITH made AS (
		INSERT INTO ecopanier.organisation (territory_id, kind, name, latitude, longitude)
		SELECT 1, organisation_kind, of_kind || ' ' || i, 46.58 + spread * (year.dice('lat ' || of_kind || i) - 0.5), 0.34 + spread * (year.dice('lon ' || of_kind || i) - 0.5)
		FROM generate_series(1, count) i RETURNING id, name)
	INSERT INTO year.place SELECT of_kind, split_part(name, ' ', 2)::int, id FROM made;
	INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
	SELECT 1, o.id, p.id, 'owner' FROM year.place o JOIN year.person p USING (kind, n) WHERE o.kind = of_kind;
	INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
	SELECT 1, id, d, CASE organisation_kind WHEN 'merchant' THEN '08:30' ELSE '09:00' END::time, CASE organisation_kind WHEN 'merchant' THEN '19:30' ELSE '17:00' END::time
	FROM year.place, generate_series(1, CASE organisation_kind WHEN 'merchant' THEN 6 ELSE 5 END) d WHERE kind = of_kind;
END $$;

CREATE FUNCTION year.build(scale numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	shops int := greatest(2, round(1500 * scale));
	people int := greatest(40, round(50000 * scale));
	associations int := greatest(2, round(20 * scale));
BEGIN
	INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (1, 'grand-poitiers', 'Grand Poitiers', 'Europe/Paris');
	INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES
		(1, 'tag_required', 0, '-infinity', 'test'), (1, 'lots_per_day_free', 1000, '-infinity', 'test'),
		(1, 'fund_units_per_lot', 0, '-infinity', 'lots that end together are taken by id, which differs between replays');
	PERFORM year.people('shop', 'merchant', shops), year.people('association', 'association', associations),
		year.people('customer', 'customer', people), year.people('beneficiary', 'beneficiary', people);
	PERFORM year.places('shop', 'merchant', shops, 0.4), year.places('association', 'social_service', associations, 0.2);
	INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
	SELECT 1, p.id, o.id, 'verified', '2026-01-01', '2026-12-31' FROM year.person p JOIN year.place o ON o.kind = 'association' AND o.n = p.n % associations + 1
	WHERE p.kind = 'beneficiary';
	INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day, cold_classes, declares_short_dated)
	SELECT 1, id, 'association', 40, '{ambient,perishable,very_perishable}', n % 2 = 0 FROM year.place WHERE kind = 'association';
END $$;

CREATE FUNCTION year.is_open(day date) RETURNS boolean STABLE LANGUAGE sql AS
$$ SELECT extract(isodow FROM day) < 7 AND NOT EXISTS (SELECT FROM ecopanier.public_holidays(extract(year FROM day)::int) h WHERE h.day = is_open.day) $$;

CREATE FUNCTION year.lots_on(day date, scale numeric) RETURNS int STABLE LANGUAGE sql AS
$$ SELECT CASE WHEN year.is_open(day) THEN greatest(3, round(216000 * scale / 304 * (ARRAY[0.9, 0.9, 1.0, 1.0, 1.1, 1.1])[extract(isodow FROM day)::int]))::int ELSE 0 END $$;

-- The same id in each replay: of lots that end together, ids say which goes first in the cascade.
CREATE FUNCTION year.lot_id(day date, n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS
$$ SELECT (lpad(to_hex(extract(epoch FROM year.local(day, '09:00'))::bigint * 1000), 12, '0') || '80008040' || left(md5(day || ' ' || n), 12))::uuid $$;

/* The first lot of a day is one of shop 1 with six free units, which a round allots. */
CREATE FUNCTION year.publish(day date, n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	shops int := (SELECT count(*) FROM year.place WHERE kind = 'shop');
	made bigint;
BEGIN
	WITH new AS (
		INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, category, cold_class, undated, use_by, best_before, batch, allergens,
			unit_weight_g, public_units, solidarity_units, original_price_cents, price_cents, window_start, window_end, state)
		SELECT 1, year.lot_id(day, i), p.id, day || ' ' || i, CASE kind WHEN 0 THEN 'bakery' WHEN 1 THEN 'dairy' ELSE 'grocery' END,
			CASE kind WHEN 1 THEN 'very_perishable' ELSE 'ambient' END, kind = 0,
			CASE kind WHEN 1 THEN day + floor(4 * year.dice('date ' || day || i))::int END, CASE kind WHEN 2 THEN day + 30 END,
			CASE WHEN kind > 0 THEN 'L' || to_char(day, 'YYYYDDD') END, '{gluten,lait}', 500 + 100 * kind,
			CASE i WHEN 1 THEN 0 ELSE 1 + floor(4 * year.dice('public ' || day || i))::int END,
			CASE i WHEN 1 THEN 6 ELSE floor(3 * year.dice('free ' || day || i))::int END, 1000, CASE i WHEN 1 THEN NULL ELSE 400 END,
			year.local(day, CASE WHEN noon THEN '11:30' ELSE '17:30' END::time), year.local(day, CASE WHEN noon THEN '13:00' ELSE '19:00' END::time), 'published'
		FROM generate_series(1, n) i,
			LATERAL (SELECT floor(3 * year.dice('kind ' || day || i))::int AS kind, i > 1 AND year.dice('noon ' || day || i) < 0.2 AS noon) k,
			LATERAL (SELECT id FROM year.place WHERE year.place.kind = 'shop' AND year.place.n = CASE i WHEN 1 THEN 1 ELSE (i * 7919 + extract(doy FROM day)::int * 31) % shops + 1 END) p
		RETURNING id, title)
	INSERT INTO year.lot SELECT id, title, day, split_part(title, ' ', 2)::int FROM new;
	GET DIAGNOSTICS made = ROW_COUNT;
	RETURN made;
END $$;

/*
 * Each unit that is wanted is somebody else's: u * 7919 + shift goes round the people without meeting anybody twice. Lots of the day, but the one
 * that is allotted, and what is offered again of lots of the days before.
 */
CREATE FUNCTION year.claim(day date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	people int := (SELECT count(*) FROM year.person WHERE kind = 'customer');
	made bigint;
BEGIN
	WITH offered AS (
		SELECT l.id, y.title, s.public_left AS public_units, s.solidarity_left AS solidarity_units FROM year.lot y JOIN ecopanier.lot l ON l.territory_id = 1 AND l.id = y.id
		JOIN ecopanier_private.lot_stock s ON s.territory_id = 1 AND s.lot_id = l.id
		WHERE y.day = claim.day AND y.n > 1
		UNION ALL SELECT l.id, l.title || ' again', 0, l.solidarity_units FROM ecopanier.lot l
		WHERE l.territory_id = 1 AND l.source_lot_id IS NOT NULL AND l.state = 'published' AND l.window_end > ecopanier.now()
	), wanted AS (
		SELECT id, title, pool, row_number() OVER (PARTITION BY pool ORDER BY title COLLATE "C", k) AS u
		FROM (SELECT id, title, 'public' AS pool, k FROM offered, generate_series(1, public_units) k WHERE year.dice(format('%s wants %s', title, k)) < 0.75
			UNION ALL SELECT id, title, 'solidarity', k FROM offered, generate_series(1, solidarity_units) k WHERE year.dice(format('%s needs %s', title, k)) < 0.9) w
	), made AS (
		INSERT INTO ecopanier.reservation (lot_id, member_id, pool)
		SELECT w.id, p.id, w.pool FROM wanted w JOIN year.person p ON p.kind = CASE w.pool WHEN 'public' THEN 'customer' ELSE 'beneficiary' END
			AND p.n = (w.u * 7919 + extract(doy FROM claim.day)::int * 104729) % people + 1
		WHERE w.u <= people RETURNING id, lot_id, member_id)
	INSERT INTO year.claim SELECT m.id, claim.day, year.dice(l.title || ' ' || p.kind || p.n || claim.day)
	FROM made m JOIN ecopanier.lot l ON l.territory_id = 1 AND l.id = m.lot_id JOIN year.person p ON p.id = m.member_id;
	GET DIAGNOSTICS made = ROW_COUNT;
	RETURN made;
END $$;
CREATE INDEX ON year.person (id);

CREATE FUNCTION year.cancel(day date, late boolean) RETURNS bigint LANGUAGE sql AS $$
	WITH done AS (
		UPDATE ecopanier.reservation r SET state = 'cancelled', cancel_reason = 'other plans', late_cancel = late FROM year.claim c
		WHERE c.day = cancel.day AND r.territory_id = 1 AND r.id = c.id AND r.state = 'held'
			AND CASE WHEN late THEN c.roll > 0.99 ELSE c.roll < 0.04 END AND r.window_start > ecopanier.now() RETURNING 1)
	SELECT count(*) FROM done;
$$;

CREATE FUNCTION year.collect(day date) RETURNS bigint LANGUAGE sql AS $$
	WITH done AS (
		UPDATE ecopanier.reservation r SET state = 'collected' FROM year.claim c
		WHERE c.day = collect.day AND r.territory_id = 1 AND r.id = c.id AND r.state = 'held' AND c.roll < 0.93
			AND r.window_start <= ecopanier.now() AND r.window_end > ecopanier.now() RETURNING 1)
	SELECT count(*) FROM done;
$$;

-- Calls of people, one a line; somebody's claims hold until the next call's.
CREATE FUNCTION year.call(kind text, n int, statement text) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT format('SELECT year.act(%L, %s); SET ROLE ecopanier_%s; %s;', kind, n, CASE kind WHEN 'shop' THEN 'merchant' ELSE kind END, statement) $$;

/*
 * round: shop 1 opens a round for its first lot. interest: eight people declare, two of them withdraw, so that all others get one. sponsor: customers
 * pay for two units. answer: associations accept seven tenths of what they are offered and refuse a tenth. fetch: they collect nine tenths of that.
 */
CREATE FUNCTION year.calls(part text, day date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	open_round uuid := (SELECT r.id FROM ecopanier.allotment_round r JOIN year.lot y ON y.id = r.lot_id WHERE y.day = calls.day AND r.state = 'open');
	people int := (SELECT count(*) FROM year.person WHERE kind = 'customer');
BEGIN
	RETURN coalesce(string_agg(line, E'\n' ORDER BY place), '') FROM (
		SELECT 0 AS place, year.call('shop', 1, format('SELECT ecopanier.open_allotment(%L, 6, %L)', id, year.local(calls.day, '14:00'))) AS line
		FROM year.lot y WHERE part = 'round' AND y.day = calls.day AND n = 1
		UNION ALL SELECT i, year.call('beneficiary', i, format('SELECT ecopanier.declare_interest(%L)', open_round)) FROM generate_series(1, 8) i
		WHERE part = 'interest' AND open_round IS NOT NULL
		UNION ALL SELECT i + 10, year.call('beneficiary', i, format('SELECT ecopanier.withdraw_interest(%L)', open_round)) FROM generate_series(7, 8) i
		WHERE part = 'interest' AND open_round IS NOT NULL
		UNION ALL SELECT i, year.call('customer', (extract(doy FROM calls.day)::int * 13 + i) % people + 1, format('SELECT ecopanier.sponsor_units(%L, 1)', y.id))
		FROM year.lot y, generate_series(1, 2) i WHERE part = 'sponsor' AND y.day = calls.day AND y.n = i + 1
		UNION ALL SELECT 1, year.call('association', p.n, CASE
				WHEN part = 'fetch' THEN format('SELECT ecopanier.receive_offer(%L, %s)', s.id, s.quantity)
				WHEN roll < 0.7 THEN format('SELECT ecopanier.accept_offer(%L)', s.id)
				ELSE format('SELECT ecopanier.refuse_offer(%L, %L)', s.id, 'no van today') END)
		FROM ecopanier.cascade_step s JOIN ecopanier.lot l ON l.territory_id = 1 AND l.id = s.lot_id
		JOIN year.place p ON p.kind = 'association' AND p.id = s.receiver_organisation_id,
			LATERAL (SELECT year.dice(format('%s %s %s', l.title, s.number, part)) AS roll) r
		WHERE s.territory_id = 1 AND s.deadline > ecopanier.now() AND (part = 'answer' AND s.state = 'offered' AND roll < 0.8 OR part = 'fetch' AND s.state = 'accepted' AND roll < 0.9)
	) c;
END $$;

-- Lines to compare: what follows from what people did, by names.
CREATE FUNCTION year.state() RETURNS SETOF text LANGUAGE sql AS $$
	WITH lot AS (
		SELECT l.id, coalesce(y.title, l.title || ' again ' || to_char(l.window_start, 'YYYY-MM-DD HH24:MI')) AS title, l.state, s.public_left + s.solidarity_left AS units_left
		FROM ecopanier.lot l LEFT JOIN year.lot y USING (id) JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id)
	SELECT format('lot %s: %s, %s left', title, state, units_left) FROM lot
	UNION ALL SELECT format('claim %s by %s: %s %s %s %s, %s cents', l.title, m.display_name, r.pool, r.state, r.late_cancel, r.claim_day, r.amount_cents)
	FROM ecopanier.reservation r JOIN lot l ON l.id = r.lot_id JOIN ecopanier.member m ON m.territory_id = 1 AND m.id = r.member_id
	UNION ALL SELECT format('step %s %s: %s %s %s to %s, %s units %s g at %s until %s', l.title, number, stage, s.state, reason, o.name, quantity, weight_g, at, deadline)
	FROM ecopanier.cascade_step s JOIN lot l ON l.id = s.lot_id LEFT JOIN ecopanier.organisation o ON o.territory_id = 1 AND o.id = s.receiver_organisation_id
	UNION ALL SELECT format('round of %s: %s', l.title, r.state) FROM ecopanier.allotment_round r JOIN lot l ON l.id = r.lot_id
	UNION ALL SELECT format('contributions %s %s: %s, %s cents', kind, state, count(*), sum(amount_cents)) FROM ecopanier.contribution GROUP BY kind, state
$$;
