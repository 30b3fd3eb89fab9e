-- Claims by role: pools, the day's free units (D1, D2), giving back (D3, D16), retries, one rule for reserve() and INSERT.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

-- What a step does stays done; "says" is what the outcome must be.
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);

SELECT fixture.name_lot('sold', fixture.lot(5, 0)), fixture.name_lot('free', fixture.lot(0, 40)), fixture.name_lot('mixed', fixture.lot(3, 3)),
	fixture.name_lot('other', fixture.lot(5, 5)), fixture.name_lot('elsewhere', fixture.lot(5, 5, 2)), fixture.name_lot('one', fixture.lot(1, 1)) \g /dev/null

\echo '# pools and amounts'
INSERT INTO step (says, name, role, statement, expected) VALUES
('a customer pays the price of each unit', 'Camille', 'customer',
 $$SELECT concat_ws(' ', state, quantity, amount_cents) FROM ecopanier.reserve(fixture.named('sold'), 2)$$, 'held 2 800'),
('the pool is taken', 'Camille', 'customer', $$SELECT fixture.units_left('sold')$$, '3/0'),
('one unit more than the pool is refused', 'Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'), 4)$$, 'ZE104'),
('the whole rest is given', 'Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'), 3)$$, 'held'),
('a sold-out lot is refused', 'Claude', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'))$$, 'ZE104'),
('nothing is left, and nothing is owed', 'Claude', 'customer', $$SELECT fixture.units_left('sold')$$, '0/0'),
('free units are not for customers', 'Claude', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'ZE104'),
('a beneficiary pays nothing', 'Benoit', 'beneficiary',
 $$SELECT concat_ws(' ', state, quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'))$$, 'held 1 0'),
('of a mixed lot each takes from the own pool', 'Claude', 'customer',
 $$SELECT concat_ws(' ', state, quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'), 2)$$, 'held 2 800'),
('both pools are counted', 'Claude', 'customer', $$SELECT fixture.units_left('mixed')$$, '1/2'),
('the other pool does not help a customer', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 2)$$, 'ZE104'),
('a beneficiary takes no public units', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'))$$, 'ZE104'),
('a merchant claims nothing', 'Mona', 'merchant', $$SELECT state FROM ecopanier.reserve(fixture.named('other'))$$, '42501'),
('an administrator claims nothing', 'Adele', 'administrator', $$SELECT state FROM ecopanier.reserve(fixture.named('other'))$$, '42501');

\echo '# rules D1, D14: the day''s free units'
INSERT INTO step (says, name, role, statement, expected) VALUES
('the second free unit of the day', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'held'),
('the third is refused', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'ZE105'),
('a refused claim leaves the quota as it was', 'Benoit', 'beneficiary', $$SELECT fixture.used('Benoit')$$, '2'),
('the limit counts units: three at once are refused', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'), 3)$$, 'ZE105'),
('two at once are given', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'), 2)$$, 'held'),
('limit and version in force are stored', 'Basma', 'beneficiary',
 $$SELECT concat_ws(' ', pool, claim_day, quota_limit, quota_version) FROM ecopanier.reservation$$, 'solidarity 2026-11-20 2 1'),
('who is not verified gets none', 'Bruno', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'ZE106'),
('the limit can be raised', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 3, 'test')$$, '2'),
('and binds the next claim', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'held'),
('up to itself', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'ZE105'),
('an older claim keeps the limit of its day', 'Basma', 'beneficiary',
 $$SELECT string_agg(quota_limit || '/' || quota_version, ' ' ORDER BY quota_version) FROM ecopanier.reservation$$, '2/1 3/2'),
('ten is the most', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 10, 'test')$$, '3'),
('eleven is out of range', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 11, 'test')$$, '22023'),
('below 0 is out of range', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', -1, 'test')$$, '22023'),
('eleven at once are refused', 'Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'), 11)$$, 'ZE105'),
('ten at once are given', 'Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'), 10)$$, 'held'),
('0 stops free units', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 0, 'test')$$, '4'),
('for everybody', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'ZE105'),
('a lowered limit does not stop a cancellation', 'Bilal', 'beneficiary',
 $$SELECT ecopanier.cancel(id) FROM ecopanier.reservation$$, ''),
('which gives the units back', 'Bilal', 'beneficiary', $$SELECT fixture.used('Bilal')$$, '0'),
('who can read it', 'Benoit', 'beneficiary', $$SELECT ecopanier.setting_value('free_units_per_day')::text$$, '0'),
('the limit is put back', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 2, 'test')$$, '5');
INSERT INTO step (says, name, role, statement, expected, territory) VALUES
('the other territory keeps its own limit', 'Benoit', 'beneficiary', $$SELECT ecopanier.setting_value('free_units_per_day')::text$$, '2', 2),
('and its members claim there', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('elsewhere'), 2)$$, 'held', 2);

SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# rule D2: the local calendar day of the claim, daylight saving included'
-- Lots with a long window: they are bulk loads, so that the year can be walked up and down.
WITH loaded AS (
	INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, solidarity_units,
		original_price_cents, window_start, window_end, state)
	SELECT t, fixture.organisation('Boulangerie', t), 'Longue', 'grocery', 500, 'ambient', true, 100, 1000, '2027-02-01', '2027-02-02', 'published' FROM generate_series(1, 2) t
	RETURNING territory_id, id)
SELECT fixture.name_lot('long' || territory_id, id) FROM loaded \g /dev/null

CREATE TEMP TABLE moment (n serial, says text, territory int, at text, expected text);
INSERT INTO moment (says, territory, at, expected) VALUES
('last instant before midnight in Poitiers', 1, '2026-11-20 22:59:59.999999+00', '2026-11-20'),
('midnight in Poitiers', 1, '2026-11-20 23:00:00+00', '2026-11-21'),
('the same instant in Saint-Denis', 2, '2026-11-20 22:59:59.999999+00', '2026-11-21'),
('last instant before midnight in Saint-Denis', 2, '2026-11-20 19:59:59.999999+00', '2026-11-20'),
('midnight in Saint-Denis', 2, '2026-11-20 20:00:00+00', '2026-11-21'),
('the 25-hour day begins', 1, '2026-10-24 22:00:00+00', '2026-10-25'),
('just before the 25-hour day', 1, '2026-10-24 21:59:59.999999+00', '2026-10-24'),
('half past two, summer time', 1, '2026-10-25 00:30:00+00', '2026-10-25'),
('half past two again, winter time', 1, '2026-10-25 01:30:00+00', '2026-10-25'),
('the 25th hour', 1, '2026-10-25 22:59:59.999999+00', '2026-10-25'),
('the day after it', 1, '2026-10-25 23:00:00+00', '2026-10-26'),
('just before the 23-hour day', 1, '2026-03-28 22:59:59.999999+00', '2026-03-28'),
('the 23-hour day begins', 1, '2026-03-28 23:00:00+00', '2026-03-29'),
('its last instant', 1, '2026-03-29 21:59:59.999999+00', '2026-03-29'),
('the day after it, an hour earlier', 1, '2026-03-29 22:00:00+00', '2026-03-30'),
('no daylight saving in Saint-Denis, autumn', 2, '2026-10-25 19:59:59.999999+00', '2026-10-25'),
('no daylight saving in Saint-Denis, spring', 2, '2026-03-29 20:00:00+00', '2026-03-30'),
('the right begins at midnight', 1, '2025-12-31 23:00:00+00', '2026-01-01'),
('and not before', 1, '2025-12-31 22:59:59.999999+00', 'ZE106'),
('the right holds to the end of its last day', 1, '2026-12-31 22:59:59.999999+00', '2026-12-31'),
('and not after', 1, '2026-12-31 23:00:00+00', 'ZE106'),
('its last day ends three hours earlier in Saint-Denis', 2, '2026-12-31 20:00:00+00', 'ZE106'),
('and its first began earlier there', 2, '2025-12-31 20:00:00+00', '2026-01-01');
SELECT is(fixture.try('Bilal', 'beneficiary',
		format($$INSERT INTO ecopanier.reservation (lot_id) VALUES (fixture.named('long%s')) RETURNING claim_day::text$$, territory), territory, at),
	expected, says) FROM moment ORDER BY n;

-- Two units on the 25-hour day, a third refused in its last hour, two more on the next day.
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('two units at the start of the long day', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 2)$$, 'held', '2026-10-24 22:00:00+00'),
('a third in its 25th hour is refused', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'ZE105', '2026-10-25 22:59:59+00'),
('two more after it', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 2)$$, 'held', '2026-10-25 23:00:00+00');

\echo '# the window, the lot''s state'
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('claims are taken to the end of the window', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('other'))$$, 'held', '2026-11-20 18:59:59.999999+00'),
('and not at it', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('other'))$$, 'ZE103', '2026-11-20 19:00:00+00');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# rules D3, D16: what a cancellation gives back'
-- One claim each of a fresh lot, then a cancellation at a moment by somebody; the answer is stock and quota after it.
CREATE TEMP TABLE cancellation (n serial, says text, name text, role text, at text, reason text, expected text);
INSERT INTO cancellation (says, name, role, at, reason, expected) VALUES
('30 minutes before the window all is given back', 'Benoit', 'beneficiary', '2026-11-20 16:30:00+00', NULL, 'cancelled f 5/5 quota 0'),
('a moment later the quota is kept', 'Benoit', 'beneficiary', '2026-11-20 16:30:00.000001+00', NULL, 'cancelled t 5/5 quota 2'),
('in the window too', 'Benoit', 'beneficiary', '2026-11-20 18:00:00+00', NULL, 'cancelled t 5/5 quota 2'),
('the merchant gives the quota back at any time', 'Mona', 'merchant', '2026-11-20 18:00:00+00', 'plus de pain', 'cancelled f 5/5 quota 0'),
('the administrator too', 'Adele', 'administrator', '2026-11-20 18:00:00+00', 'plus de pain', 'cancelled f 5/5 quota 0'),
('staff give a reason', 'Mona', 'merchant', '2026-11-20 16:10:00+00', NULL, 'ZE117'),
('that says something', 'Mona', 'merchant', '2026-11-20 16:10:00+00', E' \t\n', 'ZE117'),
('an administrator too', 'Adele', 'administrator', '2026-11-20 16:10:00+00', '', 'ZE117'),
('a station does not cancel', 'Sami', 'merchant', '2026-11-20 16:10:00+00', 'non', 'ZE101'),
('nor another beneficiary', 'Basma', 'beneficiary', '2026-11-20 16:10:00+00', 'non', 'ZE101'),
('nor a customer', 'Camille', 'customer', '2026-11-20 16:10:00+00', 'non', 'ZE101'),
('nor another organisation', 'Alice', 'association', '2026-11-20 16:10:00+00', 'non', 'ZE101');
CREATE FUNCTION fixture.cancel_outcome(name text, role text, at text, reason text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	lot uuid := fixture.lot(5, 5);
	claim uuid;
	outcome text;
BEGIN
	DELETE FROM fixture.named_lot n WHERE n.name = 'cancelled';
	PERFORM fixture.name_lot('cancelled', lot);
	claim := fixture.try('Benoit', 'beneficiary', $q$SELECT reservation FROM ecopanier.reserve(fixture.named('cancelled'), 2)$q$,
		at => '2026-11-17 10:00:00+00', keep => true);
	outcome := fixture.try(name, role, format('SELECT ecopanier.cancel(%L, %L)', claim, reason), at => at, keep => true);
	IF outcome = '' THEN
		outcome := (SELECT concat_ws(' ', r.state, r.late_cancel, fixture.units_left('cancelled'), 'quota', fixture.used('Benoit', '2026-11-17'))
			FROM ecopanier.reservation r WHERE id = claim);
	END IF;
	RAISE EXCEPTION SQLSTATE 'UNDO1' USING MESSAGE = outcome;
EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
	RETURN SQLERRM;
END $$;
SELECT is(fixture.cancel_outcome(name, role, at, reason), expected, says) FROM cancellation ORDER BY n;

-- A cancelled lot gives everything back, at any time; and what is over stays over.
SELECT fixture.name_lot('doomed', fixture.lot(5, 5)) \g /dev/null
CREATE FUNCTION fixture.first_claim(lot_name text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.reservation WHERE lot_id = fixture.named(lot_name) ORDER BY id LIMIT 1 $$;
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('a free claim', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('doomed'), 2)$$, 'held', '2026-11-18 16:00+00'),
('a paid claim', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('doomed'), 3)$$, 'held', '2026-11-18 16:00+00'),
('the merchant cancels the lot in its window', 'Mona', 'merchant',
 $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'four en panne' WHERE id = fixture.named('doomed')$$, '1 row', '2026-11-20 18:00+00'),
('its claims are cancelled, with the reason', 'Camille', 'customer',
 $$SELECT concat_ws(' ', state, late_cancel, cancel_reason) FROM ecopanier.reservation WHERE lot_id = fixture.named('doomed')$$, 'cancelled f four en panne', NULL),
('the units are back', 'Camille', 'customer', $$SELECT fixture.units_left('doomed')$$, '5/5', NULL),
('so is the quota', 'Camille', 'customer', $$SELECT fixture.used('Benoit', '2026-11-18')$$, '0', NULL),
('a cancelled lot takes no claim', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('doomed'))$$, 'ZE102', NULL),
('a cancelled claim is not cancelled twice', 'Benoit', 'beneficiary',
 $$SELECT ecopanier.cancel(id) FROM ecopanier.reservation WHERE lot_id = fixture.named('doomed')$$, 'ZE107', NULL),
('not by staff either, and its reason stays', 'Mona', 'merchant', $$SELECT ecopanier.cancel(fixture.first_claim('doomed'), 'encore')$$, 'ZE107', NULL),
('a closed lot takes no claim', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('one')$$, '1 row', NULL),
('that is', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('one'))$$, 'ZE102', NULL);
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# a retry is not a second claim'
SELECT fixture.name_lot('retried', fixture.lot(9, 9)) \g /dev/null
CREATE TEMP TABLE kept (receipt text);
\set request '''00000000-0000-4000-8000-00000000a001'''
INSERT INTO kept SELECT fixture.try('Camille', 'customer', format($$SELECT r::text FROM ecopanier.reserve(fixture.named('retried'), 2, %L) r$$, :request), keep => true);
SELECT matches(receipt, '^\(.*,held,2,800,[0-9]{6},EP1\.', 'the first answer') FROM kept;
INSERT INTO step (says, name, role, statement, expected) VALUES
('the second is the same receipt', 'Camille', 'customer', format($$SELECT r::text FROM ecopanier.reserve(fixture.named('retried'), 2, %L) r$$, :request), (SELECT receipt FROM kept)),
('units are taken once', 'Camille', 'customer', $$SELECT fixture.units_left('retried')$$, '7/9'),
('another quantity is another request', 'Camille', 'customer', format($$SELECT r FROM ecopanier.reserve(fixture.named('retried'), 1, %L) r$$, :request), 'ZE110'),
('another lot is another request', 'Camille', 'customer', format($$SELECT r FROM ecopanier.reserve(fixture.named('other'), 2, %L) r$$, :request), 'ZE110'),
('an INSERT with it is a duplicate', 'Camille', 'customer', format($$INSERT INTO ecopanier.reservation (lot_id, quantity, request_id) VALUES (fixture.named('retried'), 2, %L)$$, :request), '23505'),
('or nothing, when it says so', 'Camille', 'customer', format($$INSERT INTO ecopanier.reservation (lot_id, quantity, request_id) VALUES (fixture.named('retried'), 2, %L) ON CONFLICT DO NOTHING$$, :request), '0 rows'),
('which takes nothing', 'Camille', 'customer', $$SELECT fixture.units_left('retried')$$, '7/9'),
('somebody else may use the same number', 'Charlie', 'customer', format($$SELECT state FROM ecopanier.reserve(fixture.named('retried'), 2, %L)$$, :request), 'held'),
('for units of the own', 'Charlie', 'customer', $$SELECT fixture.units_left('retried')$$, '5/9'),
('the claim is cancelled', 'Camille', 'customer', $$SELECT ecopanier.cancel(id) FROM ecopanier.reservation WHERE lot_id = fixture.named('retried')$$, ''),
('a retry then tells so', 'Camille', 'customer', format($$SELECT concat_ws(' ', state, quantity, pin IS NULL, qr IS NULL) FROM ecopanier.reserve(fixture.named('retried'), 2, %L)$$, :request), 'cancelled 2 t t');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# reserve() and INSERT are one rule'
CREATE TEMP TABLE claim (n serial, says text, name text, role text, lot text, quantity text, at text);
INSERT INTO claim (says, name, role, lot, quantity, at)
SELECT format('%s, %s of %s%s', p.name, q, l, ' at ' || a), p.name, p.role, l, q, a
FROM (VALUES ('Claude', 'customer'), ('Benoit', 'beneficiary'), ('Bruno', 'beneficiary'), ('Mona', 'merchant'), ('Adele', 'administrator')) p (name, role),
	unnest(ARRAY['sold', 'free', 'mixed', 'retried', 'doomed', 'one', 'elsewhere', 'unknown']) l,
	unnest(ARRAY['1', '2', '3', '0', '-1', '2147483647', 'NULL']) q,
	unnest(ARRAY[NULL, '2026-11-19 12:00+00', '2026-11-20 19:00+00']) a
WHERE q IN ('1', '2') OR a IS NULL;
CREATE FUNCTION fixture.lot_argument(name text) RETURNS text LANGUAGE sql AS
$$ SELECT CASE name WHEN 'unknown' THEN '''00000000-0000-8000-8040-000000000001''' ELSE format('fixture.named(%L)', name) END $$;
CREATE TEMP TABLE verdict AS SELECT c.*,
	fixture.try(name, role, format($$SELECT ecopanier.reserve(%s, %s);
		SELECT (to_jsonb(r) - 'id')::text FROM ecopanier.reservation r ORDER BY id DESC LIMIT 1$$, fixture.lot_argument(lot), quantity), at => at) AS reserved,
	fixture.try(name, role, format($$INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (%s, %s);
		SELECT (to_jsonb(r) - 'id')::text FROM ecopanier.reservation r ORDER BY id DESC LIMIT 1$$, fixture.lot_argument(lot), quantity), at => at) AS inserted
FROM claim c;
SELECT is(inserted, reserved, says) FROM verdict WHERE role IN ('customer', 'beneficiary') ORDER BY n;
SELECT cmp_ok(count(*) FILTER (WHERE reserved LIKE '{%'), '>=', 10::bigint, 'many of these were claims') FROM verdict;
SELECT set_eq($$SELECT DISTINCT reserved FROM verdict WHERE reserved NOT LIKE '{%'$$,
	ARRAY['22023', '22004', '42501', 'ZE101', 'ZE102', 'ZE103', 'ZE104', 'ZE105', 'ZE106'], 'and the others met every refusal');

\echo '# what a claimer does not choose'
SELECT is(fixture.try('Claude', 'customer', format('INSERT INTO ecopanier.reservation (lot_id, %I) VALUES (fixture.named(%L), DEFAULT)', c, 'retried')),
	'42501', format('%s is not the claimer''s to give', c))
FROM unnest(ARRAY['territory_id', 'id', 'member_id', 'organisation_id', 'claimed_at', 'amount_cents', 'state', 'key_id', 'claim_day',
	'quota_limit', 'quota_version', 'quota_cost', 'quota_basis', 'forgiven_at', 'late_cancel', 'pin_version', 'pickup_round', 'collected_at', 'window_end']) c;
SELECT is(fixture.try('Claude', 'customer', statement), '42501', statement) FROM unnest(ARRAY[
	$$UPDATE ecopanier.reservation SET quantity = 1$$, $$UPDATE ecopanier.reservation SET state = 'cancelled'$$,
	$$DELETE FROM ecopanier.reservation$$, $$TRUNCATE ecopanier.reservation$$]) statement;

\echo '# savepoints, prepared statements, several rows'
SELECT fixture.name_lot('session', fixture.lot(20, 20)) \g /dev/null
SET SESSION AUTHORIZATION api;
SELECT fixture.act('Camille', 'customer') \g /dev/null
PREPARE claiming (uuid, int) AS SELECT state FROM ecopanier.reserve($1, $2);
EXECUTE claiming (fixture.named('session'), 1) \g /dev/null
EXECUTE claiming (fixture.named('session'), 1) \g /dev/null
EXECUTE claiming (fixture.named('session'), 1) \g /dev/null
EXECUTE claiming (fixture.named('session'), 1) \g /dev/null
EXECUTE claiming (fixture.named('session'), 1) \g /dev/null
EXECUTE claiming (fixture.named('session'), 1) \g /dev/null
BEGIN;
SAVEPOINT a;
EXECUTE claiming (fixture.named('session'), 4) \g /dev/null
ROLLBACK TO a;
EXECUTE claiming (fixture.named('session'), 2) \g /dev/null
RELEASE a;
COMMIT;
INSERT INTO ecopanier.reservation (lot_id, quantity) SELECT fixture.named(l), q FROM (VALUES ('session', 1), ('retried', 2), ('session', 3)) v (l, q);
RESET ROLE;
SET ROLE ecopanier_beneficiary;
SELECT fixture.act('Claude', 'customer') \g /dev/null
EXECUTE claiming (fixture.named('session'), 1) \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT is(fixture.units_left('session'), '7/20', 'six prepared claims, one kept of two in savepoints, two of a statement, one as another member');
SELECT results_eq($$SELECT m.display_name, sum(r.quantity)::int FROM ecopanier.reservation r JOIN ecopanier.member m
	ON m.territory_id = r.territory_id AND m.id = r.member_id WHERE lot_id = fixture.named('session') GROUP BY 1 ORDER BY 1$$,
	$$VALUES ('Camille', 12), ('Claude', 1)$$, 'each for who was calling');

\echo '# what a lapse gives back: the units of a no-show are not claimed again, its quota is not given back (D3)'
SELECT fixture.name_lot('noshow', fixture.lot(0, 5)) \g /dev/null
SELECT is(fixture.try('Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('noshow'), 2)$$, keep => true, at => '2026-11-19 16:00+00'), 'held', 'a claim');
UPDATE ecopanier.reservation SET state = 'lapsed' WHERE lot_id = fixture.named('noshow');
SELECT is(fixture.used('Bilal', '2026-11-19'), 2, 'that lapsed keeps its quota');

\echo '# the counters are what the facts say'
SELECT is(ecopanier.rebuild_stock(), 0::bigint, 'stock');
SELECT is(ecopanier.rebuild_quota(), 0::bigint, 'quota');
\echo '# the counter''s list looks claims up by their keys, and not in the history of a territory'
CREATE FUNCTION pg_temp.plan_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END $$;
SET enable_seqscan = off;
SELECT is((SELECT count(*) FROM regexp_matches(pg_temp.plan_of('SELECT * FROM ecopanier.pickup_list'), 'Index Cond: [^\n]*reservation_id = r\.id', 'g')), 1::bigint, 'the tries of a claim are found by its id');
SELECT is((SELECT count(*) FROM regexp_matches(pg_temp.plan_of('SELECT * FROM ecopanier.pickup_list'), '(Right|Full) Join|Merge', 'g')), 0::bigint, 'no claim of others is read for them');
RESET enable_seqscan;
SELECT * FROM finish();
