-- The schedule: each step on both sides of its moment, in batches fair between territories, the same after a pause; when something will be due.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

CREATE FUNCTION pg_temp.turn(of text) RETURNS bigint LANGUAGE sql AS $$ SELECT done FROM ecopanier.tick() WHERE step = of $$;
CREATE FUNCTION pg_temp.due(of text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(next_due::text, 'never') FROM ecopanier.schedule() WHERE step = of $$;
CREATE FUNCTION pg_temp.at(moment text) RETURNS text LANGUAGE sql AS $$ SELECT set_config('ecopanier.clock', moment, false) $$;

SELECT is(string_agg(step, ' '), (SELECT string_agg(step, ' ') FROM ecopanier.schedule()), 'tick() and schedule() name the same steps') FROM ecopanier.tick();
SELECT is(count(error), 0::bigint, 'none of which fails') FROM ecopanier.tick();
SELECT is(count(error), 0::bigint, 'nor asking when') FROM ecopanier.schedule();

-- Claims, lots: window 17:00 to 19:00.
SELECT is(pg_temp.due('lapses') || ' ' || pg_temp.due('lots') || ' ' || pg_temp.due('payment_holds'), 'never never never', 'nothing is claimed, nothing is due');
SELECT fixture.lot(5, 5) AS lot, fixture.lot(5, 5, 2) AS there \gset
INSERT INTO ecopanier.reservation (lot_id, member_id, quantity) VALUES (:'lot', fixture.id('Camille'), 1), (:'there', fixture.id('Camille', 2), 2);
INSERT INTO ecopanier.reservation (lot_id, member_id, quantity, state) VALUES (:'lot', fixture.id('Charlie'), 3, 'awaiting_payment');
SELECT is(pg_temp.due('lapses') || ' ' || pg_temp.due('lots'), '2026-11-20 19:00:00+00 2026-11-20 19:00:00+00', 'the window''s end is when claims lapse and the lot closes');
SELECT is(pg_temp.due('payment_holds'), '2026-11-20 16:15:00+00', 'a claim waits a quarter of an hour for its payment');
SELECT pg_temp.at('2026-11-20 16:14:59.999999+00') \g /dev/null
SELECT is(pg_temp.turn('payment_holds'), 0::bigint, 'not before');
SELECT pg_temp.at('2026-11-20 16:15:00+00') \g /dev/null
SELECT is(pg_temp.turn('payment_holds'), 1::bigint, 'then it is cancelled');
SELECT is(state || ' ' || cancel_reason || ' ' || late_cancel, 'cancelled not_paid false', 'which is nobody''s fault') FROM ecopanier.reservation WHERE quantity = 3;
SELECT is(fixture.try('Mona', 'merchant', $$SELECT string_agg(first_name || ' ' || state, ', ') FROM ecopanier.pickup_list$$), 'Camille held', 'and nothing that whoever hands over sees');
SELECT is(public_left, 4, 'and its units are offered again') FROM ecopanier_private.lot_stock WHERE lot_id = :'lot';
SELECT is(pg_temp.due('payment_holds'), 'never', 'nothing else waits');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'payment_hold', 60, '2026-11-20 16:15+00', 'test');
INSERT INTO ecopanier.reservation (lot_id, member_id, quantity, state) VALUES (:'lot', fixture.id('Charlie'), 3, 'awaiting_payment');
SELECT is(pg_temp.due('payment_holds'), '2026-11-20 17:15:00+00', 'the territory''s parameter says how long');
SELECT pg_temp.at('2026-11-20 18:59:59.999999+00') \g /dev/null
SELECT is(pg_temp.turn('lapses') || ' ' || pg_temp.turn('lots'), '0 0', 'before the end of the window nothing lapses and no lot closes');
SELECT pg_temp.at('2026-11-20 19:00:00+00') \g /dev/null
SELECT results_eq($$SELECT step, done FROM ecopanier.tick() WHERE step IN ('lapses', 'lots')$$, $$VALUES ('lapses', 2::bigint), ('lots', 2)$$, 'at its end they do');
SELECT is(string_agg(DISTINCT state, ' '), 'closed', 'the lots are closed') FROM ecopanier.lot;
SELECT is(count(*), 2::bigint, 'two claims lapsed') FROM ecopanier.reservation WHERE state = 'lapsed';
SELECT is(fixture.try('Mona', 'merchant', $$SELECT string_agg(first_name || ' ' || state, ', ') FROM ecopanier.pickup_list$$), 'Camille lapsed', 'the counter sees the one that was held');
SELECT is(pg_temp.due('lapses') || ' ' || pg_temp.due('lots'), 'never never', 'and nothing is due any more');
SELECT is(coalesce(string_agg(invariant, ' '), 'none'), 'none', 'invariants') FROM ecopanier.self_check() WHERE violations <> 0;

-- A locked claim waits a day to be released, a released one lapses after its grace.
SELECT pg_temp.at('2026-11-21 16:00:00+00') \g /dev/null
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, batch, allergens, public_units, original_price_cents, price_cents, use_by, window_start, window_end, state)
VALUES (1, fixture.organisation('Boulangerie'), 'Verrou', 'bakery', 500, 'ambient', 'L1', '{gluten}', 5, 1000, 400, '2026-11-25', '2026-11-21 17:00+00', '2026-11-21 19:00+00', 'published');
INSERT INTO ecopanier.reservation (lot_id, member_id) SELECT id, fixture.id('Camille') FROM ecopanier.lot WHERE title = 'Verrou';
SELECT r.id AS locked FROM ecopanier.reservation r JOIN ecopanier.lot l ON l.id = r.lot_id WHERE l.title = 'Verrou' \gset
INSERT INTO ecopanier_private.pickup_guess (territory_id, reservation_id, station_id, round, number, at)
SELECT 1, :'locked', fixture.id('Sami'), 1, n, ecopanier.now() FROM generate_series(1, 5) n;
SELECT is(pg_temp.due('lapses'), '2026-11-21 19:00:00+00', 'a locked claim is looked at when its window is over');
SELECT pg_temp.at('2026-11-21 20:00:00+00') \g /dev/null
SELECT is(pg_temp.turn('lapses'), 0::bigint, 'and does not lapse');
SELECT is(pg_temp.due('lapses'), '2026-11-22 19:00:00+00', 'for a day');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.release_pickup(%L, ''known to us'')', :'locked'), keep => true), '', 'released');
SELECT grace_until AS grace FROM ecopanier.reservation WHERE id = :'locked' \gset
SELECT is(pg_temp.due('lapses')::timestamptz, :'grace'::timestamptz, 'a released one is due after its grace');
SELECT pg_temp.at((:'grace'::timestamptz - interval '1 us')::text) \g /dev/null
SELECT is(pg_temp.turn('lapses'), 0::bigint, 'not before');
SELECT pg_temp.at(:'grace') \g /dev/null
SELECT is(pg_temp.turn('lapses'), 1::bigint, 'then');
-- Nobody releases it: a day after its window, or when its food may not be handed over any more. Not the person's fault, so no no-show.
SELECT pg_temp.at('2026-11-22 16:00:00+00') \g /dev/null
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, batch, allergens, solidarity_units, original_price_cents, use_by, window_start, window_end, state)
SELECT 1, fixture.organisation('Boulangerie'), 'Verrou ' || d, 'bakery', 500, 'ambient', 'L1', '{gluten}', 5, 1000, d, '2026-11-22 17:00+00', '2026-11-22 19:00+00', 'published'
FROM unnest(ARRAY['2026-11-22', '2026-11-25']::date[]) d;
INSERT INTO ecopanier.reservation (lot_id, member_id, pool) SELECT id, fixture.id('Benoit'), 'solidarity' FROM ecopanier.lot WHERE title LIKE 'Verrou 2026%';
INSERT INTO ecopanier_private.pickup_guess (territory_id, reservation_id, station_id, round, number, at)
SELECT 1, r.id, fixture.id('Sami'), 1, n, ecopanier.now() FROM ecopanier.reservation r JOIN ecopanier.lot l ON l.id = r.lot_id, generate_series(1, 5) n WHERE l.title LIKE 'Verrou 2026%';
CREATE FUNCTION pg_temp.unreleased(moment text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.at(moment), pg_temp.turn('lapses');
	RETURN (SELECT string_agg(concat_ws(' ', right(l.title, 2), r.state, r.forgiven_at IS NOT NULL), ', ' ORDER BY l.title) FROM ecopanier.reservation r JOIN ecopanier.lot l ON l.id = r.lot_id WHERE l.title LIKE 'Verrou 2026%');
END $$;
SELECT is(pg_temp.unreleased(at), expected, says) FROM (VALUES (1, '2026-11-22 22:59:59+00', '22 held f, 25 held f', 'until the use-by date is over'),
	(2, '2026-11-22 23:00:00+00', '22 lapsed t, 25 held f', 'then it is not waited any more'), (3, '2026-11-23 18:59:59+00', '22 lapsed t, 25 held f', 'the other waits a day'),
	(4, '2026-11-23 19:00:00+00', '22 lapsed t, 25 lapsed t', 'and no longer')) v (n, at, expected, says) ORDER BY n;
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT no_shows FROM ecopanier.my_standing()', at => '2026-11-23 19:00:00+00'), '0', 'nobody is blamed');
SELECT is(coalesce(string_agg(invariant, ' '), 'none'), 'none', 'invariants') FROM ecopanier.self_check() WHERE violations <> 0;

-- Rights: the local midnight after the last day, in both time zones.
SELECT is(pg_temp.due('rights'), '2026-12-31 20:00:00+00', 'the earliest midnight is that of Saint-Denis');
SELECT pg_temp.at('2026-12-31 19:59:59+00') \g /dev/null
SELECT is(pg_temp.turn('rights'), 0::bigint, 'one second before nothing ends');
SELECT pg_temp.at('2026-12-31 20:00:00+00') \g /dev/null
SELECT is(pg_temp.turn('rights'), 3::bigint, 'three rights end in Saint-Denis');
SELECT is(pg_temp.due('rights'), '2026-12-31 23:00:00+00', 'those of Poitiers three hours later');

-- The day's retention: at three in the morning, local time; once a day.
SELECT is(pg_temp.due('retention'), '2026-12-31 23:00:00+00', 'retention begins at three in Saint-Denis');
SELECT is(pg_temp.turn('retention'), 0::bigint, 'and not twice a day');
SELECT pg_temp.at('2026-12-31 23:00:00+00') \g /dev/null
SELECT is(pg_temp.turn('retention'), 5::bigint, 'the next day''s: four rules and the traces');
SELECT is(pg_temp.due('retention'), '2027-01-01 02:00:00+00', 'Poitiers follows');
SELECT is(day || ' ' || rule, '2027-01-01 5', 'how far it came is a row') FROM ecopanier_private.retention_turn WHERE territory_id = 2;
SELECT pg_temp.at('2027-03-28 00:59:59+00') \g /dev/null
SELECT ecopanier.tick() \g /dev/null
SELECT is(pg_temp.due('retention') , '2027-03-28 01:00:00+00', 'on the day that loses an hour, three o''clock is at one, UTC');

-- People who are due go in batches; who is postponed is met once a day.
SELECT pg_temp.at('2027-04-01 12:00:00+00') \g /dev/null
INSERT INTO ecopanier.member (territory_id, display_name, created_at) SELECT 1, 'Ancien ' || n, '2020-01-01' FROM generate_series(1, 1203) n;
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end, state)
VALUES (1, fixture.organisation('Boulangerie'), 'Longue', 'bakery', 500, 'ambient', true, '{gluten}', 5, 1000, 400, '2019-01-01', '2099-01-01', 'published');
INSERT INTO ecopanier.reservation (lot_id, member_id, claimed_at) SELECT l.id, m.id, '2020-01-01' FROM ecopanier.lot l, ecopanier.member m WHERE l.title = 'Longue' AND m.display_name = 'Ancien 7';
SELECT is(pg_temp.turn('retention'), 1202::bigint + 5 + 2 + 5, 'all but the one with a basket: three batches of one territory, one of the other');
SELECT is(count(*), 1202::bigint, 'erased') FROM ecopanier.member WHERE erased;
SELECT is(pg_temp.turn('retention'), 0::bigint, 'the same day nobody is looked at again');

-- Catching up: every hour, or once after three days, comes to the same.
CREATE FUNCTION pg_temp.scene() RETURNS void LANGUAGE plpgsql AS $$
DECLARE lot uuid; n int;
BEGIN
	PERFORM set_config('ecopanier.clock', '2027-05-01 06:00:00+00', false);
	FOR n IN 1..60 LOOP
		INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, batch, allergens, public_units, solidarity_units, original_price_cents, price_cents, use_by, window_start, window_end, state)
		VALUES (1 + n % 2, fixture.organisation('Boulangerie', 1 + n % 2), 'Jour ' || n, 'bakery', 500, 'ambient', 'L1', '{gluten}', 9, 0, 1000, 400, '2027-05-10',
			'2027-05-01 08:00+00'::timestamptz + n * interval '70 minutes', '2027-05-01 09:00+00'::timestamptz + n * interval '70 minutes', 'published') RETURNING id INTO lot;
		INSERT INTO ecopanier.reservation (lot_id, member_id, quantity, state) SELECT lot, fixture.id(m, 1 + n % 2), 1 + n % 3, CASE WHEN n % 4 = 0 THEN 'awaiting_payment' ELSE 'held' END
		FROM unnest(ARRAY['Camille', 'Claude']) m;
	END LOOP;
END $$;
CREATE FUNCTION pg_temp.final_state(every interval) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz := '2027-05-01 06:00:00+00';
	outcome text;
BEGIN
	PERFORM pg_temp.scene();
	WHILE moment < '2027-05-06 06:00:00+00' LOOP
		moment := moment + every;
		PERFORM set_config('ecopanier.clock', moment::text, false);
		PERFORM ecopanier.tick();
	END LOOP;
	SELECT md5(string_agg(l.title || l.state || s.public_left || r.state || coalesce(r.cancel_reason, '-'), ',' ORDER BY l.title, r.member_id)) || ' '
		|| string_agg(DISTINCT l.state || ' ' || r.state, ', ') INTO outcome
	FROM ecopanier.lot l JOIN ecopanier_private.lot_stock s ON s.lot_id = l.id JOIN ecopanier.reservation r ON r.lot_id = l.id WHERE l.title LIKE 'Jour %';
	RAISE EXCEPTION SQLSTATE 'UNDO0' USING DETAIL = outcome;
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	GET STACKED DIAGNOSTICS outcome = PG_EXCEPTION_DETAIL;
	RETURN outcome;
END $$;
SELECT pg_temp.final_state('1 hour') AS hourly, pg_temp.final_state('120 hours') AS once \gset
SELECT matches(:'hourly'::text, 'closed cancelled, closed lapsed$', 'every hour');
SELECT is(:'once'::text, :'hourly', 'once after five days: the same final state');

-- Fair: a batch takes as many of each territory.
SET ecopanier.clock = '2027-06-01 06:00:00+00';
SELECT ecopanier.tick() \g /dev/null
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end, state)
SELECT t, fixture.organisation('Boulangerie', t), 'Foule', 'bakery', 500, 'ambient', true, '{gluten}', 1, 1000, 400, '2027-06-01 07:00+00', '2027-06-01 08:00+00', 'published'
FROM (SELECT 1 FROM generate_series(1, 1100) UNION ALL SELECT 2 FROM generate_series(1, 3)) c (t);
SET ecopanier.clock = '2027-06-01 08:00:00+00';
SELECT is(pg_temp.turn('lots'), 1103::bigint, 'three batches close them all');

SELECT is(coalesce(string_agg(invariant, ' '), 'none'), 'none', 'invariants') FROM ecopanier.self_check() WHERE violations <> 0;

-- Who may.
SELECT is(fixture.try('Adele', 'administrator', 'SELECT * FROM ecopanier.schedule()'), '42501', 'the schedule is for the operator');
SELECT is(fixture.try('Adele', 'administrator', 'CALL ecopanier.run_schedule()'), '42501', 'so is running it');
SELECT throws_ok('CALL ecopanier.run_schedule()', '25001', NULL, 'it commits, so not inside a transaction');
SELECT * FROM finish();
