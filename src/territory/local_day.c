/*
 * A territory's calendar.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/plan.h"
#include "territory/local_day.h"

static EcpPlan read_zone =
ECP_PLAN("SELECT time_zone FROM ecopanier.territory WHERE id = $1",
		 INT4OID);

DateADT
ecp_local_day(int32 territory, TimestampTz moment)
{
	Datum		value = Int32GetDatum(territory);

	ecp_plan_run(&read_zone, &value, NULL, true, 1);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no territory %d", territory),
				 errhint("The territories stand in ecopanier.territory.")));
	return ecp_clock_day(moment, ecp_plan_text(0, 1));
}
