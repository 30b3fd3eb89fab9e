-- A claim at the counter is looked up among the PINs that were tried by its key: joined, the view of locked claims would read a territory's whole history.
CREATE OR REPLACE VIEW ecopanier.pickup_list WITH (security_barrier) AS
SELECT r.territory_id, r.id AS reservation_id, r.lot_id, l.title AS lot_title, r.quantity, r.state,
	m.display_name AS first_name, r.window_start, greatest(r.window_end, r.grace_until) AS window_end, r.collected_at,
	r.state = 'held' AND EXISTS (SELECT FROM ecopanier_private.pickup_locked k
		WHERE k.territory_id = r.territory_id AND k.reservation_id = r.id OFFSET 0) AS locked
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.member m ON m.territory_id = r.territory_id AND m.id = r.member_id
WHERE l.territory_id = (SELECT ecopanier.current_territory()) AND l.organisation_id = (SELECT ecopanier.current_organisation())
	AND r.state IN ('held', 'collected', 'cancelled', 'lapsed') AND r.pin_version > 0;
