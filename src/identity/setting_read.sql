CREATE FUNCTION ecopanier.setting_told()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_setting_told';
COMMENT ON FUNCTION ecopanier.setting_told() IS 'Trigger of setting: has every connection forget the values that it remembers, when the new one is committed. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.setting_told() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.setting_told() TO ecopanier_owner;
