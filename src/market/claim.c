/*
 * Claiming: the guard of reservation.
 *
 * Whoever inserts, through reserve(), an API's POST or psql, gives a lot, a
 * quantity and perhaps a request number, a pool, the start of a window;
 * everything else is filled in here.
 * The guard writes nothing (an INSERT may still come to nothing, as with ON
 * CONFLICT DO NOTHING): it takes the KEY SHARE lock on the lot that keeps it
 * from being taken off sale, checks and fills.  What follows from the claim is
 * counted after the statement, in count.c.
 *
 * A beneficiary claims free units of the solidarity pool, or, where they ask for
 * it, public ones like a customer: at the price of the moment, which the claim
 * keeps.  A bulk load names member and pool itself and is free of the rules about
 * now and who, not of the timeless ones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "crypto/keys.h"
#include "identity/context.h"
#include "market/claim.h"
#include "market/no_show.h"
#include "market/price.h"
#include "market/quota.h"
#include "market/window.h"
#include "market/use_by.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_reservation_guard);

/* No lot has more units: the bound of lot.public_units and solidarity_units. */
#define QUANTITY_MAX 100000

static const char *const column_names[CLAIM_COLUMNS + 1] = {
	"territory_id", "id", "lot_id", "member_id", "organisation_id", "claimed_at",
	"window_start", "window_end", "quantity", "amount_cents", "quota_limit", "quota_version",
	"claim_day", "late_cancel", "pool", "state", "key_id", "pin_version", "pickup_round", "request_id",
	"collected_at", "cancelled_at", "quota_cost", "quota_basis", "forgiven_at", NULL
};

static const EcpTransition transitions[] = {
	{"awaiting_payment", "held"}, {"awaiting_payment", "cancelled"}, {"awaiting_payment", "lapsed"},
	{"held", "collected"}, {"held", "cancelled"}, {"held", "lapsed"}, {NULL, NULL}
};

static const char *const frozen_columns[] = {
	"territory_id", "id", "lot_id", "member_id", "organisation_id", "claimed_at", "window_start", "window_end",
	"quantity", "amount_cents", "quota_limit", "quota_version", "quota_cost", "quota_basis", "claim_day", "pool",
	"request_id", NULL
};

/* Each column costs every claim, so what few lots have is asked of those alone: see read_terms. */
static EcpPlan read_lot =
ECP_PLAN("SELECT state, organisation_id, window_start, window_end, use_by, price_cents, windows IS NOT NULL OR price_falls_from IS NOT NULL "
		 "FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR KEY SHARE",
		 INT4OID, UUIDOID);

/* Of a lot with several windows or a falling price, which is locked by now. */
static EcpPlan read_terms =
ECP_PLAN("SELECT windows, " ECP_PRICE_COLUMNS " FROM ecopanier.lot WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

/* What a lot asks of a claim. */
typedef struct Terms
{
	EcpWindow	whole;			/* from the start of the first window to the end of the last */
	bool		several;		/* windows, which are in the next */
	Datum		windows;
	bool		dated;
	DateADT		use_by;
	bool		priced;
	int32		price;			/* of a public unit at the moment of the claim */
} Terms;

const int *
ecp_claim_columns(Relation reservation)
{
	static int	positions[CLAIM_COLUMNS];
	static EcpColumns columns = {column_names, positions, InvalidOid, 0};

	ecp_columns_find(&columns, reservation);
	return positions;
}

static void
raise_unknown_lot(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such lot"),
			 errhint("The lots that can be claimed stand in ecopanier.lot_offer.")));
}

/* The pool that was asked for, else that of the role; a customer's is public. */
static void
fill_pool(EcpRow *row, const int *at, bool beneficiary)
{
	if (row->nulls[at[CLAIM_POOL]])
		ecp_row_set(row, at[CLAIM_POOL], CStringGetTextDatum(beneficiary ? "solidarity" : "public"));
	else if (!beneficiary && ecp_text_is(row->values[at[CLAIM_POOL]], false, "solidarity"))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("free units are claimed as a beneficiary"),
				 errhint("Sign in with that role, or leave the pool out.")));
}

/* Who claims, from which pool. */
static void
fill_claimer(EcpRow *row, const int *at, const EcpCaller *caller)
{
	if (caller == NULL)
	{
		if (row->nulls[at[CLAIM_POOL]])
			ecp_row_set(row, at[CLAIM_POOL], CStringGetTextDatum("public"));
		if (row->nulls[at[CLAIM_STATE]])
			ecp_row_set(row, at[CLAIM_STATE], CStringGetTextDatum("held"));
		if (row->nulls[at[CLAIM_CLAIMED_AT]])
			ecp_row_set(row, at[CLAIM_CLAIMED_AT], TimestampTzGetDatum(ecp_clock_now()));
		return;
	}
	if (caller->role != ECP_ROLE_CUSTOMER && caller->role != ECP_ROLE_BENEFICIARY)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("lots are claimed as a customer or as a beneficiary"),
				 errhint("Sign in with that role.")));
	ecp_row_set(row, at[CLAIM_MEMBER], UUIDPGetDatum(&caller->member));
	fill_pool(row, at, caller->role == ECP_ROLE_BENEFICIARY);
	ecp_row_set(row, at[CLAIM_STATE], CStringGetTextDatum("held"));
	ecp_row_set(row, at[CLAIM_CLAIMED_AT], TimestampTzGetDatum(ecp_clock_now()));
}

/* The territory comes from the lot; the id is new unless a load gives one. */
static void
fill_key(EcpRow *row, const int *at, const EcpCaller *caller)
{
	int32		territory = ecp_territory_of(DatumGetUUIDP(row->values[at[CLAIM_LOT]]));
	pg_uuid_t  *id;

	if (territory == 0 || (caller && caller->territory != territory))
		raise_unknown_lot();
	if (!row->nulls[at[CLAIM_TERRITORY]] && DatumGetInt32(row->values[at[CLAIM_TERRITORY]]) != territory)
		raise_unknown_lot();
	ecp_row_set(row, at[CLAIM_TERRITORY], Int32GetDatum(territory));
	if (!caller && !row->nulls[at[CLAIM_ID]])
	{
		if (ecp_territory_of(DatumGetUUIDP(row->values[at[CLAIM_ID]])) != territory)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the id of a reservation does not carry its territory %d", territory),
					 errhint("Leave the id out.")));
		return;
	}
	id = palloc(sizeof(pg_uuid_t));
	ecp_new_id(territory, id);
	ecp_row_set(row, at[CLAIM_ID], UUIDPGetDatum(id));
}

/* Whether a loaded claim is still to be handed over. */
static bool
holds_units(const EcpRow *row, const int *at)
{
	return ecp_text_is(row->values[at[CLAIM_STATE]], row->nulls[at[CLAIM_STATE]], "held") ||
		ecp_text_is(row->values[at[CLAIM_STATE]], row->nulls[at[CLAIM_STATE]], "awaiting_payment");
}

/* Whether a free basket was not fetched (rule D15). */
static bool
is_no_show(const EcpRow *row, const int *at)
{
	return ecp_text_is(row->values[at[CLAIM_POOL]], row->nulls[at[CLAIM_POOL]], "solidarity") &&
		(ecp_text_is(row->values[at[CLAIM_STATE]], row->nulls[at[CLAIM_STATE]], "lapsed") ||
		 (!row->nulls[at[CLAIM_LATE]] && DatumGetBool(row->values[at[CLAIM_LATE]])));
}

/* A load tells when a basket was handed over, and names a key of the ring. */
static void
check_loaded(const EcpRow *row, const int *at)
{
	bool		collected = ecp_text_is(row->values[at[CLAIM_STATE]], false, "collected");

	if (collected == row->nulls[at[CLAIM_COLLECTED_AT]])
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("collected_at goes with the state \"collected\""),
				 errhint("Give both or neither.")));
	if (!row->nulls[at[CLAIM_FORGIVEN]] && !is_no_show(row, at))
		ecp_no_show_raise_none();
	if (!row->nulls[at[CLAIM_KEY]] && !ecp_key_is_listed(TextDatumGetCString(row->values[at[CLAIM_KEY]])))
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("the key of a reservation is not in the key ring"),
				 errhint("Leave key_id out.")));
}

/* Reads what the locked lot asks, of the last result and, where that is not all, of another. */
static void
fill_terms(const EcpRow *row, const int *at, Datum *key, Terms *terms)
{
	TimestampTz moment = DatumGetTimestampTz(row->values[at[CLAIM_CLAIMED_AT]]);
	bool		none;

	terms->whole.start = DatumGetTimestampTz(ecp_plan_value(0, 3, &none));
	terms->whole.end = DatumGetTimestampTz(ecp_plan_value(0, 4, &none));
	if (none)
		raise_unknown_lot();
	terms->use_by = DatumGetDateADT(ecp_plan_value(0, 5, &none));
	terms->dated = !none;
	terms->price = DatumGetInt32(ecp_plan_value(0, 6, &none));
	terms->priced = !none;
	terms->several = false;
	if (!DatumGetBool(ecp_plan_known(0, 7)))
		return;
	ecp_plan_run(&read_terms, key, NULL, false, 1);
	terms->windows = ecp_plan_value(0, 1, &none);
	terms->several = !none;
	terms->priced = ecp_lot_price_read(0, 2, moment, &terms->price);
}

/* Reads and locks the lot; raises where it cannot be claimed now. */
static void
read_open_lot(EcpRow *row, const int *at, const EcpCaller *caller, Terms *terms)
{
	Datum		key[2] = {row->values[at[CLAIM_TERRITORY]], row->values[at[CLAIM_LOT]]};
	char	   *state;

	ecp_plan_run(&read_lot, key, NULL, false, 1);
	if (SPI_processed != 1)
		raise_unknown_lot();
	state = ecp_plan_text(0, 1);
	if (strcmp(state, "draft") == 0)
		raise_unknown_lot();
	if (caller && strcmp(state, "published") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_LOT_CLOSED),
				 errmsg("the lot is no longer offered"),
				 errhint("Look for another lot in ecopanier.lot_offer.")));
	if (!caller && strcmp(state, "cancelled") == 0 && holds_units(row, at))
		ereport(ERROR,
				(errcode(ECP_ERR_LOT_CLOSED),
				 errmsg("the lot is cancelled"),
				 errhint("Load its claims as cancelled.")));
	ecp_row_set(row, at[CLAIM_ORGANISATION], SPI_datumTransfer(ecp_plan_known(0, 2), false, UUID_LEN));
	fill_terms(row, at, key, terms);
}

/*
 * The window that was asked for, else the first that is not over.  What a load
 * says of the only window of a lot is not asked.
 */
static void
fill_window(EcpRow *row, const int *at, const EcpCaller *caller, const Terms *terms)
{
	TimestampTz wanted = DatumGetTimestampTz(row->values[at[CLAIM_WINDOW_START]]);
	bool		asked = !row->nulls[at[CLAIM_WINDOW_START]] && (caller || terms->several);
	EcpWindow	window = ecp_window_choose(terms->whole, terms->windows, !terms->several, asked ? &wanted : NULL,
										   caller ? ecp_clock_now() : DT_NOBEGIN);

	ecp_row_set(row, at[CLAIM_WINDOW_START], TimestampTzGetDatum(window.start));
	ecp_row_set(row, at[CLAIM_WINDOW_END], TimestampTzGetDatum(window.end));
}

/* Nothing past its use-by date is claimed, nor anything whose pickup begins after it, nor was anything handed over then. */
static void
check_use_by(const EcpRow *row, const int *at, const EcpCaller *caller, DateADT use_by)
{
	int32		territory = DatumGetInt32(row->values[at[CLAIM_TERRITORY]]);

	if (caller)
		ecp_lot_require_use_by(territory, use_by, Max(ecp_clock_now(), DatumGetTimestampTz(row->values[at[CLAIM_WINDOW_START]])));
	if (!row->nulls[at[CLAIM_COLLECTED_AT]])
		ecp_lot_require_use_by(territory, use_by, DatumGetTimestampTz(row->values[at[CLAIM_COLLECTED_AT]]));
}

/* What the claim costs: a public unit the price of this moment, a free one nothing. */
static void
fill_amount(EcpRow *row, const int *at, bool free, const Terms *terms)
{
	int32		amount = 0;

	if (!free && !terms->priced)
		ereport(ERROR,
				(errcode(ECP_ERR_SOLD_OUT),
				 errmsg("not enough units are left"),
				 errdetail("The lot has no units at a price."),
				 errhint("Look for another lot in ecopanier.lot_offer.")));
	if (!free && pg_mul_s32_overflow(terms->price, DatumGetInt32(row->values[at[CLAIM_QUANTITY]]), &amount))
		ereport(ERROR,
				(errcode(ECP_ERR_SOLD_OUT),
				 errmsg("not enough units are left"),
				 errhint("Ask for fewer.")));
	ecp_row_set(row, at[CLAIM_AMOUNT], Int32GetDatum(amount));
}

/* Reads a text column that is one of two or more words. */
static bool
is_one_of(Datum value, const char *const *words)
{
	char	   *word = TextDatumGetCString(value);

	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* The words of the row: what CHECK constraints would say on a cooler table. */
static void
check_words(const EcpRow *row, const int *at)
{
	static const char *const pools[] = {"public", "solidarity", NULL};
	static const char *const states[] = {"awaiting_payment", "held", "collected", "cancelled", "lapsed", NULL};

	if (row->nulls[at[CLAIM_LOT]] || row->nulls[at[CLAIM_QUANTITY]])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a claim needs a lot and a quantity"),
				 errhint("The lots that can be claimed stand in ecopanier.lot_offer.")));
	if (DatumGetInt32(row->values[at[CLAIM_QUANTITY]]) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a claim is for one unit or more"),
				 errhint("Give a quantity of at least 1.")));
	if (DatumGetInt32(row->values[at[CLAIM_QUANTITY]]) > QUANTITY_MAX)
		ereport(ERROR,
				(errcode(ECP_ERR_SOLD_OUT),
				 errmsg("not enough units are left"),
				 errhint("Ask for fewer, or look for another lot.")));
	if (!row->nulls[at[CLAIM_POOL]] && !is_one_of(row->values[at[CLAIM_POOL]], pools))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("pool must be \"public\" or \"solidarity\""),
				 errhint("Leave it out: it is the role's.")));
	if (!row->nulls[at[CLAIM_STATE]] && !is_one_of(row->values[at[CLAIM_STATE]], states))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("state must be \"awaiting_payment\", \"held\", \"collected\", \"cancelled\" or \"lapsed\"")));
}

/* What was decided elsewhere comes as it is; the table may be that of an older release. */
static void
check_replicated(const EcpRow *row)
{
	int			at[CLAIM_COLUMNS] = {0};

	at[CLAIM_LOT] = ecp_row_column(row->desc, "lot_id");
	at[CLAIM_QUANTITY] = ecp_row_column(row->desc, "quantity");
	at[CLAIM_POOL] = ecp_row_column(row->desc, "pool");
	at[CLAIM_STATE] = ecp_row_column(row->desc, "state");
	check_words(row, at);
}

static void
fill_claim(EcpRow *row, const int *at)
{
	const EcpCaller *caller = ecp_caller_or_loader();
	EcpOwner	saved;
	Terms		terms = {0};
	bool		free;

	check_words(row, at);
	fill_key(row, at, caller);
	fill_claimer(row, at, caller);
	if (caller)
		ecp_row_set_null(row, at[CLAIM_FORGIVEN]);
	else
		check_loaded(row, at);
	free = ecp_text_is(row->values[at[CLAIM_POOL]], false, "solidarity");
	ecp_plan_begin(&saved);
	read_open_lot(row, at, caller, &terms);
	fill_window(row, at, caller, &terms);
	fill_amount(row, at, free, &terms);
	if (free)
		ecp_quota_fill(row, at, caller);
	else
		ecp_quota_clear(row, at);
	if (terms.dated)
		check_use_by(row, at, caller, terms.use_by);
	ecp_plan_end(&saved);
	if (caller || row->nulls[at[CLAIM_KEY]])
		ecp_row_set(row, at[CLAIM_KEY], CStringGetTextDatum(ecp_key_current()));
}

/*
 * A claim that ends before its payment came was never held: version 0 of the PIN
 * says so, and whoever hands over does not see it (rule D13).
 */
static void
mark_never_held(EcpRow *row, const int *at)
{
	if (ecp_text_is(row->old_values[at[CLAIM_STATE]], false, "awaiting_payment") &&
		!ecp_text_is(row->values[at[CLAIM_STATE]], false, "held"))
		ecp_row_set(row, at[CLAIM_PIN_VERSION], Int32GetDatum(0));
}

/*
 * An update moves the state along and notes when; what a claim is about never
 * changes, and its key only together with its PIN.  Like everything else it is for a caller or a bulk load.
 */
static void
check_change(EcpRow *row, const int *at)
{
	static const char *const key[] = {"key_id", NULL};

	if (!ecp_trigger_is_replica())
		(void) ecp_caller_or_loader();
	ecp_row_freeze(row, frozen_columns);
	if (!ecp_row_differs(row, at[CLAIM_PIN_VERSION]))
		ecp_row_freeze(row, key);
	ecp_transition_check(row, at[CLAIM_STATE], transitions);
	if (ecp_row_differs(row, at[CLAIM_FORGIVEN]) && (!row->old_nulls[at[CLAIM_FORGIVEN]] || !is_no_show(row, at)))
		ecp_no_show_raise_none();
	if (row->nulls[at[CLAIM_STATE]] || !ecp_row_differs(row, at[CLAIM_STATE]))
	{
		if (ecp_row_differs(row, at[CLAIM_LATE]))
			ereport(ERROR,
					(errcode(ECP_ERR_HISTORY_KEPT),
					 errmsg("column \"late_cancel\" of \"reservation\" cannot change"),
					 errhint("It is set when a claim is cancelled.")));
		return;
	}
	mark_never_held(row, at);
	if (ecp_text_is(row->values[at[CLAIM_STATE]], false, "collected") && row->nulls[at[CLAIM_COLLECTED_AT]])
		ecp_row_set(row, at[CLAIM_COLLECTED_AT], TimestampTzGetDatum(ecp_clock_now()));
	if (ecp_text_is(row->values[at[CLAIM_STATE]], false, "collected") && !ecp_trigger_is_replica())
		ecp_lot_require_handover(row->values[at[CLAIM_TERRITORY]], row->values[at[CLAIM_LOT]], row->values[at[CLAIM_COLLECTED_AT]]);
	if (ecp_text_is(row->values[at[CLAIM_STATE]], false, "cancelled") && row->nulls[at[CLAIM_CANCELLED_AT]])
		ecp_row_set(row, at[CLAIM_CANCELLED_AT], TimestampTzGetDatum(ecp_clock_now()));
}

Datum
ecp_trg_reservation_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const int  *at;
	EcpRow		row;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("reservations are not deleted"),
				 errhint("Cancel with ecopanier.cancel().")));
	ecp_row_open(&row, trigger);
	if (ecp_trigger_is_replica() && row.old_values == NULL)
	{
		check_replicated(&row);
		return ecp_row_close(&row);
	}
	if (!ecp_trigger_is_replica())
		ecp_require_installed();
	at = ecp_claim_columns(trigger->tg_relation);
	if (row.old_values)
		check_change(&row, at);
	else
		fill_claim(&row, at);
	return ecp_row_close(&row);
}
