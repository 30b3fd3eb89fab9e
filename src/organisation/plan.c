/*
 * What the plan of an organisation allows; see plan.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/timestamp.h"

#include "common/plan.h"
#include "organisation/plan.h"

static EcpPlan find_plan =
ECP_PLAN("SELECT plan FROM ecopanier.organisation_plan WHERE territory_id = $1 AND organisation_id = $2 AND valid_from <= $3 "
		 "ORDER BY valid_from DESC, version DESC LIMIT 1",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

EcpPlanLimit
ecp_organisation_limit(int32 territory, const pg_uuid_t *organisation, const char *name, TimestampTz moment)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(organisation), TimestampTzGetDatum(moment)};
	EcpPlanLimit answer;

	ecp_plan_run(&find_plan, values, NULL, false, 1);
	strlcpy(answer.plan, SPI_processed > 0 ? ecp_plan_text(0, 1) : "free", sizeof(answer.plan));
	answer.limit = ecp_setting_at(territory, psprintf("%s_%s", name, answer.plan), moment);
	return answer;
}
