/*
 * Reading notifications: pages in words, the count of what is unread, marking.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "privacy/person.h"

PG_FUNCTION_INFO_V1(ecp_my_notifications);
PG_FUNCTION_INFO_V1(ecp_unread_notifications);
PG_FUNCTION_INFO_V1(ecp_mark_read);
PG_FUNCTION_INFO_V1(ecp_mark_all_read);

#define PAGE_DEFAULT 20
#define PAGE_MAX 100
#define MARK_MAX 1000

#define PAGE_COLUMNS \
	"SELECT n.id, n.kind, n.subject_id, ecopanier.message(n.kind || '.title', m.language, n.args), " \
	"ecopanier.message(n.kind, m.language, n.args), n.created_at, n.read_at " \
	"FROM ecopanier.member m JOIN ecopanier.notification n ON n.territory_id = m.territory_id AND n.member_id = m.id " \
	"WHERE m.territory_id = $1 AND m.id = $2 AND (n.created_at, n.id) < ($4, $5) "
#define PAGE_ORDER "ORDER BY n.created_at DESC, n.id DESC LIMIT $3"

static EcpPlan read_page =
ECP_PLAN(PAGE_COLUMNS PAGE_ORDER, INT4OID, UUIDOID, INT4OID, TIMESTAMPTZOID, UUIDOID);

static EcpPlan read_unread =
ECP_PLAN(PAGE_COLUMNS "AND n.read_at IS NULL " PAGE_ORDER, INT4OID, UUIDOID, INT4OID, TIMESTAMPTZOID, UUIDOID);

static EcpPlan find_own =
ECP_PLAN("SELECT created_at FROM ecopanier.notification WHERE territory_id = $1 AND id = $2 AND member_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan count_unread =
ECP_PLAN("SELECT count(*) FROM ecopanier.notification WHERE territory_id = $1 AND member_id = $2 AND read_at IS NULL",
		 INT4OID, UUIDOID);

static EcpPlan mark_some =
ECP_PLAN("UPDATE ecopanier.notification SET read_at = ecopanier.now() "
		 "WHERE territory_id = $1 AND member_id = $2 AND id = ANY ($3) AND read_at IS NULL",
		 INT4OID, UUIDOID, UUIDARRAYOID);

static EcpPlan mark_until =
ECP_PLAN("UPDATE ecopanier.notification SET read_at = ecopanier.now() "
		 "WHERE territory_id = $1 AND member_id = $2 AND created_at <= coalesce($3, 'infinity') AND read_at IS NULL",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

/* Where a page begins: behind the last row of the one before, or with the newest. */
static void
find_start(FunctionCallInfo fcinfo, const EcpCaller *caller, Datum *created_at, Datum *id)
{
	static pg_uuid_t highest;
	Datum		values[3] = {Int32GetDatum(caller->territory), (Datum) 0, UUIDPGetDatum(&caller->member)};

	if (PG_ARGISNULL(2))
	{
		memset(highest.data, 0xff, UUID_LEN);
		*created_at = TimestampTzGetDatum(DT_NOEND);
		*id = UUIDPGetDatum(&highest);
		return;
	}
	values[1] = *id = PG_GETARG_DATUM(2);
	ecp_plan_run(&find_own, values, NULL, true, 1);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such notification"),
				 errhint("Give the notification_id of the last row of the page before.")));
	*created_at = ecp_plan_known(0, 1);
}

static int32
page_size(FunctionCallInfo fcinfo)
{
	int32		size = PG_ARGISNULL(1) ? PAGE_DEFAULT : PG_GETARG_INT32(1);

	if (size < 1 || size > PAGE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a page has 1 to %d notifications", PAGE_MAX),
				 errhint("Ask for the next page with the last notification_id as before.")));
	return size;
}

Datum
ecp_my_notifications(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		unread_only = !PG_ARGISNULL(0) && PG_GETARG_BOOL(0);
	Datum		values[5] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), Int32GetDatum(page_size(fcinfo))};
	EcpOwner	saved;
	uint64		i;

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	find_start(fcinfo, caller, &values[3], &values[4]);
	ecp_plan_run(unread_only ? &read_unread : &read_page, values, NULL, true, 0);
	for (i = 0; i < SPI_processed; i++)
	{
		Datum		row[7];
		bool		nulls[7];
		int			column;

		for (column = 0; column < 7; column++)
			row[column] = ecp_plan_value(i, column + 1, &nulls[column]);
		tuplestore_putvalues(set->setResult, set->setDesc, row, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}

Datum
ecp_unread_notifications(PG_FUNCTION_ARGS pg_attribute_unused())
{
	const EcpCaller *caller = ecp_person_require_caller();
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};
	EcpOwner	saved;
	int64		count;

	ecp_plan_begin(&saved);
	ecp_plan_run(&count_unread, values, NULL, true, 1);
	count = DatumGetInt64(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_INT64(count);
}

static int64
mark(EcpPlan *plan, const EcpCaller *caller, Datum which, bool isnull)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), which};
	EcpOwner	saved;
	int64		marked;

	ecp_plan_begin(&saved);
	ecp_plan_run(plan, values, isnull ? "  n" : NULL, false, 0);
	marked = (int64) SPI_processed;
	ecp_plan_end(&saved);
	return marked;
}

Datum
ecp_mark_read(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();
	ArrayType  *ids = PG_ARGISNULL(0) ? NULL : PG_GETARG_ARRAYTYPE_P(0);

	if (ids == NULL || array_contains_nulls(ids))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the notifications to mark are missing"),
				 errhint("Give an array of ids of the own notifications.")));
	if (ARR_NDIM(ids) > 1 || ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids)) > MARK_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these are too many notifications at once, or no plain list"),
				 errhint("Give up to %d ids, or call ecopanier.mark_all_read().", MARK_MAX)));
	PG_RETURN_INT64(mark(&mark_some, caller, PointerGetDatum(ids), false));
}

Datum
ecp_mark_all_read(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();

	PG_RETURN_INT64(mark(&mark_until, caller, PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0), PG_ARGISNULL(0)));
}
