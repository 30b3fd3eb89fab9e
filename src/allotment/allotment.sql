-- allotment.sql: rounds that allot free units among those who are interested; see allotment.tables.sql.

CREATE FUNCTION ecopanier.allotment_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_allotment_guard';
COMMENT ON FUNCTION ecopanier.allotment_guard() IS
'Trigger of the tables of allotment rounds: rows are written by the rules alone, for everybody; a round goes from open to drawn or cancelled.
Arguments: keep or forget (whether rows are ever deleted), then the columns that never change. Errors: ZE107, ZE111, ZE112.';
REVOKE ALL ON FUNCTION ecopanier.allotment_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.allotment_guard() TO ecopanier_owner;

CREATE FUNCTION ecopanier.allotment_by_default()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_allotment_by_default';
COMMENT ON FUNCTION ecopanier.allotment_by_default() IS
'Trigger of lot: opens a round for the free units of a new lot that is published at once, where the setting allotment_by_default says so and there is
time for one.';
REVOKE ALL ON FUNCTION ecopanier.allotment_by_default() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.allotment_by_default() TO ecopanier_owner;

CREATE FUNCTION ecopanier.allotment_lots_changed()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_allotment_lots_changed';
COMMENT ON FUNCTION ecopanier.allotment_lots_changed() IS
'Trigger of lot: opens rounds by default for lots that are published, cancels those of lots that are closed or cancelled, and gives their units back.';
REVOKE ALL ON FUNCTION ecopanier.allotment_lots_changed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.allotment_lots_changed() TO ecopanier_owner;

CREATE FUNCTION ecopanier.open_allotment(lot uuid, units int, closes_at timestamptz, request_id uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_open_allotment';
COMMENT ON FUNCTION ecopanier.open_allotment(uuid, int, timestamptz, uuid) IS
'Opens a round that allots free units of a published lot among the beneficiaries who declare interest. For managers and owners of the lot''s
organisation, and administrators. lot: the lot; units: how many of its free units, or what is left of them, which nobody can claim until then:
how many that is they are not told, or they would learn who claimed free units (rule D13); closes_at: when the round
is drawn, at least allotment_open_minutes from now and allotment_lead_minutes before the lot''s window opens; request_id: a number of the
client''s, with which a retry gives the same round. The seed of the draw is made now; its commitment is public at once.
Returns the round.
Errors: 42501 not such staff; 22004; 22023 units below 1, or a time that is too early or too late; ZE101 no such lot; ZE102 the lot is not
published; ZE104 the lot has fewer free units; ZE107 the lot has an open round; ZE108 past the use-by date; ZE110 request_id used for another round.';

CREATE FUNCTION ecopanier.cancel_allotment(round uuid, reason text)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_cancel_allotment';
COMMENT ON FUNCTION ecopanier.cancel_allotment(uuid, text) IS
'Cancels an open round: its units are offered to first come again. For managers and owners of the lot''s organisation, and administrators.
round: the round; reason: words of at most 1000 characters that those who declared interest can read.
Errors: 42501 not such staff; 22023 a reason that is too long; ZE101 no such round; ZE107 it is drawn or cancelled; ZE117 no reason.';

CREATE FUNCTION ecopanier.declare_interest(round uuid, quantity int DEFAULT 1, latitude double precision DEFAULT NULL,
	longitude double precision DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_declare_interest';
COMMENT ON FUNCTION ecopanier.declare_interest(uuid, int, double precision, double precision) IS
'Declares the caller''s interest in units of an open round, as a beneficiary whose right holds; once more: the newest declaration counts, and a
withdrawn one is back. round: the round; quantity: units wanted, 1 to 10; latitude, longitude: where the person comes from, degrees (WGS 84),
of which the band of the distance alone is kept; who does not say counts as far.
Returns the pseudonym under which the result tells of the person.
Errors: 42501 not a beneficiary; 22004; 22023 quantity or position out of range, or half a position; ZE101 no such round; ZE106 no verified
right; ZE132 the round takes no more interest.';

CREATE FUNCTION ecopanier.withdraw_interest(round uuid)
RETURNS boolean
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_withdraw_interest';
COMMENT ON FUNCTION ecopanier.withdraw_interest(uuid) IS
'Withdraws the caller''s interest in an open round. round: the round. Returns whether there was one.
Errors: 42501 not a beneficiary; ZE101 no such round; ZE132 the round is closed.';

CREATE FUNCTION ecopanier.allotment_result(round uuid)
RETURNS jsonb
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_allotment_result';
COMMENT ON FUNCTION ecopanier.allotment_result(uuid) IS
'What a round published, for those who took part in it and for administrators: id, units, times, state, commitment, seed (hexadecimal, null
before the draw), version of the criteria, and a line for each participant under the pseudonym of this round: what decided (allowed units,
help_units, waiting_days or null for never, distance_band), place, allotted units and outcome. No line names anybody; of others who could take
no part it says not_eligible, the own line says why. own: the caller''s pseudonym, quantity, outcome with its sentence, and reservation, or null.
Anybody can compute the result again from it: see recompute_allotment() and doc/clients.
round: the round. Errors: 42501 nobody is signed in; ZE101 no such round, or not a participant.';

CREATE FUNCTION ecopanier.recompute_allotment(round uuid, OUT seed_matches boolean, OUT order_matches boolean, OUT units_match boolean)
RETURNS record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_recompute_allotment';
COMMENT ON FUNCTION ecopanier.recompute_allotment(uuid, OUT boolean, OUT boolean, OUT boolean) IS
'Computes a drawn round again from its published values, for those who took part in it and for administrators.
round: the round. seed_matches: whether the seed is the one that was committed to; order_matches: whether each has the place that the
criteria and the seed give; units_match: whether each has the units that the order gives.
Errors: 42501 nobody is signed in; ZE101 no such round, or not a participant; ZE107 it is not drawn, or those who took part were deleted.';

REVOKE ALL ON FUNCTION ecopanier.open_allotment(uuid, int, timestamptz, uuid), ecopanier.cancel_allotment(uuid, text),
	ecopanier.declare_interest(uuid, int, double precision, double precision), ecopanier.withdraw_interest(uuid),
	ecopanier.allotment_result(uuid), ecopanier.recompute_allotment(uuid, OUT boolean, OUT boolean, OUT boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.open_allotment(uuid, int, timestamptz, uuid), ecopanier.cancel_allotment(uuid, text)
	TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.declare_interest(uuid, int, double precision, double precision), ecopanier.withdraw_interest(uuid)
	TO ecopanier_beneficiary;
GRANT EXECUTE ON FUNCTION ecopanier.allotment_result(uuid), ecopanier.recompute_allotment(uuid, OUT boolean, OUT boolean, OUT boolean)
	TO ecopanier_beneficiary, ecopanier_admin;
