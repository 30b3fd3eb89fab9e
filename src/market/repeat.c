/*
 * The same as on another day: repeat_lots().
 *
 * Local times stay as they are, whatever the clock does in between; dates move
 * by the days between.  A batch number is of its day: a lot that needs one gets
 * it by the pattern of its template, or is a draft until somebody gives it.  A
 * copy of a template's lot is that template's lot of the new day, of which there
 * is one: so who repeats yesterday and has templates offers nothing twice.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "common/attempt.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "market/lot_answer.h"
#include "market/lot_columns.h"
#include "market/offerer.h"
#include "market/template.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_repeat_lots);

#define DAYS_BACK 366			/* of the day that is repeated */
#define DAYS_AHEAD 31			/* of the day that it is repeated on */

static EcpPlan find_lots =
ECP_PLAN("SELECT l.id FROM ecopanier.territory t JOIN ecopanier.lot l ON l.territory_id = t.id "
		 "WHERE t.id = $1 AND l.organisation_id = $2 AND l.state IN ('published', 'closed') AND l.source_lot_id IS NULL "
		 "AND l.window_start >= $3::timestamp AT TIME ZONE t.time_zone AND l.window_start < ($3 + 1)::timestamp AT TIME ZONE t.time_zone "
		 "ORDER BY l.window_start, l.published_at, l.title, l.id LIMIT $4",
		 INT4OID, UUIDOID, DATEOID, INT4OID);

/* A moment some days later, at the same local time. */
#define SHIFTED(moment) "((" moment " AT TIME ZONE t.time_zone + make_interval(days => $4)) AT TIME ZONE t.time_zone)"

static EcpPlan copy_lot =
ECP_PLAN("INSERT INTO ecopanier.lot (organisation_id, state, template_id, template_day, " ECP_LOT_SAME("") ", " ECP_LOT_DATED("") ") "
		 "SELECT l.organisation_id, $3, m.id, CASE WHEN m.id IS NOT NULL THEN l.template_day + $4 END, " ECP_LOT_SAME("l.")
		 ", l.use_by + $4, l.best_before + $4, CASE WHEN m.batch_pattern IS NOT NULL THEN " ECP_BATCH_OF("m.batch_pattern", "(l.template_day + $4)")
		 " WHEN l.undated THEN l.batch END, " SHIFTED("l.window_start") ", " SHIFTED("l.window_end")
		 ", (SELECT array_agg(tstzrange(" SHIFTED("lower(w)") ", " SHIFTED("upper(w)") ") ORDER BY w) FROM unnest(l.windows) w), "
		 SHIFTED("l.price_falls_from")
		 " FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id "
		 "LEFT JOIN ecopanier.lot_template m ON m.territory_id = l.territory_id AND m.id = l.template_id "
		 "WHERE l.territory_id = $1 AND l.id = $2 "
		 "ON CONFLICT (territory_id, template_id, template_day) WHERE template_id IS NOT NULL DO NOTHING RETURNING id, state",
		 INT4OID, UUIDOID, TEXTOID, INT4OID);

static EcpPlan find_copy =
ECP_PLAN("SELECT c.id, c.state FROM ecopanier.lot l JOIN ecopanier.lot c ON c.territory_id = l.territory_id AND c.template_id = l.template_id "
		 "AND c.template_day = l.template_day + $3 WHERE l.territory_id = $1 AND l.id = $2",
		 INT4OID, UUIDOID, INT4OID);

/* As lot_from_template() does: the schedule does not wait for the copy, it leaves the template. */
static EcpPlan lock_template =
ECP_PLAN("SELECT 1 FROM ecopanier.lot_template WHERE territory_id = $1 "
		 "AND id = (SELECT template_id FROM ecopanier.lot WHERE territory_id = $1 AND id = $2) FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

/* A lot being repeated. */
typedef struct Copy
{
	int32		territory;
	pg_uuid_t	source;
	int32		days;			/* from the source's day to the new one */
	const char *wanted;			/* state */
	pg_uuid_t	lot;
	char	   *state;
} Copy;

static void
copy_one(void *arg)
{
	Copy	   *copy = arg;
	Datum		values[4] = {Int32GetDatum(copy->territory), UUIDPGetDatum(&copy->source), CStringGetTextDatum(copy->wanted),
	Int32GetDatum(copy->days)};

	ecp_plan_run(&lock_template, values, NULL, false, 0);
	ecp_plan_run(&copy_lot, values, NULL, false, 0);
	if (SPI_processed == 0)
	{
		values[2] = values[3];
		ecp_plan_run(&find_copy, values, NULL, false, 1);
	}
	if (SPI_processed == 0)
		elog(ERROR, "a lot of this template and day came and went");
	copy->lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
	copy->state = ecp_plan_text(0, 2);
}

static ErrorData *
try_copy(Copy *copy, const char *wanted)
{
	ErrorData  *error;

	copy->wanted = wanted;
	error = ecp_attempt_error(copy_one, copy);
	if (error && !ecp_is_of_row(error->sqlerrcode))
		ReThrowError(error);
	return error;
}

/* Repeats one lot: published where that is asked for and possible, else a draft; the error says why not. */
static void
repeat_one(Copy *copy, bool publish, EcpLotOutcome *outcome)
{
	ErrorData  *error = try_copy(copy, publish ? "published" : "draft");
	bool		made = error == NULL || (publish && try_copy(copy, "draft") == NULL);

	outcome->error = error;
	outcome->source = &copy->source;
	outcome->lot = made ? &copy->lot : NULL;
	outcome->state = made ? copy->state : NULL;
}

/* The two days and whether to publish. */
typedef struct Wish
{
	DateADT		of;
	DateADT		day;
	bool		publish;
} Wish;

static Wish
read_wish(FunctionCallInfo fcinfo, const EcpCaller *caller)
{
	DateADT		today = ecp_local_day(caller->territory, ecp_clock_now());
	Wish		wish = {.day = PG_ARGISNULL(1) ? today : PG_GETARG_DATEADT(1), .publish = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2)};

	wish.of = PG_ARGISNULL(0) ? today - 1 : PG_GETARG_DATEADT(0);
	if (wish.day < today || wish.day > today + DAYS_AHEAD || wish.of < today - DAYS_BACK || wish.of >= wish.day)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these are not days that can be repeated"),
				 errhint("Repeat a day of the last %d on a later one, from today to %d days ahead.", DAYS_BACK, DAYS_AHEAD)));
	return wish;
}

/* Repeats the lots of the day; the answer. */
static char *
repeat_all(const EcpCaller *caller, const Wish *wish)
{
	Datum		values[4] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation), DateADTGetDatum(wish->of),
	Int32GetDatum(ECP_LOT_ROWS_MAX)};
	StringInfoData answer;
	uint64		count;
	pg_uuid_t  *sources;

	ecp_plan_run(&find_lots, values, NULL, false, 0);
	count = SPI_processed;
	sources = palloc(Max(count, 1) * sizeof(pg_uuid_t));
	for (uint64 i = 0; i < count; i++)
		sources[i] = *DatumGetUUIDP(ecp_plan_known(i, 1));
	ecp_lot_answer_begin(&answer);
	for (uint64 i = 0; i < count; i++)
	{
		Copy		copy = {.territory = caller->territory, .source = sources[i], .days = wish->day - wish->of};
		EcpLotOutcome outcome = {.number = (int) i + 1};

		CHECK_FOR_INTERRUPTS();
		repeat_one(&copy, wish->publish, &outcome);
		ecp_lot_answer_add(&answer, &outcome);
	}
	ecp_lot_answer_end(&answer);
	return answer.data;
}

/* A day as it was asked for: what is null means another day tomorrow, and is the same request. */
static char *
given_day(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? "-" : psprintf("%d", PG_GETARG_DATEADT(argument));
}

Datum
ecp_repeat_lots(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	char	   *asked;
	char	   *answer;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_offerer_require(caller);
	asked = psprintf("repeat_lots %s %s %d", given_day(fcinfo, 0), given_day(fcinfo, 1), !PG_ARGISNULL(2) && PG_GETARG_BOOL(2));
	ecp_plan_begin(&saved);
	if (ecp_lot_request_begin(caller, PG_GETARG_DATUM(3), PG_ARGISNULL(3), asked, &answer))
	{
		Wish		wish = read_wish(fcinfo, caller);

		answer = repeat_all(caller, &wish);
		ecp_lot_request_end(caller, PG_GETARG_DATUM(3), PG_ARGISNULL(3), answer);
	}
	ecp_lot_answer_return(fcinfo, answer);
	ecp_plan_end(&saved);
	return (Datum) 0;
}
