CREATE TABLE ecopanier.member (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	id uuid NOT NULL,
	display_name text NOT NULL
		CONSTRAINT member_display_name_check CHECK (display_name = btrim(display_name) AND length(display_name) BETWEEN 1 AND 60 AND display_name !~ '[[:cntrl:]]'),
	language text NOT NULL DEFAULT 'fr'
		CONSTRAINT member_language_check CHECK (language IN ('fr', 'en', 'es', 'ar')),
	state text NOT NULL DEFAULT 'active'
		CONSTRAINT member_state_check CHECK (state IN ('active', 'suspended', 'closed')),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id)
);
COMMENT ON TABLE ecopanier.member IS 'People of a territory. Civil identities and contacts are not kept here.';
COMMENT ON COLUMN ecopanier.member.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.member.id IS 'Identifier; given by the database where null.';
COMMENT ON COLUMN ecopanier.member.display_name IS 'First name chosen by the person, which a station reads out; may be anything.';
COMMENT ON COLUMN ecopanier.member.language IS 'Language of messages: fr, en, es or ar.';
COMMENT ON COLUMN ecopanier.member.state IS 'active, suspended or closed; only active members act.';
COMMENT ON COLUMN ecopanier.member.created_at IS 'When the person joined.';

CREATE TABLE ecopanier.member_role (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	role text NOT NULL
		CONSTRAINT member_role_role_check
		CHECK (role IN ('customer', 'merchant', 'beneficiary', 'collector', 'association', 'administrator')),
	granted_by uuid,
	granted_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, member_id, role),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
COMMENT ON TABLE ecopanier.member_role IS 'The roles of members; written by administrators, never by the member.';
COMMENT ON COLUMN ecopanier.member_role.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.member_role.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier.member_role.role IS 'customer, merchant, beneficiary, collector, association or administrator.';
COMMENT ON COLUMN ecopanier.member_role.granted_by IS 'Who gave the role; null for a load.';
COMMENT ON COLUMN ecopanier.member_role.granted_at IS 'When.';

CREATE TABLE ecopanier_private.login (
	login name NOT NULL PRIMARY KEY,
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	role text NOT NULL,
	organisation_id uuid,
	FOREIGN KEY (territory_id, member_id, role) REFERENCES ecopanier.member_role ON DELETE CASCADE
);
COMMENT ON TABLE ecopanier_private.login IS 'Database logins that act as a member; written by map_login().';
COMMENT ON COLUMN ecopanier_private.login.login IS 'The database login.';
COMMENT ON COLUMN ecopanier_private.login.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.login.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier_private.login.role IS 'The role that the login acts in.';
COMMENT ON COLUMN ecopanier_private.login.organisation_id IS 'The organisation acted for, or null.';

CREATE TABLE ecopanier.audit_entry (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	id uuid NOT NULL,
	at timestamptz NOT NULL DEFAULT ecopanier.now(),
	actor_id uuid,
	actor_login name NOT NULL DEFAULT session_user,
	action text NOT NULL,
	subject_id uuid NOT NULL,
	reason text,
	PRIMARY KEY (territory_id, id)
);
COMMENT ON TABLE ecopanier.audit_entry IS 'Decisions that somebody may have to explain: who did what to what, and why.';
COMMENT ON COLUMN ecopanier.audit_entry.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.audit_entry.id IS 'Identifier; given by the database where null.';
COMMENT ON COLUMN ecopanier.audit_entry.at IS 'When.';
COMMENT ON COLUMN ecopanier.audit_entry.actor_id IS 'The member who acted; null for a load.';
COMMENT ON COLUMN ecopanier.audit_entry.actor_login IS 'The database login that acted.';
COMMENT ON COLUMN ecopanier.audit_entry.action IS 'What was done, for example pickup_release.';
COMMENT ON COLUMN ecopanier.audit_entry.subject_id IS 'The row that it was done to.';
COMMENT ON COLUMN ecopanier.audit_entry.reason IS 'The reason given.';

CREATE TRIGGER member_guard BEFORE INSERT OR UPDATE ON ecopanier.member
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard('member');
CREATE TRIGGER member_role_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.member_role
	FOR EACH ROW EXECUTE FUNCTION ecopanier.member_role_guard();
CREATE TRIGGER audit_entry_guard BEFORE INSERT ON ecopanier.audit_entry
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard('anybody');
CREATE TRIGGER audit_entry_history BEFORE UPDATE OR DELETE ON ecopanier.audit_entry
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.audit_entry ENABLE ALWAYS TRIGGER audit_entry_history;
CREATE TRIGGER audit_entry_truncate BEFORE TRUNCATE ON ecopanier.audit_entry
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.audit_entry ENABLE ALWAYS TRIGGER audit_entry_truncate;

ALTER TABLE ecopanier.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.member_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.login ENABLE ROW LEVEL SECURITY;

CREATE POLICY member_self_select ON ecopanier.member FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY member_self_select ON ecopanier.member IS 'A member reads the own row.';
CREATE POLICY member_self_update ON ecopanier.member FOR UPDATE
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY member_self_update ON ecopanier.member IS 'A member changes the own name and language.';
CREATE POLICY member_admin_all ON ecopanier.member TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY member_admin_all ON ecopanier.member IS 'Administrators keep the members of the own territory.';
CREATE POLICY member_role_self_select ON ecopanier.member_role FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY member_role_self_select ON ecopanier.member_role IS 'A member reads the own roles.';
CREATE POLICY member_role_admin_all ON ecopanier.member_role TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY member_role_admin_all ON ecopanier.member_role IS 'Administrators give and take roles in the own territory.';
CREATE POLICY audit_entry_admin_select ON ecopanier.audit_entry FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY audit_entry_admin_select ON ecopanier.audit_entry IS 'Administrators read the audit of the own territory.';

GRANT SELECT ON ecopanier.member, ecopanier.member_role
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT UPDATE (display_name, language) ON ecopanier.member
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association;
GRANT INSERT (id, display_name, language), UPDATE (display_name, language, state) ON ecopanier.member TO ecopanier_admin;
GRANT INSERT (member_id, role), DELETE ON ecopanier.member_role TO ecopanier_admin;
GRANT SELECT ON ecopanier.audit_entry TO ecopanier_admin;
