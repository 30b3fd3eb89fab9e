CREATE FUNCTION ecopanier.event_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_event_guard';
COMMENT ON FUNCTION ecopanier.event_guard() IS
'Trigger, before update or delete on event: what happened stays as it was written; only its telling moves on, the person goes once it was told or
is erased, and events that were told long ago are removed by the schedule. A superuser may tell an event off by hand: set told_at or next_at.
Errors: 42501 nobody is signed in; ZE111 a changed fact, a deleted event.';
REVOKE ALL ON FUNCTION ecopanier.event_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.event_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.event_state()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_event_state';
COMMENT ON FUNCTION ecopanier.event_state() IS
'Trigger, after and for each row: appends the event <first argument>.<the row''s state>. Its other arguments: the columns of subject, organisation
and member (empty: none), then columns that go into the facts by their name; none of them personal. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.event_state() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.event_state() TO ecopanier_owner;

CREATE FUNCTION ecopanier.tell_events(batch int DEFAULT 1000)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_tell_events';
COMMENT ON FUNCTION ecopanier.tell_events(int) IS
'Tells a batch of events now, as a step of the schedule does by itself: for superusers. batch: how many of each territory at most, 1 or more.
Returns how many were told or put off: 0 where nothing is due. Errors: 42501; 22023 a batch of none.';
REVOKE ALL ON FUNCTION ecopanier.tell_events(int) FROM PUBLIC;
