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
'Trigger, before insert on audit_event: gives id, key, MAC and the digest of the reason, and for a statement of a member''s time and actor too.
A superuser''s load may bring rows back as they were. Errors: 42501 nobody is signed in; ZE113 the key file lacks the current key.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_event_history()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_event_history';
COMMENT ON FUNCTION ecopanier.audit_event_history() IS
'Trigger, before update or delete on audit_event: lets nothing pass, but for an erasure, which takes reason and salt of an event away.
Errors: ZE111 events are neither changed nor deleted.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_history() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_history() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_event_pending()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_event_pending';
COMMENT ON FUNCTION ecopanier.audit_event_pending() IS
'Trigger, after insert on audit_event: notes that the event has no place in the chain yet.';
REVOKE ALL ON FUNCTION ecopanier.audit_event_pending() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_event_pending() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_audit_guard';
COMMENT ON FUNCTION ecopanier.audit_guard() IS
'Trigger of statements on the audit''s private tables: the audit itself writes them, or a superuser. Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.audit_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_mac(event record)
RETURNS bytea
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_audit_mac_sql';
COMMENT ON FUNCTION ecopanier.audit_mac(record) IS
'The MAC of an audit event, for migrations; granted to nobody. Returns 32 bytes, null where key_id is null.
event: the columns of audit_event in their order, all but reason, reason_salt and mac. Errors: 42804 other columns; ZE113 the key file lacks the key.';
REVOKE ALL ON FUNCTION ecopanier.audit_mac(record) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_mac(record) TO ecopanier_owner;

CREATE FUNCTION ecopanier.audit_reason_digest(salt bytea, reason text)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_audit_reason_digest_sql';
COMMENT ON FUNCTION ecopanier.audit_reason_digest(bytea, text) IS
'The digest of a reason, for migrations; granted to nobody. salt: 16 bytes; reason: the text. Returns 32 bytes, BLAKE2b of the text
"ecopanier audit reason 1", a zero byte, salt and reason. Errors: 22023 a salt of another length.';
REVOKE ALL ON FUNCTION ecopanier.audit_reason_digest(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_reason_digest(bytea, text) TO ecopanier_owner;

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

CREATE FUNCTION ecopanier.audit_checkpoint(territory int)
RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'ecp_audit_checkpoint';
COMMENT ON FUNCTION ecopanier.audit_checkpoint(int) IS
'The newest signed state of a territory''s audit, to be given away; verify_audit() compares a later state with it.
territory: its number, 0 for the installation. Returns one line of 192 characters, null where nothing is linked yet: EA1. and base64url
of version 1 (1 byte), installation (16), key id (8), territory (4), position (8), microseconds since 1970 (8), digest (32),
signature (64). Signed (Ed25519, a key of pickup_public_keys()): the text "ecopanier audit checkpoint 1" and a zero byte, and the
77 bytes before the signature. For administrators of the territory, superusers and pg_monitor.
Errors: 42501 nobody is signed in, or not as an administrator; ZE101 no such territory for the caller.';
REVOKE ALL ON FUNCTION ecopanier.audit_checkpoint(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.audit_checkpoint(int) TO ecopanier_admin, pg_monitor;

CREATE FUNCTION ecopanier.verify_audit(territory int, checkpoint text DEFAULT NULL,
	OUT finding text, OUT is_fault boolean, OUT "position" bigint, OUT event_id uuid, OUT at timestamptz, OUT detail text)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 10
AS 'MODULE_PATHNAME', 'ecp_verify_audit';
COMMENT ON FUNCTION ecopanier.verify_audit(int, text) IS
'Whether a territory''s audit is as it was written. territory: its number, 0 for the installation; checkpoint: one that was given
away earlier. Returns a row for each finding, at most 1,000, with place in the chain, event and time where they are known, and last a row "summary".
finding: changed, removed, inserted, reordered; broken_chain, bad_signature and checkpoint_mismatch, where links or
checkpoints do not fit; missing_key (once a key: its MACs cannot be checked without the key file); unlinked (how many events wait
for tick(), and since when). is_fault: false for unlinked, missing_key and summary. Reasons that erasures withheld are no fault, and the
summary counts them; one is changed where more are gone than erasures took, as their events reasons_withheld say.
Reads alone, also on a standby. For administrators of the territory, superusers and pg_monitor.
Errors: 42501 nobody is signed in, or not as an administrator; ZE101 no such territory for the caller.';
REVOKE ALL ON FUNCTION ecopanier.verify_audit(int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.verify_audit(int, text) TO ecopanier_admin, pg_monitor;
