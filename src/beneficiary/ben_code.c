/*
 * Giving beneficiary codes: random, never all digits, never twice.
 *
 * A register of all codes ever given makes "never twice" a unique constraint,
 * and a count for each year says when there are none left; its row also makes
 * giving codes serial within a territory.  Random tries find a free code at
 * once while the year is not nearly full; after that one walk over the codes
 * from a random place finds the last ones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "beneficiary/ben_code.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "territory/local_day.h"
#include "types/ben_code_core.h"

PG_FUNCTION_INFO_V1(ecp_new_ben_code);

#define RANDOM_TRIES 100

/* The code goes in as text: the type is ours, so its OID is not a constant. */
static EcpPlan issue_code =
ECP_PLAN("INSERT INTO ecopanier_private.ben_code_issued (territory_id, ben_code) VALUES ($1, $2::ecopanier.ben_code) "
		 "ON CONFLICT DO NOTHING RETURNING ben_code",
		 INT4OID, TEXTOID);

static EcpPlan count_code =
ECP_PLAN("INSERT INTO ecopanier_private.ben_code_year AS y (territory_id, year, issued) VALUES ($1, $2, $3) "
		 "ON CONFLICT (territory_id, year) DO UPDATE SET issued = y.issued + EXCLUDED.issued RETURNING issued",
		 INT4OID, INT4OID, INT4OID);

static int	counted = 0;		/* codes of this territory and year that ecp_ben_code_count() took places for */
static int32 counted_territory;
static int	counted_year;

/* Registers the code with this number of the year; false where it was given before. */
static bool
try_code(int32 territory, int year, uint64 number, Datum *code)
{
	char		text[ECP_BEN_CODE_LENGTH + 1];
	Datum		values[2];
	int64		picked;

	if (!ecp_ben_code_pick(year, number, &picked))
		elog(ERROR, "code number " UINT64_FORMAT " is out of range", number);
	ecp_ben_code_format(picked, text);
	values[0] = Int32GetDatum(territory);
	values[1] = CStringGetTextDatum(text);
	ecp_plan_run(&issue_code, values, NULL, false, 0);
	if (SPI_processed == 0)
		return false;
	*code = ecp_plan_known(0, 1);
	return true;
}

/* A number below the capacity, every one as likely. */
static uint64
random_number(void)
{
	uint64		limit = PG_UINT64_MAX - PG_UINT64_MAX % ECP_BEN_CODE_CAPACITY;
	uint64		number;

	do
	{
		if (!pg_strong_random(&number, sizeof(number)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate random bytes")));
	} while (number >= limit);
	return number % ECP_BEN_CODE_CAPACITY;
}

static void
raise_year_full(int32 territory, int year)
{
	ereport(ERROR,
			(errcode(ECP_ERR_YEAR_FULL),
			 errmsg("the beneficiary codes of %d are used up in territory %d", year, territory),
			 errdetail("A year has " UINT64_FORMAT " codes.", ECP_BEN_CODE_CAPACITY),
			 errhint("Divide the territory, or wait for the next year.")));
}

static int
year_of(int32 territory)
{
	int			year;
	int			month;
	int			day;

	j2date(ecp_local_day(territory, ecp_clock_now()) + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return year;
}

/* Counts more codes of the year; raises where it has no more. */
static void
take_places(int32 territory, int year, int count)
{
	Datum		values[3] = {Int32GetDatum(territory), Int32GetDatum(year), Int32GetDatum(count)};

	ecp_plan_run(&count_code, values, NULL, false, 1);
	if ((uint64) DatumGetInt32(ecp_plan_known(0, 1)) > ECP_BEN_CODE_CAPACITY)
		raise_year_full(territory, year);
}

void
ecp_ben_code_count(int32 territory, int count)
{
	counted = 0;
	if (count == 0)
		return;
	counted_territory = territory;
	counted_year = year_of(territory);
	take_places(territory, counted_year, count);
	counted = count;
}

Datum
ecp_ben_code_issue(int32 territory)
{
	int			year = year_of(territory);
	uint64		start;
	uint64		i;
	Datum		code;

	if (counted > 0 && counted_territory == territory && counted_year == year)
		counted--;
	else
		take_places(territory, year, 1);
	for (i = 0; i < RANDOM_TRIES; i++)
		if (try_code(territory, year, random_number(), &code))
			return code;
	start = random_number();
	for (i = 0; i < ECP_BEN_CODE_CAPACITY; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (try_code(territory, year, (start + i) % ECP_BEN_CODE_CAPACITY, &code))
			return code;
	}
	raise_year_full(territory, year);
	return (Datum) 0;
}

Datum
ecp_new_ben_code(PG_FUNCTION_ARGS)
{
	int32		territory = PG_GETARG_INT32(0);
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		code;

	ecp_require_installed();
	caller = ecp_caller_or_loader();
	if (caller)
	{
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
		if (caller->territory != territory)
			ereport(ERROR,
					(errcode(ECP_ERR_NOT_FOUND),
					 errmsg("there is no territory %d", territory),
					 errhint("An administrator gives codes in the own territory.")));
	}
	ecp_plan_begin(&saved);
	code = ecp_ben_code_issue(territory);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(code);
}
