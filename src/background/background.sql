-- The worker seen from SQL.

CREATE FUNCTION ecopanier.wake()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_wake';
COMMENT ON FUNCTION ecopanier.wake() IS
'Trigger of a table of jobs: the worker of this database is woken once, when the transaction commits. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.wake() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.wake() TO ecopanier_owner;

CREATE FUNCTION ecopanier.worker_status(OUT database text, OUT state text, OUT pid int, OUT since timestamptz, OUT in_flight int,
	OUT done bigint, OUT failed bigint, OUT last_error text, OUT rss_bytes bigint, OUT private_bytes bigint, OUT wakes bigint, OUT turns bigint)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_worker_status';
COMMENT ON FUNCTION ecopanier.worker_status() IS
'The background workers of the cluster, one row a name in ecopanier.databases; for superusers and monitoring. state: off, starting, idle, working; no_database (there is none of that name, or it takes no connections), held (kept away by a statement about the database), no_extension (extension or tables are not there), failing (the last turn failed and is tried again), ended (the process ended by an error and is started again). pid, and since when it runs; in_flight: calls under way; done: jobs, and failed: attempts and steps, both since then; last_error: without anything secret; rss_bytes: its memory, and private_bytes: that which it shares with nobody, null where the system does not tell; wakes: by commits of others, and turns: of its loop. No row without the library in shared_preload_libraries. Raises nothing of its own.';
REVOKE ALL ON FUNCTION ecopanier.worker_status() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.worker_status() TO pg_monitor;
