CREATE FUNCTION ecopanier.audit_change()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_change';
COMMENT ON FUNCTION ecopanier.audit_change() IS
'Trigger, after and for each row: appends the change to the audit as <table>_insert, _update or _delete.
Its arguments: the column of the subject (empty: none), then the columns that are noted; none of them personal.
An insert and a delete note their values, an update [before, after] of those that it changed, and nothing where it changed none;
a column given as +name is noted by an update though it did not change, to tell which row it was.
A noted column called reason becomes the reason of the event. A table without territory_id is noted in territory 0, the installation.
Errors: ZE113 the key file lacks the current key.';
REVOKE ALL ON FUNCTION ecopanier.audit_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_change() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_event_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_event_guard';
COMMENT ON FUNCTION ecopanier.audit_event_guard() IS
'Trigger, before insert on audit_event: gives id, key and MAC, and for a statement of a member''s time and actor too.
A superuser''s load may bring rows back as they were. Errors: 42501 nobody is signed in; ZE113 the key file lacks the current key.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_event_pending()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_event_pending';
COMMENT ON FUNCTION ecopanier.audit_event_pending() IS
'Trigger, after insert on audit_event: notes that the event has no place in the chain yet.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_pending() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_pending() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_mac(event record)
RETURNS bytea
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_audit_mac_sql';
COMMENT ON FUNCTION ecopanier.audit_mac(record) IS
'The MAC of an audit event, for migrations; granted to nobody. Returns 32 bytes, null where key_id is null.
event: the columns of audit_event in their order, all but the MAC. Errors: 42804 other columns; ZE113 the key file lacks the key.';
REVOKE ALL ON FUNCTION ecopanier.audit_mac(record) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_mac(record) TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_partitions()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_audit_partitions';
COMMENT ON FUNCTION ecopanier.audit_partitions() IS
'Makes the partitions of audit_event for this month and the next two; install() and tick() do. A month that has rows in the
default partition already stays there. Granted to nobody. Returns how many were made.
Errors: 55P03 the audit is being read or changed in a way that would make others wait.';
REVOKE ALL ON FUNCTION ecopanier.audit_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_partitions() TO ecopanier_owner;
