CREATE PROCEDURE ecopanier.run_schedule()
LANGUAGE c
AS 'MODULE_PATHNAME', 'ecp_run_schedule';
COMMENT ON PROCEDURE ecopanier.run_schedule() IS
'What tick() does, with a commit after each batch: for a backlog, or where rows may not stay locked for long. A step that fails is told by a
warning, and the others go on. For superusers, who may grant EXECUTE to a login of the scheduler.
Errors: 25001 inside a transaction; ZE001 before install(); 25006 on a standby.';
CREATE FUNCTION ecopanier.schedule(OUT step text, OUT next_due timestamptz, OUT error text)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_schedule';
COMMENT ON FUNCTION ecopanier.schedule() IS
'The steps of the schedule; for superusers and monitoring. Returns one row a step, in their order: its name; when it will have something to
do, as far as is known: -infinity now, null nothing is known to come; what asking it failed with, null where it did not. Errors: ZE001 before install().';
REVOKE ALL ON PROCEDURE ecopanier.run_schedule() FROM PUBLIC;
REVOKE ALL ON FUNCTION ecopanier.schedule() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.schedule() TO pg_monitor;
