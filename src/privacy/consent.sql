CREATE FUNCTION ecopanier.consent_text_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_consent_text_guard';
COMMENT ON FUNCTION ecopanier.consent_text_guard() IS
'Trigger of consent_text: computes the digest of the text. Errors: 42501 not a superuser.';
REVOKE ALL ON FUNCTION ecopanier.consent_text_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.consent_text_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.consent_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_consent_guard';
COMMENT ON FUNCTION ecopanier.consent_guard() IS
'Trigger of consent: the person alone agrees, to the newest text, and withdraws once; the rest is history.
Errors: 22023 no such text; 42501 nobody is signed in, or not as the person; ZE107 a newer text exists; ZE111 a change or a delete.';
REVOKE ALL ON FUNCTION ecopanier.consent_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.consent_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.give_consent(purpose text, version int, language text)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_give_consent';
COMMENT ON FUNCTION ecopanier.give_consent(text, int, text) IS
'The caller agrees to a text of consent_text. Consent to an older version ends with it; the same again changes nothing.
purpose: name of consent_purpose; version: the newest one; language: the one that was shown. Returns the id of the consent.
Errors: 22004 a null argument; 22023 no such text; 42501 nobody is signed in, or not as a person; ZE107 a newer text exists.';
REVOKE ALL ON FUNCTION ecopanier.give_consent(text, int, text) FROM PUBLIC;

CREATE FUNCTION ecopanier.withdraw_consent(purpose text)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_withdraw_consent';
COMMENT ON FUNCTION ecopanier.withdraw_consent(text) IS
'The caller no longer agrees, from now on. purpose: name of consent_purpose. Returns whether there was a consent.
Errors: 22004 a null argument; 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.withdraw_consent(text) FROM PUBLIC;

CREATE FUNCTION ecopanier.my_consents()
RETURNS TABLE (purpose text, description text, newest_version int, given boolean, version int, language text, given_at timestamptz)
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_my_consents';
COMMENT ON FUNCTION ecopanier.my_consents() IS
'Every purpose, and whether the caller agrees to it now.
purpose, description: of consent_purpose; newest_version: of the text; given: whether consent is in force;
version, language, given_at: of the text that the person agreed to last and did not withdraw, else null. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.my_consents() FROM PUBLIC;

CREATE FUNCTION ecopanier.consent_proof(purpose text)
RETURNS TABLE (consent_id uuid, version int, language text, body text, sha256 text, unaltered boolean,
	given_at timestamptz, withdrawn_at timestamptz, audit_events uuid[])
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_consent_proof';
COMMENT ON FUNCTION ecopanier.consent_proof(text) IS
'Proves what the caller agreed to: each consent to the purpose, the latest first.
purpose: name of consent_purpose. body: the text as shown; sha256: its digest as noted with the consent; unaltered: whether the text
kept still has that digest; audit_events: ids of the audit''s events about this consent. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.consent_proof(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.give_consent(text, int, text), ecopanier.withdraw_consent(text), ecopanier.my_consents(),
	ecopanier.consent_proof(text)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
