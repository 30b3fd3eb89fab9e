CREATE FUNCTION ecopanier.is_accredited(organisation uuid, day date DEFAULT NULL)
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_is_accredited';
COMMENT ON FUNCTION ecopanier.is_accredited(uuid, date) IS
'Whether an organisation may verify rights on a day (rule D14): a social service by right, an association whose accreditation for food aid
(L266-2 CASF) is in force and not suspended.
organisation: an active one of the caller''s territory; day: a local day, today where null.
Errors: 42501 nobody is signed in; ZE101 no such organisation.';
REVOKE ALL ON FUNCTION ecopanier.is_accredited(uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.is_accredited(uuid, date)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
