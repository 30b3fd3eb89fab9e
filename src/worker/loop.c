/*
 * The worker's loop: serve what was asked of it, do what is due, sleep.
 *
 * A turn is one batch of each step of the schedule that is due, and one turn of
 * the runner, which makes the calls.  Turns follow each other while they find
 * something to do; then the loop knows when the next thing is due and sleeps until
 * then, until a commit wakes it, or until a call ends.  Asleep, it asks the database
 * nothing.
 *
 * The failure of a row is data, and that of a step is the schedule's to put off.
 * What reaches the loop as an error is the infrastructure: a table that is gone, a
 * right that was taken away, a disk that is full.  The loop then gives back what is
 * under way and waits, twice as long each time, up to a minute; what may have mended
 * it (an extension, a right, a setting) ends the wait.  The log is told of an error
 * when it is another one than the last.
 *
 * Without the extension, or without its tables, there is nothing to do: the loop
 * looks for them when a statement or install() says so, and once a minute.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/sinval.h"
#include "utils/backend_status.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "schedule.h"
#include "worker/loop.h"
#include "worker/runner.h"
#include "worker/transaction.h"

#define ABSENT_MS 60000
#define ANSWERED_MS 100			/* until the schedule is asked what answers made for it */
#define PAUSE_MS 1000
#define PAUSE_MAX_MS 60000
#define SLEEP_MAX_MS 3600000	/* longer sleeps are taken in parts */

typedef struct Loop
{
	EcpSlot    *slot;
	MemoryContext context;		/* reset each turn */
	bool		running;		/* the runner is started */
	bool		look;			/* whether extension and tables are there is to be asked again */
	bool		woken;			/* something was committed, or changed */
	bool		answered;		/* answers were recorded since the schedule was asked */
	TimestampTz step_due;		/* when the schedule has something, by the wall clock; DT_NOEND: when woken */
	TimestampTz due;			/* the next turn, in the same way */
	int			failures;		/* turns that failed, one after the other */
	uint64		step_failures;
	char		complaint[ECP_SLOT_ERROR_SIZE]; /* the last that the log was told */
	const char *job_error;		/* the runner's last that the slot was told */
} Loop;

volatile sig_atomic_t ecp_loop_leaving = false;

static void
note_error(Loop *loop, const char *error)
{
	ecp_slot_set_error(loop->slot, error);
}

static void
publish(Loop *loop)
{
	const EcpRunnerFigures *figures = ecp_runner_figures();

	pg_atomic_write_u32(&loop->slot->in_flight, (uint32) figures->in_flight);
	pg_atomic_write_u64(&loop->slot->done, (uint64) figures->done);
	pg_atomic_write_u64(&loop->slot->failed, (uint64) figures->failed + loop->step_failures);
	if (figures->last_error != NULL && figures->last_error != loop->job_error)
	{
		loop->job_error = figures->last_error;
		note_error(loop, figures->last_error);
	}
}

/* Signals, settings, wakes. */
static void
serve(Loop *loop)
{
	uint32		why;

	ResetLatch(MyLatch);
	QueryCancelPending = false;	/* a cancel between two turns has nothing to cancel, and would end the process */
	CHECK_FOR_INTERRUPTS();
	if (catchupInterruptPending)
		ProcessCatchupInterrupt();
	why = ecp_slot_woken(loop->slot);
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
		why |= ECP_WOKEN_BY_CHANGE;
	}
	if (why != 0)
		loop->woken = true;
	if (why & ECP_WOKEN_BY_CHANGE)
	{
		ecp_schedule_forget();
		loop->look = true;
		loop->due = 0;
	}
}

static void
stop_running(Loop *loop)
{
	if (loop->running)
		ecp_runner_stop();
	loop->running = false;
}

/* Starts the runner where extension and tables are there, stops it where they are not; whether it runs. */
static bool
keep_running(Loop *loop)
{
	EcpOwner	saved;

	if (loop->running && !loop->look)
		return true;
	if (!ecp_transaction_begin(&saved, "looking for the tables"))
	{
		stop_running(loop);
		return false;
	}
	ecp_transaction_commit(&saved);
	loop->look = false;
	if (loop->running)
		return true;
	ecp_runner_start();
	ecp_schedule_forget();
	loop->running = true;
	return true;
}

static TimestampTz
in_milliseconds(int64 ms)
{
	return ms < 0 ? DT_NOEND : TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);
}

/* The injected clock tells what is due, that of the wall how long it is until then. */
static int64
until(TimestampTz moment)
{
	if (TIMESTAMP_IS_NOEND(moment))
		return -1;
	SetCurrentStatementStartTimestamp();
	return TIMESTAMP_IS_NOBEGIN(moment) ? 0 : TimestampDifferenceMilliseconds(ecp_clock_now(), moment);
}

/*
 * The part of a turn that works.  Where only calls have ended the schedule is not
 * asked; what their answers made for it is found a little later, once for many.
 */
static void
work(Loop *loop, char **error)
{
	bool		asked = loop->woken || loop->due <= GetCurrentTimestamp();

	if (asked)
	{
		bool		woken = loop->woken || loop->answered;
		int64		pause;

		loop->woken = loop->answered = false;
		pause = ecp_schedule_turn(woken, error);
		loop->step_due = in_milliseconds(pause);
		loop->answered = pause == 0;	/* a step that did something may have made work for another */
	}
	if (ecp_runner_turn(asked))
		loop->answered = true;
	loop->due = Min(loop->step_due, in_milliseconds(until(ecp_runner_next_due())));
	if (loop->answered)
		loop->due = Min(loop->due, in_milliseconds(ANSWERED_MS));
}

/* One turn; sets when the next one is due. */
static void
turn(Loop *loop)
{
	char	   *error = NULL;

	ecp_slot_set_state(loop->slot, ECP_WORKER_WORKING);
	pg_atomic_fetch_add_u64(&loop->slot->turns, 1);
	if (!keep_running(loop))
	{
		loop->woken = false;
		publish(loop);
		ecp_slot_set_state(loop->slot, ECP_WORKER_NO_EXTENSION);
		loop->due = in_milliseconds(ABSENT_MS);
		return;
	}
	work(loop, &error);
	if (error)
	{
		loop->step_failures++;
		note_error(loop, error);
	}
	if (ecp_transaction_refused())
	{
		stop_running(loop);
		loop->due = 0;			/* the next turn says so */
	}
	publish(loop);
	if (ecp_runner_figures()->in_flight == 0)
		pgstat_report_stat(true);	/* who sees it idle sees what it did */
	loop->failures = 0;
	ecp_slot_set_state(loop->slot, ecp_schedule_failing() || ecp_runner_figures()->failing ? ECP_WORKER_FAILING : ECP_WORKER_IDLE);
}

/* After an error of the infrastructure: back to a process without a transaction. */
static void
recover(Loop *loop)
{
	ErrorData  *error;
	char	   *text;
	int64		delay = Min((int64) PAUSE_MS << Min(loop->failures, 10), PAUSE_MAX_MS);

	HOLD_INTERRUPTS();
	error_context_stack = NULL;
	MemoryContextSwitchTo(loop->context);
	error = CopyErrorData();
	text = psprintf("%s: %s", unpack_sql_state(error->sqlerrcode), error->message);
	if (!ecp_loop_leaving && strncmp(text, loop->complaint, sizeof(loop->complaint) - 1) != 0)
	{
		EmitErrorReport();
		strlcpy(loop->complaint, text, sizeof(loop->complaint));
	}
	AbortCurrentTransaction();
	LWLockReleaseAll();
	FlushErrorState();
	RESUME_INTERRUPTS();
	if (ecp_loop_leaving)
		return;
	note_error(loop, text);
	loop->step_failures++;
	loop->failures++;
	ecp_slot_set_state(loop->slot, ECP_WORKER_FAILING);
	delay = delay / 2 + (int64) pg_prng_uint64_range(&pg_global_prng_state, 0, delay);
	loop->due = in_milliseconds(delay);
	stop_running(loop);
	publish(loop);
}

static void
guarded_turn(Loop *loop)
{
	PG_TRY();
	{
		turn(loop);
	}
	PG_CATCH();
	{
		recover(loop);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(loop->context);
	MemoryContextReset(loop->context);
}

/* Whether a turn would find something; after a failure only time or a change ends the wait. */
static bool
is_due(const Loop *loop)
{
	if (loop->due <= GetCurrentTimestamp())
		return true;
	return loop->failures == 0 && (loop->woken || (loop->running && ecp_runner_ready()));
}

static void
rest(Loop *loop)
{
	int64		ms = SLEEP_MAX_MS;

	if (!TIMESTAMP_IS_NOEND(loop->due))
		ms = Min(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), loop->due) + 1, SLEEP_MAX_MS);
	pgstat_report_activity(STATE_IDLE, loop->running ? "waiting for work" : "waiting for the extension and its tables");
	ecp_runner_wait(ms);
}

void
ecp_loop(EcpSlot *slot)
{
	Loop		loop = {.slot = slot, .woken = true};

	loop.context = AllocSetContextCreate(TopMemoryContext, "ecopanier loop", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(loop.context);
	while (!ecp_loop_leaving)
	{
		serve(&loop);
		if (ecp_loop_leaving)
			break;
		if (is_due(&loop))
			guarded_turn(&loop);
		else if (pg_atomic_read_u32(&slot->woken) == 0)
			rest(&loop);
	}
	QueryCancelPending = false;
	SetConfigOption("lock_timeout", "2s", PGC_SUSET, PGC_S_OVERRIDE);	/* whoever asked us to leave waits */
	pgstat_report_activity(STATE_RUNNING, "leaving");
	stop_running(&loop);
	pgstat_report_stat(true);
}
