CREATE FUNCTION ecopanier.organisation_withdrawn()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_withdrawn';
COMMENT ON FUNCTION ecopanier.organisation_withdrawn() IS
'Trigger of organisation: what is still to be picked up at a suspended organisation is cancelled with its claims, which gives quota and
stock back (rule D3); a closed one offers no more, and is not closed while baskets are held.
Errors: ZE122 baskets are held; 25000 lots are taken off sale in a READ COMMITTED transaction.';
REVOKE ALL ON FUNCTION ecopanier.organisation_withdrawn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_withdrawn() TO ecopanier_owner;
