CREATE TYPE ecopanier.handover AS (
	verdict text,
	lot_title text,
	quantity int,
	first_name text
);
COMMENT ON TYPE ecopanier.handover IS 'What a station learns: the same for paid and free baskets (rule D13).';
COMMENT ON COLUMN ecopanier.handover.verdict IS
'handed_over, wrong_pin, locked, invalid, expired, already_collected, cancelled, too_early, too_late or not_signed_in; message() says it to a person.';
COMMENT ON COLUMN ecopanier.handover.lot_title IS 'What to hand over; null unless handed_over.';
COMMENT ON COLUMN ecopanier.handover.quantity IS 'Units; null unless handed_over.';
COMMENT ON COLUMN ecopanier.handover.first_name IS 'Name that the person chose to be called by; null unless handed_over.';

CREATE FUNCTION ecopanier.verify_pickup(token text, pin text)
RETURNS ecopanier.handover
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_verify_pickup';
COMMENT ON FUNCTION ecopanier.verify_pickup(text, text) IS
'Hands a basket over, at a station of the organisation that offers it. Pass both as bound parameters.
token: what the station read from the QR; pin: the six digits that the person says.
Returns a verdict; nothing about token or PIN is ever raised. A try is charged before the PIN is compared and survives a rollback;
after the setting pickup_tries of them the reservation is locked at this station until a manager releases it or the person takes a new PIN.
Errors: 25006 in a read-only transaction; ZE001; ZE113 the key file lacks the reservation''s key.';

CREATE FUNCTION ecopanier.reissue_pin(reservation uuid)
RETURNS ecopanier.receipt
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reissue_pin';
COMMENT ON FUNCTION ecopanier.reissue_pin(uuid) IS
'Gives a held reservation of the caller''s own a new PIN, of the current key; the old one ends, tries begin anew. reservation: its id.
Returns the receipt. Errors: 42501 nobody is signed in; ZE101 no such reservation.';

CREATE FUNCTION ecopanier.release_pickup(reservation uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_release_pickup';
COMMENT ON FUNCTION ecopanier.release_pickup(uuid, text) IS
'Releases a reservation whose tries are used up, by a manager or owner of the organisation or an administrator; noted in the audit.
reservation: its id; reason: how the person was recognised. Tries begin anew, and pickup is possible for the setting release_grace
minutes even after the window, never after the use-by date.
Errors: 42501 nobody is signed in; ZE101 no such reservation; ZE107 not locked; ZE117 no reason.';

CREATE FUNCTION ecopanier.lapse_due()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_lapse_due';
COMMENT ON FUNCTION ecopanier.lapse_due() IS
'Lapses the reservations that nobody collected in time; their units go back to the lot, their quota does not (rule D3).
A locked reservation does not lapse. For administrators, in their territory, and superusers, in all.
Returns how many lapsed. Errors: 42501.';

CREATE FUNCTION ecopanier.pickup_qr(reservation uuid)
RETURNS ecopanier."image/svg+xml"
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_pickup_qr';
COMMENT ON FUNCTION ecopanier.pickup_qr(uuid) IS
'The QR of a held reservation of the caller''s own, as SVG. reservation: its id.
Errors: 42501 nobody is signed in; ZE101 no such reservation; ZE107 it is not held; ZE113.';
CREATE FUNCTION ecopanier.pickup_qr_png(reservation uuid, module_px int DEFAULT 8)
RETURNS ecopanier."image/png"
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_pickup_qr_png';
COMMENT ON FUNCTION ecopanier.pickup_qr_png(uuid, int) IS
'The QR of a held reservation of the caller''s own, as PNG. reservation: its id; module_px: side of a module, 2 to 32 pixels.
Errors: 42501 nobody is signed in; 22023 module_px out of range; ZE101 no such reservation; ZE107 it is not held; ZE113.';

REVOKE ALL ON FUNCTION ecopanier.verify_pickup(text, text), ecopanier.reissue_pin(uuid), ecopanier.release_pickup(uuid, text),
	ecopanier.lapse_due(), ecopanier.pickup_qr(uuid), ecopanier.pickup_qr_png(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.verify_pickup(text, text) TO ecopanier_merchant, ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.reissue_pin(uuid), ecopanier.pickup_qr(uuid), ecopanier.pickup_qr_png(uuid, int)
	TO ecopanier_customer, ecopanier_beneficiary;
GRANT EXECUTE ON FUNCTION ecopanier.release_pickup(uuid, text) TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.lapse_due() TO ecopanier_admin;
