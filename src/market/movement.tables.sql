CREATE TABLE ecopanier_private.lot_movement (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	lot_id uuid NOT NULL,
	kind text NOT NULL CONSTRAINT lot_movement_kind_check CHECK (kind IN ('sponsored', 'allotment', 'cascade')),
	cause_id uuid NOT NULL,
	public_units int NOT NULL,
	solidarity_units int NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot,
	CONSTRAINT lot_movement_units_check CHECK (public_units <> 0 OR solidarity_units <> 0),
	CONSTRAINT lot_movement_sponsored_check CHECK (kind <> 'sponsored' OR public_units + solidarity_units = 0)
);
CREATE INDEX lot_movement_lot_index ON ecopanier_private.lot_movement (territory_id, lot_id);
COMMENT ON TABLE ecopanier_private.lot_movement IS
'Units that left or came to a pool of a lot other than by a claim: sponsored, kept for an allotment round, gone on in the cascade. The rules alone write here.';
COMMENT ON COLUMN ecopanier_private.lot_movement.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.lot_movement.id IS 'Identifier.';
COMMENT ON COLUMN ecopanier_private.lot_movement.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.lot_movement.kind IS 'sponsored (from the public pool to the solidarity pool), allotment (kept for a round, or given back by it), cascade (gone on).';
COMMENT ON COLUMN ecopanier_private.lot_movement.cause_id IS 'The sponsorship, round or step.';
COMMENT ON COLUMN ecopanier_private.lot_movement.public_units IS 'Units that left the public pool; negative: that came.';
COMMENT ON COLUMN ecopanier_private.lot_movement.solidarity_units IS 'Units that left the solidarity pool; negative: that came.';
COMMENT ON COLUMN ecopanier_private.lot_movement.at IS 'When, by the rule: a step that is caught up with bears the moment at which it was due.';
ALTER TABLE ecopanier_private.lot_movement ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER lot_movement_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.lot_movement
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_movement_guard();
ALTER TABLE ecopanier_private.lot_movement ENABLE ALWAYS TRIGGER lot_movement_guard;
CREATE TRIGGER lot_movement_truncate BEFORE TRUNCATE ON ecopanier_private.lot_movement
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.lot_movement ENABLE ALWAYS TRIGGER lot_movement_truncate;
