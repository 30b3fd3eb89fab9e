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
ALTER TABLE ecopanier_private.circuit ENABLE ROW LEVEL SECURITY;
