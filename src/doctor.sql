CREATE FUNCTION ecopanier.self_check(OUT invariant text, OUT violations bigint)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_self_check';
COMMENT ON FUNCTION ecopanier.self_check() IS
'The invariants of the whole database on one snapshot; for superusers and monitoring. Returns one row each: its name and how many rows break it, 0 in a sound database. Errors: ZE001.';
CREATE FUNCTION ecopanier.doctor(OUT item text, OUT state text, OUT detail text, OUT remedy text)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_doctor';
COMMENT ON FUNCTION ecopanier.doctor() IS
'Whether the installation is sound; for superusers and monitoring. Returns one row an item: state ok, warning or error, what was found, and what to do where it is not ok. Raises nothing of its own.';
GRANT USAGE ON SCHEMA ecopanier TO pg_monitor;
REVOKE ALL ON FUNCTION ecopanier.self_check(), ecopanier.doctor() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.self_check(), ecopanier.doctor() TO pg_monitor;
