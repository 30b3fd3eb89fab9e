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
ALTER TABLE ecopanier.lot
	ADD CONSTRAINT lot_windows_check CHECK (ecopanier.windows_fit(windows, window_start, window_end)),
	ADD CONSTRAINT lot_price_schedule_check CHECK (num_nonnulls(price_falls_from, price_step_minutes, price_step_cents, price_floor_cents) = 0
		OR num_nulls(price_cents, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents) = 0),
	ADD CONSTRAINT lot_price_falls_from_check CHECK (price_falls_from >= '2000-01-01 00:00+00' AND price_falls_from < '2100-01-01 00:00+00'),
	ADD CONSTRAINT lot_price_step_minutes_check CHECK (price_step_minutes BETWEEN 1 AND 10080),
	ADD CONSTRAINT lot_price_step_cents_check CHECK (price_step_cents BETWEEN 1 AND 1000000),
	ADD CONSTRAINT lot_price_floor_check CHECK (price_floor_cents BETWEEN 0 AND price_cents);

CREATE VIEW ecopanier.lot_window WITH (security_invoker) AS
SELECT l.territory_id, l.id AS lot_id, w.number::int AS number, lower(w.span) AS starts_at, upper(w.span) AS ends_at
FROM ecopanier.lot l
CROSS JOIN LATERAL unnest(coalesce(l.windows, ARRAY[tstzrange(l.window_start, l.window_end)])) WITH ORDINALITY w (span, number)
WHERE l.window_start IS NOT NULL AND l.window_end IS NOT NULL;
COMMENT ON VIEW ecopanier.lot_window IS 'The pickup windows of the lots that the caller may read, a row each.';
COMMENT ON COLUMN ecopanier.lot_window.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.lot_window.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier.lot_window.number IS 'Which of its windows, from 1, in order.';
COMMENT ON COLUMN ecopanier.lot_window.starts_at IS 'When pickup begins: what a claim gives as window_start.';
COMMENT ON COLUMN ecopanier.lot_window.ends_at IS 'When pickup ends.';
GRANT SELECT ON ecopanier.lot_window
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
