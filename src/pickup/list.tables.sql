-- A claim at the counter is looked up among the PINs that were tried by its key: joined, the view of locked claims would read a territory's whole history.
DROP VIEW ecopanier.pickup_list;
CREATE VIEW ecopanier.pickup_list WITH (security_barrier) AS
SELECT r.territory_id, r.id AS reservation_id, r.lot_id, l.title AS lot_title, r.quantity, r.state,
	m.display_name AS first_name, r.window_start, greatest(r.window_end, r.grace_until) AS window_end, r.collected_at,
	r.state = 'held' AND EXISTS (SELECT FROM ecopanier_private.pickup_locked k
		WHERE k.territory_id = r.territory_id AND k.reservation_id = r.id OFFSET 0) AS locked
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.member m ON m.territory_id = r.territory_id AND m.id = r.member_id
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
