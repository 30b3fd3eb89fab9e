/*
 * What the worker knows of a step; see schedule_core.h.
 */
#include "schedule_core.h"

#define FIRST_WAIT_MS 1000
#define NOTHING_MS 10000		/* the longest wait of a step that did nothing */
#define FAILED_MS 300000		/* and of one that failed */
#define DAY_MS INT64_C(86400000)

/* Rounded up, so that the moment has come when the wait is over. */
static int64_t
ms_until(int64_t moment, int64_t now)
{
	return moment > now ? (moment - now) / 1000 + 1 : 0;
}

static int64_t
pause_end(const EcpKnown *step, int pause_s)
{
	return step->asked_at + pause_s * INT64_C(1000000);
}

static void
put_off(EcpKnown *step, bool failed, int64_t machine)
{
	int64_t		longest = failed ? FAILED_MS : NOTHING_MS;

	step->asked = false;
	step->wait_ms = step->wait_ms < FIRST_WAIT_MS ? FIRST_WAIT_MS : 2 * step->wait_ms;
	if (step->wait_ms > longest)
		step->wait_ms = longest;
	step->not_before = machine + step->wait_ms * 1000;
}

int64_t
ecp_core_step_delay(const EcpKnown *step, int pause_s, int64_t machine, int64_t clock)
{
	int64_t		delay = -1;
	int64_t		until;

	if (!step->asked)
		return ms_until(step->not_before, machine);
	if (step->next_due <= clock)
		return 0;
	if (step->next_due != ECP_NEVER)
	{
		delay = ms_until(step->next_due, clock);
		if (delay > DAY_MS)
			delay = DAY_MS;
	}
	if (!step->outdated)
		return delay;
	until = ms_until(pause_end(step, pause_s), machine);
	return delay < 0 || until < delay ? until : delay;
}

bool
ecp_core_step_is_unknown(const EcpKnown *step, int pause_s, int64_t machine)
{
	return !step->asked || (step->outdated && pause_end(step, pause_s) <= machine);
}

void
ecp_core_step_answered(EcpKnown *step, int64_t next_due, bool failed, int64_t machine, int64_t clock)
{
	step->asked = true;
	step->outdated = false;
	step->asked_at = machine;
	step->next_due = next_due;
	if (failed)
		put_off(step, true, machine);
	else if (next_due > clock)
		step->wait_ms = step->not_before = 0;
}

void
ecp_core_step_ran(EcpKnown *step, int64_t done, bool failed, int64_t machine)
{
	step->asked = false;
	if (done > 0)
		step->wait_ms = step->not_before = 0;
	else
		put_off(step, failed, machine);
}
