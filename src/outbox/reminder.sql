-- Reminders and alerts.

CREATE FUNCTION ecopanier.alert_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_alert_guard';
COMMENT ON FUNCTION ecopanier.alert_guard() IS
'Trigger of alert: a person keeps the own alert, with consent to alerts; its place is rounded to three decimals, whoever writes it.
Errors: 42501; ZE111; ZE121 no consent to alerts.';
REVOKE ALL ON FUNCTION ecopanier.alert_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.alert_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.alert_withdrawn()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_alert_withdrawn';
COMMENT ON FUNCTION ecopanier.alert_withdrawn() IS
'Trigger of consent: who no longer consents to alerts at the end of the transaction has none. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.alert_withdrawn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.alert_withdrawn() TO ecopanier_owner;

CREATE FUNCTION ecopanier.lot_announced()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_announced';
COMMENT ON FUNCTION ecopanier.lot_announced() IS
'Trigger of lot: a published lot that gained free units is to be told to people nearby. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.lot_announced() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_announced() TO ecopanier_owner;

CREATE FUNCTION ecopanier.set_alert(latitude double precision, longitude double precision, radius_m int DEFAULT 2000)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_alert';
COMMENT ON FUNCTION ecopanier.set_alert(double precision, double precision, int) IS
'The caller wants to hear of new free baskets in an area, in place of the area there was. Needs consent to alerts (give_consent()), and
goes with it. Alerts come while the right is in force, at most as many a day as the setting alerts_per_day says, of each lot once.
latitude: degrees north, -85 to 85; longitude: degrees east, -180 to 180; both are stored rounded to three decimals, about 100 m;
radius_m: metres, 100 to 20000. Returns the id of the alert.
Errors: 22004 a null argument; 22023 out of range; 42501 nobody is signed in, or not as a person; ZE121 no consent to alerts.';
REVOKE ALL ON FUNCTION ecopanier.set_alert(double precision, double precision, int) FROM PUBLIC;

CREATE FUNCTION ecopanier.remove_alert()
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_alert';
COMMENT ON FUNCTION ecopanier.remove_alert() IS
'The caller no longer wants to hear of free baskets. Returns whether there was an alert.
Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.remove_alert() FROM PUBLIC;

CREATE FUNCTION ecopanier.my_alert(OUT latitude double precision, OUT longitude double precision, OUT radius_m int, OUT updated_at timestamptz,
	OUT consented boolean, OUT per_day int)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 1
AS 'MODULE_PATHNAME', 'ecp_my_alert';
COMMENT ON FUNCTION ecopanier.my_alert() IS
'The caller''s area, no row where there is none. latitude, longitude: degrees, as stored; radius_m: metres; updated_at: when it was set;
consented: whether consent to alerts is in force; per_day: how many alerts a day there are at most.
Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.my_alert() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION ecopanier.set_alert(double precision, double precision, int), ecopanier.remove_alert(), ecopanier.my_alert()
	TO ecopanier_beneficiary;
