/*
 * Sponsored units.
 *
 * The pool keeps an order: a unit that somebody pays for stands behind all that
 * are in the lot's solidarity pool at that moment, declared or sponsored, and
 * its rank says where.  It is used once as many units of the pool were
 * fetched, so what the shop gives itself goes first, and what is left at the end are
 * the last that came.  Which basket of the day it was nobody can tell: no row joins
 * it to a claim.  What shops add to the pool later stands behind it.
 *
 * A pickup counts what was fetched in sponsored_lot, whose row is its last lock, and
 * does nothing else: the same row is written for a basket that was bought, so neither
 * statements, nor rows, nor buffers tell which it was (rule D13).  From then on the
 * shop is owed the price; the schedule writes that down, with the day of the pickup that
 * reached the rank, however late it comes.  The first row of sponsored_lot is made
 * while the lot is locked and after all pickups that were going on, so that none is missed.
 *
 * A unit ends once.  used: the shop is owed its price.  returned: nobody fetched
 * it, and its money goes to the territory's fund, once the window is over and no claim
 * open (a released basket may be fetched later).  refunded: its lot was
 * cancelled; the money goes back to who gave it, to the fund where that paid.
 * The food itself goes on by the cascade like all that is left.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "common/clock.h"
#include "common/due.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "market/claim.h"
#include "market/movement.h"
#include "market/stock.h"
#include "money/instruction.h"
#include "sponsor/sponsor.h"

PG_FUNCTION_INFO_V1(ecp_trg_sponsored_unit_guard);
PG_FUNCTION_INFO_V1(ecp_trg_sponsor_derived_guard);
PG_FUNCTION_INFO_V1(ecp_trg_reservation_sponsored);
PG_FUNCTION_INFO_V1(ecp_trg_lot_sponsors);
PG_FUNCTION_INFO_V1(ecp_rebuild_sponsored);

static EcpPlan lock_claims =
ECP_PLAN("SELECT 1 FROM ecopanier.reservation WHERE territory_id = $1 AND lot_id = ANY ($2) AND state = 'held' ORDER BY id FOR SHARE",
		 INT4OID, UUIDARRAYOID);

static EcpPlan lock_stock =
ECP_PLAN("SELECT lot_id, public_left, solidarity_left FROM ecopanier_private.lot_stock "
		 "WHERE territory_id = $1 AND lot_id = ANY ($2) ORDER BY lot_id FOR NO KEY UPDATE",
		 INT4OID, UUIDARRAYOID);

static EcpPlan count_units =
ECP_PLAN("INSERT INTO ecopanier_private.sponsored_lot AS s (territory_id, lot_id, units, collected) "
		 "SELECT $1, $2, $3, coalesce(sum(r.quantity), 0) FROM ecopanier.reservation r "
		 "WHERE r.territory_id = $1 AND r.lot_id = $2 AND r.pool = 'solidarity' AND r.state = 'collected' "
		 "ON CONFLICT (territory_id, lot_id) DO UPDATE SET units = s.units + EXCLUDED.units",
		 INT4OID, UUIDOID, INT4OID);

static EcpPlan make_units =
ECP_PLAN("INSERT INTO ecopanier_private.sponsored_unit (territory_id, id, lot_id, organisation_id, contribution_id, rank, price_cents) "
		 "SELECT $1, ecopanier.new_id($1), $2, l.organisation_id, c.id, l.solidarity_units + s.units - c.quantity + n, c.unit_price_cents "
		 "FROM ecopanier.contribution c JOIN ecopanier.lot l ON l.territory_id = $1 AND l.id = $2 "
		 "JOIN ecopanier_private.sponsored_lot s ON s.territory_id = $1 AND s.lot_id = $2 CROSS JOIN generate_series(1, c.quantity) n "
		 "WHERE c.territory_id = $1 AND c.id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan count_pickup =
ECP_PLAN("UPDATE ecopanier_private.sponsored_lot SET collected = collected + $3 WHERE territory_id = $1 AND lot_id = $2",
		 INT4OID, UUIDOID, INT8OID);

#define REACHED \
	"EXISTS (SELECT FROM ecopanier_private.sponsored_lot s WHERE s.territory_id = o.territory_id AND s.lot_id = o.lot_id AND o.rank <= s.collected)"

/* Gives what a credit needs; its moment is the beginning of the day of the pickup that reached the unit. */
static EcpPlan use_units =
ECP_PLAN("WITH due AS (SELECT u.territory_id, u.id, u.lot_id, u.rank, t.time_zone FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT o.territory_id, o.id FROM ecopanier_private.sponsored_unit o WHERE o.territory_id = t.id AND o.state = 'open' AND " REACHED
		 " ORDER BY o.lot_id, o.rank LIMIT $2) d "
		 "JOIN ecopanier_private.sponsored_unit u ON u.territory_id = d.territory_id AND u.id = d.id AND u.state = 'open' "
		 "ORDER BY u.territory_id, u.lot_id, u.rank FOR NO KEY UPDATE OF u), "
		 "used AS (SELECT due.territory_id, due.id, due.time_zone, (coalesce(f.at, $1) AT TIME ZONE due.time_zone)::date AS day FROM due CROSS JOIN LATERAL ("
		 "SELECT min(c.collected_at) AS at FROM (SELECT r.collected_at, sum(r.quantity) OVER (ORDER BY r.collected_at, r.id) AS upto FROM ecopanier.reservation r "
		 "WHERE r.territory_id = due.territory_id AND r.lot_id = due.lot_id AND r.pool = 'solidarity' AND r.state = 'collected') c WHERE c.upto >= due.rank) f) "
		 "UPDATE ecopanier_private.sponsored_unit u SET state = 'used', used_on = used.day FROM used WHERE u.territory_id = used.territory_id AND u.id = used.id "
		 "RETURNING u.territory_id, u.id, u.organisation_id, u.price_cents, used.day::timestamp AT TIME ZONE used.time_zone",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_credit =
ECP_PLAN("SELECT '-infinity'::timestamptz FROM ecopanier_private.sponsored_unit o WHERE $1 IS NOT NULL AND o.state = 'open' AND " REACHED " LIMIT 1",
		 TIMESTAMPTZOID);

#define CLAIMS_OPEN \
	"EXISTS (SELECT FROM ecopanier.reservation r WHERE r.territory_id = l.territory_id AND r.lot_id = l.id AND r.state IN ('awaiting_payment', 'held'))"
#define LOT_OVER \
	"greatest(l.window_end, (SELECT max(r.grace_until) FROM ecopanier.reservation r WHERE r.territory_id = l.territory_id AND r.lot_id = l.id))"

/* Gives units, the moment at which that was due, and who paid. */
static EcpPlan return_units =
ECP_PLAN("WITH due AS (SELECT u.territory_id, u.id, u.lot_id, d.over FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT o.territory_id, o.id, o.lot_id, o.rank, " LOT_OVER " AS over FROM ecopanier_private.sponsored_unit o "
		 "JOIN ecopanier.lot l ON l.territory_id = o.territory_id AND l.id = o.lot_id WHERE o.territory_id = t.id AND o.state = 'open' AND NOT " REACHED " "
		 "AND l.window_end <= $1 AND l.state <> 'published' AND NOT " CLAIMS_OPEN " ORDER BY l.window_end, o.lot_id, o.rank LIMIT $2) d "
		 "JOIN ecopanier_private.sponsored_unit u ON u.territory_id = d.territory_id AND u.id = d.id AND u.state = 'open' "
		 "ORDER BY u.territory_id, u.lot_id, u.rank FOR NO KEY UPDATE OF u) "
		 "UPDATE ecopanier_private.sponsored_unit u SET state = 'returned' FROM due WHERE u.territory_id = due.territory_id AND u.id = due.id "
		 "RETURNING u.territory_id, u.id, u.price_cents, due.over, NULL::uuid",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_return =
ECP_PLAN("SELECT min(CASE WHEN l.window_end > $1 THEN l.window_end WHEN l.state <> 'published' AND NOT " CLAIMS_OPEN " THEN '-infinity' END) "
		 "FROM (SELECT DISTINCT o.territory_id, o.lot_id FROM ecopanier_private.sponsored_unit o WHERE o.state = 'open' AND NOT " REACHED ") u "
		 "JOIN ecopanier.lot l ON l.territory_id = u.territory_id AND l.id = u.lot_id",
		 TIMESTAMPTZOID);

static EcpPlan refund_units =
ECP_PLAN("WITH due AS (SELECT o.territory_id, o.id FROM ecopanier_private.sponsored_unit o WHERE o.state = 'open' AND o.territory_id = $1 AND o.lot_id = ANY ($2) "
		 "AND NOT " REACHED " ORDER BY o.territory_id, o.lot_id, o.rank FOR NO KEY UPDATE OF o) "
		 "UPDATE ecopanier_private.sponsored_unit u SET state = 'refunded' FROM due, ecopanier.contribution c "
		 "WHERE u.territory_id = due.territory_id AND u.id = due.id AND c.territory_id = u.territory_id AND c.id = u.contribution_id "
		 "RETURNING u.territory_id, u.id, u.price_cents, $3, c.member_id",
		 INT4OID, UUIDARRAYOID, TIMESTAMPTZOID);

static EcpPlan rebuild_lots =
ECP_PLAN("UPDATE ecopanier_private.sponsored_lot s SET collected = f.collected FROM (SELECT o.territory_id, o.lot_id, "
		 "coalesce(sum(r.quantity) FILTER (WHERE r.pool = 'solidarity' AND r.state = 'collected'), 0) AS collected "
		 "FROM ecopanier_private.sponsored_lot o LEFT JOIN ecopanier.reservation r ON r.territory_id = o.territory_id AND r.lot_id = o.lot_id GROUP BY 1, 2) f "
		 "WHERE f.territory_id = s.territory_id AND f.lot_id = s.lot_id AND s.collected <> f.collected");

static EcpPlan lock_facts =
ECP_PLAN("LOCK TABLE ecopanier.lot, ecopanier.reservation, ecopanier_private.sponsored_lot, ecopanier_private.money_instruction IN SHARE ROW EXCLUSIVE MODE");

void
ecp_sponsor_lock_stock(int32 territory, Datum lots)
{
	Datum		values[2] = {Int32GetDatum(territory), lots};

	ecp_plan_run(&lock_claims, values, NULL, false, 0);
	ecp_plan_run(&lock_stock, values, NULL, false, 0);
}

void
ecp_sponsor_place(int32 territory, const EcpSponsored *units, int count, TimestampTz at)
{
	EcpMovement *movements = palloc0(count * sizeof(EcpMovement));
	int			i;

	for (i = 0; i < count; i++)
	{
		movements[i].units.territory = territory;
		movements[i].units.lot = units[i].lot;
		movements[i].units.public_units = units[i].quantity;
		movements[i].units.solidarity_units = -units[i].quantity;
		movements[i].kind = "sponsored";
		movements[i].cause = units[i].contribution;
		movements[i].at = at;
	}
	ecp_stock_move(movements, count);
	for (i = 0; i < count; i++)
	{
		Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(&units[i].lot), Int32GetDatum(units[i].quantity)};

		ecp_derived_run(&ecp_sponsor_derived, &count_units, values, NULL);
		values[2] = UUIDPGetDatum(&units[i].contribution);
		ecp_derived_run(&ecp_sponsor_derived, &make_units, values, NULL);
	}
	pfree(movements);
}

int64
ecp_sponsor_credit_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};
	uint64		count = ecp_derived_run(&ecp_sponsor_derived, &use_units, values, NULL);
	SPITupleTable *used = SPI_tuptable;
	uint64		i;

	for (i = 0; i < count; i++)
	{
		EcpInstruction credit = {.kind = "credit", .cause = "sponsored_unit"};
		bool		isnull;

		credit.territory = DatumGetInt32(SPI_getbinval(used->vals[i], used->tupdesc, 1, &isnull));
		credit.cause_id = DatumGetUUIDP(SPI_getbinval(used->vals[i], used->tupdesc, 2, &isnull));
		credit.organisation = DatumGetUUIDP(SPI_getbinval(used->vals[i], used->tupdesc, 3, &isnull));
		credit.amount_cents = DatumGetInt32(SPI_getbinval(used->vals[i], used->tupdesc, 4, &isnull));
		credit.at = DatumGetTimestampTz(SPI_getbinval(used->vals[i], used->tupdesc, 5, &isnull));
		(void) ecp_money_instruct(&credit);
	}
	return (int64) count;
}

TimestampTz
ecp_sponsor_credit_next(void)
{
	return ecp_due_next(&next_credit);
}

static bool
is_collected(TupleTableSlot *slot, const int *at)
{
	slot_getallattrs(slot);
	return ecp_text_is(slot->tts_values[at[CLAIM_STATE]], false, "collected");
}

/*
 * The claims that the statement made collected, of which there may be none, with the units of the solidarity pool: none where the basket was
 * bought.  The server notes old and new rows in pairs.
 */
static EcpStockTake *
list_fetched(TriggerData *trigger, int *count)
{
	const int  *at = ecp_claim_columns(trigger->tg_relation);
	TupleTableSlot *now = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
	TupleTableSlot *before = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
	EcpStockTake *fetched = NULL;
	int			room = 0;

	*count = 0;
	tuplestore_rescan(trigger->tg_newtable);
	if (trigger->tg_oldtable)
		tuplestore_rescan(trigger->tg_oldtable);
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, now))
	{
		Datum	   *values = now->tts_values;
		bool		free;

		if (trigger->tg_oldtable && !tuplestore_gettupleslot(trigger->tg_oldtable, true, false, before))
			elog(ERROR, "a changed claim without what it was");
		if (!is_collected(now, at) || (trigger->tg_oldtable && is_collected(before, at)))
			continue;
		if (*count == room)
		{
			room = room ? room * 2 : 8;
			fetched = fetched ? repalloc_huge(fetched, room * sizeof(EcpStockTake)) : palloc(room * sizeof(EcpStockTake));
		}
		free = ecp_text_is(values[at[CLAIM_POOL]], false, "solidarity");
		fetched[*count].territory = DatumGetInt32(values[at[CLAIM_TERRITORY]]);
		fetched[*count].lot = *DatumGetUUIDP(values[at[CLAIM_LOT]]);
		fetched[(*count)++].solidarity_units = free ? DatumGetInt32(values[at[CLAIM_QUANTITY]]) : 0;
	}
	ExecDropSingleTupleTableSlot(now);
	ExecDropSingleTupleTableSlot(before);
	return fetched;
}

/* Counts pickups, once a statement, of its lots in key order: nothing of the public pool, by the same statement. */
Datum
ecp_trg_reservation_sponsored(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpOwner	saved;
	int			count;
	int			i;
	EcpStockTake *fetched = list_fetched(trigger, &count);

	if (count == 0)
		return PointerGetDatum(NULL);
	qsort(fetched, count, sizeof(EcpStockTake), ecp_stock_compare);
	ecp_plan_begin(&saved);
	for (i = 0; i < count; i++)
	{
		Datum		values[3];

		if (i + 1 < count && ecp_stock_compare(&fetched[i], &fetched[i + 1]) == 0)
		{
			fetched[i + 1].solidarity_units += fetched[i].solidarity_units;
			continue;
		}
		values[0] = Int32GetDatum(fetched[i].territory);
		values[1] = UUIDPGetDatum(&fetched[i].lot);
		values[2] = Int64GetDatum(fetched[i].solidarity_units);
		ecp_derived_run(&ecp_sponsor_derived, &count_pickup, values, NULL);
	}
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* Gives the money of units that have ended, as their plan returned them, to who is named there, or else to the fund. */
static void
give_back(SPITupleTable *ended, uint64 count)
{
	uint64		i;

	for (i = 0; i < count; i++)
	{
		EcpInstruction refund = {.kind = "refund", .cause = "sponsored_unit"};
		Datum		member;
		bool		isnull;

		refund.territory = DatumGetInt32(SPI_getbinval(ended->vals[i], ended->tupdesc, 1, &isnull));
		refund.cause_id = DatumGetUUIDP(SPI_getbinval(ended->vals[i], ended->tupdesc, 2, &isnull));
		refund.amount_cents = DatumGetInt32(SPI_getbinval(ended->vals[i], ended->tupdesc, 3, &isnull));
		refund.at = DatumGetTimestampTz(SPI_getbinval(ended->vals[i], ended->tupdesc, 4, &isnull));
		member = SPI_getbinval(ended->vals[i], ended->tupdesc, 5, &isnull);
		refund.member = DatumGetUUIDP(member);
		if (isnull)
			ecp_fund_in(refund.territory, refund.amount_cents, refund.cause, refund.cause_id, refund.at);
		else
			(void) ecp_money_instruct(&refund);
	}
}

int64
ecp_sponsor_return_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};
	uint64		count = ecp_derived_run(&ecp_sponsor_derived, &return_units, values, NULL);

	give_back(SPI_tuptable, count);
	return (int64) count;
}

TimestampTz
ecp_sponsor_return_next(void)
{
	return ecp_due_next(&next_return);
}

/* Lots that the statement cancelled, of one territory after another. */
static SPITupleTable *
list_cancelled(TriggerData *trigger, uint64 *count)
{
	if (SPI_register_trigger_data(trigger) != SPI_OK_TD_REGISTER)
		elog(ERROR, "could not read the changed lots");
	if (SPI_execute("SELECT n.territory_id, array_agg(n.id) FROM new_lots n JOIN old_lots o ON o.territory_id = n.territory_id AND o.id = n.id "
					"WHERE n.state = 'cancelled' AND o.state <> 'cancelled' GROUP BY 1 ORDER BY 1", false, 0) < 0)
		elog(ERROR, "could not read the cancelled lots");
	*count = SPI_processed;
	return SPI_tuptable;
}

Datum
ecp_trg_lot_sponsors(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpOwner	saved;
	SPITupleTable *cancelled;
	uint64		count;
	uint64		i;

	ecp_plan_begin(&saved);
	cancelled = list_cancelled(trigger, &count);
	for (i = 0; i < count; i++)
	{
		Datum		values[3];
		bool		isnull;
		uint64		ended;

		values[0] = SPI_getbinval(cancelled->vals[i], cancelled->tupdesc, 1, &isnull);
		values[1] = SPI_getbinval(cancelled->vals[i], cancelled->tupdesc, 2, &isnull);
		values[2] = TimestampTzGetDatum(ecp_clock_now());
		ended = ecp_derived_run(&ecp_sponsor_derived, &refund_units, values, NULL);
		give_back(SPI_tuptable, ended);
	}
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

Datum
ecp_trg_sponsored_unit_guard(PG_FUNCTION_ARGS)
{
	static const char *const facts[] = {"territory_id", "id", "lot_id", "organisation_id", "contribution_id", "rank", "price_cents", NULL};
	static const EcpTransition transitions[] = {{"open", "used"}, {"open", "returned"}, {"open", "refunded"}, {NULL, NULL}};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("sponsored units are not deleted"),
				 errhint("Each ends used, returned or refunded.")));
	ecp_row_open(&row, trigger);
	if (row.old_values)
	{
		ecp_row_freeze(&row, facts);
		ecp_transition_check(&row, ecp_row_column(row.desc, "state"), transitions);
	}
	ecp_derived_require(&ecp_sponsor_derived, trigger, "Units are sponsored by paying for them.");
	return ecp_row_close(&row);
}

Datum
ecp_trg_sponsor_derived_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("what sponsored baskets are counted by is not deleted"),
				 errhint("ecopanier.rebuild_sponsored() computes it again.")));
	ecp_derived_require(&ecp_sponsor_derived, trigger, "It follows from payments and pickups; ecopanier.rebuild_sponsored() computes it again.");
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

Datum
ecp_rebuild_sponsored(PG_FUNCTION_ARGS pg_attribute_unused())
{
	EcpOwner	saved;
	int64		changed;

	ecp_require_installed();
	ecp_require_superuser("rebuild_sponsored()");
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_facts, NULL, NULL, false, 0);
	changed = (int64) ecp_derived_run(&ecp_sponsor_derived, &rebuild_lots, NULL, NULL);
	changed += ecp_fund_rebuild();
	ecp_plan_end(&saved);
	PG_RETURN_INT64(changed);
}
