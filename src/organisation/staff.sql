CREATE FUNCTION ecopanier.organisation_staff_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_staff_guard';
COMMENT ON FUNCTION ecopanier.organisation_staff_guard() IS
'Trigger of organisation_staff: administrators write; owners change and remove the staff of theirs; anybody leaves.
Errors: 42501; ZE111 a changed key.';
CREATE FUNCTION ecopanier.organisation_staff_owner()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_staff_owner';
COMMENT ON FUNCTION ecopanier.organisation_staff_owner() IS
'Trigger of organisation_staff: the last owner of an active organisation stays, whoever writes.
Errors: ZE107 the last owner; 25000 an owner is removed in a READ COMMITTED transaction.';
CREATE FUNCTION ecopanier.staff_invitation_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_staff_invitation_guard';
COMMENT ON FUNCTION ecopanier.staff_invitation_guard() IS
'Trigger of staff_invitation: written by invite_staff(), revoke_invitation() and accept_invitation(); what is offered does not change.
Errors: 42501; ZE111.';
REVOKE ALL ON FUNCTION ecopanier.organisation_staff_guard(), ecopanier.organisation_staff_owner(), ecopanier.staff_invitation_guard()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_staff_guard(), ecopanier.organisation_staff_owner(), ecopanier.staff_invitation_guard()
	TO ecopanier_owner;

CREATE FUNCTION ecopanier.my_organisations(OUT organisation uuid, OUT name text, OUT kind text, OUT function text, OUT state text,
	OUT state_reason text)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_my_organisations';
COMMENT ON FUNCTION ecopanier.my_organisations() IS
'The organisations that the caller works for, whatever their state: id, name, kind, the caller''s function, state, and why it was decided.
A client signs in for one of them by naming it in the token (claim organisation); only active ones can be named.
Errors: 42501 nobody is signed in.';
CREATE FUNCTION ecopanier.invite_staff(function text)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_invite_staff';
COMMENT ON FUNCTION ecopanier.invite_staff(text) IS
'Invites somebody to work for the organisation that the caller acts for: by an owner; by a manager as station or reader.
function: owner, manager, station or reader. Returns a text to pass on, which is shown this once: a member of the territory who has it can
accept within seven days, once. Fifty may be open at a time.
Errors: 42501; 22023 another function; ZE107 fifty are open.';
CREATE FUNCTION ecopanier.revoke_invitation(invitation uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_invitation';
COMMENT ON FUNCTION ecopanier.revoke_invitation(uuid) IS
'Ends an invitation that nobody has accepted, by an owner or manager. invitation: its id in staff_invitation.
Errors: 42501; ZE101 no such open invitation.';
CREATE FUNCTION ecopanier.accept_invitation(invitation text)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_accept_invitation';
COMMENT ON FUNCTION ecopanier.accept_invitation(text) IS
'Takes a function in an organisation of the own territory, with the role that goes with it. Pass the text as a bound parameter.
invitation: the text that invite_staff() gave. Returns the organisation, to be named in the next token.
Errors: ZE116 the invitation is not accepted, with no reason told; ZE107 the caller works there already.';
CREATE FUNCTION ecopanier.set_staff_function(member uuid, function text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_staff_function';
COMMENT ON FUNCTION ecopanier.set_staff_function(uuid, text) IS
'Gives a member of the organisation''s staff another function, by an owner. member: the member of staff;
function: owner, manager, station or reader.
Errors: 42501; 22004 no function; 23514 another function; ZE101 no such member of staff; ZE107 the last owner of an active organisation.';
CREATE FUNCTION ecopanier.remove_staff(member uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_staff';
COMMENT ON FUNCTION ecopanier.remove_staff(uuid) IS
'Ends somebody''s work for the organisation that the caller acts for: by an owner, or by the person. member: the member of staff.
The role stays; without an organisation it opens nothing of one.
Errors: 42501; ZE101 no such member of staff; ZE107 the last owner of an active organisation.';
REVOKE ALL ON FUNCTION ecopanier.my_organisations(), ecopanier.invite_staff(text),
	ecopanier.revoke_invitation(uuid), ecopanier.accept_invitation(text), ecopanier.set_staff_function(uuid, text),
	ecopanier.remove_staff(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.my_organisations(), ecopanier.accept_invitation(text)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.invite_staff(text), ecopanier.revoke_invitation(uuid), ecopanier.set_staff_function(uuid, text),
	ecopanier.remove_staff(uuid) TO ecopanier_merchant, ecopanier_association;
