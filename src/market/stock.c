/*
 * The two counters of claiming, and the guards that stand on their tables.
 *
 * Stock is the popular row, so it is locked last and for the shortest time;
 * quota rows come before it.  Both are taken in key order, whatever the order
 * of the claims in a statement, so that two statements cannot wait for each
 * other in a circle.
 *
 * The guards hold for everybody: counters are never negative, the limit is
 * never passed, and nobody but the functions here writes them, a superuser
 * included.  Where a replica applies what its source has decided, only the
 * first two are checked.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "common/derived.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "market/stock.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_stock_guard);
PG_FUNCTION_INFO_V1(ecp_trg_free_quota_guard);
PG_FUNCTION_INFO_V1(ecp_rebuild_stock);
PG_FUNCTION_INFO_V1(ecp_rebuild_quota);

static EcpPlan take_stock =
ECP_PLAN("UPDATE ecopanier_private.lot_stock SET public_left = (public_left - $3)::int, solidarity_left = (solidarity_left - $4)::int "
		 "WHERE territory_id = $1 AND lot_id = $2",
		 INT4OID, UUIDOID, INT8OID, INT8OID);

static EcpPlan make_stock =
ECP_PLAN("INSERT INTO ecopanier_private.lot_stock (territory_id, lot_id, public_left, solidarity_left) VALUES ($1, $2, $3, $4)",
		 INT4OID, UUIDOID, INT4OID, INT4OID);

static EcpPlan drop_stock =
ECP_PLAN("DELETE FROM ecopanier_private.lot_stock WHERE territory_id = $1 AND lot_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan take_quota =
ECP_PLAN("INSERT INTO ecopanier_private.free_quota AS q (territory_id, member_id, day, used, limit_units, limit_version) "
		 "VALUES ($1, $2, $3, $4::int, $5, $6) ON CONFLICT (territory_id, member_id, day) DO UPDATE "
		 "SET used = q.used + EXCLUDED.used, limit_units = EXCLUDED.limit_units, limit_version = EXCLUDED.limit_version",
		 INT4OID, UUIDOID, DATEOID, INT8OID, INT4OID, INT4OID);

static EcpPlan give_quota =
ECP_PLAN("UPDATE ecopanier_private.free_quota SET used = (used + $4)::int WHERE territory_id = $1 AND member_id = $2 AND day = $3",
		 INT4OID, UUIDOID, DATEOID, INT8OID);

/* Who holds units: see self_check(), which says the same of the whole database. */
static EcpPlan rebuild_stock =
ECP_PLAN("WITH fact AS (SELECT l.territory_id, l.id AS lot_id, "
		 "l.public_units - coalesce(sum(r.quantity) FILTER (WHERE r.pool = 'public'), 0) AS public_left, "
		 "l.solidarity_units - coalesce(sum(r.quantity) FILTER (WHERE r.pool = 'solidarity'), 0) AS solidarity_left "
		 "FROM ecopanier.lot l LEFT JOIN ecopanier.reservation r ON r.territory_id = l.territory_id AND r.lot_id = l.id "
		 "AND r.state IN ('awaiting_payment', 'held', 'collected') GROUP BY l.territory_id, l.id), "
		 "moved AS (SELECT territory_id, lot_id, sum(public_units) AS public_units, sum(solidarity_units) AS solidarity_units "
		 "FROM ecopanier_private.lot_movement GROUP BY 1, 2) "
		 "INSERT INTO ecopanier_private.lot_stock AS s (territory_id, lot_id, public_left, solidarity_left) "
		 "SELECT territory_id, lot_id, public_left - coalesce(public_units, 0), solidarity_left - coalesce(solidarity_units, 0) "
		 "FROM fact LEFT JOIN moved USING (territory_id, lot_id) ORDER BY territory_id, lot_id "
		 "ON CONFLICT (territory_id, lot_id) DO UPDATE SET public_left = EXCLUDED.public_left, solidarity_left = EXCLUDED.solidarity_left "
		 "WHERE (s.public_left, s.solidarity_left) <> (EXCLUDED.public_left, EXCLUDED.solidarity_left)");

static EcpPlan rebuild_quota =
ECP_PLAN("WITH fact AS (SELECT territory_id, member_id, claim_day, "
		 "coalesce(sum(coalesce(quota_cost, quantity)) FILTER (WHERE state <> 'cancelled' OR late_cancel), 0)::int AS used, "
		 "(array_agg(quota_limit ORDER BY claimed_at DESC, id DESC))[1] AS limit_units, "
		 "(array_agg(quota_version ORDER BY claimed_at DESC, id DESC))[1] AS limit_version "
		 "FROM ecopanier.reservation WHERE pool = 'solidarity' GROUP BY 1, 2, 3) "
		 "INSERT INTO ecopanier_private.free_quota AS q (territory_id, member_id, day, used, limit_units, limit_version) "
		 "SELECT territory_id, member_id, claim_day, used, limit_units, limit_version FROM fact f WHERE used > 0 OR EXISTS (SELECT "
		 "FROM ecopanier_private.free_quota c WHERE c.territory_id = f.territory_id AND c.member_id = f.member_id AND c.day = f.claim_day) ORDER BY 1, 2, 3 "
		 "ON CONFLICT (territory_id, member_id, day) DO UPDATE SET used = EXCLUDED.used "
		 "WHERE q.used <> EXCLUDED.used");

static EcpPlan lock_facts =
ECP_PLAN("LOCK TABLE ecopanier.lot, ecopanier.reservation, ecopanier_private.lot_movement IN SHARE ROW EXCLUSIVE MODE");

/* More than this is in no lot and no day, and two of it still fit a counter. */
#define ECP_UNITS_MAX 1000000000

static EcpDerived counters = {0};

int
ecp_stock_compare(const void *a, const void *b)
{
	const EcpStockTake *x = a;
	const EcpStockTake *y = b;

	if (x->territory != y->territory)
		return x->territory < y->territory ? -1 : 1;
	return memcmp(x->lot.data, y->lot.data, UUID_LEN);
}

static int
compare_quota(const void *a, const void *b)
{
	const EcpQuotaTake *x = a;
	const EcpQuotaTake *y = b;
	int			order;

	if (x->territory != y->territory)
		return x->territory < y->territory ? -1 : 1;
	order = memcmp(x->member.data, y->member.data, UUID_LEN);
	if (order != 0)
		return order;
	return x->day < y->day ? -1 : x->day > y->day;
}

static void
raise_sold_out(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_SOLD_OUT),
			 errmsg("not enough units are left"),
			 errhint("Ask for fewer, or look for another lot.")));
}

static void
raise_quota_reached(int32 used, int32 limit)
{
	ereport(ERROR,
			(errcode(ECP_ERR_QUOTA_REACHED),
			 errmsg("the day's free units are used up"),
			 errdetail("%d of %d were claimed for this day.", used, limit),
			 errhint("Ask for fewer, or come back tomorrow; lots at a price are not counted.")));
}

/* A claim is counted at the end of its statement; a part of that statement cannot take it back. */
static void
raise_not_counted(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("the claim is not counted yet"),
			 errhint("Cancel it in a statement of its own.")));
}

static void
write_stock(const EcpStockTake *take)
{
	Datum		values[4] = {Int32GetDatum(take->territory), UUIDPGetDatum(&take->lot),
	Int64GetDatum(take->public_units), Int64GetDatum(take->solidarity_units)};

	if (take->public_units == 0 && take->solidarity_units == 0)
		return;
	if (take->public_units > ECP_UNITS_MAX || take->solidarity_units > ECP_UNITS_MAX)
		raise_sold_out();
	ecp_derived_run(&counters, &take_stock, values, NULL);
	if (SPI_processed != 1)
		elog(ERROR, "a lot of territory %d has no stock; run ecopanier.rebuild_stock()", take->territory);
}

void
ecp_stock_take(EcpStockTake *takes, int count)
{
	EcpStockTake sum;
	int			i;

	if (count == 0)
		return;
	qsort(takes, count, sizeof(EcpStockTake), ecp_stock_compare);
	sum = takes[0];
	for (i = 1; i < count; i++)
	{
		if (ecp_stock_compare(&sum, &takes[i]) == 0)
		{
			sum.public_units += takes[i].public_units;
			sum.solidarity_units += takes[i].solidarity_units;
			continue;
		}
		write_stock(&sum);
		sum = takes[i];
	}
	write_stock(&sum);
}

static void
write_quota(const EcpQuotaTake *take)
{
	Datum		values[6] = {Int32GetDatum(take->territory), UUIDPGetDatum(&take->member), DateADTGetDatum(take->day),
	Int64GetDatum(take->units), Int32GetDatum(take->limit_units), Int32GetDatum(take->limit_version)};

	if (take->units > ECP_UNITS_MAX)
		raise_quota_reached(0, take->limit_units);
	else if (take->units > 0)
		ecp_derived_run(&counters, &take_quota, values, NULL);
	else if (take->units < 0)
	{
		ecp_derived_run(&counters, &give_quota, values, NULL);
		if (SPI_processed != 1)
			raise_not_counted();
	}
}

void
ecp_quota_take(EcpQuotaTake *takes, int count)
{
	EcpQuotaTake sum;
	int			i;

	if (count == 0)
		return;
	qsort(takes, count, sizeof(EcpQuotaTake), compare_quota);
	sum = takes[0];
	for (i = 1; i < count; i++)
	{
		if (compare_quota(&sum, &takes[i]) == 0)
		{
			sum.units += takes[i].units;
			if (takes[i].limit_units > sum.limit_units)
			{
				sum.limit_units = takes[i].limit_units;
				sum.limit_version = takes[i].limit_version;
			}
			continue;
		}
		write_quota(&sum);
		sum = takes[i];
	}
	write_quota(&sum);
}

void
ecp_stock_make(int32 territory, const pg_uuid_t *lot, int32 public_units, int32 solidarity_units)
{
	Datum		values[4] = {Int32GetDatum(territory), UUIDPGetDatum(lot),
	Int32GetDatum(public_units), Int32GetDatum(solidarity_units)};

	ecp_derived_run(&counters, &make_stock, values, NULL);
}

void
ecp_stock_drop(int32 territory, const pg_uuid_t *lot)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(lot)};

	ecp_derived_run(&counters, &drop_stock, values, NULL);
}

#define COUNTERS_HINT "It follows from lots and reservations; ecopanier.rebuild_stock() and rebuild_quota() compute it again."

Datum
ecp_trg_lot_stock_guard(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"public_left", "solidarity_left", NULL};
	static int	at[2];
	static EcpColumns columns = {names, at, InvalidOid, 0};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	HeapTuple	row;
	bool		isnull;
	int32		public_left;
	int32		solidarity_left;

	ecp_derived_require(&counters, trigger, COUNTERS_HINT);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		return PointerGetDatum(trigger->tg_trigtuple);
	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	ecp_columns_find(&columns, trigger->tg_relation);
	public_left = DatumGetInt32(heap_getattr(row, at[0] + 1, desc, &isnull));
	solidarity_left = DatumGetInt32(heap_getattr(row, at[1] + 1, desc, &isnull));
	if (public_left < 0 || solidarity_left < 0)
		raise_sold_out();
	return PointerGetDatum(row);
}

static int32
quota_value(HeapTuple row, TupleDesc desc, int position)
{
	bool		isnull;

	return DatumGetInt32(heap_getattr(row, position + 1, desc, &isnull));
}

Datum
ecp_trg_free_quota_guard(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"used", "limit_units", NULL};
	static int	at[2];
	static EcpColumns columns = {names, at, InvalidOid, 0};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	HeapTuple	row = update ? trigger->tg_newtuple : trigger->tg_trigtuple;
	int32		used;
	int32		before;
	int32		limit;

	ecp_derived_require(&counters, trigger, COUNTERS_HINT);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		return PointerGetDatum(row);
	ecp_columns_find(&columns, trigger->tg_relation);
	used = quota_value(row, desc, at[0]);
	limit = quota_value(row, desc, at[1]);
	before = update ? quota_value(trigger->tg_trigtuple, desc, at[0]) : 0;
	if (used < 0)
		raise_not_counted();
	if (used > limit && used > before)
		raise_quota_reached(before, limit);
	return PointerGetDatum(row);
}

/* Computes counters again from facts, while nobody claims; returns how many were wrong. */
static Datum
rebuild(EcpPlan *plan, const char *function)
{
	EcpOwner	saved;
	int64		changed;

	ecp_require_installed();
	ecp_require_superuser(function);
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_facts, NULL, NULL, false, 0);
	ecp_derived_run(&counters, plan, NULL, NULL);
	changed = (int64) SPI_processed;
	ecp_plan_end(&saved);
	PG_RETURN_INT64(changed);
}

Datum
ecp_rebuild_stock(PG_FUNCTION_ARGS pg_attribute_unused())
{
	return rebuild(&rebuild_stock, "rebuild_stock()");
}

Datum
ecp_rebuild_quota(PG_FUNCTION_ARGS pg_attribute_unused())
{
	return rebuild(&rebuild_quota, "rebuild_quota()");
}
