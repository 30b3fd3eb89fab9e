/*
 * What members are told in the application. A row holds the values of its
 * sentence, not the sentence: my_notifications() says it in the language that
 * the reader has when reading. Messages about the own baskets, the own right
 * and the own organisation are part of the service and need no consent; those
 * about new baskets are for people who consent to alerts. Consent to
 * notifications is about mail and phone: it decides what leaves the database.
 */
CREATE TABLE ecopanier.notification (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	member_id uuid NOT NULL,
	event_id uuid NOT NULL,
	kind text NOT NULL CONSTRAINT notification_kind_check CHECK (kind ~ '^[a-z]+\.[a-z]+$'),
	subject_id uuid NOT NULL,
	args jsonb NOT NULL DEFAULT '{}' CONSTRAINT notification_args_check CHECK (jsonb_typeof(args) = 'object'),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	read_at timestamptz,
	PRIMARY KEY (territory_id, id),
	CONSTRAINT notification_event_key UNIQUE (territory_id, event_id, member_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
CREATE INDEX notification_member_index ON ecopanier.notification (territory_id, member_id, created_at DESC, id DESC);
CREATE INDEX notification_unread_index ON ecopanier.notification (territory_id, member_id, created_at DESC, id DESC) WHERE read_at IS NULL;
COMMENT ON TABLE ecopanier.notification IS 'What members were told, one row for each person and event. Each reads the own rows, best by my_notifications(), which says them in words.';
COMMENT ON COLUMN ecopanier.notification.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.notification.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.notification.member_id IS 'The reader.';
COMMENT ON COLUMN ecopanier.notification.event_id IS 'The event that is told.';
COMMENT ON COLUMN ecopanier.notification.kind IS
'What happened, as in reservation.held; message() has the body under this code, and the title under this code with .title behind it.';
COMMENT ON COLUMN ecopanier.notification.subject_id IS 'The row that it is about: a reservation, a lot, an organisation, or the member for the own right.';
COMMENT ON COLUMN ecopanier.notification.args IS 'Values of the sentence, for message(): days and hours as they stand in the territory''s time zone.';
COMMENT ON COLUMN ecopanier.notification.created_at IS 'When it was written.';
COMMENT ON COLUMN ecopanier.notification.read_at IS 'When it was read; null: not yet. Set once.';
COMMENT ON INDEX ecopanier.notification_member_index IS 'Pages of a reader''s notifications, the newest first.';
COMMENT ON INDEX ecopanier.notification_unread_index IS 'The same of what was not read, and its count.';

CREATE TRIGGER notification_guard BEFORE INSERT OR UPDATE ON ecopanier.notification
	FOR EACH ROW EXECUTE FUNCTION ecopanier.notification_guard();
CREATE TRIGGER notification_history BEFORE DELETE ON ecopanier.notification
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.notification ENABLE ALWAYS TRIGGER notification_history;
CREATE TRIGGER notification_truncate BEFORE TRUNCATE ON ecopanier.notification
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.notification ENABLE ALWAYS TRIGGER notification_truncate;
CREATE TRIGGER notification_person AFTER INSERT OR UPDATE OF territory_id, member_id ON ecopanier.notification
	FOR EACH ROW EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'member_id');

ALTER TABLE ecopanier.notification ENABLE ROW LEVEL SECURITY;
CREATE POLICY notification_self_select ON ecopanier.notification FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY notification_self_select ON ecopanier.notification IS 'A member reads the own notifications; nobody else does.';
CREATE POLICY notification_self_update ON ecopanier.notification FOR UPDATE
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY notification_self_update ON ecopanier.notification IS 'A member marks the own notifications as read.';
GRANT SELECT, UPDATE (read_at) ON ecopanier.notification
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

-- The guard would refuse while migrations run.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, section, columns, contact_columns, trace_column, erase, reason) VALUES
	(118, 'ecopanier.notification', 'member_id', 'notifications', '{created_at,id,kind,args,read_at}', '{read_at}', 'created_at',
		'delete', 'What the person was told; the rows that it tells of speak for themselves.'),
	(260, 'ecopanier.notification', 'subject_id', NULL, NULL, '{}', NULL, 'keep', 'It goes with the row; see member_id.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;

CREATE TRIGGER beneficiary_event_restricted AFTER UPDATE ON ecopanier.beneficiary
	FOR EACH ROW WHEN (new.units_per_day IS DISTINCT FROM old.units_per_day) EXECUTE FUNCTION ecopanier.right_restricted();
