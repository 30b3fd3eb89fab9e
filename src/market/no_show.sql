CREATE FUNCTION ecopanier.my_standing(language text DEFAULT NULL,
	OUT effect text, OUT no_shows int, OUT reservations uuid[], OUT until timestamptz, OUT code text, OUT why text)
RETURNS record
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_my_standing';
COMMENT ON FUNCTION ecopanier.my_standing(text) IS
'How free baskets that were not fetched weigh on the caller, and on nobody else (rule D15); by default a territory does not count them.
language: of the sentence, the caller''s where null.
Returns effect: none, reduced (a lower limit a day) or paused (no free claims for now); no_shows: how many count; reservations: which, the newest first;
until: when the effect ends by the clock, if nothing is added; code and why: what message() says of it.
Errors: 42501 nobody is signed in.';
REVOKE ALL ON FUNCTION ecopanier.my_standing(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.my_standing(text) TO ecopanier_customer, ecopanier_beneficiary;

CREATE FUNCTION ecopanier.forgive_no_show(reservation uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_forgive_no_show';
COMMENT ON FUNCTION ecopanier.forgive_no_show(uuid, text) IS
'Decides that a free basket that was not fetched does not count against the person (rule D15); an effect that rested on it ends at once.
For administrators. reservation: one that lapsed or was cancelled late; reason: kept by the audit.
Errors: 42501 not an administrator; 22023 a reason of more than 1000 characters; ZE101 no such reservation; ZE107 nothing to forgive, or forgiven already;
ZE117 no reason.';
REVOKE ALL ON FUNCTION ecopanier.forgive_no_show(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.forgive_no_show(uuid, text) TO ecopanier_admin;
