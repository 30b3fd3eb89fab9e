CREATE FUNCTION ecopanier.lot_cascade()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_cascade';
COMMENT ON FUNCTION ecopanier.lot_cascade() IS
'Trigger of lot: the cascade looks at a lot that was closed when its window is over, and at what a correction adds after that then; one that is cancelled is recalled at once: offers of it end, and the lot in which it was offered again is cancelled too. Raises nothing of its own.';
CREATE FUNCTION ecopanier.cascade_due_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_cascade_due_guard';
COMMENT ON FUNCTION ecopanier.cascade_due_guard() IS
'Trigger of cascade_due: written by the rules alone, whoever asks. Errors: ZE112.';
CREATE FUNCTION ecopanier.lot_source_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_source_guard';
COMMENT ON FUNCTION ecopanier.lot_source_guard() IS
'Trigger of lot, where source_lot_id would change: where a lot came from stays as it is. Errors: ZE111.';
CREATE FUNCTION ecopanier.reservation_cascade()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_cascade';
COMMENT ON FUNCTION ecopanier.reservation_cascade() IS
'Trigger of reservation: the cascade looks again at a lot whose window was over when one of its claims ended. Raises nothing.';
CREATE FUNCTION ecopanier.receiver_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_receiver_guard';
COMMENT ON FUNCTION ecopanier.receiver_guard() IS
'Trigger of receiver: kept by managers and owners of the organisation and by administrators; who declares, and when, is noted; food for people goes
to associations and social services. Errors: 42501; 22023; ZE101; ZE111 another organisation or stage, a deleted row.';
CREATE FUNCTION ecopanier.cascade_step_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_cascade_step_guard';
COMMENT ON FUNCTION ecopanier.cascade_step_guard() IS
'Trigger of cascade_step: written by the rules alone, whoever asks; only an offer''s outcome changes, along its states. Errors: ZE107, ZE111, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.lot_cascade(), ecopanier.cascade_due_guard(), ecopanier.lot_source_guard(), ecopanier.reservation_cascade(), ecopanier.receiver_guard(),
	ecopanier.cascade_step_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_cascade(), ecopanier.cascade_due_guard(), ecopanier.lot_source_guard(), ecopanier.reservation_cascade(), ecopanier.receiver_guard(),
	ecopanier.cascade_step_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.my_offers(OUT step_id uuid, OUT lot_id uuid, OUT stage text, OUT state text, OUT quantity int, OUT weight_g bigint,
	OUT deadline timestamptz, OUT title text, OUT category text, OUT use_by date, OUT best_before date, OUT batch text, OUT allergens text[],
	OUT cold_class text, OUT organisation_name text, OUT address text, OUT latitude double precision, OUT longitude double precision)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_my_offers';
COMMENT ON FUNCTION ecopanier.my_offers() IS
'What the caller''s organisation is offered of what is left of lots, and what it accepted and has not collected, the soonest deadline first.
Returns the step for accept_offer(), refuse_offer() and receive_offer(); the lot; the stage; offered or accepted; units and their weight in grams; until
when it can be accepted or collected; what it is, with batch and dates; how it is kept; where it is. Errors: 42501 nobody is signed in for an organisation.';
CREATE FUNCTION ecopanier.accept_offer(step uuid)
RETURNS timestamptz
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_accept_offer';
COMMENT ON FUNCTION ecopanier.accept_offer(uuid) IS
'Accepts what is left of a lot for the caller''s organisation, whose staff decides. step: of my_offers(). Returns until when it is to be collected;
again, the same. Errors: 42501; ZE101 no such offer; ZE103 its deadline has passed; ZE107 refused or taken back; ZE108 past the use-by date;
ZE118 not accredited; ZE131 less than donation_hours left and not declared.';
CREATE FUNCTION ecopanier.refuse_offer(step uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_refuse_offer';
COMMENT ON FUNCTION ecopanier.refuse_offer(uuid, text) IS
'Refuses an offer, or gives back an accepted one: the units go on at once, to the next receiver or stage. step: of my_offers(); reason: in words, for the
shop and administrators. Errors: 42501; ZE101 no such offer; ZE103 its deadline has passed; ZE107 it has ended; ZE117 no reason; 22023 a reason of more than 1000 characters.';
CREATE FUNCTION ecopanier.receive_offer(step uuid, quantity int, weight_g bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_receive_offer';
COMMENT ON FUNCTION ecopanier.receive_offer(uuid, int, bigint) IS
'Notes that the caller''s organisation collected what it accepted. step: of my_offers(); quantity: units, 1 or more, what is not taken goes on;
weight_g: as weighed, computed where null. Returns the weight that was noted, grams; again with the same quantity, the same. Errors: 42501; 22023 a quantity or
weight out of range; ZE101 no such offer; ZE103 its deadline has passed; ZE107 it is not accepted; ZE108 past the use-by date; ZE118 not accredited; ZE131.';
CREATE FUNCTION ecopanier.give_lot(lot uuid, units int, receiver uuid, request_id uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_give_lot';
COMMENT ON FUNCTION ecopanier.give_lot(uuid, int, uuid, uuid) IS
'Offers units of a lot that nobody claimed to a receiver before the window is over, as a manager or owner of the shop decides. lot: of the caller''s
organisation; units: 1 or more; receiver: of ecopanier.receiver, in the territory; request_id: a repeated request makes one step. Returns the step. What
is refused or not answered goes back to the lot. Errors: 42501; 22023; ZE101 no such lot or receiver; ZE102 a draft or a cancelled lot; ZE103 the window
is over; ZE104 fewer units left; ZE107 the receiver takes no more today, does not keep what has to be kept so, or is closed; ZE108 past the use-by date;
ZE110 the request_id was used for another; ZE118 not accredited; ZE131 less than donation_hours left and not declared.';
REVOKE ALL ON FUNCTION ecopanier.my_offers(), ecopanier.accept_offer(uuid), ecopanier.refuse_offer(uuid, text),
	ecopanier.receive_offer(uuid, int, bigint), ecopanier.give_lot(uuid, int, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.my_offers(), ecopanier.accept_offer(uuid), ecopanier.refuse_offer(uuid, text),
	ecopanier.receive_offer(uuid, int, bigint), ecopanier.give_lot(uuid, int, uuid, uuid)
	TO ecopanier_merchant, ecopanier_association;

-- The cascade asks, as the owner, how far a receiver is.
GRANT EXECUTE ON FUNCTION ecopanier.distance_m(double precision, double precision, double precision, double precision) TO ecopanier_owner;
