/*
 * probe.c
 *		What the worker is made of, at the command of SQL: queues and single calls.
 *
 * Built by EcpProbe.pm for tests, never installed.  The functions of queues run as
 * the owner inside SPI, as the worker's do, in the caller's transaction; calls
 * are made by src/worker/http.c in the calling backend.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "background/call.h"
#include "background/queue.h"
#include "common/owner.h"
#include "common/plan.h"
#include "worker/http.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(probe_claim);
PG_FUNCTION_INFO_V1(probe_settle);
PG_FUNCTION_INFO_V1(probe_take_up);
PG_FUNCTION_INFO_V1(probe_next_due);
PG_FUNCTION_INFO_V1(probe_call);

static char *
text_or_null(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/* The queue of a table; kept, since its plans are. */
static EcpQueue *
queue_of(const char *table, const char *blocked)
{
	static List *queues = NIL;
	MemoryContext old;
	EcpQueue   *queue;
	ListCell   *cell;

	foreach(cell, queues)
	{
		queue = lfirst(cell);
		if (strcmp(queue->table, table) == 0 && strcmp(queue->blocked, blocked) == 0)
			return queue;
	}
	old = MemoryContextSwitchTo(TopMemoryContext);
	queue = palloc0(sizeof(EcpQueue));
	queue->table = pstrdup(table);
	queue->blocked = pstrdup(blocked);
	queue->max_attempts = 3;
	queues = lappend(queues, queue);
	MemoryContextSwitchTo(old);
	return queue;
}

/* claim(table, limit, closed endpoints, blocked) */
Datum
probe_claim(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *blocked = text_or_null(fcinfo, 3);
	EcpQueue   *queue = queue_of(text_or_null(fcinfo, 0), blocked ? blocked : "false");
	ArrayType  *closed = PG_ARGISNULL(2) ? NULL : PG_GETARG_ARRAYTYPE_P(2);
	EcpOwner	saved;
	ListCell   *cell;
	char	   *error;

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	foreach(cell, ecp_queue_claim(queue, PG_GETARG_INT32(1), closed, &error))
	{
		EcpJob	   *job = lfirst(cell);
		Datum		values[4] = {
			Int32GetDatum(job->territory), UUIDPGetDatum(&job->id), Int32GetDatum(job->attempt), CStringGetTextDatum(job->endpoint)
		};
		bool		nulls[4] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}

/* settle(table, how, territory, id, attempt, delay in ms, error) */
Datum
probe_settle(PG_FUNCTION_ARGS)
{
	EcpQueue   *queue = queue_of(text_or_null(fcinfo, 0), "false");
	char	   *how = text_or_null(fcinfo, 1);
	EcpJob		job = {.territory = PG_GETARG_INT32(2), .id = *PG_GETARG_UUID_P(3), .attempt = PG_GETARG_INT32(4)};
	int64		delay = PG_GETARG_INT64(5);
	char	   *error = text_or_null(fcinfo, 6);
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	if (strcmp(how, "done") == 0)
		ecp_queue_done(queue, &job);
	else if (strcmp(how, "dead") == 0)
		ecp_queue_dead(queue, &job, error);
	else if (strcmp(how, "retry") == 0)
		ecp_queue_retry(queue, &job, delay, error);
	else if (strcmp(how, "release") == 0)
		ecp_queue_release(queue, &job, delay);
	else
		elog(ERROR, "what is %s?", how);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
probe_take_up(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	int64		count;

	ecp_plan_begin(&saved);
	count = ecp_queue_take_up(queue_of(text_or_null(fcinfo, 0), "false"));
	ecp_plan_end(&saved);
	PG_RETURN_INT64(count);
}

/* next_due(table, closed endpoints, blocked) */
Datum
probe_next_due(PG_FUNCTION_ARGS)
{
	char	   *blocked = text_or_null(fcinfo, 2);
	EcpOwner	saved;
	TimestampTz due;

	ecp_plan_begin(&saved);
	due = ecp_queue_next_due(queue_of(text_or_null(fcinfo, 0), blocked ? blocked : "false"),
							 PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1));
	ecp_plan_end(&saved);
	PG_RETURN_TIMESTAMPTZ(due);
}

static EcpCall *
begin_call(FunctionCallInfo fcinfo, const char *url)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "probe call", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	EcpCall    *call = palloc0(sizeof(EcpCall));

	call->context = context;
	call->url = pstrdup(url);
	call->body = text_or_null(fcinfo, 1);
	call->body_length = call->body ? strlen(call->body) : 0;
	if (!PG_ARGISNULL(2))
	{
		Datum	   *lines;
		int			count;
		int			i;

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, -1, false, TYPALIGN_INT, &lines, NULL, &count);
		for (i = 0; i < count; i++)
			call->headers = lappend(call->headers, TextDatumGetCString(lines[i]));
	}
	call->timeout_ms = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
	call->answer_max = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4);
	call->any_address = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);
	call->sender = text_or_null(fcinfo, 6);
	call->recipient = text_or_null(fcinfo, 7);
	call->user = text_or_null(fcinfo, 8);
	call->password = text_or_null(fcinfo, 9);
	MemoryContextSwitchTo(old);
	return call;
}

static void
put_ended(ReturnSetInfo *result, EcpCall *call)
{
	static const char *const outcomes[] = {
		"answered", "timed out", "unreachable", "address refused", "tls failed", "too large", "broken"
	};
	Datum		values[8] = {
		CStringGetTextDatum(call->url), CStringGetTextDatum(outcomes[call->outcome]), Int32GetDatum(call->status),
		CStringGetTextDatum(call->answer), Int64GetDatum(call->answer_length),
		call->answer_type ? CStringGetTextDatum(call->answer_type) : (Datum) 0,
		Int64GetDatum(call->retry_after_ms), Int64GetDatum(call->duration_ms)
	};
	bool		nulls[8] = {[5] = call->answer_type == NULL};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* call(urls, body, headers, timeout, answer_max, any_address, sender, recipient, user, password): all at once */
Datum
probe_call(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum	   *urls;
	int			count;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	ecp_http_open();
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &urls, NULL, &count);
	for (i = 0; i < count; i++)
		ecp_http_start(begin_call(fcinfo, TextDatumGetCString(urls[i])));
	while (count > 0)
	{
		EcpCall    *call = ecp_http_ended();

		CHECK_FOR_INTERRUPTS();
		if (call == NULL)
		{
			ecp_http_wait(-1);
			continue;
		}
		put_ended(result, call);
		MemoryContextDelete(call->context);
		count--;
	}
	return (Datum) 0;
}
