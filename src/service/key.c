/*
 * Keys of service accounts: made, rotated, revoked; see service.h.
 *
 * A key's text is given out once and kept nowhere; ecopanier_private has its
 * hash.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "crypto/service_key_core.h"
#include "identity/tenant.h"
#include "service/service.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_service_key_guard);
PG_FUNCTION_INFO_V1(ecp_create_service_key);
PG_FUNCTION_INFO_V1(ecp_rotate_service_key);
PG_FUNCTION_INFO_V1(ecp_revoke_service_key);

#define MAX_OVERLAP_DAYS 90

static EcpPlan find_account =
ECP_PLAN("SELECT organisation_id, state FROM ecopanier.service_account WHERE territory_id = $1 AND id = $2 FOR KEY SHARE",
		 INT4OID, UUIDOID);

static EcpPlan lock_key =
ECP_PLAN("SELECT organisation_id, service_id, label, expires_at, created_at, revoked_at IS NOT NULL "
		 "FROM ecopanier.service_key WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan insert_key =
ECP_PLAN("INSERT INTO ecopanier.service_key (territory_id, id, service_id, organisation_id, label, prefix, expires_at) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7)",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);

static EcpPlan insert_secret =
ECP_PLAN("INSERT INTO ecopanier_private.service_secret (territory_id, id, of_key, hash) VALUES ($1, $2, $2, $3)",
		 INT4OID, UUIDOID, BYTEAOID);

static EcpPlan give_nobody_a_key =
ECP_PLAN("UPDATE ecopanier_private.service_secret SET of_key = $1 WHERE territory_id = 0 AND of_key IS NULL",
		 UUIDOID);

static EcpPlan shorten_key =
ECP_PLAN("UPDATE ecopanier.service_key SET expires_at = $3 WHERE territory_id = $1 AND id = $2 AND expires_at > $3",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan revoke_key =
ECP_PLAN("UPDATE ecopanier.service_key SET revoked_at = ecopanier.now() WHERE territory_id = $1 AND id = $2 AND revoked_at IS NULL",
		 INT4OID, UUIDOID);

static void
raise_bad_state(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("%s", message),
			 errhint("%s", hint)));
}

/* A new key ends in the future and is of an active account. */
static void
check_new_key(const EcpRow *row, const EcpCaller *caller)
{
	int			expires = ecp_row_column(row->desc, "expires_at");
	Datum		values[2] = {row->values[ecp_row_column(row->desc, "territory_id")], row->values[ecp_row_column(row->desc, "service_id")]};
	EcpOwner	saved;
	bool		active;

	if (row->nulls[ecp_row_column(row->desc, "service_id")])
		return;
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_account, values, NULL, false, 1);
	active = SPI_processed == 0 || strcmp(ecp_plan_text(0, 2), "active") == 0;	/* none: the foreign key says so */
	ecp_plan_end(&saved);
	if (!active)
		raise_bad_state("the service account is revoked", "Make another with ecopanier.create_service().");
	if (caller && !row->nulls[expires] && DatumGetTimestampTz(row->values[expires]) <= ecp_clock_now())
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("a key ends in the future"),
				 errhint("Give an end at most 366 days ahead.")));
}

/* A key's end is brought forward only, and what was revoked stays so. */
static void
check_changed_key(const EcpRow *row)
{
	static const char *const frozen[] = {"id", "service_id", "organisation_id", "prefix", "created_by", "created_at", NULL};
	int			expires = ecp_row_column(row->desc, "expires_at");
	int			revoked = ecp_row_column(row->desc, "revoked_at");

	ecp_row_freeze(row, frozen);
	if (!row->nulls[expires] && DatumGetTimestampTz(row->values[expires]) > DatumGetTimestampTz(row->old_values[expires]))
		raise_bad_state("a key is not prolonged", "Make another with ecopanier.rotate_service_key().");
	if (!row->old_nulls[revoked] && ecp_row_differs(row, revoked))
		raise_bad_state("a key that was revoked stays so", "Make another with ecopanier.create_service_key().");
}

Datum
ecp_trg_service_key_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			organisation = ecp_row_column(row.desc, "organisation_id");

	if (caller && (row.nulls[organisation] || !ecp_service_keeps(caller, DatumGetUUIDP(row.values[organisation]))))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("keys are kept by owners and managers of their organisation"),
				 errhint("Sign in as one of them, or as an administrator.")));
	if (row.old_values)
		check_changed_key(&row);
	else
	{
		check_new_key(&row, caller);
		if (caller)
			ecp_row_set(&row, ecp_row_column(row.desc, "created_by"), UUIDPGetDatum(&caller->member));
	}
	return ecp_row_close(&row);
}

static Datum
issued(FunctionCallInfo fcinfo, const pg_uuid_t *id, const char *text, Datum expires)
{
	TupleDesc	desc;
	Datum		values[3] = {UUIDPGetDatum(id), CStringGetTextDatum(text), expires};
	bool		nulls[3] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "a key must be returned as a composite");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* Makes a key, inside SPI as the owner; its text goes to the buffer. */
static void
make_key(int32 territory, Datum service, Datum organisation, Datum label, Datum expires, pg_uuid_t *id, char text[ECP_SERVICE_KEY_LEN + 1])
{
	EcpServiceKey key;
	char	   *prefix = palloc0(ECP_SERVICE_KEY_PREFIX_LEN + 1);
	bytea	   *hash = palloc(VARHDRSZ + ECP_SERVICE_KEY_HASH_BYTES);
	Datum		row[7];
	Datum		secret[3];

	ecp_new_id(territory, id);
	ecp_core_service_key_make(id->data, &key);
	ecp_core_service_key_write(&key, text);
	SET_VARSIZE(hash, VARHDRSZ + ECP_SERVICE_KEY_HASH_BYTES);
	ecp_core_service_key_hash(&key, (uint8 *) VARDATA(hash));
	ecp_core_service_key_wipe(&key);
	memcpy(prefix, text, ECP_SERVICE_KEY_PREFIX_LEN);
	row[0] = secret[0] = Int32GetDatum(territory);
	row[1] = secret[1] = UUIDPGetDatum(id);
	row[2] = service;
	row[3] = organisation;
	row[4] = label;
	row[5] = CStringGetTextDatum(prefix);
	row[6] = expires;
	secret[2] = PointerGetDatum(hash);
	ecp_plan_run(&insert_key, row, NULL, false, 0);
	ecp_plan_run(&insert_secret, secret, NULL, false, 0);
	ecp_plan_run(&give_nobody_a_key, &row[1], NULL, false, 0);
}

Datum
ecp_create_service_key(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("service accounts");
	char		text[ECP_SERVICE_KEY_LEN + 1];
	pg_uuid_t	organisation;
	pg_uuid_t	id;
	EcpOwner	saved;
	Datum		values[2];

	ecp_service_require_arguments(fcinfo, 3, "create_service_key()");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_account, values, NULL, false, 1);
	if (SPI_processed == 0 || !ecp_service_keeps(caller, DatumGetUUIDP(ecp_plan_known(0, 1))))
		ecp_service_raise_unknown("service account");
	organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	make_key(caller->territory, values[1], UUIDPGetDatum(&organisation), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), &id, text);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(issued(fcinfo, &id, text, PG_GETARG_DATUM(2)));
}

TimestampTz
ecp_service_overlap_end(TimestampTz now, Datum overlap)
{
	Interval   *given = DatumGetIntervalP(overlap);
	double		days = (double) given->month * DAYS_PER_MONTH + given->day + (double) given->time / USECS_PER_DAY;

	if (days < 0 || days > MAX_OVERLAP_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the overlap is out of range"),
				 errhint("Give from 0 to %d days.", MAX_OVERLAP_DAYS)));
	return now + (TimestampTz) (days * USECS_PER_DAY);
}

/* Reads and locks a key of the caller's own, inside SPI as the owner; raises ZE101. */
static void
open_key(const EcpCaller *caller, Datum *keys)
{
	ecp_plan_run(&lock_key, keys, NULL, false, 1);
	if (SPI_processed == 0 || !ecp_service_keeps(caller, DatumGetUUIDP(ecp_plan_known(0, 1))))
		ecp_service_raise_unknown("key");
}

Datum
ecp_rotate_service_key(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("service accounts");
	TimestampTz now = ecp_clock_now();
	char		text[ECP_SERVICE_KEY_LEN + 1];
	EcpOwner	saved;
	Datum		keys[3];
	pg_uuid_t	organisation;
	pg_uuid_t	service;
	pg_uuid_t	id;
	TimestampTz expires;
	Datum		label;

	ecp_service_require_arguments(fcinfo, 2, "rotate_service_key()");
	keys[0] = Int32GetDatum(caller->territory);
	keys[1] = PG_GETARG_DATUM(0);
	keys[2] = TimestampTzGetDatum(ecp_service_overlap_end(now, PG_GETARG_DATUM(1)));
	ecp_plan_begin(&saved);
	open_key(caller, keys);
	if (DatumGetBool(ecp_plan_known(0, 6)) || DatumGetTimestampTz(ecp_plan_known(0, 4)) <= now)
		raise_bad_state("the key has ended", "Make another with ecopanier.create_service_key().");
	organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	service = *DatumGetUUIDP(ecp_plan_known(0, 2));
	label = CStringGetTextDatum(ecp_plan_text(0, 3));
	expires = now + (DatumGetTimestampTz(ecp_plan_known(0, 4)) - DatumGetTimestampTz(ecp_plan_known(0, 5)));
	make_key(caller->territory, UUIDPGetDatum(&service), UUIDPGetDatum(&organisation), label, TimestampTzGetDatum(expires), &id, text);
	ecp_plan_run(&shorten_key, keys, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(issued(fcinfo, &id, text, TimestampTzGetDatum(expires)));
}

Datum
ecp_revoke_service_key(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("service accounts");
	EcpOwner	saved;
	Datum		keys[2];

	ecp_service_require_arguments(fcinfo, 1, "revoke_service_key()");
	keys[0] = Int32GetDatum(caller->territory);
	keys[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	open_key(caller, keys);
	ecp_plan_run(&revoke_key, keys, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
