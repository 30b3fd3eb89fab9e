CREATE FUNCTION ecopanier.right_history_append()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_history_append';
COMMENT ON FUNCTION ecopanier.right_history_append() IS
'Trigger of beneficiary, after and for each row: appends the step to right_history, under the organisation that held the person.';
CREATE FUNCTION ecopanier.right_holder_follow()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_holder_follow';
COMMENT ON FUNCTION ecopanier.right_holder_follow() IS
'Trigger of beneficiary and person_tag, after and for each row: keeps right_holder (rule D1). Errors: ZE119 the person holds a right already.';
CREATE FUNCTION ecopanier.right_holder_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_holder_guard';
COMMENT ON FUNCTION ecopanier.right_holder_guard() IS
'Trigger of right_holder: its rows follow from others, so that nobody writes them, a superuser included. Errors: ZE112.';
CREATE FUNCTION ecopanier.right_transfer_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_transfer_guard';
COMMENT ON FUNCTION ecopanier.right_transfer_guard() IS
'Trigger of right_transfer: keys stay, a transfer is decided once. Errors: 42501 nobody is signed in; ZE107; ZE111.';
REVOKE ALL ON FUNCTION ecopanier.right_history_append(), ecopanier.right_holder_follow(), ecopanier.right_holder_guard(),
	ecopanier.right_transfer_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.right_history_append(), ecopanier.right_holder_follow(), ecopanier.right_holder_guard(),
	ecopanier.right_transfer_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_tag(member uuid, tag bytea)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_tag';
COMMENT ON FUNCTION ecopanier.set_tag(uuid, bytea) IS
'Stores the MAC of a person''s blinded tag (rule D1), in place of another only while no right was ever verified: by owners and managers of the organisation that holds the person, its
services with the scope verify or enrol, and administrators. member: the person; tag: 32 bytes, the slow hash that the client made of civil facts.
Call it with bound parameters. Errors: 42501 not such staff, or the person; 22004 no tag; 22023 not 32 bytes; ZE101 no such beneficiary;
ZE107 a right was verified under another tag; ZE113 the key file lacks the key; ZE119 the right is in force and somebody holds one under this tag.';
CREATE FUNCTION ecopanier.replace_tag(member uuid, tag bytea, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_replace_tag';
COMMENT ON FUNCTION ecopanier.replace_tag(uuid, bytea, text) IS
'Puts a tag in place of another under which a right was verified, as after a mistake in the facts: by administrators, not for themselves.
member: the person; tag: as in set_tag(); reason: why, for the audit, without facts of the person.
Errors: 42501 not an administrator, or the person; 22004; 22023 not 32 bytes, or more than 1000 characters; ZE101 no such beneficiary; ZE117 no reason;
ZE119 the right is in force and somebody holds one under this tag.';
CREATE FUNCTION ecopanier.verify_beneficiary(member uuid, valid_until date, valid_from date, tag bytea)
RETURNS ecopanier.ben_code
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_verify_beneficiary';
COMMENT ON FUNCTION ecopanier.verify_beneficiary(uuid, date, date, bytea) IS
'Stores a person''s tag and verifies or renews the right: set_tag() and verify_beneficiary() in one.
member: the person; valid_until, valid_from: last and first day of the right, local dates; from today where null; tag: 32 bytes.
Returns the code. Errors: as those two (ZE107 another tag too); 22023 a right of more than five years; ZE119 the person holds a right already, here or elsewhere: ask with request_transfer().';
CREATE FUNCTION ecopanier.reinstate_beneficiary(member uuid)
RETURNS date
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reinstate_beneficiary';
COMMENT ON FUNCTION ecopanier.reinstate_beneficiary(uuid) IS
'Ends the suspension of a right, which goes on as it was. member: the person. Returns the last day of the right.
Errors: as verify_beneficiary(); ZE107 the right is not suspended.';
CREATE FUNCTION ecopanier.restrict_beneficiary(member uuid, units_per_day int, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_restrict_beneficiary';
COMMENT ON FUNCTION ecopanier.restrict_beneficiary(uuid, int, text) IS
'Restricts a right to fewer free units a day than the territory gives, or lifts the restriction.
member: the person; units_per_day: 0 to 10, the lesser of it and free_units_per_day counts, null lifts it; reason: why, which the person can read.
Errors: as verify_beneficiary(); 23514 a number out of range; ZE117 no reason.';
CREATE FUNCTION ecopanier.expire_rights()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_expire_rights';
COMMENT ON FUNCTION ecopanier.expire_rights() IS
'Ends the rights whose last day is past by the calendar of their territory, as tick() does. Claims look at the days themselves and need no such step.
For superusers. Returns how many ended.';
REVOKE ALL ON FUNCTION ecopanier.set_tag(uuid, bytea), ecopanier.replace_tag(uuid, bytea, text), ecopanier.verify_beneficiary(uuid, date, date, bytea),
	ecopanier.reinstate_beneficiary(uuid), ecopanier.restrict_beneficiary(uuid, int, text), ecopanier.expire_rights() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.set_tag(uuid, bytea), ecopanier.verify_beneficiary(uuid, date, date, bytea),
	ecopanier.reinstate_beneficiary(uuid), ecopanier.restrict_beneficiary(uuid, int, text)
	TO ecopanier_association, ecopanier_admin, ecopanier_service;
GRANT EXECUTE ON FUNCTION ecopanier.replace_tag(uuid, bytea, text) TO ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.verify_beneficiary(uuid, date, date), ecopanier.refuse_beneficiary(uuid, text),
	ecopanier.suspend_beneficiary(uuid, text), ecopanier.register_beneficiary(text, text) TO ecopanier_service;

CREATE FUNCTION ecopanier.transfer_beneficiary(member uuid, to_organisation uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_transfer_beneficiary';
COMMENT ON FUNCTION ecopanier.transfer_beneficiary(uuid, uuid, text) IS
'Hands a person over to another organisation of the territory: the right and its code stay, the history stays with the one that was.
By owners and managers of the organisation that holds the person, its services with the scope transfer, and administrators.
member: the person; to_organisation: an association or social service that is accredited today; reason: why, for the audit of the own side.
Errors: 42501; ZE101 no such beneficiary or organisation; ZE107 the right is suspended, refused or gone; ZE117 no reason.';
CREATE FUNCTION ecopanier.request_transfer(member uuid, tag bytea DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_request_transfer';
COMMENT ON FUNCTION ecopanier.request_transfer(uuid, bytea) IS
'Asks whoever holds the right of a person whom the own organisation registered to release it (after ZE119); who that is is not told. Again: nothing more.
By owners and managers of an accredited organisation and its services with the scope transfer. member: the person, applied or expired here;
tag: stored as by set_tag() where given. Returns pending. Errors: 42501; 22023; ZE101 no such beneficiary; ZE107 nobody holds the right, or it is not
asked for; ZE118 not accredited today.';
CREATE FUNCTION ecopanier.pending_transfers()
RETURNS TABLE (transfer uuid, member uuid, asked_by text, requested_at timestamptz)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_pending_transfers';
COMMENT ON FUNCTION ecopanier.pending_transfers() IS
'The transfers that wait for the caller: of people whom the own organisation holds, or of the caller as a beneficiary.
Returns the transfer, the own member, the name of the organisation that asks, and when it asked. Errors: 42501.';
CREATE FUNCTION ecopanier.transfer_requests()
RETURNS TABLE (member uuid, state text, requested_at timestamptz, decided_at timestamptz)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_transfer_requests';
COMMENT ON FUNCTION ecopanier.transfer_requests() IS
'What became of the transfers that the own organisation asked for: the own member, pending, released or refused, and when. Errors: 42501.';
CREATE FUNCTION ecopanier.release_transfer(transfer uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_release_transfer';
COMMENT ON FUNCTION ecopanier.release_transfer(uuid) IS
'Lets a right go to the organisation that asks, in one step: here it ends as transferred, there it is verified to the same last day. It begins there
today, or the day after the last one for which units were claimed here. Baskets that are held can still be collected.
By the person, owners and managers of the organisation that holds the person, its services with the scope transfer, and administrators.
transfer: of pending_transfers(). Errors: 42501; ZE101 no such transfer; ZE107 decided already, or the right is not verified;
ZE118 who asks is not accredited today.';
CREATE FUNCTION ecopanier.refuse_transfer(transfer uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_refuse_transfer';
COMMENT ON FUNCTION ecopanier.refuse_transfer(uuid, text) IS
'Refuses a transfer. transfer: of pending_transfers(); reason: why, kept on the own side. By whom: as release_transfer().
Errors: 42501; ZE101 no such transfer; ZE107 decided already; ZE117 no reason.';
REVOKE ALL ON FUNCTION ecopanier.transfer_beneficiary(uuid, uuid, text), ecopanier.request_transfer(uuid, bytea), ecopanier.pending_transfers(),
	ecopanier.transfer_requests(), ecopanier.release_transfer(uuid), ecopanier.refuse_transfer(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.transfer_beneficiary(uuid, uuid, text), ecopanier.request_transfer(uuid, bytea), ecopanier.transfer_requests()
	TO ecopanier_association, ecopanier_admin, ecopanier_service;
GRANT EXECUTE ON FUNCTION ecopanier.pending_transfers(), ecopanier.release_transfer(uuid), ecopanier.refuse_transfer(uuid, text)
	TO ecopanier_beneficiary, ecopanier_association, ecopanier_admin, ecopanier_service;
