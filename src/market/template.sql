-- Prices that fall, pickup windows, templates, repetition, many lots in one call.

CREATE FUNCTION ecopanier.price_on_schedule(price_cents int, falls_from timestamptz, step_minutes int, step_cents int, floor_cents int, at timestamptz)
RETURNS int
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_price_on_schedule';
COMMENT ON FUNCTION ecopanier.price_on_schedule(int, timestamptz, int, int, int, timestamptz) IS
'The price of a unit at a moment, by the columns of a lot: a pure function, for views and indexes.
price_cents: the price at first; falls_from: when it falls for the first time; step_minutes: from one fall to the next; step_cents: by how much each time;
floor_cents: what it never falls below.
at: the moment. Where one of the schedule''s four is null the price stays. Returns cents; null where price or moment is.
Errors: 22023 a step below 1, a floor below 0 or above the price.';
REVOKE ALL ON FUNCTION ecopanier.price_on_schedule(int, timestamptz, int, int, int, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.price_on_schedule(int, timestamptz, int, int, int, timestamptz)
	TO ecopanier_owner, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

CREATE FUNCTION ecopanier.price_at(lot uuid, at timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_price_at';
COMMENT ON FUNCTION ecopanier.price_at(uuid, timestamptz) IS
'The price of a public unit of a lot at a moment. A claim keeps the price of its own moment.
lot: one that the caller may read; at: the moment, now where null. Returns cents, null where the lot has no price.
Errors: 42501 nobody is signed in; ZE101 no such lot.';
REVOKE ALL ON FUNCTION ecopanier.price_at(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.price_at(uuid, timestamptz)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

CREATE FUNCTION ecopanier.windows_fit(windows tstzrange[], window_start timestamptz, window_end timestamptz)
RETURNS boolean
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_windows_fit';
COMMENT ON FUNCTION ecopanier.windows_fit(tstzrange[], timestamptz, timestamptz) IS
'Whether windows are null, or 2 to 20 half-open finite ranges in order that do not overlap: the CHECK of lot.
windows: the ranges; window_start, window_end: the start of the first and the end of the last. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.windows_fit(tstzrange[], timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.windows_fit(tstzrange[], timestamptz, timestamptz)
	TO ecopanier_owner, ecopanier_merchant, ecopanier_association;

CREATE FUNCTION ecopanier.local_times_fit(starts_at time[], ends_at time[])
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_local_times_fit';
COMMENT ON FUNCTION ecopanier.local_times_fit(time[], time[]) IS
'Whether times of the day are 1 to 20 spans in order that do not overlap, each to end after it starts: the CHECK of lot_template.
starts_at, ends_at: the two ends of each span, in the same order. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.local_times_fit(time[], time[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.local_times_fit(time[], time[])
	TO ecopanier_owner, ecopanier_merchant, ecopanier_association;

CREATE FUNCTION ecopanier.lot_template_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_template_guard';
COMMENT ON FUNCTION ecopanier.lot_template_guard() IS
'Trigger of lot_template: managers and owners write those of the own organisation; the next day to make a lot for.
Errors: 22023; 42501; ZE101; ZE111 a template of which lots were made is ended, not deleted.';
REVOKE ALL ON FUNCTION ecopanier.lot_template_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_template_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_template_tried()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_template_tried';
COMMENT ON FUNCTION ecopanier.lot_template_tried() IS
'Trigger of lot_template: what a person writes is tried, by making the lot of its next day and undoing that. Errors: those of publishing a lot.';
REVOKE ALL ON FUNCTION ecopanier.lot_template_tried() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_template_tried() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_from_template(template uuid, day date DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_lot_from_template';
COMMENT ON FUNCTION ecopanier.lot_from_template(uuid, date) IS
'Makes the lot of a template for a day at once, whether or not the template is active then; by a manager or owner of the organisation.
template: one of the own organisation; day: today (the default) to 366 days ahead, in the territory''s calendar.
Published where the template says so, else a draft. Returns the lot; again, the same one: there is one a template and day.
Errors: 22023 the day; 42501; ZE101 no such template; those of publishing a lot.';
REVOKE ALL ON FUNCTION ecopanier.lot_from_template(uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_from_template(uuid, date) TO ecopanier_merchant, ecopanier_association;

CREATE FUNCTION ecopanier.repeat_lots(of date DEFAULT NULL, day date DEFAULT NULL, publish boolean DEFAULT false, request_id uuid DEFAULT NULL,
	OUT number int, OUT lot_id uuid, OUT state text, OUT code text, OUT message text, OUT detail text, OUT hint text, OUT source_lot_id uuid)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 5
AS 'MODULE_PATHNAME', 'ecp_repeat_lots';
COMMENT ON FUNCTION ecopanier.repeat_lots(date, date, boolean, uuid) IS
'The same as on another day: copies the lots that the caller''s organisation had published for a day (up to 500, none that the cascade made), windows at the same local times, dates later by
as many days as lie between. A manager or owner calls it.
of: the day that is repeated, yesterday where null, up to 366 days back; day: the new one, today where null, up to 31 days ahead; publish: whether copies
are published; request_id: a retry with the same one gets the same answer, for 30 days.
A batch number is of its day: a copy gets it by the pattern of its template, and has none otherwise. What cannot be published, for want of it or else, is
a draft, and code, message, detail, hint say why. A copy of a template''s lot is that template''s lot of the day: where that is there, it is the answer.
Returns number, lot_id (null: not even a draft could be made), state, code, message, detail, hint, source_lot_id.
Errors: 22023 the days; 42501; ZE110 the request_id was used for something else.';
CREATE FUNCTION ecopanier.publish_lots(lots jsonb, request_id uuid DEFAULT NULL,
	OUT number int, OUT lot_id uuid, OUT state text, OUT code text, OUT message text, OUT detail text, OUT hint text)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 50
AS 'MODULE_PATHNAME', 'ecp_publish_lots';
COMMENT ON FUNCTION ecopanier.publish_lots(jsonb, uuid) IS
'Publishes many lots in one call; each row stands by itself: what is wrong with one is told in its row, and the others are published. By a manager or owner.
lots: a JSON array of up to 500 objects and two megabytes. An object has the columns of lot that a merchant writes, by name ("allergens": ["lait"], "windows":
["[2026-11-20 17:00+01,2026-11-20 18:00+01)"]); or "id", a draft of the own organisation, with columns that it is still to get.
request_id: a retry with the same one gets the same answer, errors included, for 30 days; rows that are put right go in a new request.
Returns number (of the row, from 1), lot_id and state, or code, message, detail, hint of its error.
Errors: 22004; 22023 no such array; 42501; ZE110 the request_id was used for something else.';
REVOKE ALL ON FUNCTION ecopanier.repeat_lots(date, date, boolean, uuid), ecopanier.publish_lots(jsonb, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.repeat_lots(date, date, boolean, uuid), ecopanier.publish_lots(jsonb, uuid)
	TO ecopanier_merchant, ecopanier_association;
