/*
 * When something is due; see due.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/due.h"

TimestampTz
ecp_due_next(EcpPlan *plan)
{
	Datum		now = TimestampTzGetDatum(ecp_clock_now());
	Datum		moment;
	bool		isnull = true;

	ecp_plan_run(plan, &now, NULL, true, 1);
	moment = SPI_processed > 0 ? ecp_plan_value(0, 1, &isnull) : (Datum) 0;
	return isnull ? DT_NOEND : DatumGetTimestampTz(moment);
}

int64
ecp_due_run(EcpPlan *plan, int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};

	ecp_plan_run(plan, values, NULL, false, 0);
	return (int64) SPI_processed;
}
