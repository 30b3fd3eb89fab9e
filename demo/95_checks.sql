-- Each figure of the table again, from the tables of the extension alone, and what must never be. Runs in the session of
-- 90_table.sql. In: lapsed (the answer of lapse_due()), pictures (QR pictures drawn).
CREATE TEMP TABLE checked (place serial, rule text, found numeric, must_be numeric);
INSERT INTO checked (rule, found, must_be) VALUES
('oversold', (
	SELECT count(*) FROM ecopanier.lot l, LATERAL (
		SELECT sum(quantity) FILTER (WHERE pool = 'public') AS sold, sum(quantity) FILTER (WHERE pool = 'solidarity') AS free
		FROM mine r WHERE r.lot_id = l.id AND r.state <> 'cancelled') c
	WHERE c.sold > l.public_units OR c.free > l.solidarity_units), 0),
('quota exceeded', (
	SELECT count(*) FROM (
		SELECT FROM mine WHERE pool = 'solidarity' AND (state <> 'cancelled' OR late_cancel)
		GROUP BY member_id, (claimed_at AT TIME ZONE 'Europe/Paris')::date HAVING sum(quantity) > 2) q), 0),
('self_check', (SELECT coalesce(sum(violations), 0) FROM ecopanier.self_check()), 0),
('lots with more receipts than units, before anything was cancelled', (
	SELECT count(*) FROM (
		SELECT FROM demo.receipt r JOIN demo.lot l USING (lot) WHERE r.wave < 2
		GROUP BY l.n HAVING sum(r.units) FILTER (WHERE role = 'ecopanier_customer') > l.public_units
			OR sum(r.units) FILTER (WHERE role = 'ecopanier_beneficiary') > l.solidarity_units) o), 0),
('free units of people without a verified right', (
	SELECT count(*) FROM mine r LEFT JOIN demo.beneficiary b ON b.member = r.member_id
	WHERE r.pool = 'solidarity' AND b.verified IS NOT TRUE), 0),
('verified beneficiaries', (SELECT count(*) FROM ecopanier.beneficiary WHERE state = 'verified' AND ben_code IS NOT NULL), 50),
('registered beneficiaries', (SELECT count(*) FROM ecopanier.beneficiary), 60),
('wrong counters of stock', ecopanier.rebuild_stock(), 0),
('wrong counters of quota', ecopanier.rebuild_quota(), 0),
('reservations in the other territory', (
	SELECT count(*) FROM ecopanier.reservation WHERE id NOT IN (SELECT id FROM mine)), 0),
('claims still open', (SELECT count(*) FROM mine WHERE state IN ('held', 'awaiting_payment')), 0);

-- What the clients saw against what the tables hold.
INSERT INTO checked (rule, found, must_be)
SELECT format('units %s, %s', s.what, h.pool), CASE h.pool WHEN 'public' THEN s.sold ELSE s.free END, h.units
FROM seen s JOIN (
	SELECT 'offered' AS what, 'public' AS pool, sum(public_units) AS units FROM ecopanier.lot WHERE batch IS NOT NULL
	UNION ALL SELECT 'offered', 'solidarity', sum(solidarity_units) FROM ecopanier.lot WHERE batch IS NOT NULL
	UNION ALL SELECT 'claimed', pool, sum(quantity) FROM mine GROUP BY pool
	UNION ALL SELECT w.what, p.pool, coalesce(sum(r.quantity), 0)
	FROM (VALUES ('cancelled'), ('collected'), ('lapsed')) w (what) CROSS JOIN (VALUES ('public'), ('solidarity')) p (pool)
	LEFT JOIN mine r ON r.state = w.what AND r.pool = p.pool GROUP BY w.what, p.pool) h USING (what)
ORDER BY s.place, h.pool;
INSERT INTO checked (rule, found, must_be) VALUES
('reservations: receipts, rows', (SELECT count(*) FROM demo.receipt), (SELECT count(*) FROM mine)),
('cents asked: receipts, rows', (SELECT sum(amount_cents) FROM demo.receipt), (SELECT sum(amount_cents) FROM mine)),
('cents asked for free units', (SELECT sum(amount_cents) FROM demo.receipt WHERE role = 'ecopanier_beneficiary'), 0),
('requests answered, requests sent', (SELECT count(*) FROM demo.answer), (SELECT count(*) FROM demo.attempt)),
('claims, retries and refusals together', (
	SELECT (SELECT sum(sold + free) FROM refused) + (SELECT count(*) FROM demo.answer WHERE code = '00000')), (
	SELECT count(*) FROM demo.attempt)),
('requests with two different receipts', (
	SELECT count(*) FROM (
		SELECT FROM demo.answer a JOIN demo.attempt t ON t.n = a.attempt WHERE a.code = '00000'
		GROUP BY t.request HAVING count(DISTINCT (a.reservation, a.units, a.amount_cents, a.pin, a.qr)) > 1) d), 0),
('refusals for reasons other than stock, quota and right', (
	SELECT count(*) FROM refused WHERE code NOT IN ('ZE104', 'ZE105', 'ZE106')), 0),
('refused for each of these three reasons', (SELECT count(*) FROM refused), 3),
('claims lapsed: answer, rows', :lapsed, (SELECT count(*) FROM mine WHERE state = 'lapsed')),
('QR pictures read back as the token they were drawn from', (
	SELECT count(*) FROM demo.picture p JOIN demo.shown s USING (reservation) WHERE s.qr = p.token AND s.code = '00000'), :pictures),
('baskets handed over: verdicts, rows', (SELECT count(*) FROM handed), (SELECT count(*) FROM mine WHERE state = 'collected')),
('wrong PINs: verdicts, typed', (SELECT count(*) FROM demo.verdict WHERE verdict = 'wrong_pin'), (
	SELECT count(*) FROM demo.scan s JOIN demo.receipt r USING (reservation) WHERE s.pin <> r.pin)),
('verdicts other than these two', (
	SELECT count(*) FROM demo.verdict WHERE code <> '00000' OR verdict NOT IN ('handed_over', 'wrong_pin')), 0),
('things tried and not refused as they must be', (
	SELECT count(*) FROM demo.tried WHERE coalesce(verdict, code) <> expected), 0),
('releases in the audit', (SELECT count(*) FROM ecopanier.audit_event WHERE action = 'pickup_release'), 1);

-- What impact_total says against the offers and the hand-overs.
INSERT INTO checked (rule, found, must_be)
SELECT c.* FROM ecopanier.impact_total i, (SELECT sum(meals) AS meals, sum(cents) AS cents FROM worth) w, LATERAL (VALUES
	('units saved: view, hand-overs', i.units, (SELECT sum(units) FROM handed)),
	('meals: view, by hand', i.meals, round(w.meals, 2)),
	('kg of CO₂: view, by hand', i.co2_kg, round(0.9 * w.meals, 3)),
	('value in cents: view, by hand', i.value_cents, w.cents),
	('people: view, rows', i.people, (SELECT count(DISTINCT member_id) FROM mine WHERE state = 'collected')),
	('units by commune, summed', (SELECT sum(units) FROM ecopanier.impact_by_commune WHERE territory = 'Grand Poitiers'), i.units),
	('units of the day', (SELECT units FROM ecopanier.impact_by_day WHERE day = '2026-11-20'), i.units)) c
WHERE i.territory = 'Grand Poitiers';

\pset tuples_only on
\pset format unaligned
SELECT format('%s people collected, %s of them free units', count(DISTINCT member_id),
	count(DISTINCT member_id) FILTER (WHERE pool = 'solidarity')) FROM mine WHERE state = 'collected';
SELECT rule || ' ' || found FROM checked WHERE place <= 3 ORDER BY place;
SELECT format('%s figures compared, %s differ', count(*), count(*) FILTER (WHERE found IS DISTINCT FROM must_be)) FROM checked;
SELECT format('DIFFERS  %s: %s, must be %s', rule, found, must_be) FROM checked WHERE found IS DISTINCT FROM must_be ORDER BY place;
SELECT demo.must((SELECT sum(sold + free) FROM seen WHERE what = 'asked for') > (SELECT sum(sold + free) FROM seen WHERE what = 'offered'),
	'less was asked for than offered') \gset
SELECT demo.must((SELECT count(*) = 43 FROM checked) AND NOT EXISTS (SELECT FROM checked WHERE found IS DISTINCT FROM must_be),
	'figures differ') \gset
