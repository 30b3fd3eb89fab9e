-- Allotment rounds as a property: thirty rounds among fifty people with random histories, wishes, distances and rights. Drawn at their time and drawn
-- late they give the same; nobody who was helped less, or as much and served less recently, or both the same and is nearer, is passed over, by the facts
-- themselves; what is given is the lesser of what there was and what could be had.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
SELECT setseed(0.75) \g /dev/null

INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, 'R' || n FROM generate_series(1, 50) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, id, 'beneficiary' FROM ecopanier.member WHERE territory_id = 1 AND display_name ~ '^R\d';
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until, units_per_day)
SELECT 1, id, fixture.organisation('CCAS'), 'verified', '2026-01-01', CASE WHEN random() < 0.1 THEN date '2026-11-22' ELSE date '2026-12-31' END, CASE WHEN random() < 0.2 THEN 1 END
FROM ecopanier.member WHERE territory_id = 1 AND display_name ~ '^R\d' ORDER BY display_name;

-- Histories: up to four claims each of the last sixty days, most of them fetched.
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, window_start, window_end, state)
SELECT 1, fixture.organisation('Boulangerie'), 'Jour ' || d, 1000, 1000, '2026-11-20 17:00+00'::timestamptz - d * interval '1 day', '2026-11-20 19:00+00'::timestamptz - d * interval '1 day', 'closed'
FROM generate_series(1, 60) d;
INSERT INTO ecopanier.reservation (lot_id, member_id, pool, claimed_at, quantity, state, collected_at, cancelled_at)
SELECT l.id, x.member_id, 'solidarity', l.window_start - interval '1 hour', 1, x.state, CASE x.state WHEN 'collected' THEN l.window_start + interval '5 minutes' END,
	CASE x.state WHEN 'cancelled' THEN l.window_start - interval '50 minutes' END
FROM (SELECT DISTINCT ON (member_id, day) * FROM (SELECT b.member_id, 1 + floor(random() * 60)::int AS day, (ARRAY['collected', 'collected', 'collected', 'lapsed', 'cancelled'])[1 + floor(random() * 5)::int] AS state, random() AS chance
	FROM ecopanier.beneficiary b, generate_series(1, 4) n WHERE b.territory_id = 1 AND b.valid_from IS NOT NULL AND b.member_id <> fixture.id('Bruno') ORDER BY b.member_id, n) y ORDER BY member_id, day) x
JOIN ecopanier.lot l ON l.title = 'Jour ' || x.day WHERE x.chance < 0.7;
SELECT cmp_ok(count(DISTINCT member_id), '>', 40::bigint, 'people have histories') FROM ecopanier.reservation;

-- Thirty rounds over three days, a minute apart within a day, some of them scarce.
CREATE TABLE fixture.drawn_lot (n int PRIMARY KEY, lot uuid, closes timestamptz, round uuid);
WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
	SELECT 1, fixture.organisation('Boulangerie'), 'Tirage ' || n, 1 + floor(random() * 9)::int, 1000, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-30',
		'2026-11-21 12:00+00'::timestamptz + n % 3 * interval '1 day', '2026-11-21 15:00+00'::timestamptz + n % 3 * interval '1 day', 'published' FROM generate_series(1, 30) n
	RETURNING id, title, window_start)
INSERT INTO fixture.drawn_lot SELECT split_part(title, ' ', 2)::int, id, window_start - interval '2 hours' + split_part(title, ' ', 2)::int * interval '1 minute' FROM made;
UPDATE fixture.drawn_lot SET round = fixture.try('Adele', 'administrator', format('SELECT ecopanier.open_allotment(%L, (SELECT solidarity_units FROM ecopanier.lot WHERE id = %L), %L)', lot, lot, closes), keep => true)::uuid;
SELECT is(count(round), 30::bigint, 'thirty rounds are open') FROM fixture.drawn_lot;
SELECT is(count(answer) FILTER (WHERE length(answer) = 36), count(*), 'interest is declared') FROM (
	SELECT fixture.try(w.name, 'beneficiary', format('SELECT ecopanier.declare_interest(%L, %s, 46.58 + %s, 0.34)', d.round, 1 + floor(w.a * 3)::int, w.b * 0.12), keep => true) AS answer
	FROM fixture.drawn_lot d CROSS JOIN LATERAL (SELECT m.display_name AS name, random() AS a, random() AS b, random() AS c FROM ecopanier.member m
		WHERE m.territory_id = 1 AND m.display_name ~ '^R\d' AND d.n IS NOT NULL ORDER BY m.display_name) w WHERE w.c < 0.35) x;
SELECT fixture.try('R' || p, 'beneficiary', format('SELECT ecopanier.withdraw_interest(%L)', d.round), keep => true) FROM fixture.drawn_lot d, generate_series(1, 50) p WHERE (d.n * 7 + p) % 17 = 0 \g /dev/null

ANALYZE;

-- All that a draw decides, and what it leaves.
CREATE VIEW fixture.decided AS SELECT d.n, m.display_name, i.allowed, i.help_units, i.waiting_days, i.distance_band, i.place, i.allotted, i.outcome, r.quantity, r.claimed_at, r.claim_day, r.quota_limit, a.state, a.ended_at
FROM fixture.drawn_lot d JOIN ecopanier.allotment_round a ON a.id = d.round JOIN ecopanier.allotment_interest i ON i.round_id = d.round JOIN ecopanier.member m ON m.id = i.member_id
LEFT JOIN ecopanier.reservation r ON r.id = i.reservation_id;
CREATE FUNCTION fixture.digest() RETURNS text STABLE LANGUAGE sql AS $$ SELECT md5(string_agg(x::text, E'\n' ORDER BY n, display_name)) FROM fixture.decided x $$;

-- Each round a minute after its time, as a worker draws them that is always there; and each day's when nearly all of its windows are over.
CREATE FUNCTION fixture.draw_at(moments timestamptz[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz;
	done bigint := 0;
BEGIN
	FOREACH moment IN ARRAY moments LOOP
		PERFORM set_config('ecopanier.clock', moment::text, true);
		done := done + (SELECT t.done FROM ecopanier.tick() t WHERE step = 'allotments');
	END LOOP;
	RETURN done;
END $$;
BEGIN;
SELECT is(fixture.draw_at((SELECT array_agg(closes ORDER BY closes) FROM fixture.drawn_lot)), 30::bigint, 'drawn one by one');
SELECT fixture.digest() AS punctual \gset
ROLLBACK;
BEGIN;
SELECT is(fixture.draw_at((SELECT array_agg(closes ORDER BY closes) FROM fixture.drawn_lot)), 30::bigint, 'and once more');
SELECT is(fixture.digest(), :'punctual', 'two runs give the same');
ROLLBACK;
SELECT is(fixture.draw_at(ARRAY['2026-11-21 13:59:59+00', '2026-11-22 13:59:59+00', '2026-11-23 13:59:59+00']::timestamptz[]), 30::bigint, 'drawn late');
SELECT is(fixture.digest(), :'punctual', 'the same as in time');

-- The criteria again, from the facts and without the code that drew.
CREATE TABLE fixture.fact AS
SELECT d.n, i.member_id, i.pseudonym, i.quantity, i.distance_band, i.allowed, i.allotted, i.place, i.outcome, i.help_units, i.waiting_days,
	(SELECT coalesce(sum(r.quantity), 0) FROM ecopanier.reservation r WHERE r.member_id = i.member_id AND r.pool = 'solidarity'
		AND r.claimed_at <= d.closes AND r.claimed_at > d.closes - interval '28 days' AND (r.state = 'collected' OR r.window_end > d.closes) AND r.id IS DISTINCT FROM i.reservation_id) AS helped,
	(SELECT (d.closes AT TIME ZONE 'Europe/Paris')::date - max(r.collected_at AT TIME ZONE 'Europe/Paris')::date FROM ecopanier.reservation r
		WHERE r.member_id = i.member_id AND r.pool = 'solidarity' AND r.collected_at <= d.closes) AS waited
FROM fixture.drawn_lot d JOIN ecopanier.allotment_interest i ON i.round_id = d.round;
SELECT is(count(*) FILTER (WHERE helped <> help_units OR waited IS DISTINCT FROM waiting_days), 0::bigint, 'what is published is so') FROM fixture.fact;
SELECT is(count(*), 0::bigint, 'nobody is passed over for who was helped more, or as much and served more recently, or both the same and is farther')
FROM fixture.fact x JOIN fixture.fact y ON y.n = x.n
WHERE x.allotted < x.allowed AND (x.helped, -coalesce(x.waited, 100000), x.distance_band) < (y.helped, -coalesce(y.waited, 100000), y.distance_band)
	AND (y.allotted > x.allotted OR y.place < x.place);
SELECT is(count(*), 0::bigint, 'nobody has a second unit before everybody has one that may')
FROM fixture.fact x JOIN fixture.fact y ON y.n = x.n WHERE x.allotted < x.allowed AND y.allotted > x.allotted + 1;
SELECT is(count(*), 0::bigint, 'what is given is the lesser of what there was and what could be had')
FROM (SELECT d.n, max(k.kept_units) AS kept, sum(f.allowed) AS could, sum(f.allotted) AS given FROM fixture.drawn_lot d JOIN ecopanier_private.allotment_draw k ON k.round_id = d.round
	JOIN fixture.fact f USING (n) GROUP BY d.n) x WHERE given <> least(kept, could);
SELECT is(string_agg(DISTINCT outcome, ' ' ORDER BY outcome), 'allotted not_enough_units quota_reached right_ended withdrew', 'each of these came about') FROM fixture.fact;
SELECT is(count(*), 30::bigint, 'all are recomputed') FROM fixture.drawn_lot
WHERE fixture.try('Adele', 'administrator', format('SELECT r::text FROM ecopanier.recompute_allotment(%L) r', round), at => '2026-11-23 15:00+00') = '(t,t,t)';
SELECT is(coalesce(string_agg(invariant || ' ' || violations, ', '), 'none'), 'none', 'invariants') FROM ecopanier.self_check() WHERE violations <> 0;
SELECT * FROM finish();
