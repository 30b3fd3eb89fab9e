CREATE FUNCTION ecopanier.service_account_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_service_account_guard';
COMMENT ON FUNCTION ecopanier.service_account_guard() IS
'Trigger of service_account: owners and managers of the organisation write, and administrators; associations and social services have services;
the member holds no role. Errors: 42501; 23514 another kind of organisation, or a member with a role; ZE107; ZE111.';
CREATE FUNCTION ecopanier.service_key_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_service_key_guard';
COMMENT ON FUNCTION ecopanier.service_key_guard() IS
'Trigger of service_key: owners and managers of the organisation write, and administrators; an end is brought forward only, a revocation stays.
Errors: 42501; ZE107 the service is revoked, or the step is not possible; ZE111.';
CREATE FUNCTION ecopanier.service_role_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_service_role_guard';
COMMENT ON FUNCTION ecopanier.service_role_guard() IS
'Trigger of member_role: a service account holds no role, so that nobody signs in as it without a key. Errors: 23514.';
REVOKE ALL ON FUNCTION ecopanier.service_account_guard(), ecopanier.service_key_guard(), ecopanier.service_role_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.service_account_guard(), ecopanier.service_key_guard(), ecopanier.service_role_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.managed_organisation()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_managed_organisation';
COMMENT ON FUNCTION ecopanier.managed_organisation() IS
'The organisation that the caller acts for as its owner or manager, null where there is none. In policies write (SELECT ecopanier.managed_organisation()).';
REVOKE ALL ON FUNCTION ecopanier.managed_organisation() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.managed_organisation() TO ecopanier_owner, ecopanier_merchant, ecopanier_association, ecopanier_admin;

CREATE TYPE ecopanier.issued_service_key AS (
	id uuid,
	key text,
	expires_at timestamptz
);
COMMENT ON TYPE ecopanier.issued_service_key IS 'A new key of a service account: the answer of create_service_key() and rotate_service_key().';
COMMENT ON COLUMN ecopanier.issued_service_key.id IS 'The row of service_key.';
COMMENT ON COLUMN ecopanier.issued_service_key.key IS 'The key itself, shown this once.';
COMMENT ON COLUMN ecopanier.issued_service_key.expires_at IS 'Until when it opens.';

CREATE FUNCTION ecopanier.create_service(name text, scopes text[], limit_per_minute int DEFAULT 60, organisation uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_create_service';
COMMENT ON FUNCTION ecopanier.create_service(text, text[], int, uuid) IS
'Makes a service account: another system that acts for an association or social service. By an owner or manager of the organisation, or an administrator.
name: 1 to 60 characters; scopes: what its keys open, of enrol, verify and transfer; limit_per_minute: calls allowed in any 60 seconds, 1 to 100000;
organisation: required of administrators, otherwise the own one.
Returns the account. Errors: 42501; 22004 a null argument; 23514 a value out of range, or another kind of organisation; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.create_service_key(service uuid, label text, expires_at timestamptz)
RETURNS ecopanier.issued_service_key
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_create_service_key';
COMMENT ON FUNCTION ecopanier.create_service_key(uuid, text, timestamptz) IS
'Makes a key of a service account and shows it, this once: the database keeps a hash. By an owner or manager of the organisation, or an administrator.
service: the account; label: name for the key, 1 to 60 characters; expires_at: its end, at most 366 days ahead.
Errors: 42501; 22004 a null argument; 23514 an end in the past or too far, a label that is not possible; ZE101 no such account; ZE107 it is revoked.';
CREATE FUNCTION ecopanier.rotate_service_key(key uuid, overlap interval DEFAULT '7 days')
RETURNS ecopanier.issued_service_key
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rotate_service_key';
COMMENT ON FUNCTION ecopanier.rotate_service_key(uuid, interval) IS
'Makes a key that follows another, with its label and for as long, and lets the other end after the overlap, or at its own end if that is sooner.
key: the row of service_key; overlap: how long both open, from 0 to 90 days.
Errors: 42501; 22004 a null argument; 22023 an overlap out of range; ZE101 no such key; ZE107 it has ended or was revoked.';
CREATE FUNCTION ecopanier.revoke_service_key(key uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_service_key';
COMMENT ON FUNCTION ecopanier.revoke_service_key(uuid) IS
'Ends a key at once; again, nothing. Transactions that signed in with it before end within ten minutes. key: the row of service_key.
Errors: 42501; 22004 a null argument; ZE101 no such key.';
CREATE FUNCTION ecopanier.revoke_service(service uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_service';
COMMENT ON FUNCTION ecopanier.revoke_service(uuid) IS
'Ends a service account and all of its keys, for good; again, nothing. service: the account.
Errors: 42501; 22004 a null argument; ZE101 no such account.';
REVOKE ALL ON FUNCTION ecopanier.create_service(text, text[], int, uuid), ecopanier.create_service_key(uuid, text, timestamptz),
	ecopanier.rotate_service_key(uuid, interval), ecopanier.revoke_service_key(uuid), ecopanier.revoke_service(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.create_service(text, text[], int, uuid), ecopanier.create_service_key(uuid, text, timestamptz),
	ecopanier.rotate_service_key(uuid, interval), ecopanier.revoke_service_key(uuid), ecopanier.revoke_service(uuid)
	TO ecopanier_owner, ecopanier_association, ecopanier_admin;

CREATE FUNCTION ecopanier.authenticate_service(key text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_authenticate_service';
COMMENT ON FUNCTION ecopanier.authenticate_service(text) IS
'Says which service account is calling for the rest of the transaction, from its key, and acts as ecopanier_service from there on (SET LOCAL ROLE).
Each call counts towards the limit, rolled back or not, and is in the audit. An API server passes the key as the header x-ecopanier-key to authenticate().
key: the key; pass it as a bound parameter.
Errors: ZE116 the key is not accepted, with no reason told; ZE120 too many calls; 42501 the login is no member of ecopanier_service;
25P01 outside a transaction block; 25006 on a standby.';
CREATE FUNCTION ecopanier.fold_service_calls()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_fold_service_calls';
COMMENT ON FUNCTION ecopanier.fold_service_calls() IS
'Notes the last use of keys and forgets calls older than an hour; for superusers and administrators, called by tick().
Returns how many calls were forgotten. Errors: 42501.';
REVOKE ALL ON FUNCTION ecopanier.authenticate_service(text), ecopanier.fold_service_calls() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.fold_service_calls() TO ecopanier_owner, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.authenticate_service(text)
	TO ecopanier_owner, ecopanier_anon, ecopanier_service, ecopanier_authenticator;
