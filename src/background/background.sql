-- The worker seen from SQL.

CREATE FUNCTION ecopanier.wake()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_wake';
COMMENT ON FUNCTION ecopanier.wake() IS
'Trigger of a table of jobs: the worker of this database is woken once, when the transaction commits. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.wake() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.wake() TO ecopanier_owner;
