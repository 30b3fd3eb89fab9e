CREATE FUNCTION ecopanier.reservation_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_guard';
COMMENT ON FUNCTION ecopanier.reservation_guard() IS
'Trigger of reservation: checks a claim and fills in all that the claimer does not choose; moves its state along afterwards.
Errors: 42501; 22004 no lot or quantity; 22023 a quantity below 1; ZE101 no such lot here; ZE102 not offered; ZE103 the window is over;
ZE104 no units at a price; ZE106 no verified right; ZE107 a step that is not possible; ZE111 a changed or deleted claim.';
REVOKE ALL ON FUNCTION ecopanier.reservation_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.reservation_count()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_count';
COMMENT ON FUNCTION ecopanier.reservation_count() IS
'Trigger of reservation: takes the claims of a statement from quota and stock, or gives them back, in key order.
Errors: ZE104 not enough units left; ZE105 the day''s free units are used up (rule D1).';
REVOKE ALL ON FUNCTION ecopanier.reservation_count() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_count() TO ecopanier_owner;

CREATE TYPE ecopanier.receipt AS (
	reservation uuid,
	lot uuid,
	state text,
	quantity int,
	amount_cents int,
	pin text,
	qr text,
	window_start timestamptz,
	window_end timestamptz
);
COMMENT ON TYPE ecopanier.receipt IS 'What a member has claimed, and what is shown to pick it up.';
COMMENT ON COLUMN ecopanier.receipt.reservation IS 'The reservation.';
COMMENT ON COLUMN ecopanier.receipt.lot IS 'The lot.';
COMMENT ON COLUMN ecopanier.receipt.state IS 'awaiting_payment, held, collected, cancelled or lapsed.';
COMMENT ON COLUMN ecopanier.receipt.quantity IS 'Units.';
COMMENT ON COLUMN ecopanier.receipt.amount_cents IS 'What the member pays, cents.';
COMMENT ON COLUMN ecopanier.receipt.pin IS 'Six digits for the station, null unless held. Never in the QR.';
COMMENT ON COLUMN ecopanier.receipt.qr IS 'Signed token that the QR shows, null unless held.';
COMMENT ON COLUMN ecopanier.receipt.window_start IS 'When pickup begins.';
COMMENT ON COLUMN ecopanier.receipt.window_end IS 'When pickup ends, a grace included.';

CREATE FUNCTION ecopanier.reserve(lot uuid, quantity int DEFAULT 1, request_id uuid DEFAULT NULL)
RETURNS ecopanier.receipt
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reserve';
COMMENT ON FUNCTION ecopanier.reserve(uuid, int, uuid) IS
'Claims units of a lot for the caller: free ones as a beneficiary, public ones at the price as a customer.
lot: one of lot_offer; quantity: units, at least 1; request_id: a number of the client''s, with which a retry gives the same receipt.
Returns the receipt.
Errors: 42501 not signed in as either; 22004; 22023 quantity below 1; ZE101 no such lot here; ZE102 no longer offered;
ZE103 the window is over; ZE104 not enough units left; ZE105 the day''s free units are used up (rules D1, D2);
ZE106 no verified right (rule D14); ZE110 request_id used for another request.';
CREATE FUNCTION ecopanier.receipt(reservation uuid)
RETURNS ecopanier.receipt
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_receipt';
COMMENT ON FUNCTION ecopanier.receipt(uuid) IS
'The receipt of a reservation of the caller''s own. reservation: its id.
Errors: 42501 nobody is signed in; ZE101 no such reservation; ZE113 the key file lacks its key.';
CREATE FUNCTION ecopanier.cancel(reservation uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_cancel';
COMMENT ON FUNCTION ecopanier.cancel(uuid, text) IS
'Cancels a reservation: by its member, by managers of the organisation that hands over, or by an administrator.
reservation: its id; reason: needed from staff. Units and the day''s quota are given back; not the quota where the member cancels later
than the setting cancel_cutoff before the window opens (rules D3, D16).
Errors: 42501 nobody is signed in; 22023 a reason of more than 1000 characters; ZE101 no such reservation;
ZE107 it is collected, cancelled or lapsed; ZE117 no reason.';
REVOKE ALL ON FUNCTION ecopanier.reserve(uuid, int, uuid), ecopanier.receipt(uuid), ecopanier.cancel(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reserve(uuid, int, uuid), ecopanier.receipt(uuid) TO ecopanier_customer, ecopanier_beneficiary;
GRANT EXECUTE ON FUNCTION ecopanier.cancel(uuid, text)
	TO ecopanier_customer, ecopanier_beneficiary, ecopanier_merchant, ecopanier_association, ecopanier_admin;
