/*
 * What a member calls: reserve(), receipt(), cancel().
 *
 * reserve() ends in the same INSERT that a client may send itself.  A retry
 * with the same request_id is answered with the first claim, whether it comes
 * later or at the same time: the unique index makes the second one wait.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/reason.h"
#include "crypto/pin.h"
#include "crypto/token.h"
#include "identity/context.h"
#include "identity/setting.h"
#include "identity/tenant.h"
#include "market/receipt.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_reserve);
PG_FUNCTION_INFO_V1(ecp_receipt);
PG_FUNCTION_INFO_V1(ecp_cancel);

#define RECEIPT_COLUMNS \
	"id, state, quantity, amount_cents, pin_version, key_id, window_start, window_end, grace_until, lot_id, pool"

static EcpPlan claim =
ECP_PLAN("INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES ($1, $2) RETURNING " RECEIPT_COLUMNS,
		 UUIDOID, INT4OID);

static EcpPlan claim_once =
ECP_PLAN("INSERT INTO ecopanier.reservation (lot_id, quantity, request_id) VALUES ($1, $2, $3) "
		 "ON CONFLICT (territory_id, member_id, request_id) WHERE request_id IS NOT NULL DO NOTHING RETURNING " RECEIPT_COLUMNS,
		 UUIDOID, INT4OID, UUIDOID);

static EcpPlan find_request =
ECP_PLAN("SELECT " RECEIPT_COLUMNS " FROM ecopanier.reservation "
		 "WHERE territory_id = $1 AND member_id = $2 AND request_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan find_own =
ECP_PLAN("SELECT " RECEIPT_COLUMNS " FROM ecopanier.reservation WHERE territory_id = $1 AND id = $2 AND member_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan lock_reservation =
ECP_PLAN("SELECT member_id, organisation_id, window_start, state FROM ecopanier.reservation "
		 "WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan cancel_reservation =
ECP_PLAN("UPDATE ecopanier.reservation SET state = 'cancelled', cancel_reason = $3, late_cancel = $4 "
		 "WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, BOOLOID);

/* With a pool, a window or both; without a request number nothing conflicts. */
static EcpPlan claim_chosen =
ECP_PLAN("INSERT INTO ecopanier.reservation (lot_id, quantity, request_id, pool, window_start) VALUES ($1, $2, $3, $4, $5) "
		 "ON CONFLICT (territory_id, member_id, request_id) WHERE request_id IS NOT NULL DO NOTHING RETURNING " RECEIPT_COLUMNS,
		 UUIDOID, INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID);

/* What a receipt is made of, copied out of SPI. */
typedef struct Claimed
{
	pg_uuid_t	id;
	pg_uuid_t	lot;
	char		state[NAMEDATALEN];
	char		pool[NAMEDATALEN];
	char		key_id[NAMEDATALEN];
	int32		quantity;
	int32		amount_cents;
	int32		pin_version;
	TimestampTz window_start;
	TimestampTz window_end;
} Claimed;

/* Copies the first row of a result with RECEIPT_COLUMNS. */
static void
read_claimed(Claimed *claimed)
{
	bool		no_grace;
	TimestampTz grace = DatumGetTimestampTz(ecp_plan_value(0, 9, &no_grace));

	claimed->id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	strlcpy(claimed->state, ecp_plan_text(0, 2), sizeof(claimed->state));
	claimed->quantity = DatumGetInt32(ecp_plan_known(0, 3));
	claimed->amount_cents = DatumGetInt32(ecp_plan_known(0, 4));
	claimed->pin_version = DatumGetInt32(ecp_plan_known(0, 5));
	strlcpy(claimed->key_id, ecp_plan_text(0, 6), sizeof(claimed->key_id));
	claimed->window_start = DatumGetTimestampTz(ecp_plan_known(0, 7));
	claimed->window_end = DatumGetTimestampTz(ecp_plan_known(0, 8));
	if (!no_grace && grace > claimed->window_end)
		claimed->window_end = grace;
	claimed->lot = *DatumGetUUIDP(ecp_plan_known(0, 10));
	strlcpy(claimed->pool, ecp_plan_text(0, 11), sizeof(claimed->pool));
}

/* Makes the composite; PIN and token only while there is something to pick up. */
static Datum
make_receipt(FunctionCallInfo fcinfo, const Claimed *claimed)
{
	TupleDesc	desc;
	Datum		values[9];
	bool		nulls[9] = {0};
	char		pin[ECP_PIN_LEN + 1];

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "a receipt must be a composite");
	values[0] = UUIDPGetDatum(&claimed->id);
	values[1] = UUIDPGetDatum(&claimed->lot);
	values[2] = CStringGetTextDatum(claimed->state);
	values[3] = Int32GetDatum(claimed->quantity);
	values[4] = Int32GetDatum(claimed->amount_cents);
	nulls[5] = nulls[6] = strcmp(claimed->state, "held") != 0;
	if (!nulls[5])
	{
		ecp_pin_make(&claimed->id, claimed->key_id, claimed->pin_version, pin);
		values[5] = CStringGetTextDatum(pin);
		values[6] = CStringGetTextDatum(ecp_token_sign(&claimed->id, claimed->key_id, claimed->window_end));
	}
	values[7] = TimestampTzGetDatum(claimed->window_start);
	values[8] = TimestampTzGetDatum(claimed->window_end);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* Whether a call of reserve() has this argument, pool or window. */
static bool
chooses(FunctionCallInfo fcinfo, int argument)
{
	return PG_NARGS() > argument && !PG_ARGISNULL(argument);
}

/* Whether a call of reserve() is for what was claimed; what it left open fits anything. */
static bool
asks_for(FunctionCallInfo fcinfo, const Claimed *claimed)
{
	if (!ecp_id_equal(&claimed->lot, PG_GETARG_UUID_P(0)) || claimed->quantity != PG_GETARG_INT32(1))
		return false;
	if (chooses(fcinfo, 3) && !ecp_text_is(PG_GETARG_DATUM(3), false, claimed->pool))
		return false;
	return !chooses(fcinfo, 4) || PG_GETARG_TIMESTAMPTZ(4) == claimed->window_start;
}

/*
 * Finds the claim that a request number was used for, inside SPI; raises where
 * it was for something else.
 */
static bool
find_by_request(const EcpCaller *caller, FunctionCallInfo fcinfo, Claimed *claimed)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), PG_GETARG_DATUM(2)};

	ecp_plan_run(&find_request, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	read_claimed(claimed);
	if (!asks_for(fcinfo, claimed))
		ereport(ERROR,
				(errcode(ECP_ERR_REQUEST_REUSED),
				 errmsg("the request_id was used for another request"),
				 errhint("Make a new request_id for each request.")));
	return true;
}

/* Inserts the claim, in the shape that says no more than the call does. */
static void
insert_claim(FunctionCallInfo fcinfo)
{
	Datum		values[5] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
	char		nulls[6] = "     ";

	if (chooses(fcinfo, 3) || chooses(fcinfo, 4))
	{
		for (int i = 2; i < 5; i++)
		{
			values[i] = PG_GETARG_DATUM(i);
			nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
		}
		ecp_plan_run(&claim_chosen, values, nulls, false, 0);
	}
	else
		ecp_plan_run(PG_ARGISNULL(2) ? &claim : &claim_once, values, NULL, false, 0);
}

/* Claims, or finds the claim that the same request made before, inside SPI. */
static void
claim_units(const EcpCaller *caller, FunctionCallInfo fcinfo, Claimed *claimed)
{
	bool		numbered = !PG_ARGISNULL(2);

	if (numbered && find_by_request(caller, fcinfo, claimed))
		return;
	insert_claim(fcinfo);
	if (SPI_processed == 1)
		read_claimed(claimed);
	else if (!numbered || !find_by_request(caller, fcinfo, claimed))
		elog(ERROR, "a claim with this request_id came and went");
}

Datum
ecp_reserve(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Claimed		claimed;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a claim needs a lot and a quantity"),
				 errhint("The lots that can be claimed stand in ecopanier.lot_offer.")));
	ecp_plan_begin(&saved);
	claim_units(caller, fcinfo, &claimed);
	ecp_plan_end(&saved);
	return make_receipt(fcinfo, &claimed);
}

void
ecp_raise_unknown_reservation(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such reservation"),
			 errhint("The own reservations stand in ecopanier.reservation.")));
}

/* Finds a reservation of the caller's own, inside SPI. */
static void
find_own_claim(const EcpCaller *caller, Datum reservation, Claimed *claimed)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), reservation, UUIDPGetDatum(&caller->member)};

	ecp_plan_run(&find_own, values, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_raise_unknown_reservation();
	read_claimed(claimed);
}

Datum
ecp_receipt_for(FunctionCallInfo fcinfo, const EcpCaller *caller, Datum reservation)
{
	EcpOwner	saved;
	Claimed		claimed;

	ecp_plan_begin(&saved);
	find_own_claim(caller, reservation, &claimed);
	ecp_plan_end(&saved);
	return make_receipt(fcinfo, &claimed);
}

char *
ecp_receipt_token(const EcpCaller *caller, Datum reservation)
{
	EcpOwner	saved;
	Claimed		claimed;

	ecp_plan_begin(&saved);
	find_own_claim(caller, reservation, &claimed);
	ecp_plan_end(&saved);
	if (strcmp(claimed.state, "held") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the reservation is %s: there is nothing to pick up", claimed.state),
				 errhint("A held reservation has a QR.")));
	return ecp_token_sign(&claimed.id, claimed.key_id, claimed.window_end);
}

Datum
ecp_receipt(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_raise_unknown_reservation();
	return ecp_receipt_for(fcinfo, caller, PG_GETARG_DATUM(0));
}

/* Raises where the locked reservation is over: its reason stays the first one. */
static void
check_cancellable(void)
{
	char	   *state = ecp_plan_text(0, 4);

	if (strcmp(state, "held") != 0 && strcmp(state, "awaiting_payment") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the reservation is %s: there is nothing to cancel", state),
				 errhint("A held reservation can be cancelled.")));
}

/*
 * Whether the caller may cancel the locked reservation, and whether that comes
 * late (rule D16): the member's own after the cut-off does, staff's never does.
 */
static bool
check_canceller(const EcpCaller *caller, const char *reason)
{
	pg_uuid_t	member = *DatumGetUUIDP(ecp_plan_known(0, 1));
	pg_uuid_t	organisation = *DatumGetUUIDP(ecp_plan_known(0, 2));
	TimestampTz opens = DatumGetTimestampTz(ecp_plan_known(0, 3));
	TimestampTz now = ecp_clock_now();
	bool		staff = ecp_caller_is_staff(caller, &organisation, ECP_FUNCTION_MANAGER) ||
		caller->role == ECP_ROLE_ADMINISTRATOR;

	if (!staff && !ecp_id_equal(&caller->member, &member))
		ecp_raise_unknown_reservation();
	check_cancellable();
	if (staff)
	{
		if (reason == NULL)
			ereport(ERROR,
					(errcode(ECP_ERR_REASON_REQUIRED),
					 errmsg("staff do not cancel without a reason"),
					 errhint("Give the reason; the person can read it.")));
		return false;
	}
	return now > opens - ecp_setting_at(caller->territory, "cancel_cutoff", now).value * USECS_PER_MINUTE;
}

Datum
ecp_cancel(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[4];
	char		nulls[5] = "    ";
	char	   *reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_raise_unknown_reservation();
	reason = ecp_reason_argument(fcinfo, 1);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_reservation, values, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_raise_unknown_reservation();
	values[2] = PG_GETARG_DATUM(1);
	nulls[2] = PG_ARGISNULL(1) ? 'n' : ' ';
	values[3] = BoolGetDatum(check_canceller(caller, reason));
	ecp_plan_run(&cancel_reservation, values, nulls, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
