CREATE TABLE ecopanier_private.pickup_guess (
	territory_id int NOT NULL,
	reservation_id uuid NOT NULL,
	station_id uuid NOT NULL,
	round int NOT NULL,
	number int NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (territory_id, reservation_id, station_id, round, number)
);
COMMENT ON TABLE ecopanier_private.pickup_guess IS
'PINs tried at stations: one row each, written frozen before the PIN is compared, so that a rollback or a crash forgets none.';
COMMENT ON COLUMN ecopanier_private.pickup_guess.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.pickup_guess.reservation_id IS 'The reservation.';
COMMENT ON COLUMN ecopanier_private.pickup_guess.station_id IS 'The station: the member of staff who is signed in there.';
COMMENT ON COLUMN ecopanier_private.pickup_guess.round IS 'The reservation''s pickup_round.';
COMMENT ON COLUMN ecopanier_private.pickup_guess.number IS 'Number of the try, from 1.';
COMMENT ON COLUMN ecopanier_private.pickup_guess.at IS 'When.';
ALTER TABLE ecopanier_private.pickup_guess ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER pickup_guess_history BEFORE UPDATE OR DELETE ON ecopanier_private.pickup_guess
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.pickup_guess ENABLE ALWAYS TRIGGER pickup_guess_history;
CREATE TRIGGER pickup_guess_truncate BEFORE TRUNCATE ON ecopanier_private.pickup_guess
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.pickup_guess ENABLE ALWAYS TRIGGER pickup_guess_truncate;

/*
 * A reservation is locked where a station has used up its tries in the present
 * round. The view is for the rules and for the lists below.
 */
CREATE VIEW ecopanier_private.pickup_locked WITH (security_barrier) AS
SELECT r.territory_id, r.id AS reservation_id
FROM ecopanier.reservation r
WHERE EXISTS (SELECT FROM ecopanier_private.pickup_guess g
	WHERE g.territory_id = r.territory_id AND g.reservation_id = r.id AND g.round = r.pickup_round
		AND g.number >= (SELECT s.value FROM ecopanier.setting s
			WHERE s.territory_id = r.territory_id AND s.name = 'pickup_tries' AND s.valid_from <= ecopanier.now()
			ORDER BY s.valid_from DESC, s.version DESC LIMIT 1));
COMMENT ON VIEW ecopanier_private.pickup_locked IS 'Reservations that a station can no longer try PINs for.';
COMMENT ON COLUMN ecopanier_private.pickup_locked.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.pickup_locked.reservation_id IS 'The reservation.';

CREATE VIEW ecopanier.pickup_list WITH (security_barrier) AS
SELECT r.territory_id, r.id AS reservation_id, r.lot_id, l.title AS lot_title, r.quantity, r.state,
	m.display_name AS first_name, r.window_start, greatest(r.window_end, r.grace_until) AS window_end, r.collected_at,
	k.reservation_id IS NOT NULL AS locked
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.member m ON m.territory_id = r.territory_id AND m.id = r.member_id
LEFT JOIN ecopanier_private.pickup_locked k ON k.territory_id = r.territory_id AND k.reservation_id = r.id AND r.state = 'held'
WHERE l.territory_id = (SELECT ecopanier.current_territory()) AND l.organisation_id = (SELECT ecopanier.current_organisation())
	AND r.state IN ('held', 'collected', 'cancelled', 'lapsed');
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
