/*
 * A day's free units (rules D1, D2, D14, D15): what a claim counts, and up to what.
 *
 * The limit begins with the territory's units or points a day.  A person who did
 * not fetch baskets may have it reduced; people who live together, and the hours
 * of the evening, may add to it; a right that an association restricted holds it
 * down in the end.  Nothing adds to a limit of 0: the territory gives none.  All
 * of it is dated parameters, all but the first off by default and then not looked
 * at; they are remembered by the backend, so asking costs no statement.
 *
 * What is not plain is told on the claim (quota_basis), so that a later change
 * of a parameter does not make an old claim look wrong.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/lookup.h"
#include "common/plan.h"
#include "identity/setting.h"
#include "market/claim.h"
#include "market/no_show.h"
#include "market/points.h"
#include "market/quota.h"
#include "territory/local_day.h"

static EcpLookup find_right =
ECP_LOOKUP("beneficiary", ECP_LIST("territory_id", "member_id"), ECP_LIST("state", "valid_from", "valid_until", "units_per_day"),
		   "SELECT state, valid_from, valid_until, units_per_day FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2",
		   INT4OID, UUIDOID);

static EcpLookup find_category =
ECP_LOOKUP("lot", ECP_LIST("territory_id", "id"), ECP_LIST("category"),
		   "SELECT category FROM ecopanier.lot WHERE territory_id = $1 AND id = $2",
		   INT4OID, UUIDOID);

/* The person is one of the household. */
static EcpPlan count_household =
ECP_PLAN("SELECT age_0_2 + age_3_10 + age_11_17 + age_18_24 + age_25_64 + age_65_up - 1 FROM ecopanier.household "
		 "WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

/* A person's right, as a claim reads it. */
typedef struct Right
{
	bool		holds;			/* verified, for the day asked about */
	int32		units;			/* a day; INT_MAX without a restriction */
} Right;

/* A limit on its way from the territory's value to the person's. */
typedef struct DayLimit
{
	int32		territory;
	TimestampTz moment;
	bool		points;
	int32		base;			/* the territory's, in units or points */
	int32		base_version;
	int32		units;			/* free_units_per_day */
	int32		limit;			/* so far */
	StringInfoData basis;		/* members of the object that tells of it, each with a comma; no data until one is noted */
	StringInfoData versions;	/* of what was asked; none: plain */
} DayLimit;

/* The right of a person for a day; inside SPI, keys are territory and member. */
static Right
read_right(Datum *keys, DateADT day)
{
	Right		right = {false, PG_INT32_MAX};
	Datum		values[4];
	bool		nulls[4];

	if (!ecp_lookup(&find_right, keys, values, nulls))
		return right;
	right.holds = ecp_text_is(values[0], nulls[0], "verified") &&
		!nulls[1] && !nulls[2] && DatumGetDateADT(values[1]) <= day && day <= DatumGetDateADT(values[2]);
	if (!nulls[3])
		right.units = DatumGetInt32(values[3]);
	return right;
}

static void
raise_not_verified(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_VERIFIED),
			 errmsg("the right to free units is not verified for this day"),
			 errhint("An association or social service can verify it; lots at a price need no right.")));
}

void
ecp_quota_check_right(Datum *keys, DateADT day)
{
	if (!read_right(keys, day).holds)
		raise_not_verified();
}

static void
note(DayLimit *limit, const char *what, int32 value)
{
	if (limit->basis.data == NULL)
		initStringInfo(&limit->basis);
	appendStringInfo(&limit->basis, "\"%s\": %d, ", what, value);
}

static void
note_version(DayLimit *limit, const char *setting, int32 version)
{
	if (limit->versions.data == NULL)
		initStringInfo(&limit->versions);
	appendStringInfo(&limit->versions, "%s\"%s\": %d", limit->versions.len ? ", " : "", setting, version);
}

/* Where the limit begins: units of the day, or points. */
static void
begin_limit(DayLimit *limit)
{
	EcpSetting	units = ecp_setting_at(limit->territory, "free_units_per_day", limit->moment);
	EcpSetting	kind = ecp_setting_at(limit->territory, "quota_kind", limit->moment);
	EcpSetting	points;

	limit->units = limit->base = (int32) units.value;
	limit->base_version = units.version;
	limit->points = kind.value == 1;
	if (limit->points)
	{
		points = ecp_setting_at(limit->territory, "quota_points_per_day", limit->moment);
		limit->base = (int32) points.value;
		limit->base_version = points.version;
		note_version(limit, "quota_kind", kind.version);
		note_version(limit, "free_units_per_day", units.version);
	}
	limit->limit = limit->base;
}

/* Units of the day as part of the limit: as they are, or the same part of the points. */
static int32
in_kind(const DayLimit *limit, int32 units)
{
	if (!limit->points)
		return units;
	return units >= limit->units ? PG_INT32_MAX : (int32) ((int64) limit->base * units / limit->units);
}

/* Rule D15, for callers: what is loaded is history. */
static void
reduce(DayLimit *limit, const pg_uuid_t *member)
{
	EcpStanding standing;

	ecp_no_show_standing(limit->territory, member, limit->moment, &standing);
	ecp_no_show_check(&standing);
	if (!standing.reduced)
		return;
	note(limit, "reduced_to", in_kind(limit, standing.reduced_units));
	note_version(limit, "no_show_policy", standing.version);
	note_version(limit, "no_show_reduced_units", standing.reduced_version);
	limit->limit = Min(limit->limit, in_kind(limit, standing.reduced_units));
}

/* What the people add with whom the person lives. */
static void
add_household(DayLimit *limit, Datum *keys)
{
	EcpSetting	each = ecp_setting_at(limit->territory, "quota_household_units", limit->moment);
	EcpSetting	most;
	int32		further = 0;

	if (each.value == 0)
		return;
	most = ecp_setting_at(limit->territory, "quota_household_most", limit->moment);
	ecp_plan_run(&count_household, keys, NULL, false, 1);
	if (SPI_processed == 1)
		further = Min(DatumGetInt32(ecp_plan_known(0, 1)), (int32) most.value);
	note(limit, "household", further * (int32) each.value);
	note_version(limit, "quota_household_units", each.version);
	note_version(limit, "quota_household_most", most.version);
	limit->limit += further * (int32) each.value;
}

/* What is added in the evening, when what is left would be lost. */
static void
relax(DayLimit *limit, const char *time_zone)
{
	EcpSetting	hour = ecp_setting_at(limit->territory, "quota_relax_hour", limit->moment);
	EcpSetting	more;

	if (hour.value > 23 || ecp_clock_hour(limit->moment, time_zone) < hour.value)
		return;
	more = ecp_setting_at(limit->territory, "quota_relax_units", limit->moment);
	note(limit, "relaxed", (int32) more.value);
	note_version(limit, "quota_relax_hour", hour.version);
	note_version(limit, "quota_relax_units", more.version);
	limit->limit += (int32) more.value;
}

/* Points of the category, in a territory that counts them. */
static void
set_cost(EcpRow *row, const int *at, DayLimit *limit)
{
	Datum		lot[2] = {row->values[at[CLAIM_TERRITORY]], row->values[at[CLAIM_LOT]]};
	Datum		category = (Datum) 0;
	bool		none = true;
	EcpPoints	points;
	int64		cost;

	if (!limit->points)
	{
		ecp_row_set_null(row, at[CLAIM_QUOTA_COST]);
		return;
	}
	(void) ecp_lookup(&find_category, lot, &category, &none);
	points = ecp_points_at(limit->territory, none ? NULL : TextDatumGetCString(category), limit->moment);
	cost = (int64) points.points * DatumGetInt32(row->values[at[CLAIM_QUANTITY]]);
	note(limit, "points", points.points);
	note_version(limit, "category_points", points.version);
	ecp_row_set(row, at[CLAIM_QUOTA_COST], Int32GetDatum((int32) cost));
}

/* What the limit followed from, where it is not plain. */
static void
set_basis(EcpRow *row, const int *at, const DayLimit *limit)
{
	char	   *json;

	if (limit->versions.len == 0)
	{
		ecp_row_set_null(row, at[CLAIM_QUOTA_BASIS]);
		return;
	}
	json = psprintf("{\"kind\": \"%s\", \"base\": %d, %s\"versions\": {%s}}", limit->points ? "points" : "units",
					limit->base, limit->basis.data, limit->versions.data);
	ecp_row_set(row, at[CLAIM_QUOTA_BASIS], SPI_datumTransfer(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)), false, -1));
}

/* The limit of a person whose right is known; judged: whether no-shows count, which raises ZE128. */
static void
find_limit(DayLimit *limit, Datum *keys, bool judged, const char *time_zone, int32 right)
{
	int32		held;

	begin_limit(limit);
	if (judged)
		reduce(limit, DatumGetUUIDP(keys[1]));
	if (limit->base > 0)
	{
		add_household(limit, keys);
		relax(limit, time_zone);
	}
	held = in_kind(limit, right);
	if (held < limit->limit)
	{
		note(limit, "right", held);
		limit->limit = held;
	}
}

/* Claims of an allotment are judged like those of callers: they are made now. */
static void
fill_limit(EcpRow *row, const int *at, const EcpCaller *caller, const char *time_zone, int32 right)
{
	Datum		keys[2] = {row->values[at[CLAIM_TERRITORY]], row->values[at[CLAIM_MEMBER]]};
	DayLimit	limit = {.territory = DatumGetInt32(keys[0]), .moment = DatumGetTimestampTz(row->values[at[CLAIM_CLAIMED_AT]])};

	find_limit(&limit, keys, caller != NULL || ecp_context_is_scheduled(), time_zone, right);
	set_cost(row, at, &limit);
	set_basis(row, at, &limit);
	ecp_row_set(row, at[CLAIM_QUOTA_LIMIT], Int32GetDatum(limit.limit));
	ecp_row_set(row, at[CLAIM_QUOTA_VERSION], Int32GetDatum(limit.base_version));
}

void
ecp_quota_fill(EcpRow *row, const int *at, const EcpCaller *caller)
{
	Datum		keys[2] = {row->values[at[CLAIM_TERRITORY]], row->values[at[CLAIM_MEMBER]]};
	char	   *time_zone;
	DateADT		day;
	Right		right;

	if (row->nulls[at[CLAIM_MEMBER]])
		return;					/* NOT NULL speaks for itself */
	time_zone = ecp_local_zone(DatumGetInt32(keys[0]));
	day = ecp_clock_day(DatumGetTimestampTz(row->values[at[CLAIM_CLAIMED_AT]]), time_zone);
	right = read_right(keys, day);
	if (caller && !right.holds)
		raise_not_verified();
	ecp_row_set(row, at[CLAIM_DAY], DateADTGetDatum(day));
	fill_limit(row, at, caller, time_zone, right.units);
}

void
ecp_quota_of(int32 territory, const pg_uuid_t *member, const char *category, TimestampTz moment, EcpQuota *quota)
{
	Datum		keys[2] = {Int32GetDatum(territory), UUIDPGetDatum(member)};
	DayLimit	limit = {.territory = territory, .moment = moment};
	EcpStanding standing;
	char	   *time_zone = ecp_local_zone(territory);
	Right		right;

	memset(quota, 0, sizeof(*quota));
	quota->day = ecp_clock_day(moment, time_zone);
	right = read_right(keys, quota->day);
	ecp_no_show_standing(territory, member, moment, &standing);
	quota->right_holds = right.holds;
	quota->paused = standing.paused;
	quota->cost = 1;
	if (!right.holds || standing.paused)
		return;
	find_limit(&limit, keys, true, time_zone, right.units);
	quota->limit = limit.limit;
	if (limit.points)
		quota->cost = ecp_points_at(territory, category, moment).points;
}

void
ecp_quota_clear(EcpRow *row, const int *at)
{
	ecp_row_set_null(row, at[CLAIM_DAY]);
	ecp_row_set_null(row, at[CLAIM_QUOTA_LIMIT]);
	ecp_row_set_null(row, at[CLAIM_QUOTA_VERSION]);
	ecp_row_set_null(row, at[CLAIM_QUOTA_COST]);
	ecp_row_set_null(row, at[CLAIM_QUOTA_BASIS]);
}
