/*
 * Queues; see queue.h.
 *
 * Jobs of one territory for one endpoint are a lane.  The lanes that have
 * anything queued are found by stepping along the index on (territory_id,
 * endpoint, next_at), one step a lane however many jobs there are.  Of each lane
 * the jobs that are due longest are candidates, and their place in the lane, after
 * the calls that it has open already, is their turn.  So a free place goes to
 * the lane with the fewest calls: neither many jobs nor slow calls of one keep
 * another one waiting.
 *
 * Twice as many as are wanted are locked with SKIP LOCKED, in the order of their turns,
 * until there are enough.  The statements of a queue are planned once in a backend.  Tables of
 * jobs are empty at one moment and long at the next, so statistics say little about
 * them: claims are planned without reading whole tables.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "background/queue.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/plan.h"

typedef struct EcpQueuePlans
{
	EcpPlan		pick;
	EcpPlan		mark;
	EcpPlan		end;
	EcpPlan		requeue;
	EcpPlan		take_up;
	EcpPlan		next_due;
} EcpQueuePlans;

/* %1$s is the table, %2$s what keeps a row q from being claimed. */
#define LANES \
	"WITH RECURSIVE lane AS (" \
	" (SELECT q.territory_id, q.endpoint FROM %1$s q WHERE q.state = 'queued'" \
	"  ORDER BY q.territory_id, q.endpoint LIMIT 1)" \
	" UNION ALL" \
	" SELECT n.territory_id, n.endpoint FROM lane l CROSS JOIN LATERAL (" \
	"  SELECT q.territory_id, q.endpoint FROM %1$s q" \
	"  WHERE q.state = 'queued' AND (q.territory_id, q.endpoint) > (l.territory_id, l.endpoint)" \
	"  ORDER BY q.territory_id, q.endpoint LIMIT 1) n)"

/*
 * $1 now, $2 limit, $3 endpoints that are closed.  Each candidate is locked by its key, one after the other until there are enough: a subquery that locks is not
 * joined in another order, and the concatenation keeps the partial index away.
 */
#define PICK LANES \
	", busy AS (SELECT q.territory_id, q.endpoint, count(*) AS calls FROM %1$s q" \
	" WHERE q.state = 'calling' GROUP BY 1, 2)," \
	" due AS MATERIALIZED (" \
	" SELECT l.territory_id, j.id, j.next_at, coalesce(b.calls, 0) + j.place AS turn FROM lane l" \
	" LEFT JOIN busy b ON b.territory_id = l.territory_id AND b.endpoint = l.endpoint" \
	" CROSS JOIN LATERAL (" \
	"  SELECT f.id, f.next_at, row_number() OVER () AS place FROM (" \
	"   SELECT q.id, q.next_at FROM %1$s q" \
	"   WHERE q.state = 'queued' AND q.territory_id = l.territory_id AND q.endpoint = l.endpoint" \
	"   AND q.next_at <= $1 AND (%2$s) IS NOT TRUE" \
	"   ORDER BY q.next_at LIMIT 2 * $2) f) j" \
	" WHERE $3 IS NULL OR l.endpoint <> ALL ($3)" \
	" ORDER BY turn, j.next_at, l.territory_id, j.id LIMIT 2 * $2)" \
	" SELECT k.territory_id, k.id, k.attempt, k.endpoint" \
	" FROM (SELECT * FROM due ORDER BY turn, next_at, territory_id, id) d CROSS JOIN LATERAL (" \
	"  SELECT q.territory_id, q.id, q.attempts + 1 AS attempt, q.endpoint FROM %1$s q" \
	"  WHERE q.territory_id = d.territory_id AND q.id = d.id AND q.state || '' = 'queued' AND q.next_at <= $1" \
	"  FOR UPDATE OF q SKIP LOCKED) k LIMIT $2"

#define MARK \
	"UPDATE %1$s q SET state = 'calling', attempts = q.attempts + 1, claimed_at = $3" \
	" FROM unnest($1, $2) AS c (territory_id, id)" \
	" WHERE q.territory_id = c.territory_id AND q.id = c.id"

/* Of a claim that is no longer the job's last one nothing is written.  Found by its key, as above. */
#define OF_CLAIM " WHERE q.territory_id = $1 AND q.id = $2 AND q.state || '' = 'calling' AND q.attempts = $3"

#define END \
	"UPDATE %1$s q SET state = $4, last_error = left($5, 500)" OF_CLAIM

#define REQUEUE \
	"UPDATE %1$s q SET state = 'queued', next_at = coalesce($4, q.next_at), attempts = $5, claimed_at = NULL," \
	" last_error = coalesce(left($6, 500), q.last_error)" OF_CLAIM

#define TAKE_UP \
	"UPDATE %1$s q SET state = 'queued', claimed_at = NULL, last_error = 'the worker ended during the call'" \
	" WHERE q.state = 'calling'"

/* $1 endpoints that are closed */
#define NEXT_DUE LANES \
	" SELECT min(j.next_at) FROM lane l CROSS JOIN LATERAL (" \
	"  SELECT q.next_at FROM %1$s q" \
	"  WHERE q.state = 'queued' AND q.territory_id = l.territory_id AND q.endpoint = l.endpoint AND (%2$s) IS NOT TRUE" \
	"  ORDER BY q.next_at LIMIT 1) j" \
	" WHERE $1 IS NULL OR l.endpoint <> ALL ($1)"

static void
make_plan(EcpPlan *plan, const EcpQueue *queue, const char *form, int nargs, const Oid *types)
{
	plan->text = psprintf(form, queue->table, queue->blocked != NULL ? queue->blocked : "false");
	plan->nargs = nargs;
	memcpy(plan->types, types, nargs * sizeof(Oid));
}

#define MAKE_PLAN(plan, form, ...) \
	make_plan(plan, queue, form, sizeof((Oid[]) {__VA_ARGS__}) / sizeof(Oid), (Oid[]) {__VA_ARGS__})

static EcpQueuePlans *
plans_of(EcpQueue *queue)
{
	MemoryContext old;
	EcpQueuePlans *plans;

	if (queue->plans != NULL)
		return queue->plans;
	old = MemoryContextSwitchTo(TopMemoryContext);
	plans = palloc0(sizeof(EcpQueuePlans));
	MAKE_PLAN(&plans->pick, PICK, TIMESTAMPTZOID, INT4OID, TEXTARRAYOID);
	MAKE_PLAN(&plans->mark, MARK, INT4ARRAYOID, UUIDARRAYOID, TIMESTAMPTZOID);
	MAKE_PLAN(&plans->end, END, INT4OID, UUIDOID, INT4OID, TEXTOID, TEXTOID);
	MAKE_PLAN(&plans->requeue, REQUEUE, INT4OID, UUIDOID, INT4OID, TIMESTAMPTZOID, INT4OID, TEXTOID);
	make_plan(&plans->take_up, queue, TAKE_UP, 0, NULL);
	MAKE_PLAN(&plans->next_due, NEXT_DUE, TEXTARRAYOID);
	MemoryContextSwitchTo(old);
	return queue->plans = plans;
}

/* Runs a plan that is made once, and without reading whole tables. */
static void
run_by_index(EcpPlan *plan, Datum *values, const char *nulls, bool read_only)
{
	static const char *const settings[][2] = {
		{"enable_seqscan", "off"}, {"enable_bitmapscan", "off"}, {"enable_hashjoin", "off"}, {"enable_mergejoin", "off"},
		{"plan_cache_mode", "force_generic_plan"}
	};
	int			level = NewGUCNestLevel();
	Size		i;

	for (i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	ecp_plan_run(plan, values, nulls, read_only, 0);
	AtEOXact_GUC(true, level);
}

/* The jobs that the last statement picked. */
static List *
picked_jobs(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	List	   *jobs = NIL;
	uint64		row;

	for (row = 0; row < SPI_processed; row++)
	{
		EcpJob	   *job = palloc0(sizeof(EcpJob));

		job->territory = DatumGetInt32(ecp_plan_known(row, 1));
		job->id = *DatumGetUUIDP(ecp_plan_known(row, 2));
		job->attempt = DatumGetInt32(ecp_plan_known(row, 3));
		job->endpoint = ecp_plan_text(row, 4);
		jobs = lappend(jobs, job);
	}
	MemoryContextSwitchTo(old);
	return jobs;
}

typedef struct Mark
{
	EcpPlan    *plan;
	List	   *jobs;
	TimestampTz now;
} Mark;

static void
mark_claimed(void *arg)
{
	Mark	   *mark = arg;
	List	   *jobs = mark->jobs;
	int			count = list_length(jobs);
	Datum	   *territories = palloc(count * sizeof(Datum));
	Datum	   *ids = palloc(count * sizeof(Datum));
	Datum		values[3];
	int			i;

	for (i = 0; i < count; i++)
	{
		EcpJob	   *job = list_nth(jobs, i);

		territories[i] = Int32GetDatum(job->territory);
		ids[i] = UUIDPGetDatum(&job->id);
	}
	values[0] = PointerGetDatum(construct_array(territories, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	values[1] = PointerGetDatum(construct_array(ids, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
	values[2] = TimestampTzGetDatum(mark->now);
	ecp_plan_run(mark->plan, values, NULL, false, 0);
}

/* Marks jobs as claimed, at once; where that fails, one by one, without those that cannot be. */
static List *
mark_jobs(EcpPlan *plan, List *jobs, TimestampTz now, char **error)
{
	Mark		mark = {.plan = plan, .jobs = jobs, .now = now};
	List	   *marked = NIL;
	ListCell   *cell;

	*error = NULL;
	if (jobs == NIL || ecp_attempt(mark_claimed, &mark, error))
		return jobs;
	foreach(cell, jobs)
	{
		char	   *complaint;

		mark.jobs = list_make1(lfirst(cell));
		if (ecp_attempt(mark_claimed, &mark, &complaint))
			marked = lappend(marked, lfirst(cell));
	}
	return marked;
}

List *
ecp_queue_claim(EcpQueue *queue, int limit, ArrayType *closed, char **error)
{
	EcpQueuePlans *plans = plans_of(queue);
	MemoryContext context = CurrentMemoryContext;
	TimestampTz now = ecp_clock_now();
	Datum		values[3] = {TimestampTzGetDatum(now), Int32GetDatum(limit), PointerGetDatum(closed)};

	*error = NULL;
	if (limit <= 0)
		return NIL;
	run_by_index(&plans->pick, values, closed != NULL ? "   " : "  n", false);
	return mark_jobs(&plans->mark, picked_jobs(context), now, error);
}

static void
end_job(EcpQueue *queue, const EcpJob *job, const char *state, const char *error)
{
	Datum		values[5] = {
		Int32GetDatum(job->territory), UUIDPGetDatum(&job->id), Int32GetDatum(job->attempt),
		CStringGetTextDatum(state), error != NULL ? CStringGetTextDatum(error) : (Datum) 0
	};

	ecp_plan_run(&plans_of(queue)->end, values, error != NULL ? "     " : "    n", false, 0);
}

void
ecp_queue_done(EcpQueue *queue, const EcpJob *job)
{
	end_job(queue, job, "done", NULL);
}

void
ecp_queue_dead(EcpQueue *queue, const EcpJob *job, const char *error)
{
	end_job(queue, job, "dead", error);
}

/* delay_ms: 0 leaves the job due when it was. */
static void
requeue(EcpQueue *queue, const EcpJob *job, int64 delay_ms, int attempts, const char *error)
{
	Datum		values[6] = {
		Int32GetDatum(job->territory), UUIDPGetDatum(&job->id), Int32GetDatum(job->attempt),
		TimestampTzGetDatum(TimestampTzPlusMilliseconds(ecp_clock_now(), delay_ms)), Int32GetDatum(attempts),
		error != NULL ? CStringGetTextDatum(error) : (Datum) 0
	};
	char		nulls[] = "      ";

	if (delay_ms == 0)
		nulls[3] = 'n';
	if (error == NULL)
		nulls[5] = 'n';
	ecp_plan_run(&plans_of(queue)->requeue, values, nulls, false, 0);
}

void
ecp_queue_retry(EcpQueue *queue, const EcpJob *job, int64 delay_ms, const char *error)
{
	requeue(queue, job, Max(delay_ms, 1), job->attempt, error);
}

void
ecp_queue_release(EcpQueue *queue, const EcpJob *job, int64 delay_ms)
{
	requeue(queue, job, delay_ms, job->attempt - 1, NULL);
}

int64
ecp_queue_take_up(EcpQueue *queue)
{
	ecp_plan_run(&plans_of(queue)->take_up, NULL, NULL, false, 0);
	return SPI_processed;
}

TimestampTz
ecp_queue_next_due(EcpQueue *queue, ArrayType *closed)
{
	Datum		value = PointerGetDatum(closed);
	bool		isnull;
	Datum		due;

	run_by_index(&plans_of(queue)->next_due, &value, closed != NULL ? " " : "n", true);
	due = ecp_plan_value(0, 1, &isnull);
	return isnull ? DT_NOEND : DatumGetTimestampTz(due);
}
