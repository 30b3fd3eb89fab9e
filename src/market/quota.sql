CREATE FUNCTION ecopanier.category_points_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_category_points_guard';
COMMENT ON FUNCTION ecopanier.category_points_guard() IS
'Trigger of category_points: numbers the value, notes its author, checks the category and keeps the history.
Errors: 22023 no such category, or in the past; 42501 not an administrator; ZE111 an update or delete.';
REVOKE ALL ON FUNCTION ecopanier.category_points_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.category_points_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_category_points(category text, points int, source text, valid_from timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_category_points';
COMMENT ON FUNCTION ecopanier.set_category_points(text, int, text, timestamptz) IS
'Sets from a moment on what a free unit of a category counts in the administrator''s territory, where the setting quota_kind is 1.
category: of lots; points: 1 to 1000; source: why; valid_from: not in the past, now where null. A category without a value counts 1.
Returns the version of the value.
Errors: 42501 not an administrator; 22004 a null argument; 22023 no such category, in the past or never; 23514 points out of range, or a source
that says nothing or is longer than 1000 characters.';
REVOKE ALL ON FUNCTION ecopanier.set_category_points(text, int, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_category_points(text, int, text, timestamptz) TO ecopanier_admin;

CREATE FUNCTION ecopanier.reserve(lot uuid, quantity int, request_id uuid, pool text, window_start timestamptz DEFAULT NULL)
RETURNS ecopanier.receipt
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reserve';
COMMENT ON FUNCTION ecopanier.reserve(uuid, int, uuid, text, timestamptz) IS
'Claims units of a lot for the caller, from a pool and for a pickup window.
lot: one of lot_offer; quantity: units, at least 1; request_id: a number of the client''s, with which a retry gives the same receipt, or null;
pool: public, at the price of the moment, or solidarity, free and for beneficiaries alone; null: by the caller''s role;
window_start: when one of the lot''s windows begins; null: the first that is not over.
Returns the receipt.
Errors: those of reserve(uuid, int, uuid); 42501 free units asked for as a customer; 23514 no such pool; 22023 no window of the lot begins then;
ZE103 that window is over; ZE108 past the use-by date; ZE128 free claims are paused (rule D15).';
REVOKE ALL ON FUNCTION ecopanier.reserve(uuid, int, uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.reserve(uuid, int, uuid, text, timestamptz) TO ecopanier_customer, ecopanier_beneficiary;

COMMENT ON FUNCTION ecopanier.reservation_guard() IS
'Trigger of reservation: checks a claim and fills in all that the claimer does not choose (lot, quantity, request, pool, window); moves its state along afterwards.
Errors: 42501, also free units asked for as a customer; 22004 no lot or quantity; 22023 a quantity below 1, or no window of the lot begins then; 23514 no such pool;
ZE101 no such lot here; ZE102 not offered; ZE103 the window is over; ZE104 no units at a price; ZE106 no verified right; ZE107 a step that is not possible;
ZE108 past the use-by date; ZE111 a changed or deleted claim; ZE128 free claims are paused (rule D15).';
COMMENT ON FUNCTION ecopanier.reservation_count() IS
'Trigger of reservation: takes the claims of a statement from quota and stock, or gives them back, in key order; units or points of a day, as each claim says.
Errors: ZE104 not enough units left; ZE105 the day''s free units are used up (rule D1).';
COMMENT ON FUNCTION ecopanier.reserve(uuid, int, uuid) IS
'Claims units of a lot for the caller: free ones as a beneficiary, public ones at the price of the moment as a customer, for the first window that is not over.
lot: one of lot_offer; quantity: units, at least 1; request_id: a number of the client''s, with which a retry gives the same receipt.
Returns the receipt.
Errors: 42501 not signed in as either; 22004; 22023 quantity below 1; ZE101 no such lot here; ZE102 no longer offered;
ZE103 the window is over; ZE104 not enough units left; ZE105 the day''s free units are used up (rules D1, D2);
ZE106 no verified right (rule D14); ZE108 past the use-by date; ZE110 request_id used for another request; ZE128 free claims are paused (rule D15).';
COMMENT ON FUNCTION ecopanier.cancel(uuid, text) IS
'Cancels a reservation: by its member, by managers of the organisation that hands over, or by an administrator.
reservation: its id; reason: needed from staff. Units and the day''s quota are given back; not the quota where the member cancels later
than the setting cancel_cutoff before the claim''s own window opens (rules D3, D16): such a free claim counts as not fetched (rule D15).
Errors: 42501 nobody is signed in; 22023 a reason of more than 1000 characters; ZE101 no such reservation;
ZE107 it is collected, cancelled or lapsed; ZE117 no reason.';

COMMENT ON FUNCTION ecopanier.lapse_due() IS
'Lapses the reservations that nobody collected in time; their units go back to the lot, their quota does not (rule D3). A reservation that is locked at the counter
waits to be released for a day, and not past the use-by date of its lot; it does not count as not fetched then. What somebody has locked is left for the next call.
For administrators, in their territory, and superusers, in all.
Returns how many lapsed. Errors: 42501.';
