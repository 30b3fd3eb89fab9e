/*
 * What the worker knows of a step of the schedule, and what follows: when it is
 * asked again, run, or left alone.  Moments are microseconds; the machine's clock
 * measures pauses, the injected one says what is due.
 */
#ifndef ECP_SCHEDULE_CORE_H
#define ECP_SCHEDULE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#define ECP_NEVER INT64_MAX		/* a next_due */

typedef struct EcpKnown
{
	bool		asked;
	bool		outdated;		/* something was committed since */
	int64_t		asked_at;		/* machine */
	int64_t		next_due;		/* injected */
	int64_t		not_before;		/* machine: until when it is left alone, 0 */
	int64_t		wait_ms;		/* how long that was */
} EcpKnown;

/* Milliseconds until the step is to be asked or run: 0 now, -1 never as far as is known. */
extern int64_t ecp_core_step_delay(const EcpKnown *step, int pause_s, int64_t machine, int64_t clock);

/* Whether what is known no longer holds, so that the step is asked before it is run. */
extern bool ecp_core_step_is_unknown(const EcpKnown *step, int pause_s, int64_t machine);

/* Notes an answer, or that there was none. */
extern void ecp_core_step_answered(EcpKnown *step, int64_t next_due, bool failed, int64_t machine, int64_t clock);

/*
 * Notes a batch.  One that did nothing, because somebody holds the rows, or failed
 * leaves the step alone for a while, longer each time; then it is asked anew, since what was
 * due may be no longer.
 */
extern void ecp_core_step_ran(EcpKnown *step, int64_t done, bool failed, int64_t machine);

#endif							/* ECP_SCHEDULE_CORE_H */
