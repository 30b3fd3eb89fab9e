/*
 * Making lots of templates: the step of the schedule and lot_from_template().
 *
 * A lot is made for a local day, one for each template and day by a unique key,
 * so it does not matter who comes first: the schedule, or a person who wants the
 * lot earlier.  The schedule makes it at the moment at which it was due, its
 * window's opening less the territory's lead, and in the order of these moments:
 * what was slept through comes to the same lots as a worker that was always awake, limits
 * of a day included.  It writes as a manager of the organisation would, so all rules
 * of offering bind it.
 *
 * A template that a person writes is tried at once: the lot of its next day is made
 * and undone, so that what would be refused each day is refused where it is written.
 * Nobody's open transaction stops the schedule: an organisation that holds what its
 * own lot needs is left for the next turn.
 * What goes wrong with one template later is data: noted on it, and told to those who
 * can put it right.  A lot that cannot be published stays as a draft where it can.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "common/attempt.h"
#include "common/clock.h"
#include "common/due.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "event/append.h"
#include "identity/context.h"
#include "identity/role.h"
#include "identity/setting.h"
#include "market/lot_columns.h"
#include "market/offerer.h"
#include "market/template.h"
#include "organisation/opening.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_template_tried);
PG_FUNCTION_INFO_V1(ecp_lot_from_template);

#define LOCK_WAIT "200ms"		/* for what a transaction of the organisation holds */
#define ERROR_MAX 1000			/* bytes of an error that are kept */
#define DAYS_AHEAD 366			/* for which a lot is made by hand */

#define LEAD \
	"(SELECT make_interval(mins => s.value::int) FROM ecopanier.setting s " \
	"WHERE s.territory_id = t.id AND s.name = 'template_lead_minutes' AND s.valid_from <= $1 ORDER BY s.valid_from DESC, s.version DESC LIMIT 1)"

static EcpPlan next_due =
ECP_PLAN("SELECT min(greatest(d.next_start - " LEAD ", d.not_before)) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT m.next_start, m.not_before FROM ecopanier.lot_template m WHERE m.territory_id = t.id AND m.next_start IS NOT NULL "
		 "ORDER BY m.next_start LIMIT 1) d",
		 TIMESTAMPTZOID);

static EcpPlan find_territories =
ECP_PLAN("SELECT t.id FROM ecopanier.territory t WHERE EXISTS (SELECT FROM ecopanier.lot_template m "
		 "WHERE m.territory_id = t.id AND m.next_start <= $1 + " LEAD ") ORDER BY 1",
		 TIMESTAMPTZOID);

/* The first by its moment: the next day of this template may come before the present one of another. */
static EcpPlan take_first =
ECP_PLAN("SELECT m.id, m.organisation_id, m.next_day, m.next_start, m.not_before, m.publish, o.state, o.kind "
		 "FROM ecopanier.lot_template m JOIN ecopanier.organisation o ON o.territory_id = m.territory_id AND o.id = m.organisation_id "
		 "WHERE m.territory_id = $1 AND m.next_start <= $2 AND m.organisation_id <> ALL ($3) "
		 "ORDER BY m.next_start, m.id LIMIT 1 FOR NO KEY UPDATE OF m SKIP LOCKED",
		 INT4OID, TIMESTAMPTZOID, UUIDARRAYOID);

static EcpPlan insert_lot =
ECP_PLAN("INSERT INTO ecopanier.lot (territory_id, organisation_id, template_id, template_day, state, " ECP_LOT_SAME("")
		 ", use_by, best_before, batch, windows, price_falls_from) "
		 "SELECT m.territory_id, m.organisation_id, m.id, $3, $4, " ECP_LOT_SAME("m.")
		 ", $3 + m.use_by_days, $3 + m.best_before_days, " ECP_BATCH_OF("m.batch_pattern", "$3")
		 ", (SELECT array_agg(tstzrange(w.s, w.e) ORDER BY w.s) FROM " ECP_LOCAL_WINDOWS("$3", "m.starts_at", "m.ends_at", "t.time_zone") " w)"
		 ", ($3 + m.price_falls_at) AT TIME ZONE t.time_zone "
		 "FROM ecopanier.lot_template m JOIN ecopanier.territory t ON t.id = m.territory_id WHERE m.territory_id = $1 AND m.id = $2 "
		 "ON CONFLICT (territory_id, template_id, template_day) WHERE template_id IS NOT NULL DO NOTHING RETURNING id",
		 INT4OID, UUIDOID, DATEOID, TEXTOID);

static EcpPlan find_lot =
ECP_PLAN("SELECT id FROM ecopanier.lot WHERE territory_id = $1 AND template_id = $2 AND template_day = $3",
		 INT4OID, UUIDOID, DATEOID);

/* The lock keeps the schedule from waiting for the lot of a transaction that stays open: it goes on to other templates. */
static EcpPlan lock_own =
ECP_PLAN("SELECT publish FROM ecopanier.lot_template WHERE territory_id = $1 AND id = $2 AND organisation_id = $3 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan note_day =
ECP_PLAN("UPDATE ecopanier.lot_template SET last_day = $3, last_error_code = $4, last_error = $5, "
		 "last_error_day = CASE WHEN $4 IS NOT NULL THEN $3 END, last_error_at = $6 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, DATEOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);

/* A day of a template that is due. */
typedef struct Due
{
	int32		territory;
	pg_uuid_t	template;
	pg_uuid_t	organisation;
	DateADT		day;
	TimestampTz at;				/* when it was due */
	EcpRole		role;			/* in which staff of the organisation act */
	bool		publish;
	bool		active;			/* the organisation */
	const char *state;			/* in which the lot is made */
} Due;

/* Makes the lot, unless it is there. */
static void
make_lot(void *arg)
{
	Due		   *due = arg;
	Datum		values[4] = {Int32GetDatum(due->territory), UUIDPGetDatum(&due->template), DateADTGetDatum(due->day),
	CStringGetTextDatum(due->state)};

	ecp_plan_run(&insert_lot, values, NULL, false, 0);
}

static void
make_lot_then(void *arg)
{
	Due		   *due = arg;

	ecp_clock_run_at(due->at, make_lot, due);
}

/* Whether somebody else's transaction holds what the lot needs. */
static bool
is_busy(const ErrorData *error)
{
	return error && error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
}

/* Tries to make the lot as a manager of the organisation; the error, or NULL. */
static ErrorData *
try_lot(Due *due, const char *state)
{
	EcpCaller	manager = {.kind = ECP_CALLER_PERSON, .territory = due->territory, .role = due->role,
	.function = ECP_FUNCTION_MANAGER, .has_organisation = true, .organisation = due->organisation, .expires = DT_NOEND};
	bool		scheduled = ecp_context_schedule(false);
	ErrorData  *error = NULL;

	due->state = state;
	PG_TRY();
	{
		int			level = ecp_context_enter(&manager);

		(void) set_config_option("lock_timeout", LOCK_WAIT, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
		error = ecp_attempt_error(make_lot_then, due);
		ecp_context_leave(level);
	}
	PG_FINALLY();
	{
		ecp_context_schedule(scheduled);
	}
	PG_END_TRY();
	if (error && !is_busy(error) && !ecp_is_of_row(error->sqlerrcode))
		ReThrowError(error);
	return error;
}

static char *
day_text(DateADT day)
{
	int			year;
	int			month;
	int			of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &of_month);
	return psprintf("%04d-%02d-%02d", year, month, of_month);
}

/* Notes that a day was gone through, and what came of it. */
static void
note(const Due *due, const ErrorData *error)
{
	Datum		values[6] = {Int32GetDatum(due->territory), UUIDPGetDatum(&due->template), DateADTGetDatum(due->day)};
	char		nulls[7] = "   nnn";

	if (error)
	{
		char	   *text = error->detail ? psprintf("%s: %s", error->message, error->detail) : error->message;

		values[3] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
		values[4] = PointerGetDatum(cstring_to_text_with_len(text, pg_mbcliplen(text, strlen(text), ERROR_MAX)));
		values[5] = TimestampTzGetDatum(due->at);
		memset(nulls, ' ', 6);
	}
	ecp_plan_run(&note_day, values, nulls, false, 0);
	if (error)
		ecp_event_append(due->territory, "template.failed", &due->template, &due->organisation, NULL,
						 psprintf("{\"code\": \"%s\", \"day\": \"%s\"}", unpack_sql_state(error->sqlerrcode), day_text(due->day)));
}

/* Goes through one day of a template; false where that has to wait for somebody else's transaction. */
static bool
go_through(Due *due)
{
	ErrorData  *error = NULL;

	if (due->active && !ecp_opening_is_closed_on(due->territory, &due->organisation, due->day))
	{
		error = try_lot(due, due->publish ? "published" : "draft");
		if (is_busy(error) || (error && due->publish && is_busy(try_lot(due, "draft"))))
			return false;
	}
	note(due, error);
	return true;
}

/* The role in which staff of an organisation of a kind act. */
static EcpRole
role_of(const char *kind)
{
	const char *role = ecp_organisation_role(kind);

	return role && strcmp(role, "association") == 0 ? ECP_ROLE_ASSOCIATION : ECP_ROLE_MERCHANT;
}

/* Takes the first day of a territory that is due by now, its template locked; false where there is none of organisations that are not busy. */
static bool
take(int32 territory, TimestampTz now, Datum busy, Due *due)
{
	TimestampTz lead = ecp_setting_at(territory, "template_lead_minutes", now).value * USECS_PER_MINUTE;
	Datum		values[3] = {Int32GetDatum(territory), TimestampTzGetDatum(now + lead), busy};

	ecp_plan_run(&take_first, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	due->territory = territory;
	due->template = *DatumGetUUIDP(ecp_plan_known(0, 1));
	due->organisation = *DatumGetUUIDP(ecp_plan_known(0, 2));
	due->day = DatumGetDateADT(ecp_plan_known(0, 3));
	due->at = Max(DatumGetTimestampTz(ecp_plan_known(0, 4)) - lead, DatumGetTimestampTz(ecp_plan_known(0, 5)));
	due->at = Min(due->at, now);
	due->publish = DatumGetBool(ecp_plan_known(0, 6));
	due->active = strcmp(ecp_plan_text(0, 7), "active") == 0;
	due->role = role_of(ecp_plan_text(0, 8));
	return true;
}

/* Goes through up to limit days of a territory; how many. */
static int64
go_through_territory(int32 territory, TimestampTz now, int limit)
{
	ArrayBuildState *busy = initArrayResult(UUIDOID, CurrentMemoryContext, false);
	int64		done = 0;
	Due			due;

	for (int n = 0; n < limit && take(territory, now, makeArrayResult(busy, CurrentMemoryContext), &due); n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (go_through(&due))
			done++;
		else
			accumArrayResult(busy, UUIDPGetDatum(&due.organisation), false, UUIDOID, CurrentMemoryContext);
	}
	return done;
}

int64
ecp_template_due(int limit)
{
	TimestampTz now = ecp_clock_now();
	Datum		clock = TimestampTzGetDatum(now);
	int64		done = 0;
	uint64		count;
	int32	   *territories;

	ecp_plan_run(&find_territories, &clock, NULL, true, 0);
	count = SPI_processed;
	territories = palloc(Max(count, 1) * sizeof(int32));
	for (uint64 i = 0; i < count; i++)
		territories[i] = DatumGetInt32(ecp_plan_known(i, 1));
	for (uint64 i = 0; i < count; i++)
		done += go_through_territory(territories[i], now, limit);
	return done;
}

TimestampTz
ecp_template_next(void)
{
	return ecp_due_next(&next_due);
}

/* Whether an error is of the day and not of the template. */
static bool
is_of_day(const ErrorData *error)
{
	return error->sqlerrcode == ECP_ERR_DAILY_LOTS_REACHED || error->sqlerrcode == ECP_ERR_BAD_STATE;
}

/* Makes the next lot of a template that a caller wrote, and undoes it. */
static void
try_next(const EcpRow *row)
{
	Due			due = {.territory = DatumGetInt32(ecp_row_value(row, "territory_id")), .state = "published"};
	TimestampTz now = ecp_clock_now();
	TimestampTz lead = ecp_setting_at(due.territory, "template_lead_minutes", now).value * USECS_PER_MINUTE;
	ErrorData  *error;

	due.template = *DatumGetUUIDP(ecp_row_value(row, "id"));
	due.day = DatumGetDateADT(ecp_row_value(row, "next_day"));
	due.at = Max(DatumGetTimestampTz(ecp_row_value(row, "next_start")) - lead, now);
	error = ecp_attempt_undone(make_lot_then, &due);
	if (error && !is_of_day(error))
		ReThrowError(error);
}

Datum
ecp_trg_lot_template_tried(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	if (ecp_caller() && DatumGetBool(ecp_row_value(&row, "publish")) && !ecp_row_lacks(&row, "next_day"))
	{
		ecp_plan_begin(&saved);
		try_next(&row);
		ecp_plan_end(&saved);
	}
	return PointerGetDatum(NULL);
}

/* The day that is asked for, today where null; inside SPI. */
static DateADT
read_day(FunctionCallInfo fcinfo, const EcpCaller *caller)
{
	DateADT		today = ecp_local_day(caller->territory, ecp_clock_now());
	DateADT		day = PG_ARGISNULL(1) ? today : PG_GETARG_DATEADT(1);

	if (day < today || day > today + DAYS_AHEAD)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lots are made for today or a later day"),
				 errhint("Give a day from today to %d days ahead, in the territory's calendar.", DAYS_AHEAD)));
	return day;
}

/* Reads whether lots of the caller's template are published; raises ZE101 where it is not theirs. */
static bool
read_publish(FunctionCallInfo fcinfo, const EcpCaller *caller)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), UUIDPGetDatum(&caller->organisation)};

	if (!PG_ARGISNULL(0))
		ecp_plan_run(&lock_own, values, NULL, false, 1);
	if (PG_ARGISNULL(0) || SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such template"),
				 errhint("Those of the organisation stand in ecopanier.lot_template.")));
	return DatumGetBool(ecp_plan_known(0, 1));
}

Datum
ecp_lot_from_template(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[4];
	pg_uuid_t  *lot = palloc(sizeof(pg_uuid_t));

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_offerer_require(caller);
	ecp_plan_begin(&saved);
	values[3] = CStringGetTextDatum(read_publish(fcinfo, caller) ? "published" : "draft");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = DateADTGetDatum(read_day(fcinfo, caller));
	ecp_plan_run(&insert_lot, values, NULL, false, 0);
	if (SPI_processed == 0)
		ecp_plan_run(&find_lot, values, NULL, false, 1);
	if (SPI_processed == 0)
		elog(ERROR, "a lot of this template and day came and went");
	*lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(lot);
}
