-- Circuits of endpoints, for operators.

CREATE FUNCTION ecopanier.circuits(OUT channel text, OUT endpoint text, OUT failures int, OUT openings int,
	OUT opened_at timestamptz, OUT open_until timestamptz, OUT last_error text)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_circuits';
COMMENT ON FUNCTION ecopanier.circuits() IS
'The endpoints that the worker leaves alone because calls of them failed one after the other, the latest first; for superusers and monitoring. channel: what calls it; endpoint: as the channel names it; failures: calls that failed one after the other; openings: how often its circuit opened without a success in between; opened_at: when it last did; open_until: when one call is tried, which closes the circuit or opens it for twice as long; last_error: how the last call failed. Jobs of such an endpoint stay queued and lose no attempt. No row: all is well. Raises nothing of its own.';
REVOKE ALL ON FUNCTION ecopanier.circuits() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.circuits() TO pg_monitor;
