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
 *       if (!ecp_runner_turn(woken) && !ecp_runner_ready())
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
	bool		failing;		/* a queue cannot be claimed from */
	const char *last_error;		/* of a job: "channel: text"; NULL where there was none */
} EcpRunnerFigures;

/* Once after connecting, and again after ecp_runner_stop(): puts jobs that a worker that is gone was calling back into their queues. */
extern void ecp_runner_start(void);

/*
 * One turn of every channel; whether it did anything, so that another one may find
 * more.  woken: something was committed or changed since the last call, so that
 * what is known of the queues may be outdated; without it, and without anything due
 * or ended, the database is asked nothing.
 */
extern bool ecp_runner_turn(bool woken);

/* Whether calls have ended that a turn would record. */
extern bool ecp_runner_ready(void);

/* When the next job is due that may be called, by ecopanier.now(), as far as is known; DT_NOEND where none is or no call may be added.  Asks the database nothing. */
extern TimestampTz ecp_runner_next_due(void);

/*
 * Waits until the latch is set (and resets it), a call ends, or so many milliseconds
 * have passed (-1: no end).  Exits with the postmaster.  Checks for no interrupts.
 */
extern void ecp_runner_wait(long timeout_ms);

/* Records what has ended, gives up the other calls and puts their jobs back, not counted as attempts; best effort, raises nothing. */
extern void ecp_runner_stop(void);

extern const EcpRunnerFigures *ecp_runner_figures(void);

#endif							/* ECP_RUNNER_H */
