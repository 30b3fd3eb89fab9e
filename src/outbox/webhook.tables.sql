/*
 * Endpoints of partners, the hosts that they may be on, their secrets, and what
 * is delivered to them.
 */
CREATE TABLE ecopanier.webhook_host (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	host text NOT NULL
		CONSTRAINT webhook_host_host_check CHECK (length(host) >= 1 AND length(host) <= 254 AND host ~ '^[]a-z0-9.:[-]+$'),
	port int NOT NULL DEFAULT 443
		CONSTRAINT webhook_host_port_check CHECK (port BETWEEN 1 AND 65535),
	created_by uuid,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, host, port),
	FOREIGN KEY (territory_id, created_by) REFERENCES ecopanier.member
);
COMMENT ON TABLE ecopanier.webhook_host IS
'The hosts that endpoints of webhooks may be on; none else. Administrators write it. What a name leads to is judged again at each call.';
COMMENT ON COLUMN ecopanier.webhook_host.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.webhook_host.host IS 'A host, for example hooks.example.org, or .example.org for all below it, but not itself.';
COMMENT ON COLUMN ecopanier.webhook_host.port IS 'The port.';
COMMENT ON COLUMN ecopanier.webhook_host.created_by IS 'Who allowed it; null for a load.';
COMMENT ON COLUMN ecopanier.webhook_host.created_at IS 'When.';

CREATE TABLE ecopanier.webhook_endpoint (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	url text NOT NULL
		CONSTRAINT webhook_endpoint_url_check CHECK (length(url) <= 2000 AND url ~ '^https?://[^[:space:][:cntrl:]]+$'),
	host text NOT NULL,
	kinds text[] NOT NULL DEFAULT ARRAY['reservation.held', 'reservation.collected', 'reservation.cancelled', 'reservation.lapsed',
			'lot.published', 'lot.closed', 'lot.cancelled', 'organisation.active', 'organisation.suspended', 'organisation.closed']
		CONSTRAINT webhook_endpoint_kinds_check
		CHECK (kinds <@ ARRAY['reservation.held', 'reservation.collected', 'reservation.cancelled', 'reservation.lapsed',
			'lot.published', 'lot.closed', 'lot.cancelled', 'organisation.active', 'organisation.suspended', 'organisation.closed'] AND cardinality(kinds) BETWEEN 1 AND 20 AND array_ndims(kinds) = 1),
	description text NOT NULL DEFAULT ''
		CONSTRAINT webhook_endpoint_description_check CHECK (length(description) <= 200 AND description !~ '[[:cntrl:]]'),
	state text NOT NULL DEFAULT 'active'
		CONSTRAINT webhook_endpoint_state_check CHECK (state IN ('active', 'paused', 'disabled')),
	state_reason text
		CONSTRAINT webhook_endpoint_state_reason_check CHECK (state_reason IN ('manager', 'failing', 'gone', 'host', 'key')),
	failing_since timestamptz,
	created_by uuid,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	CONSTRAINT webhook_endpoint_reason_check CHECK ((state = 'active') = (state_reason IS NULL)),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, created_by) REFERENCES ecopanier.member
);
CREATE INDEX webhook_endpoint_organisation_index ON ecopanier.webhook_endpoint (territory_id, organisation_id);
COMMENT ON TABLE ecopanier.webhook_endpoint IS
'Where partners want to be told what happens to their organisation: the same of paid and free baskets, and nothing of who claims (rule D13). Kept by functions.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.organisation_id IS 'The organisation whose events are told.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.url IS 'Address that messages are posted to.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.host IS 'Host and port of the address; given by the database.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.kinds IS 'Kinds of events that are told.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.description IS 'What people call it.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.state IS 'active, paused or disabled: to the last two nothing is posted.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.state_reason IS
'Why it is not active: manager (somebody paused it), failing (for long), gone (it answered 410), host (no longer allowed), key (its secret cannot be opened).';
COMMENT ON COLUMN ecopanier.webhook_endpoint.failing_since IS 'First failure since it last answered well; null: none.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.created_by IS 'Who made it; null for a load.';
COMMENT ON COLUMN ecopanier.webhook_endpoint.created_at IS 'When.';

CREATE TABLE ecopanier_private.webhook_secret (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	endpoint_id uuid NOT NULL,
	key_id text NOT NULL,
	sealed bytea NOT NULL
		CONSTRAINT webhook_secret_sealed_check CHECK (octet_length(sealed) = 72),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	expires_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, endpoint_id) REFERENCES ecopanier.webhook_endpoint ON DELETE CASCADE
);
CREATE INDEX webhook_secret_endpoint_index ON ecopanier_private.webhook_secret (territory_id, endpoint_id);
CREATE UNIQUE INDEX webhook_secret_current_key ON ecopanier_private.webhook_secret (territory_id, endpoint_id) WHERE expires_at IS NULL;
CREATE INDEX webhook_secret_expires_index ON ecopanier_private.webhook_secret (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON TABLE ecopanier_private.webhook_secret IS
'Secrets that webhooks are signed with, encrypted under a key of the server; those that have ended are deleted.';
COMMENT ON COLUMN ecopanier_private.webhook_secret.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.webhook_secret.id IS 'Identifier.';
COMMENT ON COLUMN ecopanier_private.webhook_secret.endpoint_id IS 'The endpoint.';
COMMENT ON COLUMN ecopanier_private.webhook_secret.key_id IS 'The key of key_ring that it is sealed under.';
COMMENT ON COLUMN ecopanier_private.webhook_secret.sealed IS 'Nonce, the encryption of the 32 bytes, tag.';
COMMENT ON COLUMN ecopanier_private.webhook_secret.created_at IS 'When it was made.';
COMMENT ON COLUMN ecopanier_private.webhook_secret.expires_at IS 'Until when it signs along with the one that followed it; null for the newest.';

CREATE TABLE ecopanier_private.webhook_delivery (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	number bigint NOT NULL DEFAULT 0,
	endpoint_id uuid NOT NULL,
	event_id uuid,
	kind text NOT NULL,
	subject_id uuid NOT NULL,
	happened_at timestamptz NOT NULL,
	payload text NOT NULL,
	state text NOT NULL DEFAULT 'queued'
		CONSTRAINT webhook_delivery_state_check CHECK (state IN ('queued', 'calling', 'done', 'dead')),
	endpoint text NOT NULL,
	attempts int NOT NULL DEFAULT 0,
	next_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	claimed_at timestamptz,
	last_error text,
	last_status int,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	ended_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, endpoint_id) REFERENCES ecopanier.webhook_endpoint ON DELETE CASCADE
);
-- Partial, and so of no use to find a delivery by its key: while the table is thought to be empty, a plan would read all of an endpoint's with it.
CREATE UNIQUE INDEX webhook_delivery_event_key ON ecopanier_private.webhook_delivery (territory_id, endpoint_id, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX webhook_delivery_lane_index ON ecopanier_private.webhook_delivery (territory_id, endpoint, next_at) WHERE state = 'queued';
CREATE INDEX webhook_delivery_calling_index ON ecopanier_private.webhook_delivery (territory_id, id) WHERE state = 'calling';
CREATE INDEX webhook_delivery_subject_index ON ecopanier_private.webhook_delivery (territory_id, endpoint_id, subject_id, number)
	WHERE state IN ('queued', 'calling');
CREATE INDEX webhook_delivery_ended_index ON ecopanier_private.webhook_delivery (territory_id, ended_at) WHERE state IN ('done', 'dead');
COMMENT ON INDEX ecopanier_private.webhook_delivery_lane_index IS 'Finds what is due, endpoint by endpoint.';
COMMENT ON INDEX ecopanier_private.webhook_delivery_calling_index IS 'Finds what a worker was posting.';
COMMENT ON INDEX ecopanier_private.webhook_delivery_subject_index IS 'Finds what a later message of the same subject waits for.';
COMMENT ON INDEX ecopanier_private.webhook_delivery_ended_index IS 'Finds what is removed by age.';
COMMENT ON TABLE ecopanier_private.webhook_delivery IS
'The queue of messages to endpoints: one row for each event and endpoint. Those of one subject go to an endpoint one after another.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.id IS 'Identifier: the webhook-id, the same at each attempt.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.number IS 'Order of the messages of a subject: the event''s number.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.endpoint_id IS 'The endpoint.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.event_id IS 'The event; null for a test.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.kind IS 'Kind of the event.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.subject_id IS 'The row that the event is about; the endpoint for a test.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.happened_at IS 'When it happened.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.payload IS 'What is posted, byte by byte the same at each attempt.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.state IS 'queued, calling, done or dead.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.endpoint IS 'What the circuit breaker counts by: the endpoint''s id.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.attempts IS 'How often it was claimed.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.next_at IS 'When it is due; infinity while the endpoint is not active.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.claimed_at IS 'When the worker claimed it.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.last_error IS 'Why the last attempt failed.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.last_status IS 'HTTP status of the last answer.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.created_at IS 'When it was queued.';
COMMENT ON COLUMN ecopanier_private.webhook_delivery.ended_at IS 'When it was done or dead.';
CREATE TRIGGER webhook_delivery_wake AFTER INSERT OR UPDATE ON ecopanier_private.webhook_delivery
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.wake();

CREATE TRIGGER webhook_host_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.webhook_host
	FOR EACH ROW EXECUTE FUNCTION ecopanier.webhook_host_guard();
CREATE TRIGGER webhook_host_caller BEFORE TRUNCATE ON ecopanier.webhook_host
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER webhook_host_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.webhook_host
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('', '+host', '+port');
CREATE TRIGGER webhook_endpoint_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.webhook_endpoint
	FOR EACH ROW EXECUTE FUNCTION ecopanier.webhook_endpoint_guard();
CREATE TRIGGER webhook_endpoint_caller BEFORE TRUNCATE ON ecopanier.webhook_endpoint
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
-- Not the address, which may hold a token of the partner's.
CREATE TRIGGER webhook_endpoint_audit AFTER INSERT OR DELETE OR UPDATE OF kinds, description, state, state_reason ON ecopanier.webhook_endpoint
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', 'organisation_id', 'host', 'kinds', 'state', 'state_reason');
CREATE TRIGGER webhook_secret_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.webhook_secret
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER webhook_delivery_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.webhook_delivery
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();

CREATE VIEW ecopanier.webhook_delivery_status WITH (security_barrier) AS
SELECT d.territory_id, d.id, d.endpoint_id, e.organisation_id, d.kind, d.subject_id, d.event_id, d.happened_at, d.state, d.attempts,
	CASE WHEN d.state = 'queued' AND isfinite(d.next_at) THEN d.next_at END AS next_at, d.last_status,
	CASE WHEN d.last_error ~ '^[0-9A-Z]{5}: ' THEN 'error of the server, ' || left(d.last_error, 5) ELSE d.last_error END AS last_error, d.created_at, d.ended_at
FROM ecopanier_private.webhook_delivery d
JOIN ecopanier.webhook_endpoint e ON e.territory_id = d.territory_id AND e.id = d.endpoint_id
WHERE d.territory_id = (SELECT ecopanier.current_territory())
	AND (e.organisation_id = (SELECT ecopanier.managed_organisation()) OR (SELECT ecopanier.current_role_name()) = 'administrator');
COMMENT ON VIEW ecopanier.webhook_delivery_status IS
'What became of the messages to the endpoints of the caller''s organisation, or of all for an administrator; those in state dead are the dead letters.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.id IS 'The delivery: the webhook-id.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.endpoint_id IS 'The endpoint.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.organisation_id IS 'Its organisation.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.kind IS 'Kind of the event.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.subject_id IS 'The row that the event is about.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.event_id IS 'The event; null for a test.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.happened_at IS 'When it happened.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.state IS 'queued, calling, done or dead.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.attempts IS 'How often it was tried.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.next_at IS 'When it is tried next; null where it waits for the endpoint to be active, or has ended.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.last_status IS 'HTTP status of the last answer.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.last_error IS 'Why the last attempt failed; of an error of the server its code alone, since its text may name files.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.created_at IS 'When it was queued.';
COMMENT ON COLUMN ecopanier.webhook_delivery_status.ended_at IS 'When it was done or dead.';

ALTER TABLE ecopanier.webhook_host ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.webhook_endpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.webhook_secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.webhook_delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY webhook_host_manager_select ON ecopanier.webhook_host FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND (SELECT ecopanier.managed_organisation()) IS NOT NULL);
COMMENT ON POLICY webhook_host_manager_select ON ecopanier.webhook_host IS 'Owners and managers read which hosts the own territory allows.';
CREATE POLICY webhook_host_admin_select ON ecopanier.webhook_host FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY webhook_host_admin_select ON ecopanier.webhook_host IS 'Administrators read the hosts of the own territory.';
CREATE POLICY webhook_host_admin_insert ON ecopanier.webhook_host FOR INSERT TO ecopanier_admin
	WITH CHECK (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY webhook_host_admin_insert ON ecopanier.webhook_host IS 'Administrators allow hosts in the own territory.';
CREATE POLICY webhook_host_admin_delete ON ecopanier.webhook_host FOR DELETE TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY webhook_host_admin_delete ON ecopanier.webhook_host IS 'Administrators take hosts of the own territory back.';
CREATE POLICY webhook_endpoint_manager_select ON ecopanier.webhook_endpoint FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.managed_organisation()));
COMMENT ON POLICY webhook_endpoint_manager_select ON ecopanier.webhook_endpoint IS 'Owners and managers read the endpoints of the own organisation.';
CREATE POLICY webhook_endpoint_admin_select ON ecopanier.webhook_endpoint FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY webhook_endpoint_admin_select ON ecopanier.webhook_endpoint IS 'Administrators read the endpoints of the own territory.';
GRANT SELECT ON ecopanier.webhook_host, ecopanier.webhook_endpoint, ecopanier.webhook_delivery_status
	TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT INSERT (host, port), DELETE ON ecopanier.webhook_host TO ecopanier_admin;

-- The guard would refuse while migrations run.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data (position, relation, person_column, through, through_column, erase, reason) VALUES
	(2601, 'ecopanier.webhook_host', 'created_by', NULL, NULL, 'keep', 'An act of office about a territory; an id alone.'),
	(2602, 'ecopanier.webhook_endpoint', 'created_by', NULL, NULL, 'keep', 'An act of office about an organisation; an id alone.'),
	(2603, 'ecopanier_private.webhook_delivery', 'subject_id', 'ecopanier.reservation', 'member_id', 'keep',
		'What an organisation was told of a basket: ids, numbers and moments, nothing of who claimed it. Rows go 30 days after they ended.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;
