/*
 * Food wishes: what food should not hold or need, chosen by a person for one
 * claim and shown to those who prepare it, in the same way for paid and free
 * claims (rule D13).  They say nothing about religion or health, are not kept
 * with the person, and are read while the claim is held alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "common/due.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "market/receipt.h"
#include "market/wish.h"

PG_FUNCTION_INFO_V1(ecp_trg_reservation_wish_guard);
PG_FUNCTION_INFO_V1(ecp_set_wishes);
PG_FUNCTION_INFO_V1(ecp_reservation_wishes);

#define WISHES_MAX 20

/* The lock keeps the claim held until the wishes are stored. */
static EcpPlan lock_held =
ECP_PLAN("SELECT state FROM ecopanier.reservation WHERE territory_id = $1 AND id = $2 AND member_id = $3 FOR SHARE",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan count_known =
ECP_PLAN("SELECT count(DISTINCT code) = (SELECT count(DISTINCT w) FROM unnest($1) w) FROM ecopanier.wish WHERE code = ANY ($1)",
		 TEXTARRAYOID);

static EcpPlan drop_others =
ECP_PLAN("DELETE FROM ecopanier_private.reservation_wish WHERE territory_id = $1 AND reservation_id = $2 AND wish <> ALL ($3)",
		 INT4OID, UUIDOID, TEXTARRAYOID);

static EcpPlan add =
ECP_PLAN("INSERT INTO ecopanier_private.reservation_wish (territory_id, reservation_id, wish) SELECT DISTINCT $1, $2, w FROM unnest($3) w "
		 "ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, TEXTARRAYOID);

static EcpPlan read_wishes =
ECP_PLAN("SELECT w.reservation_id, w.wish FROM ecopanier_private.reservation_wish w "
		 "JOIN ecopanier.reservation r ON r.territory_id = w.territory_id AND r.id = w.reservation_id AND r.state = 'held' "
		 "WHERE w.territory_id = $1 AND ($2 IS NULL OR w.reservation_id = $2) AND (r.member_id = $3 OR r.organisation_id = $4) "
		 "ORDER BY w.reservation_id, w.wish",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID);

#define OVER_WISHES \
	"ecopanier_private.reservation_wish w WHERE NOT EXISTS (SELECT FROM ecopanier.reservation r " \
	"WHERE r.territory_id = w.territory_id AND r.id = w.reservation_id AND r.state = 'held')"

/* A table as small as the claims that are held; $1, the clock, plays no part. */
static EcpPlan purge =
ECP_PLAN("DELETE FROM ecopanier_private.reservation_wish WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM ecopanier.territory t "
		 "CROSS JOIN LATERAL (SELECT w.ctid FROM " OVER_WISHES " AND w.territory_id = t.id LIMIT $2) d))",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_purge =
ECP_PLAN("SELECT timestamptz '-infinity' FROM " OVER_WISHES " LIMIT 1", TIMESTAMPTZOID);

/* Raises unless the claim is the caller's and held. */
static void
check_held(const EcpCaller *caller, Datum reservation)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), reservation, UUIDPGetDatum(&caller->member)};

	ecp_plan_run(&lock_held, values, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_raise_unknown_reservation();
	if (strcmp(ecp_plan_text(0, 1), "held") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the reservation is not held"),
				 errhint("Wishes are for a basket that is still to be handed over.")));
}

/* A wish belongs to a held claim of the caller's. */
Datum
ecp_trg_reservation_wish_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"reservation_id", "wish", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			reservation = ecp_row_column(row.desc, "reservation_id");
	EcpOwner	saved;

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (caller == NULL || row.nulls[reservation])
		return ecp_row_close(&row);
	ecp_plan_begin(&saved);
	check_held(caller, row.values[reservation]);
	ecp_plan_end(&saved);
	return ecp_row_close(&row);
}

/* Raises where the argument is no list of known wishes; what it holds is not repeated. */
static void
check_wishes(FunctionCallInfo fcinfo)
{
	ArrayType  *wishes;
	int			count;
	Datum		values[1];

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the wishes are missing"),
				 errhint("Give an array of codes of ecopanier.wish, empty for none.")));
	wishes = PG_GETARG_ARRAYTYPE_P(1);
	count = ArrayGetNItems(ARR_NDIM(wishes), ARR_DIMS(wishes));
	values[0] = PointerGetDatum(wishes);
	if (ARR_NDIM(wishes) <= 1 && count <= WISHES_MAX && !array_contains_nulls(wishes))
	{
		ecp_plan_run(&count_known, values, NULL, true, 1);
		if (DatumGetBool(ecp_plan_known(0, 1)))
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("these are not known wishes"),
			 errhint("Choose up to %d codes of ecopanier.wish.", WISHES_MAX),
			 errhidestmt(true), errhidecontext(true)));
}

Datum
ecp_set_wishes(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[3];

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_raise_unknown_reservation();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	check_held(caller, values[1]);
	check_wishes(fcinfo);
	values[2] = PG_GETARG_DATUM(1);
	ecp_plan_run(&drop_others, values, NULL, false, 0);
	ecp_plan_run(&add, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_reservation_wishes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[4];
	char		nulls[5] = "    ";
	bool		staff;

	ecp_require_installed();
	caller = ecp_caller_require();
	staff = caller->role == ECP_ROLE_MERCHANT || caller->role == ECP_ROLE_ASSOCIATION;
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	nulls[1] = PG_ARGISNULL(0) ? 'n' : ' ';
	values[2] = UUIDPGetDatum(&caller->member);
	nulls[2] = staff ? 'n' : ' ';
	values[3] = UUIDPGetDatum(&caller->organisation);
	nulls[3] = staff && caller->has_organisation && caller->function >= ECP_FUNCTION_READER ? ' ' : 'n';
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&read_wishes, values, nulls, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		row[2] = {ecp_plan_known(i, 1), ecp_plan_known(i, 2)};
		bool		row_nulls[2] = {false};

		tuplestore_putvalues(set->setResult, set->setDesc, row, row_nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}

int64
ecp_wish_purge_due(int limit)
{
	return ecp_due_run(&purge, limit);
}

TimestampTz
ecp_wish_purge_next(void)
{
	return ecp_due_next(&next_purge);
}
