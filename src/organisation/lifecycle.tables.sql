/*
 * The life of an organisation: states, accreditation, staff, opening hours.
 */
ALTER TABLE ecopanier.organisation
	ALTER COLUMN state DROP DEFAULT,
	ADD COLUMN state_reason text
		CONSTRAINT organisation_state_reason_check CHECK (length(state_reason) BETWEEN 1 AND 1000),
	ADD COLUMN open_on_holidays boolean NOT NULL DEFAULT false,
	ADD COLUMN accreditation_type text
		CONSTRAINT organisation_accreditation_type_check CHECK (accreditation_type IN ('national', 'regional')),
	ADD COLUMN accreditation_suspended_from date,
	ADD COLUMN accreditation_suspended_until date,
	ADD COLUMN accreditation_suspension_reason text
		CONSTRAINT organisation_suspension_reason_check CHECK (length(accreditation_suspension_reason) <= 1000),
	ADD CONSTRAINT organisation_suspension_check CHECK (num_nonnulls(accreditation_suspended_from, accreditation_suspended_until) <> 1
		AND accreditation_suspended_from <= accreditation_suspended_until
		AND accreditation_suspended_until < accreditation_suspended_from + interval '6 months');
COMMENT ON COLUMN ecopanier.organisation.state IS
'applied, active, suspended or closed; staff act for active ones, which alone members see. In a load without a state: active.';
COMMENT ON COLUMN ecopanier.organisation.state_reason IS 'Why it was suspended or closed, for its staff; null for an active one.';
COMMENT ON COLUMN ecopanier.organisation.open_on_holidays IS 'Whether its weekly hours hold on public holidays too.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_type IS
'Who accredited it for food aid (L266-2 CASF): national by the State''s ministers, regional by the prefect of the region; null where not known.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_suspended_from IS 'First local day on which the accreditation is suspended.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_suspended_until IS 'Last local day on which it is suspended: six months at most for each decision. Another suspension is another decision, with its own reason, and in
the audit.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_suspension_reason IS 'Why it is suspended; members of the territory can read it.';
CREATE UNIQUE INDEX organisation_siret_key ON ecopanier.organisation (territory_id, siret) WHERE siret IS NOT NULL AND state <> 'closed';

DROP TRIGGER organisation_guard ON ecopanier.organisation;
CREATE TRIGGER organisation_guard BEFORE INSERT OR UPDATE ON ecopanier.organisation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard('anybody');
CREATE TRIGGER organisation_state_guard BEFORE INSERT OR UPDATE ON ecopanier.organisation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_state_guard();
ALTER TABLE ecopanier.organisation ENABLE ALWAYS TRIGGER organisation_state_guard;
CREATE TRIGGER organisation_activated AFTER UPDATE ON ecopanier.organisation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_activated();
CREATE TRIGGER organisation_withdrawn AFTER UPDATE ON ecopanier.organisation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_withdrawn();
DROP TRIGGER organisation_audit ON ecopanier.organisation;
CREATE TRIGGER organisation_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.organisation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', 'kind', 'state', 'accreditation_number', 'accredited_from',
		'accredited_until', 'accreditation_suspended', 'accreditation_type', 'accreditation_suspended_from', 'accreditation_suspended_until');

-- Members see active organisations. Staff of others read theirs by my_organisations().
DROP POLICY organisation_member_select ON ecopanier.organisation;
CREATE POLICY organisation_member_select ON ecopanier.organisation FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND state = 'active');
COMMENT ON POLICY organisation_member_select ON ecopanier.organisation IS 'Members read the active organisations of the own territory.';
CREATE POLICY organisation_admin_select ON ecopanier.organisation FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_admin_select ON ecopanier.organisation IS 'Administrators read all organisations of the own territory.';
CREATE POLICY organisation_staff_update ON ecopanier.organisation FOR UPDATE TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND id = (SELECT ecopanier.managed_organisation()));
COMMENT ON POLICY organisation_staff_update ON ecopanier.organisation IS 'Owners and managers keep name, place and hours of the own organisation.';

-- States are decided with a reason, by decide_organisation().
REVOKE UPDATE (state) ON ecopanier.organisation FROM ecopanier_admin;
GRANT UPDATE (name, commune_insee, address, latitude, longitude, open_on_holidays) ON ecopanier.organisation
	TO ecopanier_merchant, ecopanier_association;
GRANT INSERT (accreditation_type, open_on_holidays),
	UPDATE (open_on_holidays, accreditation_type, accreditation_suspended_from, accreditation_suspended_until, accreditation_suspension_reason)
	ON ecopanier.organisation TO ecopanier_admin;

DROP TRIGGER organisation_staff_guard ON ecopanier.organisation_staff;
CREATE TRIGGER organisation_staff_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.organisation_staff
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_staff_guard();
CREATE TRIGGER organisation_staff_owner AFTER UPDATE OR DELETE ON ecopanier.organisation_staff
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_staff_owner();

CREATE TABLE ecopanier.staff_invitation (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	function text NOT NULL
		CONSTRAINT staff_invitation_function_check CHECK (function IN ('owner', 'manager', 'station', 'reader')),
	invited_by uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	expires_at timestamptz NOT NULL,
	accepted_by uuid,
	accepted_at timestamptz,
	revoked_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, invited_by) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, accepted_by) REFERENCES ecopanier.member,
	CONSTRAINT staff_invitation_accepted_check CHECK (num_nonnulls(accepted_by, accepted_at) <> 1 AND num_nonnulls(accepted_at, revoked_at) < 2)
);
CREATE INDEX staff_invitation_organisation_index ON ecopanier.staff_invitation (territory_id, organisation_id, created_at);
COMMENT ON TABLE ecopanier.staff_invitation IS 'Invitations to work for an organisation; their texts are kept by nobody.';
COMMENT ON COLUMN ecopanier.staff_invitation.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.staff_invitation.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.staff_invitation.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.staff_invitation.function IS 'The function that is offered.';
COMMENT ON COLUMN ecopanier.staff_invitation.invited_by IS 'The owner or manager who invites.';
COMMENT ON COLUMN ecopanier.staff_invitation.created_at IS 'When.';
COMMENT ON COLUMN ecopanier.staff_invitation.expires_at IS 'Until when it can be accepted: seven days.';
COMMENT ON COLUMN ecopanier.staff_invitation.accepted_by IS 'The member who accepted it.';
COMMENT ON COLUMN ecopanier.staff_invitation.accepted_at IS 'When it was accepted.';
COMMENT ON COLUMN ecopanier.staff_invitation.revoked_at IS 'When it was revoked.';

CREATE TABLE ecopanier_private.staff_invitation_secret (
	territory_id int NOT NULL,
	hash bytea NOT NULL CONSTRAINT staff_invitation_secret_hash_check CHECK (octet_length(hash) = 32),
	invitation_id uuid NOT NULL,
	PRIMARY KEY (territory_id, hash),
	FOREIGN KEY (territory_id, invitation_id) REFERENCES ecopanier.staff_invitation ON DELETE CASCADE
);
CREATE INDEX staff_invitation_secret_invitation_index ON ecopanier_private.staff_invitation_secret (territory_id, invitation_id);
COMMENT ON TABLE ecopanier_private.staff_invitation_secret IS 'Hashes of the texts of invitations.';
COMMENT ON COLUMN ecopanier_private.staff_invitation_secret.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.staff_invitation_secret.hash IS 'BLAKE2b of the 128 random bits in the text.';
COMMENT ON COLUMN ecopanier_private.staff_invitation_secret.invitation_id IS 'The invitation.';

CREATE TRIGGER staff_invitation_guard BEFORE INSERT OR UPDATE ON ecopanier.staff_invitation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.staff_invitation_guard();
CREATE TRIGGER staff_invitation_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.staff_invitation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', 'organisation_id', 'function', 'accepted_at', 'revoked_at');

ALTER TABLE ecopanier.staff_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.staff_invitation_secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY staff_invitation_staff_select ON ecopanier.staff_invitation FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.managed_organisation()));
COMMENT ON POLICY staff_invitation_staff_select ON ecopanier.staff_invitation IS 'Owners and managers read the invitations of the own organisation.';
CREATE POLICY staff_invitation_admin_select ON ecopanier.staff_invitation FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY staff_invitation_admin_select ON ecopanier.staff_invitation IS 'Administrators read the invitations of the own territory.';
GRANT SELECT ON ecopanier.staff_invitation TO ecopanier_merchant, ecopanier_association, ecopanier_admin;

CREATE TABLE ecopanier.organisation_opening_exception (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	first_day date NOT NULL,
	last_day date NOT NULL,
	opens_at time,
	closes_at time,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation ON DELETE CASCADE,
	CONSTRAINT organisation_opening_exception_days_check
		CHECK (first_day <= last_day AND first_day >= '2000-01-01' AND last_day < '2100-01-01'),
	CONSTRAINT organisation_opening_exception_hours_check CHECK (num_nonnulls(opens_at, closes_at) <> 1 AND opens_at < closes_at)
);
CREATE INDEX organisation_opening_exception_index ON ecopanier.organisation_opening_exception (territory_id, organisation_id, first_day);
COMMENT ON TABLE ecopanier.organisation_opening_exception IS
'Days on which other hours hold than those of the week, public holidays too. Of several rows for a day those count that are for the fewest
days; a row without hours among them means closed, otherwise each is a span of the day.';
COMMENT ON COLUMN ecopanier.organisation_opening_exception.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.organisation_opening_exception.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.organisation_opening_exception.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.organisation_opening_exception.first_day IS 'First day, local.';
COMMENT ON COLUMN ecopanier.organisation_opening_exception.last_day IS 'Last day, local.';
COMMENT ON COLUMN ecopanier.organisation_opening_exception.opens_at IS 'Opening time; null: closed.';
COMMENT ON COLUMN ecopanier.organisation_opening_exception.closes_at IS 'Closing time, later the same day, 24:00 at the latest; null: closed.';
COMMENT ON COLUMN ecopanier.organisation_opening.closes_at IS 'Closing time, later the same day; 24:00 is the day''s end, from which the next day can go on.';
CREATE TRIGGER organisation_opening_exception_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.organisation_opening_exception
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard('manager');
ALTER TABLE ecopanier.organisation_opening_exception ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_opening_exception_member_select ON ecopanier.organisation_opening_exception FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_opening_exception_member_select ON ecopanier.organisation_opening_exception IS
'Members read opening hours of the own territory, of organisations that are not active too: days and times, and an id that names nothing to them.';
COMMENT ON POLICY organisation_opening_member_select ON ecopanier.organisation_opening IS
'Members read opening hours of the own territory, of organisations that are not active too: days and times, and an id that names nothing to them.';
CREATE POLICY organisation_opening_exception_staff_all ON ecopanier.organisation_opening_exception TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY organisation_opening_exception_staff_all ON ecopanier.organisation_opening_exception IS
'Staff keep the opening hours of the own organisation.';
GRANT SELECT ON ecopanier.organisation_opening_exception
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT INSERT (organisation_id, first_day, last_day, opens_at, closes_at), DELETE ON ecopanier.organisation_opening_exception
	TO ecopanier_merchant, ecopanier_association;
