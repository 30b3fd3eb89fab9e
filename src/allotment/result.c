/*
 * The published result of an allotment round, and computing it again.
 *
 * Those who took part in a round, and administrators, may look at what decided.
 * A line names nobody: the pseudonym serves for one round, days stand for
 * moments and bands for distances, and why somebody could not take part is
 * told to that person alone.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "allotment/order_core.h"
#include "allotment/round.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "crypto/allotment.h"
#include "identity/context.h"

PG_FUNCTION_INFO_V1(ecp_allotment_result);
PG_FUNCTION_INFO_V1(ecp_recompute_allotment);

static EcpPlan find_round =
ECP_PLAN("SELECT r.state, d.kept_units, r.commitment, r.seed, d.purged FROM ecopanier.allotment_round r "
		 "JOIN ecopanier_private.allotment_draw d ON d.territory_id = r.territory_id AND d.round_id = r.id "
		 "WHERE r.territory_id = $1 AND r.id = $2 AND ($4 OR EXISTS (SELECT FROM ecopanier.allotment_interest i "
		 "WHERE i.territory_id = $1 AND i.round_id = $2 AND i.member_id = $3))",
		 INT4OID, UUIDOID, UUIDOID, BOOLOID);

#define OWN_OR_TOLD "(i.member_id IS NOT DISTINCT FROM $3 OR i.allowed > 0)"

static EcpPlan read_result =
ECP_PLAN("SELECT jsonb_build_object('round', r.id, 'lot', r.lot_id, 'units', d.kept_units, 'opens_at', r.opens_at, 'closes_at', r.closes_at, "
		 "'state', r.state, 'ended_at', r.ended_at, 'cancel_reason', r.cancel_reason, 'criteria', r.criteria, 'help_days', r.help_days, "
		 "'commitment', encode(r.commitment, 'hex'), 'seed', encode(r.seed, 'hex'), "
		 "'participants', d.participants, 'allotted_units', d.allotted_units, 'lines_deleted', d.purged, "
		 "'lines', CASE WHEN r.state <> 'drawn' THEN '[]'::jsonb ELSE (SELECT coalesce(jsonb_agg(jsonb_build_object('pseudonym', i.pseudonym, "
		 "  'allowed', i.allowed, 'help_units', CASE WHEN " OWN_OR_TOLD " THEN i.help_units END, "
		 "  'waiting_days', CASE WHEN " OWN_OR_TOLD " THEN i.waiting_days END, 'distance_band', CASE WHEN " OWN_OR_TOLD " THEN i.distance_band END, "
		 "  'place', i.place, 'allotted', i.allotted, 'outcome', CASE WHEN " OWN_OR_TOLD " THEN i.outcome ELSE 'not_eligible' END) "
		 "  ORDER BY i.place NULLS LAST, i.pseudonym), '[]') FROM ecopanier.allotment_interest i WHERE i.territory_id = $1 AND i.round_id = $2) END, "
		 "'own', (SELECT jsonb_build_object('pseudonym', i.pseudonym, 'quantity', i.quantity, 'declared_at', i.declared_at, "
		 "  'withdrawn_at', i.withdrawn_at, 'outcome', i.outcome, 'reservation', i.reservation_id, "
		 "  'sentence', CASE WHEN i.outcome IS NOT NULL THEN ecopanier.message('allotment.' || i.outcome, (SELECT m.language FROM ecopanier.member m "
		 "  WHERE m.territory_id = i.territory_id AND m.id = i.member_id)) END) FROM ecopanier.allotment_interest i "
		 "  WHERE i.territory_id = $1 AND i.round_id = $2 AND i.member_id = $3)) "
		 "FROM ecopanier.allotment_round r JOIN ecopanier_private.allotment_draw d ON d.territory_id = r.territory_id AND d.round_id = r.id "
		 "WHERE r.territory_id = $1 AND r.id = $2",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan read_lines =
ECP_PLAN("SELECT pseudonym, allowed, help_units, coalesce(waiting_days, -1), distance_band, coalesce(place, 0), allotted "
		 "FROM ecopanier.allotment_interest WHERE territory_id = $1 AND round_id = $2 ORDER BY pseudonym",
		 INT4OID, UUIDOID);

/* Finds a round that the caller may look into, which find_round then has read; raises ZE101. */
static void
find_own(const EcpCaller *caller, FunctionCallInfo fcinfo)
{
	Datum		values[4] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), UUIDPGetDatum(&caller->member)};

	values[3] = BoolGetDatum(caller->kind == ECP_CALLER_PERSON && caller->role == ECP_ROLE_ADMINISTRATOR);
	ecp_plan_run(&find_round, values, NULL, true, 1);
	if (SPI_processed == 0)
		ecp_allotment_raise_unknown();
}

Datum
ecp_allotment_result(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[3];
	Datum		result;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_allotment_raise_unknown();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = UUIDPGetDatum(&caller->member);
	ecp_plan_begin(&saved);
	find_own(caller, fcinfo);
	ecp_plan_run(&read_result, values, NULL, true, 1);
	result = SPI_datumTransfer(ecp_plan_known(0, 1), false, -1);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(result);
}

/* A line of read_lines as a contender, with its ticket. */
static EcpContender
contender_of(uint64 row, const pg_uuid_t *round, const uint8 *seed)
{
	EcpContender contender = {0};

	memcpy(contender.pseudonym, DatumGetUUIDP(ecp_plan_known(row, 1))->data, UUID_LEN);
	contender.allowed = DatumGetInt32(ecp_plan_known(row, 2));
	contender.help_units = DatumGetInt32(ecp_plan_known(row, 3));
	contender.waiting_days = DatumGetInt32(ecp_plan_known(row, 4));
	contender.distance_band = DatumGetInt32(ecp_plan_known(row, 5));
	contender.place = DatumGetInt32(ecp_plan_known(row, 6));
	contender.allotted = DatumGetInt32(ecp_plan_known(row, 7));
	ecp_core_allotment_ticket(round->data, seed, contender.pseudonym, contender.ticket);
	return contender;
}

static int
compare_pseudonyms(const void *a, const void *b)
{
	return memcmp(((const EcpContender *) a)->pseudonym, ((const EcpContender *) b)->pseudonym, UUID_LEN);
}

/* Computes a drawn round again and compares; its lines are in the last result. */
static void
recompute(const pg_uuid_t *round, const uint8 *seed, int64 units, bool *same_order, bool *same_units)
{
	int			count = (int) SPI_processed;
	EcpContender *told = palloc0(Max(count, 1) * sizeof(EcpContender));
	EcpContender *again = palloc0(Max(count, 1) * sizeof(EcpContender));
	int			i;

	for (i = 0; i < count; i++)
		told[i] = again[i] = contender_of(i, round, seed);
	(void) ecp_core_allot(again, count, units);
	qsort(again, count, sizeof(EcpContender), compare_pseudonyms);
	*same_order = *same_units = true;
	for (i = 0; i < count; i++)
	{
		*same_order = *same_order && told[i].place == again[i].place;
		*same_units = *same_units && told[i].allotted == again[i].allotted;
	}
}

/* Reads the found round's units, seed and commitment; raises where there is nothing to compute. */
static int64
read_drawn(uint8 seed[ECP_ALLOTMENT_SEED_BYTES], uint8 commitment[ECP_ALLOTMENT_COMMITMENT_BYTES])
{
	if (strcmp(ecp_plan_text(0, 1), "drawn") != 0 || DatumGetBool(ecp_plan_known(0, 5)))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("there is nothing to recompute"),
				 errhint("A drawn round can be recomputed as long as those who took part are kept.")));
	memcpy(commitment, VARDATA_ANY(DatumGetByteaPP(ecp_plan_known(0, 3))), ECP_ALLOTMENT_COMMITMENT_BYTES);
	memcpy(seed, VARDATA_ANY(DatumGetByteaPP(ecp_plan_known(0, 4))), ECP_ALLOTMENT_SEED_BYTES);
	return DatumGetInt32(ecp_plan_known(0, 2));
}

Datum
ecp_recompute_allotment(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	TupleDesc	desc;
	uint8		seed[ECP_ALLOTMENT_SEED_BYTES];
	uint8		commitment[ECP_ALLOTMENT_COMMITMENT_BYTES];
	uint8		computed[ECP_ALLOTMENT_COMMITMENT_BYTES];
	Datum		key[2];
	bool		matches[3];
	Datum		values[3];
	bool		nulls[3] = {false};
	int64		units;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_allotment_raise_unknown();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "what was recomputed must be a composite");
	key[0] = Int32GetDatum(caller->territory);
	key[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	find_own(caller, fcinfo);
	units = read_drawn(seed, commitment);
	ecp_core_allotment_commitment(PG_GETARG_UUID_P(0)->data, seed, computed);
	matches[0] = memcmp(commitment, computed, sizeof(computed)) == 0;
	ecp_plan_run(&read_lines, key, NULL, true, 0);
	recompute(PG_GETARG_UUID_P(0), seed, units, &matches[1], &matches[2]);
	ecp_plan_end(&saved);
	for (int i = 0; i < 3; i++)
		values[i] = BoolGetDatum(matches[i]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
