/*
 * Opening and cancelling allotment rounds.
 *
 * While a round is open its units are in no pool: they moved from the lot's
 * solidarity pool (market/movement.h), so that first come cannot have them, and
 * move back when the round ends, however it does.  The seed is made with the
 * round and stays sealed; its commitment binds it (crypto/allotment.h).
 *
 * The time of the draw leaves people time to come: it lies before the lot's
 * window by a setting of the territory.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "allotment/order_core.h"
#include "allotment/round.h"
#include "audit/audit.h"
#include "background/wake.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/reason.h"
#include "common/trigger.h"
#include "crypto/allotment.h"
#include "crypto/keys.h"
#include "event/append.h"
#include "identity/context.h"
#include "identity/setting.h"
#include "market/movement.h"
#include "market/use_by.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_allotment_by_default);
PG_FUNCTION_INFO_V1(ecp_trg_allotment_lots_changed);
PG_FUNCTION_INFO_V1(ecp_open_allotment);
PG_FUNCTION_INFO_V1(ecp_cancel_allotment);

static EcpPlan lock_lot =
ECP_PLAN("SELECT organisation_id, state, window_start, use_by, solidarity_units FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan find_request =
ECP_PLAN("SELECT id, lot_id, units, closes_at FROM ecopanier.allotment_round WHERE territory_id = $1 AND organisation_id = $2 AND request_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan find_open =
ECP_PLAN("SELECT r.id, d.kept_units FROM ecopanier.allotment_round r JOIN ecopanier_private.allotment_draw d "
		 "ON d.territory_id = r.territory_id AND d.round_id = r.id WHERE r.territory_id = $1 AND r.lot_id = $2 AND r.state = 'open' FOR UPDATE OF r",
		 INT4OID, UUIDOID);

static EcpPlan lock_stock =
ECP_PLAN("SELECT solidarity_left FROM ecopanier_private.lot_stock WHERE territory_id = $1 AND lot_id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan insert_round =
ECP_PLAN("INSERT INTO ecopanier.allotment_round (territory_id, id, lot_id, organisation_id, units, opens_at, closes_at, criteria, help_days, "
		 "commitment, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, INT4OID, BYTEAOID, UUIDOID);

static EcpPlan insert_seed =
ECP_PLAN("INSERT INTO ecopanier_private.allotment_draw (territory_id, round_id, key_id, sealed, kept_units) VALUES ($1, $2, $3, $4, $5)",
		 INT4OID, UUIDOID, TEXTOID, BYTEAOID, INT4OID);

static EcpPlan find_lot_of =
ECP_PLAN("SELECT lot_id, organisation_id FROM ecopanier.allotment_round WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan end_round =
ECP_PLAN("UPDATE ecopanier.allotment_round SET state = 'cancelled', cancel_reason = $3, ended_at = $4 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID);

static EcpPlan forget_seed =
ECP_PLAN("UPDATE ecopanier_private.allotment_draw SET key_id = NULL, sealed = NULL, keep_until = $3 WHERE territory_id = $1 AND round_id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan tell_interested =
ECP_PLAN("UPDATE ecopanier.allotment_interest SET outcome = CASE WHEN withdrawn_at IS NULL THEN 'round_cancelled' ELSE 'withdrew' END "
		 "WHERE territory_id = $1 AND round_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan list_interested =
ECP_PLAN("SELECT member_id FROM ecopanier.allotment_interest WHERE territory_id = $1 AND round_id = $2 AND outcome = 'round_cancelled' "
		 "AND member_id IS NOT NULL ORDER BY pseudonym",
		 INT4OID, UUIDOID);

/* What a round is to be. */
typedef struct Opening
{
	int32		territory;
	pg_uuid_t	lot;
	pg_uuid_t	organisation;
	int32		units;
	TimestampTz closes_at;
	bool		has_request;
	pg_uuid_t	request;
} Opening;

void
ecp_allotment_raise_unknown(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such allotment round"),
			 errhint("The rounds stand in ecopanier.allotment_round.")));
}

static void
raise_unknown_lot(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such lot"),
			 errhint("The own lots stand in ecopanier.lot.")));
}

void
ecp_allotment_move_units(const EcpRound *rounds, int count, int sign, TimestampTz at)
{
	EcpMovement *movements = palloc0(count * sizeof(EcpMovement));
	int			moved = 0;
	int			i;

	for (i = 0; i < count; i++)
		if (rounds[i].kept > 0)
			movements[moved++] = (EcpMovement)
		{
			.units = {.territory = rounds[i].territory,.lot = rounds[i].lot,.solidarity_units = sign * (int64) rounds[i].kept},
			.kind = "allotment",.cause = rounds[i].id,.at = at
		};
	ecp_stock_move(movements, moved);
	pfree(movements);
}

/* How many units of those wanted are left in the solidarity pool, whose row stays locked. */
static int32
keep_units(const Opening *opening)
{
	Datum		key[2] = {Int32GetDatum(opening->territory), UUIDPGetDatum(&opening->lot)};

	ecp_plan_run(&lock_stock, key, NULL, false, 1);
	return SPI_processed == 0 ? 0 : Min(opening->units, DatumGetInt32(ecp_plan_known(0, 1)));
}

/* Makes a round of a lot that is locked, or new in this transaction; takes its units from first come. */
static void
open_round(const Opening *opening, pg_uuid_t *id)
{
	TimestampTz now = ecp_clock_now();
	const char *key_id = ecp_key_current();
	EcpRound	round;
	bytea	   *commitment = palloc(VARHDRSZ + ECP_ALLOTMENT_COMMITMENT_BYTES);
	bytea	   *sealed;
	Datum		values[11];

	ecp_new_id(opening->territory, id);
	SET_VARSIZE(commitment, VARHDRSZ + ECP_ALLOTMENT_COMMITMENT_BYTES);
	sealed = ecp_allotment_seed_make(opening->territory, id, key_id, (uint8 *) VARDATA(commitment));
	values[0] = Int32GetDatum(opening->territory);
	values[1] = UUIDPGetDatum(id);
	values[2] = UUIDPGetDatum(&opening->lot);
	values[3] = UUIDPGetDatum(&opening->organisation);
	values[4] = Int32GetDatum(opening->units);
	values[5] = TimestampTzGetDatum(now);
	values[6] = TimestampTzGetDatum(opening->closes_at);
	values[7] = Int32GetDatum(ECP_ALLOTMENT_CRITERIA);
	values[8] = Int32GetDatum((int32) ecp_setting_at(opening->territory, "allotment_help_days", now).value);
	values[9] = PointerGetDatum(commitment);
	values[10] = UUIDPGetDatum(&opening->request);
	ecp_allotment_write(&insert_round, values, opening->has_request ? NULL : "          n");
	round = (EcpRound) {opening->territory, *id, opening->lot, keep_units(opening)};
	values[2] = CStringGetTextDatum(key_id);
	values[3] = PointerGetDatum(sealed);
	values[4] = Int32GetDatum(round.kept);
	ecp_allotment_write(&insert_seed, values, NULL);
	ecp_allotment_move_units(&round, 1, 1, now);
	ecp_wake_at_commit();
}

TimestampTz
ecp_allotment_keep_until(int32 territory, TimestampTz end)
{
	return end + ecp_setting_at(territory, "allotment_keep_days", end).value * USECS_PER_DAY;
}

/* Tells those who declared interest that the round is cancelled. */
static void
tell_people(const EcpRound *round, Datum *key)
{
	SPITupleTable *found;
	uint64		count;
	uint64		i;

	ecp_allotment_write(&tell_interested, key, NULL);
	ecp_plan_run(&list_interested, key, NULL, false, 0);
	found = SPI_tuptable;
	count = SPI_processed;
	for (i = 0; i < count; i++)
	{
		bool		isnull;

		ecp_event_append(round->territory, "allotment.decided", &round->id, NULL,
						 DatumGetUUIDP(SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull)), NULL);
	}
}

void
ecp_allotment_cancel_rounds(const EcpRound *rounds, int count, const char *reason, TimestampTz at)
{
	int			i;

	for (i = 0; i < count; i++)
	{
		Datum		values[4] = {Int32GetDatum(rounds[i].territory), UUIDPGetDatum(&rounds[i].id),
		CStringGetTextDatum(reason), TimestampTzGetDatum(at)};

		ecp_allotment_write(&end_round, values, NULL);
		values[2] = TimestampTzGetDatum(ecp_allotment_keep_until(rounds[i].territory, at));
		ecp_allotment_write(&forget_seed, values, NULL);
		tell_people(&rounds[i], values);
	}
	ecp_allotment_move_units(rounds, count, -1, at);
	ecp_wake_at_commit();
}

/* The earliest and the latest moment at which a round of this lot may close. */
static TimestampTz
earliest_close(int32 territory, TimestampTz now)
{
	return now + ecp_setting_at(territory, "allotment_open_minutes", now).value * USECS_PER_MINUTE;
}

static TimestampTz
latest_close(int32 territory, TimestampTz now, TimestampTz window_start)
{
	return window_start - ecp_setting_at(territory, "allotment_lead_minutes", now).value * USECS_PER_MINUTE;
}

/* Opens a round for all free units of a lot that has just been published, where the territory wants that and there is time. */
static void
open_by_default(int32 territory, const pg_uuid_t *lot, const pg_uuid_t *organisation, int32 units, TimestampTz window_start)
{
	TimestampTz now = ecp_clock_now();
	Opening		opening = {.territory = territory,.lot = *lot,.organisation = *organisation,.units = units};
	pg_uuid_t	id;

	if (units == 0 || ecp_setting_at(territory, "allotment_by_default", now).value == 0)
		return;
	opening.closes_at = latest_close(territory, now, window_start);
	if (opening.closes_at >= earliest_close(territory, now))
		open_round(&opening, &id);
}

/* Where the columns of lot stand that this file reads. */
typedef struct LotColumns
{
	int			territory;
	int			id;
	int			organisation;
	int			state;
	int			units;
	int			window_start;
} LotColumns;

static void
find_columns(TupleDesc desc, LotColumns *at)
{
	at->territory = ecp_row_column(desc, "territory_id");
	at->id = ecp_row_column(desc, "id");
	at->organisation = ecp_row_column(desc, "organisation_id");
	at->state = ecp_row_column(desc, "state");
	at->units = ecp_row_column(desc, "solidarity_units");
	at->window_start = ecp_row_column(desc, "window_start");
}

static void
open_for(const LotColumns *at, const Datum *values)
{
	open_by_default(DatumGetInt32(values[at->territory]), DatumGetUUIDP(values[at->id]), DatumGetUUIDP(values[at->organisation]),
					DatumGetInt32(values[at->units]), DatumGetTimestampTz(values[at->window_start]));
}

Datum
ecp_trg_allotment_by_default(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	LotColumns	at;
	EcpOwner	saved;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	find_columns(row.desc, &at);
	ecp_plan_begin(&saved);
	open_for(&at, row.values);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* Cancels the open round of a lot that left the offer, where there is one. */
static void
end_round_of(const LotColumns *at, const Datum *values)
{
	Datum		key[2] = {values[at->territory], values[at->id]};
	bool		cancelled = ecp_text_is(values[at->state], false, "cancelled");
	EcpRound	round;

	ecp_plan_run(&find_open, key, NULL, false, 1);
	if (SPI_processed == 0)
		return;
	round = (EcpRound) {DatumGetInt32(key[0]), *DatumGetUUIDP(ecp_plan_known(0, 1)), *DatumGetUUIDP(key[1]), DatumGetInt32(ecp_plan_known(0, 2))};
	ecp_allotment_cancel_rounds(&round, 1, cancelled ? "lot_cancelled" : "lot_closed", ecp_clock_now());
}

/* What follows from a lot's change of state. */
static void
follow(const LotColumns *at, TupleTableSlot *before, TupleTableSlot *now)
{
	bool		was_open = ecp_text_is(before->tts_values[at->state], false, "published");
	bool		is_open = ecp_text_is(now->tts_values[at->state], false, "published");

	if (is_open && !was_open)
		open_for(at, now->tts_values);
	else if (was_open && !is_open)
		end_round_of(at, now->tts_values);
}

/*
 * After a statement on lots, and after lot_changed() has given quota and stock of
 * their claims back: the server notes old and new rows in pairs.
 */
Datum
ecp_trg_allotment_lots_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	TupleTableSlot *before = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	TupleTableSlot *now = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	LotColumns	at;
	EcpOwner	saved;

	find_columns(desc, &at);
	ecp_plan_begin(&saved);
	tuplestore_rescan(trigger->tg_oldtable);
	tuplestore_rescan(trigger->tg_newtable);
	while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, now) &&
		   tuplestore_gettupleslot(trigger->tg_oldtable, true, false, before))
	{
		slot_getallattrs(now);
		slot_getallattrs(before);
		follow(&at, before, now);
	}
	ecp_plan_end(&saved);
	ExecDropSingleTupleTableSlot(before);
	ExecDropSingleTupleTableSlot(now);
	return PointerGetDatum(NULL);
}

/* Raises unless the caller keeps lots of the organisation; somebody else's lot is unknown. */
static void
check_keeper(const EcpCaller *caller, const pg_uuid_t *organisation, void (*raise_unknown) (void))
{
	if (caller->kind == ECP_CALLER_PERSON && caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (!caller->has_organisation || !ecp_id_equal(&caller->organisation, organisation))
		raise_unknown();
	if (!ecp_caller_is_staff(caller, organisation, ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("allotment rounds are kept by managers and owners of the lot's organisation"),
				 errhint("Sign in for the organisation.")));
}

/* The round that the same request opened before; raises where it was another one. */
static bool
find_by_request(const Opening *opening, pg_uuid_t *id)
{
	Datum		values[3] = {Int32GetDatum(opening->territory), UUIDPGetDatum(&opening->organisation), UUIDPGetDatum(&opening->request)};

	if (!opening->has_request)
		return false;
	ecp_plan_run(&find_request, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	*id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	if (!ecp_id_equal(DatumGetUUIDP(ecp_plan_known(0, 2)), &opening->lot) ||
		DatumGetInt32(ecp_plan_known(0, 3)) != opening->units || DatumGetTimestampTz(ecp_plan_known(0, 4)) != opening->closes_at)
		ereport(ERROR,
				(errcode(ECP_ERR_REQUEST_REUSED),
				 errmsg("the request_id was used for another request"),
				 errhint("Make a new request_id for each request.")));
	return true;
}

/* Raises where the locked lot, of which lock_lot read state, window_start and use_by, can have no such round now. */
static void
check_lot(const Opening *opening, const char *state, TimestampTz window_start, bool no_use_by, DateADT use_by)
{
	TimestampTz now = ecp_clock_now();
	Datum		key[2] = {Int32GetDatum(opening->territory), UUIDPGetDatum(&opening->lot)};

	if (strcmp(state, "published") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_LOT_CLOSED),
				 errmsg("the lot is not offered"),
				 errhint("A round is opened for a published lot.")));
	if (!no_use_by && ecp_lot_past_use_by(opening->territory, use_by, Max(window_start, now)))
		ereport(ERROR,
				(errcode(ECP_ERR_PAST_USE_BY),
				 errmsg("the lot cannot be picked up before its use-by date is over"),
				 errhint("Nothing is given past its use-by date.")));
	if (opening->closes_at < earliest_close(opening->territory, now) ||
		opening->closes_at > latest_close(opening->territory, now, window_start))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a round cannot close at this time"),
				 errdetail("It takes interest until %s at the earliest and is drawn by %s.",
						   pstrdup(timestamptz_to_str(earliest_close(opening->territory, now))),
						   pstrdup(timestamptz_to_str(latest_close(opening->territory, now, window_start)))),
				 errhint("Leave people time to declare interest and to come.")));
	ecp_plan_run(&find_open, key, NULL, false, 1);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the lot has an open round"),
				 errhint("Wait for its draw, or cancel it.")));
}

/* Locks the lot, checks who asks and what for, and opens the round, or finds that of the same request. */
static void
open_checked(const EcpCaller *caller, Opening *opening, pg_uuid_t *id)
{
	Datum		key[2] = {Int32GetDatum(opening->territory), UUIDPGetDatum(&opening->lot)};
	char	   *state;
	TimestampTz window_start;
	DateADT		use_by;
	bool		no_use_by;
	bool		no_window;
	int32		solidarity_units;

	ecp_plan_run(&lock_lot, key, NULL, false, 1);
	if (SPI_processed == 0)
		raise_unknown_lot();
	opening->organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	state = ecp_plan_text(0, 2);
	window_start = DatumGetTimestampTz(ecp_plan_value(0, 3, &no_window));
	use_by = DatumGetDateADT(ecp_plan_value(0, 4, &no_use_by));
	solidarity_units = DatumGetInt32(ecp_plan_known(0, 5));
	check_keeper(caller, &opening->organisation, raise_unknown_lot);
	if (find_by_request(opening, id))
		return;
	if (opening->units > solidarity_units)
		ereport(ERROR,
				(errcode(ECP_ERR_SOLD_OUT),
				 errmsg("the lot has fewer free units"),
				 errhint("Ask for at most its solidarity_units.")));
	check_lot(opening, no_window ? "draft" : state, window_start, no_use_by, use_by);
	open_round(opening, id);
	ecp_audit(caller, opening->territory, "allotment_open", id, NULL);
}

static void
check_opening(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a round needs a lot, units and a time"),
				 errhint("Give all three.")));
	if (PG_GETARG_INT32(1) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a round is for one unit or more"),
				 errhint("Give at least 1.")));
	if (TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(2)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a round cannot close at this time"),
				 errhint("Give a moment before the lot's window.")));
}

Datum
ecp_open_allotment(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	Opening		opening = {0};
	EcpOwner	saved;
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

	ecp_require_installed();
	caller = ecp_caller_require();
	check_opening(fcinfo);
	opening.territory = caller->territory;
	opening.lot = *PG_GETARG_UUID_P(0);
	opening.units = PG_GETARG_INT32(1);
	opening.closes_at = PG_GETARG_TIMESTAMPTZ(2);
	opening.has_request = !PG_ARGISNULL(3);
	if (opening.has_request)
		opening.request = *PG_GETARG_UUID_P(3);
	ecp_plan_begin(&saved);
	open_checked(caller, &opening, id);
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(id);
}

/* Locks lot and round, and cancels it. */
static void
cancel_checked(const EcpCaller *caller, const pg_uuid_t *id, const char *reason)
{
	Datum		key[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(id)};
	pg_uuid_t	lot;
	EcpRound	round;

	ecp_plan_run(&find_lot_of, key, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_allotment_raise_unknown();
	lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
	check_keeper(caller, DatumGetUUIDP(ecp_plan_known(0, 2)), ecp_allotment_raise_unknown);
	key[1] = UUIDPGetDatum(&lot);
	ecp_plan_run(&lock_lot, key, NULL, false, 1);
	ecp_plan_run(&find_open, key, NULL, false, 1);
	if (SPI_processed == 0 || !ecp_id_equal(DatumGetUUIDP(ecp_plan_known(0, 1)), id))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the round has ended"),
				 errhint("An open round can be cancelled.")));
	round = (EcpRound) {caller->territory, *id, lot, DatumGetInt32(ecp_plan_known(0, 2))};
	ecp_allotment_cancel_rounds(&round, 1, reason, ecp_clock_now());
	ecp_audit(caller, caller->territory, "allotment_cancel", id, reason);
}

Datum
ecp_cancel_allotment(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	char	   *reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_allotment_raise_unknown();
	reason = ecp_reason_argument(fcinfo, 1);
	if (reason == NULL)
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a round is not cancelled without a reason"),
				 errhint("Give the reason; those who declared interest can read it.")));
	ecp_plan_begin(&saved);
	cancel_checked(caller, PG_GETARG_UUID_P(0), reason);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
