/*
 * How many people live with a member, by age: numbers for tariffs, no names.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "beneficiary/holder.h"
#include "common/clock.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_household_guard);
PG_FUNCTION_INFO_V1(ecp_set_household);
PG_FUNCTION_INFO_V1(ecp_remove_household);

#define BANDS 6
#define BAND_MAX 20

static EcpPlan store =
ECP_PLAN("INSERT INTO ecopanier.household AS h (territory_id, member_id, age_0_2, age_3_10, age_11_17, age_18_24, age_25_64, age_65_up) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (territory_id, member_id) DO UPDATE "
		 "SET (age_0_2, age_3_10, age_11_17, age_18_24, age_25_64, age_65_up) = ROW (excluded.age_0_2, excluded.age_3_10, "
		 "excluded.age_11_17, excluded.age_18_24, excluded.age_25_64, excluded.age_65_up)",
		 INT4OID, UUIDOID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID);

static EcpPlan remove_one =
ECP_PLAN("DELETE FROM ecopanier.household WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan find_holder =
ECP_PLAN("SELECT organisation_id FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2 FOR SHARE",
		 INT4OID, UUIDOID);

/* Whether the caller is the person, signed in with an own account. */
static bool
is_self(const EcpCaller *caller, const pg_uuid_t *member)
{
	return caller->kind == ECP_CALLER_PERSON && ecp_id_equal(&caller->member, member);
}

/* Notes whose staff read the row: the organisation that holds the person now. */
static void
fill_holder(EcpRow *row)
{
	int			organisation = ecp_row_column(row->desc, "organisation_id");
	Datum		values[2];
	bool		none = true;
	Datum		holder = (Datum) 0;

	values[0] = row->values[ecp_row_column(row->desc, "territory_id")];
	values[1] = row->values[ecp_row_column(row->desc, "member_id")];
	ecp_plan_run(&find_holder, values, NULL, false, 1);
	if (SPI_processed > 0)
		holder = ecp_plan_value(0, 1, &none);
	if (none)
		ecp_row_set_null(row, organisation);
	else
	{
		pg_uuid_t  *copy = SPI_palloc(sizeof(pg_uuid_t));

		*copy = *DatumGetUUIDP(holder);
		ecp_row_set(row, organisation, UUIDPGetDatum(copy));
	}
}

/* Whether the update only closes the row to an organisation that no longer holds the person. */
static bool
is_closing(const EcpRow *row)
{
	int			organisation = ecp_row_column(row->desc, "organisation_id");

	if (row->old_values == NULL || !row->nulls[organisation] || row->old_nulls[organisation])
		return false;
	for (int i = 0; i < row->desc->natts; i++)
		if (i != organisation && ecp_row_differs(row, i))
			return false;
	return true;
}

/* Written by the person, or by staff of the organisation that holds the person. */
Datum
ecp_trg_household_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"member_id", NULL};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	int			member = ecp_row_column(row.desc, "member_id");
	EcpOwner	saved;

	if (is_closing(&row))
		return ecp_row_close(&row);
	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (row.nulls[member])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	ecp_plan_begin(&saved);
	if (caller && !is_self(caller, DatumGetUUIDP(row.values[member])))
		ecp_holder_check(ecp_holder_require(ECP_FUNCTION_STATION, ECP_SCOPE_ENROL), DatumGetUUIDP(row.values[member]));
	if (!TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		fill_holder(&row);
		ecp_row_set(&row, ecp_row_column(row.desc, "updated_at"), TimestampTzGetDatum(ecp_clock_now()));
	}
	ecp_plan_end(&saved);
	return ecp_row_close(&row);
}

/* Reads the numbers of the arguments into values; raises where they are no household. */
static void
read_bands(FunctionCallInfo fcinfo, Datum *values)
{
	int			total = 0;

	for (int i = 0; i < BANDS; i++)
	{
		int			count = PG_ARGISNULL(i) ? -1 : PG_GETARG_INT32(i);

		if (count < 0 || count > BAND_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("each number of a household is from 0 to %d", BAND_MAX),
					 errhint("Count the people of each age band, the person included.")));
		total += count;
		values[i] = Int32GetDatum(count);
	}
	if (total == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a household has one person at least"),
				 errhint("Count the person too, or call ecopanier.remove_household().")));
}

/* Whose household: the argument's, by default the caller's own. */
static pg_uuid_t *
get_member(FunctionCallInfo fcinfo, int argument, const EcpCaller *caller)
{
	pg_uuid_t  *member = palloc(sizeof(pg_uuid_t));

	*member = PG_ARGISNULL(argument) ? caller->member : *PG_GETARG_UUID_P(argument);
	return member;
}

Datum
ecp_set_household(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[2 + BANDS];

	ecp_require_installed();
	caller = ecp_caller_require();
	read_bands(fcinfo, values + 2);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(get_member(fcinfo, BANDS, caller));
	ecp_plan_begin(&saved);
	ecp_plan_run(&store, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* Without a row there is no guard to say who may ask, so a stranger is refused here. */
Datum
ecp_remove_household(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[2];
	pg_uuid_t  *member;
	bool		removed;

	ecp_require_installed();
	caller = ecp_caller_require();
	member = get_member(fcinfo, 0, caller);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(member);
	ecp_plan_begin(&saved);
	if (!is_self(caller, member))
		ecp_holder_check(ecp_holder_require(ECP_FUNCTION_STATION, ECP_SCOPE_ENROL), member);
	ecp_plan_run(&remove_one, values, NULL, false, 0);
	removed = SPI_processed > 0;
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(removed);
}
