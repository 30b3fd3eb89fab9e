/*
 * The schedule: what is due, and when something will be.
 */
#ifndef ECP_SCHEDULE_H
#define ECP_SCHEDULE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * A step does what is due by state, in batches.  run() does up to limit units in
 * each territory and returns how many it did; who calls it again until it says
 * 0 misses nothing.  next_due() says when there will be something: DT_NOBEGIN now,
 * DT_NOEND where nothing is known to come.  Both as the owner inside SPI.
 */
typedef struct EcpStep
{
	const char *name;
	int64		(*run) (int limit);
	TimestampTz (*next_due) (void);
	int			pause_s;		/* next_due() is asked at most once in so many seconds */
} EcpStep;

extern const EcpStep ecp_steps[];
extern const int ecp_step_count;

/* Whether no other turn is at work; if so none begins before this transaction ends.  Inside SPI as the owner. */
extern bool ecp_schedule_take_turn(void);

/* The same, waiting for whoever has the turn: two that skipped each other's steps would leave some undone. */
extern void ecp_schedule_await_turn(void);

/* A step's next_due() in a subtransaction; DT_NOBEGIN with *error set where it failed. */
extern TimestampTz ecp_schedule_ask(const EcpStep *step, char **error);

/*
 * Runs one batch of a step in a subtransaction of the caller's transaction, nobody
 * being called; returns how many units, -1 with *error set (in the current
 * context) where it failed and was undone.
 */
extern int64 ecp_schedule_run(const EcpStep *step, int limit, char **error);

/*
 * For the worker, outside of any transaction: runs one batch of each step that
 * is due, a transaction each, and returns the milliseconds until something is
 * due: 0 now, -1 never as far as is known.  woken: something was committed since
 * the last call, so that what is known may be outdated.  A step that fails is
 * tried again later, by a back-off of its own; *error is the last such error or NULL.
 */
extern int64 ecp_schedule_turn(bool woken, char **error);

/* Whether a step failed when it was last called. */
extern bool ecp_schedule_failing(void);

/* The settings or the clock changed: nothing is known any more. */
extern void ecp_schedule_forget(void);

#endif							/* ECP_SCHEDULE_H */
