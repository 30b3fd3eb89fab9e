-- Registration in batches.

CREATE FUNCTION ecopanier.enrol_beneficiaries(rows text, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, external_id text, member uuid, ben_code ecopanier.ben_code, state text, code text, message text, hint text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_enrol_beneficiaries';
COMMENT ON FUNCTION ecopanier.enrol_beneficiaries(text, boolean) IS
'Registers people in a batch, at most 10,000 and 20 MB: by owners and managers of an organisation, its services with the scope enrol (verify too where
rows verify) and administrators. Call it with bound parameters.
rows: JSON (as text, so that no error of the server shows it): an array of objects with external_id (the sender''s own number, 1 to 100 characters)
and display_name, and perhaps language, tag (32 bytes as hexadecimal or base64), valid_until and valid_from (verify, rule D14; a later valid_until renews), mail, phone, age_0_2 to age_65_up; all texts, ages numbers.
A known external_id is the same person: a batch can be sent again. What a person may have changed since (name, language, contacts, household) stays.
all_or_nothing: with an error nothing is done; the errors are told all the same.
Returns a line for each row: its number, external_id, member, code; state: created, exists, updated (verified, renewed or given a tag), error, or skipped
(good, but all or nothing was asked for); SQLSTATE, sentence and hint of an error, which name fields and no values. A person whom ZE119 keeps from
a second right stays registered, so that request_transfer() can follow.
Errors: 42501 not such staff; 22004 a null argument; 22023 not a batch, or too large.';
CREATE FUNCTION ecopanier.enrol_beneficiaries_csv(rows text, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, external_id text, member uuid, ben_code ecopanier.ben_code, state text, code text, message text, hint text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_enrol_beneficiaries_csv';
COMMENT ON FUNCTION ecopanier.enrol_beneficiaries_csv(text, boolean) IS
'The same from CSV: the first line names the columns, separated by commas or semicolons; fields in quotes may hold anything, empty ones are absent.
rows: the text; all_or_nothing: as there. Returns the same; line: the row''s first line. Errors: as there; 22023 no header.';
CREATE FUNCTION ecopanier.enrol_beneficiaries_csv(file bytea, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, external_id text, member uuid, ben_code ecopanier.ben_code, state text, code text, message text, hint text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_enrol_beneficiaries_csv';
COMMENT ON FUNCTION ecopanier.enrol_beneficiaries_csv(bytea, boolean) IS
'The same from the bytes of a file in UTF-8, with or without a byte order mark; a row in another encoding is an error of that row (22021).
file: the bytes; all_or_nothing: as in enrol_beneficiaries(). Returns and errors: as there.';
REVOKE ALL ON FUNCTION ecopanier.enrol_beneficiaries(text, boolean), ecopanier.enrol_beneficiaries_csv(text, boolean),
	ecopanier.enrol_beneficiaries_csv(bytea, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.enrol_beneficiaries(text, boolean), ecopanier.enrol_beneficiaries_csv(text, boolean),
	ecopanier.enrol_beneficiaries_csv(bytea, boolean) TO ecopanier_association, ecopanier_admin, ecopanier_service;
