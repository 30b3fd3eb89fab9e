-- Contacts, encrypted under a key of the server. Values travel as bound parameters.

CREATE FUNCTION ecopanier.set_contact(kind text, value text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_contact';
COMMENT ON FUNCTION ecopanier.set_contact(text, text) IS
'Stores a contact of the caller''s own, encrypted, in place of the one there was. Give both as bound parameters.
kind: mail or phone; value: a mail address of up to 254 bytes, or a phone number: ten digits as in France, or with + and the country code.
Errors: 42501 nobody is signed in, or not with an own account; 22023 no such kind, or not an address or number; ZE113 the key file lacks the key.';
CREATE FUNCTION ecopanier.set_beneficiary_contact(member uuid, kind text, value text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_beneficiary_contact';
COMMENT ON FUNCTION ecopanier.set_beneficiary_contact(uuid, text, text) IS
'The same for a person, by staff of the association that holds the person (administrators where none does) and its services with the scope
enrol. They write it and cannot read it. member: the person; kind, value: as in set_contact(). Give them as bound parameters.
Errors: 42501 not such staff; 22023 no such kind, or not an address or number; ZE101 no such person; ZE113 the key file lacks the key.';
CREATE FUNCTION ecopanier.my_contacts(OUT kind text, OUT value text, OUT updated_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 2
AS 'MODULE_PATHNAME', 'ecp_my_contacts';
COMMENT ON FUNCTION ecopanier.my_contacts() IS
'The caller''s own contacts; nobody else reads them. Returns kind: mail or phone; value; updated_at: when it was stored.
Errors: 42501 nobody is signed in, or not with an own account; XX001 a row that is not what was stored; ZE113 the key file lacks the key.';
CREATE FUNCTION ecopanier.remove_contact(kind text)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_contact';
COMMENT ON FUNCTION ecopanier.remove_contact(text) IS
'Removes a contact of the caller''s own. kind: mail or phone. Returns whether there was one.
Errors: 42501 nobody is signed in, or not with an own account; 22023 no such kind.';
CREATE FUNCTION ecopanier.reseal_contacts()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reseal_contacts';
COMMENT ON FUNCTION ecopanier.reseal_contacts() IS
'Puts all contacts under the current key, after rotate_key(); for superusers. Without it each moves when it is next written.
Returns how many moved. Errors: 42501 not a superuser; XX001 a row that is not what was stored; ZE113 the key file lacks a key.';
REVOKE ALL ON FUNCTION ecopanier.set_contact(text, text), ecopanier.set_beneficiary_contact(uuid, text, text),
	ecopanier.my_contacts(), ecopanier.remove_contact(text), ecopanier.reseal_contacts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_contact(text, text), ecopanier.my_contacts(), ecopanier.remove_contact(text)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.set_beneficiary_contact(uuid, text, text)
	TO ecopanier_association, ecopanier_admin, ecopanier_service;
