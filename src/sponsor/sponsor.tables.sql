/*
 * Baskets that somebody else pays for: what is given and by whom, the units that
 * were paid for, the territory's fund, and who matches what others give.
 *
 * No row joins who gave and who fetched: units are used in the order in which
 * they came to the pool, and say the day alone.
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('fund_hour', 'hour of the day', 0, 23, 10, 'At which full hour, in the territory''s time zone, the fund of sponsored baskets buys for the day.', 'decision'),
	('fund_units_per_lot', 'units', 0, 100, 2, 'How many units of one lot the fund of sponsored baskets buys at most; 0: it buys nothing.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name IN ('fund_hour', 'fund_units_per_lot');

CREATE TABLE ecopanier.match_agreement (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	percent int NOT NULL CONSTRAINT match_agreement_percent_check CHECK (percent BETWEEN 1 AND 1000),
	ceiling_cents bigint NOT NULL CONSTRAINT match_agreement_ceiling_check CHECK (ceiling_cents BETWEEN 1 AND 100000000000),
	valid_from timestamptz NOT NULL DEFAULT ecopanier.now(),
	valid_until timestamptz NOT NULL DEFAULT 'infinity',
	source text NOT NULL CONSTRAINT match_agreement_source_check CHECK (length(btrim(source)) > 0 AND length(source) <= 1000),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT match_agreement_period_check CHECK (isfinite(valid_from) AND valid_until >= valid_from)
);
COMMENT ON TABLE ecopanier.match_agreement IS
'Funders who add to what customers give, up to a ceiling. An agreement is not changed: its end is brought forward, and another begins.';
COMMENT ON COLUMN ecopanier.match_agreement.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.match_agreement.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.match_agreement.organisation_id IS 'The funder or public authority.';
COMMENT ON COLUMN ecopanier.match_agreement.percent IS 'What it adds, percent of what was given: 100 doubles it.';
COMMENT ON COLUMN ecopanier.match_agreement.ceiling_cents IS 'What it adds at most in all, cents.';
COMMENT ON COLUMN ecopanier.match_agreement.valid_from IS 'From when payments are matched.';
COMMENT ON COLUMN ecopanier.match_agreement.valid_until IS 'Until when.';
COMMENT ON COLUMN ecopanier.match_agreement.source IS 'The convention or decision.';
COMMENT ON COLUMN ecopanier.match_agreement.created_at IS 'When it was written.';
CREATE TRIGGER match_agreement_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.match_agreement
	FOR EACH ROW EXECUTE FUNCTION ecopanier.match_agreement_guard();
CREATE TRIGGER match_agreement_history BEFORE DELETE ON ecopanier.match_agreement
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.match_agreement ENABLE ALWAYS TRIGGER match_agreement_history;
CREATE TRIGGER match_agreement_truncate BEFORE TRUNCATE ON ecopanier.match_agreement
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.match_agreement ENABLE ALWAYS TRIGGER match_agreement_truncate;
CREATE TRIGGER match_agreement_audit AFTER INSERT OR UPDATE ON ecopanier.match_agreement
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', '+organisation_id', 'percent', 'ceiling_cents', 'valid_from', 'valid_until');
ALTER TABLE ecopanier.match_agreement ENABLE ROW LEVEL SECURITY;
CREATE POLICY match_agreement_admin_all ON ecopanier.match_agreement TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY match_agreement_admin_all ON ecopanier.match_agreement IS 'Administrators keep the agreements of the own territory.';
GRANT SELECT, INSERT (organisation_id, percent, ceiling_cents, valid_from, valid_until, source), UPDATE (valid_until)
	ON ecopanier.match_agreement TO ecopanier_admin;

CREATE TABLE ecopanier.contribution (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	kind text NOT NULL CONSTRAINT contribution_kind_check CHECK (kind IN ('basket', 'round_up', 'gift', 'match')),
	member_id uuid,
	organisation_id uuid,
	lot_id uuid,
	quantity int CONSTRAINT contribution_quantity_check CHECK (quantity BETWEEN 1 AND 100),
	unit_price_cents int CONSTRAINT contribution_price_check CHECK (unit_price_cents > 0),
	reservation_id uuid,
	agreement_id uuid,
	matched_id uuid,
	amount_cents bigint NOT NULL CONSTRAINT contribution_amount_check CHECK (amount_cents BETWEEN 1 AND 100000000),
	request_id uuid,
	state text NOT NULL DEFAULT 'pledged' CONSTRAINT contribution_state_check CHECK (state IN ('pledged', 'paid', 'refused', 'refunded')),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	paid_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot,
	FOREIGN KEY (territory_id, agreement_id) REFERENCES ecopanier.match_agreement,
	FOREIGN KEY (territory_id, matched_id) REFERENCES ecopanier.contribution,
	CONSTRAINT contribution_basket_check CHECK (CASE WHEN kind = 'basket' THEN num_nonnulls(lot_id, quantity, unit_price_cents) = 3
		AND amount_cents = quantity::bigint * unit_price_cents ELSE num_nonnulls(lot_id, quantity, unit_price_cents) = 0 END),
	CONSTRAINT contribution_round_up_check CHECK (CASE WHEN kind = 'round_up' THEN reservation_id IS NOT NULL AND amount_cents < 100 ELSE reservation_id IS NULL END),
	CONSTRAINT contribution_match_check CHECK (CASE WHEN kind = 'match' THEN num_nonnulls(organisation_id, agreement_id, matched_id) = 3 AND member_id IS NULL
		ELSE num_nonnulls(organisation_id, agreement_id, matched_id) = 0 AND (member_id IS NOT NULL OR kind = 'basket') END),
	CONSTRAINT contribution_paid_check CHECK ((paid_at IS NOT NULL) = (state IN ('paid', 'refunded')))
);
CREATE UNIQUE INDEX contribution_request_key ON ecopanier.contribution (territory_id, member_id, request_id) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX contribution_round_up_key ON ecopanier.contribution (territory_id, reservation_id) WHERE reservation_id IS NOT NULL AND state <> 'refused';
CREATE UNIQUE INDEX contribution_match_key ON ecopanier.contribution (territory_id, agreement_id, matched_id) WHERE agreement_id IS NOT NULL;
CREATE INDEX contribution_member_index ON ecopanier.contribution (territory_id, member_id, created_at);
CREATE INDEX contribution_lot_index ON ecopanier.contribution (territory_id, lot_id) WHERE lot_id IS NOT NULL;
COMMENT ON TABLE ecopanier.contribution IS
'What is given towards baskets for others: a unit of a lot, the round-up of an own claim, a gift, a funder''s share. Readable by who gave; nothing in it changes when a basket is fetched.';
COMMENT ON COLUMN ecopanier.contribution.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.contribution.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.contribution.kind IS 'basket (units of a lot), round_up (to the next euro of an own claim), gift, or match (a funder''s share of another contribution).';
COMMENT ON COLUMN ecopanier.contribution.member_id IS 'Who gives, who is the caller; null for a match, and for units that the fund buys.';
COMMENT ON COLUMN ecopanier.contribution.organisation_id IS 'The funder of a match.';
COMMENT ON COLUMN ecopanier.contribution.lot_id IS 'The lot of a basket.';
COMMENT ON COLUMN ecopanier.contribution.quantity IS 'Units of it, 1 to 100.';
COMMENT ON COLUMN ecopanier.contribution.unit_price_cents IS 'Price of a public unit at the moment, cents.';
COMMENT ON COLUMN ecopanier.contribution.reservation_id IS 'The own claim whose price is rounded up.';
COMMENT ON COLUMN ecopanier.contribution.agreement_id IS 'The agreement of a match.';
COMMENT ON COLUMN ecopanier.contribution.matched_id IS 'The contribution that is matched.';
COMMENT ON COLUMN ecopanier.contribution.amount_cents IS 'Amount, cents; of baskets and round-ups computed.';
COMMENT ON COLUMN ecopanier.contribution.request_id IS 'The client''s number of the request: a second contribution with it is the first one.';
COMMENT ON COLUMN ecopanier.contribution.state IS 'pledged (to be paid), paid, refused (the payment did not come), refunded (paid, but the units could not be had any more).';
COMMENT ON COLUMN ecopanier.contribution.created_at IS 'When it was pledged.';
COMMENT ON COLUMN ecopanier.contribution.paid_at IS 'When it was paid.';
COMMENT ON INDEX ecopanier.contribution_round_up_key IS 'A claim is rounded up once; a payment that was refused does not count.';
COMMENT ON INDEX ecopanier.contribution_match_key IS 'A contribution is matched once under an agreement.';
CREATE TRIGGER contribution_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.contribution
	FOR EACH ROW EXECUTE FUNCTION ecopanier.contribution_guard();
ALTER TABLE ecopanier.contribution ENABLE ALWAYS TRIGGER contribution_guard;
CREATE TRIGGER contribution_truncate BEFORE TRUNCATE ON ecopanier.contribution
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.contribution ENABLE ALWAYS TRIGGER contribution_truncate;
CREATE TRIGGER contribution_pledged AFTER INSERT ON ecopanier.contribution
	FOR EACH ROW WHEN (NEW.state = 'pledged') EXECUTE FUNCTION ecopanier.contribution_pledged();
ALTER TABLE ecopanier.contribution ENABLE ROW LEVEL SECURITY;
CREATE POLICY contribution_member_select ON ecopanier.contribution FOR SELECT TO ecopanier_customer
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY contribution_member_select ON ecopanier.contribution IS 'Members read what they gave themselves; nobody else does.';
CREATE POLICY contribution_member_insert ON ecopanier.contribution FOR INSERT TO ecopanier_customer
	WITH CHECK (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY contribution_member_insert ON ecopanier.contribution IS 'Members give for themselves.';
GRANT SELECT, INSERT (kind, lot_id, quantity, reservation_id, amount_cents, request_id) ON ecopanier.contribution TO ecopanier_customer;

CREATE TABLE ecopanier_private.sponsored_lot (
	territory_id int NOT NULL,
	lot_id uuid NOT NULL,
	units int NOT NULL CONSTRAINT sponsored_lot_units_check CHECK (units > 0),
	collected int NOT NULL CONSTRAINT sponsored_lot_collected_check CHECK (collected >= 0),
	PRIMARY KEY (territory_id, lot_id),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot
) WITH (fillfactor = 50);
COMMENT ON TABLE ecopanier_private.sponsored_lot IS
'Lots with sponsored units: how many there are, and how many units of the solidarity pool were fetched. Its row is locked after all others of a pickup.';
COMMENT ON COLUMN ecopanier_private.sponsored_lot.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.sponsored_lot.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.sponsored_lot.units IS 'Sponsored units that came to its solidarity pool.';
COMMENT ON COLUMN ecopanier_private.sponsored_lot.collected IS 'Units of its solidarity pool that were handed over.';
ALTER TABLE ecopanier_private.sponsored_lot ENABLE ROW LEVEL SECURITY;

CREATE TABLE ecopanier_private.sponsored_unit (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	lot_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	contribution_id uuid NOT NULL,
	rank int NOT NULL CONSTRAINT sponsored_unit_rank_check CHECK (rank > 0),
	price_cents int NOT NULL CONSTRAINT sponsored_unit_price_check CHECK (price_cents > 0),
	state text NOT NULL DEFAULT 'open' CONSTRAINT sponsored_unit_state_check CHECK (state IN ('open', 'used', 'returned', 'refunded')),
	used_on date,
	PRIMARY KEY (territory_id, id),
	CONSTRAINT sponsored_unit_rank_key UNIQUE (territory_id, lot_id, rank),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier_private.sponsored_lot,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, contribution_id) REFERENCES ecopanier.contribution,
	CONSTRAINT sponsored_unit_used_check CHECK ((state = 'used') = (used_on IS NOT NULL))
);
CREATE INDEX sponsored_unit_open_index ON ecopanier_private.sponsored_unit (territory_id, lot_id, rank) WHERE state = 'open';
CREATE INDEX sponsored_unit_contribution_index ON ecopanier_private.sponsored_unit (territory_id, contribution_id);
CREATE INDEX sponsored_unit_organisation_index ON ecopanier_private.sponsored_unit (territory_id, organisation_id) WHERE state = 'used';
COMMENT ON TABLE ecopanier_private.sponsored_unit IS
'Units that somebody paid for. Units of a solidarity pool are fetched in the order in which they came to it, declared ones first: this one is used when as many
as its rank were fetched. It ends once: used (the shop is owed its price), returned to the fund, or refunded.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.id IS 'Identifier; what its money is noted for.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.organisation_id IS 'The organisation that hands over and is paid.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.contribution_id IS 'What paid for it.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.rank IS 'Its place among the units of the solidarity pool: those that were declared or sponsored before it come first.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.price_cents IS 'What was paid for it and is owed for it, cents.';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.state IS 'open, used, returned (to the fund) or refunded (the lot was cancelled).';
COMMENT ON COLUMN ecopanier_private.sponsored_unit.used_on IS 'The day on which it was used; no moment, which would tell by whom.';
COMMENT ON INDEX ecopanier_private.sponsored_unit_open_index IS 'Finds the next one to be used.';
CREATE TRIGGER sponsored_unit_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.sponsored_unit
	FOR EACH ROW EXECUTE FUNCTION ecopanier.sponsored_unit_guard();
ALTER TABLE ecopanier_private.sponsored_unit ENABLE ALWAYS TRIGGER sponsored_unit_guard;
ALTER TABLE ecopanier_private.sponsored_unit ENABLE ROW LEVEL SECURITY;

CREATE TABLE ecopanier_private.sponsorship_fund (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	balance_cents bigint NOT NULL CONSTRAINT sponsorship_fund_balance_check CHECK (balance_cents >= 0),
	PRIMARY KEY (territory_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE ecopanier_private.sponsorship_fund IS
'What a territory has for baskets: the sum of its instructions fund_in less fund_out, never negative.';
COMMENT ON COLUMN ecopanier_private.sponsorship_fund.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.sponsorship_fund.balance_cents IS 'Balance, cents.';
ALTER TABLE ecopanier_private.sponsorship_fund ENABLE ROW LEVEL SECURITY;

CREATE TABLE ecopanier_private.fund_round (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	day date NOT NULL,
	at timestamptz NOT NULL,
	units int NOT NULL DEFAULT 0,
	amount_cents bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (territory_id, day)
);
COMMENT ON TABLE ecopanier_private.fund_round IS 'The rounds in which a fund bought, one a day at most.';
COMMENT ON COLUMN ecopanier_private.fund_round.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.fund_round.day IS 'The day, in the territory''s time zone.';
COMMENT ON COLUMN ecopanier_private.fund_round.at IS 'The moment at which it was due: with the money that was there then, of the lots that were published, at their price then.';
COMMENT ON COLUMN ecopanier_private.fund_round.units IS 'Units that it bought.';
COMMENT ON COLUMN ecopanier_private.fund_round.amount_cents IS 'What it paid for them, cents.';
ALTER TABLE ecopanier_private.fund_round ENABLE ROW LEVEL SECURITY;

DO $derived$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['sponsored_lot', 'sponsorship_fund', 'fund_round'] LOOP
		EXECUTE format('CREATE TRIGGER %1$I BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.%2$I
			FOR EACH ROW EXECUTE FUNCTION ecopanier.sponsor_derived_guard()', name || '_guard', name);
		EXECUTE format('ALTER TABLE ecopanier_private.%2$I ENABLE ALWAYS TRIGGER %1$I', name || '_guard', name);
	END LOOP;
	FOREACH name IN ARRAY ARRAY['sponsored_lot', 'sponsored_unit', 'sponsorship_fund', 'fund_round'] LOOP
		EXECUTE format('CREATE TRIGGER %1$I BEFORE TRUNCATE ON ecopanier_private.%2$I
			FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard()', name || '_truncate', name);
		EXECUTE format('ALTER TABLE ecopanier_private.%2$I ENABLE ALWAYS TRIGGER %1$I', name || '_truncate', name);
	END LOOP;
END
$derived$;

-- What follows from a payment commits with it.
CREATE TRIGGER money_instruction_contribution AFTER UPDATE ON ecopanier_private.money_instruction
	FOR EACH ROW WHEN (NEW.kind = 'debit' AND NEW.cause = 'contribution' AND OLD.state = 'pending' AND NEW.state <> 'pending')
	EXECUTE FUNCTION ecopanier.contribution_settled();
-- One statement for each lot, the same for paid and free baskets (rule D13).
CREATE TRIGGER reservation_sponsored AFTER UPDATE ON ecopanier.reservation
	REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.reservation_sponsored();
-- A pickup that is loaded counts as well.
CREATE TRIGGER reservation_sponsored_load AFTER INSERT ON ecopanier.reservation
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.reservation_sponsored();
-- After lot_changed, which waits for pickups that are going on.
CREATE TRIGGER lot_sponsors AFTER UPDATE ON ecopanier.lot
	REFERENCING OLD TABLE AS old_lots NEW TABLE AS new_lots
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.lot_sponsors();

CREATE VIEW ecopanier.sponsorship WITH (security_barrier) AS
SELECT c.territory_id, c.member_id, c.id AS contribution_id, c.lot_id, c.quantity, c.amount_cents, c.state, c.created_at, c.paid_at,
	u.used AS units_used, u.last_used_on, u.given_back AS units_given_back
FROM ecopanier.contribution c
JOIN ecopanier.lot l ON l.territory_id = c.territory_id AND l.id = c.lot_id
JOIN ecopanier.territory t ON t.id = c.territory_id
CROSS JOIN LATERAL (SELECT (ecopanier.now() AT TIME ZONE t.time_zone)::date AS day) today
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE s.used_on < today.day)::int AS used,
		max(s.used_on) FILTER (WHERE s.used_on < today.day) AS last_used_on,
		count(*) FILTER (WHERE s.state IN ('refunded', 'returned') AND (l.window_end AT TIME ZONE t.time_zone)::date < today.day)::int AS given_back
	FROM ecopanier_private.sponsored_unit s WHERE s.territory_id = c.territory_id AND s.contribution_id = c.id) u
WHERE c.territory_id = (SELECT ecopanier.current_territory()) AND c.member_id = (SELECT ecopanier.current_member()) AND c.kind = 'basket';
COMMENT ON VIEW ecopanier.sponsorship IS
'The baskets that the caller paid for, and what became of them. That a unit was used is told by the day, from the next day on, so that nobody can tell by whom.';
COMMENT ON COLUMN ecopanier.sponsorship.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.sponsorship.member_id IS 'The member, who is the caller.';
COMMENT ON COLUMN ecopanier.sponsorship.contribution_id IS 'The contribution.';
COMMENT ON COLUMN ecopanier.sponsorship.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier.sponsorship.quantity IS 'Units.';
COMMENT ON COLUMN ecopanier.sponsorship.amount_cents IS 'What they cost, cents.';
COMMENT ON COLUMN ecopanier.sponsorship.state IS 'pledged, paid, refused or refunded.';
COMMENT ON COLUMN ecopanier.sponsorship.created_at IS 'When they were pledged.';
COMMENT ON COLUMN ecopanier.sponsorship.paid_at IS 'When they were paid.';
COMMENT ON COLUMN ecopanier.sponsorship.units_used IS 'Units that somebody fetched on a day that is over.';
COMMENT ON COLUMN ecopanier.sponsorship.last_used_on IS 'The last of these days.';
COMMENT ON COLUMN ecopanier.sponsorship.units_given_back IS 'Units that nobody fetched, whose money went to the territory''s fund, or that were refunded because the lot was cancelled; told from the day after the window on, since what was not given back was used.';
GRANT SELECT ON ecopanier.sponsorship TO ecopanier_customer;

CREATE VIEW ecopanier.sponsored_credit WITH (security_barrier) AS
SELECT u.territory_id, u.organisation_id, (l.window_end AT TIME ZONE t.time_zone)::date AS day,
	count(*)::int AS units, sum(u.price_cents)::bigint AS amount_cents
FROM ecopanier_private.sponsored_unit u
JOIN ecopanier.lot l ON l.territory_id = u.territory_id AND l.id = u.lot_id
JOIN ecopanier.territory t ON t.id = u.territory_id
WHERE u.territory_id = (SELECT ecopanier.current_territory()) AND u.organisation_id = (SELECT ecopanier.managed_organisation())
	AND u.state = 'used' AND (l.window_end AT TIME ZONE t.time_zone)::date < (ecopanier.now() AT TIME ZONE t.time_zone)::date
	AND NOT EXISTS (SELECT FROM ecopanier_private.sponsored_unit o WHERE o.territory_id = u.territory_id AND o.lot_id = u.lot_id AND o.state = 'open')
GROUP BY 1, 2, 3;
COMMENT ON VIEW ecopanier.sponsored_credit IS
'What the caller''s organisation is owed for sponsored baskets: sums of days that are over, and of lots that are settled, for its managers. No basket is named (rule D13).';
COMMENT ON COLUMN ecopanier.sponsored_credit.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.sponsored_credit.organisation_id IS 'The organisation, the caller''s.';
COMMENT ON COLUMN ecopanier.sponsored_credit.day IS 'The day on which the windows of the lots ended.';
COMMENT ON COLUMN ecopanier.sponsored_credit.units IS 'Units.';
COMMENT ON COLUMN ecopanier.sponsored_credit.amount_cents IS 'What is owed for them, cents.';
GRANT SELECT ON ecopanier.sponsored_credit TO ecopanier_merchant, ecopanier_association;

CREATE VIEW ecopanier.fund_status WITH (security_barrier) AS
SELECT f.territory_id, f.balance_cents,
	(SELECT max(r.day) FROM ecopanier_private.fund_round r WHERE r.territory_id = f.territory_id AND r.units > 0) AS last_bought_on
FROM ecopanier_private.sponsorship_fund f
WHERE f.territory_id = (SELECT ecopanier.current_territory()) AND (SELECT ecopanier.current_role_name()) = 'administrator';
COMMENT ON VIEW ecopanier.fund_status IS 'What the own territory''s fund of sponsored baskets has, for administrators.';
COMMENT ON COLUMN ecopanier.fund_status.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.fund_status.balance_cents IS 'Balance, cents.';
COMMENT ON COLUMN ecopanier.fund_status.last_bought_on IS 'The last day on which it bought.';
GRANT SELECT ON ecopanier.fund_status TO ecopanier_admin;

ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, section, columns, contact_columns, trace_column, erase, reason) VALUES
	(172, 'ecopanier.contribution', 'member_id', 'contributions',
		'{created_at,id,kind,lot_id,quantity,unit_price_cents,reservation_id,amount_cents,request_id,state,paid_at}', '{created_at}', NULL,
		'keep', 'Sums and the baskets of others follow from it; it names an id that leads to nobody.');
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, through, through_column, contact_columns, erase, reason) VALUES
	(262, 'ecopanier.contribution', 'reservation_id', 'ecopanier.reservation', 'member_id', '{}', 'keep', 'See member_id: it is the same person''s.'),
	(263, 'ecopanier.contribution', 'matched_id', 'ecopanier.contribution', 'member_id', '{}', 'keep', 'A funder''s share; an id alone.'),
	(264, 'ecopanier_private.sponsored_unit', 'contribution_id', 'ecopanier.contribution', 'member_id', '{}', 'keep', 'What the shop is owed follows from it; an id alone.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;
