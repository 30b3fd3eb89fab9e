-- kiosk.sql: cards of people without a phone, and what a kiosk does with them.

CREATE FUNCTION ecopanier.card_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_card_guard';
COMMENT ON FUNCTION ecopanier.card_guard() IS
'Trigger of card: gives id and territory; a card keeps its person and its key, what is revoked stays so, and a PIN is never used again.
Errors: 42501; 22023; ZE107 a revoked card; ZE111 a changed column, a lower pin_version.';
CREATE FUNCTION ecopanier.card_holder_moved()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_card_holder_moved';
COMMENT ON FUNCTION ecopanier.card_holder_moved() IS
'Trigger of beneficiary: where another organisation holds the person, or the right is transferred or refused, the card and its sessions end.
Errors: 42501.';
CREATE FUNCTION ecopanier.kiosk_try_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_kiosk_try_guard';
COMMENT ON FUNCTION ecopanier.kiosk_try_guard() IS
'Trigger of kiosk_try: nothing is changed, and what is younger than two days is not deleted. Errors: ZE111.';
REVOKE ALL ON FUNCTION ecopanier.card_guard(), ecopanier.card_holder_moved(), ecopanier.kiosk_try_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.card_guard(), ecopanier.card_holder_moved(), ecopanier.kiosk_try_guard() TO ecopanier_owner;

CREATE TYPE ecopanier.issued_card AS (
	card_id uuid,
	card text,
	pin text
);
COMMENT ON TYPE ecopanier.issued_card IS 'A new card: shown once, stored nowhere.';
COMMENT ON COLUMN ecopanier.issued_card.card_id IS 'The card, a row of card.';
COMMENT ON COLUMN ecopanier.issued_card.card IS 'What the QR of the card shows: EC1. and 44 characters. Whoever has it has the card.';
COMMENT ON COLUMN ecopanier.issued_card.pin IS 'Six digits for the person to remember. Never on the card.';

CREATE FUNCTION ecopanier.issue_card(member uuid)
RETURNS ecopanier.issued_card
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_issue_card';
COMMENT ON FUNCTION ecopanier.issue_card(uuid) IS
'Gives a person with a verified right a card for kiosks; an earlier one ends. For managers and owners of the association or social
service that holds the person. It signs in once this is committed. member: the person.
Returns card and PIN, which nobody can read again. Errors: 42501 nobody is signed in; ZE101 no such person here; ZE106 no verified right; ZE113.';
CREATE FUNCTION ecopanier.revoke_card(card uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_revoke_card';
COMMENT ON FUNCTION ecopanier.revoke_card(uuid, text) IS
'Ends a card and the sessions begun with it: by the person, by staff of the organisation that gave it (not readers), by an administrator.
card: its id; reason: lost, stolen, damaged, replaced, returned or other.
Errors: 42501 nobody is signed in; 22023 another reason; ZE101 no such card; ZE107 it has ended; ZE117 no reason.';
CREATE FUNCTION ecopanier.reissue_card_pin(card uuid)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reissue_card_pin';
COMMENT ON FUNCTION ecopanier.reissue_card_pin(uuid) IS
'Gives a card a new PIN; the old one ends, tries begin anew. For managers and owners of the organisation that gave the card and holds
the person. It signs in once this is committed. card: its id.
Returns six digits, which nobody can read again. Errors: 42501 nobody is signed in; ZE101 no such card; ZE107 it has ended; ZE113.';
CREATE FUNCTION ecopanier.release_card(card uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_release_card';
COMMENT ON FUNCTION ecopanier.release_card(uuid, text) IS
'Lets a card that is locked at the caller''s kiosks be tried again; for managers and owners, noted in the audit.
card: its id; reason: how the person was recognised.
Errors: 42501 nobody is signed in, or not as a manager of an association; ZE101 no such card was tried here; ZE117 no reason.';

CREATE FUNCTION ecopanier.card_qr(card text)
RETURNS ecopanier."image/svg+xml"
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_card_qr';
COMMENT ON FUNCTION ecopanier.card_qr(text) IS
'The QR of a card as SVG, to print. Pass the card as a bound parameter. card: the text that issue_card() gave.
Returns null where it is not the text of a card. Raises nothing.';
CREATE FUNCTION ecopanier.card_qr_png(card text, module_px int DEFAULT 8)
RETURNS ecopanier."image/png"
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_card_qr_png';
COMMENT ON FUNCTION ecopanier.card_qr_png(text, int) IS
'The QR of a card as PNG, to print. Pass the card as a bound parameter. card: the text that issue_card() gave; module_px: side of a
module, 2 to 32 pixels. Returns null where it is not the text of a card or the size is out of range. Raises nothing.';

CREATE TYPE ecopanier.kiosk_answer AS (
	state text,
	code text,
	message text,
	token text,
	expires_at timestamptz,
	reservation uuid
);
COMMENT ON TYPE ecopanier.kiosk_answer IS 'What a kiosk is answered; a refusal is a value, since an error would show the secret and take its count back.';
COMMENT ON COLUMN ecopanier.kiosk_answer.state IS
'ok; refused, with no reason told; locked: too many tries, of this card or at this kiosk; not_signed_in: the caller is no kiosk; not_possible: a rule says no, see code.';
COMMENT ON COLUMN ecopanier.kiosk_answer.code IS 'The code for message(); null where ok.';
COMMENT ON COLUMN ecopanier.kiosk_answer.message IS 'What to tell the person, in the own language where a session is open, else in the kiosk''s; null where ok.';
COMMENT ON COLUMN ecopanier.kiosk_answer.token IS 'The session''s token from now on: EK1. and 172 characters; null where there is no session.';
COMMENT ON COLUMN ecopanier.kiosk_answer.expires_at IS 'When it expires.';
COMMENT ON COLUMN ecopanier.kiosk_answer.reservation IS 'The reservation that was made; null else.';

CREATE FUNCTION ecopanier.kiosk_login(card text, pin text)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_login';
COMMENT ON FUNCTION ecopanier.kiosk_login(text, text) IS
'Signs a person in with card and PIN, at a kiosk of an association or social service of the territory; for its staff (not readers).
Pass both as bound parameters. card: what the kiosk read from the QR; pin: the six digits that the person types.
Returns an answer; nothing about card or PIN is ever raised. A try is charged before the PIN is compared and survives a rollback: after
the setting card_tries of them the card is locked at this association''s kiosks for the rest of a period of card_lock minutes, until a
manager releases it or the PIN is reissued; after kiosk_tries in an hour its kiosks are. A lost card, a wrong one, a wrong PIN and a
person who may not claim get the same answer.
The session lasts kiosk_idle seconds after each use and kiosk_session seconds at most.
Errors: 25006 in a read-only transaction; 25000 at another isolation level than READ COMMITTED; ZE001; ZE113.';
CREATE FUNCTION ecopanier.kiosk_screen(token text, language text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_screen';
COMMENT ON FUNCTION ecopanier.kiosk_screen(text, text) IS
'All that the kiosk''s screen shows to the person who is signed in. Pass the token as a bound parameter.
token: of the session; language: fr, en, es or ar, null or any other: the person''s.
Returns an object: state, language, right_to_left, texts (sentences, in that language); where state is ok also token, expires_at, first_name,
free_units (left, limit), right_until, baskets (each with what, where, when, PIN, token and QR as SVG), offers (what can be reserved now).
Every basket has the same shape, paid or free. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.kiosk_reserve(token text, lot uuid, quantity int DEFAULT 1, request_id uuid DEFAULT NULL)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_reserve';
COMMENT ON FUNCTION ecopanier.kiosk_reserve(text, uuid, int, uuid) IS
'Claims free units for the person who is signed in, as reserve() does. Pass the token as a bound parameter.
token: of the session; lot: one of the offers; quantity: units; request_id: a number of the kiosk''s, with which a retry gives the same answer.
Returns an answer with the session''s next token; what reserve() would refuse is not_possible with its code. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.kiosk_cancel(token text, reservation uuid)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_cancel';
COMMENT ON FUNCTION ecopanier.kiosk_cancel(text, uuid) IS
'Cancels a reservation of the person who is signed in, as cancel() does. Pass the token as a bound parameter.
token: of the session; reservation: one of the baskets.
Returns an answer with the session''s next token; what cancel() would refuse is not_possible with its code. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.kiosk_logout(token text)
RETURNS ecopanier.kiosk_answer
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_kiosk_logout';
COMMENT ON FUNCTION ecopanier.kiosk_logout(text) IS
'Ends a session at the kiosk; none of its tokens is accepted any more. Pass the token as a bound parameter. token: of the session.
Returns an answer without a token. Errors: as for kiosk_login().';
CREATE FUNCTION ecopanier.end_kiosk_sessions()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_end_kiosk_sessions';
COMMENT ON FUNCTION ecopanier.end_kiosk_sessions() IS
'Ends all sessions at the kiosks of the caller''s organisation; for its staff (not readers). Returns how many there were.
Errors: 42501 nobody is signed in, or not as staff of an association.';

REVOKE ALL ON FUNCTION ecopanier.issue_card(uuid), ecopanier.revoke_card(uuid, text), ecopanier.reissue_card_pin(uuid),
	ecopanier.release_card(uuid, text), ecopanier.card_qr(text), ecopanier.card_qr_png(text, int),
	ecopanier.kiosk_login(text, text), ecopanier.kiosk_screen(text, text), ecopanier.kiosk_reserve(text, uuid, int, uuid),
	ecopanier.kiosk_cancel(text, uuid), ecopanier.kiosk_logout(text), ecopanier.end_kiosk_sessions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.issue_card(uuid), ecopanier.reissue_card_pin(uuid), ecopanier.release_card(uuid, text),
	ecopanier.card_qr(text), ecopanier.card_qr_png(text, int), ecopanier.kiosk_login(text, text), ecopanier.kiosk_screen(text, text),
	ecopanier.kiosk_reserve(text, uuid, int, uuid), ecopanier.kiosk_cancel(text, uuid), ecopanier.kiosk_logout(text),
	ecopanier.end_kiosk_sessions() TO ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.revoke_card(uuid, text) TO ecopanier_association, ecopanier_beneficiary, ecopanier_admin;

-- What a kiosk does for the person at it, it calls as the owner.
GRANT EXECUTE ON FUNCTION ecopanier.reserve(uuid, int, uuid), ecopanier.receipt(uuid), ecopanier.cancel(uuid, text),
	ecopanier.pickup_qr(uuid) TO ecopanier_owner;
