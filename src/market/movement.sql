CREATE FUNCTION ecopanier.lot_movement_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_movement_guard';
COMMENT ON FUNCTION ecopanier.lot_movement_guard() IS
'Trigger of lot_movement: rows are written by the rules alone, together with the stock, and never changed. Errors: ZE111, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.lot_movement_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_movement_guard() TO ecopanier_owner;
