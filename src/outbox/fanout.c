/*
 * Telling events.
 *
 * A turn takes the due events of a territory in their order, up to a limit, has
 * all consumers make their rows of them and marks them as told, in one
 * subtransaction: so each consumer makes its rows of an event once, whatever
 * is tried how often.  Where that fails, the halves are tried apart, down to the
 * event that fails.  Its failure is data: it is tried again later, and the later
 * events of its subject wait for it, no others.
 *
 * Who takes part in order is one at a time in a territory: a second turn finds
 * the territory's lock taken and goes on to the next.  Events that somebody else
 * has locked (an erasure takes the person away) are left, and so are the later
 * ones of their subjects.  What is taken are rows, not numbers: an event of a
 * transaction that committed late is told after those with higher numbers.
 * Its subject's order does not suffer, since writers hold a lock of the subject's row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "background/backoff_core.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "outbox/consumer.h"

PG_FUNCTION_INFO_V1(ecp_tell_events);

/* In the order in which they are run. */
static const EcpConsumer *const consumers[] = {
	&ecp_favourite_consumer,
	&ecp_notification_consumer,
	&ecp_mail_consumer,
	&ecp_webhook_consumer,
	NULL
};

/* What listeners are told of: what has an organisation, and is no message to a person. */
static const char *const broadcast[] = {
	"reservation.held", "reservation.collected", "reservation.cancelled", "reservation.lapsed",
	"lot.published", "lot.closed", "lot.cancelled",
	"offer.made", "offer.accepted", "offer.refused", "offer.received", "offer.expired",
	"organisation.applied", "organisation.active", "organisation.suspended", "organisation.closed", NULL
};

#define CHANNEL "ecopanier"
#define PAYLOAD_MAX 7900		/* bytes; the server takes less than 8000 */
#define ERROR_MAX 500			/* bytes of an error that are kept */
#define RETRY_FIRST_MS 10000
#define RETRY_MAX_MS 3600000
#define STALLED_S 1				/* until what somebody else had locked is looked for again */

/* Advisory locks of users have 1 or 2 here, so nobody can take this one by hand. */
#define TURN_LOCK_CLASS 0xEC1

static EcpPlan find_territories =
ECP_PLAN("WITH RECURSIVE t AS ((SELECT territory_id FROM ecopanier.event WHERE told_at IS NULL ORDER BY 1 LIMIT 1) "
		 "UNION ALL SELECT (SELECT e.territory_id FROM ecopanier.event e WHERE e.told_at IS NULL "
		 "AND e.territory_id > t.territory_id ORDER BY 1 LIMIT 1) FROM t WHERE t.territory_id IS NOT NULL) "
		 "SELECT t.territory_id, d.next_at FROM t CROSS JOIN LATERAL (SELECT e.next_at FROM ecopanier.event e "
		 "WHERE e.territory_id = t.territory_id AND e.told_at IS NULL ORDER BY e.next_at LIMIT 1) d");

/*
 * The due events by number: whether their rows are ours now, and for how long an earlier event of the subject waits
 * that is not among them.  An earlier one that was never tried is among them, since those come first.  Each row is
 * found by its key, whatever the planner knows of a table that has just grown: coalesce() keeps it from other ways.
 */
static EcpPlan take_due =
ECP_PLAN("WITH due AS MATERIALIZED (SELECT id, number, subject_id, next_at FROM ecopanier.event "
		 "  WHERE territory_id = $1 AND told_at IS NULL AND next_at <= $2 ORDER BY next_at, number LIMIT $3) "
		 "SELECT d.id, d.subject_id, d.next_at, o.kind, o.organisation_id IS NOT NULL, o.attempts, b.next_at "
		 "FROM due d LEFT JOIN LATERAL (SELECT e.kind, e.organisation_id, e.attempts FROM ecopanier.event e "
		 "  WHERE e.territory_id = $1 AND e.id = d.id AND coalesce(e.told_at, 'infinity') = 'infinity' FOR UPDATE SKIP LOCKED) o ON true "
		 "LEFT JOIN LATERAL (SELECT w.next_at FROM ecopanier.event w "
		 "  WHERE w.territory_id = $1 AND w.subject_id = d.subject_id AND w.number < d.number AND w.told_at IS NULL "
		 "  AND w.next_at > '-infinity' AND NOT EXISTS (SELECT FROM due x WHERE x.id = w.id) "
		 "  ORDER BY w.number DESC LIMIT 1) b ON true ORDER BY d.number",
		 INT4OID, TIMESTAMPTZOID, INT4OID);

static EcpPlan mark_told =
ECP_PLAN("UPDATE ecopanier.event SET told_at = $3 WHERE territory_id = $1 AND id = ANY ($2)",
		 INT4OID, UUIDARRAYOID, TIMESTAMPTZOID);

static EcpPlan note_failure =
ECP_PLAN("UPDATE ecopanier.event SET attempts = attempts + 1, next_at = $3, last_error = $4 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, TEXTOID);

static EcpPlan put_off =
ECP_PLAN("UPDATE ecopanier.event SET next_at = $3 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

typedef struct Event
{
	pg_uuid_t	id;
	pg_uuid_t	subject;
	TimestampTz next_at;
	char	   *kind;			/* NULL: somebody else has locked it */
	bool		broadcast;
	int32		attempts;
	bool		waits;			/* for an earlier event of the subject */
	TimestampTz until;			/* where it waits: when that is tried again */
} Event;

/* A subject whose next event cannot be told now. */
typedef struct Blocked
{
	pg_uuid_t	subject;		/* the key */
	TimestampTz until;			/* DT_NOBEGIN: not known */
} Blocked;

typedef struct Turn
{
	int32		territory;
	Event	   *events;
	int			count;
	HTAB	   *blocked;
	int64		done;
} Turn;

/* Some of a turn's events, in their order. */
typedef struct Batch
{
	const Turn *turn;
	Event	  **events;
	int			count;
} Batch;

static bool stalled = false;	/* the last turn found due events and could do nothing */

/* Whether this turn may tell events of the territory: held until the end of the transaction. */
static bool
lock_territory(int32 territory)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, territory, TURN_LOCK_CLASS);
	return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

static bool
is_broadcast(const char *kind)
{
	const char *const *word;

	for (word = broadcast; *word; word++)
		if (strcmp(kind, *word) == 0)
			return true;
	return false;
}

/* Takes what is due, copied into the current memory context. */
static void
read_due(Turn *turn, int limit)
{
	Datum		values[3] = {Int32GetDatum(turn->territory), TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};
	int			i;

	ecp_plan_run(&take_due, values, NULL, false, 0);
	turn->count = (int) SPI_processed;
	turn->events = palloc0(Max(turn->count, 1) * sizeof(Event));
	for (i = 0; i < turn->count; i++)
	{
		Event	   *event = &turn->events[i];
		bool		none;

		event->id = *DatumGetUUIDP(ecp_plan_known(i, 1));
		event->subject = *DatumGetUUIDP(ecp_plan_known(i, 2));
		event->next_at = DatumGetTimestampTz(ecp_plan_known(i, 3));
		event->kind = ecp_plan_text(i, 4);
		if (event->kind)
		{
			event->broadcast = DatumGetBool(ecp_plan_known(i, 5)) && is_broadcast(event->kind);
			event->attempts = DatumGetInt32(ecp_plan_known(i, 6));
		}
		event->until = DatumGetTimestampTz(ecp_plan_value(i, 7, &none));
		event->waits = !none;
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
block(Turn *turn, const pg_uuid_t *subject, TimestampTz until)
{
	Blocked    *blocked = hash_search(turn->blocked, subject, HASH_ENTER, NULL);

	blocked->until = until;
}

/* Whether an earlier event of the subject cannot be told now; then this one waits for it. */
static bool
is_blocked(Turn *turn, Event *event)
{
	Blocked    *blocked = hash_search(turn->blocked, &event->subject, HASH_FIND, NULL);
	Datum		values[3] = {Int32GetDatum(turn->territory), UUIDPGetDatum(&event->id)};

	if (blocked == NULL)
		return false;
	if (blocked->until > event->next_at)
	{
		values[2] = TimestampTzGetDatum(blocked->until);
		ecp_plan_run(&put_off, values, NULL, false, 0);
		event->next_at = blocked->until;
		turn->done++;
	}
	return true;
}

static ArrayType *
ids_of(const Batch *batch)
{
	Datum	   *ids = palloc(batch->count * sizeof(Datum));
	int			i;

	for (i = 0; i < batch->count; i++)
		ids[i] = UUIDPGetDatum(&batch->events[i]->id);
	return construct_array(ids, batch->count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
}

/* Ends the payload and sends it. */
static void
send_payload(StringInfo payload)
{
	appendStringInfoString(payload, "]}");
	Async_Notify(CHANNEL, payload->data);
	resetStringInfo(payload);
}

/* Tells listeners, ids only: who may see what is behind an id asks for it. */
static void
notify(const Batch *batch)
{
	StringInfoData payload;
	int			i;

	initStringInfo(&payload);
	for (i = 0; i < batch->count; i++)
	{
		const Event *event = batch->events[i];
		char	   *item;

		if (!event->broadcast)
			continue;
		item = psprintf("{\"id\": \"%s\", \"kind\": \"%s\", \"subject\": \"%s\"}",
						DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&event->id))), event->kind,
						DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&event->subject))));
		if (payload.len > 0 && payload.len + strlen(item) + 4 > PAYLOAD_MAX)
			send_payload(&payload);
		if (payload.len == 0)
			appendStringInfo(&payload, "{\"territory\": %d, \"events\": [", batch->turn->territory);
		else
			appendStringInfoString(&payload, ", ");
		appendStringInfoString(&payload, item);
	}
	if (payload.len > 0)
		send_payload(&payload);
}

/* Has the consumers make their rows of a batch, and marks it as told. */
static void
tell(void *arg)
{
	const Batch *batch = arg;
	ArrayType  *ids = ids_of(batch);
	Datum		values[3] = {Int32GetDatum(batch->turn->territory), PointerGetDatum(ids), TimestampTzGetDatum(ecp_clock_now())};
	int			i;

	for (i = 0; consumers[i]; i++)
		consumers[i]->consume(batch->turn->territory, ids);
	ecp_plan_run(&mark_told, values, NULL, false, 0);
	notify(batch);
}

static void
fail(Turn *turn, Event *event, char *error)
{
	Datum		values[4] = {Int32GetDatum(turn->territory), UUIDPGetDatum(&event->id)};
	TimestampTz until = TimestampTzPlusMilliseconds(ecp_clock_now(),
		ecp_backoff_ms(event->attempts + 1, RETRY_FIRST_MS, RETRY_MAX_MS, pg_prng_uint64(&pg_global_prng_state)));

	error[pg_mbcliplen(error, strlen(error), ERROR_MAX)] = '\0';
	values[2] = TimestampTzGetDatum(until);
	values[3] = CStringGetTextDatum(error);
	ecp_plan_run(&note_failure, values, NULL, false, 0);
	block(turn, &event->subject, until);
	turn->done++;
}

/* Tells what is not blocked of these events; where that fails, its first half and then its second. */
static void
tell_batch(Turn *turn, Event **events, int count)
{
	Batch		batch = {turn, palloc(Max(count, 1) * sizeof(Event *)), 0};
	char	   *error;
	int			i;

	for (i = 0; i < count; i++)
		if (!is_blocked(turn, events[i]))
			batch.events[batch.count++] = events[i];
	if (batch.count == 0)
		return;
	if (ecp_attempt(tell, &batch, &error))
		turn->done += batch.count;
	else if (batch.count == 1)
		fail(turn, batch.events[0], error);
	else
	{
		tell_batch(turn, batch.events, batch.count / 2);
		tell_batch(turn, batch.events + batch.count / 2, batch.count - batch.count / 2);
	}
}

/* The events that can be told now; the subjects of the others are blocked from there on. */
static int
sort_out(Turn *turn, Event **ready)
{
	int			count = 0;
	int			i;

	for (i = 0; i < turn->count; i++)
	{
		Event	   *event = &turn->events[i];

		if (event->waits)
			block(turn, &event->subject, event->until);
		else if (event->kind == NULL)
			block(turn, &event->subject, DT_NOBEGIN);
		if (!is_blocked(turn, event))
			ready[count++] = event;
	}
	return count;
}

/* Tells a territory's due events; how many it told or put off. */
static int64
tell_territory(int32 territory, int limit)
{
	HASHCTL		form = {.keysize = UUID_LEN, .entrysize = sizeof(Blocked), .hcxt = CurrentMemoryContext};
	Turn		turn = {.territory = territory};
	Event	  **ready;

	if (!lock_territory(territory))
		return 0;
	read_due(&turn, limit);
	if (turn.count == 0)
		return 0;
	turn.blocked = hash_create("blocked subjects", 64, &form, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ready = palloc(turn.count * sizeof(Event *));
	tell_batch(&turn, ready, sort_out(&turn, ready));
	return turn.done;
}

/* The territories with events that are due now, and when the first of others will be. */
static List *
find_due_territories(TimestampTz *next)
{
	TimestampTz now = ecp_clock_now();
	List	   *territories = NIL;
	uint64		i;

	*next = DT_NOEND;
	ecp_plan_run(&find_territories, NULL, NULL, false, 0);
	for (i = 0; i < SPI_processed; i++)
	{
		TimestampTz due = DatumGetTimestampTz(ecp_plan_known(i, 2));

		if (due <= now)
			territories = lappend_int(territories, DatumGetInt32(ecp_plan_known(i, 1)));
		else
			*next = Min(*next, due);
	}
	SPI_freetuptable(SPI_tuptable);
	return territories;
}

int64
ecp_outbox_fan_out(int limit)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "ecopanier fan-out", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = CurrentMemoryContext;
	TimestampTz next;
	List	   *territories = find_due_territories(&next);
	int64		done = 0;
	ListCell   *cell;

	foreach(cell, territories)
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(work);
		done += tell_territory(lfirst_int(cell), limit);
		MemoryContextSwitchTo(old);
		MemoryContextReset(work);
	}
	stalled = done == 0 && territories != NIL;
	MemoryContextDelete(work);
	return done;
}

TimestampTz
ecp_outbox_fan_out_next(void)
{
	TimestampTz next;

	if (find_due_territories(&next) == NIL)
		return next;
	return stalled ? Min(next, ecp_clock_now() + STALLED_S * USECS_PER_SEC) : DT_NOBEGIN;
}

/* SQL: one batch, by hand. */
Datum
ecp_tell_events(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	volatile int64 done = 0;
	bool		before;

	ecp_require_installed();
	ecp_require_superuser("tell_events()");
	PreventCommandIfReadOnly("tell_events()");
	if (PG_ARGISNULL(0) || PG_GETARG_INT32(0) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a batch has one event or more"),
				 errhint("Give how many events of each territory to tell.")));
	before = ecp_context_schedule(true);
	PG_TRY();
	{
		ecp_plan_begin(&saved);
		done = ecp_outbox_fan_out(PG_GETARG_INT32(0));
		ecp_plan_end(&saved);
	}
	PG_FINALLY();
	{
		ecp_context_schedule(before);
	}
	PG_END_TRY();
	PG_RETURN_INT64(done);
}
