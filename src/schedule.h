/*
 * The schedule: what is due, and when something will be.
 */
#ifndef ECP_SCHEDULE_H
#define ECP_SCHEDULE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * A step does what is due by state, in batches: run() does up to limit units in
 * each territory and says how many it did; called again until it says 0, with a
 * commit in between where the caller has transactions of its own.  next_due():
 * when there will be something, DT_NOEND where nothing is known to come, DT_NOBEGIN
 * where there is something now.  Both as the owner inside SPI.
 */
typedef struct EcpStep
{
	const char *name;
	int64		(*run) (int limit);
	TimestampTz (*next_due) (void);
} EcpStep;

extern const EcpStep ecp_steps[];
extern const int ecp_step_count;

/*
 * Runs one batch of a step in a subtransaction, nobody being called; how many
 * units, -1 with *error set (in the current context) where it failed.
 */
extern int64 ecp_schedule_run(const EcpStep *step, int limit, char **error);

/* The earliest next_due() of all steps; a step that fails counts as DT_NOEND. */
extern TimestampTz ecp_schedule_next_due(void);

#endif							/* ECP_SCHEDULE_H */
