CREATE FUNCTION ecopanier.lot_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_guard';
COMMENT ON FUNCTION ecopanier.lot_guard() IS
'Trigger of lot: who offers, the discount (rule D4), what publishing needs, what does not change afterwards.
Errors: 42501; ZE101; ZE103 a window that is over; ZE107 a step that is not possible; ZE108 past the use-by date;
ZE109 the discount; ZE111 a published lot changed or deleted; ZE115 incomplete, naming all that is missing.';
REVOKE ALL ON FUNCTION ecopanier.lot_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_stocked()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_stocked';
COMMENT ON FUNCTION ecopanier.lot_stocked() IS
'Trigger of lot: makes the stock of a new lot and drops that of a deleted one.';
REVOKE ALL ON FUNCTION ecopanier.lot_stocked() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_stocked() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_changed()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_changed';
COMMENT ON FUNCTION ecopanier.lot_changed() IS
'Trigger of lot: a cancelled lot cancels its claims, which gives quota and stock back (rule D3); the stock follows changed units.
Errors: ZE104 fewer units than are claimed.';
REVOKE ALL ON FUNCTION ecopanier.lot_changed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_changed() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_stock_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_stock_guard';
COMMENT ON FUNCTION ecopanier.lot_stock_guard() IS
'Trigger of lot_stock: never negative, written by the rules only, whoever asks. Errors: ZE104, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.lot_stock_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_stock_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.free_quota_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_free_quota_guard';
COMMENT ON FUNCTION ecopanier.free_quota_guard() IS
'Trigger of free_quota: never above the limit (rule D1), written by the rules only, whoever asks. Errors: ZE105, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.free_quota_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.free_quota_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.rebuild_stock()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rebuild_stock';
COMMENT ON FUNCTION ecopanier.rebuild_stock() IS
'Computes the stock of every lot again from lots and reservations, while nobody claims; for superusers.
Returns how many rows were wrong, 0 in a sound database. Errors: 42501; ZE104 where more was claimed than there is.';
CREATE FUNCTION ecopanier.rebuild_quota()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rebuild_quota';
COMMENT ON FUNCTION ecopanier.rebuild_quota() IS
'Computes every day''s free units again from reservations, while nobody claims; for superusers.
Returns how many rows were wrong, 0 in a sound database. Errors: 42501; ZE105 where a limit was passed.';
REVOKE ALL ON FUNCTION ecopanier.rebuild_stock(), ecopanier.rebuild_quota() FROM PUBLIC;
