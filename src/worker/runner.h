/*
 * The runner: all outgoing calls of all channels, driven by the worker's loop.
 *
 * A turn claims and prepares jobs in one transaction, starts their calls with
 * none open, and records those that have ended in another.  The loop runs turns
 * until one says that it did nothing, then waits:
 *
 *   ecp_runner_start();
 *   for (;;)
 *   {
 *       ... signals, reload, schedule ...
 *       if (!ecp_runner_turn())
 *           ecp_runner_wait(milliseconds until the schedule or ecp_runner_next_due() is due);
 *   }
 *   ecp_runner_stop();
 *
 * No function here may be called with a transaction open.  An ERROR out of one
 * of them is broken infrastructure, not a bad row: after it, abort the
 * transaction and call ecp_runner_stop(), or leave the process.
 */
#ifndef ECP_RUNNER_H
#define ECP_RUNNER_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* What worker_status shows. */
typedef struct EcpRunnerFigures
{
	int			in_flight;
	int64		done;			/* jobs, since the process started */
	int64		failed;			/* attempts that did not end in done */
	const char *last_error;		/* of a job: "channel: text"; NULL where there was none */
} EcpRunnerFigures;

/* Once after connecting, and again after ecp_runner_stop(): puts jobs that a worker that is gone was calling back into their queues. */
extern void ecp_runner_start(void);

/* One turn of every channel; whether it did anything, so that another one may find more. */
extern bool ecp_runner_turn(void);

/* When the next job of any queue is due that can be called; DT_NOEND where none is queued or no call may be added. By ecopanier.now(). */
extern TimestampTz ecp_runner_next_due(void);

/*
 * Waits until the latch is set (and resets it), a call ends, or so many milliseconds
 * have passed (-1: no end).  Exits with the postmaster.  Checks for no interrupts.
 */
extern void ecp_runner_wait(long timeout_ms);

/* Gives up all calls in flight and puts their jobs back, not counted as attempts; best effort, raises nothing. */
extern void ecp_runner_stop(void);

extern const EcpRunnerFigures *ecp_runner_figures(void);

#endif							/* ECP_RUNNER_H */
