/*
 * The hot tables carry no CHECK: PostgreSQL 15 reads each again at every
 * statement. The guards are the checks, self_check() is the proof.
 */
CREATE TABLE ecopanier.reservation (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	lot_id uuid NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	claimed_at timestamptz NOT NULL,
	window_start timestamptz NOT NULL,
	window_end timestamptz NOT NULL,
	quantity int NOT NULL DEFAULT 1,
	amount_cents int NOT NULL,
	pin_version int NOT NULL DEFAULT 1,
	pickup_round int NOT NULL DEFAULT 1,
	quota_limit int,
	quota_version int,
	claim_day date,
	late_cancel boolean NOT NULL DEFAULT false,
	pool text NOT NULL,
	state text NOT NULL,
	key_id text NOT NULL,
	request_id uuid,
	grace_until timestamptz,
	collected_at timestamptz,
	collected_by uuid,
	cancelled_at timestamptz,
	cancel_reason text,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot,
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
CREATE INDEX reservation_lot_index ON ecopanier.reservation (territory_id, lot_id);
CREATE INDEX reservation_member_index ON ecopanier.reservation (territory_id, member_id, claimed_at);
CREATE INDEX reservation_due_index ON ecopanier.reservation (territory_id, window_end) WHERE state IN ('awaiting_payment', 'held');
CREATE UNIQUE INDEX reservation_request_key ON ecopanier.reservation (territory_id, member_id, request_id) WHERE request_id IS NOT NULL;
COMMENT ON TABLE ecopanier.reservation IS 'Units of one lot claimed for one member; readable by that member.';
COMMENT ON COLUMN ecopanier.reservation.territory_id IS 'The territory, of the lot.';
COMMENT ON COLUMN ecopanier.reservation.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.reservation.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier.reservation.member_id IS 'The member, who is the caller.';
COMMENT ON COLUMN ecopanier.reservation.organisation_id IS 'The organisation that hands over.';
COMMENT ON COLUMN ecopanier.reservation.claimed_at IS 'When it was claimed.';
COMMENT ON COLUMN ecopanier.reservation.window_start IS 'When pickup begins, from the lot.';
COMMENT ON COLUMN ecopanier.reservation.window_end IS 'When pickup ends, from the lot.';
COMMENT ON COLUMN ecopanier.reservation.quantity IS 'Units, at least 1.';
COMMENT ON COLUMN ecopanier.reservation.amount_cents IS 'What the member pays, cents; 0 for free units.';
COMMENT ON COLUMN ecopanier.reservation.pin_version IS 'Which PIN is in force; reissue_pin() raises it.';
COMMENT ON COLUMN ecopanier.reservation.pickup_round IS 'Tries are counted within a round; reissuing the PIN or releasing a lock begins another.';
COMMENT ON COLUMN ecopanier.reservation.quota_limit IS 'Daily limit of free units in force at the claim; null for public units.';
COMMENT ON COLUMN ecopanier.reservation.quota_version IS 'Version of the setting free_units_per_day in force at the claim.';
COMMENT ON COLUMN ecopanier.reservation.claim_day IS 'Day that free units count for: the claim''s, in the territory''s time zone (rule D2).';
COMMENT ON COLUMN ecopanier.reservation.late_cancel IS 'Whether the member cancelled after the cut-off (rule D16): such a day''s quota is not given back.';
COMMENT ON COLUMN ecopanier.reservation.pool IS 'public or solidarity.';
COMMENT ON COLUMN ecopanier.reservation.state IS 'awaiting_payment, held, collected, cancelled or lapsed.';
COMMENT ON COLUMN ecopanier.reservation.key_id IS 'The key of key_ring that PIN and token are made with; reissue_pin() takes the current one.';
COMMENT ON COLUMN ecopanier.reservation.request_id IS 'The client''s number of the request: a second claim with it is the first one.';
COMMENT ON COLUMN ecopanier.reservation.grace_until IS 'Until when a released reservation is handed over, the window past or not.';
COMMENT ON COLUMN ecopanier.reservation.collected_at IS 'When it was handed over.';
COMMENT ON COLUMN ecopanier.reservation.collected_by IS 'The member of staff who handed it over.';
COMMENT ON COLUMN ecopanier.reservation.cancelled_at IS 'When it was cancelled.';
COMMENT ON COLUMN ecopanier.reservation.cancel_reason IS 'Why it was cancelled.';

CREATE TABLE ecopanier_private.free_quota (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	day date NOT NULL,
	used int NOT NULL,
	limit_units int NOT NULL,
	limit_version int NOT NULL,
	PRIMARY KEY (territory_id, member_id, day)
) WITH (fillfactor = 70);
COMMENT ON TABLE ecopanier_private.free_quota IS 'Free units that each person has claimed each day; the rules alone write here.';
COMMENT ON COLUMN ecopanier_private.free_quota.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.free_quota.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier_private.free_quota.day IS 'The day of the claims, in the territory''s time zone.';
COMMENT ON COLUMN ecopanier_private.free_quota.used IS 'Units claimed, never above the limit.';
COMMENT ON COLUMN ecopanier_private.free_quota.limit_units IS 'Limit in force at the last claim.';
COMMENT ON COLUMN ecopanier_private.free_quota.limit_version IS 'Version of the setting free_units_per_day that set it.';
ALTER TABLE ecopanier_private.free_quota ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER reservation_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.reservation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.reservation_guard();
ALTER TABLE ecopanier.reservation ENABLE ALWAYS TRIGGER reservation_guard;
CREATE TRIGGER reservation_taken AFTER INSERT ON ecopanier.reservation
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.reservation_count();
CREATE TRIGGER reservation_changed AFTER UPDATE ON ecopanier.reservation
	REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.reservation_count();
CREATE TRIGGER reservation_truncate BEFORE TRUNCATE ON ecopanier.reservation
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.reservation ENABLE ALWAYS TRIGGER reservation_truncate;
CREATE TRIGGER free_quota_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.free_quota
	FOR EACH ROW EXECUTE FUNCTION ecopanier.free_quota_guard();
ALTER TABLE ecopanier_private.free_quota ENABLE ALWAYS TRIGGER free_quota_guard;
CREATE TRIGGER free_quota_truncate BEFORE TRUNCATE ON ecopanier_private.free_quota
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.free_quota ENABLE ALWAYS TRIGGER free_quota_truncate;
CREATE TRIGGER lot_changed AFTER UPDATE ON ecopanier.lot
	REFERENCING OLD TABLE AS old_lots NEW TABLE AS new_lots
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.lot_changed();

ALTER TABLE ecopanier.reservation ENABLE ROW LEVEL SECURITY;
CREATE POLICY reservation_member_select ON ecopanier.reservation FOR SELECT TO ecopanier_customer, ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY reservation_member_select ON ecopanier.reservation IS 'Members read the own reservations; staff do not (rule D13).';
CREATE POLICY reservation_member_insert ON ecopanier.reservation FOR INSERT TO ecopanier_customer, ecopanier_beneficiary
	WITH CHECK (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY reservation_member_insert ON ecopanier.reservation IS 'Members claim for themselves.';
GRANT SELECT, INSERT (lot_id, quantity, request_id) ON ecopanier.reservation TO ecopanier_customer, ecopanier_beneficiary;

CREATE VIEW ecopanier.lot_offer WITH (security_barrier) AS
SELECT l.territory_id, l.id AS lot_id, l.organisation_id, o.name AS organisation_name, l.title, l.description, l.category,
	CASE WHEN c.role = 'beneficiary' THEN 0 ELSE l.price_cents END AS price_cents,
	l.original_price_cents,
	CASE WHEN c.role = 'beneficiary' THEN s.solidarity_left ELSE s.public_left END AS units_left,
	l.unit_weight_g, l.use_by, l.best_before, l.allergens, l.window_start, l.window_end, l.commune_insee, l.latitude, l.longitude
FROM ecopanier.whoami() c
JOIN ecopanier.lot l ON l.territory_id = c.territory_id AND l.state = 'published' AND l.window_end > ecopanier.now()
JOIN ecopanier.organisation o ON o.territory_id = l.territory_id AND o.id = l.organisation_id
JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id
WHERE CASE WHEN c.role = 'beneficiary' THEN s.solidarity_left ELSE s.public_left END > 0;
COMMENT ON VIEW ecopanier.lot_offer IS 'What the caller can claim now: free units as a beneficiary, public ones as a customer, in one shape.';
COMMENT ON COLUMN ecopanier.lot_offer.territory_id IS 'The territory, the caller''s.';
COMMENT ON COLUMN ecopanier.lot_offer.lot_id IS 'The lot, for reserve().';
COMMENT ON COLUMN ecopanier.lot_offer.organisation_id IS 'The organisation that hands over.';
COMMENT ON COLUMN ecopanier.lot_offer.organisation_name IS 'Its name.';
COMMENT ON COLUMN ecopanier.lot_offer.title IS 'What is offered.';
COMMENT ON COLUMN ecopanier.lot_offer.description IS 'More words.';
COMMENT ON COLUMN ecopanier.lot_offer.category IS 'Kind of food.';
COMMENT ON COLUMN ecopanier.lot_offer.price_cents IS 'What the caller would pay for a unit, cents.';
COMMENT ON COLUMN ecopanier.lot_offer.original_price_cents IS 'Usual price of a unit, cents.';
COMMENT ON COLUMN ecopanier.lot_offer.units_left IS 'Units that the caller''s pool has left.';
COMMENT ON COLUMN ecopanier.lot_offer.unit_weight_g IS 'Weight of a unit, grams.';
COMMENT ON COLUMN ecopanier.lot_offer.use_by IS 'Use-by date (DLC).';
COMMENT ON COLUMN ecopanier.lot_offer.best_before IS 'Best-before date (DDM).';
COMMENT ON COLUMN ecopanier.lot_offer.allergens IS 'Allergens; null unknown, empty none.';
COMMENT ON COLUMN ecopanier.lot_offer.window_start IS 'When pickup begins.';
COMMENT ON COLUMN ecopanier.lot_offer.window_end IS 'When pickup ends.';
COMMENT ON COLUMN ecopanier.lot_offer.commune_insee IS 'INSEE code of the place of pickup.';
COMMENT ON COLUMN ecopanier.lot_offer.latitude IS 'Latitude of the place of pickup, degrees north.';
COMMENT ON COLUMN ecopanier.lot_offer.longitude IS 'Longitude of the place of pickup, degrees east.';
GRANT SELECT ON ecopanier.lot_offer TO ecopanier_customer, ecopanier_beneficiary;
