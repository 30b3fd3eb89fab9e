/*
 * Endpoints of partners and the hosts that they may be on; see webhook.h.
 *
 * The form of an address is judged when a row is written, whoever writes it; that
 * its host is allowed, when a caller writes it, when it is resumed and at each
 * call, since the list may have changed.  The list holds names: what a name
 * leads to is judged by the transport, which connects to what it judged.
 *
 * Locks: who stops or resumes an endpoint holds its row and leaves alone
 * deliveries that the worker holds; the worker looks at the endpoint again
 * before each call and puts back what should wait.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "background/settings.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "event/append.h"
#include "identity/tenant.h"
#include "outbox/url_core.h"
#include "outbox/webhook.h"
#include "service/service.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_webhook_endpoint_guard);
PG_FUNCTION_INFO_V1(ecp_trg_webhook_host_guard);
PG_FUNCTION_INFO_V1(ecp_add_webhook);
PG_FUNCTION_INFO_V1(ecp_pause_webhook);
PG_FUNCTION_INFO_V1(ecp_resume_webhook);
PG_FUNCTION_INFO_V1(ecp_remove_webhook);

#define ENDPOINTS_MAX 10		/* of one organisation */

static const EcpTransition transitions[] = {
	{"active", "paused"}, {"active", "disabled"}, {"paused", "active"}, {"disabled", "active"}, {NULL, NULL}
};

static EcpPlan find_hosts =
ECP_PLAN("SELECT host FROM ecopanier.webhook_host WHERE territory_id = $1 AND port = $2", INT4OID, INT4OID);

static EcpPlan lock_organisation =
ECP_PLAN("SELECT 1 FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE", INT4OID, UUIDOID);

static EcpPlan count_endpoints =
ECP_PLAN("SELECT count(*) FROM ecopanier.webhook_endpoint WHERE territory_id = $1 AND organisation_id = $2", INT4OID, UUIDOID);

static EcpPlan insert_endpoint =
ECP_PLAN("INSERT INTO ecopanier.webhook_endpoint (territory_id, id, organisation_id, url, description) VALUES ($1, $2, $3, $4, $5)",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID, TEXTOID);

static EcpPlan insert_endpoint_of_kinds =
ECP_PLAN("INSERT INTO ecopanier.webhook_endpoint (territory_id, id, organisation_id, url, description, kinds) VALUES ($1, $2, $3, $4, $5, $6)",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTARRAYOID);

static EcpPlan lock_endpoint =
ECP_PLAN("SELECT organisation_id, state, state_reason, url FROM ecopanier.webhook_endpoint WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan stop_endpoint =
ECP_PLAN("UPDATE ecopanier.webhook_endpoint SET state = $3, state_reason = $4 WHERE territory_id = $1 AND id = $2 AND state = 'active' "
		 "RETURNING organisation_id, host",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID);

static EcpPlan start_endpoint =
ECP_PLAN("UPDATE ecopanier.webhook_endpoint SET state = 'active', state_reason = NULL, failing_since = NULL WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan park_deliveries =
ECP_PLAN("WITH waiting AS (SELECT territory_id, id FROM ecopanier_private.webhook_delivery "
		 "WHERE territory_id = $1 AND endpoint_id = $2 AND state = 'queued' FOR NO KEY UPDATE SKIP LOCKED) "
		 "UPDATE ecopanier_private.webhook_delivery d SET next_at = 'infinity' FROM waiting w WHERE d.territory_id = w.territory_id AND d.id = w.id",
		 INT4OID, UUIDOID);

static EcpPlan call_deliveries =
ECP_PLAN("UPDATE ecopanier_private.webhook_delivery SET next_at = $3 "
		 "WHERE territory_id = $1 AND endpoint_id = $2 AND state = 'queued' AND next_at = 'infinity'",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan delete_deliveries =
ECP_PLAN("DELETE FROM ecopanier_private.webhook_delivery WHERE territory_id = $1 AND endpoint_id = $2", INT4OID, UUIDOID);

static EcpPlan delete_endpoint =
ECP_PLAN("DELETE FROM ecopanier.webhook_endpoint WHERE territory_id = $1 AND id = $2", INT4OID, UUIDOID);

/* What is wrong with the form of an address, NULL where nothing is; url is set where it could be read. */
static const char *
form_refusal(const char *text, EcpUrl *url)
{
	switch (ecp_core_url_parse(text, strlen(text), url))
	{
		case ECP_URL_OK:
			break;
		case ECP_URL_SCHEME:
			return "It does not begin with https://.";
		case ECP_URL_CREDENTIALS:
			return "It holds a user or a password.";
		case ECP_URL_HOST:
			return "Its host is not a host name.";
		case ECP_URL_PORT:
			return "Its port is not a number from 1 to 65535.";
		default:
			return "It holds what does not belong into an address, or is longer than 2000 bytes.";
	}
	if (!url->secure && !ecp_private_addresses)
		return "It does not begin with https://.";
	if (url->is_address && !ecp_private_addresses)
		return "Its host is a number and not a name.";
	return NULL;
}

/* Whether the territory allows the host. */
static bool
is_listed(int32 territory, const EcpUrl *url)
{
	Datum		values[2] = {Int32GetDatum(territory), Int32GetDatum(url->port)};
	uint64		row;

	ecp_plan_run(&find_hosts, values, NULL, false, 0);
	for (row = 0; row < SPI_processed; row++)
		if (ecp_core_host_matches(url->host, ecp_plan_text(row, 1)))
			return true;
	return false;
}

const char *
ecp_endpoint_refusal(int32 territory, const char *text)
{
	EcpUrl		url;
	const char *refusal = form_refusal(text, &url);

	if (refusal == NULL && !is_listed(territory, &url))
		refusal = "Its host and port do not stand in ecopanier.webhook_host.";
	return refusal;
}

static void
raise_refused(const char *refusal)
{
	ereport(ERROR,
			(errcode(ECP_ERR_ENDPOINT_REFUSED),
			 errmsg("the address of the endpoint is not allowed"),
			 errdetail("%s", refusal),
			 errhint("Give an https address on a host that an administrator of the territory has allowed."),
			 errhidestmt(true)));
}

/* Inside SPI as the owner: a caller's endpoint is on an allowed host, and one of few. */
static void
check_new_endpoint(const EcpRow *row)
{
	Datum		values[2] = {row->values[ecp_row_column(row->desc, "territory_id")], row->values[ecp_row_column(row->desc, "organisation_id")]};

	ecp_plan_run(&lock_organisation, values, NULL, false, 1);
	ecp_plan_run(&count_endpoints, values, NULL, false, 1);
	if (DatumGetInt64(ecp_plan_known(0, 1)) >= ENDPOINTS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("an organisation has at most %d endpoints", ENDPOINTS_MAX),
				 errhint("Remove one with ecopanier.remove_webhook().")));
}

/* Its address: the form for everybody, the list for callers; sets host. */
static void
check_address(EcpRow *row, const EcpCaller *caller)
{
	char	   *address = TextDatumGetCString(row->values[ecp_row_column(row->desc, "url")]);
	int32		territory = DatumGetInt32(row->values[ecp_row_column(row->desc, "territory_id")]);
	EcpUrl		url;
	const char *refusal = form_refusal(address, &url);
	EcpOwner	saved;

	if (refusal == NULL && caller)
	{
		ecp_plan_begin(&saved);
		refusal = ecp_endpoint_refusal(territory, address);
		ecp_plan_end(&saved);
	}
	if (refusal)
		raise_refused(refusal);
	ecp_row_set(row, ecp_row_column(row->desc, "host"), CStringGetTextDatum(psprintf("%s:%d", url.host, url.port)));
}

Datum
ecp_trg_webhook_endpoint_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"id", "organisation_id", "url", "host", "created_by", "created_at", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			organisation = ecp_row_column(row.desc, "organisation_id");
	bool		complete = !row.nulls[organisation] && !row.nulls[ecp_row_column(row.desc, "territory_id")] &&
	!row.nulls[ecp_row_column(row.desc, "url")];
	EcpOwner	saved;

	if (caller && (row.nulls[organisation] || !ecp_service_keeps(caller, DatumGetUUIDP(row.values[organisation]))))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("webhooks are kept by owners and managers of their organisation"),
				 errhint("Sign in as one of them, or as an administrator.")));
	if (TRIGGER_FIRED_BY_DELETE(row.trigger->tg_event) || !complete)
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	if (row.old_values)
	{
		ecp_row_freeze(&row, frozen);
		ecp_transition_check(&row, ecp_row_column(row.desc, "state"), transitions);
		return ecp_row_close(&row);
	}
	check_address(&row, caller);
	if (caller)
	{
		ecp_plan_begin(&saved);
		check_new_endpoint(&row);
		ecp_plan_end(&saved);
		ecp_row_set(&row, ecp_row_column(row.desc, "created_by"), UUIDPGetDatum(&caller->member));
	}
	return ecp_row_close(&row);
}

/* Whether a line of the list is one, written as it is compared; sets it so. */
static bool
normalise_host(EcpRow *row)
{
	int			host = ecp_row_column(row->desc, "host");
	char	   *name = TextDatumGetCString(row->values[host]);
	char		rule[ECP_HOST_MAX + 2];

	if (!ecp_core_host_rule(name, strlen(name), rule))
		return false;
	ecp_row_set(row, host, CStringGetTextDatum(rule));
	return true;
}

Datum
ecp_trg_webhook_host_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"host", "port", "created_by", "created_at", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));

	if (caller)
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (row.old_values || TRIGGER_FIRED_BY_DELETE(row.trigger->tg_event) || row.nulls[ecp_row_column(row.desc, "host")])
		return ecp_row_close(&row);
	if (!normalise_host(&row))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is not a host"),
				 errhint("Give a name such as hooks.example.org, or .example.org for all hosts below it; the port stands apart.")));
	if (caller)
		ecp_row_set(&row, ecp_row_column(row.desc, "created_by"), UUIDPGetDatum(&caller->member));
	return ecp_row_close(&row);
}

void
ecp_endpoint_open(EcpEndpoint *endpoint, const EcpCaller *caller, const pg_uuid_t *id)
{
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(id)};

	ecp_plan_run(&lock_endpoint, values, NULL, false, 1);
	if (SPI_processed == 0 || !ecp_service_keeps(caller, DatumGetUUIDP(ecp_plan_known(0, 1))))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such webhook"),
				 errhint("Those of the own organisation stand in ecopanier.webhook_endpoint, their messages in ecopanier.webhook_delivery_status.")));
	endpoint->territory = caller->territory;
	endpoint->id = *id;
	endpoint->organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	endpoint->state = ecp_plan_text(0, 2);
	endpoint->state_reason = ecp_plan_text(0, 3);
	endpoint->url = ecp_plan_text(0, 4);
}

void
ecp_endpoint_stop(int32 territory, const pg_uuid_t *id, const char *state, const char *reason)
{
	Datum		values[4] = {Int32GetDatum(territory), UUIDPGetDatum(id), CStringGetTextDatum(state), CStringGetTextDatum(reason)};
	pg_uuid_t	organisation;

	ecp_plan_run(&stop_endpoint, values, NULL, false, 0);
	if (SPI_processed == 0)
		return;
	organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ereport(LOG, (errmsg("webhook %s is %s: %s", ecp_plan_text(0, 2), state, reason)));
	ecp_event_append(territory, strcmp(state, "paused") == 0 ? "webhook.paused" : "webhook.disabled", id, &organisation, NULL,
					 psprintf("{\"reason\": \"%s\"}", reason));
	ecp_plan_run(&park_deliveries, values, NULL, false, 0);
}

Datum
ecp_add_webhook(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	pg_uuid_t	organisation;
	pg_uuid_t	id;
	EcpOwner	saved;
	Datum		values[6];
	char		secret[ECP_WEBHOOK_SECRET_LEN + 1];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		ecp_service_require_arguments(fcinfo, 3, "add_webhook()");
	organisation = ecp_service_choose_organisation(fcinfo, 3, caller, "add_webhook()");
	ecp_new_id(caller->territory, &id);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&id);
	values[2] = UUIDPGetDatum(&organisation);
	values[3] = PG_GETARG_DATUM(0);
	values[4] = PG_GETARG_DATUM(2);
	values[5] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	ecp_plan_begin(&saved);
	ecp_plan_run(PG_ARGISNULL(1) ? &insert_endpoint : &insert_endpoint_of_kinds, values, NULL, false, 0);
	ecp_endpoint_secret_make(caller->territory, &id, secret);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(ecp_endpoint_issued(fcinfo, &id, secret));
}

Datum
ecp_pause_webhook(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	EcpEndpoint endpoint;
	EcpOwner	saved;

	ecp_service_require_arguments(fcinfo, 1, "pause_webhook()");
	ecp_plan_begin(&saved);
	ecp_endpoint_open(&endpoint, caller, PG_GETARG_UUID_P(0));
	if (strcmp(endpoint.state, "disabled") == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the webhook is disabled"),
				 errhint("Nothing is posted to it; resume it with ecopanier.resume_webhook().")));
	ecp_endpoint_stop(endpoint.territory, &endpoint.id, "paused", "manager");
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_resume_webhook(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	EcpEndpoint endpoint;
	EcpOwner	saved;
	const char *refusal;
	Datum		values[3];

	ecp_service_require_arguments(fcinfo, 1, "resume_webhook()");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_begin(&saved);
	ecp_endpoint_open(&endpoint, caller, PG_GETARG_UUID_P(0));
	if (strcmp(endpoint.state, "active") != 0)
	{
		refusal = ecp_endpoint_refusal(endpoint.territory, endpoint.url);
		if (refusal)
			raise_refused(refusal);
		if (!ecp_endpoint_can_sign(endpoint.territory, &endpoint.id))
			ereport(ERROR,
					(errcode(ECP_ERR_KEY_MISSING),
					 errmsg("the secret of the webhook cannot be opened"),
					 errhint("Make another with ecopanier.rotate_webhook_secret(), or restore the key file.")));
		ecp_plan_run(&start_endpoint, values, NULL, false, 0);
		ecp_plan_run(&call_deliveries, values, NULL, false, 0);
	}
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_remove_webhook(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	EcpEndpoint endpoint;
	EcpOwner	saved;
	Datum		values[2];

	ecp_service_require_arguments(fcinfo, 1, "remove_webhook()");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_endpoint_open(&endpoint, caller, PG_GETARG_UUID_P(0));
	ecp_plan_run(&delete_deliveries, values, NULL, false, 0);
	ecp_plan_run(&delete_endpoint, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
