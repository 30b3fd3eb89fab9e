-- Circuits of endpoints that fail.

CREATE TABLE ecopanier_private.circuit (
	channel text NOT NULL,
	endpoint text NOT NULL,
	failures int NOT NULL,
	openings int NOT NULL CONSTRAINT circuit_openings_check CHECK (openings > 0),
	opened_at timestamptz NOT NULL,
	open_until timestamptz NOT NULL,
	last_error text,
	PRIMARY KEY (channel, endpoint)
);
COMMENT ON TABLE ecopanier_private.circuit IS
'Endpoints that failed so often that the worker leaves them alone for a while. Written when a circuit opens, removed when it closes; an endpoint serves any territory.';
COMMENT ON COLUMN ecopanier_private.circuit.channel IS 'What calls it: mail, webhook, model.';
COMMENT ON COLUMN ecopanier_private.circuit.endpoint IS 'What fails, as the channel names it.';
COMMENT ON COLUMN ecopanier_private.circuit.failures IS 'Calls that failed one after the other.';
COMMENT ON COLUMN ecopanier_private.circuit.openings IS 'How often it opened without a success in between.';
COMMENT ON COLUMN ecopanier_private.circuit.opened_at IS 'When it last opened.';
COMMENT ON COLUMN ecopanier_private.circuit.open_until IS 'When one call is tried again.';
COMMENT ON COLUMN ecopanier_private.circuit.last_error IS 'How the last call failed.';
CREATE TRIGGER circuit_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.circuit
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier_private.circuit ENABLE ROW LEVEL SECURITY;

CREATE VIEW ecopanier.worker_status WITH (security_invoker) AS
SELECT database, state, pid, since, in_flight, done, failed, last_error, rss_bytes, private_bytes, wakes, turns FROM ecopanier.worker_status();
COMMENT ON VIEW ecopanier.worker_status IS 'The background workers of the cluster, as worker_status() tells them; for superusers, monitoring calls the function.';
COMMENT ON COLUMN ecopanier.worker_status.database IS 'Name in ecopanier.databases.';
COMMENT ON COLUMN ecopanier.worker_status.state IS 'off, starting, idle, working, no_database, held, no_extension, failing or ended; see worker_status().';
COMMENT ON COLUMN ecopanier.worker_status.pid IS 'Its process, null where there is none.';
COMMENT ON COLUMN ecopanier.worker_status.since IS 'Since when it runs.';
COMMENT ON COLUMN ecopanier.worker_status.in_flight IS 'Calls under way.';
COMMENT ON COLUMN ecopanier.worker_status.done IS 'Jobs done since then.';
COMMENT ON COLUMN ecopanier.worker_status.failed IS 'Attempts and steps that failed since then.';
COMMENT ON COLUMN ecopanier.worker_status.last_error IS 'The last failure, nothing secret in it.';
COMMENT ON COLUMN ecopanier.worker_status.rss_bytes IS 'Memory of the process, bytes.';
COMMENT ON COLUMN ecopanier.worker_status.private_bytes IS 'Of that, what it shares with nobody, bytes.';
COMMENT ON COLUMN ecopanier.worker_status.wakes IS 'How often commits of others woke it.';
COMMENT ON COLUMN ecopanier.worker_status.turns IS 'Turns of its loop.';
