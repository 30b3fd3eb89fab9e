CREATE FUNCTION ecopanier.now()
RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_now';
COMMENT ON FUNCTION ecopanier.now() IS
'The time that the rules read.
Returns the start of the current statement, or the setting ecopanier.clock (superuser) where it is set. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.now() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.now() TO ecopanier_owner, ecopanier_anon, ecopanier_customer, ecopanier_merchant,
	ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority,
	ecopanier_service, ecopanier_analyst;

CREATE FUNCTION ecopanier.version()
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_version';
COMMENT ON FUNCTION ecopanier.version() IS
'The version of the loaded library, for example 0.1.0. Raises nothing.';
