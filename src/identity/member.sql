CREATE FUNCTION ecopanier.row_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_row_guard';
COMMENT ON FUNCTION ecopanier.row_guard() IS
'Trigger of tenants'' tables: fills territory and id, keeps a caller''s rows in the caller''s territory, and says who writes
beside administrators: its argument manager, member or anybody; nobody without one.
Errors: 22023 an id of another territory; 42501 nobody is signed in, another territory, or not a writer; ZE111 a changed key.';
REVOKE ALL ON FUNCTION ecopanier.row_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.row_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.member_role_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_member_role_guard';
COMMENT ON FUNCTION ecopanier.member_role_guard() IS
'Trigger of member_role: administrators alone give and take roles; association staff give the role beneficiary. Errors: 42501, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.member_role_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.member_role_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.map_login(login name, member uuid, role text, organisation uuid DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_map_login';
COMMENT ON FUNCTION ecopanier.map_login(name, uuid, text, uuid) IS
'Makes a database login act as a member; for superusers. A second call for the login replaces the first.
login: an existing role with LOGIN; member: the member; role: one of the member''s roles; organisation: for staff of several.
Errors: 42501 not a superuser; 42704 no such login; 22004 a null argument; 23503 the member has no such role
or does not work for the organisation.';
REVOKE ALL ON FUNCTION ecopanier.map_login(name, uuid, text, uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.unmap_login(login name)
RETURNS boolean
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'ecp_unmap_login';
COMMENT ON FUNCTION ecopanier.unmap_login(name) IS
'Ends what map_login() began; for superusers. login: the database login. Returns whether it was mapped. Errors: 42501.';
REVOKE ALL ON FUNCTION ecopanier.unmap_login(name) FROM PUBLIC;
