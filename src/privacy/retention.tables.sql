CREATE TABLE ecopanier_private.retention_turn (
	territory_id int PRIMARY KEY REFERENCES ecopanier.territory,
	day date NOT NULL,
	rule int NOT NULL CONSTRAINT retention_turn_rule_check CHECK (rule BETWEEN 0 AND 5),
	after uuid
);
COMMENT ON TABLE ecopanier_private.retention_turn IS 'How far the schedule has come with the day''s retention of each territory.';
COMMENT ON COLUMN ecopanier_private.retention_turn.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.retention_turn.day IS 'The day, by the local clock three hours ago: a turn begins at three in the morning.';
COMMENT ON COLUMN ecopanier_private.retention_turn.rule IS 'The rule at work: 0 social, 1 refused, 2 applied, 3 customer, 4 traces, 5 done.';
COMMENT ON COLUMN ecopanier_private.retention_turn.after IS 'The id of the last person looked at under that rule, null at its start; it leads to nobody who was erased.';
ALTER TABLE ecopanier_private.retention_turn ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER retention_turn_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.retention_turn
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
