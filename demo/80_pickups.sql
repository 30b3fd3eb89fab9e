-- Who comes to fetch, and what the stations see. Run by the operator; it writes the requests: a session's number, a tab, a
-- request. In: at (noon or evening); with scan set, the second half: the pictures were read, the stations check them.
\set ON_ERROR_STOP on
CREATE TEMP VIEW coming AS
SELECT r.*, l.shop FROM demo.receipt r JOIN demo.lot l USING (lot)
WHERE CASE :'at' WHEN 'noon' THEN l.n = 13 AND r.n <> (SELECT max(n) FROM demo.receipt WHERE wave = 0 AND role = 'ecopanier_beneficiary')
	ELSE l.n <> 13 AND demo.dice('comes ' || r.request) > 0.08
		AND l.n <> (SELECT value::int FROM demo.player WHERE name = 'broken_lot')
		AND r.reservation NOT IN (SELECT reservation FROM demo.cancelled) END;

\if :{?scan}
	INSERT INTO demo.scan (session, reservation, station, token, pin)
	SELECT 1 + c.shop % 8, c.reservation, s.station, p.token, t.pin
	FROM coming c JOIN demo.picture p USING (reservation) JOIN demo.shop s ON s.n = c.shop, LATERAL (
		-- one person in ten mistypes once
		SELECT 1 AS try, lpad(((c.pin::int + 1) % 1000000)::text, 6, '0') AS pin WHERE demo.dice('fingers ' || c.request) < 0.1
		UNION ALL SELECT 2, c.pin) t
	ORDER BY demo.dice('queue ' || c.request), t.try;

	SELECT session, format('\set scan %s \set sub %s \set token %s \set pin %s \i demo/scan.sql', n, station, token, pin)
	FROM demo.scan WHERE n NOT IN (SELECT scan FROM demo.verdict) ORDER BY n;
\else
	SELECT 1 + c.n % 8, format('\set role %s \set sub %s \set reservation %s \i demo/show.sql', c.role, c.sub, c.reservation)
	FROM coming c ORDER BY c.n;
\endif
