/*
 * How many lots an organisation publishes in a day: the plan's limit.
 *
 * The day is that of the territory's calendar, plan and limit those in force at
 * the moment of publication.  Of two at once the second waits for the row of
 * the day and sees what the first counted.  Loads, the schedule and what the
 * cascade makes are not counted.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "common/clock.h"
#include "common/derived.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "organisation/plan.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_counted);
PG_FUNCTION_INFO_V1(ecp_trg_lot_day_guard);

static EcpPlan count_lot =
ECP_PLAN("INSERT INTO ecopanier.lot_day AS d (territory_id, organisation_id, day, used, limit_lots, limit_version, plan) "
		 "SELECT $1, $2, $3, 1, $4, $5, $6 WHERE $4 > 0 ON CONFLICT (territory_id, organisation_id, day) DO UPDATE "
		 "SET used = d.used + 1, limit_lots = EXCLUDED.limit_lots, limit_version = EXCLUDED.limit_version, plan = EXCLUDED.plan "
		 "WHERE d.used < EXCLUDED.limit_lots",
		 INT4OID, UUIDOID, DATEOID, INT4OID, INT4OID, TEXTOID);

static EcpDerived counts = {0};

Datum
ecp_trg_lot_day_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	ecp_derived_require(&counts, trigger, "Change the plan with ecopanier.set_organisation_plan().");
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

static void
count(int32 territory, const pg_uuid_t *organisation)
{
	TimestampTz now = ecp_clock_now();
	EcpPlanLimit rule = ecp_organisation_limit(territory, organisation, "lots_per_day", now);
	Datum		values[6] = {Int32GetDatum(territory), UUIDPGetDatum(organisation), DateADTGetDatum(ecp_local_day(territory, now)),
	Int32GetDatum((int32) rule.limit.value), Int32GetDatum(rule.limit.version), CStringGetTextDatum(rule.plan)};

	ecp_derived_run(&counts, &count_lot, values, NULL);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_DAILY_LOTS_REACHED),
				 errmsg("the lots of this day are used up"),
				 errdetail("The plan \"%s\" allows %lld a day.", rule.plan, (long long) rule.limit.value),
				 errhint("Keep the draft and publish it tomorrow, or ask for another plan.")));
}

Datum
ecp_trg_lot_counted(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	EcpOwner	saved;

	if (ecp_caller() == NULL)
		return PointerGetDatum(NULL);
	ecp_row_open(&row, trigger);
	if (!ecp_row_lacks(&row, "source_lot_id"))
		return PointerGetDatum(NULL);
	ecp_plan_begin(&saved);
	count(DatumGetInt32(ecp_row_value(&row, "territory_id")), DatumGetUUIDP(ecp_row_value(&row, "organisation_id")));
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
