-- Finding lots: near a place, by words.

CREATE FUNCTION ecopanier.lot_spot(territory int, latitude double precision, longitude double precision)
RETURNS point
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_lot_spot';
COMMENT ON FUNCTION ecopanier.lot_spot(int, double precision, double precision) IS
'Where a place lies in the picture that open_lot is searched in: Mercator''s, metres, a square for each territory; null above 85 degrees of latitude.
territory: its number; latitude, longitude: degrees (WGS 84).';
CREATE FUNCTION ecopanier.allergen_bits(allergens text[])
RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_allergen_bits';
COMMENT ON FUNCTION ecopanier.allergen_bits(text[]) IS
'One bit for each of the 14 allergens, in the order of the law. allergens: their codes. Errors: 22023 another code.';
CREATE FUNCTION ecopanier.category_label(category text)
RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_category_label';
COMMENT ON FUNCTION ecopanier.category_label(text) IS
'What a kind of food is called in French; null for an unknown one. category: its code.';
CREATE FUNCTION ecopanier.search_words(parts text[])
RETURNS tsvector
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_search_words';
COMMENT ON FUNCTION ecopanier.search_words(text[]) IS
'Stems of French words, accents, ligatures and case left out. parts: texts; nulls are passed over.';
REVOKE ALL ON FUNCTION ecopanier.lot_spot(int, double precision, double precision), ecopanier.allergen_bits(text[]),
	ecopanier.category_label(text), ecopanier.search_words(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.lot_spot(int, double precision, double precision), ecopanier.allergen_bits(text[]),
	ecopanier.category_label(text), ecopanier.search_words(text[]) TO ecopanier_owner;

CREATE FUNCTION ecopanier.open_lot_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_open_lot_guard';
COMMENT ON FUNCTION ecopanier.open_lot_guard() IS
'Trigger of open_lot: written by the rules only, whoever asks. Errors: ZE112.';
CREATE FUNCTION ecopanier.lot_opened()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_lot_opened';
COMMENT ON FUNCTION ecopanier.lot_opened() IS
'Trigger of lot: what is published can be found, what is no longer is not.';
CREATE FUNCTION ecopanier.organisation_renamed()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_renamed';
COMMENT ON FUNCTION ecopanier.organisation_renamed() IS
'Trigger of organisation: its lots are found by the new name.';
REVOKE ALL ON FUNCTION ecopanier.open_lot_guard(), ecopanier.lot_opened(), ecopanier.organisation_renamed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.open_lot_guard(), ecopanier.lot_opened(), ecopanier.organisation_renamed() TO ecopanier_owner;

CREATE FUNCTION ecopanier.rebuild_open_lots()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rebuild_open_lots';
COMMENT ON FUNCTION ecopanier.rebuild_open_lots() IS
'Computes what can be searched again from lots and organisations, while nobody publishes; for superusers.
Returns how many rows were wrong, 0 in a sound database. Errors: 42501.';
REVOKE ALL ON FUNCTION ecopanier.rebuild_open_lots() FROM PUBLIC;

CREATE FUNCTION ecopanier.distance_m(latitude_a double precision, longitude_a double precision, latitude_b double precision,
	longitude_b double precision)
RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_distance_m';
COMMENT ON FUNCTION ecopanier.distance_m(double precision, double precision, double precision, double precision) IS
'Metres between two places along the ellipsoid WGS 84, by Lambert''s formula (1942): within two millionths below 1,000 km.
latitude_a, longitude_a, latitude_b, longitude_b: degrees north and east. Errors: 22023 no such place on earth.';

CREATE FUNCTION ecopanier.nearby_lots(latitude double precision, longitude double precision, radius_m double precision DEFAULT 5000,
	categories text[] DEFAULT NULL, most_cents int DEFAULT NULL, window_from timestamptz DEFAULT NULL, window_until timestamptz DEFAULT NULL,
	free_only boolean DEFAULT false, open_now boolean DEFAULT false, without_allergens text[] DEFAULT NULL, wished text[] DEFAULT NULL,
	cold_classes text[] DEFAULT NULL, page_size int DEFAULT 50,
	after_distance_m double precision DEFAULT NULL, after_lot uuid DEFAULT NULL,
	OUT territory_id int, OUT lot_id uuid, OUT organisation_id uuid, OUT organisation_name text, OUT title text, OUT description text,
	OUT category text, OUT price_cents int, OUT original_price_cents int, OUT units_left int, OUT unit_weight_g int, OUT use_by date,
	OUT best_before date, OUT allergens text[], OUT window_start timestamptz, OUT window_end timestamptz, OUT commune_insee text,
	OUT latitude double precision, OUT longitude double precision, OUT meals_per_unit numeric, OUT undated boolean,
	OUT cold_class text, OUT limit_celsius numeric, OUT origin text,
	OUT farming_method text, OUT nutri_score text, OUT labels text[], OUT wishes text[], OUT windows tstzrange[],
	OUT distance_m double precision)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 50
AS 'MODULE_PATHNAME', 'ecp_nearby_lots';
COMMENT ON FUNCTION ecopanier.nearby_lots(double precision, double precision, double precision, text[], int, timestamptz, timestamptz, boolean, boolean, text[], text[], text[], int, double precision, uuid) IS
'What the caller can claim now around a place, the nearest first: public units at their present price; for a beneficiary who can claim
a free unit now the free ones instead where a lot has some, at price_cents 0, in the same list and shape.
latitude, longitude: degrees (WGS 84), latitude -84 to 84; radius_m: metres, above 0 to 100000.
categories: kinds of food, any of them; most_cents: price of a unit at most, cents; window_from, window_until: a pickup window that is
not over overlaps this time; free_only: for nothing; open_now: a pickup window has begun; without_allergens: codes of which it holds
none, known to hold none; wished: codes of wish that it satisfies, all of them; cold_classes: how it is kept, any of them. Null: no filter.
page_size: rows, 1 to 100; after_distance_m, after_lot: distance_m and lot_id of the last row of the page before, both or neither.
Returns what lot_offer does, and distance_m: metres along the ellipsoid, to the millimetre; ordered by it and lot_id.
Claim a row by reserve(lot_id, quantity); a beneficiary claims one with a price from the pool public.
Errors: 42501 nobody is signed in, or not as a customer or beneficiary; 22004; 22023.';
CREATE FUNCTION ecopanier.search_lots(query text, latitude double precision DEFAULT NULL, longitude double precision DEFAULT NULL,
	radius_m double precision DEFAULT 20000,
	categories text[] DEFAULT NULL, most_cents int DEFAULT NULL, window_from timestamptz DEFAULT NULL, window_until timestamptz DEFAULT NULL,
	free_only boolean DEFAULT false, open_now boolean DEFAULT false, without_allergens text[] DEFAULT NULL, wished text[] DEFAULT NULL,
	cold_classes text[] DEFAULT NULL, page_size int DEFAULT 50,
	after_distance_m double precision DEFAULT NULL, after_rank int DEFAULT NULL, after_window_end timestamptz DEFAULT NULL, after_lot uuid DEFAULT NULL,
	OUT territory_id int, OUT lot_id uuid, OUT organisation_id uuid, OUT organisation_name text, OUT title text, OUT description text,
	OUT category text, OUT price_cents int, OUT original_price_cents int, OUT units_left int, OUT unit_weight_g int, OUT use_by date,
	OUT best_before date, OUT allergens text[], OUT window_start timestamptz, OUT window_end timestamptz, OUT commune_insee text,
	OUT latitude double precision, OUT longitude double precision, OUT meals_per_unit numeric, OUT undated boolean,
	OUT cold_class text, OUT limit_celsius numeric, OUT origin text,
	OUT farming_method text, OUT nutri_score text, OUT labels text[], OUT wishes text[], OUT windows tstzrange[],
	OUT distance_m double precision, OUT rank int)
RETURNS SETOF record
LANGUAGE c STABLE ROWS 50
AS 'MODULE_PATHNAME', 'ecp_search_lots';
COMMENT ON FUNCTION ecopanier.search_lots(text, double precision, double precision, double precision, text[], int, timestamptz, timestamptz, boolean, boolean, text[], text[], text[], int, double precision, int, timestamptz, uuid) IS
'The same by words, in French: case, accents, ligatures and endings do not matter.
query: up to 200 characters; all words must be found, "in quotes" one after the other, or gives a choice, - excludes. Words are looked for in
title, name of the organisation, name of the category and description. A query without a word that tells anything finds nothing.
latitude, longitude: a place, degrees (WGS 84), both or neither; radius_m: metres around it. With a place the nearest come first; without: those whose title or organisation matches first (rank 1),
then the others (rank 0), and the window that ends first before.
categories, most_cents, window_from, window_until, free_only, open_now, without_allergens, wished, cold_classes, page_size: as in nearby_lots().
after_distance_m, after_rank, after_window_end, after_lot: distance_m, or rank and window_end, and lot_id of the last row of the page before.
Returns what nearby_lots() does, and rank, null with a place. Errors: 42501; 22004; 22023.';
REVOKE ALL ON FUNCTION ecopanier.distance_m(double precision, double precision, double precision, double precision),
	ecopanier.nearby_lots(double precision, double precision, double precision, text[], int, timestamptz, timestamptz, boolean, boolean, text[], text[], text[], int, double precision, uuid),
	ecopanier.search_lots(text, double precision, double precision, double precision, text[], int, timestamptz, timestamptz, boolean, boolean, text[], text[], text[], int, double precision, int, timestamptz, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.distance_m(double precision, double precision, double precision, double precision) TO ecopanier_anon,
	ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service, ecopanier_analyst;
GRANT EXECUTE ON FUNCTION ecopanier.nearby_lots(double precision, double precision, double precision, text[], int, timestamptz, timestamptz, boolean, boolean, text[], text[], text[], int, double precision, uuid),
	ecopanier.search_lots(text, double precision, double precision, double precision, text[], int, timestamptz, timestamptz, boolean, boolean, text[], text[], text[], int, double precision, int, timestamptz, uuid)
	TO ecopanier_customer, ecopanier_beneficiary;

CREATE FUNCTION ecopanier.may_claim_free()
RETURNS boolean
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_may_claim_free';
COMMENT ON FUNCTION ecopanier.may_claim_free() IS
'Whether the caller may claim a free unit now: a beneficiary whose right is in force, who is not paused, and whose quota of the day is not used up (rules D1, D14, D15). Raises 42501 without a caller.';
REVOKE ALL ON FUNCTION ecopanier.may_claim_free() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.may_claim_free() TO ecopanier_owner, ecopanier_customer, ecopanier_beneficiary;
