-- Shops that people follow.

CREATE FUNCTION ecopanier.favourite_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_favourite_guard';
COMMENT ON FUNCTION ecopanier.favourite_guard() IS
'Trigger of favourite: a person keeps the own ones, up to 100, of active organisations. Errors: 42501; 23514 there are 100; ZE101 no such organisation; ZE111.';
REVOKE ALL ON FUNCTION ecopanier.favourite_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.favourite_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.add_favourite(organisation uuid)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_add_favourite';
COMMENT ON FUNCTION ecopanier.add_favourite(uuid) IS
'The caller follows a shop. Who consents to alerts (give_consent()) is told of its new lots that the person may claim, each once, at most as many a day as
the setting alerts_per_day says, baskets nearby included. organisation: an active one of the caller''s territory. Returns whether it is new.
Errors: 22004; 23514 there are 100 favourites; 42501 nobody is signed in, or not as a person; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.remove_favourite(organisation uuid)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_favourite';
COMMENT ON FUNCTION ecopanier.remove_favourite(uuid) IS
'The caller no longer follows a shop. organisation: the shop. Returns whether there was one. Errors: 22004; 42501 nobody is signed in, or not as a person.';
CREATE FUNCTION ecopanier.my_favourites(OUT organisation_id uuid, OUT organisation_name text, OUT created_at timestamptz)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 20
AS 'MODULE_PATHNAME', 'ecp_my_favourites';
COMMENT ON FUNCTION ecopanier.my_favourites() IS
'The shops that the caller follows, by name; those that are active. Returns organisation_id, for nearby_lots() and others; its name; since when.
Errors: 42501 nobody is signed in, or not as a person.';
REVOKE ALL ON FUNCTION ecopanier.add_favourite(uuid), ecopanier.remove_favourite(uuid), ecopanier.my_favourites() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.add_favourite(uuid), ecopanier.remove_favourite(uuid), ecopanier.my_favourites()
	TO ecopanier_customer, ecopanier_beneficiary;

COMMENT ON FUNCTION ecopanier.lot_announced() IS
'Trigger of lot and of lot_movement, with the column of the lot where that is not id: a published lot that gained free units is to be told to people nearby. Raises nothing.';
