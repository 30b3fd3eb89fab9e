/*
 * Tables that the rules alone write; see derived.h.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "common/derived.h"
#include "common/errors.h"
#include "common/trigger.h"

static uint64
run(EcpDerived *derived, EcpPlan *plan, Datum *values, const char *nulls, bool present)
{
	int			before = derived->writing;

	PG_TRY();
	{
		derived->writing = before + 1;
		if (present)
			ecp_plan_run_present(plan, values, nulls, false, 0);
		else
			ecp_plan_run(plan, values, nulls, false, 0);
	}
	PG_FINALLY();
	{
		derived->writing = before;
	}
	PG_END_TRY();
	return SPI_processed;
}

uint64
ecp_derived_run(EcpDerived *derived, EcpPlan *plan, Datum *values, const char *nulls)
{
	return run(derived, plan, values, nulls, false);
}

uint64
ecp_derived_run_present(EcpDerived *derived, EcpPlan *plan, Datum *values, const char *nulls)
{
	return run(derived, plan, values, nulls, true);
}

void
ecp_derived_require(const EcpDerived *derived, TriggerData *trigger, const char *hint)
{
	if (derived->writing == 0 && !ecp_trigger_is_replica())
		ereport(ERROR,
				(errcode(ECP_ERR_DERIVED),
				 errmsg("\"%s\" is written by the rules only", RelationGetRelationName(trigger->tg_relation)),
				 errhint("%s", hint)));
}
