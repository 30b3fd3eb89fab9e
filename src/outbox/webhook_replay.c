/*
 * Tests of endpoints, deliveries once more, and what goes by age; see webhook.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "outbox/webhook.h"
#include "service/service.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_send_webhook_test);
PG_FUNCTION_INFO_V1(ecp_replay_webhook);
PG_FUNCTION_INFO_V1(ecp_replay_webhooks);

#define TESTS_MAX 10			/* that wait, of one endpoint */
#define REPLAY_DAYS 31
#define KEPT "interval '30 days'"	/* how long ended deliveries are kept */

static EcpPlan count_tests =
ECP_PLAN("SELECT count(*) FROM ecopanier_private.webhook_delivery "
		 "WHERE territory_id = $1 AND endpoint_id = $2 AND subject_id = $2 AND state IN ('queued', 'calling')",
		 INT4OID, UUIDOID);

static EcpPlan insert_test =
ECP_PLAN("INSERT INTO ecopanier_private.webhook_delivery (territory_id, id, endpoint_id, kind, subject_id, happened_at, payload, endpoint, next_at) "
		 "VALUES ($1, $3, $2, 'webhook.test', $2, $4, json_build_object('type', 'webhook.test', "
		 "'timestamp', to_char($4 AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), 'data', json_build_object('webhook_id', $2))::text, $2::text, $4)",
		 INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan find_delivery =
ECP_PLAN("SELECT endpoint_id FROM ecopanier_private.webhook_delivery WHERE territory_id = $1 AND id = $2", INT4OID, UUIDOID);

#define AGAIN "UPDATE ecopanier_private.webhook_delivery SET state = 'queued', attempts = 0, ended_at = NULL, next_at = $3 WHERE territory_id = $1 AND "

static EcpPlan repeat_delivery =
ECP_PLAN(AGAIN "id = $2 AND state IN ('done', 'dead')", INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan repeat_dead =
ECP_PLAN(AGAIN "endpoint_id = $2 AND state = 'dead' AND happened_at >= $4 AND happened_at < $5",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID);

static EcpPlan purge_secrets =
ECP_PLAN("DELETE FROM ecopanier_private.webhook_secret s USING (SELECT territory_id, id FROM (SELECT territory_id, id, "
		 "row_number() OVER (PARTITION BY territory_id ORDER BY expires_at) AS place "
		 "FROM ecopanier_private.webhook_secret WHERE expires_at <= $1) o WHERE place <= $2) x "
		 "WHERE s.territory_id = x.territory_id AND s.id = x.id",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan purge_deliveries =
ECP_PLAN("DELETE FROM ecopanier_private.webhook_delivery d USING ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT o.territory_id, o.id FROM ecopanier_private.webhook_delivery o WHERE o.territory_id = t.id AND o.state IN ('done', 'dead') "
		 "AND o.ended_at <= $1 - " KEPT " ORDER BY o.ended_at LIMIT $2) x WHERE d.territory_id = x.territory_id AND d.id = x.id",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_purge =
ECP_PLAN("SELECT least((SELECT min(expires_at) FROM ecopanier_private.webhook_secret WHERE expires_at IS NOT NULL), "
		 "(SELECT min(x.ended_at) FROM ecopanier.territory t CROSS JOIN LATERAL (SELECT ended_at FROM ecopanier_private.webhook_delivery d "
		 "WHERE d.territory_id = t.id AND d.state IN ('done', 'dead') ORDER BY ended_at LIMIT 1) x) + " KEPT ")");

static void
raise_not_active(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("the webhook is not active"),
			 errhint("Resume it with ecopanier.resume_webhook() first.")));
}

Datum
ecp_send_webhook_test(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	EcpEndpoint endpoint;
	EcpOwner	saved;
	Datum		values[4];

	ecp_service_require_arguments(fcinfo, 1, "send_webhook_test()");
	ecp_new_id(caller->territory, id);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = UUIDPGetDatum(id);
	values[3] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_begin(&saved);
	ecp_endpoint_open(&endpoint, caller, PG_GETARG_UUID_P(0));
	if (strcmp(endpoint.state, "active") != 0)
		raise_not_active();
	ecp_plan_run(&count_tests, values, NULL, false, 1);
	if (DatumGetInt64(ecp_plan_known(0, 1)) >= TESTS_MAX)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("%d tests of this webhook wait already", TESTS_MAX),
				 errhint("See what becomes of them in ecopanier.webhook_delivery_status.")));
	ecp_plan_run(&insert_test, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(id);
}

Datum
ecp_replay_webhook(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	pg_uuid_t	of_endpoint = {{0}};
	EcpEndpoint endpoint;
	EcpOwner	saved;
	Datum		values[3];

	ecp_service_require_arguments(fcinfo, 1, "replay_webhook()");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_delivery, values, NULL, true, 1);
	if (SPI_processed > 0)
		of_endpoint = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ecp_endpoint_open(&endpoint, caller, &of_endpoint); /* of an unknown delivery there is none */
	values[2] = TimestampTzGetDatum(strcmp(endpoint.state, "active") == 0 ? ecp_clock_now() : DT_NOEND);
	ecp_plan_run(&repeat_delivery, values, NULL, false, 0);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the delivery is queued already"),
				 errhint("It is posted when it is due; a paused webhook is resumed with ecopanier.resume_webhook().")));
	ecp_audit(caller, endpoint.territory, "webhook_replay", PG_GETARG_UUID_P(0), NULL);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* Raises 22023 where the time is empty, endless or longer than a month. */
static void
check_time(TimestampTz since, TimestampTz until)
{
	if (TIMESTAMP_NOT_FINITE(since) || TIMESTAMP_NOT_FINITE(until) || until <= since ||
		since < until - REPLAY_DAYS * USECS_PER_DAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the time to replay is empty or too long"),
				 errhint("Give two moments, the later second, at most %d days apart.", REPLAY_DAYS)));
}

Datum
ecp_replay_webhooks(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	EcpEndpoint endpoint;
	EcpOwner	saved;
	Datum		values[5];
	int64		count;

	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	ecp_service_require_arguments(fcinfo, 3, "replay_webhooks()");
	check_time(PG_GETARG_TIMESTAMPTZ(1), PG_GETARG_TIMESTAMPTZ(2));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	values[3] = PG_GETARG_DATUM(1);
	values[4] = PG_GETARG_DATUM(2);
	ecp_plan_begin(&saved);
	ecp_endpoint_open(&endpoint, caller, PG_GETARG_UUID_P(0));
	if (strcmp(endpoint.state, "active") != 0)
		raise_not_active();
	ecp_plan_run(&repeat_dead, values, NULL, false, 0);
	count = (int64) SPI_processed;
	count += ecp_webhook_deliver_missing(endpoint.territory, &endpoint.id, PG_GETARG_TIMESTAMPTZ(1), PG_GETARG_TIMESTAMPTZ(2));
	ecp_audit_facts(caller, endpoint.territory, "webhook_replay", &endpoint.id, NULL, psprintf("{\"deliveries\": " INT64_FORMAT "}", count));
	ecp_plan_end(&saved);
	PG_RETURN_INT64(count);
}

int64
ecp_webhook_purge_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};
	int64		count;

	ecp_plan_run(&purge_secrets, values, NULL, false, 0);
	count = (int64) SPI_processed;
	ecp_plan_run(&purge_deliveries, values, NULL, false, 0);
	return count + (int64) SPI_processed;
}

TimestampTz
ecp_webhook_purge_next(void)
{
	Datum		next;
	bool		none;

	ecp_plan_run(&next_purge, NULL, NULL, false, 1);
	next = ecp_plan_value(0, 1, &none);
	return none ? DT_NOEND : DatumGetTimestampTz(next);
}
