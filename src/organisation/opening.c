/*
 * When an organisation is open.
 *
 * Hours are local times of the territory.  Exceptions come before public
 * holidays, and these before the hours of the week.  Each span becomes two
 * moments, so that days of 23 and 25 hours are right: what lies in an hour
 * that the clock leaves out does not happen.  Spans that touch are one, so a
 * shop that closes at 24:00 and opens at 00:00 stays open.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "organisation/holiday_core.h"
#include "organisation/opening.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_public_holidays);
PG_FUNCTION_INFO_V1(ecp_opening_hours);
PG_FUNCTION_INFO_V1(ecp_is_open);
PG_FUNCTION_INFO_V1(ecp_next_opening);

#define DAYS_MAX 366			/* asked for at once */
#define FIRST_YEAR 2000			/* as of organisation_opening_exception */
#define LAST_YEAR 2099

static EcpPlan find_place =
ECP_PLAN("SELECT o.open_on_holidays, c.department_code FROM ecopanier.organisation o "
		 "LEFT JOIN ecopanier.commune c ON c.insee = o.commune_insee "
		 "WHERE o.territory_id = $1 AND o.id = $2 AND (o.state = 'active' OR $3)",
		 INT4OID, UUIDOID, BOOLOID);

static EcpPlan find_spans =
ECP_PLAN("WITH day AS (SELECT d::date AS day FROM generate_series($3::timestamp, $4::timestamp, interval '1 day') d), "
		 "exception AS (SELECT d.day, e.opens_at, e.closes_at, rank() OVER (PARTITION BY d.day ORDER BY e.last_day - e.first_day) AS place "
		 "FROM day d JOIN ecopanier.organisation_opening_exception e ON e.territory_id = $1 AND e.organisation_id = $2 "
		 "AND d.day BETWEEN e.first_day AND e.last_day), "
		 "span AS (SELECT x.day, x.opens_at, x.closes_at FROM exception x WHERE x.place = 1 "
		 "AND NOT EXISTS (SELECT FROM exception y WHERE y.day = x.day AND y.place = 1 AND y.opens_at IS NULL) "
		 "UNION ALL SELECT d.day, w.opens_at, w.closes_at FROM day d JOIN ecopanier.organisation_opening w "
		 "ON w.territory_id = $1 AND w.organisation_id = $2 AND w.weekday = extract(isodow FROM d.day)::int "
		 "WHERE d.day <> ALL ($5) AND NOT EXISTS (SELECT FROM exception x WHERE x.day = d.day)), "
		 "moment AS (SELECT (s.day + s.opens_at) AT TIME ZONE t.time_zone AS opens, (s.day + s.closes_at) AT TIME ZONE t.time_zone AS closes "
		 "FROM span s, ecopanier.territory t WHERE t.id = $1), "
		 "open AS (SELECT unnest(range_agg(tstzrange(opens, closes))) AS span FROM moment WHERE opens < closes) "
		 "SELECT lower(span), upper(span) FROM open ORDER BY 1",
		 INT4OID, UUIDOID, DATEOID, DATEOID, DATEARRAYOID);

static EcpPlan states_hours =
ECP_PLAN("SELECT EXISTS (SELECT FROM ecopanier.organisation_opening WHERE territory_id = $1 AND organisation_id = $2) "
		 "OR EXISTS (SELECT FROM ecopanier.organisation_opening_exception WHERE territory_id = $1 AND organisation_id = $2 "
		 "AND $3 BETWEEN first_day AND last_day)",
		 INT4OID, UUIDOID, DATEOID);

static DateADT
day_of(int year, int month, int day)
{
	return date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
}

Datum
ecp_public_holidays(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			year = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0);
	char	   *department = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	EcpHoliday	holidays[ECP_HOLIDAY_MAX];
	int			count;
	int			i;

	if (year < ECP_HOLIDAY_YEAR_MIN || year > ECP_HOLIDAY_YEAR_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("holidays are computed for the years %d to %d", ECP_HOLIDAY_YEAR_MIN, ECP_HOLIDAY_YEAR_MAX),
				 errhint("Give one of these years.")));
	if (department && !ecp_is_department(department))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is not the code of a department"),
				 errhint("INSEE codes of departments are like 86, 2A or 974.")));
	InitMaterializedSRF(fcinfo, 0);
	count = ecp_holidays(year, department, holidays);
	for (i = 0; i < count; i++)
	{
		Datum		values[3] = {DateADTGetDatum(day_of(year, holidays[i].month, holidays[i].day)),
		CStringGetTextDatum(holidays[i].code), CStringGetTextDatum(holidays[i].name)};
		bool		nulls[3] = {false, false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static void
raise_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("opening hours are known from %d to %d, and told for %d days at a time", FIRST_YEAR, LAST_YEAR, DAYS_MAX),
			 errhint("Give a day in these years, and a last day that is not before the first.")));
}

/* The days without weekly hours: public holidays, unless the organisation opens on them. */
static Datum
closed_days(int32 territory, Datum organisation, bool inactive_too, DateADT first, DateADT last)
{
	Datum		values[3] = {Int32GetDatum(territory), organisation, BoolGetDatum(inactive_too)};
	Datum	   *days = palloc(3 * ECP_HOLIDAY_MAX * sizeof(Datum));
	int			count = 0;
	int			first_year;
	int			last_year;
	int			month;
	int			day;

	ecp_plan_run(&find_place, values, NULL, true, 1);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("Those of the territory stand in ecopanier.organisation.")));
	j2date(first + POSTGRES_EPOCH_JDATE, &first_year, &month, &day);
	j2date(last + POSTGRES_EPOCH_JDATE, &last_year, &month, &day);
	for (; !DatumGetBool(ecp_plan_known(0, 1)) && first_year <= last_year; first_year++)
	{
		EcpHoliday	holidays[ECP_HOLIDAY_MAX];
		int			found = ecp_holidays(first_year, ecp_plan_text(0, 2), holidays);
		int			i;

		for (i = 0; i < found; i++)
			days[count++] = DateADTGetDatum(day_of(first_year, holidays[i].month, holidays[i].day));
	}
	return PointerGetDatum(construct_array(days, count, DATEOID, sizeof(DateADT), true, TYPALIGN_INT));
}

/* Finds the spans of some days, at most DAYS_MAX and a few, inside SPI. */
static void
run_spans(const EcpCaller *caller, Datum organisation, DateADT first, DateADT last)
{
	Datum		values[5] = {Int32GetDatum(caller->territory), organisation, DateADTGetDatum(first), DateADTGetDatum(last),
	closed_days(caller->territory, organisation, caller->role == ECP_ROLE_ADMINISTRATOR, first, last)};

	ecp_plan_run(&find_spans, values, NULL, true, 0);
}

bool
ecp_opening_is_closed_on(int32 territory, const pg_uuid_t *organisation, DateADT day)
{
	Datum		values[5] = {Int32GetDatum(territory), UUIDPGetDatum(organisation), DateADTGetDatum(day), DateADTGetDatum(day),
	closed_days(territory, UUIDPGetDatum(organisation), true, day, day)};

	ecp_plan_run(&find_spans, values, NULL, true, 0);
	if (SPI_processed > 0)
		return false;
	ecp_plan_run(&states_hours, values, NULL, true, 0);
	return DatumGetBool(ecp_plan_known(0, 1));
}

bool
ecp_opening_spans(int32 territory, const pg_uuid_t *organisation, DateADT first, DateADT last, EcpOpening *spans, int room, int *count)
{
	Datum		values[5] = {Int32GetDatum(territory), UUIDPGetDatum(organisation), DateADTGetDatum(first), DateADTGetDatum(last),
	closed_days(territory, UUIDPGetDatum(organisation), true, first, last)};
	int			i;

	ecp_plan_run(&find_spans, values, NULL, true, room);
	*count = (int) SPI_processed;
	for (i = 0; i < *count; i++)
	{
		spans[i].opens = DatumGetTimestampTz(ecp_plan_known(i, 1));
		spans[i].closes = DatumGetTimestampTz(ecp_plan_known(i, 2));
	}
	if (*count > 0)
		return true;
	ecp_plan_run(&states_hours, values, NULL, true, 0);
	return DatumGetBool(ecp_plan_known(0, 1));
}

static void
require_organisation(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("opening hours are of an organisation"),
				 errhint("Those of the territory stand in ecopanier.organisation.")));
}

Datum
ecp_opening_hours(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const EcpCaller *caller;
	EcpOwner	saved;
	DateADT		first;
	DateADT		last;
	uint64		i;

	ecp_require_installed();
	caller = ecp_caller_require();
	require_organisation(fcinfo);
	ecp_plan_begin(&saved);
	first = PG_ARGISNULL(1) ? ecp_local_day(caller->territory, ecp_clock_now()) : PG_GETARG_DATEADT(1);
	last = PG_ARGISNULL(2) ? first : PG_GETARG_DATEADT(2);
	if (first < day_of(FIRST_YEAR, 1, 1) || last > day_of(LAST_YEAR, 12, 31) || last < first || last - first >= DAYS_MAX)
		raise_out_of_range();
	run_spans(caller, PG_GETARG_DATUM(0), first, last);
	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < SPI_processed; i++)
	{
		Datum		values[2] = {ecp_plan_known(i, 1), ecp_plan_known(i, 2)};
		bool		nulls[2] = {false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}

/* The moment asked about, now where null, and its local day; inside SPI. */
static TimestampTz
read_moment(FunctionCallInfo fcinfo, const EcpCaller *caller, DateADT *day)
{
	TimestampTz moment = PG_ARGISNULL(1) ? ecp_clock_now() : PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz least = day_of(FIRST_YEAR, 1, 3) * USECS_PER_DAY;
	TimestampTz most = day_of(LAST_YEAR, 12, 29) * USECS_PER_DAY;

	if (moment < least || moment > most)
		raise_out_of_range();
	*day = ecp_local_day(caller->territory, moment);
	return moment;
}

Datum
ecp_is_open(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	TimestampTz moment;
	DateADT		day;
	bool		is_open = false;
	uint64		i;

	ecp_require_installed();
	caller = ecp_caller_require();
	require_organisation(fcinfo);
	ecp_plan_begin(&saved);
	moment = read_moment(fcinfo, caller, &day);
	run_spans(caller, PG_GETARG_DATUM(0), day - 1, day + 1);
	for (i = 0; i < SPI_processed; i++)
		is_open |= DatumGetTimestampTz(ecp_plan_known(i, 1)) <= moment && moment < DatumGetTimestampTz(ecp_plan_known(i, 2));
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(is_open);
}

Datum
ecp_next_opening(PG_FUNCTION_ARGS)
{
	static const int reaches[] = {8, 60, DAYS_MAX};
	const EcpCaller *caller;
	EcpOwner	saved;
	TimestampTz moment;
	TimestampTz next = 0;
	DateADT		day;
	bool		found = false;
	int			try;

	ecp_require_installed();
	caller = ecp_caller_require();
	require_organisation(fcinfo);
	ecp_plan_begin(&saved);
	moment = read_moment(fcinfo, caller, &day);
	for (try = 0; !found && try < (int) lengthof(reaches); try++)
	{
		uint64		i;

		run_spans(caller, PG_GETARG_DATUM(0), day - 1, Min(day + reaches[try], day_of(LAST_YEAR, 12, 31)));
		for (i = 0; !found && i < SPI_processed; i++)
		{
			next = DatumGetTimestampTz(ecp_plan_known(i, 1));
			found = next >= moment;
		}
	}
	ecp_plan_end(&saved);
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(next);
}
