CREATE FUNCTION ecopanier.tick(OUT step text, OUT done bigint, OUT error text)
RETURNS SETOF record
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_tick';
COMMENT ON FUNCTION ecopanier.tick() IS
'One turn of the schedule: does what is due by now, in all territories. Call it every minute, from cron or pg_cron. One turn
at a time: a second one returns at once. Returns one row a step: its name, how much it did, and what it failed with, null where
it did not; a step that fails is undone and tried again by the next turn.
For superusers, who may grant EXECUTE to a login of the scheduler. Errors: ZE001 before install(); 25006 on a standby.';
REVOKE ALL ON FUNCTION ecopanier.tick() FROM PUBLIC;
