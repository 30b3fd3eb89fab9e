-- What members are told in the application.

CREATE FUNCTION ecopanier.notification_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_notification_guard';
COMMENT ON FUNCTION ecopanier.notification_guard() IS
'Trigger of notification: the rules alone write one, and its reader alone marks it as read, once. Errors: 42501, ZE111.';
REVOKE ALL ON FUNCTION ecopanier.notification_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.notification_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.right_restricted()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_right_restricted';
COMMENT ON FUNCTION ecopanier.right_restricted() IS
'Trigger of beneficiary: appends the event right.restricted, for the person alone. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.right_restricted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.right_restricted() TO ecopanier_owner;

CREATE FUNCTION ecopanier.my_notifications(unread_only boolean DEFAULT false, page_size int DEFAULT 20, before uuid DEFAULT NULL)
RETURNS TABLE (notification_id uuid, kind text, subject_id uuid, title text, body text, created_at timestamptz, read_at timestamptz)
LANGUAGE c STABLE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_my_notifications';
COMMENT ON FUNCTION ecopanier.my_notifications(boolean, int, uuid) IS
'The caller''s notifications in words, the newest first, a page at a time, in the language of the member''s row.
unread_only: true leaves out what was read; page_size: rows of the page, 1 to 100, 20 where null; before: the notification_id of the last row
of the page before, null for the first page. Paging goes by time and id: what arrives meanwhile moves nothing.
Returns notification_id; kind, as in reservation.held; subject_id, the row that it is about; title and body, plain text: escape it
before it goes into HTML; created_at; read_at, null where it was not read.
Errors: 22023 page_size out of range; 42501 nobody is signed in, or not as a person; ZE101 before is no notification of the caller.';
REVOKE ALL ON FUNCTION ecopanier.my_notifications(boolean, int, uuid) FROM PUBLIC;

CREATE FUNCTION ecopanier.unread_notifications()
RETURNS bigint
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_unread_notifications';
COMMENT ON FUNCTION ecopanier.unread_notifications() IS
'How many notifications the caller has not read. Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.unread_notifications() FROM PUBLIC;

CREATE FUNCTION ecopanier.mark_read(notifications uuid[])
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_mark_read';
COMMENT ON FUNCTION ecopanier.mark_read(uuid[]) IS
'Marks notifications of the caller as read.
notifications: up to 1000 ids; those that were read, are unknown or somebody else''s change nothing. Returns how many were marked.
Errors: 22004 a null argument or id; 22023 too many, or not a plain list; 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.mark_read(uuid[]) FROM PUBLIC;

CREATE FUNCTION ecopanier.mark_all_read(until timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_mark_all_read';
COMMENT ON FUNCTION ecopanier.mark_all_read(timestamptz) IS
'Marks all notifications of the caller as read that were written up to a moment.
until: the moment, best that of the newest one shown, so that what came meanwhile stays unread; null: now. Returns how many were marked.
Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.mark_all_read(timestamptz) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.my_notifications(boolean, int, uuid), ecopanier.unread_notifications(), ecopanier.mark_read(uuid[]),
	ecopanier.mark_all_read(timestamptz)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

COMMENT ON FUNCTION ecopanier.message(text, text, jsonb) IS
'What to tell a person about a refusal, a hand-over or an event, in the person''s language.
code: a code of class ZE, as received with the error (ZE104), a verdict of verify_pickup (wrong_pin), or a kind of notification
(reservation.held), of which the title has .title behind it; language: fr, en, es or ar; a region is ignored (fr-FR); NULL and any
other language give French.
args: a JSON object with the values of the sentence''s placeholders, strings or numbers, for example {"left": 3}; a part of the
sentence whose values are missing, null or empty is left out, and names that the sentence does not use are ignored.
Returns one or more sentences as plain text, the values copied as they are: escape it before it goes into HTML.
In Arabic a value stands between the marks U+2068 and U+2069, which keep it from changing place. NULL for a NULL code.
Errors: 22023 unknown code; 22023 args is not an object; 22023 a value that the sentence uses is neither a string nor a number.';
