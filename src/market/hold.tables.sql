INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('payment_hold', 'minutes', 5, 120, 15, 'How long a claim waits for its payment before it is cancelled and its units are offered again.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name = 'payment_hold';

-- A claim whose payment did not come was never at the counter: its row there would tell who pays (rule D13).
CREATE OR REPLACE VIEW ecopanier.pickup_list WITH (security_barrier) AS
SELECT r.territory_id, r.id AS reservation_id, r.lot_id, l.title AS lot_title, r.quantity, r.state,
	m.display_name AS first_name, r.window_start, greatest(r.window_end, r.grace_until) AS window_end, r.collected_at,
	k.reservation_id IS NOT NULL AS locked
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.member m ON m.territory_id = r.territory_id AND m.id = r.member_id
LEFT JOIN ecopanier_private.pickup_locked k ON k.territory_id = r.territory_id AND k.reservation_id = r.id AND r.state = 'held'
WHERE l.territory_id = (SELECT ecopanier.current_territory()) AND l.organisation_id = (SELECT ecopanier.current_organisation())
	AND r.state IN ('held', 'collected', 'cancelled', 'lapsed') AND r.pin_version > 0;
COMMENT ON COLUMN ecopanier.reservation.pin_version IS 'Which PIN is in force; reissue_pin() raises it. 0 for a claim that ended before its payment came, and was never held.';
