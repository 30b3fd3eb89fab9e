/*
 * When something is due; see due.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/due.h"
#include "common/owner.h"

#define BATCH 1000

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

int64
ecp_due_all(int64 (*batch) (int limit, void *arg), void *arg)
{
	EcpOwner	saved;
	int64		all = 0;
	int64		done;

	ecp_plan_begin(&saved);
	while ((done = batch(BATCH, arg)) > 0)
	{
		all += done;
		CHECK_FOR_INTERRUPTS();
	}
	ecp_plan_end(&saved);
	return all;
}
