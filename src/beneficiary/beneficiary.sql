CREATE FUNCTION ecopanier.new_ben_code(territory int)
RETURNS ecopanier.ben_code
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'ecp_new_ben_code';
COMMENT ON FUNCTION ecopanier.new_ben_code(int) IS
'A beneficiary code of the present year that was never given before: random, never all digits.
territory: number of the territory; its time zone decides the year.
Errors: ZE114 the year has no more codes; ZE101 no such territory; 42501 not an administrator.';
REVOKE ALL ON FUNCTION ecopanier.new_ben_code(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.new_ben_code(int) TO ecopanier_admin;

CREATE FUNCTION ecopanier.beneficiary_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_beneficiary_guard';
COMMENT ON FUNCTION ecopanier.beneficiary_guard() IS
'Trigger of beneficiary: who decides (rule D14), which steps are possible, code and signature of a verification.
Errors: 42501; ZE107 a step that is not possible; ZE111 a changed key; ZE114; ZE117 no reason; ZE118 not accredited.';
REVOKE ALL ON FUNCTION ecopanier.beneficiary_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.beneficiary_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.beneficiary_code()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_beneficiary_code';
COMMENT ON FUNCTION ecopanier.beneficiary_code() IS
'Trigger of beneficiary: enters codes that a load brings along into the register, so that they are not given again.';
REVOKE ALL ON FUNCTION ecopanier.beneficiary_code() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.beneficiary_code() TO ecopanier_owner;

CREATE FUNCTION ecopanier.register_beneficiary(display_name text, language text DEFAULT 'fr')
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_register_beneficiary';
COMMENT ON FUNCTION ecopanier.register_beneficiary(text, text) IS
'Registers a person who asks for the right to free lots, as a new member; by association or social-service staff or an administrator.
display_name: first name chosen by the person, 1 to 60 characters; language: fr, en, es or ar.
Returns the member. Errors: 42501; 22004 a null argument; 23514 a name or language that is not possible.';
CREATE FUNCTION ecopanier.verify_beneficiary(member uuid, valid_until date, valid_from date DEFAULT NULL)
RETURNS ecopanier.ben_code
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_verify_beneficiary';
COMMENT ON FUNCTION ecopanier.verify_beneficiary(uuid, date, date) IS
'Verifies or renews the right to free lots (rule D14): by staff of an accredited association or of a social service, or an administrator.
member: the person; valid_until, valid_from: last and first day of the right, local dates; from today where null.
Returns the code, which a renewal keeps.
Errors: 42501 not such staff, or the person; 22004 a null argument; 23514 dates out of order or without end; ZE101 no such beneficiary;
ZE107 a step that is not possible; ZE118 the organisation is not accredited today.';
CREATE FUNCTION ecopanier.refuse_beneficiary(member uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_refuse_beneficiary';
COMMENT ON FUNCTION ecopanier.refuse_beneficiary(uuid, text) IS
'Refuses the right to free lots. member: the person; reason: why, which the person can read.
Errors: as verify_beneficiary(), and ZE117 no reason.';
CREATE FUNCTION ecopanier.suspend_beneficiary(member uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_suspend_beneficiary';
COMMENT ON FUNCTION ecopanier.suspend_beneficiary(uuid, text) IS
'Suspends a verified right. member: the person; reason: why, which the person can read.
Errors: as verify_beneficiary(), and ZE117 no reason.';
REVOKE ALL ON FUNCTION ecopanier.register_beneficiary(text, text), ecopanier.verify_beneficiary(uuid, date, date),
	ecopanier.refuse_beneficiary(uuid, text), ecopanier.suspend_beneficiary(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.register_beneficiary(text, text), ecopanier.verify_beneficiary(uuid, date, date),
	ecopanier.refuse_beneficiary(uuid, text), ecopanier.suspend_beneficiary(uuid, text)
	TO ecopanier_association, ecopanier_admin;
