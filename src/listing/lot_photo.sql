COMMENT ON FUNCTION ecopanier.confirm_proposal(uuid, jsonb) IS
'Makes a lot in state draft of a proposal, by a manager or owner of its organisation; publishing it stays a step of its own, and lot_missing() says what it still lacks. The photo becomes the first of the lot''s (lot_photo()).
id: the proposal, in state draft; corrections: a JSON object of fields of a lot that replace or add to what is proposed: title, description,
category (a code of food_categories()), public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, meals_per_unit, use_by and
best_before ("2026-11-30"), undated (true or false), batch, allergens (array of codes; [] none), window_start and window_end (with the zone), cold_class,
origin, farming_method, nutri_score, provenance, labels and wishes (arrays of codes). null clears a field.
Returns the lot; a second call gives the same lot and changes nothing.
Errors: 42501 not such staff; ZE101 no such proposal; ZE107 no draft, or its lot was thrown away; 22023 an unknown field or a value that it does
not take; and all that an INSERT into lot raises, such as ZE109.';

CREATE DOMAIN ecopanier."*/*" AS bytea;
COMMENT ON DOMAIN ecopanier."*/*" IS
'A file of a type that the function names in the header Content-Type.
Served by API layers under that media type. The domain checks nothing: it names what a function returns.';

CREATE FUNCTION ecopanier.lot_photo_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_photo_guard';
COMMENT ON FUNCTION ecopanier.lot_photo_guard() IS
'Trigger of lot_photo: takes bytes that are a whole picture and hold nothing else, whoever writes; numbers them; keeps those of a lot that was published.
Errors: ZE126 not such bytes; ZE101 no such lot; ZE111 the lot was published; 23514 it has six; 42501.';
REVOKE ALL ON FUNCTION ecopanier.lot_photo_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_photo_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.add_lot_photo(lot uuid, photo bytea)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_add_lot_photo';
COMMENT ON FUNCTION ecopanier.add_lot_photo(uuid, bytea) IS
'Adds a photo to a lot in state draft, by a manager or owner of its organisation. lot: the lot; photo: JPEG, PNG or WebP, up to 7 MB (7,340,032 bytes), by its
bytes; EXIF, XMP, IPTC, place, comments, thumbnails and colour profiles are removed before anything is stored. A lot has up to six; confirm_proposal() makes
the proposal''s photo the first. Returns the number of the photo; the same picture once more gives the same number and changes nothing.
Errors: 42501 not such staff; 22004 no photo; ZE126 not a whole picture of an allowed size; ZE101 no such lot; ZE111 the lot was published; 23514 it has six.';
CREATE FUNCTION ecopanier.remove_lot_photo(lot uuid, number int)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_lot_photo';
COMMENT ON FUNCTION ecopanier.remove_lot_photo(uuid, int) IS
'Removes a photo of a lot in state draft, by a manager or owner of its organisation; the others keep their numbers.
lot: the lot; number: which. Returns whether there was one. Errors: 42501 not such staff; 22004 no number; ZE101 no such lot; ZE111 the lot was published.';
CREATE FUNCTION ecopanier.lot_photos(lot uuid, OUT number int, OUT media_type text, OUT width int, OUT height int, OUT orientation int, OUT octets int,
	OUT sha256 text)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 6
AS 'MODULE_PATHNAME', 'ecp_lot_photos';
COMMENT ON FUNCTION ecopanier.lot_photos(uuid) IS
'The photos of a lot for those who may read the lot: once published its territory''s people, before that staff of its organisation and administrators.
lot: the lot; one that is unknown or not to be read has none. Returns number, for lot_photo(); media_type; width, height: pixels before turning; orientation: how
to turn it, 1 to 8 as in EXIF; octets: size; sha256: of the bytes, in hexadecimal. Errors: 42501 nobody is signed in.';
CREATE FUNCTION ecopanier.lot_photo(lot uuid, number int DEFAULT 1)
RETURNS ecopanier."*/*"
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_lot_photo';
COMMENT ON FUNCTION ecopanier.lot_photo(uuid, int) IS
'A photo of a lot, for those whom lot_photos() gives it. API servers send it as what it is: the function names its type in response.headers.
lot: the lot; number: which, null for the first. Returns the bytes. Errors: 42501 nobody is signed in; ZE101 no such lot or photo.';
REVOKE ALL ON FUNCTION ecopanier.add_lot_photo(uuid, bytea), ecopanier.remove_lot_photo(uuid, int), ecopanier.lot_photos(uuid),
	ecopanier.lot_photo(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.add_lot_photo(uuid, bytea), ecopanier.remove_lot_photo(uuid, int) TO ecopanier_merchant, ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.lot_photos(uuid), ecopanier.lot_photo(uuid, int)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
