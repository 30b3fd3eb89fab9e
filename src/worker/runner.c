/*
 * The runner; see runner.h.
 *
 * A call goes through four hands, in order: a transaction that claims its job and
 * has the room prepare it; the transport, with no transaction open; a transaction in
 * which the room records what came; and the end of its memory.  In both
 * transactions each job has a subtransaction of its own.
 *
 * What one job's error leads to:
 *   in prepare()   it is dead; tried again where the error says that it may pass
 *                  (a lock, a deadlock, a resource)
 *   in record()    undone and tried again, as if the call had failed
 *   in died()      it is dead all the same
 * and where even that cannot be written, it stays claimed and is taken up when a
 * worker next starts.  A row that cannot be claimed is left out, an error of the
 * claim puts off that channel alone.
 *
 * When a channel is due is known from its last claim until something is committed
 * elsewhere or recorded here, so a worker without work asks nothing.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "background/backoff_core.h"
#include "background/settings.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "identity/context.h"
#include "worker/channels.h"
#include "worker/circuits.h"
#include "worker/http.h"
#include "worker/runner.h"
#include "worker/transaction.h"

#define CHANNELS_MAX 8
#define ERRORS_KEPT 4
#define BAD_ROW_MS 10000		/* until a queue with a row that cannot be claimed is asked again, unless it is woken */

/* A channel at work. */
typedef struct Line
{
	EcpChannel *channel;
	int			in_flight;
	int			failures;		/* claims that failed, one after the other */
	TimestampTz due;			/* when to claim, as far as is known; DT_NOBEGIN: now */
} Line;

/* A call between its claim and the end of its memory. */
typedef struct Flight
{
	EcpCall		call;			/* comes first */
	Line	   *line;
	bool		started;
	bool		answered;		/* but not recorded yet */
	dlist_node	node;			/* in flights */
} Flight;

static Line lines[CHANNELS_MAX];
static int	line_count = 0;
static MemoryContext runner_context = NULL; /* parent of all calls */
static dlist_head flights = DLIST_STATIC_INIT(flights);
static EcpRunnerFigures figures;

static void
note_error(const EcpChannel *channel, const char *error)
{
	static char texts[ERRORS_KEPT][256];
	static int	next = 0;

	snprintf(texts[next], sizeof(texts[next]), "%s: %s", channel->name, error);
	figures.last_error = texts[next];
	next = (next + 1) % ERRORS_KEPT;
}

/*
 * Runs work in a transaction of its own, nobody being called; false where the tables
 * are not there.  What rooms ask about a job they ask by its key, of tables that
 * are empty at one moment and long at the next: plans made in the first must not read
 * whole tables in the second.
 */
static bool
in_transaction(const char *activity, void (*work) (void *), void *arg)
{
	EcpOwner	saved;
	bool		before;
	int			level;

	if (!ecp_transaction_begin(&saved, activity))
		return false;
	level = NewGUCNestLevel();
	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("plan_cache_mode", "force_generic_plan", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	before = ecp_context_schedule(true);
	PG_TRY();
	{
		work(arg);
	}
	PG_FINALLY();
	{
		ecp_context_schedule(before);
	}
	PG_END_TRY();
	AtEOXact_GUC(true, level);
	ecp_transaction_commit(&saved);
	return true;
}

static int64
back_off(int attempts)
{
	return ecp_backoff_ms(attempts, ECP_BACKOFF_FIRST_MS, ECP_BACKOFF_MAX_MS, pg_prng_uint64(&pg_global_prng_state));
}

/*
 * What becomes of a job
 */

typedef struct Settlement
{
	EcpCall    *call;
	EcpVerdict	verdict;
	bool		record;			/* the room gives the verdict */
	bool		tell;			/* the room is told of a death */
} Settlement;

static void
write_verdict(const Settlement *s)
{
	EcpCall    *call = s->call;
	EcpChannel *channel = call->channel;

	switch (s->verdict)
	{
		case ECP_VERDICT_DONE:
			ecp_queue_done(channel->queue, &call->job);
			return;
		case ECP_VERDICT_RETRY:
			if (call->job.attempt < channel->queue->max_attempts)
			{
				ecp_queue_retry(channel->queue, &call->job, call->retry_ms >= 0 ? call->retry_ms : back_off(call->job.attempt), call->error);
				return;
			}
			break;
		case ECP_VERDICT_DEAD:
			break;
	}
	if (s->tell && channel->died != NULL)
		channel->died(call);
	ecp_queue_dead(channel->queue, &call->job, call->error);
}

static void
settle_work(void *arg)
{
	Settlement *s = arg;
	MemoryContext old = MemoryContextSwitchTo(s->call->context);

	if (s->record)
		s->verdict = s->call->channel->record(s->call);
	if (s->verdict != ECP_VERDICT_DONE && s->call->error == NULL)
		s->call->error = ecp_circuits_describe(s->call);
	write_verdict(s);
	MemoryContextSwitchTo(old);
}

/* Settles a job, with less of the room's help each time that fails. */
static void
settle(Settlement s)
{
	EcpCall    *call = s.call;
	char	   *error;

	while (!ecp_attempt(settle_work, &s, &error))
	{
		note_error(call->channel, error);
		if (s.record)
		{
			s.record = false;
			s.verdict = ECP_VERDICT_RETRY;
			call->retry_ms = -1;
			call->error = MemoryContextStrdup(call->context, error);
		}
		else if (s.tell && s.verdict != ECP_VERDICT_DONE)
			s.tell = false;
		else
		{
			ereport(WARNING,
					(errmsg("ecopanier could not write what became of a job of channel %s", call->channel->name),
					 errdetail("%s.", error)));
			break;
		}
	}
	if (s.verdict == ECP_VERDICT_DONE)
		figures.done++;
	else
	{
		figures.failed++;
		if (call->error != NULL)
			note_error(call->channel, call->error);
	}
}

static void
die(EcpCall *call, const char *error)
{
	call->error = MemoryContextStrdup(call->context, error);
	settle((Settlement) {.call = call, .verdict = ECP_VERDICT_DEAD, .tell = true});
}

static void
release_work(void *arg)
{
	EcpCall    *call = arg;

	if (((Flight *) call)->answered)
		ecp_queue_retry(call->channel->queue, &call->job, back_off(call->job.attempt), "the answer could not be recorded");
	else
		ecp_queue_release(call->channel->queue, &call->job, call->held ? 0 : ecp_circuits_wait_ms(call));
}

/* Back into the queue as if it had not been claimed, unless the call was made to its end. */
static void
release(EcpCall *call)
{
	char	   *error;

	if (!ecp_attempt(release_work, call, &error))
		note_error(call->channel, error);
}

static void
end_flight(Flight *flight)
{
	dlist_delete(&flight->node);
	if (flight->started)
	{
		flight->line->in_flight--;
		figures.in_flight--;
	}
	MemoryContextDelete(flight->call.context);
}

/*
 * Claiming and preparing
 */

typedef struct Claim
{
	Line	   *line;
	int			limit;
	List	   *jobs;
	char	   *error;			/* of rows that could not be claimed */
} Claim;

static int
free_places(const Line *line)
{
	int			limit = line->channel->in_flight != NULL ? line->channel->in_flight() : ecp_worker_in_flight;

	return Max(0, limit - line->in_flight);
}

static void
claim_work(void *arg)
{
	Claim	   *claim = arg;
	EcpChannel *channel = claim->line->channel;

	claim->jobs = ecp_queue_claim(channel->queue, claim->limit, ecp_circuits_closed_to(channel), &claim->error);
}

static void
next_due_work(void *arg)
{
	Line	   *line = arg;

	line->due = ecp_queue_next_due(line->channel->queue, ecp_circuits_closed_to(line->channel));
}

static Flight *
new_flight(Line *line, const EcpJob *job)
{
	MemoryContext context = AllocSetContextCreate(runner_context, "ecopanier call", ALLOCSET_SMALL_SIZES);
	Flight	   *flight = MemoryContextAllocZero(context, sizeof(Flight));

	flight->line = line;
	flight->call.context = context;
	flight->call.channel = line->channel;
	flight->call.job = *job;
	flight->call.job.endpoint = MemoryContextStrdup(context, job->endpoint);
	flight->call.retry_ms = -1;
	flight->call.retry_after_ms = -1;
	dlist_push_tail(&flights, &flight->node);
	return flight;
}

typedef struct Preparation
{
	EcpCall    *call;
	bool		go;
} Preparation;

static void
prepare_work(void *arg)
{
	Preparation *preparation = arg;
	MemoryContext old = MemoryContextSwitchTo(preparation->call->context);

	preparation->go = preparation->call->channel->prepare(preparation->call);
	MemoryContextSwitchTo(old);
}

/* Whether an error may pass by itself: a conflict, a lock, a resource, a cancellation. */
static bool
may_pass(const char *error)
{
	return strncmp(error, "40", 2) == 0 || strncmp(error, "53", 2) == 0 || strncmp(error, "55", 2) == 0 || strncmp(error, "57", 2) == 0;
}

/* What a job comes to that is not called now. */
static void
not_called(EcpCall *call, const char *error)
{
	if (error != NULL && may_pass(error))
	{
		call->error = MemoryContextStrdup(call->context, error);
		settle((Settlement) {.call = call, .verdict = ECP_VERDICT_RETRY, .tell = true});
	}
	else if (error != NULL)
		die(call, error);
	else if (call->held)
		release(call);
	else if (call->error != NULL)
		die(call, call->error);
	else
		settle((Settlement) {.call = call, .verdict = ECP_VERDICT_DONE});
}

/* Prepares one job; it stays among the flights where it is to be called. */
static void
prepare(Line *line, const EcpJob *job)
{
	Flight	   *flight = new_flight(line, job);
	EcpCall    *call = &flight->call;
	Preparation preparation = {.call = call};
	char	   *error = NULL;

	if (job->attempt > line->channel->queue->max_attempts)
		die(call, "given up: the worker ended during the last attempt");
	else if (!ecp_attempt(prepare_work, &preparation, &error) || !preparation.go)
		not_called(call, error);
	else if (ecp_circuits_admit(call))
		return;
	else
	{
		call->held = false;
		release(call);
	}
	end_flight(flight);
}

static void
put_off(Line *line, const char *error)
{
	line->failures++;
	line->due = TimestampTzPlusMilliseconds(ecp_clock_now(), back_off(line->failures));
	note_error(line->channel, error);
}

static void
claim_line(Line *line, bool *did)
{
	Claim		claim = {.line = line, .limit = free_places(line)};
	char	   *error;
	ListCell   *cell;

	if (!ecp_attempt(claim_work, &claim, &error))
	{
		put_off(line, error);
		return;
	}
	foreach(cell, claim.jobs)
		prepare(line, lfirst(cell));
	*did |= claim.jobs != NIL;
	line->failures = 0;
	line->due = DT_NOBEGIN;
	if (claim.error != NULL)
	{
		note_error(line->channel, claim.error);
		line->due = TimestampTzPlusMilliseconds(ecp_clock_now(), BAD_ROW_MS);
	}
	else if (list_length(claim.jobs) < claim.limit && !ecp_attempt(next_due_work, line, &error))
		put_off(line, error);
}

static bool
is_due(const Line *line, TimestampTz now)
{
	return line->due <= now && free_places(line) > 0;
}

static void
claim_all(void *arg)
{
	TimestampTz now = ecp_clock_now();
	int			i;

	for (i = 0; i < line_count; i++)
	{
		if (is_due(&lines[i], now))
			claim_line(&lines[i], arg);
	}
}

/* A circuit that allows a call again makes its channel due. */
static bool
any_due(void)
{
	static TimestampTz circuits_next = DT_NOEND;
	TimestampTz now;
	bool		due = false;
	int			i;

	SetCurrentStatementStartTimestamp();
	now = ecp_clock_now();
	for (i = 0; i < line_count; i++)
	{
		if (circuits_next <= now)
			lines[i].due = DT_NOBEGIN;
		due |= is_due(&lines[i], now);
	}
	circuits_next = ecp_circuits_next();
	return due;
}

static bool
claim(void)
{
	bool		did = false;
	dlist_iter	iter;

	if (!any_due() || !in_transaction("claiming jobs", claim_all, &did))
		return false;
	dlist_foreach(iter, &flights)
	{
		Flight	   *flight = dlist_container(Flight, node, iter.cur);

		if (flight->started)
			continue;
		flight->started = true;
		flight->line->in_flight++;
		figures.in_flight++;
		ecp_http_start(&flight->call);
	}
	return did;
}

/*
 * Recording
 */

static void
circuit_work(void *arg)
{
	ecp_circuits_ended(arg);
}

static void
record_all(void *arg)
{
	ListCell   *cell;
	char	   *error;

	foreach(cell, (List *) arg)
	{
		EcpCall    *call = lfirst(cell);

		if (ecp_circuits_concern(call) && !ecp_attempt(circuit_work, call, &error))
			note_error(call->channel, error);
		settle((Settlement) {.call = call, .record = true, .tell = true});
	}
}

/* Records all calls that have ended; whether there were any. */
static bool
record(void)
{
	MemoryContext old = MemoryContextSwitchTo(runner_context);
	List	   *calls = NIL;
	EcpCall    *call;
	ListCell   *cell;
	int			i;

	while ((call = ecp_http_ended()) != NULL)
	{
		((Flight *) call)->answered = true;
		calls = lappend(calls, call);
	}
	MemoryContextSwitchTo(old);
	if (calls == NIL)
		return false;
	(void) in_transaction("recording answers", record_all, calls);
	foreach(cell, calls)
		end_flight((Flight *) lfirst(cell));
	list_free(calls);
	for (i = 0; i < line_count; i++)
		lines[i].due = DT_NOBEGIN;
	return true;
}

bool
ecp_runner_turn(bool woken)
{
	bool		recorded;
	int			i;

	ecp_http_serve();
	recorded = record();
	for (i = 0; woken && i < line_count; i++)
		lines[i].due = DT_NOBEGIN;
	return claim() || recorded;
}

bool
ecp_runner_ready(void)
{
	return ecp_http_has_ended();
}

TimestampTz
ecp_runner_next_due(void)
{
	TimestampTz due = ecp_circuits_next();
	int			i;

	for (i = 0; i < line_count; i++)
	{
		if (free_places(&lines[i]) > 0)
			due = Min(due, lines[i].due);
	}
	return due;
}

void
ecp_runner_wait(long timeout_ms)
{
	ecp_http_open();
	ecp_http_wait(timeout_ms);
}

const EcpRunnerFigures *
ecp_runner_figures(void)
{
	int			i;

	figures.failing = false;
	for (i = 0; i < line_count; i++)
		figures.failing |= lines[i].failures > 0;
	return &figures;
}

/*
 * Beginning and end
 */

static void
take_up_work(void *arg)
{
	Line	   *line = arg;

	(void) ecp_queue_take_up(line->channel->queue);
}

static void
circuits_work(void *arg pg_attribute_unused())
{
	ecp_circuits_read();
}

static void
begin(void *arg pg_attribute_unused())
{
	char	   *error;
	int			i;

	if (!ecp_attempt(circuits_work, NULL, &error))
		note_error(lines[0].channel, error);
	for (i = 0; i < line_count; i++)
	{
		if (!ecp_attempt(take_up_work, &lines[i], &error))
			put_off(&lines[i], error);
	}
}

void
ecp_runner_start(void)
{
	int			i;

	if (runner_context == NULL)
		runner_context = AllocSetContextCreate(TopMemoryContext, "ecopanier runner", ALLOCSET_DEFAULT_SIZES);
	ecp_http_open();
	ecp_circuits_forget();
	for (i = 0; ecp_channels[i] != NULL; i++)
	{
		if (i == CHANNELS_MAX)
			elog(ERROR, "more channels than CHANNELS_MAX");
		lines[i] = (Line) {.channel = ecp_channels[i], .due = DT_NOBEGIN};
	}
	line_count = i;
	if (line_count > 0)
		(void) in_transaction("taking up jobs", begin, NULL);
}

static void
release_all(void *arg pg_attribute_unused())
{
	dlist_iter	iter;

	dlist_foreach(iter, &flights)
	{
		EcpCall    *call = &dlist_container(Flight, node, iter.cur)->call;

		ecp_circuits_given_up(call);
		call->held = true;
		release(call);
	}
}

void
ecp_runner_stop(void)
{
	MemoryContext context = CurrentMemoryContext;

	if (runner_context == NULL)
		return;
	PG_TRY();
	{
		ecp_http_serve();
		(void) record();
		if (!dlist_is_empty(&flights))
			(void) in_transaction("giving jobs back", release_all, NULL);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	dlist_init(&flights);
	figures.in_flight = 0;
	line_count = 0;
	MemoryContextReset(runner_context);
}
