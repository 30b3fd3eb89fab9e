-- Plans change: one claim in fifteen is cancelled in time by its member, and a shop's oven breaks down. Run by the operator;
-- it writes the requests: a session's number, a tab, a request.
\set ON_ERROR_STOP on
INSERT INTO demo.player (name, value)
SELECT 'broken_lot', min(l.n)::text FROM demo.lot l JOIN demo.receipt r USING (lot) WHERE l.shop = 2 AND l.public_units > 0;

SELECT 1 + r.n % 8, format('\set role %s \set sub %s \set step %s \set statement %s \i demo/do.sql', r.role, r.sub, r.reservation,
	quote_literal(format('SELECT ecopanier.cancel(%L, %L) AS done', r.reservation, 'empêchement')))
FROM demo.receipt r JOIN demo.lot l USING (lot)
WHERE l.n <> 13 AND l.n <> (SELECT value::int FROM demo.player WHERE name = 'broken_lot') AND demo.dice('cancel ' || r.request) < 0.067
UNION ALL
SELECT 1, format('\set role ecopanier_merchant \set sub %s \set step broken \set statement %s \i demo/do.sql', s.owner,
	quote_literal(format('WITH gone AS (UPDATE ecopanier.lot SET state = %L, cancel_reason = %L WHERE batch = %L RETURNING 1) '
		'SELECT count(*) AS done FROM gone', 'cancelled', 'four en panne', 'L' || p.value)))
FROM demo.player p, demo.shop s WHERE p.name = 'broken_lot' AND s.n = 2;
