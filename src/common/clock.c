/*
 * The clock is injected: rules ask ecopanier.now(), which is the time of the
 * statement (a transaction that stays open must not stop the clock) unless a
 * superuser has set ecopanier.clock.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "common/clock.h"

PG_FUNCTION_INFO_V1(ecp_now);

static char *clock_text;
static TimestampTz *clock_value;	/* NULL: the statement's time */
static const TimestampTz *due_moment;	/* while ecp_clock_run_at() works: comes before both */

/* Reads a timestamp with the server's own parser; false where it is not one. */
static bool
parse_clock(const char *text, TimestampTz *moment)
{
	char		work[MAXDATELEN + MAXDATEFIELDS];
	char	   *field[MAXDATEFIELDS];
	int			kind[MAXDATEFIELDS];
	int			count;
	int			type;
	int			zone;
	struct pg_tm tm;
	fsec_t		fsec;

	if (ParseDateTime(text, work, sizeof(work), field, kind, MAXDATEFIELDS, &count) != 0)
		return false;
	if (DecodeDateTime(field, kind, count, &type, &tm, &fsec, &zone) != 0 || type != DTK_DATE)
		return false;
	return tm2timestamp(&tm, fsec, &zone, moment) == 0;
}

static bool
check_clock(char **newval, void **extra, GucSource source pg_attribute_unused())
{
	TimestampTz moment;

	if (*newval == NULL || **newval == '\0')
		return true;
	if (!parse_clock(*newval, &moment))
	{
		GUC_check_errdetail("The clock takes a timestamp, for example 2026-11-20 18:00:00+01, or nothing.");
		return false;
	}
	*extra = malloc(sizeof(TimestampTz));
	if (*extra == NULL)
		return false;
	memcpy(*extra, &moment, sizeof(moment));
	return true;
}

static void
assign_clock(const char *newval pg_attribute_unused(), void *extra)
{
	clock_value = extra;
}

void
ecp_clock_init(void)
{
	DefineCustomStringVariable("ecopanier.clock",
							   "Time that the rules read instead of the statement's, for tests and demonstrations.",
							   NULL, &clock_text, "", PGC_SUSET, 0,
							   check_clock, assign_clock, NULL);
}

TimestampTz
ecp_clock_now(void)
{
	if (due_moment)
		return *due_moment;
	return clock_value ? *clock_value : GetCurrentStatementStartTimestamp();
}

void
ecp_clock_run_at(TimestampTz moment, void (*work) (void *), void *arg)
{
	const TimestampTz *before = due_moment;

	PG_TRY();
	{
		due_moment = &moment;
		work(arg);
	}
	PG_FINALLY();
	{
		due_moment = before;
	}
	PG_END_TRY();
}

/* What calendars and clocks show in a time zone. */
static struct pg_tm
local_time(TimestampTz moment, const char *time_zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;
	pg_tz	   *zone = pg_tzset(time_zone);

	if (zone == NULL || timestamp2tm(moment, &offset, &tm, &fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" is not known", time_zone)));
	return tm;
}

DateADT
ecp_clock_day(TimestampTz moment, const char *time_zone)
{
	struct pg_tm tm = local_time(moment, time_zone);

	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

int
ecp_clock_hour(TimestampTz moment, const char *time_zone)
{
	return local_time(moment, time_zone).tm_hour;
}

Datum
ecp_now(PG_FUNCTION_ARGS pg_attribute_unused())
{
	PG_RETURN_TIMESTAMPTZ(ecp_clock_now());
}
