CREATE FUNCTION ecopanier.history_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_history_guard';
COMMENT ON FUNCTION ecopanier.history_guard() IS
'Trigger of tables with a history: refuses DELETE and TRUNCATE. Errors: ZE111.';
REVOKE ALL ON FUNCTION ecopanier.history_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.history_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.setting_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_setting_guard';
COMMENT ON FUNCTION ecopanier.setting_guard() IS
'Trigger of setting: numbers the value, notes its author, checks its range and keeps the history.
Errors: 22023 out of range or in the past; 42501 not an administrator; ZE111 an update or delete.';
REVOKE ALL ON FUNCTION ecopanier.setting_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.setting_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.territory_settings()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_territory_settings';
COMMENT ON FUNCTION ecopanier.territory_settings() IS 'Trigger of territory: gives a new one the default settings.';
REVOKE ALL ON FUNCTION ecopanier.territory_settings() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.territory_settings() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_setting(name text, value numeric, source text, valid_from timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_setting';
COMMENT ON FUNCTION ecopanier.set_setting(text, numeric, text, timestamptz) IS
'Sets a parameter of the administrator''s territory from a moment on.
name: parameter of setting_definition; value: in its unit; source: why; valid_from: not in the past, now where null.
Returns the version of the value.
Errors: 42501 not an administrator; 22004 a null argument; 22023 out of range, in the past or never; 23503 no such parameter;
23514 a source that says nothing or is longer than 1000 characters.';
REVOKE ALL ON FUNCTION ecopanier.set_setting(text, numeric, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_setting(text, numeric, text, timestamptz) TO ecopanier_admin;

CREATE FUNCTION ecopanier.setting_value(name text, at timestamptz DEFAULT NULL)
RETURNS numeric
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_setting_value';
COMMENT ON FUNCTION ecopanier.setting_value(text, timestamptz) IS
'The value of a parameter in the caller''s territory.
name: parameter of setting_definition; at: the moment, now where null.
Returns the value in the parameter''s unit. Errors: 42501 nobody is signed in; 22023 no such parameter.';
REVOKE ALL ON FUNCTION ecopanier.setting_value(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.setting_value(text, timestamptz) TO ecopanier_customer, ecopanier_merchant,
	ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
