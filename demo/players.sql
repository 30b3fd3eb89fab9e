-- Adds to the players: the lunch lot's station and unfetched token, and somebody who comes in the evening. Run by the operator.
\set ON_ERROR_STOP on
INSERT INTO demo.player (name, value)
SELECT p.* FROM demo.lot l JOIN demo.shop s ON s.n = l.shop, LATERAL (VALUES ('lunch_lot', l.lot::text), ('lunch_station', s.station::text)) p
WHERE l.n = 13
UNION ALL
SELECT p.* FROM (SELECT * FROM demo.receipt WHERE wave = 0 AND role = 'ecopanier_beneficiary' ORDER BY n DESC LIMIT 1) r,
	LATERAL (VALUES ('late_token', r.qr), ('late_pin', r.pin)) p
UNION ALL
SELECT p.* FROM (SELECT r.*, l.shop FROM demo.receipt r JOIN demo.lot l USING (lot) WHERE r.wave = 1 AND l.shop <> 2
		AND demo.dice('cancel ' || r.request) > 0.1 AND demo.dice('comes ' || r.request) > 0.1 AND demo.dice('fingers ' || r.request) > 0.2
		ORDER BY r.n LIMIT 1) r
	JOIN demo.shop s ON s.n = r.shop JOIN demo.shop other ON other.n = 1 + r.shop % 30, LATERAL (VALUES
		('victim_reservation', r.reservation::text), ('victim_token', r.qr), ('victim_pin', r.pin),
		('victim_wrong', lpad(((r.pin::int + 7) % 1000000)::text, 6, '0')), ('victim_station', s.station::text),
		('victim_owner', s.owner::text), ('other_station', other.station::text),
		('forged_signature', overlay(r.qr PLACING CASE substr(r.qr, length(r.qr) - 9, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM length(r.qr) - 9)),
		('forged_content', overlay(r.qr PLACING CASE substr(r.qr, 30, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM 30))) p
ON CONFLICT DO NOTHING;
