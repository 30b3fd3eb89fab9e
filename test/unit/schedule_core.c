/*
 * schedule_core.c
 *		Unit tests of what the worker knows of a step: when it is asked, run and
 *		left alone.
 *
 * cores: src/schedule_core.c
 */
#include "schedule_core.h"

#include "tap.h"

#define S INT64_C(1000000)
#define PAUSE 10

static int64_t machine = 1000 * S;
static int64_t clock_at = 500 * S;

static int64_t
delay(const EcpKnown *step)
{
	return ecp_core_step_delay(step, PAUSE, machine, clock_at);
}

static void
pass(int64_t seconds)
{
	machine += seconds * S;
	clock_at += seconds * S;
}

static void
answer(EcpKnown *step, int64_t next_due)
{
	ecp_core_step_answered(step, next_due, false, machine, clock_at);
}

/* What has an answer is silent until then, or until something is committed. */
static void
test_answers(void)
{
	EcpKnown	step = {0};

	tap_ok(delay(&step) == 0 && ecp_core_step_is_unknown(&step, PAUSE, machine), "a step that was never asked is asked at once");
	answer(&step, ECP_NEVER);
	tap_ok(delay(&step) == -1, "nothing known to come: no turn");
	pass(1000000);
	tap_ok(delay(&step) == -1 && !ecp_core_step_is_unknown(&step, PAUSE, machine), "whatever time passes");
	step.outdated = true;
	tap_ok(delay(&step) == 0 && ecp_core_step_is_unknown(&step, PAUSE, machine), "after a commit it is asked");
	answer(&step, clock_at + 60 * S);
	tap_ok(delay(&step) == 60001, "what is due in a minute");
	step.outdated = true;
	tap_ok(delay(&step) == 10001, "a commit has it asked after its pause, not before");
	pass(9);
	tap_ok(delay(&step) == 1001 && !ecp_core_step_is_unknown(&step, PAUSE, machine), "a second before its end");
	pass(1);
	tap_ok(delay(&step) == 0 && ecp_core_step_is_unknown(&step, PAUSE, machine), "at its end");
	answer(&step, clock_at + 5 * S);
	pass(5);
	tap_ok(delay(&step) == 0 && !ecp_core_step_is_unknown(&step, PAUSE, machine), "what is due is run, not asked again");
	answer(&step, clock_at + 30 * 86400 * S);
	tap_ok(delay(&step) == 86400000, "a long sleep is taken in days");
}

/* What did nothing is asked again, and then silent. */
static void
test_nothing_done(void)
{
	EcpKnown	step = {0};
	int64_t		waits[6];

	answer(&step, clock_at);
	ecp_core_step_ran(&step, 0, false, machine);
	tap_ok(delay(&step) == 1001, "a batch that did nothing: left alone for a second");
	pass(2);
	tap_ok(ecp_core_step_is_unknown(&step, PAUSE, machine), "then asked, not run");
	answer(&step, ECP_NEVER);
	tap_ok(delay(&step) == -1, "where nothing is due any more it is silent");
	for (int i = 0; i < 6; i++)
	{
		answer(&step, clock_at);
		ecp_core_step_ran(&step, 0, false, machine);
		waits[i] = step.wait_ms;
		pass(60);
	}
	tap_ok(waits[0] == 1000 && waits[1] == 2000 && waits[3] == 8000 && waits[4] == 10000 && waits[5] == 10000,
	   "held rows are looked for every ten seconds at the least");
	answer(&step, clock_at);
	ecp_core_step_ran(&step, 3, false, machine);
	tap_ok(delay(&step) == 0, "a batch that did something is followed by another");
	answer(&step, clock_at);
	ecp_core_step_ran(&step, 0, false, machine);
	tap_ok(step.wait_ms == 1000, "and the waits begin anew");
}

static void
test_failures(void)
{
	EcpKnown	step = {0};

	for (int i = 0; i < 20; i++)
	{
		answer(&step, clock_at);
		ecp_core_step_ran(&step, -1, true, machine);
		step.outdated = true;
		tap_ok(delay(&step) == (i < 9 ? 1000 << i > 300000 ? 300000 : 1000 << i : 300000) + 1, "failures wait longer each time, commits or not");
		pass(301);
	}
	ecp_core_step_answered(&step, INT64_MIN, true, machine, clock_at);
	tap_ok(delay(&step) == 300001, "so does a step that cannot be asked");
	pass(301);
	answer(&step, clock_at + S);
	tap_ok(step.wait_ms == 0 && delay(&step) == 1001, "until it answers that there is time");
}

int
main(void)
{
	test_answers();
	test_nothing_done();
	test_failures();
	return tap_failed != 0;
}
