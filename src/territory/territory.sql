CREATE FUNCTION ecopanier.territory_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_territory_guard';
COMMENT ON FUNCTION ecopanier.territory_guard() IS
'Trigger of territory: the time zone must stand in pg_timezone_names, and the number never changes. Errors: 22023, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.territory_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.territory_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.create_territory(slug text, name text, time_zone text)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_create_territory';
COMMENT ON FUNCTION ecopanier.create_territory(text, text, text) IS
'Makes a territory with the settings'' default values; for superusers, who run the platform.
slug: short name, lower case, digits and hyphens; name: what people read; time_zone: IANA name, for example Europe/Paris.
Returns the number of the territory.
Errors: 42501 not a superuser; 22004 a null argument; 22023 an unknown time zone; 23505 a slug in use; 23514 a malformed slug or name;
ZE001 install() has not run.';
REVOKE ALL ON FUNCTION ecopanier.create_territory(text, text, text) FROM PUBLIC;
