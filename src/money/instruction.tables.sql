/*
 * What is to be paid, given back or owed: facts of which nothing but the
 * carrying out changes, once. Nobody reads the table: a view shows each party
 * the own ones.
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('late_cancel_refund', 'percent', 0, 100, 100, 'What a member gets back of a paid claim that is cancelled later than cancel_cutoff allows; in time, or by the merchant, all of it.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name = 'late_cancel_refund';

CREATE TABLE ecopanier_private.money_instruction (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	id uuid NOT NULL,
	kind text NOT NULL CONSTRAINT money_instruction_kind_check CHECK (kind IN ('debit', 'refund', 'credit', 'fund_in', 'fund_out')),
	member_id uuid,
	organisation_id uuid,
	amount_cents bigint NOT NULL CONSTRAINT money_instruction_amount_check CHECK (amount_cents > 0),
	cause text NOT NULL CONSTRAINT money_instruction_cause_check CHECK (cause IN ('reservation', 'contribution', 'sponsored_unit')),
	cause_id uuid NOT NULL,
	at timestamptz NOT NULL,
	rule_version int,
	state text NOT NULL CONSTRAINT money_instruction_state_check CHECK (state IN ('pending', 'done', 'refused')),
	reference text CONSTRAINT money_instruction_reference_check CHECK (length(reference) BETWEEN 1 AND 200),
	settled_at timestamptz,
	PRIMARY KEY (territory_id, id),
	CONSTRAINT money_instruction_once_key UNIQUE (territory_id, cause_id, kind),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT money_instruction_party_check CHECK (CASE WHEN kind IN ('fund_in', 'fund_out') THEN num_nonnulls(member_id, organisation_id) = 0
		ELSE num_nonnulls(member_id, organisation_id) = 1 END),
	CONSTRAINT money_instruction_settled_check CHECK ((state = 'pending') = (settled_at IS NULL)
		AND (reference IS NOT NULL) = (state <> 'pending' AND kind NOT IN ('fund_in', 'fund_out')))
);
CREATE UNIQUE INDEX money_instruction_reference_key ON ecopanier_private.money_instruction (territory_id, reference) WHERE reference IS NOT NULL;
CREATE INDEX money_instruction_pending_index ON ecopanier_private.money_instruction (territory_id, at, id) WHERE state = 'pending';
CREATE INDEX money_instruction_member_index ON ecopanier_private.money_instruction (territory_id, member_id, at) WHERE member_id IS NOT NULL;
CREATE INDEX money_instruction_organisation_index ON ecopanier_private.money_instruction (territory_id, organisation_id, at) WHERE organisation_id IS NOT NULL;
CREATE INDEX money_instruction_fund_index ON ecopanier_private.money_instruction (territory_id, at) WHERE kind IN ('fund_in', 'fund_out');
COMMENT ON TABLE ecopanier_private.money_instruction IS
'What is to be paid, given back or owed, each a fact that is written once for its cause. The rules alone write here; a payment provider''s answer is noted once.';
COMMENT ON COLUMN ecopanier_private.money_instruction.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.money_instruction.id IS 'Identifier, for the payment side.';
COMMENT ON COLUMN ecopanier_private.money_instruction.kind IS
'debit (the party pays), refund (gets it back), credit (is owed), fund_in and fund_out (the territory''s fund, done at once).';
COMMENT ON COLUMN ecopanier_private.money_instruction.member_id IS 'The party where it is a member.';
COMMENT ON COLUMN ecopanier_private.money_instruction.organisation_id IS 'The party where it is an organisation.';
COMMENT ON COLUMN ecopanier_private.money_instruction.amount_cents IS 'Amount, cents, above 0.';
COMMENT ON COLUMN ecopanier_private.money_instruction.cause IS 'What it is for: reservation, contribution or sponsored_unit.';
COMMENT ON COLUMN ecopanier_private.money_instruction.cause_id IS 'The row that it is for.';
COMMENT ON COLUMN ecopanier_private.money_instruction.at IS
'When, by the rule. A credit for a sponsored basket bears the day alone, so that it does not tell which pickup it was for (rule D13).';
COMMENT ON COLUMN ecopanier_private.money_instruction.rule_version IS 'Version of the setting that decided the amount, such as late_cancel_refund.';
COMMENT ON COLUMN ecopanier_private.money_instruction.state IS 'pending, done or refused.';
COMMENT ON COLUMN ecopanier_private.money_instruction.reference IS 'The payment provider''s reference: one for each instruction of a territory.';
COMMENT ON COLUMN ecopanier_private.money_instruction.settled_at IS 'When it was done or refused.';
COMMENT ON INDEX ecopanier_private.money_instruction_reference_key IS 'A reference settles one instruction.';
COMMENT ON INDEX ecopanier_private.money_instruction_pending_index IS 'Finds what is to be carried out.';
COMMENT ON INDEX ecopanier_private.money_instruction_member_index IS 'Finds a member''s own.';
COMMENT ON INDEX ecopanier_private.money_instruction_organisation_index IS 'Finds an organisation''s own.';
COMMENT ON INDEX ecopanier_private.money_instruction_fund_index IS 'Adds up a fund.';
ALTER TABLE ecopanier_private.money_instruction ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER money_instruction_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.money_instruction
	FOR EACH ROW EXECUTE FUNCTION ecopanier.money_instruction_guard();
ALTER TABLE ecopanier_private.money_instruction ENABLE ALWAYS TRIGGER money_instruction_guard;
CREATE TRIGGER money_instruction_truncate BEFORE TRUNCATE ON ecopanier_private.money_instruction
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.money_instruction ENABLE ALWAYS TRIGGER money_instruction_truncate;

-- A claim that was never held was never paid.
CREATE TRIGGER reservation_refund AFTER UPDATE ON ecopanier.reservation
	FOR EACH ROW WHEN (NEW.state = 'cancelled' AND OLD.state = 'held') EXECUTE FUNCTION ecopanier.reservation_refund();

-- Nor was one that is cancelled while its payment is under way, until it comes.
CREATE TRIGGER money_instruction_refund AFTER UPDATE ON ecopanier_private.money_instruction
	FOR EACH ROW WHEN (NEW.kind = 'debit' AND NEW.cause = 'reservation' AND OLD.state = 'pending' AND NEW.state = 'done')
	EXECUTE FUNCTION ecopanier.reservation_refund('cause_id');

CREATE VIEW ecopanier.payment WITH (security_barrier) AS
SELECT i.territory_id, i.member_id, i.at, i.kind, i.amount_cents, i.cause, i.cause_id, i.state, i.settled_at
FROM ecopanier_private.money_instruction i
JOIN ecopanier.territory t ON t.id = i.territory_id
WHERE i.territory_id = (SELECT ecopanier.current_territory()) AND i.member_id = (SELECT ecopanier.current_member())
	AND (i.cause <> 'sponsored_unit' OR (i.at AT TIME ZONE t.time_zone)::date < (ecopanier.now() AT TIME ZONE t.time_zone)::date);
COMMENT ON VIEW ecopanier.payment IS
'What the caller paid or is to pay, and gets back. That units of a basket for somebody else are given back is told from the next day on, so that nobody can tell who fetched the others.';
COMMENT ON COLUMN ecopanier.payment.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.payment.member_id IS 'The member, who is the caller.';
COMMENT ON COLUMN ecopanier.payment.at IS 'Since when it is to be paid or given back.';
COMMENT ON COLUMN ecopanier.payment.kind IS 'debit (to pay) or refund (given back).';
COMMENT ON COLUMN ecopanier.payment.amount_cents IS 'Amount, cents.';
COMMENT ON COLUMN ecopanier.payment.cause IS 'What it is for: reservation, contribution or sponsored_unit.';
COMMENT ON COLUMN ecopanier.payment.cause_id IS 'The row that it is for.';
COMMENT ON COLUMN ecopanier.payment.state IS 'pending, done or refused.';
COMMENT ON COLUMN ecopanier.payment.settled_at IS 'When it was done or refused.';
GRANT SELECT ON ecopanier.payment TO ecopanier_customer, ecopanier_beneficiary;

CREATE VIEW ecopanier.payment_list WITH (security_barrier) AS
SELECT i.territory_id, (i.at AT TIME ZONE t.time_zone)::date AS day, i.kind, i.cause, i.state, i.organisation_id,
	count(*) AS instructions, sum(i.amount_cents)::bigint AS amount_cents
FROM ecopanier_private.money_instruction i
JOIN ecopanier.territory t ON t.id = i.territory_id
WHERE i.territory_id = (SELECT ecopanier.current_territory()) AND (SELECT ecopanier.current_role_name()) = 'administrator'
	AND (i.at AT TIME ZONE t.time_zone)::date < (ecopanier.now() AT TIME ZONE t.time_zone)::date
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW ecopanier.payment_list IS
'What was to be paid, given back and owed in the own territory, by day and organisation: sums of days that are over, for administrators. They name nobody and no basket.';
COMMENT ON COLUMN ecopanier.payment_list.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.payment_list.day IS 'The day, in the territory''s time zone.';
COMMENT ON COLUMN ecopanier.payment_list.kind IS 'debit, refund, credit, fund_in or fund_out.';
COMMENT ON COLUMN ecopanier.payment_list.cause IS 'What they are for: reservation, contribution or sponsored_unit.';
COMMENT ON COLUMN ecopanier.payment_list.state IS 'pending, done or refused.';
COMMENT ON COLUMN ecopanier.payment_list.organisation_id IS 'The organisation that owes or is owed; null for members and the fund.';
COMMENT ON COLUMN ecopanier.payment_list.instructions IS 'How many.';
COMMENT ON COLUMN ecopanier.payment_list.amount_cents IS 'Their sum, cents.';
GRANT SELECT ON ecopanier.payment_list TO ecopanier_admin;

-- Accounting keeps its sums; once the person is erased the id leads to nobody.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, section, columns, contact_columns, trace_column, erase, reason) VALUES
	(171, 'ecopanier_private.money_instruction', 'member_id', 'payments', '{at,kind,amount_cents,cause,cause_id,state,settled_at}', '{}', NULL,
		'keep', 'A piece of accounting, kept ten years; it names an id that leads to nobody, and a refund goes back the way the payment came.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;
