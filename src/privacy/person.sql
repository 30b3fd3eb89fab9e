CREATE FUNCTION ecopanier.member_erased()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_member_erased';
COMMENT ON FUNCTION ecopanier.member_erased() IS
'Trigger of member: what is left of an erased person never changes, and erase_person() alone erases. Errors: ZE111, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.member_erased() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.member_erased() TO ecopanier_owner;

CREATE FUNCTION ecopanier.person_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_person_guard';
COMMENT ON FUNCTION ecopanier.person_guard() IS
'Trigger of tables with rows about a person: none is written about somebody who is erased, or was while the row waited. Errors: ZE101.';
REVOKE ALL ON FUNCTION ecopanier.person_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.person_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.access_grant_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_access_grant_guard';
COMMENT ON FUNCTION ecopanier.access_grant_guard() IS
'Trigger of access_grant: an administrator opens, for themself and now. Errors: 42501, ZE117 a reason that says too little.';
REVOKE ALL ON FUNCTION ecopanier.access_grant_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.access_grant_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.export_person(member uuid)
RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_export_person';
COMMENT ON FUNCTION ecopanier.export_person(uuid) IS
'Everything that is kept about a person, as one document after export_schema(): for the person, or for an administrator who opened
access with open_access() and committed it. Contacts and sealed identities are for the person alone; secrets are in none. It is audited.
member: the person. Errors: 42501 not a person''s or an administrator''s call; ZE101 no such person; ZE123 access was not opened.';
REVOKE ALL ON FUNCTION ecopanier.export_person(uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.export_schema()
RETURNS jsonb
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_export_schema';
COMMENT ON FUNCTION ecopanier.export_schema() IS
'JSON Schema (draft 2020-12) of what export_person() returns, made from the tables as they are; also doc/person.schema.json.';
REVOKE ALL ON FUNCTION ecopanier.export_schema() FROM PUBLIC;

CREATE FUNCTION ecopanier.erase_person(member uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_erase_person';
COMMENT ON FUNCTION ecopanier.erase_person(uuid, text) IS
'Erases a person, for good: by the person, or by an administrator. Claims and sums stay, on an id that leads to nobody; the audit says
that somebody was erased and not who.
member: the person; reason: why, from an administrator; it may not name the person, and the person''s own is not kept.
Errors: 22023 the reason names the person; 42501 neither the person nor an administrator; ZE101 no such person; ZE107 not in READ
COMMITTED; ZE117 an administrator without a reason; ZE122 something is open: the detail names it.';
REVOKE ALL ON FUNCTION ecopanier.erase_person(uuid, text) FROM PUBLIC;

CREATE FUNCTION ecopanier.open_access(member uuid, reason text, minutes int DEFAULT 15)
RETURNS timestamptz
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_open_access';
COMMENT ON FUNCTION ecopanier.open_access(uuid, text, int) IS
'Break-glass: an administrator states why a person''s data must be read. read_person() and export_person() serve once this is committed.
member: the person, who can read the reason; reason: at least ten characters; minutes: 1 to 60. Returns until when it serves.
Errors: 22023 minutes out of range; 42501 not an administrator; ZE101 no such person; ZE117 a reason that says too little.';
REVOKE ALL ON FUNCTION ecopanier.open_access(uuid, text, int) FROM PUBLIC;

CREATE FUNCTION ecopanier.read_person(member uuid)
RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_read_person';
COMMENT ON FUNCTION ecopanier.read_person(uuid) IS
'What is kept about a person, for an administrator who opened access with open_access() and committed it; without contacts and sealed
identities, which are the person''s. Each reading is audited.
member: the person. Errors: 42501 not an administrator; ZE101 no such person; ZE123 access was not opened, not committed, or has expired.';
REVOKE ALL ON FUNCTION ecopanier.read_person(uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.retention()
RETURNS TABLE (territory_id int, rule text, months int, done bigint, postponed bigint)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_retention';
COMMENT ON FUNCTION ecopanier.retention() IS
'Erases the people whose period of retention is over, and deletes old traces; for superusers, to be run each day. Twice, or after a pause,
comes to the same. rule: social, refused, applied, customer or trace; months: the period in force; done: people erased, or rows deleted;
postponed: people with something open, such as a held basket. Errors: 42501 not a superuser; ZE107 not in READ COMMITTED.';
REVOKE ALL ON FUNCTION ecopanier.retention() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.export_person(uuid), ecopanier.erase_person(uuid, text), ecopanier.export_schema()
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.open_access(uuid, text, int), ecopanier.read_person(uuid) TO ecopanier_admin;
