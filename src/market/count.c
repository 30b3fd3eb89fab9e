/*
 * Counting claims: what a statement on reservation takes from, or gives back
 * to, the counters in stock.c.
 *
 * It runs once for each statement, over its transition tables: all changes are
 * gathered first, then quota rows are written in key order, then stock rows in
 * key order.  Units are held by claims that await payment, are held or were
 * collected.  A day's quota is held by every free claim but one that was
 * cancelled in time or by the merchant (rule D3).
 *
 * Events come before the counters, whose popular rows are to be locked for as
 * short as can be.
 *
 * A claim that waited on its foreign key while the person was erased, or the
 * right went to another place, is looked at again here: keys have been checked
 * by now, and hold the person's row, which both lock before they commit.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "background/wake.h"
#include "common/errors.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "event/append.h"
#include "identity/context.h"
#include "market/claim.h"
#include "market/quota.h"
#include "market/stock.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_reservation_count);

static EcpLookup find_person =
ECP_LOOKUP("member", ECP_LIST("territory_id", "id"), ECP_LIST("erased"),
		   "SELECT erased FROM ecopanier.member WHERE territory_id = $1 AND id = $2",
		   INT4OID, UUIDOID);

typedef struct Takes
{
	EcpStockTake *stock;
	EcpQuotaTake *quota;
	int			stock_count;
	int			quota_count;
	int			room;			/* for each of the two */
} Takes;

static void
make_room(Takes *takes)
{
	if (Max(takes->stock_count, takes->quota_count) < takes->room)
		return;
	takes->room = takes->room ? takes->room * 2 : 8;
	if (takes->stock == NULL)
	{
		takes->stock = palloc(takes->room * sizeof(EcpStockTake));
		takes->quota = palloc(takes->room * sizeof(EcpQuotaTake));
		return;
	}
	takes->stock = repalloc_huge(takes->stock, takes->room * sizeof(EcpStockTake));
	takes->quota = repalloc_huge(takes->quota, takes->room * sizeof(EcpQuotaTake));
}

/* Adds what a row of the table holds, times sign. */
static void
add_row(Takes *takes, TupleTableSlot *slot, const int *at, int sign)
{
	bool	   *nulls;
	Datum	   *values;
	int64		quantity;
	bool		free;
	Datum		state;
	EcpStockTake *stock;
	EcpQuotaTake *quota;

	slot_getallattrs(slot);
	values = slot->tts_values;
	nulls = slot->tts_isnull;
	make_room(takes);
	state = values[at[CLAIM_STATE]];
	quantity = sign * (int64) DatumGetInt32(values[at[CLAIM_QUANTITY]]);
	free = ecp_text_is(values[at[CLAIM_POOL]], false, "solidarity");
	if (ecp_text_is(state, false, "held") || ecp_text_is(state, false, "collected") || ecp_text_is(state, false, "awaiting_payment"))
	{
		stock = &takes->stock[takes->stock_count++];
		stock->territory = DatumGetInt32(values[at[CLAIM_TERRITORY]]);
		stock->lot = *DatumGetUUIDP(values[at[CLAIM_LOT]]);
		stock->public_units = free ? 0 : quantity;
		stock->solidarity_units = free ? quantity : 0;
	}
	if (!free || nulls[at[CLAIM_DAY]] || (ecp_text_is(state, false, "cancelled") && !DatumGetBool(values[at[CLAIM_LATE]])))
		return;
	quota = &takes->quota[takes->quota_count++];
	quota->territory = DatumGetInt32(values[at[CLAIM_TERRITORY]]);
	quota->member = *DatumGetUUIDP(values[at[CLAIM_MEMBER]]);
	quota->day = DatumGetDateADT(values[at[CLAIM_DAY]]);
	quota->units = nulls[at[CLAIM_QUOTA_COST]] ? quantity : sign * (int64) DatumGetInt32(values[at[CLAIM_QUOTA_COST]]);
	quota->limit_units = DatumGetInt32(values[at[CLAIM_QUOTA_LIMIT]]);
	quota->limit_version = DatumGetInt32(values[at[CLAIM_QUOTA_VERSION]]);
}

static void
add_rows(Takes *takes, Tuplestorestate *rows, TriggerData *trigger, const int *at, int sign)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);

	tuplestore_select_read_pointer(rows, 0);
	tuplestore_rescan(rows);
	while (tuplestore_gettupleslot(rows, true, false, slot))
		add_row(takes, slot, at, sign);
	ExecDropSingleTupleTableSlot(slot);
}

/* Raises where a new claim is an erased person's, or a free one of a caller who has no right any more; inside SPI. */
static void
check_people(TriggerData *trigger, const int *at, bool by_caller)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
	pg_uuid_t	last = {{0}};

	PushActiveSnapshot(GetLatestSnapshot());
	tuplestore_rescan(trigger->tg_newtable);
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, slot))
	{
		Datum		keys[2];
		Datum		erased;
		bool		isnull;

		slot_getallattrs(slot);
		keys[0] = slot->tts_values[at[CLAIM_TERRITORY]];
		keys[1] = slot->tts_values[at[CLAIM_MEMBER]];
		if (ecp_id_equal(DatumGetUUIDP(keys[1]), &last))
			continue;
		last = *DatumGetUUIDP(keys[1]);
		if (ecp_lookup(&find_person, keys, &erased, &isnull) && DatumGetBool(erased))
			ereport(ERROR,
					(errcode(ECP_ERR_NOT_FOUND),
					 errmsg("there is no such person"),
					 errhint("Who has been erased claims nothing.")));
		if (by_caller && !slot->tts_isnull[at[CLAIM_DAY]])
			ecp_quota_check_right(keys, DatumGetDateADT(slot->tts_values[at[CLAIM_DAY]]));
	}
	PopActiveSnapshot();
	ExecDropSingleTupleTableSlot(slot);
}

/* The event of a state that a claim has come to; NULL where there is nothing to tell. */
static const char *
event_kind(Datum state)
{
	static const char *const kinds[] = {"reservation.held", "reservation.collected", "reservation.cancelled", "reservation.lapsed"};
	Size		i;

	for (i = 0; i < lengthof(kinds); i++)
		if (ecp_text_is(state, false, strchr(kinds[i], '.') + 1))
			return kinds[i];
	return NULL;
}

/* Who cancels the own basket needs no message about it. */
static const char *
event_facts(const char *kind, const pg_uuid_t *member)
{
	const EcpCaller *caller;

	if (strcmp(kind, "reservation.cancelled") != 0)
		return NULL;
	caller = ecp_caller();
	return caller && ecp_id_equal(&caller->member, member) ? "{\"by\": \"member\"}" : NULL;
}

/*
 * Appends the event of a row that is new, or whose state changed.  Of a claim
 * that ends without having been held its member alone is told: whoever hands
 * over never knew of it (rule D13).  One that a load brings in a later state is
 * history, and no news.
 */
static void
append_event(const Datum *before, const Datum *now, const int *at)
{
	const char *kind = event_kind(now[at[CLAIM_STATE]]);
	bool		held;

	if (kind == NULL)
	{
		ecp_wake_at_commit();	/* awaiting payment: nobody is told, but the schedule has to know when its hold ends */
		return;
	}
	held = ecp_text_is(before ? before[at[CLAIM_STATE]] : now[at[CLAIM_STATE]], false, "held");
	if (before ? datum_image_eq(before[at[CLAIM_STATE]], now[at[CLAIM_STATE]], false, -1) : !held)
		return;
	held |= ecp_text_is(now[at[CLAIM_STATE]], false, "held");
	ecp_event_append(DatumGetInt32(now[at[CLAIM_TERRITORY]]), kind, DatumGetUUIDP(now[at[CLAIM_ID]]),
					 held ? DatumGetUUIDP(now[at[CLAIM_ORGANISATION]]) : NULL, DatumGetUUIDP(now[at[CLAIM_MEMBER]]),
					 event_facts(kind, DatumGetUUIDP(now[at[CLAIM_MEMBER]])));
}

/* Appends the events of a statement, in the order of its rows: the server notes old and new rows in pairs. */
static void
append_events(TriggerData *trigger, const int *at)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	TupleTableSlot *now = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	TupleTableSlot *before = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);

	tuplestore_rescan(trigger->tg_newtable);
	if (trigger->tg_oldtable)
		tuplestore_rescan(trigger->tg_oldtable);
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, now))
	{
		slot_getallattrs(now);
		if (trigger->tg_oldtable)
		{
			if (!tuplestore_gettupleslot(trigger->tg_oldtable, true, false, before))
				elog(ERROR, "a changed claim without what it was");
			slot_getallattrs(before);
			if (!ecp_id_equal(DatumGetUUIDP(before->tts_values[at[CLAIM_ID]]), DatumGetUUIDP(now->tts_values[at[CLAIM_ID]])))
				elog(ERROR, "a changed claim beside another");
		}
		append_event(trigger->tg_oldtable ? before->tts_values : NULL, now->tts_values, at);
	}
	ExecDropSingleTupleTableSlot(now);
	ExecDropSingleTupleTableSlot(before);
}

Datum
ecp_trg_reservation_count(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const int  *at = ecp_claim_columns(trigger->tg_relation);
	Takes		takes = {0};
	EcpOwner	saved;

	if (trigger->tg_oldtable)
		add_rows(&takes, trigger->tg_oldtable, trigger, at, -1);
	add_rows(&takes, trigger->tg_newtable, trigger, at, 1);
	if (takes.stock_count + takes.quota_count == 0)
		return PointerGetDatum(NULL);
	ecp_plan_begin(&saved);
	if (trigger->tg_oldtable == NULL)
		check_people(trigger, at, ecp_caller() != NULL);
	append_events(trigger, at);
	ecp_quota_take(takes.quota, takes.quota_count);
	ecp_stock_take(takes.stock, takes.stock_count);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
