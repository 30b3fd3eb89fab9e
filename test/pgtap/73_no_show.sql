-- Rule D15: free baskets that were not fetched. What counts, from when to when, what follows, who reads it, what an administrator forgives.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);
CREATE TEMP TABLE said (n int, line text);
CREATE PROCEDURE pg_temp.walk() LANGUAGE plpgsql AS $$
DECLARE
	line record;
BEGIN
	FOR line IN SELECT * FROM step ORDER BY n LOOP
		INSERT INTO said SELECT line.n, tap.is(fixture.try(line.name, line.role, line.statement, line.territory, line.at, keep => true), line.expected, line.says);
	END LOOP;
	TRUNCATE step;
END $$;
\set walk 'CALL pg_temp.walk(); SELECT line FROM said ORDER BY n; TRUNCATE said;'
CREATE FUNCTION fixture.set(setting text, number numeric, territory int DEFAULT 1, since timestamptz DEFAULT '-infinity') RETURNS void LANGUAGE sql AS
$$ INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (territory, setting, number, since, 'test') $$;
-- Lots to claim on any day, and lots whose window ends at a moment.
CREATE FUNCTION fixture.lot_until(lot_name text, ends timestamptz, territory int DEFAULT 1, begins timestamptz DEFAULT NULL) RETURNS uuid LANGUAGE sql AS $$
	DELETE FROM fixture.named_lot WHERE name = lot_name;
	WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g,
		cold_class, undated, allergens, window_start, window_end, state)
	VALUES (territory, fixture.organisation('Boulangerie', territory), 'Panier', 'grocery', 1000, 1000, 1000, 400, 500, 'ambient', true, '{}',
		coalesce(begins, ends - interval '2 hours'), ends, 'published') RETURNING id)
	SELECT fixture.name_lot(lot_name, id) FROM made $$;
SELECT fixture.lot_until('long1', '2027-02-02'), fixture.lot_until('long2', '2027-02-02', 2) \g /dev/null
-- Somebody misses a basket: claimed the day before, not fetched, lapsed by a worker that came by when it came by.
CREATE FUNCTION fixture.missed(name text, ends timestamptz, territory int DEFAULT 1, pool text DEFAULT 'solidarity', noticed timestamptz DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	lot uuid := fixture.lot_until('missed', ends, territory);
	claim uuid;
BEGIN
	claim := fixture.try(name, 'beneficiary', format('SELECT reservation FROM ecopanier.reserve(fixture.named(''missed''), 1, NULL, %L)', pool), territory,
		(ends - interval '1 day')::text, keep => true);
	PERFORM set_config('ecopanier.clock', coalesce(noticed, ends)::text, false);
	PERFORM ecopanier.lapse_due();
	PERFORM set_config('ecopanier.clock', '2026-11-20 16:00:00+00', false);
	RETURN claim;
END $$;
-- The same by cancelling late, at that moment.
CREATE FUNCTION fixture.dropped(name text, at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	lot uuid := fixture.lot_until('dropped', at + interval '2 hours');
	claim uuid;
BEGIN
	claim := fixture.try(name, 'beneficiary', 'SELECT reservation FROM ecopanier.reserve(fixture.named(''dropped''))', 1, (at - interval '1 day')::text, keep => true);
	PERFORM fixture.try(name, 'beneficiary', format('SELECT ecopanier.cancel(%L)', claim), 1, at::text, keep => true);
	RETURN claim;
END $$;
CREATE FUNCTION fixture.most(name text, at text, territory int DEFAULT 1) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	most int := 0;
	said text;
BEGIN
	LOOP
		said := fixture.try(name, 'beneficiary', format('SELECT state FROM ecopanier.reserve(fixture.named(%L), %s)', 'long' || territory, most + 1), territory, at);
		EXIT WHEN said <> 'held';
		most := most + 1;
	END LOOP;
	RETURN CASE said WHEN 'ZE105' THEN most::text ELSE said END;
END $$;
CREATE FUNCTION fixture.standing(name text, at text, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT fixture.try(name, 'beneficiary', $q$SELECT concat_ws(' ', effect, no_shows, cardinality(reservations), to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), code) FROM ecopanier.my_standing()$q$, territory, at) $$;

\echo '# by default nothing follows'
SELECT fixture.missed('Benoit', timestamptz '2026-03-02 19:00+00' + n * interval '1 day') FROM generate_series(0, 5) n \g /dev/null
SELECT is(fixture.most('Benoit', '2026-03-08 12:00+00'), '2', 'after six baskets that were not fetched: two a day');
SELECT is(fixture.standing('Benoit', '2026-03-08 12:00+00'), 'none 0 0 standing_clear', 'and nothing to read');
SELECT fixture.set('no_show_policy', 1, 1, '2026-03-10') \g /dev/null
SELECT is(fixture.standing('Benoit', '2026-03-10 12:00+00'), 'none 0 0 standing_clear', 'what was done before the policy does not count when it comes');
SELECT is(fixture.most('Benoit', '2026-03-10 12:00+00'), '2', 'two a day');

\echo '# three in 30 days: one a day; each by its moment'
SELECT fixture.missed('Basma', '2026-04-01 19:00+00'), fixture.missed('Basma', '2026-04-05 19:00+00') \g /dev/null
SELECT is(fixture.standing('Basma', at), expected, 'after two: ' || at) FROM (VALUES ('2026-04-01 18:59:59.999999+00', 'none 0 0 standing_clear'), ('2026-04-01 19:00+00', 'none 1 1 standing_counted'),
	('2026-04-05 18:59:59.999999+00', 'none 1 1 standing_counted'), ('2026-04-05 19:00+00', 'none 2 2 standing_counted'), ('2026-05-01 18:59:59.999999+00', 'none 2 2 standing_counted'),
	('2026-05-01 19:00+00', 'none 1 1 standing_counted'), ('2026-05-05 19:00+00', 'none 0 0 standing_clear')) v (at, expected);
SELECT is(fixture.most('Basma', '2026-04-06 12:00+00'), '2', 'two are not three');
-- The third is a late cancellation, and a moment earlier or later it is not.
SELECT fixture.dropped('Basma', '2026-04-10 12:00+00') \g /dev/null
SELECT is(fixture.standing('Basma', at) || ' most ' || fixture.most('Basma', at), expected, 'the third: ' || at) FROM (VALUES ('2026-04-10 11:59:59.999999+00', 'none 2 2 standing_counted most 2'),
	('2026-04-10 12:00+00', 'reduced 3 3 2026-05-01 19:00 standing_reduced most 1'), ('2026-04-11 12:00+00', 'reduced 3 3 2026-05-01 19:00 standing_reduced most 1'),
	('2026-05-01 18:59:59.999999+00', 'reduced 3 3 2026-05-01 19:00 standing_reduced most 1'), ('2026-05-01 19:00+00', 'none 2 2 standing_counted most 2')) v (at, expected);
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('one a day', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'held', '2026-04-12 12:00+00'),
('not two', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'ZE105', '2026-04-12 13:00+00'),
('the claim tells why', 'Basma', 'beneficiary', $$SELECT quota_limit || ' ' || quota_basis FROM ecopanier.reservation WHERE claim_day = '2026-04-12'$$,
 '1 {"base": 2, "kind": "units", "versions": {"no_show_policy": 2, "no_show_reduced_units": 1}, "reduced_to": 1}', NULL),
('what is paid for is not touched', 'Basma', 'beneficiary', $$SELECT quantity::text FROM ecopanier.reserve(fixture.named('long1'), 5, NULL, 'public')$$, '5', '2026-04-12 14:00+00');
:walk

\echo '# five in 30 days: seven days without'
SELECT fixture.missed('Basma', '2026-04-14 19:00+00') \g /dev/null
SELECT is(fixture.standing('Basma', '2026-04-14 19:00+00'), 'reduced 4 4 2026-05-05 19:00 standing_reduced', 'four');
SELECT fixture.missed('Basma', '2026-04-16 19:00+00', noticed => '2026-04-17 21:00+00') \g /dev/null
SELECT is(fixture.standing('Basma', at) || ' most ' || fixture.most('Basma', at), expected, 'the fifth, which a worker saw 26 hours later: ' || at) FROM (VALUES
	('2026-04-16 18:59:59.999999+00', 'reduced 4 4 2026-05-05 19:00 standing_reduced most 1'), ('2026-04-16 19:00+00', 'paused 5 5 2026-04-23 19:00 ZE128 most ZE128'),
	('2026-04-23 18:59:59.999999+00', 'paused 5 5 2026-04-23 19:00 ZE128 most ZE128'), ('2026-04-23 19:00+00', 'reduced 5 5 2026-05-10 12:00 standing_reduced most 1'),
	('2026-05-10 11:59:59.999999+00', 'reduced 3 3 2026-05-10 12:00 standing_reduced most 1'), ('2026-05-10 12:00+00', 'none 2 2 standing_counted most 2')) v (at, expected);
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('paid claims go on', 'Basma', 'beneficiary', $$SELECT amount_cents::text FROM ecopanier.reserve(fixture.named('long1'), 1, NULL, 'public')$$, '400', '2026-04-18 12:00+00'),
('by INSERT too', 'Basma', 'beneficiary', $$INSERT INTO ecopanier.reservation (lot_id, pool) VALUES (fixture.named('long1'), 'public') RETURNING state$$, 'held', '2026-04-18 12:00+00'),
('free ones do not', 'Basma', 'beneficiary', $$INSERT INTO ecopanier.reservation (lot_id) VALUES (fixture.named('long1'))$$, 'ZE128', '2026-04-18 12:00+00'),
('what is held can be cancelled', 'Basma', 'beneficiary', $$SELECT ecopanier.cancel(id) FROM ecopanier.reservation WHERE claim_day = '2026-04-12'$$, '', '2026-04-18 12:00+00'),
('somebody else is not touched', 'Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 2)$$, 'held', '2026-04-18 12:00+00');
:walk
SELECT is(a.detail, 'They are possible again from 2026-04-23 19:00:00+00.', 'the refusal tells until when')
FROM fixture.attempt('api', 'ecopanier_beneficiary', fixture.claims('Basma', 'beneficiary'), $$SELECT ecopanier.reserve(fixture.named('long1'))$$, '2026-04-18 12:00+00') a;
SELECT is(a.hint, 'ecopanier.my_standing() says why; lots at a price are not touched.', 'and where to read why')
FROM fixture.attempt('api', 'ecopanier_beneficiary', fixture.claims('Basma', 'beneficiary'), $$SELECT ecopanier.reserve(fixture.named('long1'))$$, '2026-04-18 12:00+00') a;
-- A sixth within the days pauses again, from its own moment on; one that is the fifth no more does not.
SELECT fixture.lot_until('sixth', '2026-04-25 19:00+00'), fixture.try('Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('sixth'))$$, at => '2026-04-24 12:00+00', keep => true) \g /dev/null
SET ecopanier.clock = '2026-04-25 19:00+00';
SELECT ecopanier.lapse_due() \g /dev/null
SET ecopanier.clock = '2026-11-20 16:00+00';
SELECT is(fixture.standing('Basma', at), expected, 'the sixth: ' || at) FROM (VALUES ('2026-04-25 19:00+00', 'paused 6 6 2026-05-02 19:00 ZE128'),
	('2026-05-02 19:00+00', 'reduced 5 5 2026-05-14 19:00 standing_reduced')) v (at, expected);
SELECT fixture.missed('Basma', '2026-05-12 19:00+00') \g /dev/null
SELECT is(fixture.standing('Basma', '2026-05-12 19:00+00'), 'reduced 4 4 2026-05-16 19:00 standing_reduced', 'four within the days do not pause, whatever was before');

\echo '# what counts, and what does not'
SELECT fixture.missed('Bilal', '2026-07-01 19:00+00', pool => 'public'), fixture.missed('Bilal', '2026-07-02 19:00+00', pool => 'public'), fixture.missed('Bilal', '2026-07-03 19:00+00', pool => 'public') \g /dev/null
SELECT is(fixture.standing('Bilal', '2026-07-04 12:00+00'), 'none 0 0 standing_clear', 'paid baskets do not');
SELECT fixture.lot_until('cut', '2026-07-05 19:00+00'), fixture.lot_until('shop', '2026-07-05 19:00+00'), fixture.lot_until('gone', '2026-07-05 19:00+00'), fixture.lot_until('late', '2026-07-05 19:00+00') \g /dev/null
CREATE FUNCTION fixture.own(lot_name text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT id FROM ecopanier.reservation WHERE lot_id = fixture.named(lot_name) $$;
SELECT fixture.set('free_units_per_day', 10) \g /dev/null
INSERT INTO step (says, name, role, statement, expected, at)
SELECT 'claimed', 'Bilal', 'beneficiary', format('SELECT state FROM ecopanier.reserve(fixture.named(%L))', l), 'held', '2026-07-05 08:00+00' FROM unnest(ARRAY['cut', 'shop', 'gone', 'late']) l;
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('cancelled at the cut-off', 'Bilal', 'beneficiary', $$SELECT ecopanier.cancel(fixture.own('cut'))$$, '', '2026-07-05 16:30+00'),
('cancelled late by the shop', 'Mona', 'merchant', $$SELECT ecopanier.cancel(fixture.own('shop'), 'plus de pain')$$, '', '2026-07-05 18:00+00'),
('the lot cancelled', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'four en panne' WHERE id = fixture.named('gone')$$, '1 row', '2026-07-05 18:00+00');
:walk
SELECT is(fixture.standing('Bilal', '2026-07-05 18:30+00'), 'none 0 0 standing_clear', 'none of these do');
SELECT is(string_agg(concat_ws(' ', n.name, r.state, r.late_cancel, fixture.units_left(n.name)), ', ' ORDER BY n.name), 'cut cancelled f 1000/1000, gone cancelled f 1000/1000, late held f 1000/999, shop cancelled f 1000/1000',
	'units are back where they were') FROM fixture.named_lot n JOIN ecopanier.reservation r ON r.lot_id = n.id WHERE n.name IN ('cut', 'shop', 'gone', 'late');
SELECT is(fixture.used('Bilal', '2026-07-05'), 1, 'and so is the day''s quota');
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('cancelled a moment after the cut-off', 'Bilal', 'beneficiary', $$SELECT ecopanier.cancel(fixture.own('late'))$$, '', '2026-07-05 16:30:00.000001+00'),
('counts', 'Bilal', 'beneficiary', $$SELECT reservations = ARRAY[fixture.own('late')] FROM ecopanier.my_standing()$$, 'true', '2026-07-05 18:30+00'),
('and keeps the quota', 'Bilal', 'beneficiary', $$SELECT fixture.used('Bilal', '2026-07-05') || ' ' || fixture.units_left('late')$$, '1 1000/1000', NULL);
:walk
-- A released basket is missed when its grace ends, a locked one is not missed.
SELECT fixture.lot_until('grace', '2026-07-06 19:00+00'), fixture.try('Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('grace'))$$, at => '2026-07-06 08:00+00', keep => true) \g /dev/null
UPDATE ecopanier.reservation SET grace_until = '2026-07-06 20:00+00' WHERE id = fixture.own('grace');
SET ecopanier.clock = '2026-07-06 20:00+00';
SELECT ecopanier.lapse_due() \g /dev/null
SET ecopanier.clock = '2026-11-20 16:00+00';
SELECT is(split_part(fixture.standing('Bilal', at), ' ', 2), expected, 'the grace: ' || at) FROM (VALUES ('2026-07-06 19:59:59.999999+00', '1'), ('2026-07-06 20:00+00', '2')) v (at, expected);
SELECT fixture.set('free_units_per_day', 2) \g /dev/null

\echo '# parameters are dated'
SELECT fixture.set('no_show_policy', 0, 1, '2026-08-01') \g /dev/null
SELECT fixture.missed('Bilal', timestamptz '2026-07-10 19:00+00' + n * interval '1 day') FROM generate_series(0, 2) n \g /dev/null
SELECT is(fixture.standing('Bilal', at) || ' most ' || fixture.most('Bilal', at), expected, 'the policy ends: ' || at) FROM (VALUES ('2026-07-31 23:59:59.999999+00', 'reduced 5 5 2026-08-09 19:00 standing_reduced most 1'),
	('2026-08-01 00:00+00', 'none 0 0 standing_clear most 2')) v (at, expected);
SELECT is(fixture.standing('Bilal', '2026-07-13 12:00+00'), 'paused 5 5 2026-07-19 19:00 ZE128', 'a pause');
SELECT fixture.set('no_show_pause_days', 3, 1, '2026-07-14'), fixture.set('no_show_pause_at', 6, 1, '2026-07-13 18:00+00') \g /dev/null
SELECT is(fixture.standing('Bilal', at), expected, 'other parameters: ' || at) FROM (VALUES ('2026-07-13 17:59:59+00', 'paused 5 5 2026-07-19 19:00 ZE128'), ('2026-07-13 18:00+00', 'reduced 5 5 2026-08-09 19:00 standing_reduced')) v (at, expected);
SELECT fixture.set('no_show_pause_at', 5, 1, '2026-07-13 19:00+00') \g /dev/null
SELECT is(fixture.standing('Bilal', at), expected, 'a shorter pause: ' || at) FROM (VALUES ('2026-07-14 00:00+00', 'paused 5 5 2026-07-15 19:00 ZE128'), ('2026-07-15 19:00+00', 'reduced 5 5 2026-08-09 19:00 standing_reduced')) v (at, expected);
SELECT fixture.set('no_show_reduced_units', 0, 1, '2026-07-16') \g /dev/null
SELECT is(fixture.most('Bilal', at), expected, 'reduced to none: ' || at) FROM (VALUES ('2026-07-15 23:00+00', '1'), ('2026-07-16 12:00+00', '0')) v (at, expected);
SELECT fixture.set('no_show_reduced_units', 5, 1, '2026-07-17') \g /dev/null
SELECT is(fixture.most('Bilal', '2026-07-17 12:00+00'), '2', 'a reduction raises nothing');
SELECT fixture.set('no_show_reduced_units', 1, 1, '2026-07-18'), fixture.set('quota_kind', 1, 1, '2026-07-18') \g /dev/null
SELECT is(fixture.most('Bilal', '2026-07-18 12:00+00'), '10', 'of two units one, of twenty points ten');
SELECT fixture.set('quota_kind', 0, 1, '2026-07-19'), fixture.set('quota_household_units', 1, 1, '2026-07-19'), fixture.try('Bilal', 'beneficiary', 'SELECT ecopanier.set_household(0, 2, 0, 0, 1, 0)', keep => true) \g /dev/null
SELECT is(fixture.most('Bilal', '2026-07-19 12:00+00'), '3', 'the children''s units stay: one and two');
SELECT is(fixture.most('Benoit', '2026-07-19 12:00+00', 2), '2', 'another territory has its own');

\echo '# who reads it, in words'
SELECT is(fixture.try('Bilal', 'beneficiary', format('SELECT why FROM ecopanier.my_standing(%L)', language), at => at), expected, coalesce(language, 'own language') || ' ' || at)
FROM (VALUES (NULL, '2026-07-13 12:00+00', 'Vos paniers gratuits sont suspendus jusqu''au 19/07/2026 21:00, après plusieurs paniers non retirés. Les autres paniers restent ouverts.'),
	('en', '2026-07-13 12:00+00', 'Your free baskets are paused until 19/07/2026 21:00, after several baskets were not fetched. Other baskets stay open to you.'),
	('es-ES', '2026-07-15 19:00+00', 'Su límite de cestas gratuitas al día es menor hasta el 09/08/2026 21:00, tras varias cestas no recogidas: 5. Después vuelve a subir por sí solo.'),
	('en', '2026-07-06 12:00+00', 'Free baskets not fetched lately (in 30 days): 1. Nothing changes for now. From 3 on, the limit of the day is lower. You cannot come? Cancel in time, and nothing is counted.'),
	('ar', '2026-08-02 12:00+00', 'لا شيء يحدّ من سلالك المجانية.'), ('xx', '2026-08-02 12:00+00', 'Rien ne limite vos paniers gratuits.')) v (language, at, expected);
SELECT is(fixture.try(n, r, 'SELECT effect FROM ecopanier.my_standing()', at => '2026-07-13 12:00+00'), e, format('%s as %s', n, r))
FROM (VALUES ('Camille', 'customer', 'none'), ('Mona', 'merchant', '42501'), ('Sami', 'merchant', '42501'), ('Alice', 'association', '42501'), ('Adele', 'administrator', '42501')) v (n, r, e);
SELECT is(fixture.try(n, r, $$SELECT count(*) FILTER (WHERE state = 'lapsed') FROM ecopanier.reservation WHERE member_id = fixture.id('Bilal')$$), e, format('claims of others: %s as %s', n, r))
FROM (VALUES ('Camille', 'customer', '0'), ('Mona', 'merchant', '42501'), ('Alice', 'association', '42501'), ('Adele', 'administrator', '42501')) v (n, r, e);
SELECT is(count(*), 0::bigint, 'no other view or function tells of it') FROM information_schema.columns
WHERE table_schema = 'ecopanier' AND column_name ~ 'no_show|forgiven|paused' AND table_name <> 'reservation';

\echo '# an administrator may forgive'
SELECT id AS first_missed FROM ecopanier.reservation WHERE member_id = fixture.id('Bilal') AND window_end = '2026-07-12 19:00+00' \gset
SELECT id AS paid FROM ecopanier.reservation WHERE member_id = fixture.id('Bilal') AND pool = 'public' LIMIT 1 \gset
SELECT id AS held FROM ecopanier.reservation WHERE member_id = fixture.id('Bilal') AND state = 'held' LIMIT 1 \gset
CREATE FUNCTION fixture.forgive(claim uuid, reason text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT format('SELECT ecopanier.forgive_no_show(%L, %L)', claim, reason) $$;
INSERT INTO step (says, name, role, statement, expected, territory) VALUES
('not without a reason', 'Adele', 'administrator', fixture.forgive(:'first_missed', NULL), 'ZE117', 1),
('that says something', 'Adele', 'administrator', fixture.forgive(:'first_missed', E' \n'), 'ZE117', 1),
('in at most a thousand characters', 'Adele', 'administrator', fixture.forgive(:'first_missed', repeat('é', 1001)), '22023', 1),
('not in another territory', 'Adele', 'administrator', fixture.forgive(:'first_missed', 'grève'), 'ZE101', 2),
('nothing', 'Adele', 'administrator', fixture.forgive(NULL, 'grève'), 'ZE101', 1),
('not what was paid for', 'Adele', 'administrator', fixture.forgive(:'paid', 'grève'), 'ZE107', 1),
('not what is held', 'Adele', 'administrator', fixture.forgive(:'held', 'grève'), 'ZE107', 1),
('not by the person', 'Bilal', 'beneficiary', fixture.forgive(:'first_missed', 'grève'), '42501', 1),
('not by a shop', 'Mona', 'merchant', fixture.forgive(:'first_missed', 'grève'), '42501', 1),
('not by an association', 'Alice', 'association', fixture.forgive(:'first_missed', 'grève'), '42501', 1),
('a missed one', 'Adele', 'administrator', fixture.forgive(:'first_missed', repeat('é', 1000)), '', 1),
('once', 'Adele', 'administrator', fixture.forgive(:'first_missed', 'grève'), 'ZE107', 1),
('the person reads when', 'Bilal', 'beneficiary', $$SELECT count(forgiven_at) || ' ' || max(forgiven_at) FROM ecopanier.reservation$$, '1 2026-11-20 16:00:00+00', 1);
:walk
SELECT is(split_part(fixture.standing('Bilal', '2026-07-13 12:00+00'), ' ', 1), 'reduced', 'the pause that rested on it is gone');
SELECT is(string_agg(concat_ws(' ', a.actor_id = fixture.id('Adele'), a.subject_id = :'first_missed', a.reason = repeat('é', 1000)), ','), 't t t', 'the audit says who, what and why')
FROM ecopanier.audit_event a WHERE a.action = 'no_show_forgiven';
SELECT is((fixture.attempt('postgres', NULL, NULL, format('UPDATE ecopanier.reservation SET forgiven_at = %s WHERE id = %L', v, i))).state, e, says)
FROM (VALUES ('NULL', :'first_missed', 'ZE107', 'what was forgiven stays so, for a superuser too'), ('now()', :'paid', 'ZE107', 'what was paid for cannot be'), ('now()', :'held', 'ZE107', 'nor what is held')) v (v, i, e, says);
SELECT is((fixture.attempt('postgres', NULL, NULL, format($$INSERT INTO ecopanier.reservation (lot_id, member_id, pool, state, forgiven_at) VALUES (fixture.named('long1'), fixture.id('Bilal'), %L, %L, now())$$, p, s))).state, e, format('a load of a %s %s claim that was forgiven', p, s))
FROM (VALUES ('solidarity', 'lapsed', NULL), ('solidarity', 'held', 'ZE107'), ('public', 'lapsed', 'ZE107')) v (p, s, e);

\echo '# generated: random misses and moments against the rule written in SQL'
SELECT setseed(0.15);
SELECT fixture.set('quota_household_units', 0), fixture.set('no_show_policy', 1, 2) \g /dev/null
INSERT INTO ecopanier.reservation (lot_id, member_id, pool, state, claimed_at, late_cancel, cancelled_at)
SELECT fixture.named('long2'), fixture.id('Basma', 2), 'solidarity', 'cancelled', at - interval '1 hour', random() < 0.8, at
FROM (SELECT timestamptz '2026-02-01' + random() * interval '150 days' AS at FROM generate_series(1, 25)) m;
CREATE TEMP TABLE miss AS SELECT cancelled_at AS at FROM ecopanier.reservation WHERE member_id = fixture.id('Basma', 2) AND late_cancel;
CREATE TEMP TABLE tried AS SELECT n, at FROM (SELECT 1, timestamptz '2026-02-01' + random() * interval '190 days' FROM generate_series(1, 60)
	UNION ALL SELECT 2, at + d FROM miss, unnest(ARRAY[interval '0', '-1 microsecond', '30 days', '30 days -1 microsecond', '7 days', '7 days -1 microsecond']) d) v (n, at);
CREATE FUNCTION pg_temp.rule(t timestamptz) RETURNS text LANGUAGE sql AS $$
	WITH counted AS (SELECT a.at, (SELECT count(*) FROM miss b WHERE b.at > a.at - interval '30 days' AND b.at <= a.at) AS before FROM miss a WHERE a.at <= t),
	now_at AS (SELECT count(*) AS many FROM counted WHERE at > t - interval '30 days'),
	pause AS (SELECT max(at) + interval '7 days' AS until FROM counted WHERE before >= 5 AND at > t - interval '7 days')
	SELECT concat_ws(' ', CASE WHEN until IS NOT NULL THEN 'paused' WHEN many >= 3 THEN 'reduced' ELSE 'none' END, many,
		CASE WHEN until IS NOT NULL THEN until WHEN many >= 3 THEN (SELECT at + interval '30 days' FROM counted ORDER BY at DESC OFFSET 2 LIMIT 1) END) FROM now_at, pause $$;
SELECT is(fixture.try('Basma', 'beneficiary', $q$SELECT concat_ws(' ', effect, no_shows, until) FROM ecopanier.my_standing()$q$, 2, at::text), pg_temp.rule(at), 'at ' || at) FROM tried ORDER BY at;
SELECT is(string_agg(DISTINCT split_part(pg_temp.rule(at), ' ', 1), ' ' ORDER BY split_part(pg_temp.rule(at), ' ', 1)), 'none paused reduced', 'all three came') FROM tried;
SELECT is(ecopanier.rebuild_quota(), 0::bigint, 'the counters are what the claims say');
SELECT is(coalesce(string_agg(invariant, ' '), 'none'), 'none', 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is((fixture.attempt('postgres', NULL, NULL, $$ALTER TABLE ecopanier.reservation DISABLE TRIGGER USER; UPDATE ecopanier.reservation SET forgiven_at = now() WHERE state = 'held';
	SELECT string_agg(invariant, ' ') FROM ecopanier.self_check() WHERE violations > 0$$)).value, 'forgiven_without_no_show', 'self_check() finds what is none');
SELECT * FROM finish();
