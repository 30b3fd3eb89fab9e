/*
 * Rights: restrictions, history, one right a person (rule D1), enrolment, transfers.
 * Rows come before triggers: while migrations run, the guards would refuse as outdated.
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source)
VALUES ('tag_required', 'yes or no', 0, 1, 1, 'Whether a right is verified only with the blinded tag that finds a second one.', 'rule D1');
ALTER TABLE ecopanier.setting DISABLE TRIGGER setting_guard;
INSERT INTO ecopanier.setting (territory_id, name, version, value, valid_from, author_login, source)
SELECT id, 'tag_required', 1, 0, '-infinity', session_user, 'as before the upgrade' FROM ecopanier.territory;
ALTER TABLE ecopanier.setting ENABLE TRIGGER setting_guard;

ALTER TABLE ecopanier.beneficiary ADD COLUMN units_per_day int
	CONSTRAINT beneficiary_units_per_day_check CHECK (units_per_day BETWEEN 0 AND 10);
ALTER TABLE ecopanier.beneficiary ADD COLUMN restriction_reason text
	CONSTRAINT beneficiary_restriction_reason_check CHECK (length(restriction_reason) <= 1000);
ALTER TABLE ecopanier.beneficiary ADD CONSTRAINT beneficiary_restriction_check
	CHECK (units_per_day IS NULL OR length(btrim(restriction_reason)) > 0);
ALTER TABLE ecopanier.beneficiary DROP CONSTRAINT beneficiary_state_check;
ALTER TABLE ecopanier.beneficiary ADD CONSTRAINT beneficiary_state_check
	CHECK (state IN ('applied', 'verified', 'suspended', 'expired', 'refused', 'transferred'));
CREATE INDEX beneficiary_due_index ON ecopanier.beneficiary (territory_id, valid_until) WHERE state IN ('verified', 'suspended');
CREATE INDEX beneficiary_organisation_index ON ecopanier.beneficiary (organisation_id, territory_id);
COMMENT ON COLUMN ecopanier.beneficiary.organisation_id IS 'The association or social service that holds the person: it registered the person or took the person over.';
COMMENT ON COLUMN ecopanier.beneficiary.state IS 'applied, verified, suspended, expired, refused or transferred (the right went on to another row).';
COMMENT ON COLUMN ecopanier.beneficiary.units_per_day IS 'Restriction: free units a day, where this is less than the territory''s; null: none.';
COMMENT ON COLUMN ecopanier.beneficiary.restriction_reason IS 'Why there is a restriction, which the person reads.';
COMMENT ON INDEX ecopanier.beneficiary_due_index IS 'Finds rights past their last day.';
COMMENT ON INDEX ecopanier.beneficiary_organisation_index IS 'Finds the people of an organisation; the territory comes second, so that no plan takes it to find one person.';
DROP POLICY beneficiary_admin_select ON ecopanier.beneficiary;
CREATE POLICY beneficiary_admin_select ON ecopanier.beneficiary FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()) AND state = 'applied');
COMMENT ON POLICY beneficiary_admin_select ON ecopanier.beneficiary IS
'Administrators read who waits for a decision in the own territory, and no more.';

CREATE TABLE ecopanier.right_history (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid,
	at timestamptz NOT NULL,
	from_state text,
	to_state text NOT NULL,
	valid_from date,
	valid_until date,
	units_per_day int,
	reason text,
	decided_by uuid,
	contact_at timestamptz GENERATED ALWAYS AS (CASE WHEN decided_by IS NOT NULL OR to_state <> 'expired' THEN at END) STORED,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
CREATE INDEX right_history_member_index ON ecopanier.right_history (territory_id, member_id);
CREATE INDEX right_history_organisation_index ON ecopanier.right_history (organisation_id, territory_id);
COMMENT ON TABLE ecopanier.right_history IS
'What became of each right, step by step. Of a step the organisation that held the person at that time is told, and the person: history stays closed to a later organisation.';
COMMENT ON COLUMN ecopanier.right_history.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.right_history.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.right_history.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier.right_history.organisation_id IS 'The organisation that held the person at that time.';
COMMENT ON COLUMN ecopanier.right_history.at IS 'When.';
COMMENT ON COLUMN ecopanier.right_history.from_state IS 'State before; null at the beginning with an organisation.';
COMMENT ON COLUMN ecopanier.right_history.to_state IS 'State from then on.';
COMMENT ON COLUMN ecopanier.right_history.valid_from IS 'First day of the right then.';
COMMENT ON COLUMN ecopanier.right_history.valid_until IS 'Last day of the right then.';
COMMENT ON COLUMN ecopanier.right_history.units_per_day IS 'Restriction then.';
COMMENT ON COLUMN ecopanier.right_history.reason IS 'Reason of the refusal, suspension or restriction.';
COMMENT ON COLUMN ecopanier.right_history.contact_at IS 'When it was a contact with the person; null for an end that came with the calendar.';
COMMENT ON COLUMN ecopanier.right_history.decided_by IS 'The member of staff or administrator who decided; null for a load, the clock, or somebody of another territory.';
COMMENT ON INDEX ecopanier.right_history_member_index IS 'Finds the steps of a person.';
COMMENT ON INDEX ecopanier.right_history_organisation_index IS 'Finds the steps that an organisation may read.';
INSERT INTO ecopanier.right_history (territory_id, id, member_id, organisation_id, at, to_state, valid_from, valid_until, reason, decided_by)
SELECT territory_id, ecopanier.new_id(territory_id), member_id, organisation_id, coalesce(verified_at, created_at), state, valid_from, valid_until, reason, verified_by
FROM ecopanier.beneficiary;

CREATE TABLE ecopanier_private.person_tag (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	mac bytea NOT NULL CONSTRAINT person_tag_mac_check CHECK (octet_length(mac) = 32),
	key_id text NOT NULL REFERENCES ecopanier.key_ring,
	PRIMARY KEY (territory_id, member_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.beneficiary
);
CREATE INDEX person_tag_mac_index ON ecopanier_private.person_tag (mac);
COMMENT ON INDEX ecopanier_private.person_tag_mac_index IS 'Finds what was claimed under a tag elsewhere.';
COMMENT ON TABLE ecopanier_private.person_tag IS
'Blinded tags (rule D1): the keyed MAC of a slow hash that the client made of civil facts. Equal for the same person, opens nothing.';
COMMENT ON COLUMN ecopanier_private.person_tag.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.person_tag.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.person_tag.mac IS 'The MAC, 32 bytes.';
COMMENT ON COLUMN ecopanier_private.person_tag.key_id IS 'The key it was made with: the same for all, the ring''s oldest at the first, so that MACs stay comparable.';

CREATE TABLE ecopanier_private.right_holder (
	mac bytea NOT NULL PRIMARY KEY,
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	UNIQUE (territory_id, member_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.beneficiary
);
COMMENT ON TABLE ecopanier_private.right_holder IS
'Who holds a verified or suspended right now, anywhere in the database, by tag: its primary key is rule D1. Kept by triggers alone.';
COMMENT ON COLUMN ecopanier_private.right_holder.mac IS 'MAC of the person''s tag.';
COMMENT ON COLUMN ecopanier_private.right_holder.territory_id IS 'Territory of the right.';
COMMENT ON COLUMN ecopanier_private.right_holder.member_id IS 'The person there.';

CREATE TABLE ecopanier.enrolment (
	territory_id int NOT NULL,
	organisation_id uuid,
	external_id text NOT NULL CONSTRAINT enrolment_external_id_check CHECK (length(external_id) BETWEEN 1 AND 100),
	member_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, member_id),
	CONSTRAINT enrolment_external_key UNIQUE NULLS NOT DISTINCT (territory_id, organisation_id, external_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation
);
COMMENT ON TABLE ecopanier.enrolment IS 'The senders'' own numbers for people whom they registered in a batch, so that a batch can be sent again.';
COMMENT ON COLUMN ecopanier.enrolment.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.enrolment.organisation_id IS 'The organisation that sent the row; null for an administrator without one.';
COMMENT ON COLUMN ecopanier.enrolment.external_id IS 'The sender''s number, 1 to 100 characters.';
COMMENT ON COLUMN ecopanier.enrolment.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier.enrolment.created_at IS 'When the row first came.';

CREATE TABLE ecopanier_private.right_transfer (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	requested_by uuid NOT NULL,
	requested_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	holder_territory_id int NOT NULL,
	holder_member_id uuid NOT NULL,
	state text NOT NULL DEFAULT 'pending'
		CONSTRAINT right_transfer_state_check CHECK (state IN ('pending', 'released', 'refused')),
	decided_by uuid,
	decided_at timestamptz,
	reason text CONSTRAINT right_transfer_reason_check CHECK (length(reason) <= 1000),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (holder_territory_id, holder_member_id) REFERENCES ecopanier.member,
	CONSTRAINT right_transfer_decided_check CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX right_transfer_pending_key ON ecopanier_private.right_transfer (territory_id, member_id) WHERE state = 'pending';
CREATE INDEX right_transfer_holder_index ON ecopanier_private.right_transfer (holder_territory_id, holder_member_id);
COMMENT ON TABLE ecopanier_private.right_transfer IS
'Transfers of rights, asked for or done. Neither side reads the other''s row of the person: functions tell each its own.';
COMMENT ON COLUMN ecopanier_private.right_transfer.territory_id IS 'Territory that the right goes to.';
COMMENT ON COLUMN ecopanier_private.right_transfer.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier_private.right_transfer.member_id IS 'The person there.';
COMMENT ON COLUMN ecopanier_private.right_transfer.organisation_id IS 'The organisation that takes the person over.';
COMMENT ON COLUMN ecopanier_private.right_transfer.requested_by IS 'Who asked.';
COMMENT ON COLUMN ecopanier_private.right_transfer.requested_at IS 'When.';
COMMENT ON COLUMN ecopanier_private.right_transfer.holder_territory_id IS 'Territory of the right that is to go.';
COMMENT ON COLUMN ecopanier_private.right_transfer.holder_member_id IS 'The person there.';
COMMENT ON COLUMN ecopanier_private.right_transfer.state IS 'pending, released or refused.';
COMMENT ON COLUMN ecopanier_private.right_transfer.decided_by IS 'Who released or refused.';
COMMENT ON COLUMN ecopanier_private.right_transfer.decided_at IS 'When.';
COMMENT ON COLUMN ecopanier_private.right_transfer.reason IS 'Why, for the holder''s side alone.';
COMMENT ON INDEX ecopanier_private.right_transfer_pending_key IS 'One request at a time for a person.';
COMMENT ON INDEX ecopanier_private.right_transfer_holder_index IS 'Finds the requests for a holder''s right.';

CREATE TRIGGER beneficiary_holder AFTER INSERT OR UPDATE ON ecopanier.beneficiary
	FOR EACH ROW EXECUTE FUNCTION ecopanier.right_holder_follow();
CREATE TRIGGER beneficiary_steps AFTER INSERT OR UPDATE ON ecopanier.beneficiary
	FOR EACH ROW EXECUTE FUNCTION ecopanier.right_history_append();

CREATE TRIGGER right_history_caller BEFORE INSERT ON ecopanier.right_history
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER right_history_history BEFORE UPDATE OR DELETE ON ecopanier.right_history
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.right_history ENABLE ALWAYS TRIGGER right_history_history;
CREATE TRIGGER right_history_truncate BEFORE TRUNCATE ON ecopanier.right_history
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.right_history ENABLE ALWAYS TRIGGER right_history_truncate;

CREATE TRIGGER person_tag_caller BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.person_tag
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER person_tag_truncate BEFORE TRUNCATE ON ecopanier_private.person_tag
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.person_tag ENABLE ALWAYS TRIGGER person_tag_truncate;
CREATE TRIGGER person_tag_holder AFTER INSERT OR UPDATE OR DELETE ON ecopanier_private.person_tag
	FOR EACH ROW EXECUTE FUNCTION ecopanier.right_holder_follow();
CREATE TRIGGER person_tag_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier_private.person_tag
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('member_id', '+key_id');

CREATE TRIGGER right_holder_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.right_holder
	FOR EACH ROW EXECUTE FUNCTION ecopanier.right_holder_guard();
ALTER TABLE ecopanier_private.right_holder ENABLE ALWAYS TRIGGER right_holder_guard;
CREATE TRIGGER right_holder_truncate BEFORE TRUNCATE ON ecopanier_private.right_holder
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.right_holder ENABLE ALWAYS TRIGGER right_holder_truncate;

CREATE TRIGGER enrolment_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier.enrolment
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();

CREATE TRIGGER right_transfer_guard BEFORE INSERT OR UPDATE ON ecopanier_private.right_transfer
	FOR EACH ROW EXECUTE FUNCTION ecopanier.right_transfer_guard();
CREATE TRIGGER right_transfer_history BEFORE DELETE ON ecopanier_private.right_transfer
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.right_transfer ENABLE ALWAYS TRIGGER right_transfer_history;
CREATE TRIGGER right_transfer_truncate BEFORE TRUNCATE ON ecopanier_private.right_transfer
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.right_transfer ENABLE ALWAYS TRIGGER right_transfer_truncate;
CREATE TRIGGER right_transfer_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier_private.right_transfer
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('member_id', 'organisation_id', 'state');

ALTER TABLE ecopanier.right_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.enrolment ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.person_tag ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.right_holder ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.right_transfer ENABLE ROW LEVEL SECURITY;
CREATE POLICY right_history_self_select ON ecopanier.right_history FOR SELECT TO ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY right_history_self_select ON ecopanier.right_history IS 'A person reads the steps of the own right.';
CREATE POLICY right_history_association_select ON ecopanier.right_history FOR SELECT TO ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY right_history_association_select ON ecopanier.right_history IS 'Staff read the steps from the time when the own organisation held the person.';
CREATE POLICY enrolment_association_select ON ecopanier.enrolment FOR SELECT TO ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY enrolment_association_select ON ecopanier.enrolment IS 'Staff read the own organisation''s numbers.';
GRANT SELECT ON ecopanier.right_history TO ecopanier_beneficiary, ecopanier_association;
GRANT SELECT ON ecopanier.enrolment TO ecopanier_association;
