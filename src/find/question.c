/*
 * Reading what somebody looks for; see question.h.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "find/question.h"
#include "find/words.h"
#include "identity/context.h"
#include "market/allergen.h"
#include "market/food_core.h"
#include "market/quota.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_may_claim_free);

#define PAGE_MAX 100
#define QUERY_MAX 200			/* characters */
#define CODES_MAX 50			/* of a list */

/* Arguments of both functions, counted from the latitude. */
enum
{
	LATITUDE, LONGITUDE, RADIUS, CATEGORIES, MOST_CENTS, WINDOW_FROM, WINDOW_UNTIL, FREE_ONLY, OPEN_NOW, WITHOUT, WISHED,
	COLD_CLASSES, PAGE_SIZE, AFTER_DISTANCE
};

static EcpPlan read_used =
ECP_PLAN("SELECT used FROM ecopanier_private.free_quota WHERE territory_id = $1 AND member_id = $2 AND day = $3",
		 INT4OID, UUIDOID, DATEOID);

static EcpPlan count_unknown_wishes =
ECP_PLAN("SELECT count(*) FROM unnest($1) w WHERE w NOT IN (SELECT code FROM ecopanier.wish)",
		 TEXTARRAYOID);

static EcpPlan count_unknown_cold_classes =
ECP_PLAN("SELECT count(*) FROM unnest($1) c WHERE c NOT IN (SELECT code FROM ecopanier.cold_class)",
		 TEXTARRAYOID);

static void
raise_bad(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", what),
			 errhint("%s", hint)));
}

static void
raise_missing(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s", what),
			 errhint("%s", hint)));
}

/* What a beneficiary may still claim of the day: rules D1, D2, D14 and D15. */
static void
read_quota(EcpQuestion *question)
{
	EcpQuota	quota;
	Datum		values[3] = {Int32GetDatum(question->territory), UUIDPGetDatum(&question->member)};

	ecp_quota_of(question->territory, &question->member, NULL, question->now, &quota);
	values[2] = DateADTGetDatum(quota.day);
	ecp_plan_run(&read_used, values, NULL, true, 1);
	question->free_left = quota.limit - (SPI_processed > 0 ? DatumGetInt32(ecp_plan_known(0, 1)) : 0);
	question->takes_free = quota.right_holds && !quota.paused && quota.limit > 0;
}

/* Whether the caller may claim something free now; for views, which ask it once. */
Datum
ecp_may_claim_free(PG_FUNCTION_ARGS pg_attribute_unused())
{
	const EcpCaller *caller;
	EcpQuestion question = {0};
	EcpOwner	saved;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (caller->role != ECP_ROLE_BENEFICIARY)
		PG_RETURN_BOOL(false);
	question.territory = caller->territory;
	question.member = caller->member;
	question.now = ecp_clock_now();
	ecp_plan_begin(&saved);
	read_quota(&question);
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(question.takes_free && question.free_left > 0);
}

static void
read_caller(EcpQuestion *question)
{
	const EcpCaller *caller = ecp_caller_require();

	if (caller->role != ECP_ROLE_CUSTOMER && caller->role != ECP_ROLE_BENEFICIARY)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("lots are looked for as a customer or as a beneficiary"),
				 errhint("Sign in with that role.")));
	question->territory = caller->territory;
	question->now = ecp_clock_now();
	question->today = ecp_local_day(caller->territory, question->now);
	question->member = caller->member;
	if (caller->role == ECP_ROLE_BENEFICIARY)
		read_quota(question);
}

static void
read_place(EcpQuestion *question, FunctionCallInfo fcinfo, int first, bool optional)
{
	EcpPlace	place;

	if (PG_ARGISNULL(first + RADIUS))
		raise_missing("the radius is missing", "Give metres.");
	question->radius = PG_GETARG_FLOAT8(first + RADIUS);
	if (!(question->radius > 0 && question->radius <= ECP_RADIUS_MAX))
		raise_bad("the radius is out of range", "Give metres, above 0 and up to 100000.");
	if (optional && PG_ARGISNULL(first + LATITUDE) && PG_ARGISNULL(first + LONGITUDE))
		return;
	if (PG_ARGISNULL(first + LATITUDE) || PG_ARGISNULL(first + LONGITUDE))
		raise_missing("the place is missing", "Give latitude and longitude in degrees.");
	place.latitude = PG_GETARG_FLOAT8(first + LATITUDE);
	place.longitude = PG_GETARG_FLOAT8(first + LONGITUDE);
	if (!(fabs(place.latitude) <= ECP_LATITUDE_MAX && fabs(place.longitude) <= 180))
		raise_bad("the place is out of range", "Give a latitude from -84 to 84 and a longitude from -180 to 180 degrees.");
	question->has_place = true;
	ecp_centre_set(&question->centre, place);
}

/* A list of codes, none of them null; absent or null filters nothing. */
static void
read_codes(EcpCodes *codes, FunctionCallInfo fcinfo, int argument)
{
	ArrayType  *array;
	bool	   *nulls;

	if (PG_ARGISNULL(argument))
		return;
	array = PG_GETARG_ARRAYTYPE_P(argument);
	if (ARR_NDIM(array) > 1 || ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) > CODES_MAX || array_contains_nulls(array))
		raise_bad("this is no list of codes", "Give an array of up to 50 codes, or null for no filter.");
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &codes->codes, &nulls, &codes->count);
}

/* The same of a list that a table holds: count tells how many are not in it. */
static void
read_listed_codes(EcpCodes *codes, FunctionCallInfo fcinfo, int argument, EcpPlan *count, const char *what, const char *hint)
{
	Datum		values[1];

	read_codes(codes, fcinfo, argument);
	if (codes->count == 0)
		return;
	values[0] = PG_GETARG_DATUM(argument);
	ecp_plan_run(count, values, NULL, true, 1);
	if (DatumGetInt64(ecp_plan_known(0, 1)) > 0)
		raise_bad(what, hint);
}

static void
read_food(EcpQuestion *question, FunctionCallInfo fcinfo, int first)
{
	EcpCodes	without = {NULL, 0};
	int			i;

	read_codes(&question->categories, fcinfo, first + CATEGORIES);
	for (i = 0; i < question->categories.count; i++)
	{
		text	   *code = DatumGetTextPP(question->categories.codes[i]);

		if (ecp_category_find(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)) < 0)
			raise_bad("this is no category", "Give codes of ecopanier.food_categories().");
	}
	read_codes(&without, fcinfo, first + WITHOUT);
	if (without.count > 0 && !ecp_allergen_bits_of(PG_GETARG_ARRAYTYPE_P(first + WITHOUT), &question->without))
		raise_bad("these are not codes of allergens", "Give some of the 14, such as gluten or lait.");
	read_listed_codes(&question->wished, fcinfo, first + WISHED, &count_unknown_wishes,
					  "these are not known wishes", "Choose codes of ecopanier.wish.");
	read_listed_codes(&question->cold_classes, fcinfo, first + COLD_CLASSES, &count_unknown_cold_classes,
					  "these are not known cold classes", "Choose codes of ecopanier.cold_class.");
}

static bool
is_true(FunctionCallInfo fcinfo, int argument)
{
	return !PG_ARGISNULL(argument) && PG_GETARG_BOOL(argument);
}

static void
read_price_and_window(EcpQuestion *question, FunctionCallInfo fcinfo, int first)
{
	question->most_cents = PG_ARGISNULL(first + MOST_CENTS) ? PG_INT32_MAX : PG_GETARG_INT32(first + MOST_CENTS);
	if (question->most_cents < 0)
		raise_bad("the price is below zero", "Give the most that a unit may cost, in cents.");
	if (is_true(fcinfo, first + FREE_ONLY))
		question->most_cents = 0;
	question->open_now = is_true(fcinfo, first + OPEN_NOW);
	question->has_window = !PG_ARGISNULL(first + WINDOW_FROM) || !PG_ARGISNULL(first + WINDOW_UNTIL);
	question->window_from = PG_ARGISNULL(first + WINDOW_FROM) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(first + WINDOW_FROM);
	question->window_until = PG_ARGISNULL(first + WINDOW_UNTIL) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(first + WINDOW_UNTIL);
	if (question->window_from >= question->window_until)
		raise_bad("the window ends before it begins", "Give window_from before window_until.");
}

static void
read_query(EcpQuestion *question, FunctionCallInfo fcinfo)
{
	text	   *query;

	if (PG_ARGISNULL(0))
		raise_missing("the words are missing", "Give what is looked for; ecopanier.nearby_lots() needs no words.");
	query = PG_GETARG_TEXT_PP(0);
	if (pg_mbstrlen_with_len(VARDATA_ANY(query), VARSIZE_ANY_EXHDR(query)) > QUERY_MAX)
		raise_bad("the query is too long", "Give up to 200 characters.");
	question->words = ecp_words_asked(text_to_cstring(query));
}

/* Where the page before ended: all of it, in the order that is asked for, or nothing. */
static void
read_after(EcpQuestion *question, FunctionCallInfo fcinfo, int first, bool has_words)
{
	int			rank = first + AFTER_DISTANCE + 1;
	int			lot = has_words ? rank + 2 : rank;
	bool		has_distance = !PG_ARGISNULL(first + AFTER_DISTANCE);
	bool		has_rank = has_words && !PG_ARGISNULL(rank);
	bool		has_end = has_words && !PG_ARGISNULL(rank + 1);

	question->has_after = !PG_ARGISNULL(lot);
	if (has_distance != (question->has_after && question->has_place) ||
		has_rank != (question->has_after && !question->has_place) || has_end != has_rank)
		raise_bad("the end of the page before is not complete",
				  "Give after_lot with after_distance_m where there is a place, else with after_rank and after_window_end.");
	if (!question->has_after)
		return;
	question->after_lot = *PG_GETARG_UUID_P(lot);
	if (has_distance)
		question->after_distance = PG_GETARG_FLOAT8(first + AFTER_DISTANCE);
	if (has_distance && !(question->after_distance >= 0 && question->after_distance <= ECP_RADIUS_MAX))
		raise_bad("after_distance_m is out of range", "Give distance_m of the last row of the page before.");
	if (has_rank && (PG_GETARG_INT32(rank) < 0 || PG_GETARG_INT32(rank) > ECP_RANK_TITLE))
		raise_bad("after_rank is out of range", "Give rank of the last row of the page before.");
	if (has_rank)
	{
		question->after_rank = PG_GETARG_INT32(rank);
		question->after_window_end = PG_GETARG_TIMESTAMPTZ(rank + 1);
	}
}

void
ecp_question_read(EcpQuestion *question, FunctionCallInfo fcinfo, bool has_words)
{
	int			first = has_words ? 1 : 0;

	memset(question, 0, sizeof(EcpQuestion));
	read_caller(question);
	if (has_words)
		read_query(question, fcinfo);
	read_place(question, fcinfo, first, has_words);
	read_food(question, fcinfo, first);
	read_price_and_window(question, fcinfo, first);
	if (PG_ARGISNULL(first + PAGE_SIZE))
		raise_missing("the size of a page is missing", "Give 1 to 100.");
	question->page_size = PG_GETARG_INT32(first + PAGE_SIZE);
	if (question->page_size < 1 || question->page_size > PAGE_MAX)
		raise_bad("the size of a page is out of range", "Give 1 to 100.");
	read_after(question, fcinfo, first, has_words);
}
