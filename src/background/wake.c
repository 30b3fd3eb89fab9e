/*
 * Waking the worker at commit.
 */
#include "postgres.h"

#include "fmgr.h"

#include "background/wake.h"
#include "common/trigger.h"

PG_FUNCTION_INFO_V1(ecp_wake);

void
ecp_wake_at_commit(void)
{
}

/* For queues: a trigger of statements. */
Datum
ecp_wake(PG_FUNCTION_ARGS)
{
	(void) ecp_trigger_data(fcinfo);
	ecp_wake_at_commit();
	PG_RETURN_POINTER(NULL);
}
