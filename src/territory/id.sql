CREATE FUNCTION ecopanier.new_id(territory int)
RETURNS uuid
LANGUAGE c VOLATILE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_new_id_sql';
COMMENT ON FUNCTION ecopanier.new_id(int) IS
'A new identifier: UUID version 8 (RFC 9562) of 48 bits of milliseconds, 20 bits of territory, 54 random bits.
territory: number of the territory, 1 to 1048575.
Errors: 22023 a number out of range.';
REVOKE ALL ON FUNCTION ecopanier.new_id(int) FROM PUBLIC;

CREATE FUNCTION ecopanier.territory_of(id uuid)
RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_territory_of_sql';
COMMENT ON FUNCTION ecopanier.territory_of(uuid) IS
'The territory that an identifier of ours carries.
Errors: 22023 the identifier is not one that new_id() makes (another version or variant, territory 0).';
REVOKE ALL ON FUNCTION ecopanier.territory_of(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.new_id(int), ecopanier.territory_of(uuid) TO ecopanier_owner, ecopanier_anon,
	ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association,
	ecopanier_admin, ecopanier_authority, ecopanier_service, ecopanier_analyst;
