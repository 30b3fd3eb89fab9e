CREATE FUNCTION ecopanier.message(code text, language text, args jsonb DEFAULT '{}')
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_message';
COMMENT ON FUNCTION ecopanier.message(text, text, jsonb) IS
'What to tell a person about a refusal or a hand-over, in the person''s language.
code: a code of class ZE, as received with the error (ZE104), or a verdict of verify_pickup (wrong_pin).
language: fr, en, es or ar; a region is ignored (fr-FR); NULL and any other language give French.
args: a JSON object with the values of the sentence''s placeholders, strings or numbers, for example {"left": 3}; a part of the
sentence whose values are missing, null or empty is left out, and names that the sentence does not use are ignored.
Returns one or more sentences as plain text, the values copied as they are: escape it before it goes into HTML.
In Arabic a value stands between the marks U+2068 and U+2069, which keep it from changing place. NULL for a NULL code.
Errors: 22023 unknown code; 22023 args is not an object; 22023 a value that the sentence uses is neither a string nor a number.';
REVOKE ALL ON FUNCTION ecopanier.message(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.message(text, text, jsonb) TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service;

CREATE FUNCTION ecopanier.message_catalogue(OUT code text, OUT language text, OUT template text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 120
AS 'MODULE_PATHNAME', 'ecp_message_catalogue';
COMMENT ON FUNCTION ecopanier.message_catalogue() IS
'All sentences of message(), for translators and for devices that work without a network.
Takes no parameter. Returns for each code and language the template: a placeholder is %{name}, and a part in square brackets is
left out when one of its placeholders has no value. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.message_catalogue() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.message_catalogue() TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service;

CREATE FUNCTION ecopanier.error_code(OUT code text, OUT name text, OUT meaning text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_error_code';
COMMENT ON FUNCTION ecopanier.error_code() IS
'The error codes of class ZE, for developers and analysts; message() has the words for persons.
Takes no parameter. Returns one row a code: the SQLSTATE, its name, what it means. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.error_code() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.error_code() TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service, ecopanier_analyst;
