CREATE FUNCTION ecopanier.authenticate()
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_authenticate';
COMMENT ON FUNCTION ecopanier.authenticate() IS
'Says who is calling for the rest of the transaction, from request.jwt.claims; PostgREST''s pre-request function.
Claims: role (a database role of ecopanier), sub (the member), organisation (optional), exp (optional, seconds since 1970).
They are believed where the login is a member of ecopanier_authenticator and the role is the current one; without sub the caller stays anonymous.
Errors: 42501 claims from another login, of another role, expired, malformed, or naming no member with that role.';
CREATE FUNCTION ecopanier.authenticate(token text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_authenticate_token';
COMMENT ON FUNCTION ecopanier.authenticate(text) IS
'Says who is calling for the rest of the transaction, from a signed token (JWS, HS256 or EdDSA) that is checked against
ecopanier.jwt_keys_file. Pass it as a bound parameter.
token: the token; its claims as for authenticate(), with iss, aud and exp required.
Errors: ZE116 the token is not accepted, with no reason told; 25P01 outside a transaction block.';
REVOKE ALL ON FUNCTION ecopanier.authenticate(), ecopanier.authenticate(text) FROM PUBLIC;

CREATE TYPE ecopanier.caller AS (
	territory_id int,
	member_id uuid,
	role text,
	organisation_id uuid,
	expires_at timestamptz
);
COMMENT ON TYPE ecopanier.caller IS 'Who is calling: the answer of whoami().';
COMMENT ON COLUMN ecopanier.caller.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.caller.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier.caller.role IS 'The role: customer, merchant, beneficiary, collector, association or administrator.';
COMMENT ON COLUMN ecopanier.caller.organisation_id IS 'The organisation acted for, or null.';
COMMENT ON COLUMN ecopanier.caller.expires_at IS 'Until when the caller is signed in.';

CREATE FUNCTION ecopanier.whoami()
RETURNS ecopanier.caller
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_whoami';
COMMENT ON FUNCTION ecopanier.whoami() IS
'Who is calling, as the rules see it; null where nobody is signed in. Errors: ZE001, ZE002.';
CREATE FUNCTION ecopanier.current_territory()
RETURNS int
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_territory';
COMMENT ON FUNCTION ecopanier.current_territory() IS
'The caller''s territory, null where nobody is signed in. In policies write (SELECT ecopanier.current_territory()).';
CREATE FUNCTION ecopanier.current_member()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_member';
COMMENT ON FUNCTION ecopanier.current_member() IS
'The calling member, null where nobody is signed in. In policies write (SELECT ecopanier.current_member()).';
CREATE FUNCTION ecopanier.current_organisation()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_organisation';
COMMENT ON FUNCTION ecopanier.current_organisation() IS
'The organisation that the caller acts for, null where there is none. In policies write (SELECT ecopanier.current_organisation()).';
CREATE FUNCTION ecopanier.current_role_name()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_current_role';
COMMENT ON FUNCTION ecopanier.current_role_name() IS
'The role that the caller acts in, null where nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.whoami(), ecopanier.current_territory(), ecopanier.current_member(),
	ecopanier.current_organisation(), ecopanier.current_role_name() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.authenticate(), ecopanier.authenticate(text), ecopanier.whoami(),
	ecopanier.current_territory(), ecopanier.current_member(), ecopanier.current_organisation(),
	ecopanier.current_role_name()
	TO ecopanier_owner, ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
	ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service, ecopanier_analyst;
