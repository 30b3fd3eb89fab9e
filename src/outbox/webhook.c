/*
 * From an event to its deliveries, and from a delivery to a call; see webhook.h.
 *
 * A delivery is made where an event of an organisation meets an active endpoint of
 * it that asks for its kind.  What is posted is written then, and the same at
 * each attempt: type, timestamp and data; of a reservation the ids, quantity and
 * window that staff see in pickup_list, whether it is paid, sponsored or free, and
 * nothing of the member (rule D13).  Rights are told to nobody here: their subject
 * is a person.
 *
 * Only a status of 2xx is a success.  Redirects are not followed, 410 disables the
 * endpoint, others are tried again as the specification's schedule has it, or
 * later where the answer says so, and then are dead letters.  Messages about one
 * subject go to an endpoint one after another: a later one waits for the earlier
 * until that is done or dead.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "common/clock.h"
#include "common/plan.h"
#include "outbox/consumer.h"
#include "outbox/settings.h"
#include "outbox/webhook.h"

#define SECOND INT64CONST(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define ANSWER_MAX 4096			/* bytes; what is in them does not matter */

/* Between attempts, as https://www.standardwebhooks.com advises. */
static const int64 schedule_ms[] = {
	5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR
};

static EcpQueue queue = {
	.table = "ecopanier_private.webhook_delivery",
	.max_attempts = lengthof(schedule_ms) + 1,
	.blocked = "EXISTS (SELECT FROM ecopanier_private.webhook_delivery b WHERE b.territory_id = q.territory_id "
	"AND b.endpoint_id = q.endpoint_id AND b.subject_id = q.subject_id AND b.number < q.number AND b.state IN ('queued', 'calling'))"
};

#define DELIVER \
	"INSERT INTO ecopanier_private.webhook_delivery " \
	"(territory_id, id, number, endpoint_id, event_id, kind, subject_id, happened_at, payload, endpoint, next_at) " \
	"SELECT v.territory_id, ecopanier.new_id(v.territory_id), v.number, e.id, v.id, v.kind, v.subject_id, v.at, " \
	"json_build_object('type', v.kind, 'timestamp', to_char(v.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), " \
	"'data', json_strip_nulls(json_build_object(s.name || '_id', v.subject_id, 'organisation_id', nullif(v.organisation_id, v.subject_id), " \
	"'lot_id', r.lot_id, 'quantity', r.quantity, 'window_start', coalesce(r.window_start, l.window_start), " \
	"'window_end', coalesce(r.window_end, l.window_end))))::text, e.id::text, $3 " \
	"FROM ecopanier.event v " \
	"JOIN ecopanier.webhook_endpoint e ON e.territory_id = v.territory_id AND e.organisation_id = v.organisation_id " \
	"AND e.state = 'active' AND v.kind = ANY (e.kinds) " \
	"CROSS JOIN LATERAL split_part(v.kind, '.', 1) s (name) " \
	"LEFT JOIN ecopanier.reservation r ON s.name = 'reservation' AND r.territory_id = v.territory_id AND r.id = v.subject_id " \
	"LEFT JOIN ecopanier.lot l ON s.name = 'lot' AND l.territory_id = v.territory_id AND l.id = v.subject_id " \
	"WHERE v.territory_id = $1 AND "

static EcpPlan deliver =
ECP_PLAN(DELIVER "v.id = ANY ($2) ORDER BY v.number ON CONFLICT DO NOTHING", INT4OID, UUIDARRAYOID, TIMESTAMPTZOID);

static EcpPlan deliver_missing =
ECP_PLAN(DELIVER "e.id = $2 AND v.at >= greatest($4, e.created_at) AND v.at < $5 AND v.told_at IS NOT NULL ORDER BY v.number ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID);

/* By the key of the delivery first: without statistics a plan may begin with all that its endpoint has. */
static EcpPlan read_delivery =
ECP_PLAN("SELECT e.id, e.state, e.url, d.payload FROM (SELECT territory_id, endpoint_id, payload "
		 "FROM ecopanier_private.webhook_delivery WHERE territory_id = $1 AND id = $2 OFFSET 0) d "
		 "JOIN ecopanier.webhook_endpoint e ON e.territory_id = d.territory_id AND e.id = d.endpoint_id",
		 INT4OID, UUIDOID);

static EcpPlan park_delivery =
ECP_PLAN("UPDATE ecopanier_private.webhook_delivery SET next_at = 'infinity' WHERE territory_id = $1 AND id = $2", INT4OID, UUIDOID);

static EcpPlan note_answer =
ECP_PLAN("UPDATE ecopanier_private.webhook_delivery d SET last_status = $3, ended_at = $4 WHERE d.territory_id = $1 AND d.id = $2 "
		 "RETURNING d.endpoint_id, (SELECT e.failing_since FROM ecopanier.webhook_endpoint e "
		 "WHERE e.territory_id = d.territory_id AND e.id = d.endpoint_id)",
		 INT4OID, UUIDOID, INT4OID, TIMESTAMPTZOID);

static EcpPlan note_end =
ECP_PLAN("UPDATE ecopanier_private.webhook_delivery SET ended_at = $3 WHERE territory_id = $1 AND id = $2", INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan note_failing =
ECP_PLAN("UPDATE ecopanier.webhook_endpoint SET failing_since = $3 WHERE territory_id = $1 AND id = $2 AND (failing_since IS NULL) <> ($3 IS NULL)",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static void
consume(int32 territory, ArrayType *events)
{
	Datum		values[3] = {Int32GetDatum(territory), PointerGetDatum(events), TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&deliver, values, NULL, false, 0);
}

int64
ecp_webhook_deliver_missing(int32 territory, const pg_uuid_t *endpoint, TimestampTz since, TimestampTz until)
{
	Datum		values[5] = {Int32GetDatum(territory), UUIDPGetDatum(endpoint), TimestampTzGetDatum(ecp_clock_now()),
	TimestampTzGetDatum(since), TimestampTzGetDatum(until)};

	ecp_plan_run(&deliver_missing, values, NULL, false, 0);
	return (int64) SPI_processed;
}

static void
add_header(EcpCall *call, const char *name, const char *value)
{
	call->headers = lappend(call->headers, psprintf("%s: %s", name, value));
}

/* Puts the delivery aside until its endpoint is resumed. */
static bool
hold(EcpCall *call, Datum *key)
{
	ecp_plan_run(&park_delivery, key, NULL, false, 0);
	call->held = true;
	return false;
}

static bool
prepare(EcpCall *call)
{
	Datum		key[2] = {Int32GetDatum(call->job.territory), UUIDPGetDatum(&call->job.id)};
	TimestampTz now = ecp_clock_now();
	MemoryContext before;
	pg_uuid_t	endpoint;
	char	   *id;
	char	   *signatures;
	bool		active;

	ecp_plan_run(&read_delivery, key, NULL, false, 1);
	if (SPI_processed == 0)
		return false;			/* removed with its endpoint */
	endpoint = *DatumGetUUIDP(ecp_plan_known(0, 1));
	active = strcmp(ecp_plan_text(0, 2), "active") == 0;
	before = MemoryContextSwitchTo(call->context);
	call->url = ecp_plan_text(0, 3);
	call->body = ecp_plan_text(0, 4);
	call->body_length = strlen(call->body);
	id = DatumGetCString(DirectFunctionCall1(uuid_out, key[1]));
	MemoryContextSwitchTo(before);
	if (!active)
		return hold(call, key);
	if (ecp_endpoint_refusal(call->job.territory, call->url) != NULL)
	{
		ecp_endpoint_stop(call->job.territory, &endpoint, "paused", "host");
		return hold(call, key);
	}
	signatures = ecp_endpoint_sign(call->job.territory, &endpoint, id, now, call->body);
	if (signatures == NULL)
	{
		ecp_endpoint_stop(call->job.territory, &endpoint, "paused", "key");
		return hold(call, key);
	}
	MemoryContextSwitchTo(call->context);
	add_header(call, "content-type", "application/json");
	add_header(call, "webhook-id", id);
	add_header(call, "webhook-timestamp", psprintf(INT64_FORMAT, (int64) timestamptz_to_time_t(now)));
	add_header(call, "webhook-signature", signatures);
	MemoryContextSwitchTo(before);
	call->answer_max = ANSWER_MAX;
	return true;
}

/* Whether a whole status came, however long the rest was. */
static bool
has_status(const EcpCall *call)
{
	return call->outcome == ECP_CALL_ANSWERED || (call->outcome == ECP_CALL_TOO_LARGE && call->status > 0);
}

/* What went wrong, in our words: an answer may hold anything. */
static const char *
error_of(const EcpCall *call)
{
	if (has_status(call))
		return psprintf(call->status >= 300 && call->status < 400 ? "HTTP %d: redirects are not followed" : "HTTP %d", call->status);
	switch (call->outcome)
	{
		case ECP_CALL_TIMED_OUT:
			return "no answer in time";
		case ECP_CALL_UNREACHABLE:
			return "not reachable";
		case ECP_CALL_ADDRESS_REFUSED:
			return "the name leads to a private address";
		case ECP_CALL_TLS_FAILED:
			return "TLS failed";
		default:
			return "the answer is not HTTP";
	}
}

/* When to try again: by the schedule with a tenth at random, and not before the peer says, within a day. */
static int64
retry_ms(const EcpCall *call)
{
	int			place = Min(call->job.attempt, (int) lengthof(schedule_ms)) - 1;
	int64		delay = schedule_ms[Max(place, 0)];

	delay += (int64) (pg_prng_double(&pg_global_prng_state) * delay / 10);
	return Max(delay, Min(call->retry_after_ms, 24 * HOUR));
}

/* An endpoint that fails for long is paused; since: when it began, or null. */
static void
note_failure(const EcpCall *call, const pg_uuid_t *endpoint, bool failing, TimestampTz since)
{
	TimestampTz now = ecp_clock_now();
	Datum		values[3] = {Int32GetDatum(call->job.territory), UUIDPGetDatum(endpoint), TimestampTzGetDatum(now)};

	if (!failing)
		ecp_plan_run(&note_failing, values, NULL, false, 0);
	else if (now - since >= ecp_webhook_failing_hours * USECS_PER_HOUR)
		ecp_endpoint_stop(call->job.territory, endpoint, "paused", "failing");
}

static EcpVerdict
record(EcpCall *call)
{
	bool		good = has_status(call) && call->status >= 200 && call->status < 300;
	Datum		values[4] = {Int32GetDatum(call->job.territory), UUIDPGetDatum(&call->job.id),
	Int32GetDatum(call->status), TimestampTzGetDatum(ecp_clock_now())};
	char		nulls[5] = {' ', ' ', has_status(call) ? ' ' : 'n', good ? ' ' : 'n', '\0'};
	pg_uuid_t	endpoint;
	TimestampTz since;
	bool		well;

	call->error = good ? NULL : error_of(call);
	ecp_plan_run(&note_answer, values, nulls, false, 0);
	if (SPI_processed == 0)
		return good ? ECP_VERDICT_DONE : ECP_VERDICT_DEAD;	/* removed meanwhile */
	endpoint = *DatumGetUUIDP(ecp_plan_known(0, 1));
	since = DatumGetTimestampTz(ecp_plan_value(0, 2, &well));
	if (good)
	{
		values[1] = UUIDPGetDatum(&endpoint);
		if (!well)
			ecp_plan_run(&note_failing, values, "  n", false, 0);
		return ECP_VERDICT_DONE;
	}
	if (has_status(call) && call->status == 410)
	{
		ecp_endpoint_stop(call->job.territory, &endpoint, "disabled", "gone");
		return ECP_VERDICT_DEAD;
	}
	note_failure(call, &endpoint, !well, since);
	call->retry_ms = retry_ms(call);
	return ECP_VERDICT_RETRY;
}

static void
died(EcpCall *call)
{
	Datum		values[3] = {Int32GetDatum(call->job.territory), UUIDPGetDatum(&call->job.id), TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&note_end, values, NULL, false, 0);
}

EcpChannel	ecp_webhook_channel = {
	.name = "webhook",
	.queue = &queue,
	.prepare = prepare,
	.record = record,
	.died = died
};

const EcpConsumer ecp_webhook_consumer = {"webhook", consume};
