/*
 * Secrets of endpoints: made, rotated, opened to sign; see webhook.h.
 *
 * An endpoint has one newest secret, without an end, and for the time of a
 * rotation older ones.  A message carries a signature by each, so that the
 * partner changes over when it likes.  What has ended is deleted.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/keys.h"
#include "crypto/secret.h"
#include "crypto/webhook.h"
#include "outbox/webhook.h"
#include "service/service.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_rotate_webhook_secret);
PG_FUNCTION_INFO_V1(ecp_reseal_webhook_secrets);

#define OLDER_MAX 3				/* secrets that sign beside the newest */

static EcpPlan insert_secret =
ECP_PLAN("INSERT INTO ecopanier_private.webhook_secret (territory_id, id, endpoint_id, key_id, sealed) VALUES ($1, $2, $3, $4, $5)",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID, BYTEAOID);

static EcpPlan read_secrets =
ECP_PLAN("SELECT id, key_id, sealed, expires_at IS NULL FROM ecopanier_private.webhook_secret "
		 "WHERE territory_id = $1 AND endpoint_id = $2 AND (expires_at IS NULL OR expires_at > $3) ORDER BY expires_at DESC NULLS FIRST, id",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan read_keys =
ECP_PLAN("SELECT DISTINCT key_id FROM ecopanier_private.webhook_secret WHERE territory_id = $1 AND endpoint_id = $2", INT4OID, UUIDOID);

static EcpPlan forget_key =
ECP_PLAN("DELETE FROM ecopanier_private.webhook_secret WHERE territory_id = $1 AND endpoint_id = $2 AND key_id = $3", INT4OID, UUIDOID, TEXTOID);

static EcpPlan end_newest =
ECP_PLAN("UPDATE ecopanier_private.webhook_secret SET expires_at = $3 WHERE territory_id = $1 AND endpoint_id = $2 AND expires_at IS NULL",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan forget_older =
ECP_PLAN("DELETE FROM ecopanier_private.webhook_secret s USING (SELECT id, expires_at, row_number() OVER (ORDER BY created_at DESC, id DESC) AS place "
		 "FROM ecopanier_private.webhook_secret WHERE territory_id = $1 AND endpoint_id = $2 AND expires_at IS NOT NULL) o "
		 "WHERE s.territory_id = $1 AND s.id = o.id AND (o.expires_at <= $3 OR o.place > $4)",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, INT4OID);

static EcpPlan lock_old =
ECP_PLAN("SELECT territory_id, endpoint_id, id, key_id, sealed FROM ecopanier_private.webhook_secret WHERE key_id <> $1 FOR UPDATE", TEXTOID);

static EcpPlan reseal =
ECP_PLAN("UPDATE ecopanier_private.webhook_secret SET key_id = $3, sealed = $4 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, BYTEAOID);

void
ecp_endpoint_secret_make(int32 territory, const pg_uuid_t *endpoint, char text[ECP_WEBHOOK_SECRET_LEN + 1])
{
	EcpWebhookSecret of = {.territory = territory,.endpoint = *endpoint};
	const char *key_id = ecp_key_current();
	uint8	   *secret = ecp_webhook_secret_make();
	Datum		values[5];

	ecp_new_id(territory, &of.id);
	values[0] = Int32GetDatum(territory);
	values[1] = UUIDPGetDatum(&of.id);
	values[2] = UUIDPGetDatum(endpoint);
	values[3] = CStringGetTextDatum(key_id);
	values[4] = PointerGetDatum(ecp_webhook_secret_seal(&of, key_id, secret));
	ecp_plan_run(&insert_secret, values, NULL, false, 0);
	ecp_core_webhook_secret_text(secret, text);
	ecp_secret_wipe(secret);
}

Datum
ecp_endpoint_issued(FunctionCallInfo fcinfo, const pg_uuid_t *id, char secret[ECP_WEBHOOK_SECRET_LEN + 1])
{
	TupleDesc	desc;
	Datum		values[2] = {UUIDPGetDatum(id), CStringGetTextDatum(secret)};
	bool		nulls[2] = {0};
	Datum		answer;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "a secret must be returned as a composite");
	answer = HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
	explicit_bzero(secret, ECP_WEBHOOK_SECRET_LEN + 1);
	explicit_bzero(DatumGetPointer(values[1]), VARSIZE_ANY(DatumGetPointer(values[1])));
	return answer;
}

/* The secret of a row that read_secrets found; NULL where it cannot be opened. */
static uint8 *
open_found(SPITupleTable *found, uint64 row, int32 territory, const pg_uuid_t *endpoint)
{
	EcpWebhookSecret of = {.territory = territory,.endpoint = *endpoint};
	char	   *key_id = SPI_getvalue(found->vals[row], found->tupdesc, 2);
	bool		isnull;

	of.id = *DatumGetUUIDP(SPI_getbinval(found->vals[row], found->tupdesc, 1, &isnull));
	if (!ecp_key_is_listed(key_id) || !ecp_key_is_in_file(key_id))
		return NULL;
	return ecp_webhook_secret_open(&of, key_id, DatumGetByteaPP(SPI_getbinval(found->vals[row], found->tupdesc, 3, &isnull)));
}

/* Finds the secrets that sign now; leaves them in SPI_tuptable. */
static void
find_secrets(int32 territory, const pg_uuid_t *endpoint)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(endpoint), TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&read_secrets, values, NULL, false, 0);
}

bool
ecp_endpoint_can_sign(int32 territory, const pg_uuid_t *endpoint)
{
	uint8	   *secret;

	find_secrets(territory, endpoint);
	if (SPI_processed == 0 || !DatumGetBool(ecp_plan_known(0, 4)))
		return false;
	secret = open_found(SPI_tuptable, 0, territory, endpoint);
	if (secret)
		ecp_secret_wipe(secret);
	return secret != NULL;
}

char *
ecp_endpoint_sign(int32 territory, const pg_uuid_t *endpoint, const char *id, TimestampTz at, const char *body)
{
	int64		seconds = timestamptz_to_time_t(at);
	SPITupleTable *found;
	uint64		count;
	uint64		row;
	StringInfoData signatures;

	initStringInfo(&signatures);
	find_secrets(territory, endpoint);
	found = SPI_tuptable;
	count = SPI_processed;
	for (row = 0; row < count; row++)
	{
		uint8	   *secret = open_found(found, row, territory, endpoint);
		char		signature[ECP_WEBHOOK_SIGNATURE_LEN + 1];

		if (secret == NULL)
			return NULL;
		ecp_core_webhook_sign(secret, ECP_WEBHOOK_SECRET_BYTES, id, seconds, body, strlen(body), signature);
		ecp_secret_wipe(secret);
		appendStringInfo(&signatures, "%s%s", row > 0 ? " " : "", signature);
	}
	return count > 0 ? signatures.data : NULL;
}

/* Deletes what no key of the file opens any more: after a restore with another key file. */
static void
forget_lost(Datum *values)
{
	SPITupleTable *found;
	uint64		count;
	uint64		row;

	ecp_plan_run(&read_keys, values, NULL, false, 0);
	found = SPI_tuptable;
	count = SPI_processed;
	for (row = 0; row < count; row++)
	{
		char	   *key_id = SPI_getvalue(found->vals[row], found->tupdesc, 1);

		if (ecp_key_is_listed(key_id) && ecp_key_is_in_file(key_id))
			continue;
		values[2] = CStringGetTextDatum(key_id);
		ecp_plan_run(&forget_key, values, NULL, false, 0);
	}
}

Datum
ecp_rotate_webhook_secret(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("webhooks");
	TimestampTz now = ecp_clock_now();
	EcpEndpoint endpoint;
	EcpOwner	saved;
	Datum		values[4];
	char		secret[ECP_WEBHOOK_SECRET_LEN + 1];
	TimestampTz end;

	ecp_service_require_arguments(fcinfo, 2, "rotate_webhook_secret()");
	end = ecp_service_overlap_end(now, PG_GETARG_DATUM(1));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_endpoint_open(&endpoint, caller, PG_GETARG_UUID_P(0));
	forget_lost(values);
	values[2] = TimestampTzGetDatum(end);
	ecp_plan_run(&end_newest, values, NULL, false, 0);
	values[2] = TimestampTzGetDatum(now);
	values[3] = Int32GetDatum(OLDER_MAX);
	ecp_plan_run(&forget_older, values, NULL, false, 0);
	ecp_endpoint_secret_make(endpoint.territory, &endpoint.id, secret);
	ecp_audit(caller, endpoint.territory, "webhook_secret_rotate", &endpoint.id, NULL);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(ecp_endpoint_issued(fcinfo, &endpoint.id, secret));
}

/* Puts one found secret under the key. */
static void
reseal_one(SPITupleTable *found, uint64 row, const char *key_id)
{
	HeapTuple	tuple = found->vals[row];
	bool		isnull;
	EcpWebhookSecret of;
	uint8	   *secret;
	Datum		values[4];

	values[0] = SPI_getbinval(tuple, found->tupdesc, 1, &isnull);
	values[1] = SPI_getbinval(tuple, found->tupdesc, 3, &isnull);
	of.territory = DatumGetInt32(values[0]);
	of.endpoint = *DatumGetUUIDP(SPI_getbinval(tuple, found->tupdesc, 2, &isnull));
	of.id = *DatumGetUUIDP(values[1]);
	secret = ecp_webhook_secret_open(&of, SPI_getvalue(tuple, found->tupdesc, 4),
									 DatumGetByteaPP(SPI_getbinval(tuple, found->tupdesc, 5, &isnull)));
	if (secret == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a stored secret of a webhook does not open"),
				 errhint("Rotate the secrets of its endpoint with ecopanier.rotate_webhook_secret().")));
	values[2] = CStringGetTextDatum(key_id);
	values[3] = PointerGetDatum(ecp_webhook_secret_seal(&of, key_id, secret));
	ecp_secret_wipe(secret);
	ecp_plan_run(&reseal, values, NULL, false, 0);
}

Datum
ecp_reseal_webhook_secrets(PG_FUNCTION_ARGS pg_attribute_unused())
{
	EcpOwner	saved;
	SPITupleTable *found;
	const char *key_id;
	uint64		count;
	uint64		row;
	Datum		values[1];

	ecp_require_installed();
	ecp_require_superuser("reseal_webhook_secrets");
	ecp_plan_begin(&saved);
	key_id = ecp_key_current();
	values[0] = CStringGetTextDatum(key_id);
	ecp_plan_run(&lock_old, values, NULL, false, 0);
	found = SPI_tuptable;
	count = SPI_processed;
	for (row = 0; row < count; row++)
	{
		reseal_one(found, row, key_id);
		CHECK_FOR_INTERRUPTS();
	}
	ecp_plan_end(&saved);
	PG_RETURN_INT64((int64) count);
}
