-- Allotment rounds: units are kept and come back, who may open and declare, times on both sides, the draw with its reasons, what is
-- published and who reads it, catch-up, what ends a round early, rounds by default, erasure, and the time after which who took part is deleted.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

-- Lots here have a window from 12:00 to 14:00 on the 21st; rounds are opened at 16:00 on the 20th.
CREATE FUNCTION fixture.later(lot_name text, public int, solidarity int, territory int DEFAULT 1, state text DEFAULT 'published') RETURNS uuid LANGUAGE sql AS
$$ WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents,
		unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
	VALUES (territory, fixture.organisation('Boulangerie', territory), lot_name, public, solidarity, 1000, CASE WHEN public > 0 THEN 400 END,
		1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-22', '2026-11-21 12:00+00', '2026-11-21 14:00+00', state) RETURNING id)
	SELECT fixture.name_lot(lot_name, id) FROM made $$;
CREATE TABLE fixture.round (name text PRIMARY KEY, id uuid);
CREATE FUNCTION fixture.round(round_name text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT id FROM fixture.round WHERE name = round_name $$;
-- Opens a round as Mona, of the named lot and under its name.
CREATE FUNCTION fixture.opened(lot_name text, units int, closes_at timestamptz DEFAULT '2026-11-21 10:00+00') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text := fixture.try('Mona', 'merchant', format('SELECT ecopanier.open_allotment(fixture.named(%L), %s, %L)', lot_name, units, closes_at), at => ecopanier.now()::text, keep => true);
BEGIN
	IF length(answer) = 36 THEN
		INSERT INTO fixture.round VALUES (lot_name, answer::uuid);
	END IF;
	RETURN answer;
END $$;
CREATE FUNCTION fixture.declares(name text, round_name text, more text DEFAULT '', at text DEFAULT NULL, keep boolean DEFAULT true) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, 'beneficiary', format('SELECT ecopanier.declare_interest(fixture.round(%L)%s)', round_name, more), at => coalesce(at, ecopanier.now()::text), keep => keep) $$;
CREATE FUNCTION fixture.outcomes(round_name text) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(m.display_name || ' ' || coalesce(i.outcome, 'waits') || coalesce(' ' || i.allotted, ''), ', ' ORDER BY m.display_name)
	FROM ecopanier.allotment_interest i JOIN ecopanier.member m ON m.id = i.member_id WHERE i.round_id = fixture.round(round_name) $$;
CREATE FUNCTION fixture.state(round_name text) RETURNS text LANGUAGE sql AS
$$ SELECT concat_ws(' ', state, cancel_reason) FROM ecopanier.allotment_round WHERE id = fixture.round(round_name) $$;
CREATE FUNCTION pg_temp.at(moment text) RETURNS text LANGUAGE sql AS $$ SELECT set_config('ecopanier.clock', moment, false) $$;
CREATE FUNCTION pg_temp.turn() RETURNS bigint LANGUAGE sql AS $$ SELECT done FROM ecopanier.tick() WHERE step = 'allotments' $$;
CREATE FUNCTION fixture.free_claim(lot_name text, name text, units int, state text, claimed timestamptz, collected timestamptz DEFAULT NULL) RETURNS uuid LANGUAGE sql AS
$$ INSERT INTO ecopanier.reservation (lot_id, member_id, pool, state, quantity, claimed_at, collected_at)
	VALUES (fixture.named(lot_name), fixture.id(name), 'solidarity', state, units, claimed, collected) RETURNING id $$;

\echo '# opening'
SELECT fixture.later('a', 5, 4) \g /dev/null
SELECT is(fixture.try(name, role, statement, at => '2026-11-20 16:00+00'), expected, says) FROM (VALUES
	('a customer', 'Camille', 'customer', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-21 10:00+00')$$, '42501'),
	('a station', 'Sami', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-21 10:00+00')$$, '42501'),
	('another organisation', 'Alice', 'association', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-21 10:00+00')$$, 'ZE101'),
	('an administrator', 'Adele', 'administrator', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-21 10:00+00') IS NOT NULL$$, 'true'),
	('its owner', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-21 10:00+00') IS NOT NULL$$, 'true'),
	('no unit', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 0, '2026-11-21 10:00+00')$$, '22023'),
	('all units', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 4, '2026-11-21 10:00+00') IS NOT NULL$$, 'true'),
	('more than the lot has', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 5, '2026-11-21 10:00+00')$$, 'ZE104'),
	('an hour before the window', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-21 11:00+00') IS NOT NULL$$, 'true'),
	('less', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-21 11:00:00.000001+00')$$, '22023'),
	('in an hour', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-20 17:00+00') IS NOT NULL$$, 'true'),
	('sooner', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, '2026-11-20 16:59:59.999999+00')$$, '22023'),
	('never', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), 2, 'infinity')$$, '22023'),
	('null', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('a'), NULL, '2026-11-21 10:00+00')$$, '22004'),
	('by hand', 'Mona', 'merchant', $$INSERT INTO ecopanier.allotment_round (lot_id) VALUES (fixture.named('a'))$$, '42501')) v (says, name, role, statement, expected);
SELECT throws_ok($$INSERT INTO ecopanier.allotment_round (territory_id, id, lot_id, organisation_id, units, opens_at, closes_at, criteria, help_days, commitment)
	VALUES (1, ecopanier.new_id(1), fixture.named('a'), fixture.organisation('Boulangerie'), 1, '2026-11-20', '2026-11-21', 1, 28, sha256('x'))$$, 'ZE112', NULL, 'nor by a superuser');
SELECT fixture.later('draft', 0, 2, state => 'draft') \g /dev/null
SELECT is(fixture.opened('draft', 1), 'ZE102', 'not of a draft');

SELECT ok(length(fixture.opened('a', 3)) = 36, 'a round of three of four free units');
SELECT is(fixture.units_left('a'), '5/1', 'one of which is left for first come');
SELECT is(fixture.opened('a', 1), 'ZE107', 'a lot has one open round');
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT quantity FROM ecopanier.reserve(fixture.named(''a''), 2)'), 'ZE104', 'what a round keeps nobody claims');
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT quantity FROM ecopanier.reserve(fixture.named(''a''), 1)'), '1', 'the rest can be claimed');
SELECT ecopanier.new_id(1) AS request \gset
SELECT fixture.later('again', 0, 2) \g /dev/null
SELECT fixture.try('Mona', 'merchant', format('SELECT ecopanier.open_allotment(fixture.named(''again''), 2, ''2026-11-21 10:00+00'', %L)', :'request'), keep => true) AS first \gset
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.open_allotment(fixture.named(''again''), 2, ''2026-11-21 10:00+00'', %L)', :'request')), :'first', 'a retry opens no second round');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.open_allotment(fixture.named(''again''), 1, ''2026-11-21 10:00+00'', %L)', :'request')), 'ZE110', 'another request with its number is refused');
SELECT is(fixture.units_left('again'), '0/0', 'and units are kept once');
INSERT INTO fixture.round VALUES ('again', :'first');

\echo '# what the opener learns (rule D13)'
SELECT fixture.later('paid', 5, 5), fixture.later('free', 5, 5) \g /dev/null
INSERT INTO ecopanier.reservation (lot_id, member_id, pool, quantity) VALUES (fixture.named('paid'), fixture.id('Camille'), 'public', 3), (fixture.named('free'), fixture.id('Basma'), 'solidarity', 2);
SELECT is(length(fixture.opened('free', 5)), length(fixture.opened('paid', 5)), 'a lot whose free units were claimed answers as one whose paid units were');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT units FROM ecopanier.allotment_round WHERE id = %L', fixture.round(n))), '5', 'nor does the row tell: ' || n) FROM unnest(ARRAY['paid', 'free']) n;
SELECT is(array_agg(kept_units ORDER BY kept_units), '{3,5}', 'what is kept is what was left') FROM ecopanier_private.allotment_draw WHERE round_id IN (fixture.round('paid'), fixture.round('free'));
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.allotment_result(%L)', fixture.round('free'))), '42501', 'results are not for shops');

\echo '# declaring'
SELECT is(fixture.declares('Bruno', 'a', keep => false), 'ZE106', 'without a right');
SELECT is(fixture.try('Camille', 'customer', 'SELECT ecopanier.declare_interest(fixture.round(''a''))'), '42501', 'as a customer');
SELECT is(fixture.try('Benoit', 'beneficiary', format('SELECT ecopanier.declare_interest(%L)', fixture.round('a')), 2), 'ZE101', 'from another territory');
SELECT is(fixture.declares('Benoit', 'a', more, keep => false), expected, more) FROM (VALUES (', 0', '22023'), (', 11', '22023'), (', NULL', '22004'),
	(', 1, 46.58', '22023'), (', 1, NULL, 0.34', '22023'), (', 1, 90.001, 0', '22023'), (', 1, ''NaN'', 0', '22023'), (', 1, 0, -180.001', '22023')) v (more, expected);
SELECT is(length(fixture.declares('Benoit', 'a', more, keep => false)), 36, more) FROM unnest(ARRAY[', 10', ', 1, 90, 180', ', 1, -90, -180']) more;
SELECT is(fixture.declares('Benoit', 'a', at => '2026-11-21 09:59:59.999999+00', keep => false) <> 'ZE132', true, 'until it closes');
SELECT is(fixture.declares('Benoit', 'a', at => '2026-11-21 10:00:00+00', keep => false), 'ZE132', 'and not at that moment, drawn or not');
-- the bakery lies at 46.58, 0.34; a degree of latitude is 111.195 km
SELECT fixture.declares('Benoit', 'a', ', 1, 46.58, 0.34') \g /dev/null
SELECT is(distance_band, 0, 'no distance is in the first band') FROM ecopanier.allotment_interest WHERE round_id = fixture.round('a');
SELECT is(fixture.declares('Benoit', 'a'), fixture.declares('Benoit', 'a', ', 2'), 'declaring again changes the quantity, not the pseudonym');
SELECT is(quantity || ' ' || distance_band, '2 4', 'and who does not say where counts as far') FROM ecopanier.allotment_interest WHERE round_id = fixture.round('a');
SELECT fixture.declares('Benoit', 'a', ', 2, 46.589, 0.34') \g /dev/null
SELECT is(distance_band, 1, '1000.4 metres are in the second band') FROM ecopanier.allotment_interest WHERE round_id = fixture.round('a');
SELECT fixture.declares('Benoit', 'a', ', 2, 46.58899, 0.34') \g /dev/null
SELECT is(distance_band, 0, '999.3 in the first') FROM ecopanier.allotment_interest WHERE round_id = fixture.round('a');
SELECT is(count(*), 0::bigint, 'no position is stored') FROM pg_attribute WHERE attrelid = 'ecopanier.allotment_interest'::regclass AND attname ~ 'itude|position|place_';
SELECT fixture.declares(n, 'a', ', 2') FROM unnest(ARRAY['Basma', 'Bilal']) n \g /dev/null
SELECT is(fixture.try('Basma', 'beneficiary', 'SELECT count(*) || '' '' || min(quantity) FROM ecopanier.allotment_interest'), '1 2', 'a person reads the own interest alone');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT count(*) FROM ecopanier.allotment_interest'), '42501', 'an administrator none');
SELECT is(fixture.try('Bilal', 'beneficiary', 'SELECT ecopanier.withdraw_interest(fixture.round(''a'')) || '' '' || ecopanier.withdraw_interest(fixture.round(''a''))', keep => true), 'true false', 'interest is withdrawn once');
SELECT is(fixture.try('Bilal', 'beneficiary', 'SELECT ecopanier.withdraw_interest(fixture.round(''a''))', at => '2026-11-21 10:00+00'), 'ZE132', 'not when the round is closed');
SELECT throws_ok(statement, code, NULL, statement) FROM (VALUES
	('UPDATE ecopanier.allotment_interest SET quantity = 1', 'ZE112'), ('DELETE FROM ecopanier.allotment_interest', 'ZE112'),
	('UPDATE ecopanier.allotment_round SET units = 1', 'ZE112'), ('DELETE FROM ecopanier.allotment_round', 'ZE111'), ('DELETE FROM ecopanier_private.allotment_draw', 'ZE111'),
	('TRUNCATE ecopanier.allotment_interest', 'ZE111'), ('TRUNCATE ecopanier.allotment_round CASCADE', 'ZE111')) v (statement, code);

\echo '# the seed before the draw'
SELECT is(count(*), 0::bigint, 'nobody reads a seed before the draw') FROM ecopanier.allotment_round WHERE seed IS NOT NULL;
SELECT is(count(DISTINCT commitment), count(*), 'each round has its commitment') FROM ecopanier.allotment_round;
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT length(commitment) FROM ecopanier.allotment_round WHERE id = fixture.round(''a'')'), '32', 'public at once');
SELECT is(length(sealed), 24 + 32 + 16, 'what is stored is sealed') FROM ecopanier_private.allotment_draw WHERE round_id = fixture.round('a');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT x ->> 'seed' IS NULL AND jsonb_array_length(x -> 'lines') = 0 AND x #>> '{own,quantity}' = '2' FROM ecopanier.allotment_result(fixture.round('a')) x$$),
	'true', 'and the result tells nothing of others');

\echo '# the draw'
-- Basma had help within 28 days, three units held and one collected; Benoit was served 40 days ago; Bilal, back again, was never served.
SELECT fixture.later('past', 0, 20) \g /dev/null
SELECT fixture.free_claim('past', 'Basma', 1, 'collected', '2026-11-10 10:00+00', '2026-11-10 18:00+00'), fixture.free_claim('past', 'Basma', 1, 'held', '2026-11-19 10:00+00'),
	fixture.free_claim('past', 'Basma', 2, 'cancelled', '2026-11-19 10:00+00'), fixture.free_claim('past', 'Benoit', 2, 'collected', '2026-10-12 10:00+00', '2026-10-12 22:30+00') \g /dev/null
SELECT fixture.declares('Bilal', 'a', ', 2') \g /dev/null
SELECT pg_temp.at('2026-11-21 09:59:59.999999+00') \g /dev/null
SELECT is(pg_temp.turn(), 0::bigint, 'not before its time');
SELECT is((SELECT next_due FROM ecopanier.schedule() WHERE step = 'allotments'), '2026-11-21 10:00:00+00'::timestamptz, 'which the schedule knows');
SELECT pg_temp.at('2026-11-21 10:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 4::bigint, 'then all four rounds');
SELECT is(pg_temp.turn(), 0::bigint, 'once');
SELECT is(fixture.outcomes('a'), 'Basma allotted 1, Benoit allotted 1, Bilal allotted 1', 'three units, one each before a second');
SELECT is(string_agg(m.display_name || ' ' || i.place || ' ' || i.help_units || ' ' || coalesce(i.waiting_days::text, 'never'), ', ' ORDER BY i.place),
	'Bilal 1 0 never, Benoit 2 0 39, Basma 3 4 11', 'never served, then the longest wait, then who had help of late; days are those of the territory''s calendar')
	FROM ecopanier.allotment_interest i JOIN ecopanier.member m ON m.id = i.member_id WHERE i.round_id = fixture.round('a');
SELECT is(fixture.units_left('a'), '5/1', 'all units of the round went to people');
SELECT is(fixture.units_left('again'), '0/2', 'where nobody was interested they are back for first come');
SELECT is(string_agg(concat_ws(' ', m.display_name, r.quantity, r.state, r.pool, r.claimed_at, r.claim_day, r.amount_cents), ', ' ORDER BY m.display_name),
	'Basma 1 held solidarity 2026-11-21 10:00:00+00 2026-11-21 0, Benoit 1 held solidarity 2026-11-21 10:00:00+00 2026-11-21 0, Bilal 1 held solidarity 2026-11-21 10:00:00+00 2026-11-21 0',
	'winners hold ordinary claims of the moment of the draw')
	FROM ecopanier.reservation r JOIN ecopanier.member m ON m.id = r.member_id WHERE r.lot_id = fixture.named('a');
SELECT is(fixture.used(n, '2026-11-21'), 1, 'counted in the day''s quota') FROM unnest(ARRAY['Basma', 'Benoit', 'Bilal']) n;
SELECT is(fixture.try('Bilal', 'beneficiary', $$SELECT state || ' ' || (pin ~ '^\d{6}$') FROM ecopanier.receipt((SELECT reservation_id FROM ecopanier.allotment_interest))$$), 'held true', 'with a receipt');
SELECT is(count(*), 3::bigint, 'told as any claim is') FROM ecopanier.event e JOIN ecopanier.reservation r ON r.id = e.subject_id
	WHERE e.kind = 'reservation.held' AND r.lot_id = fixture.named('a') AND e.organisation_id = fixture.organisation('Boulangerie') AND e.facts IS NULL;
SELECT is(fixture.try('Mona', 'merchant', $$SELECT string_agg(first_name || ' ' || quantity || ' ' || state, ', ' ORDER BY first_name) FROM ecopanier.pickup_list WHERE lot_id = fixture.named('a')$$),
	'Basma 1 held, Benoit 1 held, Bilal 1 held', 'the shop sees baskets that are held');
SELECT is(count(DISTINCT left(r.id::text, 13)), 3::bigint, 'whose ids do not tell that they were made together') FROM ecopanier.reservation r WHERE r.lot_id = fixture.named('a');
SELECT ok(bool_and(('x' || translate(left(r.id::text, 13), '-', ''))::bit(48)::bigint BETWEEN 1000 * extract(epoch FROM timestamptz '2026-11-20 16:00+00') AND 1000 * extract(epoch FROM timestamptz '2026-11-21 10:00+00')),
	'but some time while the round was open') FROM ecopanier.reservation r WHERE r.lot_id = fixture.named('a');

\echo '# the result'
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT r::text FROM ecopanier.recompute_allotment(fixture.round(''a'')) r'), '(t,t,t)', 'a participant recomputes it');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT r::text FROM ecopanier.recompute_allotment(fixture.round(''a'')) r'), '(t,t,t)', 'an administrator too');
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT ecopanier.recompute_allotment(fixture.round(''paid''))'), 'ZE101', 'who did not take part does not');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.allotment_result(fixture.round(''a''))', 2), 'ZE101', 'nor another territory''s administrator');
SELECT is(commitment, sha256('ecopanier allotment commitment 1'::bytea || '\x00' || uuid_send(id) || seed), 'the seed is what was committed to') FROM ecopanier.allotment_round WHERE id = fixture.round('a');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT string_agg(DISTINCT k, ' ' ORDER BY k) FROM ecopanier.allotment_result(fixture.round('a')) x, jsonb_array_elements(x -> 'lines') l, jsonb_object_keys(l) k$$),
	'allotted allowed distance_band help_units outcome place pseudonym waiting_days', 'a line tells nothing else of anybody');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT x #>> '{own,outcome}' || ' ' || ((x #>> '{own,pseudonym}') = (x #>> '{lines,1,pseudonym}')) FROM ecopanier.allotment_result(fixture.round('a')) x$$),
	'allotted true', 'the own line is found by the own pseudonym');
SELECT is(count(*), 0::bigint, 'no result holds an id of a person') FROM ecopanier.member m WHERE m.territory_id = 1 AND
	strpos((fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.allotment_result(fixture.round('a'))$$)), m.id::text) > 0;

\echo '# who can be given nothing is passed over, with the reason for that person alone'
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, 'P' || n FROM generate_series(1, 7) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, fixture.id('P' || n), 'beneficiary' FROM generate_series(1, 7) n;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT 1, fixture.id('P' || n), fixture.organisation('CCAS'), 'verified', '2026-01-01', CASE n WHEN 1 THEN date '2026-11-21' ELSE date '2026-12-31' END FROM generate_series(1, 7) n;
SELECT pg_temp.at('2026-11-21 11:00:00+00') \g /dev/null
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
VALUES (1, fixture.organisation('Boulangerie'), 'Demain', 6, 1000, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-24', '2026-11-22 12:00+00', '2026-11-22 14:00+00', 'published');
SELECT fixture.name_lot('b', id) FROM ecopanier.lot WHERE title = 'Demain' \g /dev/null
SELECT fixture.opened('b', 4, '2026-11-21 23:30+00') \g /dev/null
SELECT fixture.declares('P' || n, 'b', ', 3') FROM generate_series(1, 7) n \g /dev/null
-- P1's right ends with the 21st and the draw is on the 22nd, in Poitiers; P2 is suspended; P3 holds units of the lot; P4 used the day's quota, P5 half of it; P6 withdraws.
SELECT fixture.try('Alice', 'association', $$SELECT ecopanier.suspend_beneficiary(fixture.id('P2'), 'doute')$$, keep => true) \g /dev/null
INSERT INTO ecopanier.reservation (lot_id, member_id, pool, claimed_at, quantity) VALUES (fixture.named('b'), fixture.id('P3'), 'solidarity', '2026-11-21 12:00+00', 1),
	(fixture.named('past'), fixture.id('P4'), 'solidarity', '2026-11-21 23:10+00', 2), (fixture.named('past'), fixture.id('P5'), 'solidarity', '2026-11-21 23:10+00', 1);
SELECT fixture.try('P6', 'beneficiary', 'SELECT ecopanier.withdraw_interest(fixture.round(''b''))', at => '2026-11-21 12:00+00', keep => true) \g /dev/null
SELECT pg_temp.at('2026-11-21 23:30:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 1::bigint, 'drawn after midnight in Poitiers');
SELECT is(fixture.outcomes('b'), 'P1 right_ended 0, P2 right_ended 0, P3 already_holds 0, P4 quota_reached 0, P5 allotted 1, P6 withdrew 0, P7 allotted 2', 'each has a reason');
SELECT is(fixture.units_left('b'), '0/2', 'five of six units are claimed or kept, and what nobody could have is back');
SELECT is(fixture.try('P7', 'beneficiary', $$SELECT string_agg(l ->> 'outcome' || ' ' || coalesce(l ->> 'help_units', '-'), ', ' ORDER BY l ->> 'outcome', l ->> 'help_units') FROM ecopanier.allotment_result(fixture.round('b')) x, jsonb_array_elements(x -> 'lines') l$$, at => '2026-11-21 23:31+00'),
	'allotted 0, allotted 0, not_eligible -, not_eligible -, not_eligible -, not_eligible -, not_eligible -', 'others'' reasons are not told, nor their values');
SELECT is(fixture.try('P4', 'beneficiary', $$SELECT x #>> '{own,outcome}' || ' ' || (SELECT l ->> 'outcome' FROM jsonb_array_elements(x -> 'lines') l WHERE l ->> 'pseudonym' = x #>> '{own,pseudonym}') FROM ecopanier.allotment_result(fixture.round('b')) x$$, at => '2026-11-21 23:31+00'),
	'quota_reached quota_reached', 'the own one is');
SELECT is(fixture.try('P4', 'beneficiary', 'SELECT r::text FROM ecopanier.recompute_allotment(fixture.round(''b'')) r', at => '2026-11-21 23:31+00'), '(t,t,t)', 'and it is recomputed all the same');

SELECT is(fixture.try('P4', 'beneficiary', $$SELECT ecopanier.allotment_result(fixture.round('b')) #>> '{own,sentence}'$$, at => '2026-11-21 23:31+00'),
	'Vous aviez déjà le nombre de paniers prévu pour la journée. Un autre jour, c''est de nouveau possible.', 'with a sentence');
SELECT is(string_agg(DISTINCT m.display_name || ' ' || n.kind, ', '), 'P1 allotment.right_ended, P2 allotment.right_ended, P3 allotment.already_holds, P4 allotment.quota_reached, P5 reservation.held, P7 reservation.held',
	'each is told in the application: of the claim, or why there is none') FROM ecopanier.notification n JOIN ecopanier.member m ON m.id = n.member_id
	WHERE n.kind LIKE 'allotment.%' AND n.subject_id = fixture.round('b') OR n.kind = 'reservation.held' AND n.subject_id IN (SELECT reservation_id FROM ecopanier.allotment_interest WHERE round_id = fixture.round('b'));
SELECT is(fixture.try('P4', 'beneficiary', $$SELECT title || ': ' || body FROM ecopanier.my_notifications() WHERE kind LIKE 'allotment.%'$$, at => '2026-11-21 23:31+00'),
	'Pas de panier cette fois: Vous aviez déjà le nombre de paniers prévu pour la journée. Demain, Boulangerie. Un autre jour, c''est de nouveau possible.', 'in words');
SELECT is(count(*) FILTER (WHERE organisation_id IS NOT NULL OR facts IS NOT NULL), 0::bigint, 'and no partner is') FROM ecopanier.event WHERE kind = 'allotment.decided';
SELECT is(array_agg(o ORDER BY o), array_agg(o ORDER BY o) FILTER (WHERE (SELECT count(*) FROM ecopanier.message_catalogue() c WHERE c.code IN ('allotment.' || o, 'allotment.' || o || '.title')) = 8),
	'each outcome has title and sentence in four languages')
	FROM (SELECT DISTINCT (regexp_matches(pg_get_constraintdef(oid), '''(\w+)''::text', 'g'))[1] AS o FROM pg_constraint WHERE conname = 'allotment_interest_outcome_check') x;

\echo '# rule D15: who is paused'
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) SELECT 1, n, v, '2026-01-01', 'test' FROM (VALUES ('no_show_policy', 1), ('no_show_pause_at', 1)) s (n, v);
SELECT pg_temp.at('2026-11-23 08:00:00+00') \g /dev/null
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
VALUES (1, fixture.organisation('Boulangerie'), 'Pause', 6, 1000, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-24', '2026-11-23 12:00+00', '2026-11-23 14:00+00', 'published');
SELECT fixture.name_lot('pause', id) FROM ecopanier.lot WHERE title = 'Pause' \g /dev/null
SELECT fixture.opened('pause', 4, '2026-11-23 10:00+00') \g /dev/null
SELECT fixture.declares(n, 'pause') FROM unnest(ARRAY['P5', 'P6']) n \g /dev/null
SELECT pg_temp.at('2026-11-23 10:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 1::bigint, 'drawn');
SELECT is(fixture.outcomes('pause'), 'P5 paused 0, P6 allotted 1', 'whose basket lapsed is passed over where the territory says so');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'no_show_policy', 0, '2026-11-23 10:00:01+00', 'test');

\echo '# what ends a round early'
CREATE FUNCTION fixture.another(lot_name text, units int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
	VALUES (1, fixture.organisation('Boulangerie'), lot_name, units, 1000, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-27', '2026-11-25 12:00+00', '2026-11-25 14:00+00', 'published');
	PERFORM fixture.name_lot(lot_name, id) FROM ecopanier.lot WHERE title = lot_name;
	PERFORM fixture.opened(lot_name, units, '2026-11-25 10:00+00');
	RETURN fixture.declares('Benoit', lot_name) || fixture.declares('Basma', lot_name);
END $$;
SELECT fixture.another(n, 2) FROM unnest(ARRAY['closed', 'cancelled', 'given up', 'late', 'in time', 'lost', 'suspended']) n \g /dev/null
SELECT fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('closed')$$, at => '2026-11-23 11:00+00', keep => true),
	fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'panne' WHERE id = fixture.named('cancelled')$$, at => '2026-11-23 11:00+00', keep => true) \g /dev/null
SELECT is(fixture.state(n) || ', ' || fixture.units_left(n), 'cancelled lot_' || n || ', 0/2', 'a lot that is ' || n) FROM unnest(ARRAY['closed', 'cancelled']) n;
SELECT is(fixture.outcomes('closed'), 'Basma round_cancelled, Benoit round_cancelled', 'who was interested reads it');
SELECT is(count(*), 2::bigint, 'and is told') FROM ecopanier.event WHERE kind = 'allotment.decided' AND subject_id = fixture.round('closed');
SELECT is(fixture.try(name, role, format('SELECT ecopanier.cancel_allotment(fixture.round(''given up''), %s)', reason)), expected, says) FROM (VALUES
	('without a reason', 'Mona', 'merchant', 'NULL', 'ZE117'), ('a blank one', 'Mona', 'merchant', ''' ''', 'ZE117'), ('too long', 'Mona', 'merchant', 'repeat(''x'', 1001)', '22023'),
	('a station', 'Sami', 'merchant', '''x''', '42501'), ('another organisation', 'Alice', 'association', '''x''', 'ZE101')) v (says, name, role, reason, expected);
SELECT is(fixture.try('Mona', 'merchant', 'SELECT ecopanier.cancel_allotment(fixture.round(''given up''), ''erreur'')', at => '2026-11-23 11:00+00', keep => true), '', 'its manager gives it up');
SELECT is(fixture.state('given up') || ', ' || fixture.units_left('given up'), 'cancelled erreur, 0/2', 'and the units are back');
SELECT is(fixture.try('Mona', 'merchant', 'SELECT ecopanier.cancel_allotment(fixture.round(''given up''), ''encore'')', at => '2026-11-23 11:00+00'), 'ZE107', 'once');
SELECT is(fixture.declares('Bilal', 'given up', at => '2026-11-23 11:00+00', keep => false), 'ZE132', 'it takes no more interest');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT ecopanier.open_allotment(fixture.named('given up'), 1, '2026-11-25 10:00+00') IS NOT NULL$$, at => '2026-11-23 11:00+00'), 'true', 'another round can follow');
SELECT is(count(*), 2::bigint, 'opening and giving up stand in the audit') FROM ecopanier.audit_event WHERE subject_id = fixture.round('given up') AND action IN ('allotment_open', 'allotment_cancel');
SELECT is(count(*), 0::bigint, 'the seed of a cancelled round is gone') FROM ecopanier_private.allotment_draw d JOIN ecopanier.allotment_round r ON r.id = d.round_id WHERE r.state = 'cancelled' AND d.sealed IS NOT NULL;
-- a seed whose key is lost: nobody can open it
SET session_replication_role = replica;
UPDATE ecopanier_private.allotment_draw SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE round_id = fixture.round('lost');
RESET session_replication_role;

\echo '# catching up'
SELECT pg_temp.at('2026-11-25 12:59:59+00') \g /dev/null
SELECT ok(pg_temp.turn() >= 3, 'hours late, the windows still open');
SELECT is(fixture.state('in time') || ', ' || fixture.outcomes('in time'), 'drawn, Basma allotted 1, Benoit allotted 1', 'the draw is made up for');
SELECT is(ended_at, '2026-11-25 10:00+00'::timestamptz, 'as of its own moment') FROM ecopanier.allotment_round WHERE id = fixture.round('in time');
SELECT is(string_agg(DISTINCT r.claimed_at::text || ' ' || r.claim_day, ', '), '2026-11-25 10:00:00+00 2026-11-25', 'and so are the claims') FROM ecopanier.reservation r WHERE lot_id = fixture.named('in time');
SELECT is(fixture.state('lost') || ', ' || fixture.units_left('lost'), 'cancelled seed_lost, 0/2', 'a seed that does not open ends its round, and the units are back');
SELECT pg_temp.at('2026-11-26 08:00:00+00') \g /dev/null
CREATE FUNCTION fixture.over_now(lot_name text) RETURNS uuid LANGUAGE sql AS
$$ WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
	VALUES (1, fixture.organisation('Boulangerie'), lot_name, 2, 1000, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-27', '2026-11-26 12:00+00', '2026-11-26 14:00+00', 'published') RETURNING id)
	SELECT fixture.name_lot(lot_name, id) FROM made $$;
SELECT fixture.over_now('slept'), fixture.opened('slept', 2, '2026-11-26 10:00+00'), fixture.declares('Bilal', 'slept') \g /dev/null
-- two windows, of which the first is nearly over when the round is drawn; one of those who declared cannot sign in any more
WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, unit_weight_g, category, cold_class, batch, allergens, use_by, windows, state)
	VALUES (1, fixture.organisation('Boulangerie'), 'twice', 3, 1000, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-28',
		ARRAY[tstzrange('2026-11-26 12:00+00', '2026-11-26 14:00+00'), tstzrange('2026-11-26 18:00+00', '2026-11-26 19:00+00')], 'published') RETURNING id)
SELECT fixture.name_lot('twice', id) FROM made \g /dev/null
SELECT fixture.opened('twice', 3, '2026-11-26 10:00+00') \g /dev/null
SELECT fixture.declares(n, 'twice') FROM unnest(ARRAY['Basma', 'P5', 'P7']) n \g /dev/null
UPDATE ecopanier.member SET state = 'suspended' WHERE id = fixture.id('P5');
SELECT pg_temp.at('2026-11-26 13:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 2::bigint, 'when less than allotment_lead_minutes of the window are left');
SELECT is(fixture.outcomes('twice'), 'Basma allotted 1, P5 right_ended 0, P7 allotted 1', 'who cannot sign in is passed over');
SELECT is(string_agg(DISTINCT concat_ws(' ', state, window_start, window_end, claimed_at), ', '), 'held 2026-11-26 18:00:00+00 2026-11-26 19:00:00+00 2026-11-26 10:00:00+00', 'the others have the window that is still to come')
FROM ecopanier.reservation WHERE lot_id = fixture.named('twice');
UPDATE ecopanier.member SET state = 'active' WHERE id = fixture.id('P5');
SELECT is(fixture.state('slept') || ', ' || fixture.outcomes('slept'), 'cancelled too_late, Bilal round_cancelled', 'nobody is given what nobody can fetch');
SELECT is(count(*), 0::bigint, 'so nobody misses it') FROM ecopanier.reservation WHERE lot_id = fixture.named('slept');
SELECT pg_temp.at('2026-11-26 14:00:00+00') \g /dev/null

\echo '# by default'
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'allotment_by_default', 1, '2026-11-26 14:00+00', 'test');
CREATE FUNCTION fixture.default_round(title text, window_start timestamptz, state text, solidarity int DEFAULT 3) RETURNS text LANGUAGE sql AS
$$ WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, public_units, price_cents, original_price_cents, unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
	VALUES (1, fixture.organisation('Boulangerie'), title, solidarity, 1, 400, 1000, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-30', window_start, window_start + interval '1 hour', state) RETURNING id)
	SELECT fixture.name_lot(title, id)::text FROM made $$;
SELECT fixture.default_round('soon', '2026-11-26 15:59:59+00', 'published'), fixture.default_round('just', '2026-11-26 16:00+00', 'published'),
	fixture.default_round('paid only', '2026-11-27 16:00+00', 'published', 0), fixture.default_round('grows', '2026-11-27 16:00+00', 'draft') \g /dev/null
SELECT is(string_agg(l.name || ' ' || r.units || ' ' || r.closes_at, ', '), 'just 3 2026-11-26 15:00:00+00', 'a lot that is published in time for a round has one, until an hour before its window')
	FROM ecopanier.allotment_round r JOIN fixture.named_lot l ON l.id = r.lot_id WHERE r.opens_at = '2026-11-26 14:00+00';
SELECT is(fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET solidarity_units = 5, state = 'published' WHERE id = fixture.named('grows')$$, at => '2026-11-26 14:00+00', keep => true), '1 row', 'a draft that grows while it is published');
SELECT is(r.units || ' ' || fixture.units_left('grows'), '5 1/0', 'has a round of all') FROM ecopanier.allotment_round r WHERE r.lot_id = fixture.named('grows');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'allotment_by_default', 0, '2026-11-26 14:00+00', 'test');

\echo '# where the quota is in points'
SELECT pg_temp.at('2026-11-26 15:30:00+00') \g /dev/null
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) SELECT 1, n, v, '2026-11-26 15:30+00', 'test' FROM (VALUES ('quota_kind', 1), ('quota_points_per_day', 9)) s (n, v);
INSERT INTO ecopanier.category_points (territory_id, category, points, valid_from, source) VALUES (1, 'bakery', 4, '2026-11-26 15:30+00', 'test');
SELECT fixture.default_round('points', '2026-11-27 12:00+00', 'published', 6), fixture.opened('points', 6, '2026-11-27 11:00+00'), fixture.declares('Bilal', 'points', ', 3') \g /dev/null
SELECT pg_temp.at('2026-11-27 11:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 2::bigint, 'drawn, with one by default whose window is over');
SELECT is(i.allotted || ' ' || i.outcome || ' ' || r.quota_cost, '2 allotted 8', 'nine points are two units of four') FROM ecopanier.allotment_interest i JOIN ecopanier.reservation r ON r.id = i.reservation_id WHERE i.round_id = fixture.round('points');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'quota_kind', 0, '2026-11-27 11:00:01+00', 'test');

\echo '# erasure'
INSERT INTO fixture.round SELECT 'grows', id FROM ecopanier.allotment_round WHERE lot_id = fixture.named('grows');
SELECT fixture.declares('P7', 'grows'), fixture.declares('P6', 'grows') \g /dev/null
UPDATE ecopanier.reservation SET state = 'cancelled' WHERE member_id = fixture.id('P7') AND state = 'held';
SELECT fixture.try('P7', 'beneficiary', 'SELECT jsonb_array_length(ecopanier.export_person(ecopanier.current_member()) -> ''allotments'')') AS lines \gset
SELECT is(:'lines'::text, '3', 'a person''s export has the rounds');
SELECT is(fixture.try('P7', 'beneficiary', 'SELECT ecopanier.erase_person(ecopanier.current_member())', keep => true), '', 'a participant is erased');
SELECT is(count(*) FILTER (WHERE member_id IS NULL) || ' ' || count(*) FILTER (WHERE withdrawn_at IS NOT NULL) || ' ' || count(reservation_id), '1 1 0', 'an open interest is withdrawn and names nobody')
	FROM ecopanier.allotment_interest WHERE round_id = fixture.round('grows') AND member_id IS DISTINCT FROM fixture.id('P6');
SELECT is(count(*) || ' ' || count(reservation_id) || ' ' || sum(allotted), '1 0 2', 'the line of a drawn round stays, without person and claim') FROM ecopanier.allotment_interest WHERE round_id = fixture.round('b') AND member_id IS NULL;
SELECT is(fixture.try('P5', 'beneficiary', 'SELECT r::text FROM ecopanier.recompute_allotment(fixture.round(''b'')) r'), '(t,t,t)', 'so that the others recompute it still');
SELECT pg_temp.at('2026-11-27 15:00:00+00') \g /dev/null
SELECT is(pg_temp.turn() >= 1, true, 'drawn without the person');
SELECT is(string_agg(outcome, ' ' ORDER BY outcome), 'allotted withdrew', 'who counts as withdrawn') FROM ecopanier.allotment_interest WHERE round_id = fixture.round('grows');

\echo '# how long it is kept'
SELECT is((SELECT min(keep_until) FROM ecopanier_private.allotment_draw), '2027-02-19 10:00+00'::timestamptz, 'ninety days from the first draw');
SELECT is((SELECT next_due FROM ecopanier.schedule() WHERE step = 'allotment_purge'), '2027-02-19 10:00+00'::timestamptz, 'is when something is due');
SELECT pg_temp.at('2027-02-19 09:59:59.999999+00') \g /dev/null
SELECT is((SELECT done FROM ecopanier.tick() WHERE step = 'allotment_purge'), 0::bigint, 'not before');
SELECT pg_temp.at('2027-02-19 10:00:00+00') \g /dev/null
SELECT is((SELECT done FROM ecopanier.tick() WHERE step = 'allotment_purge'), 4::bigint, 'the four rounds of that day');
SELECT is(count(*), 0::bigint, 'who took part is deleted') FROM ecopanier.allotment_interest WHERE round_id = fixture.round('a');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT concat_ws(' ', x ->> 'state', x ->> 'participants', x ->> 'allotted_units', x ->> 'lines_deleted', jsonb_array_length(x -> 'lines')) FROM ecopanier.allotment_result(fixture.round('a')) x$$, at => '2027-02-19 10:00+00'),
	'drawn 3 3 true 0', 'the sums stay');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.recompute_allotment(fixture.round(''a''))', at => '2027-02-19 10:00+00'), 'ZE107', 'and nothing can be recomputed any more');
SELECT is(coalesce(string_agg(invariant || ' ' || violations, ', '), 'none'), 'none', 'invariants') FROM ecopanier.self_check() WHERE violations <> 0;
SELECT * FROM finish();
