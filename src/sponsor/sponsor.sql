CREATE FUNCTION ecopanier.match_agreement_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_match_agreement_guard';
COMMENT ON FUNCTION ecopanier.match_agreement_guard() IS
'Trigger of match_agreement: administrators agree with active funders and public authorities; nothing changes afterwards but an end that is brought forward.
Errors: 42501; 22023 a beginning in the past, an end that is over or put off; 23514 another kind of organisation, or one that is not active; ZE101 no such organisation; ZE111.';
CREATE FUNCTION ecopanier.contribution_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_contribution_guard';
COMMENT ON FUNCTION ecopanier.contribution_guard() IS
'Trigger of contribution: customers give; price, amount and state are computed. Its state follows from the payment alone.
Errors: 42501; 22004 a basket without lot or quantity, a round-up without a claim, a gift without an amount; 22023 another kind or amount, something that the kind does not have, or nothing to round up;
ZE101 no such lot or claim; ZE102 not offered; ZE103 the window is over; ZE104 not enough public units left; ZE107; ZE108; ZE111; ZE112.';
CREATE FUNCTION ecopanier.contribution_pledged()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_contribution_pledged';
COMMENT ON FUNCTION ecopanier.contribution_pledged() IS 'Trigger of contribution: what is pledged is to be paid, an instruction of kind debit.';
CREATE FUNCTION ecopanier.contribution_settled()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_contribution_settled';
COMMENT ON FUNCTION ecopanier.contribution_settled() IS
'Trigger of money_instruction: what somebody paid for happens together with the payment. Units of a lot move from the public to the solidarity pool; where the lot
has not all of them any more, is over or withdrawn, all of the money is given back. Other contributions go to the fund. What was given is matched as agreed.';
CREATE FUNCTION ecopanier.sponsored_unit_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_sponsored_unit_guard';
COMMENT ON FUNCTION ecopanier.sponsored_unit_guard() IS
'Trigger of sponsored_unit: the rules alone write rows; each ends once, used, returned or refunded. Errors: ZE107; ZE111; ZE112.';
CREATE FUNCTION ecopanier.sponsor_derived_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_sponsor_derived_guard';
COMMENT ON FUNCTION ecopanier.sponsor_derived_guard() IS
'Trigger of sponsored_lot, sponsorship_fund and fund_round: the rules alone write rows. Errors: ZE111 a deleted row; ZE112.';
CREATE FUNCTION ecopanier.reservation_sponsored()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_sponsored';
COMMENT ON FUNCTION ecopanier.reservation_sponsored() IS
'Trigger of reservation: counts a pickup of a lot with sponsored units, in the same transaction and by the same statement for paid and free baskets (rule D13). Several at once are counted by lot, in key order, so that they do not wait for each other.
What it used of the sponsored units the schedule has the shop owed.';
CREATE FUNCTION ecopanier.lot_sponsors()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_sponsors';
COMMENT ON FUNCTION ecopanier.lot_sponsors() IS
'Trigger of lot: when a lot is cancelled, what was paid for its sponsored units is given back to who gave it, in the same transaction; to the fund what the fund paid.';
REVOKE ALL ON FUNCTION ecopanier.match_agreement_guard(), ecopanier.contribution_guard(), ecopanier.contribution_pledged(), ecopanier.contribution_settled(),
	ecopanier.sponsored_unit_guard(), ecopanier.sponsor_derived_guard(), ecopanier.reservation_sponsored(), ecopanier.lot_sponsors() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.match_agreement_guard(), ecopanier.contribution_guard(), ecopanier.contribution_pledged(), ecopanier.contribution_settled(),
	ecopanier.sponsored_unit_guard(), ecopanier.sponsor_derived_guard(), ecopanier.reservation_sponsored(), ecopanier.lot_sponsors() TO ecopanier_owner;

CREATE FUNCTION ecopanier.sponsor_units(lot uuid, quantity int DEFAULT 1, request_id uuid DEFAULT NULL,
	OUT contribution uuid, OUT state text, OUT amount_cents bigint)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_sponsor_units';
COMMENT ON FUNCTION ecopanier.sponsor_units(uuid, int, uuid) IS
'Pays for units of a lot for somebody else, as a customer, at the price of the moment. Nothing is taken from the stock before it is paid: then the units move to
the solidarity pool with the payment. Where the lot has not all of them any more, the money is given back; what nobody fetches goes to the territory''s fund.
lot: one of lot_offer; quantity: units, 1 to 100; request_id: a number of the client''s, with which a retry gives the same answer.
Returns the contribution, its state and what is to be paid, cents.
Errors: 42501; 22004; 23514 more than 100 units; 22023 a quantity below 1; ZE101 no such lot here; ZE102 no longer offered; ZE103 the window is over;
ZE104 not enough public units left; ZE108 past its use-by date; ZE110 request_id used for another request.';
CREATE FUNCTION ecopanier.contribute(kind text, amount_cents bigint DEFAULT NULL, request_id uuid DEFAULT NULL, reservation uuid DEFAULT NULL,
	OUT contribution uuid, OUT state text, OUT paid_cents bigint)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_contribute';
COMMENT ON FUNCTION ecopanier.contribute(text, bigint, uuid, uuid) IS
'Gives to the territory''s fund, which pays for baskets, as a customer.
kind: round_up (to the next euro of an own public claim that is not cancelled, once) or gift; amount_cents: of a gift, 1 to 100000000; of a round-up it is computed, and compared where it is given;
request_id: a number of the client''s, with which a retry gives the same answer; reservation: of a round-up, the claim.
Returns the contribution, its state and what is to be paid, cents.
Errors: 42501; 22004; 22023 another kind or amount, a gift with a claim, or a price that is full euros; 23505 the claim was rounded up before; 23514 an amount out of range;
ZE101 no such claim; ZE107 it was cancelled or not fetched; ZE110 request_id used for another request.';
REVOKE ALL ON FUNCTION ecopanier.sponsor_units(uuid, int, uuid), ecopanier.contribute(text, bigint, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.sponsor_units(uuid, int, uuid), ecopanier.contribute(text, bigint, uuid, uuid) TO ecopanier_customer;

CREATE FUNCTION ecopanier.rebuild_sponsored()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rebuild_sponsored';
COMMENT ON FUNCTION ecopanier.rebuild_sponsored() IS
'Computes again, from claims and instructions, what was fetched of lots with sponsored units, and the balances of the funds; for superusers.
Returns how many rows were wrong. Errors: 42501; ZE001 before install().';
REVOKE ALL ON FUNCTION ecopanier.rebuild_sponsored() FROM PUBLIC;
