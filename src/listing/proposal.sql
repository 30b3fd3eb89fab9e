-- Listings from photos.

CREATE FUNCTION ecopanier.photo_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_photo_guard';
COMMENT ON FUNCTION ecopanier.photo_guard() IS
'Trigger of photo: takes bytes that are a whole picture and hold nothing else, whoever writes, and never changes them.
Errors: ZE126 not such bytes; ZE111 a photo changed; 42501.';
CREATE FUNCTION ecopanier.proposal_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_proposal_guard';
COMMENT ON FUNCTION ecopanier.proposal_guard() IS
'Trigger of proposal: which states follow which, what does not change. Errors: 42501; ZE107 a step that is not possible; ZE111.';
CREATE FUNCTION ecopanier.organisation_plan_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_plan_guard';
COMMENT ON FUNCTION ecopanier.organisation_plan_guard() IS
'Trigger of organisation_plan: an administrator sets it, from now on or later; numbers the rows. Errors: 42501; 22023; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.listing_month_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_listing_month_guard';
COMMENT ON FUNCTION ecopanier.listing_month_guard() IS
'Trigger of listing_month: written by the rules only, whoever asks. Errors: ZE112.';
REVOKE ALL ON FUNCTION ecopanier.photo_guard(), ecopanier.proposal_guard(), ecopanier.organisation_plan_guard(),
	ecopanier.listing_month_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.photo_guard(), ecopanier.proposal_guard(), ecopanier.organisation_plan_guard(),
	ecopanier.listing_month_guard() TO ecopanier_owner;

CREATE TYPE ecopanier.listing AS (
	proposal uuid,
	state text,
	failure text,
	advice text,
	fields jsonb,
	photo uuid,
	lot uuid,
	created_at timestamptz,
	asked_at timestamptz,
	answered_at timestamptz,
	decided_at timestamptz
);
COMMENT ON TYPE ecopanier.listing IS 'What became of a photo.';
COMMENT ON COLUMN ecopanier.listing.proposal IS 'Identifier.';
COMMENT ON COLUMN ecopanier.listing.state IS 'waiting, asking, draft, confirmed, discarded or failed.';
COMMENT ON COLUMN ecopanier.listing.failure IS 'Why it failed, a code of message().';
COMMENT ON COLUMN ecopanier.listing.advice IS 'The same in the caller''s language, with what can be done.';
COMMENT ON COLUMN ecopanier.listing.fields IS 'By field: value, confidence, source (proposed or person), and proposed where a person changed it.';
COMMENT ON COLUMN ecopanier.listing.photo IS 'The photo, null once its time is over.';
COMMENT ON COLUMN ecopanier.listing.lot IS 'The lot that it became.';
COMMENT ON COLUMN ecopanier.listing.created_at IS 'When the photo was sent.';
COMMENT ON COLUMN ecopanier.listing.asked_at IS 'When it was last asked for.';
COMMENT ON COLUMN ecopanier.listing.answered_at IS 'When draft or failure was there.';
COMMENT ON COLUMN ecopanier.listing.decided_at IS 'When it was confirmed or discarded.';

CREATE FUNCTION ecopanier.propose_lot(photo bytea, request_id uuid DEFAULT NULL)
RETURNS ecopanier.listing
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_propose_lot';
COMMENT ON FUNCTION ecopanier.propose_lot(bytea, uuid) IS
'Has a photo of food read by a model, for managers and owners of an organisation that offers lots. The answer becomes a draft for
confirm_proposal(), never a lot by itself; my_proposals() tells when it is there.
photo: JPEG, PNG or WebP, up to 7 MB (7,340,032 bytes), by its bytes and not its name; EXIF, XMP, IPTC, place, comments, thumbnails and colour
profiles are removed before anything is stored, the orientation is kept as a value.
request_id: the client''s number of the request; a retry with the same photo gives the same proposal and counts once.
Returns the proposal. Counts against the allowance of the month (settings photos_per_month_<plan>).
Errors: 42501 not such staff; 22004 no photo; ZE126 not a whole picture of an allowed size; ZE125 the allowance of the month is used up, with the
day on which it begins again; ZE110 the request_id was used for another photo.';
CREATE FUNCTION ecopanier.propose_lot_from(bytea)
RETURNS ecopanier.listing
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_propose_lot_from';
COMMENT ON FUNCTION ecopanier.propose_lot_from(bytea) IS
'propose_lot() for API servers that hand over the body of a request as one unnamed argument: POST the file itself as application/octet-stream.
A request_id may stand in the header Idempotency-Key, a UUID. Its argument: the photo. Returns and errors: as there; 22P02 a header that is no UUID.';
CREATE FUNCTION ecopanier.confirm_proposal(id uuid, corrections jsonb DEFAULT '{}')
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_confirm_proposal';
COMMENT ON FUNCTION ecopanier.confirm_proposal(uuid, jsonb) IS
'Makes a lot in state draft of a proposal, by a manager or owner of its organisation; publishing it stays a step of its own.
id: the proposal, in state draft; corrections: a JSON object of fields of a lot that replace or add to what is proposed: title, description,
category (a code of food_categories()), public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, meals_per_unit, use_by and
best_before ("2026-11-30"), batch, allergens (array of codes; [] none), window_start and window_end (with the zone). null clears a field.
Returns the lot; a second call gives the same lot and changes nothing.
Errors: 42501 not such staff; ZE101 no such proposal; ZE107 no draft, or its lot was thrown away; 22023 an unknown field or a value that it does
not take; and all that an INSERT into lot raises, such as ZE109.';
CREATE FUNCTION ecopanier.discard_proposal(id uuid, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_discard_proposal';
COMMENT ON FUNCTION ecopanier.discard_proposal(uuid, text) IS
'Throws a proposal away that did not become a lot, by a manager or owner of its organisation; an answer that still comes is dropped.
id: the proposal; reason: why, up to 1,000 characters, for those who look at the quality of proposals. Discarded already: nothing happens.
Errors: 42501 not such staff; ZE101 no such proposal; ZE107 it became a lot; 22023 too long a reason.';
CREATE FUNCTION ecopanier.ask_again(id uuid)
RETURNS ecopanier.listing
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_ask_again';
COMMENT ON FUNCTION ecopanier.ask_again(uuid) IS
'Has the photo of a failed proposal read once more, by a manager or owner of its organisation; counts against the allowance like a new photo.
id: the proposal. Returns it. Errors: 42501 not such staff; ZE101 no such proposal; ZE107 it did not fail, or its photo is gone; ZE125.';
CREATE FUNCTION ecopanier.my_proposals(since timestamptz DEFAULT NULL, at_most int DEFAULT 50)
RETURNS SETOF ecopanier.listing
LANGUAGE c STABLE ROWS 50
AS 'MODULE_PATHNAME', 'ecp_my_proposals';
COMMENT ON FUNCTION ecopanier.my_proposals(timestamptz, int) IS
'The proposals of the organisation that the caller acts for, the newest first. since: those whose photo was sent from then on, null for all;
at_most: 1 to 500 of them. Errors: 42501 not staff of an organisation; 22023 another limit.';
CREATE FUNCTION ecopanier.listing_allowance(OUT plan text, OUT month date, OUT used int, OUT limit_photos int, OUT begins_again date)
RETURNS record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_listing_allowance';
COMMENT ON FUNCTION ecopanier.listing_allowance() IS
'How many photos the caller''s organisation may have read this month. Takes no parameter. Returns the plan in force, the month (its first day, by the
territory''s calendar), photos used, the limit, and the day on which counting begins again. Errors: 42501 not staff of an organisation.';
CREATE FUNCTION ecopanier.set_organisation_plan(organisation uuid, plan text, source text, valid_from timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_set_organisation_plan';
COMMENT ON FUNCTION ecopanier.set_organisation_plan(uuid, text, text, timestamptz) IS
'Sets the plan of an organisation of the own territory, for administrators. organisation: which; plan: free, standard or large; source: why, such as
a contract; valid_from: from when, null for now. Returns the number of the row.
Errors: 42501 no administrator; 22004 a null argument; 23514 no such plan; 22023 a moment that is past; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.food_categories(OUT code text, OUT label_fr text, OUT label_en text, OUT label_es text, OUT label_ar text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 14
AS 'MODULE_PATHNAME', 'ecp_food_categories';
COMMENT ON FUNCTION ecopanier.food_categories() IS
'The categories of food that proposals and their corrections use, with what people read. Takes no parameter. Raises nothing.';
REVOKE ALL ON FUNCTION ecopanier.propose_lot(bytea, uuid), ecopanier.propose_lot_from(bytea), ecopanier.confirm_proposal(uuid, jsonb),
	ecopanier.discard_proposal(uuid, text), ecopanier.ask_again(uuid), ecopanier.my_proposals(timestamptz, int), ecopanier.listing_allowance(),
	ecopanier.set_organisation_plan(uuid, text, text, timestamptz), ecopanier.food_categories() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.propose_lot(bytea, uuid), ecopanier.propose_lot_from(bytea), ecopanier.confirm_proposal(uuid, jsonb),
	ecopanier.discard_proposal(uuid, text), ecopanier.ask_again(uuid), ecopanier.my_proposals(timestamptz, int), ecopanier.listing_allowance()
	TO ecopanier_merchant, ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.set_organisation_plan(uuid, text, text, timestamptz) TO ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.food_categories() TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary,
	ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;
