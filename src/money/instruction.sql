CREATE FUNCTION ecopanier.money_instruction_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_money_instruction_guard';
COMMENT ON FUNCTION ecopanier.money_instruction_guard() IS
'Trigger of money_instruction: the rules alone write rows, and nothing of them changes but that each is done or refused, once, by
settle_instruction(). Errors: ZE107; ZE111; ZE112.';
CREATE FUNCTION ecopanier.reservation_refund()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_refund';
COMMENT ON FUNCTION ecopanier.reservation_refund() IS
'Trigger of reservation, and of money_instruction for a payment that comes later: who paid for a claim that is cancelled gets it back, written in the same
transaction: all of it where it was cancelled in time or by the merchant, the share late_cancel_refund where the member cancelled late. Nothing where nothing was paid.';
REVOKE ALL ON FUNCTION ecopanier.money_instruction_guard(), ecopanier.reservation_refund() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.money_instruction_guard(), ecopanier.reservation_refund() TO ecopanier_owner;

CREATE FUNCTION ecopanier.settle_instruction(instruction uuid, reference text, amount_cents bigint, outcome text DEFAULT 'done')
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_settle_instruction';
COMMENT ON FUNCTION ecopanier.settle_instruction(uuid, text, bigint, text) IS
'Notes what a payment provider said of an instruction (rule D11), and has what follows from it happen in the same transaction: units that somebody
paid for move to the solidarity pool. For superusers, who may grant EXECUTE to the login of the payment side; never for somebody who is signed in.
instruction: one of due_instructions(); reference: the provider''s, 1 to 200 characters, one for each instruction; amount_cents: what the provider
carried out, which must be all of it; outcome: done, or, of a debit, refused. Each answer belongs in a transaction of its own: it keeps locks on lots and on the
fund until it commits.
Returns whether this was new: the same answer given again changes nothing.
Errors: 42501; 22004 a null argument; 22023 another amount or outcome, what is owed as refused, or a reference of another length; ZE101 no such instruction;
ZE107 it was settled otherwise; ZE110 the reference settled another one.';
CREATE FUNCTION ecopanier.due_instructions(most int DEFAULT 100, after uuid DEFAULT NULL, OUT territory_id int, OUT id uuid, OUT kind text, OUT member_id uuid,
	OUT organisation_id uuid, OUT amount_cents bigint, OUT cause text, OUT cause_id uuid, OUT at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 100
AS 'MODULE_PATHNAME', 'ecp_due_instructions';
COMMENT ON FUNCTION ecopanier.due_instructions(int, uuid) IS
'Instructions that are still to be carried out, the oldest of each territory first; for superusers, who may grant EXECUTE to the login of the payment side.
most: how many of each territory, 1 to 10000; after: an instruction, settled or not, behind which to go on: those of its territory alone. So what nobody pays for does
not hide what came later. Returns the columns of the instruction. Errors: 42501; 22004; 22023; ZE101 no such instruction.';
REVOKE ALL ON FUNCTION ecopanier.settle_instruction(uuid, text, bigint, text), ecopanier.due_instructions(int, uuid) FROM PUBLIC;
