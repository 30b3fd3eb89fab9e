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
