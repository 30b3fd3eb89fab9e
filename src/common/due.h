/*
 * When something is due.
 */
#ifndef ECP_DUE_H
#define ECP_DUE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "common/plan.h"

/*
 * The first column of the plan's one row as a moment: DT_NOEND where it is null,
 * nothing being due.  $1 of the plan is the clock.  Inside SPI as the owner.
 */
extern TimestampTz ecp_due_next(EcpPlan *plan);

/* Runs a plan whose $1 is the clock and $2 the most units in each territory; how many rows it wrote. */
extern int64 ecp_due_run(EcpPlan *plan, int limit);

/*
 * Has a function do batches of a limit that is fit for one statement until one does
 * nothing; the sum.  For functions that people call; batch() runs inside SPI as the owner.
 */
extern int64 ecp_due_all(int64 (*batch) (int limit, void *arg), void *arg);

#endif							/* ECP_DUE_H */
