/*
 * Handing over: a station shows what it read from the QR and the PIN that the
 * person says, and gets a verdict.
 *
 * A verdict is a value, never an error: an error would take the try back and
 * put the PIN into a log.  A station learns nothing of a reservation that is
 * not its organisation's, and the same of a free basket as of a paid one: the
 * statements here do not look at pool or amount.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/pin.h"
#include "crypto/token.h"
#include "identity/context.h"
#include "identity/setting.h"
#include "market/use_by.h"
#include "pickup/guess.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_verify_pickup);

static EcpPlan read_reservation =
ECP_PLAN("SELECT r.organisation_id, r.state, r.window_start, greatest(r.window_end, r.grace_until), "
		 "r.grace_until > r.window_end, r.key_id, r.pin_version, r.pickup_round, r.quantity, l.title, m.display_name, r.xmin, l.use_by "
		 "FROM ecopanier.reservation r "
		 "JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id "
		 "JOIN ecopanier.member m ON m.territory_id = r.territory_id AND m.id = r.member_id "
		 "WHERE r.territory_id = $1 AND r.id = $2",
		 INT4OID, UUIDOID);

static EcpPlan collect =
ECP_PLAN("UPDATE ecopanier.reservation SET state = 'collected', collected_by = $3 "
		 "WHERE territory_id = $1 AND id = $2 AND state = 'held' AND pin_version = $4 AND pickup_round = $5",
		 INT4OID, UUIDOID, UUIDOID, INT4OID, INT4OID);

/* What a verdict needs to know, copied out of SPI's result. */
typedef struct Presented
{
	EcpToken	token;
	pg_uuid_t	organisation;
	char	   *state;
	TimestampTz window_start;
	TimestampTz window_end;		/* a grace included */
	bool		grace;
	bool		renewed;		/* its round began in this transaction */
	char	   *key_id;
	int32		pin_version;
	int32		round;
	bool		dated;
	DateADT		use_by;
	int32		quantity;
	char	   *title;
	char	   *first_name;
} Presented;

/* Reads the reservation that a token names; false where there is none. */
static bool
read_presented(const EcpCaller *caller, Presented *presented)
{
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&presented->token.reservation)};
	bool		isnull;

	ecp_plan_run(&read_reservation, values, NULL, false, 1);
	if (SPI_processed != 1)
		return false;
	presented->organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	presented->state = ecp_plan_text(0, 2);
	presented->window_start = DatumGetTimestampTz(ecp_plan_known(0, 3));
	presented->window_end = DatumGetTimestampTz(ecp_plan_known(0, 4));
	presented->grace = DatumGetBool(ecp_plan_value(0, 5, &isnull)) && !isnull;
	presented->key_id = ecp_plan_text(0, 6);
	presented->pin_version = DatumGetInt32(ecp_plan_known(0, 7));
	presented->round = DatumGetInt32(ecp_plan_known(0, 8));
	presented->quantity = DatumGetInt32(ecp_plan_known(0, 9));
	presented->title = ecp_plan_text(0, 10);
	presented->first_name = ecp_plan_text(0, 11);
	presented->use_by = DatumGetDateADT(ecp_plan_value(0, 13, &isnull));
	presented->dated = !isnull;
	presented->renewed = presented->round > 1 &&
		TransactionIdIsCurrentTransactionId(DatumGetTransactionId(ecp_plan_known(0, 12)));
	return true;
}

/* The verdict on a reservation that is not to be handed over, NULL on one that may be; a use-by date ends every window and grace. */
static const char *
judge_state(const EcpCaller *caller, const Presented *presented)
{
	TimestampTz now = ecp_clock_now();

	if (strcmp(presented->state, "collected") == 0)
		return "already_collected";
	if (strcmp(presented->state, "cancelled") == 0)
		return "cancelled";
	if (strcmp(presented->state, "lapsed") == 0)
		return "too_late";
	if (strcmp(presented->state, "held") != 0)
		return "invalid";
	if (now < presented->window_start)
		return "too_early";
	if (now >= presented->token.expires && !presented->grace)
		return "expired";
	if (now >= presented->window_end ||
		(presented->dated && ecp_lot_past_use_by(caller->territory, presented->use_by, now)))
		return "too_late";
	return NULL;
}

/*
 * Charges the try, compares, and takes the reservation as handed over.  A new
 * round counts once it is committed: a manager who could roll a release back
 * would have tries without end, and no note of it in the audit.
 */
static const char *
try_pin(const EcpCaller *caller, Presented *presented, text *pin)
{
	Datum		values[5] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&presented->token.reservation),
		UUIDPGetDatum(&caller->member), Int32GetDatum(presented->pin_version), Int32GetDatum(presented->round)};
	int64		tries = ecp_setting_at(caller->territory, "pickup_tries", ecp_clock_now()).value;
	const char *verdict;

	if (presented->renewed ||
		ecp_guess_charge(caller->territory, &presented->token.reservation, &caller->member,
						 presented->round, tries) > tries)
		return "locked";
	if (!ecp_pin_matches(&presented->token.reservation, presented->key_id, presented->pin_version,
						 pin ? VARDATA_ANY(pin) : "", pin ? VARSIZE_ANY_EXHDR(pin) : 0))
		return "wrong_pin";
	ecp_plan_run(&collect, values, NULL, false, 0);
	if (SPI_processed == 1)
		return "handed_over";

	/* Another station, a cancellation or a new PIN was faster. */
	if (!read_presented(caller, presented))
		return "invalid";
	verdict = judge_state(caller, presented);
	return verdict ? verdict : "wrong_pin";
}

static const char *
judge(const EcpCaller *caller, text *token, text *pin, Presented *presented)
{
	const char *verdict;

	if (caller == NULL)
		return "not_signed_in";
	if (token == NULL ||
		ecp_token_open(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token), &presented->token) != ECP_TOKEN_OK ||
		ecp_territory_of(&presented->token.reservation) != caller->territory ||
		!read_presented(caller, presented) ||
		!ecp_caller_is_staff(caller, &presented->organisation, ECP_FUNCTION_STATION))
		return "invalid";
	verdict = judge_state(caller, presented);
	return verdict ? verdict : try_pin(caller, presented, pin);
}

/* What the server raises for writes, but without the statement, which holds token and PIN. */
static void
refuse_to_write(void)
{
	ereport(ERROR,
			(errcode(XactReadOnly ? ERRCODE_READ_ONLY_SQL_TRANSACTION : ERRCODE_INVALID_TRANSACTION_STATE),
			 errmsg("verify_pickup() needs a READ COMMITTED transaction that may write"),
			 errhint("Begin with ISOLATION LEVEL READ COMMITTED READ WRITE."),
			 errhidestmt(true), errhidecontext(true)));
}

Datum
ecp_verify_pickup(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	TupleDesc	desc;
	Presented	presented = {0};
	const char *verdict;
	Datum		values[4] = {0};
	bool		nulls[4] = {false, true, true, true};
	MemoryContext outside = CurrentMemoryContext;

	ecp_require_installed();
	if (XactReadOnly || IsInParallelMode() || IsolationUsesXactSnapshot())
		refuse_to_write();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "verify_pickup() must return a composite");
	caller = ecp_caller();
	ecp_plan_begin(&saved);
	verdict = judge(caller, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0),
					PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1), &presented);
	MemoryContextSwitchTo(outside);
	values[0] = CStringGetTextDatum(verdict);
	if (strcmp(verdict, "handed_over") == 0)
	{
		values[1] = CStringGetTextDatum(presented.title);
		values[2] = Int32GetDatum(presented.quantity);
		values[3] = CStringGetTextDatum(presented.first_name);
		memset(nulls, false, sizeof(nulls));
	}
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
