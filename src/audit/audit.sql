CREATE FUNCTION ecopanier.audit_change()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_change';
COMMENT ON FUNCTION ecopanier.audit_change() IS
'Trigger, after and for each row: appends the change to the audit as <table>_insert, _update or _delete.
Its arguments: the column of the subject, then the columns whose values are noted; none of them personal.';
REVOKE ALL ON FUNCTION ecopanier.audit_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_change() TO ecopanier_owner;
