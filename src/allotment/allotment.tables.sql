/*
 * Allotment rounds: free units kept out of first come until a time, who is
 * interested in them, and what came of it. The order is told in order_core.c,
 * the draw in draw.c.
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('allotment_by_default', 'yes or no', 0, 1, 0, 'Whether the free units of each lot that is published in time are allotted by a round: 1; 0: first come.', 'decision'),
	('allotment_open_minutes', 'minutes', 5, 1440, 60, 'How long a round takes interest at least.', 'decision'),
	('allotment_lead_minutes', 'minutes', 15, 1440, 60, 'How long before the lot''s window opens a round is drawn at the latest.', 'decision'),
	('allotment_help_days', 'days', 1, 365, 28, 'How many days of free units count as help of late, which comes first in the order of a round.', 'decision'),
	('allotment_keep_days', 'days', 7, 365, 90, 'How many days after a round who took part is kept, so that it can be recomputed.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d WHERE d.name LIKE 'allotment\_%';

CREATE TABLE ecopanier.allotment_round (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	lot_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	units int NOT NULL CONSTRAINT allotment_round_units_check CHECK (units BETWEEN 1 AND 100000),
	opens_at timestamptz NOT NULL,
	closes_at timestamptz NOT NULL,
	state text NOT NULL DEFAULT 'open'
		CONSTRAINT allotment_round_state_check CHECK (state IN ('open', 'drawn', 'cancelled')),
	criteria int NOT NULL CONSTRAINT allotment_round_criteria_check CHECK (criteria >= 1),
	help_days int NOT NULL CONSTRAINT allotment_round_help_check CHECK (help_days BETWEEN 1 AND 365),
	commitment bytea NOT NULL CONSTRAINT allotment_round_commitment_check CHECK (length(commitment) = 32),
	seed bytea CONSTRAINT allotment_round_seed_check CHECK (length(seed) = 32),
	ended_at timestamptz,
	cancel_reason text CONSTRAINT allotment_round_cancel_check CHECK (length(cancel_reason) BETWEEN 1 AND 1000),
	request_id uuid,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT allotment_round_time_check CHECK (opens_at < closes_at),
	CONSTRAINT allotment_round_ended_check CHECK ((state = 'open') = (ended_at IS NULL)),
	CONSTRAINT allotment_round_drawn_check CHECK ((state = 'drawn') = (seed IS NOT NULL)),
	CONSTRAINT allotment_round_reason_check CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
	CONSTRAINT allotment_round_reveal_check
		CHECK (seed IS NULL OR commitment = sha256('ecopanier allotment commitment 1\000'::bytea || uuid_send(id) || seed))
);
CREATE UNIQUE INDEX allotment_round_open_key ON ecopanier.allotment_round (territory_id, lot_id) WHERE state = 'open';
CREATE INDEX allotment_round_due_index ON ecopanier.allotment_round (territory_id, closes_at) WHERE state = 'open';
CREATE INDEX allotment_round_organisation_index ON ecopanier.allotment_round (territory_id, organisation_id);
CREATE UNIQUE INDEX allotment_round_request_key ON ecopanier.allotment_round (territory_id, organisation_id, request_id) WHERE request_id IS NOT NULL;
COMMENT ON TABLE ecopanier.allotment_round IS
'Rounds that allot free units of a lot among those who declared interest. Until the draw the seed is known by its commitment alone. Written by functions.';
COMMENT ON COLUMN ecopanier.allotment_round.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.allotment_round.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.allotment_round.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier.allotment_round.organisation_id IS 'The lot''s organisation.';
COMMENT ON COLUMN ecopanier.allotment_round.units IS 'Free units that are allotted at most. How many were left to be kept is not for the shop, which would learn from it who claimed free units (rule D13).';
COMMENT ON COLUMN ecopanier.allotment_round.opens_at IS 'Since when interest is taken.';
COMMENT ON COLUMN ecopanier.allotment_round.closes_at IS 'Until when, and when the draw is due.';
COMMENT ON COLUMN ecopanier.allotment_round.state IS 'open, drawn or cancelled.';
COMMENT ON COLUMN ecopanier.allotment_round.criteria IS 'Version of the criteria and their order; 1: help of late, days since the last help, band of the distance, ticket.';
COMMENT ON COLUMN ecopanier.allotment_round.help_days IS 'Days before closes_at of which free units count as help of late.';
COMMENT ON COLUMN ecopanier.allotment_round.commitment IS 'SHA-256 of the text "ecopanier allotment commitment 1", a zero byte, the round''s id (16 bytes) and the seed (32 bytes).';
COMMENT ON COLUMN ecopanier.allotment_round.seed IS 'The seed that the tickets are made with, published by the draw; null before, and for good where the round was cancelled.';
COMMENT ON COLUMN ecopanier.allotment_round.ended_at IS 'When it was drawn or cancelled.';
COMMENT ON COLUMN ecopanier.allotment_round.cancel_reason IS
'Why it was cancelled: lot_closed, lot_cancelled, too_late (no draw before the window ended), past_use_by, seed_lost, or words of whoever did it.';
COMMENT ON COLUMN ecopanier.allotment_round.request_id IS 'The client''s number of the request: a second call with it gives the same round.';
COMMENT ON INDEX ecopanier.allotment_round_open_key IS 'A lot has one open round.';
COMMENT ON INDEX ecopanier.allotment_round_due_index IS 'Finds rounds that are to be drawn.';

CREATE TABLE ecopanier_private.allotment_draw (
	territory_id int NOT NULL,
	round_id uuid NOT NULL,
	kept_units int NOT NULL CONSTRAINT allotment_draw_kept_check CHECK (kept_units >= 0),
	key_id text,
	sealed bytea,
	participants int,
	allotted_units int,
	keep_until timestamptz,
	purged boolean NOT NULL DEFAULT false,
	PRIMARY KEY (territory_id, round_id),
	FOREIGN KEY (territory_id, round_id) REFERENCES ecopanier.allotment_round,
	CONSTRAINT allotment_draw_sealed_check CHECK ((key_id IS NULL) = (sealed IS NULL))
);
CREATE INDEX allotment_draw_keep_index ON ecopanier_private.allotment_draw (territory_id, keep_until) WHERE keep_until IS NOT NULL;
COMMENT ON TABLE ecopanier_private.allotment_draw IS
'What of a round is not for the shop: its seed before the draw, encrypted under a key of the server, and how many units went to people (rule D13).';
COMMENT ON COLUMN ecopanier_private.allotment_draw.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.round_id IS 'The round.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.kept_units IS 'Free units that the round keeps out of first come until it ends.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.key_id IS 'The key of key_ring that the seed is sealed under; null once the round has ended.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.sealed IS 'The seed, encrypted; null once the round has ended.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.participants IS 'How many declared interest and did not withdraw; null before the draw.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.allotted_units IS 'Units that the draw gave to people; null before it.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.keep_until IS 'Until when those who took part are kept: allotment_keep_days from the end of the round; null before it, and once they were deleted.';
COMMENT ON COLUMN ecopanier_private.allotment_draw.purged IS 'Whether those who took part were deleted, the time for recomputing being over.';

CREATE TABLE ecopanier.allotment_interest (
	territory_id int NOT NULL,
	round_id uuid NOT NULL,
	pseudonym uuid NOT NULL,
	member_id uuid,
	quantity int NOT NULL CONSTRAINT allotment_interest_quantity_check CHECK (quantity BETWEEN 1 AND 10),
	distance_band int NOT NULL CONSTRAINT allotment_interest_band_check CHECK (distance_band BETWEEN 0 AND 4),
	declared_at timestamptz NOT NULL,
	withdrawn_at timestamptz,
	outcome text CONSTRAINT allotment_interest_outcome_check CHECK (outcome IN ('allotted', 'not_enough_units', 'quota_reached',
		'right_ended', 'paused', 'already_holds', 'withdrew', 'round_cancelled')),
	allowed int CONSTRAINT allotment_interest_allowed_check CHECK (allowed BETWEEN 0 AND quantity),
	help_units int CONSTRAINT allotment_interest_help_check CHECK (help_units >= 0),
	waiting_days int CONSTRAINT allotment_interest_waiting_check CHECK (waiting_days >= 0),
	place int CONSTRAINT allotment_interest_place_check CHECK (place >= 1),
	allotted int CONSTRAINT allotment_interest_allotted_check CHECK (allotted BETWEEN 0 AND allowed),
	reservation_id uuid,
	PRIMARY KEY (territory_id, round_id, pseudonym),
	FOREIGN KEY (territory_id, round_id) REFERENCES ecopanier.allotment_round,
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	CONSTRAINT allotment_interest_told_check CHECK ((outcome = 'allotted') = (coalesce(allotted, 0) > 0) OR outcome IS NULL)
);
CREATE UNIQUE INDEX allotment_interest_member_key ON ecopanier.allotment_interest (territory_id, round_id, member_id);
CREATE INDEX allotment_interest_person_index ON ecopanier.allotment_interest (territory_id, member_id);
COMMENT ON TABLE ecopanier.allotment_interest IS
'Who is interested in the units of a round, under a pseudonym of that round alone, and what came of it with the values that decided. Written by functions.';
COMMENT ON COLUMN ecopanier.allotment_interest.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.allotment_interest.round_id IS 'The round.';
COMMENT ON COLUMN ecopanier.allotment_interest.pseudonym IS 'Random, given at the declaration: what the published result calls the person.';
COMMENT ON COLUMN ecopanier.allotment_interest.member_id IS 'The person; null once erased.';
COMMENT ON COLUMN ecopanier.allotment_interest.quantity IS 'Units wanted.';
COMMENT ON COLUMN ecopanier.allotment_interest.distance_band IS
'How far the person said to be from the place of pickup: 0 below 1 km, 1 below 2, 2 below 5, 3 below 10, 4 farther or not said. The position itself is not stored.';
COMMENT ON COLUMN ecopanier.allotment_interest.declared_at IS 'When interest was declared last.';
COMMENT ON COLUMN ecopanier.allotment_interest.withdrawn_at IS 'When it was withdrawn.';
COMMENT ON COLUMN ecopanier.allotment_interest.outcome IS
'allotted, not_enough_units, quota_reached, right_ended, paused, already_holds, withdrew or round_cancelled; null before the draw.';
COMMENT ON COLUMN ecopanier.allotment_interest.allowed IS 'Units that the person wanted and could have under quota and right, at the draw.';
COMMENT ON COLUMN ecopanier.allotment_interest.help_units IS 'Free units collected or held of the round''s help_days before closes_at; fewer come first.';
COMMENT ON COLUMN ecopanier.allotment_interest.waiting_days IS 'Days from the last free unit that was fetched to closes_at; more come first, null (never) before all.';
COMMENT ON COLUMN ecopanier.allotment_interest.place IS 'Place in the order, from 1; null for who took no part in it.';
COMMENT ON COLUMN ecopanier.allotment_interest.allotted IS 'Units that were allotted.';
COMMENT ON COLUMN ecopanier.allotment_interest.reservation_id IS 'The claim of the units that were allotted.';
COMMENT ON INDEX ecopanier_private.allotment_draw_keep_index IS 'Finds what is to be deleted.';
COMMENT ON INDEX ecopanier.allotment_interest_member_key IS 'A person declares interest in a round once.';

CREATE TRIGGER allotment_round_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.allotment_round
	FOR EACH ROW EXECUTE FUNCTION ecopanier.allotment_guard('keep', 'territory_id', 'id', 'lot_id', 'organisation_id', 'units', 'opens_at',
		'closes_at', 'criteria', 'help_days', 'commitment', 'request_id');
CREATE TRIGGER allotment_draw_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.allotment_draw
	FOR EACH ROW EXECUTE FUNCTION ecopanier.allotment_guard('keep', 'territory_id', 'round_id', 'kept_units');
CREATE TRIGGER allotment_interest_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.allotment_interest
	FOR EACH ROW EXECUTE FUNCTION ecopanier.allotment_guard('forget', 'territory_id', 'round_id', 'pseudonym');
CREATE TRIGGER allotment_round_truncate BEFORE TRUNCATE ON ecopanier.allotment_round
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
CREATE TRIGGER allotment_draw_truncate BEFORE TRUNCATE ON ecopanier_private.allotment_draw
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
CREATE TRIGGER allotment_interest_truncate BEFORE TRUNCATE ON ecopanier.allotment_interest
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.allotment_round ENABLE ALWAYS TRIGGER allotment_round_guard;
ALTER TABLE ecopanier.allotment_round ENABLE ALWAYS TRIGGER allotment_round_truncate;
ALTER TABLE ecopanier_private.allotment_draw ENABLE ALWAYS TRIGGER allotment_draw_guard;
ALTER TABLE ecopanier_private.allotment_draw ENABLE ALWAYS TRIGGER allotment_draw_truncate;
ALTER TABLE ecopanier.allotment_interest ENABLE ALWAYS TRIGGER allotment_interest_guard;
ALTER TABLE ecopanier.allotment_interest ENABLE ALWAYS TRIGGER allotment_interest_truncate;
CREATE TRIGGER allotment_interest_person AFTER INSERT OR UPDATE OF territory_id, member_id ON ecopanier.allotment_interest
	FOR EACH ROW EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'member_id');

-- After lot_stocked and lot_changed: triggers of one kind fire by name, and units are given back when claims and quota are done.
CREATE TRIGGER lot_to_allot AFTER INSERT ON ecopanier.lot
	FOR EACH ROW WHEN (NEW.state = 'published' AND NEW.solidarity_units > 0) EXECUTE FUNCTION ecopanier.allotment_by_default();
CREATE TRIGGER lot_rounds AFTER UPDATE ON ecopanier.lot
	REFERENCING OLD TABLE AS old_lots NEW TABLE AS new_lots
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.allotment_lots_changed();

ALTER TABLE ecopanier.allotment_round ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.allotment_draw ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.allotment_interest ENABLE ROW LEVEL SECURITY;
CREATE POLICY allotment_round_member_select ON ecopanier.allotment_round FOR SELECT TO ecopanier_beneficiary, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY allotment_round_member_select ON ecopanier.allotment_round IS 'Beneficiaries and administrators read the rounds of the own territory.';
CREATE POLICY allotment_round_staff_select ON ecopanier.allotment_round FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY allotment_round_staff_select ON ecopanier.allotment_round IS 'Staff read the rounds of the own organisation''s lots.';
CREATE POLICY allotment_interest_self_select ON ecopanier.allotment_interest FOR SELECT TO ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY allotment_interest_self_select ON ecopanier.allotment_interest IS 'A person reads the own interest and what came of it; nobody else does.';
GRANT SELECT ON ecopanier.allotment_round TO ecopanier_beneficiary, ecopanier_admin, ecopanier_merchant, ecopanier_association;
GRANT SELECT ON ecopanier.allotment_interest TO ecopanier_beneficiary;

-- Kinds of notification may have an underscore, as those of events have.
ALTER TABLE ecopanier.notification DROP CONSTRAINT notification_kind_check,
	ADD CONSTRAINT notification_kind_check CHECK (kind ~ '^[a-z]+\.[a-z_]+$');

-- The guard would refuse while migrations run.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, through, through_column, section, columns, contact_columns, erase, blank, reason) VALUES
	(122, 'ecopanier.allotment_interest', 'reservation_id', 'ecopanier.reservation', 'member_id', NULL, NULL, '{}',
		'blank', '{"reservation_id": null}', 'See member_id.'),
	(123, 'ecopanier.allotment_interest', 'member_id', NULL, NULL, 'allotments',
		'{declared_at,round_id,pseudonym,quantity,distance_band,withdrawn_at,outcome,allowed,help_units,waiting_days,place,allotted,reservation_id}',
		'{declared_at,withdrawn_at}', 'blank', '{"member_id": null}',
		'What is left is a line under a random pseudonym, without which the others could not recompute the round; it goes by allotment_keep_days.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;
