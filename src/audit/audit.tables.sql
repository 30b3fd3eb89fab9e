CREATE TABLE ecopanier.audit_event (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	at timestamptz NOT NULL DEFAULT ecopanier.now(),
	actor_kind text NOT NULL
		CONSTRAINT audit_event_actor_kind_check CHECK (actor_kind IN ('person', 'service', 'kiosk', 'load', 'schedule')),
	actor_id uuid,
	actor_login name NOT NULL DEFAULT session_user,
	organisation_id uuid,
	action text NOT NULL,
	subject_id uuid,
	reason text,
	reason_salt bytea
		CONSTRAINT audit_event_reason_salt_check CHECK (octet_length(reason_salt) = 16),
	reason_digest bytea
		CONSTRAINT audit_event_reason_digest_check CHECK (octet_length(reason_digest) = 32),
	facts jsonb,
	key_id text NOT NULL,
	mac bytea NOT NULL,
	PRIMARY KEY (territory_id, at, id)
) PARTITION BY RANGE (at);
COMMENT ON TABLE ecopanier.audit_event IS
'Decisions that somebody may have to explain: who did what to what, and why. Rows are appended and never change; by month.
But for the reason, which may name a person: the erasure of the person takes it away, its digest stays.';
COMMENT ON COLUMN ecopanier.audit_event.territory_id IS 'The territory; 0 for what concerns the installation, such as its keys.';
COMMENT ON COLUMN ecopanier.audit_event.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.audit_event.at IS 'When.';
COMMENT ON COLUMN ecopanier.audit_event.actor_kind IS
'person, service, kiosk; load where nobody was signed in, schedule for what tick() did.';
COMMENT ON COLUMN ecopanier.audit_event.actor_id IS 'The member who acted; null for load and schedule.';
COMMENT ON COLUMN ecopanier.audit_event.actor_login IS 'The database login that acted.';
COMMENT ON COLUMN ecopanier.audit_event.organisation_id IS 'The organisation acted for, or null.';
COMMENT ON COLUMN ecopanier.audit_event.action IS 'What was done, for example pickup_release.';
COMMENT ON COLUMN ecopanier.audit_event.subject_id IS 'The row or person that it was done to.';
COMMENT ON COLUMN ecopanier.audit_event.reason IS 'The reason given; null where none was, or where it was withheld by an erasure.';
COMMENT ON COLUMN ecopanier.audit_event.reason_salt IS '16 random bytes, so that no reason is guessed from its digest; gone with the reason.';
COMMENT ON COLUMN ecopanier.audit_event.reason_digest IS 'BLAKE2b of salt and reason, 32 bytes; null where no reason was given.';
COMMENT ON COLUMN ecopanier.audit_event.facts IS 'What changed: values, or [before, after]; nothing personal.';
COMMENT ON COLUMN ecopanier.audit_event.key_id IS 'The key that made the MAC.';
COMMENT ON COLUMN ecopanier.audit_event.mac IS 'Keyed BLAKE2b of all other columns but reason and salt, 32 bytes.';
CREATE TABLE ecopanier_private.audit_event_default
	(LIKE ecopanier.audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS);
COMMENT ON TABLE ecopanier_private.audit_event_default IS 'Events of months that have no partition.';
ALTER TABLE ecopanier.audit_event ATTACH PARTITION ecopanier_private.audit_event_default DEFAULT;
CREATE INDEX audit_event_reason_index ON ecopanier.audit_event (territory_id, subject_id) WHERE reason IS NOT NULL;
ALTER TABLE ecopanier.audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.audit_event_default ENABLE ROW LEVEL SECURITY;

CREATE TABLE ecopanier_private.audit_pending (
	territory_id int NOT NULL,
	at timestamptz NOT NULL,
	id uuid NOT NULL,
	PRIMARY KEY (territory_id, at, id)
);
COMMENT ON TABLE ecopanier_private.audit_pending IS 'Events that have no place in the chain yet; tick() links them.';
COMMENT ON COLUMN ecopanier_private.audit_pending.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.audit_pending.at IS 'The event''s time.';
COMMENT ON COLUMN ecopanier_private.audit_pending.id IS 'The event.';
CREATE TABLE ecopanier_private.audit_link (
	territory_id int NOT NULL,
	position bigint NOT NULL
		CONSTRAINT audit_link_position_check CHECK (position > 0),
	at timestamptz NOT NULL,
	event_id uuid NOT NULL,
	digest bytea NOT NULL
		CONSTRAINT audit_link_digest_check CHECK (octet_length(digest) = 32),
	PRIMARY KEY (territory_id, position),
	UNIQUE (territory_id, at, event_id)
);
COMMENT ON TABLE ecopanier_private.audit_link IS 'The chain of each territory: its events in order, each with a digest of all before it.';
COMMENT ON COLUMN ecopanier_private.audit_link.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.audit_link.position IS 'Place in the chain, from 1 without gaps.';
COMMENT ON COLUMN ecopanier_private.audit_link.at IS 'The event''s time.';
COMMENT ON COLUMN ecopanier_private.audit_link.event_id IS 'The event.';
COMMENT ON COLUMN ecopanier_private.audit_link.digest IS 'BLAKE2b of the digest before, the position, the event''s MAC and what the MAC covers, 32 bytes.';
CREATE TABLE ecopanier_private.audit_checkpoint (
	territory_id int NOT NULL,
	position bigint NOT NULL,
	digest bytea NOT NULL,
	at timestamptz NOT NULL,
	key_id text NOT NULL,
	signature bytea NOT NULL
		CONSTRAINT audit_checkpoint_signature_check CHECK (octet_length(signature) = 64),
	PRIMARY KEY (territory_id, position)
);
COMMENT ON TABLE ecopanier_private.audit_checkpoint IS 'Signed states of the chains; audit_checkpoint() gives the newest as text.';
COMMENT ON COLUMN ecopanier_private.audit_checkpoint.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.audit_checkpoint.position IS 'The last place in the chain that it covers.';
COMMENT ON COLUMN ecopanier_private.audit_checkpoint.digest IS 'The digest at that place.';
COMMENT ON COLUMN ecopanier_private.audit_checkpoint.at IS 'When it was signed.';
COMMENT ON COLUMN ecopanier_private.audit_checkpoint.key_id IS 'The key that signed.';
COMMENT ON COLUMN ecopanier_private.audit_checkpoint.signature IS 'Ed25519 signature; audit_checkpoint() tells of what.';
CREATE TABLE ecopanier_private.tick_turn (
	turn int PRIMARY KEY
		CONSTRAINT tick_turn_turn_check CHECK (turn = 1)
);
COMMENT ON TABLE ecopanier_private.tick_turn IS 'One row, which tick() locks while it works: two at once do not wait.';
COMMENT ON COLUMN ecopanier_private.tick_turn.turn IS '1.';
INSERT INTO ecopanier_private.tick_turn VALUES (1);
ALTER TABLE ecopanier_private.audit_pending ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.audit_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.audit_checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.tick_turn ENABLE ROW LEVEL SECURITY;

-- What release 0.1.0 noted, before the triggers: a migration run by hand has no caller.
INSERT INTO ecopanier.audit_event (territory_id, id, at, actor_kind, actor_id, actor_login, organisation_id, action,
	subject_id, reason_digest, facts, key_id, mac, reason, reason_salt)
SELECT e.*, ecopanier.audit_mac(e), a.reason, a.salt
FROM (SELECT *, CASE WHEN reason IS NOT NULL THEN pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) END AS salt
	FROM ecopanier.audit_entry) a,
	LATERAL (SELECT a.territory_id, a.id, a.at, CASE WHEN a.actor_id IS NULL THEN 'load' ELSE 'person' END, a.actor_id, a.actor_login,
	NULL::uuid, a.action, a.subject_id, ecopanier.audit_reason_digest(a.salt, a.reason), NULL::jsonb,
	(SELECT k.id FROM ecopanier.key_ring k WHERE k.is_current)) e;
INSERT INTO ecopanier_private.audit_pending (territory_id, at, id)
SELECT territory_id, at, id FROM ecopanier.audit_event;
DROP TABLE ecopanier.audit_entry;

CREATE TRIGGER audit_event_guard BEFORE INSERT ON ecopanier.audit_event
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_event_guard();
CREATE TRIGGER audit_event_pending AFTER INSERT ON ecopanier.audit_event
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_event_pending();
CREATE TRIGGER audit_event_history BEFORE UPDATE OR DELETE ON ecopanier.audit_event
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_event_history();
ALTER TABLE ecopanier.audit_event ENABLE ALWAYS TRIGGER audit_event_history;
CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON ecopanier.audit_event
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.audit_event ENABLE ALWAYS TRIGGER audit_event_truncate;
CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON ecopanier_private.audit_event_default
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.audit_event_default ENABLE ALWAYS TRIGGER audit_event_truncate;
CREATE TRIGGER audit_link_history BEFORE UPDATE OR DELETE ON ecopanier_private.audit_link
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.audit_link ENABLE ALWAYS TRIGGER audit_link_history;
CREATE TRIGGER audit_link_truncate BEFORE TRUNCATE ON ecopanier_private.audit_link
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.audit_link ENABLE ALWAYS TRIGGER audit_link_truncate;
CREATE TRIGGER audit_checkpoint_history BEFORE UPDATE OR DELETE ON ecopanier_private.audit_checkpoint
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_history;
CREATE TRIGGER audit_checkpoint_truncate BEFORE TRUNCATE ON ecopanier_private.audit_checkpoint
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_truncate;
CREATE TRIGGER audit_pending_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.audit_pending
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.audit_guard();
CREATE TRIGGER audit_link_guard BEFORE INSERT ON ecopanier_private.audit_link
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.audit_guard();
CREATE TRIGGER audit_checkpoint_guard BEFORE INSERT ON ecopanier_private.audit_checkpoint
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.audit_guard();
CREATE TRIGGER tick_turn_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.tick_turn
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.audit_guard();
DO $$ BEGIN PERFORM ecopanier.audit_partitions(); END $$;

CREATE POLICY audit_event_admin_select ON ecopanier.audit_event FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY audit_event_admin_select ON ecopanier.audit_event IS 'Administrators read the audit of the own territory.';
GRANT SELECT ON ecopanier.audit_event TO ecopanier_admin;

-- What is noted holds no name, no code and no free text.
CREATE TRIGGER member_role_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.member_role
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('member_id', 'role');
CREATE TRIGGER organisation_staff_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.organisation_staff
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('member_id', '+organisation_id', 'function');
CREATE TRIGGER organisation_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.organisation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', 'kind', 'state', 'accreditation_number', 'accredited_from',
		'accredited_until', 'accreditation_suspended');
CREATE TRIGGER setting_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.setting
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('', '+name', '+version', 'value', 'valid_from');
CREATE TRIGGER beneficiary_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.beneficiary
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('member_id', 'state', 'organisation_id', 'valid_from', 'valid_until',
		'verified_by', 'verified_for');
-- Its name comes after key_ring_forget_row, so that the MAC is made with the key that is current now.
CREATE TRIGGER key_ring_note_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.key_ring
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('', '+id', 'is_current');
CREATE TRIGGER login_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier_private.login
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('member_id', 'role', 'organisation_id');
