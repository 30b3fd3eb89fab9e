-- Who will claim what. Run by the operator; it writes what the phones will send: a session's number, a tab, a request.
-- In: wave: 0 at noon, 1 in the afternoon, when more is asked for than there is, 2 for what was given back.
\set ON_ERROR_STOP on
UPDATE demo.lot d SET lot = l.id FROM ecopanier.lot l WHERE l.batch = 'L' || d.n AND d.lot IS NULL;

WITH wish AS (
	-- noon: Camille at a price; Benoît twice free of charge, of which he will fetch one
	SELECT 'noon ' || w.n AS seed, w.role, w.sub, l.lot, 1 AS quantity FROM demo.lot l, (
		SELECT 1 AS n, 'ecopanier_customer' AS role, value::uuid AS sub FROM demo.player WHERE name = 'camille'
		UNION ALL SELECT n, 'ecopanier_beneficiary', value::uuid FROM demo.player, generate_series(2, 3) n WHERE name = 'benoit') w
	WHERE :wave = 0 AND l.n = 13
	UNION ALL
	-- afternoon: each lot at a price is asked for 0.4 to 2.4 times over
	SELECT 'public ' || l.n || ' ' || k, 'ecopanier_customer', c.member, l.lot,
		CASE WHEN demo.dice('two of ' || l.n || ' ' || k) < 0.15 THEN 2 ELSE 1 END
	FROM demo.lot l, generate_series(1, ceil(l.public_units * (0.4 + 2 * demo.dice('demand ' || l.n)))::int) k
	JOIN demo.customer c ON true
	WHERE :wave = 1 AND l.n <> 13 AND c.n = 3 + floor(198 * demo.dice('customer ' || l.n || ' ' || k))
	UNION ALL
	-- and each beneficiary asks for four free units, the day's limit being two
	SELECT 'solidarity ' || b.n || ' ' || k, 'ecopanier_beneficiary', b.member, l.lot, 1
	FROM demo.beneficiary b, generate_series(1, 4) k, LATERAL (
		SELECT lot FROM demo.lot WHERE solidarity_units > 0 AND n <> 13 ORDER BY demo.dice('free ' || b.n || ' ' || k || ' ' || n) LIMIT 1) l
	WHERE :wave = 1 AND b.member::text NOT IN (SELECT value FROM demo.player) AND (b.verified OR k = 1)
	UNION ALL
	-- later: what was given back is wanted by two others each
	SELECT 'again ' || r.sub || l.n || ' ' || k, r.role, CASE r.role WHEN 'ecopanier_customer' THEN c.member ELSE b.member END,
		r.lot, r.units
	FROM demo.cancelled x JOIN demo.receipt r USING (reservation) JOIN demo.lot l USING (lot), generate_series(1, 2) k
	JOIN demo.customer c ON true JOIN demo.beneficiary b ON true
	WHERE :wave = 2 AND c.n = 3 + floor(198 * demo.dice('later ' || l.n || ' ' || k))
		AND b.n = 3 + floor(23 * demo.dice('later ' || l.n || ' ' || k))
), asked AS (
	-- one request in twelve is sent twice, by impatient thumbs: at the same moment, to another session
	SELECT w.*, md5('request ' || seed)::uuid AS request, copy FROM wish w, generate_series(1, 2) copy
	WHERE copy = 1 OR (:wave = 1 AND demo.dice('impatient ' || seed) < 0.083)
), queue AS (
	-- requests for the same lot follow each other, so that they reach it from different sessions at once
	SELECT a.*, row_number() OVER (ORDER BY demo.dice('lot ' || l.n), demo.dice(seed), copy) AS place
	FROM asked a JOIN demo.lot l USING (lot)
)
INSERT INTO demo.attempt (n, wave, session, role, sub, lot, quantity, request)
SELECT 1000 * :wave + place, :wave, 1 + place % 8, role, sub, lot, quantity, request FROM queue;

SELECT session, format('\set attempt %s \set role %s \set sub %s \set lot %s \set quantity %s \set request %s \i demo/claim.sql',
	n, role, sub, lot, quantity, request)
FROM demo.attempt WHERE wave = :wave ORDER BY n;
