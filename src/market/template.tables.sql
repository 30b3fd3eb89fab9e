ALTER TABLE ecopanier.lot
	ADD COLUMN windows tstzrange[],
	ADD COLUMN price_falls_from timestamptz,
	ADD COLUMN price_step_minutes int,
	ADD COLUMN price_step_cents int,
	ADD COLUMN price_floor_cents int;
COMMENT ON COLUMN ecopanier.lot.windows IS 'The pickup windows in order where there are several; window_start and window_end are the first start and the last end.';
COMMENT ON COLUMN ecopanier.lot.price_falls_from IS 'When the price of a public unit falls for the first time; null where it stays.';
COMMENT ON COLUMN ecopanier.lot.price_step_minutes IS 'Minutes from one fall to the next.';
COMMENT ON COLUMN ecopanier.lot.price_step_cents IS 'By how much it falls each time, cents.';
COMMENT ON COLUMN ecopanier.lot.price_floor_cents IS 'What it never falls below, cents.';
GRANT INSERT (windows, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents),
	UPDATE (windows, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents)
	ON ecopanier.lot TO ecopanier_merchant, ecopanier_association;
