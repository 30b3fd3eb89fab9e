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

CREATE FUNCTION ecopanier.audit_mac(
	territory_id int, id uuid, at timestamptz, actor_kind text, actor_id uuid, actor_login name, organisation_id uuid,
	action text, subject_id uuid, reason text, facts jsonb, key_id text)
RETURNS bytea
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_audit_mac_sql';
COMMENT ON FUNCTION ecopanier.audit_mac(int, uuid, timestamptz, text, uuid, name, uuid, text, uuid, text, jsonb, text) IS
'The MAC of an audit event with these columns, for migrations alone; granted to nobody. Returns 32 bytes, null where key_id is null.
territory_id, id, at, actor_kind, actor_id, actor_login, organisation_id, action, subject_id, reason, facts, key_id: as in audit_event.
Errors: ZE113 the key file lacks the key.';
REVOKE ALL ON FUNCTION ecopanier.audit_mac(int, uuid, timestamptz, text, uuid, name, uuid, text, uuid, text, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_mac(int, uuid, timestamptz, text, uuid, name, uuid, text, uuid, text, jsonb, text)
	TO ecopanier_owner;

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
