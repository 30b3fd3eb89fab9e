-- No unit past its use-by date is offered, claimed, handed over, released or published: random lots and clocks around local
-- midnights, daylight saving included, at each door by itself.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

-- A third calendar, behind UTC, with the people that the doors need.
INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (3, 'pointe-a-pitre', 'Pointe-à-Pitre', 'America/Guadeloupe');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (3, 'tag_required', 0, '-infinity', 'test');
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 3, unnest(ARRAY['Camille', 'Benoit', 'Mona', 'Sami']);
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 3, id, CASE display_name WHEN 'Camille' THEN 'customer' WHEN 'Benoit' THEN 'beneficiary' ELSE 'merchant' END FROM ecopanier.member WHERE territory_id = 3;
INSERT INTO ecopanier.organisation (territory_id, kind, name, siret, latitude, longitude) VALUES (3, 'merchant', 'Boulangerie', '73282932000074', 16.24, -61.53);
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT 3, fixture.organisation('Boulangerie', 3), fixture.id(n, 3), f FROM (VALUES ('Mona', 'owner'), ('Sami', 'station')) s (n, f);
INSERT INTO ecopanier.beneficiary (territory_id, member_id, state, valid_from, valid_until)
VALUES (3, fixture.id('Benoit', 3), 'verified', '2026-01-01', '2026-12-31');

-- The day ends at midnight; whether a moment is before that is asked of the server's calendar, not of ours.
SELECT setseed(0.42) \g /dev/null
CREATE TABLE fixture.dated AS
SELECT n, territory, use_by, midnight, at, at < midnight AS good FROM (
	SELECT n, territory, use_by, midnight, midnight + CASE WHEN random() < 0.5
		THEN (ARRAY[interval '-1 us', '0', '1 us', '-1 s', '1 s', '-1 h', '1 h'])[1 + floor(random() * 7)::int]
		ELSE random() * interval '56 h' - interval '28 h' END AS at
	FROM (SELECT n, territory, use_by, (use_by + 1)::timestamp AT TIME ZONE zone AS midnight
		FROM (SELECT n, 1 + n % 3 AS territory, (ARRAY['Europe/Paris', 'Indian/Reunion', 'America/Guadeloupe'])[1 + n % 3] AS zone,
				CASE WHEN n % 4 > 0 THEN '2026-01-10'::date + floor(random() * 340)::int
					ELSE (ARRAY['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25'])[1 + n / 4 % 4]::date END AS use_by
			FROM generate_series(1, 240) n) a) b) c;
SELECT cmp_ok(count(*) FILTER (WHERE good), '>', 70::bigint, 'many are in time') FROM fixture.dated;
SELECT cmp_ok(count(*) FILTER (WHERE NOT good), '>', 70::bigint, 'many are not') FROM fixture.dated;
SELECT cmp_ok(count(*), '>', 10::bigint, 'some within a second of midnight') FROM fixture.dated WHERE abs(extract(epoch FROM at - midnight)) <= 1;

-- Published lots whose window goes on past the date, as no publication lets through: each door is alone with it.
CREATE TABLE fixture.late AS SELECT n, ecopanier.new_id(territory) AS lot, ecopanier.new_id(territory) AS claim FROM fixture.dated;
SET session_replication_role = replica;
INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, category, public_units, solidarity_units, original_price_cents, price_cents,
	unit_weight_g, cold_class, batch, allergens, use_by, window_start, window_end, latitude, longitude, state, published_at)
SELECT territory, lot, fixture.organisation('Boulangerie', territory), 'Fromage ' || n, 'dairy', 9, 9, 1000, 400, 500, 'very_perishable', 'L' || n, '{lait}', use_by,
	midnight - interval '30 h', midnight + interval '30 h', 46.58, 0.34, 'published', midnight - interval '40 h' FROM fixture.dated JOIN fixture.late USING (n);
INSERT INTO ecopanier_private.lot_stock (territory_id, lot_id, public_left, solidarity_left) SELECT territory, lot, 9, 9 FROM fixture.dated JOIN fixture.late USING (n);
RESET session_replication_role;
SELECT ecopanier.rebuild_open_lots() \g /dev/null
INSERT INTO ecopanier.reservation (territory_id, id, lot_id, member_id, claimed_at)
SELECT territory, claim, lot, fixture.id('Camille', territory), midnight - interval '29 h' FROM fixture.dated JOIN fixture.late USING (n);
-- Tries are used up where a lock is released.
CREATE FUNCTION fixture.lock(claim uuid, territory int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ecopanier_private.pickup_guess (territory_id, reservation_id, station_id, round, number, at)
	SELECT territory, claim, fixture.id('Sami', territory), 1, n, ecopanier.now() FROM generate_series(1, 5) n ON CONFLICT DO NOTHING $$;

-- A door at a moment, and what it answers: "open" where it lets through, else how it refuses; what was done is undone.
CREATE FUNCTION fixture.door(door text, d fixture.dated, l fixture.late) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	at text := d.at::text;
	receipt text;
	answer text;
	refusal text;
BEGIN
	BEGIN
		CASE door
		WHEN 'offered to customers' THEN
			answer := fixture.try('Camille', 'customer', format('SELECT count(*) FROM ecopanier.lot_offer WHERE lot_id = %L', l.lot), d.territory, at);
		WHEN 'offered to beneficiaries' THEN
			answer := fixture.try('Benoit', 'beneficiary', format('SELECT count(*) FROM ecopanier.lot_offer WHERE lot_id = %L', l.lot), d.territory, at);
		WHEN 'found nearby' THEN
			answer := fixture.try('Camille', 'customer', format('SELECT count(*) FROM ecopanier.nearby_lots(46.58, 0.34, page_size => 100) WHERE lot_id = %L', l.lot), d.territory, at);
		WHEN 'found by its name' THEN
			answer := fixture.try('Camille', 'customer', format('SELECT count(*) FROM ecopanier.search_lots(%L, page_size => 100) WHERE lot_id = %L', 'fromage', l.lot), d.territory, at);
		WHEN 'reserved' THEN
			answer := fixture.try('Camille', 'customer', format('SELECT state FROM ecopanier.reserve(%L)', l.lot), d.territory, at);
		WHEN 'claimed by a plain INSERT' THEN
			answer := fixture.try('Benoit', 'beneficiary', format('INSERT INTO ecopanier.reservation (lot_id) VALUES (%L)', l.lot), d.territory, at);
		WHEN 'handed over', 'handed over in a grace' THEN
			receipt := fixture.try('Camille', 'customer', format('SELECT qr || '' '' || pin FROM ecopanier.receipt(%L)', l.claim), d.territory, (d.midnight - interval '29 h')::text);
			IF door LIKE '%grace' THEN
				UPDATE ecopanier.reservation SET grace_until = d.midnight + interval '40 h' WHERE id = l.claim;
			END IF;
			answer := fixture.try('Sami', 'merchant', format('SELECT verdict FROM ecopanier.verify_pickup(%L, %L)', split_part(receipt, ' ', 1), split_part(receipt, ' ', 2)), d.territory, at);
		WHEN 'released' THEN
			PERFORM fixture.lock(l.claim, d.territory);
			answer := fixture.try('Mona', 'merchant', format('SELECT ecopanier.release_pickup(%L, ''known'') IS NOT NULL', l.claim), d.territory, at);
		WHEN 'loaded as handed over' THEN
			answer := (fixture.attempt(session_user::text, NULL, NULL, format('UPDATE ecopanier.reservation SET state = ''collected'', collected_at = %L WHERE id = %L', d.at, l.claim))).state;
		WHEN 'loaded with its pickup' THEN
			answer := (fixture.attempt(session_user::text, NULL, NULL, format('INSERT INTO ecopanier.reservation (lot_id, member_id, state, claimed_at, collected_at) VALUES (%L, %L, ''collected'', %L, %L)',
				l.lot, fixture.id('Camille', d.territory), d.midnight - interval '29 h', d.at))).state;
		END CASE;
		RAISE EXCEPTION SQLSTATE 'UNDO1' USING MESSAGE = coalesce(answer, 'open');
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
		answer := SQLERRM;
	END;
	RETURN CASE WHEN answer IN ('1', 'held', '1 row', 'handed_over', 'true', 'open') THEN 'open' ELSE answer END;
END $$;
CREATE TEMP TABLE door (n serial, door text, refuses text);
INSERT INTO door (door, refuses) VALUES ('offered to customers', '0'), ('offered to beneficiaries', '0'), ('found nearby', '0'), ('found by its name', '0'),
	('reserved', 'ZE108'), ('claimed by a plain INSERT', 'ZE108'), ('handed over', 'too_late'), ('handed over in a grace', 'too_late'), ('released', 'ZE108'),
	('loaded as handed over', 'ZE108'), ('loaded with its pickup', 'ZE108');
SELECT is_empty(format($$SELECT d.*, a FROM fixture.dated d JOIN fixture.late l USING (n), fixture.door(%L, d, l) a WHERE a <> CASE WHEN d.good THEN 'open' ELSE %L END$$, door, refuses),
	door || ' until midnight of the day, and never after') FROM door ORDER BY n;

-- Publication looks at the end of the window: at midnight is in time.
CREATE FUNCTION fixture.publish(d fixture.dated) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(a.state, 'open') FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant', d.territory), format($q$
		INSERT INTO ecopanier.lot (title, category, public_units, original_price_cents, price_cents, unit_weight_g, cold_class, batch, allergens, use_by, window_start, window_end)
		VALUES ('Publié', 'dairy', 1, 1000, 400, 500, 'very_perishable', 'L1', '{lait}', %L, %L, %L);
		UPDATE ecopanier.lot SET state = 'published' WHERE title = 'Publié' RETURNING state$q$, d.use_by, d.at - interval '2 h', d.at), (d.at - interval '1 h')::text) a $$;
SELECT is_empty($$SELECT d.*, a FROM fixture.dated d, fixture.publish(d) a WHERE a <> CASE WHEN at <= midnight THEN 'open' ELSE 'ZE108' END$$,
	'published where the window ends by midnight of the day, and never where it ends later');
SELECT is_empty($$SELECT d.* FROM fixture.dated d, fixture.attempt(session_user::text, NULL, NULL, format('INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units,
	original_price_cents, price_cents, unit_weight_g, cold_class, batch, allergens, use_by, window_start, window_end, state) VALUES (%s, %L, ''x'', ''dairy'', 1, 1000, 400, 500, ''ambient'', ''L'', ''{}'', %L, %L, %L, ''published'')',
	territory, fixture.organisation('Boulangerie', territory), use_by, at - interval '2 h', at)) a WHERE a.state IS DISTINCT FROM CASE WHEN at > midnight THEN 'ZE108' END$$, 'nor loaded so');

SELECT is(string_agg(invariant || ' ' || violations, ', ' ORDER BY invariant), 'offered_past_use_by 240', 'the proof knows them')
FROM ecopanier.self_check() WHERE violations <> 0;

\echo '# the proof finds what was broken by other means'
CREATE FUNCTION fixture.found(statement text, looking text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	violations_found bigint;
BEGIN
	SET LOCAL session_replication_role = replica;
	EXECUTE statement;
	SELECT violations INTO violations_found FROM ecopanier.self_check() WHERE invariant = looking;
	RAISE EXCEPTION SQLSTATE 'UNDO1' USING MESSAGE = violations_found::text;
EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
	RETURN SQLERRM::bigint;
END $$;
SELECT is(fixture.found(statement, looking), 1::bigint, 'self_check() finds: ' || looking) FROM (VALUES
	($$UPDATE ecopanier.lot SET use_by = '2025-12-31' WHERE id = (SELECT lot FROM fixture.late WHERE n = 1)$$, 'claimed_or_moved_past_use_by'),
	($$INSERT INTO ecopanier_private.lot_movement SELECT territory, ecopanier.new_id(territory), lot, 'sponsored', lot, 1, -1, '2027-03-01' FROM fixture.dated JOIN fixture.late USING (n) WHERE n = 1$$,
		'claimed_or_moved_past_use_by'),
	($$UPDATE ecopanier.lot SET provenance = 'bought', public_units = 0 WHERE id = (SELECT lot FROM fixture.late WHERE n = 1); ALTER TABLE ecopanier.lot DROP CONSTRAINT lot_not_for_sale_check;
		UPDATE ecopanier.lot SET provenance = 'seized' WHERE id = (SELECT lot FROM fixture.late WHERE n = 1)$$, 'sold_against_provenance'),
	($$INSERT INTO ecopanier.lot_day VALUES (1, fixture.organisation('Boulangerie'), '2025-01-01', 1, 20, 1, 'free')$$, 'lots_of_day_miscounted')) v (statement, looking);
SELECT * FROM finish();
