-- Food wishes, chosen for each order.

CREATE FUNCTION ecopanier.reservation_wish_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_reservation_wish_guard';
COMMENT ON FUNCTION ecopanier.reservation_wish_guard() IS
'Trigger of reservation_wish: wishes are chosen by the person, for a held claim. Errors: 42501, ZE101, ZE107, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.reservation_wish_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_wish_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_wishes(reservation uuid, wishes text[])
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_wishes';
COMMENT ON FUNCTION ecopanier.set_wishes(uuid, text[]) IS
'Says what the food of one claim should not hold or need, in place of what was said before; by the person, while the claim is held.
reservation: the claim; wishes: up to 20 codes of ecopanier.wish, empty for none. Nothing of it is kept with the person.
Errors: 42501 nobody is signed in; 22004; 22023 an unknown wish; ZE101 no such reservation; ZE107 it is not held.';
CREATE FUNCTION ecopanier.reservation_wishes(reservation uuid DEFAULT NULL, OUT reservation_id uuid, OUT wish text)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_reservation_wishes';
COMMENT ON FUNCTION ecopanier.reservation_wishes(uuid) IS
'The wishes of held claims: of the caller''s own, or of those that the caller''s organisation hands over, paid and free alike (rule D13).
reservation: one of them, all where null. Returns reservation_id, wish. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.set_wishes(uuid, text[]), ecopanier.reservation_wishes(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_wishes(uuid, text[]) TO ecopanier_customer, ecopanier_beneficiary;
GRANT EXECUTE ON FUNCTION ecopanier.reservation_wishes(uuid)
	TO ecopanier_customer, ecopanier_beneficiary, ecopanier_merchant, ecopanier_association;
