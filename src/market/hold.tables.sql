INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('payment_hold', 'minutes', 5, 120, 15, 'How long a claim waits for its payment before it is cancelled and its units are offered again.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name = 'payment_hold';

-- A claim whose payment did not come was never at the counter: its row there would tell who pays (rule D13).
DROP VIEW ecopanier.pickup_list;
CREATE VIEW ecopanier.pickup_list WITH (security_barrier) AS
SELECT r.territory_id, r.id AS reservation_id, r.lot_id, l.title AS lot_title, r.quantity, r.state,
	m.display_name AS first_name, r.window_start, greatest(r.window_end, r.grace_until) AS window_end, r.collected_at,
	k.reservation_id IS NOT NULL AS locked
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.member m ON m.territory_id = r.territory_id AND m.id = r.member_id
LEFT JOIN ecopanier_private.pickup_locked k ON k.territory_id = r.territory_id AND k.reservation_id = r.id AND r.state = 'held'
WHERE l.territory_id = (SELECT ecopanier.current_territory()) AND l.organisation_id = (SELECT ecopanier.current_organisation())
	AND r.state IN ('held', 'collected', 'cancelled', 'lapsed') AND r.pin_version > 0;
COMMENT ON VIEW ecopanier.pickup_list IS
'What the caller''s organisation hands over: the same for paid and free baskets, with no price and no role (rule D13).';
COMMENT ON COLUMN ecopanier.pickup_list.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.pickup_list.reservation_id IS 'The reservation.';
COMMENT ON COLUMN ecopanier.pickup_list.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier.pickup_list.lot_title IS 'What is handed over.';
COMMENT ON COLUMN ecopanier.pickup_list.quantity IS 'Units.';
COMMENT ON COLUMN ecopanier.pickup_list.state IS 'held, collected, cancelled or lapsed.';
COMMENT ON COLUMN ecopanier.pickup_list.first_name IS 'Name that the person chose to be called by.';
COMMENT ON COLUMN ecopanier.pickup_list.window_start IS 'When pickup begins.';
COMMENT ON COLUMN ecopanier.pickup_list.window_end IS 'When pickup ends, a grace included.';
COMMENT ON COLUMN ecopanier.pickup_list.collected_at IS 'When it was handed over.';
COMMENT ON COLUMN ecopanier.pickup_list.locked IS 'Whether a station used up its tries: release_pickup() unlocks.';
GRANT SELECT ON ecopanier.pickup_list TO ecopanier_merchant, ecopanier_association;
COMMENT ON COLUMN ecopanier.reservation.pin_version IS 'Which PIN is in force; reissue_pin() raises it. 0 for a claim that ended before its payment came, and was never held.';
