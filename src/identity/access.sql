CREATE FUNCTION ecopanier.caller_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_caller_guard';
COMMENT ON FUNCTION ecopanier.caller_guard() IS
'Trigger of statements on tables whose rows no other guard looks at: without a caller only a superuser writes, the tables'' owner
and logins with BYPASSRLS included.
Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.caller_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.caller_guard() TO ecopanier_owner;
