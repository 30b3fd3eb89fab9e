/*
 * What becomes of the units that are left when a lot's window is over (rule D9).
 * Moments are those of the rules, not of the worker: src/cascade/turn.c tells how.
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('cascade_solidarity_hours', 'hours', 0, 168, 36, 'How far ahead the shop''s next opening may be for units that are left to be offered there once more, free; 0: never.', 'rule D9, decision'),
	('cascade_window_minutes', 'minutes', 15, 1440, 60, 'How long that opening has to be at least.', 'rule D9, decision'),
	('cascade_offer_hours', 'hours', 1, 72, 24, 'How long a receiver has at most to accept what it is offered; less where its opening hours are known: until it next closes.', 'rule D9, decision'),
	('cascade_collect_hours', 'hours', 1, 168, 24, 'How long a receiver has at most to collect what it accepted.', 'rule D9, decision'),
	('donation_hours', 'hours', 0, 168, 48, 'Time that is left before the end of the use-by date when food is handed over to an association that has not declared that it distributes in time.', 'decree of 2016 on donations, certain'),
	('cascade_keep_frozen', 'yes or no', 0, 1, 1, 'Whether frozen food may be kept by the shop and offered at its next opening.', 'to check'),
	('cascade_keep_very_perishable', 'yes or no', 0, 1, 1, 'Whether food kept at +4 degrees may be kept by the shop and offered at its next opening.', 'to check'),
	('cascade_keep_perishable', 'yes or no', 0, 1, 1, 'Whether food kept at +8 degrees may be kept by the shop and offered at its next opening.', 'to check'),
	('cascade_keep_minced_meat', 'yes or no', 0, 1, 0, 'Whether minced meat may be kept by the shop and offered at its next opening.', 'to check'),
	('cascade_keep_melting_ice', 'yes or no', 0, 1, 0, 'Whether fish on melting ice may be kept by the shop and offered at its next opening.', 'to check'),
	('cascade_keep_hot', 'yes or no', 0, 1, 0, 'Whether hot food may be kept by the shop and offered at its next opening.', 'to check');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name LIKE 'cascade\_%' OR d.name = 'donation_hours';

ALTER TABLE ecopanier.lot
	ADD COLUMN source_lot_id uuid,
	ADD CONSTRAINT lot_source_lot_fkey FOREIGN KEY (territory_id, source_lot_id) REFERENCES ecopanier.lot,
	ADD CONSTRAINT lot_source_units_check CHECK (source_lot_id IS NULL OR public_units = 0);
COMMENT ON COLUMN ecopanier.lot.source_lot_id IS 'The lot whose units were left and are offered again here, free (rule D9); null for others.';
CREATE UNIQUE INDEX lot_source_key ON ecopanier.lot (territory_id, source_lot_id) WHERE source_lot_id IS NOT NULL;
COMMENT ON INDEX ecopanier.lot_source_key IS 'What is left of a lot is offered once more at most.';

CREATE TABLE ecopanier.receiver (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	stage text NOT NULL CONSTRAINT receiver_stage_check CHECK (stage IN ('association', 'processing', 'animal_feed', 'compost')),
	units_per_day int CONSTRAINT receiver_units_check CHECK (units_per_day BETWEEN 0 AND 1000000),
	kg_per_day int CONSTRAINT receiver_kg_check CHECK (kg_per_day BETWEEN 0 AND 1000000),
	cold_classes text[] NOT NULL DEFAULT '{ambient}'
		CONSTRAINT receiver_cold_classes_check CHECK (cardinality(cold_classes) <= 20 AND array_position(cold_classes, NULL) IS NULL),
	radius_m int NOT NULL DEFAULT 20000 CONSTRAINT receiver_radius_check CHECK (radius_m BETWEEN 100 AND 500000),
	active_from date NOT NULL DEFAULT '2000-01-01',
	active_until date,
	declares_short_dated boolean NOT NULL DEFAULT false,
	declared_by uuid,
	declared_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	UNIQUE (territory_id, organisation_id, stage),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, declared_by) REFERENCES ecopanier.member,
	CONSTRAINT receiver_capacity_check CHECK (num_nonnulls(units_per_day, kg_per_day) > 0),
	CONSTRAINT receiver_dates_check CHECK (active_from <= active_until),
	CONSTRAINT receiver_declared_check CHECK (declares_short_dated = (declared_at IS NOT NULL) AND (declares_short_dated OR declared_by IS NULL))
);
CREATE INDEX receiver_stage_index ON ecopanier.receiver (territory_id, stage);
COMMENT ON TABLE ecopanier.receiver IS 'Organisations that take what is left of lots, a row for each stage of the cascade that they serve.';
COMMENT ON COLUMN ecopanier.receiver.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.receiver.id IS 'Identifier; given by the database where null.';
COMMENT ON COLUMN ecopanier.receiver.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.receiver.stage IS 'association (feeds people), processing (makes other food of it), animal_feed or compost.';
COMMENT ON COLUMN ecopanier.receiver.units_per_day IS 'Units that it takes in a local day; null: as kg_per_day says.';
COMMENT ON COLUMN ecopanier.receiver.kg_per_day IS 'Kilograms that it takes in a local day; null: as units_per_day says.';
COMMENT ON COLUMN ecopanier.receiver.cold_classes IS 'Codes of cold_class that it can carry and keep; of a lot that does not say how it is kept it takes nothing.';
COMMENT ON COLUMN ecopanier.receiver.radius_m IS 'How far from the lot it comes, metres. Where one of the two has no place, it comes.';
COMMENT ON COLUMN ecopanier.receiver.active_from IS 'First day, local.';
COMMENT ON COLUMN ecopanier.receiver.active_until IS 'Last day, local; null: open.';
COMMENT ON COLUMN ecopanier.receiver.declares_short_dated IS 'Whether it declared that it distributes in time what has less than 48 hours left (setting donation_hours).';
COMMENT ON COLUMN ecopanier.receiver.declared_by IS 'Who declared that; null for a load.';
COMMENT ON COLUMN ecopanier.receiver.declared_at IS 'When.';
COMMENT ON COLUMN ecopanier.receiver.created_at IS 'When it was registered.';
COMMENT ON INDEX ecopanier.receiver_stage_index IS 'Who serves a stage.';

CREATE TABLE ecopanier.cascade_step (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	lot_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	number int NOT NULL CONSTRAINT cascade_step_number_check CHECK (number > 0),
	stage text NOT NULL CONSTRAINT cascade_step_stage_check
		CHECK (stage IN ('solidarity', 'association', 'processing', 'animal_feed', 'compost')),
	state text NOT NULL CONSTRAINT cascade_step_state_check
		CHECK (state IN ('skipped', 'offered', 'accepted', 'refused', 'received', 'expired', 'done')),
	reason text NOT NULL CONSTRAINT cascade_step_reason_check CHECK (reason IN ('left_over', 'by_hand', 'already_offered', 'past_use_by', 'short_dated',
		'cold_chain', 'closed_until', 'no_time_left', 'incomplete', 'not_active', 'no_receiver', 'no_capacity', 'refused', 'not_answered', 'not_collected', 'lot_cancelled')),
	quantity int NOT NULL CONSTRAINT cascade_step_quantity_check CHECK (quantity BETWEEN 1 AND 200000),
	weight_g bigint NOT NULL CONSTRAINT cascade_step_weight_check CHECK (weight_g BETWEEN 0 AND 1000000000000),
	at timestamptz NOT NULL,
	day date NOT NULL,
	deadline timestamptz,
	receiver_id uuid,
	receiver_organisation_id uuid,
	short_dated boolean NOT NULL DEFAULT false,
	units_limit int,
	weight_limit_g bigint,
	child_lot_id uuid,
	decided_at timestamptz,
	decided_by uuid,
	note text CONSTRAINT cascade_step_note_check CHECK (length(note) <= 1000),
	received_quantity int CONSTRAINT cascade_step_received_quantity_check CHECK (received_quantity BETWEEN 0 AND quantity),
	received_weight_g bigint CONSTRAINT cascade_step_received_weight_check CHECK (received_weight_g BETWEEN 0 AND 1000000000000),
	request_id uuid,
	PRIMARY KEY (territory_id, id),
	UNIQUE (territory_id, lot_id, number),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot,
	FOREIGN KEY (territory_id, child_lot_id) REFERENCES ecopanier.lot,
	FOREIGN KEY (territory_id, receiver_id) REFERENCES ecopanier.receiver,
	FOREIGN KEY (territory_id, decided_by) REFERENCES ecopanier.member,
	CONSTRAINT cascade_step_receiver_check CHECK (num_nonnulls(receiver_id, receiver_organisation_id) IN (0, 2)),
	CONSTRAINT cascade_step_offer_check CHECK (state NOT IN ('offered', 'accepted', 'refused', 'received', 'expired')
		OR (receiver_id IS NOT NULL AND deadline IS NOT NULL)),
	CONSTRAINT cascade_step_received_check CHECK ((state = 'received') = (num_nonnulls(received_quantity, received_weight_g) = 2)),
	CONSTRAINT cascade_step_child_check CHECK ((stage = 'solidarity' AND state = 'done') = (child_lot_id IS NOT NULL))
);
CREATE INDEX cascade_step_receiver_index ON ecopanier.cascade_step (territory_id, receiver_id, day) WHERE receiver_id IS NOT NULL;
CREATE INDEX cascade_step_offer_index ON ecopanier.cascade_step (territory_id, receiver_organisation_id, at) WHERE receiver_organisation_id IS NOT NULL;
CREATE INDEX cascade_step_organisation_index ON ecopanier.cascade_step (territory_id, organisation_id, at);
CREATE INDEX cascade_step_child_index ON ecopanier.cascade_step (territory_id, child_lot_id) WHERE child_lot_id IS NOT NULL;
CREATE UNIQUE INDEX cascade_step_request_key ON ecopanier.cascade_step (territory_id, lot_id, request_id) WHERE request_id IS NOT NULL;
COMMENT ON TABLE ecopanier.cascade_step IS
'The steps of what is left of lots (rule D9): what went on where and why, and which stages were passed over. Written by the rules; never deleted.';
COMMENT ON COLUMN ecopanier.cascade_step.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.cascade_step.id IS 'Identifier.';
COMMENT ON COLUMN ecopanier.cascade_step.lot_id IS 'The lot whose units are left.';
COMMENT ON COLUMN ecopanier.cascade_step.organisation_id IS 'The organisation that offered the lot.';
COMMENT ON COLUMN ecopanier.cascade_step.number IS 'Which step of the lot, from 1.';
COMMENT ON COLUMN ecopanier.cascade_step.stage IS 'solidarity, association, processing, animal_feed or compost.';
COMMENT ON COLUMN ecopanier.cascade_step.state IS 'skipped (passed over), offered, accepted, refused, received, expired, or done (solidarity and compost).';
COMMENT ON COLUMN ecopanier.cascade_step.reason IS
'Why: left_over, by_hand (give_lot()); of a stage that was passed over already_offered, past_use_by, short_dated, cold_chain, closed_until (deadline says
when the shop opens), no_time_left, incomplete, not_active, no_receiver, no_capacity; of an offer that ended refused, not_answered, not_collected, lot_cancelled.';
COMMENT ON COLUMN ecopanier.cascade_step.quantity IS 'Units that it is about.';
COMMENT ON COLUMN ecopanier.cascade_step.weight_g IS 'Their weight, grams: declared, else by meals (rule D8).';
COMMENT ON COLUMN ecopanier.cascade_step.at IS 'When it was due by the rules, whenever the worker came to it.';
COMMENT ON COLUMN ecopanier.cascade_step.day IS 'The local day of that, whose capacity is used.';
COMMENT ON COLUMN ecopanier.cascade_step.deadline IS 'Until when an offer can be accepted, or an accepted one be collected.';
COMMENT ON COLUMN ecopanier.cascade_step.receiver_id IS 'Who it is offered to.';
COMMENT ON COLUMN ecopanier.cascade_step.receiver_organisation_id IS 'The organisation of the receiver.';
COMMENT ON COLUMN ecopanier.cascade_step.short_dated IS 'Whether less than donation_hours were left to the deadline and the receiver''s declaration was relied on.';
COMMENT ON COLUMN ecopanier.cascade_step.units_limit IS 'The receiver''s units a day when it was offered.';
COMMENT ON COLUMN ecopanier.cascade_step.weight_limit_g IS 'The receiver''s grams a day when it was offered.';
COMMENT ON COLUMN ecopanier.cascade_step.child_lot_id IS 'The lot in which the units are offered again, free.';
COMMENT ON COLUMN ecopanier.cascade_step.decided_at IS 'When its state last changed.';
COMMENT ON COLUMN ecopanier.cascade_step.decided_by IS 'The member of staff who gave, accepted, refused or received; null: the rules.';
COMMENT ON COLUMN ecopanier.cascade_step.note IS 'The receiver''s words on a refusal.';
COMMENT ON COLUMN ecopanier.cascade_step.received_quantity IS 'Units that were collected.';
COMMENT ON COLUMN ecopanier.cascade_step.received_weight_g IS 'Their weight as weighed, else as computed, grams.';
COMMENT ON COLUMN ecopanier.cascade_step.request_id IS 'The client''s number of the request to give_lot().';
COMMENT ON INDEX ecopanier.cascade_step_receiver_index IS 'What a receiver was offered on a day.';
COMMENT ON INDEX ecopanier.cascade_step_offer_index IS 'The offers to an organisation, and when the last was.';
COMMENT ON INDEX ecopanier.cascade_step_organisation_index IS 'The steps of an organisation''s lots.';
COMMENT ON INDEX ecopanier.cascade_step_child_index IS 'Where a lot came from.';
COMMENT ON INDEX ecopanier.cascade_step_request_key IS 'A repeated request to give_lot() makes one step.';

CREATE TABLE ecopanier_private.cascade_due (
	territory_id int NOT NULL,
	lot_id uuid NOT NULL,
	due_at timestamptz NOT NULL,
	root_id uuid NOT NULL,
	attempts int NOT NULL DEFAULT 0,
	not_before timestamptz,
	last_error text,
	PRIMARY KEY (territory_id, lot_id, due_at),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot
);
CREATE INDEX cascade_due_index ON ecopanier_private.cascade_due (territory_id, due_at, root_id, lot_id);
COMMENT ON TABLE ecopanier_private.cascade_due IS 'Lots that the cascade is to look at, and when: at the end of the window, at late ends of claims, at deadlines and refusals of offers.';
COMMENT ON COLUMN ecopanier_private.cascade_due.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.cascade_due.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.cascade_due.due_at IS 'When, by the rules.';
COMMENT ON COLUMN ecopanier_private.cascade_due.root_id IS 'The lot that it came from, else itself: the order of what is due at one moment.';
COMMENT ON COLUMN ecopanier_private.cascade_due.attempts IS 'How often looking at it failed.';
COMMENT ON COLUMN ecopanier_private.cascade_due.not_before IS 'When that is tried again; others are looked at meanwhile.';
COMMENT ON COLUMN ecopanier_private.cascade_due.last_error IS 'What it ended with.';
CREATE INDEX cascade_due_failed_index ON ecopanier_private.cascade_due (territory_id, not_before) WHERE not_before IS NOT NULL;
COMMENT ON INDEX ecopanier_private.cascade_due_failed_index IS 'What failed.';
COMMENT ON INDEX ecopanier_private.cascade_due_index IS 'What is due, in its order.';
ALTER TABLE ecopanier_private.cascade_due ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER cascade_due_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.cascade_due
	FOR EACH ROW EXECUTE FUNCTION ecopanier.cascade_due_guard();
ALTER TABLE ecopanier_private.cascade_due ENABLE ALWAYS TRIGGER cascade_due_guard;
CREATE TRIGGER cascade_due_truncate BEFORE TRUNCATE ON ecopanier_private.cascade_due
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.cascade_due_guard();
ALTER TABLE ecopanier_private.cascade_due ENABLE ALWAYS TRIGGER cascade_due_truncate;

-- Claims end in many rows at once and are counted by a trigger of their own; a claim that ends after its window is rare enough for one by one.
-- A lot that does not say how it is kept was published before there were cold classes: what is left of it goes nowhere by itself.
CREATE TRIGGER lot_cascade AFTER UPDATE ON ecopanier.lot
	FOR EACH ROW WHEN (OLD.state <> NEW.state AND (NEW.state = 'cancelled' OR (NEW.state = 'closed' AND NEW.cold_class IS NOT NULL))) EXECUTE FUNCTION ecopanier.lot_cascade();
-- A correction of what a lot held that is over.
CREATE TRIGGER lot_cascade_units AFTER UPDATE ON ecopanier.lot
	FOR EACH ROW WHEN (OLD.state = 'closed' AND NEW.state = 'closed' AND NEW.cold_class IS NOT NULL
		AND (OLD.public_units <> NEW.public_units OR OLD.solidarity_units <> NEW.solidarity_units)) EXECUTE FUNCTION ecopanier.lot_cascade();
CREATE TRIGGER lot_source_guard BEFORE UPDATE ON ecopanier.lot
	FOR EACH ROW WHEN (OLD.source_lot_id IS DISTINCT FROM NEW.source_lot_id) EXECUTE FUNCTION ecopanier.lot_source_guard();
ALTER TABLE ecopanier.lot ENABLE ALWAYS TRIGGER lot_source_guard;
CREATE TRIGGER reservation_cascade AFTER UPDATE ON ecopanier.reservation
	FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state IN ('lapsed', 'cancelled')) EXECUTE FUNCTION ecopanier.reservation_cascade();

CREATE TRIGGER receiver_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.receiver
	FOR EACH ROW EXECUTE FUNCTION ecopanier.receiver_guard();
CREATE TRIGGER receiver_history BEFORE DELETE ON ecopanier.receiver
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.receiver ENABLE ALWAYS TRIGGER receiver_history;
CREATE TRIGGER receiver_truncate BEFORE TRUNCATE ON ecopanier.receiver
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.receiver ENABLE ALWAYS TRIGGER receiver_truncate;
CREATE TRIGGER receiver_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.receiver
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', 'organisation_id', 'stage', 'units_per_day', 'kg_per_day', 'declares_short_dated', 'active_until');
CREATE TRIGGER receiver_person AFTER INSERT OR UPDATE OF territory_id, declared_by ON ecopanier.receiver
	FOR EACH ROW WHEN (NEW.declared_by IS NOT NULL) EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'declared_by');
CREATE TRIGGER cascade_step_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.cascade_step
	FOR EACH ROW EXECUTE FUNCTION ecopanier.cascade_step_guard();
ALTER TABLE ecopanier.cascade_step ENABLE ALWAYS TRIGGER cascade_step_guard;
CREATE TRIGGER cascade_step_truncate BEFORE TRUNCATE ON ecopanier.cascade_step
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.cascade_step ENABLE ALWAYS TRIGGER cascade_step_truncate;
CREATE TRIGGER cascade_step_person AFTER INSERT OR UPDATE OF territory_id, decided_by ON ecopanier.cascade_step
	FOR EACH ROW WHEN (NEW.decided_by IS NOT NULL) EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'decided_by');

ALTER TABLE ecopanier.receiver ENABLE ROW LEVEL SECURITY;
CREATE POLICY receiver_staff_all ON ecopanier.receiver TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY receiver_staff_all ON ecopanier.receiver IS 'Staff keep what the own organisation receives.';
CREATE POLICY receiver_member_select ON ecopanier.receiver FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY receiver_member_select ON ecopanier.receiver IS 'Staff of the territory read who takes what, so as to give to them.';
CREATE POLICY receiver_admin_all ON ecopanier.receiver TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY receiver_admin_all ON ecopanier.receiver IS 'Administrators keep the receivers of the own territory.';
GRANT SELECT, INSERT (organisation_id, stage, units_per_day, kg_per_day, cold_classes, radius_m, active_from, active_until, declares_short_dated),
	UPDATE (units_per_day, kg_per_day, cold_classes, radius_m, active_from, active_until, declares_short_dated)
	ON ecopanier.receiver TO ecopanier_merchant, ecopanier_association, ecopanier_admin;

ALTER TABLE ecopanier.cascade_step ENABLE ROW LEVEL SECURITY;
CREATE POLICY cascade_step_staff_select ON ecopanier.cascade_step FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND (organisation_id = (SELECT ecopanier.current_organisation())
		OR receiver_organisation_id = (SELECT ecopanier.current_organisation())));
COMMENT ON POLICY cascade_step_staff_select ON ecopanier.cascade_step IS 'Staff read the steps of the own lots, and what the own organisation was offered.';
CREATE POLICY cascade_step_admin_select ON ecopanier.cascade_step FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY cascade_step_admin_select ON ecopanier.cascade_step IS 'Administrators read the steps of the own territory.';
GRANT SELECT ON ecopanier.cascade_step TO ecopanier_merchant, ecopanier_association, ecopanier_admin;

CREATE VIEW ecopanier.cascade_total WITH (security_barrier) AS
SELECT s.territory_id, t.name AS territory, date_trunc('month', s.day)::date AS month, s.stage, count(*) AS steps,
	sum(coalesce(s.received_quantity, s.quantity)) AS units,
	round(sum(coalesce(s.received_weight_g, s.weight_g)) / 1000.0, 3) AS weight_kg
FROM ecopanier.cascade_step s JOIN ecopanier.territory t ON t.id = s.territory_id
WHERE s.state IN ('received', 'done')
GROUP BY s.territory_id, t.name, date_trunc('month', s.day), s.stage;
COMMENT ON VIEW ecopanier.cascade_total IS
'What went where in each month: units that were offered again free (solidarity: what was then claimed is in the impact views, the rest went on
and is counted again under its next stage), received by associations and processors, fed to animals, composted. No person is in it.';
COMMENT ON COLUMN ecopanier.cascade_total.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.cascade_total.territory IS 'Its name.';
COMMENT ON COLUMN ecopanier.cascade_total.month IS 'First day of the month.';
COMMENT ON COLUMN ecopanier.cascade_total.stage IS 'solidarity, association, processing, animal_feed or compost.';
COMMENT ON COLUMN ecopanier.cascade_total.steps IS 'Steps.';
COMMENT ON COLUMN ecopanier.cascade_total.units IS 'Units.';
COMMENT ON COLUMN ecopanier.cascade_total.weight_kg IS 'Their weight, kilograms.';
GRANT SELECT ON ecopanier.cascade_total TO ecopanier_analyst, ecopanier_authority;

-- The guard would refuse while migrations run.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data (position, relation, person_column, contact_columns, erase, reason) VALUES
	(410, 'ecopanier.receiver', 'declared_by', '{declared_at}', 'keep', 'An act of office for an organisation; an id alone.'),
	(411, 'ecopanier.cascade_step', 'decided_by', '{decided_at}', 'keep', 'An act of office for an organisation; an id alone.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;

ALTER TABLE ecopanier.webhook_endpoint DROP CONSTRAINT webhook_endpoint_kinds_check,
	ADD CONSTRAINT webhook_endpoint_kinds_check
		CHECK (kinds <@ ARRAY['reservation.held', 'reservation.collected', 'reservation.cancelled', 'reservation.lapsed',
			'lot.published', 'lot.closed', 'lot.cancelled', 'organisation.active', 'organisation.suspended', 'organisation.closed',
			'offer.made', 'offer.accepted', 'offer.refused', 'offer.received', 'offer.expired']
			AND cardinality(kinds) BETWEEN 1 AND 20 AND array_ndims(kinds) = 1);
