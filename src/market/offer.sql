-- What a lot says, what it lacks, certificates, and lots a day.

CREATE FUNCTION ecopanier.lot_missing(lot uuid)
RETURNS text[]
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_lot_missing';
COMMENT ON FUNCTION ecopanier.lot_missing(uuid) IS
'What a lot of the caller''s organisation lacks to be published: the names that publication would tell in ZE115, empty for none.
lot: the lot. An element is a column, several joined by "or" of which one is enough, or "certificate of LABEL": a label that the
organisation has no valid certificate for on the day that the pickup window ends. Errors: 42501 nobody is signed in; ZE101 no such lot.';
REVOKE ALL ON FUNCTION ecopanier.lot_missing(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_missing(uuid) TO ecopanier_merchant, ecopanier_association;

CREATE FUNCTION ecopanier.lot_counted()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_counted';
COMMENT ON FUNCTION ecopanier.lot_counted() IS
'Trigger of lot: counts what a person publishes against the day''s lots of the organisation''s plan (settings lots_per_day_<plan>).
Errors: ZE129 they are used up.';
CREATE FUNCTION ecopanier.lot_day_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_day_guard';
COMMENT ON FUNCTION ecopanier.lot_day_guard() IS 'Trigger of lot_day: written by the rules only, whoever asks. Errors: ZE112.';
CREATE FUNCTION ecopanier.organisation_label_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_label_guard';
COMMENT ON FUNCTION ecopanier.organisation_label_guard() IS
'Trigger of organisation_label: certificates are kept by managers and owners of the organisation, and by administrators; one is withdrawn, never changed.
Errors: 42501; ZE101 no such organisation; ZE111 a change.';
REVOKE ALL ON FUNCTION ecopanier.lot_counted(), ecopanier.lot_day_guard(), ecopanier.organisation_label_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_counted(), ecopanier.lot_day_guard(), ecopanier.organisation_label_guard() TO ecopanier_owner;

COMMENT ON FUNCTION ecopanier.lot_guard() IS
'Trigger of lot: who offers, the discount (rule D4), what publishing needs, what does not change afterwards.
Errors: 42501; 22023 an unknown label or wish; ZE101; ZE103 a window that is over; ZE107 a step that is not possible; ZE108 past the use-by date;
ZE109 the discount; ZE111 a published lot changed or deleted; ZE115 incomplete, naming all that is missing; ZE130 goods that are given and never sold.';
COMMENT ON FUNCTION ecopanier.release_pickup(uuid, text) IS
'Releases a reservation whose tries are used up, by a manager or owner of the organisation or an administrator; noted in the audit.
reservation: its id; reason: how the person was recognised. Tries begin anew, and pickup is possible for the setting release_grace
minutes even after the window, never after the use-by date.
Errors: 42501 nobody is signed in; ZE101 no such reservation; ZE107 not locked; ZE108 the use-by date is over; ZE117 no reason.';
