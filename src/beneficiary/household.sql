-- How many people live with a member, by age.

CREATE FUNCTION ecopanier.household_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_household_guard';
COMMENT ON FUNCTION ecopanier.household_guard() IS
'Trigger of household: the person writes it, or staff of the association that holds the person. Errors: 42501, ZE101, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.household_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.household_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_household(age_0_2 int, age_3_10 int, age_11_17 int, age_18_24 int, age_25_64 int, age_65_up int,
	member uuid DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_household';
COMMENT ON FUNCTION ecopanier.set_household(int, int, int, int, int, int, uuid) IS
'Says how many people live together, by age in years, the person included: 0 to 20 in each band, one at least in all.
age_0_2, age_3_10, age_11_17, age_18_24, age_25_64, age_65_up: the numbers; member: whose household, by default the caller''s; for another
person, staff of the association that holds the person (administrators where none does) and its services with the scope enrol.
Errors: 42501 not such staff; 22023 numbers out of range; ZE101 no such person.';
CREATE FUNCTION ecopanier.remove_household(member uuid DEFAULT NULL)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_household';
COMMENT ON FUNCTION ecopanier.remove_household(uuid) IS
'Removes what set_household() stored. member: as there. Returns whether there was something. Errors: 42501; ZE101 no such person.';
REVOKE ALL ON FUNCTION ecopanier.set_household(int, int, int, int, int, int, uuid), ecopanier.remove_household(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_household(int, int, int, int, int, int, uuid), ecopanier.remove_household(uuid)
	TO ecopanier_customer, ecopanier_beneficiary, ecopanier_association, ecopanier_admin, ecopanier_service;
