/*
 * Checkpoints; see checkpoint.h.  Their text is in crypto/checkpoint_core.h.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "audit/checkpoint.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"

#define UNIX_TO_POSTGRES_USECS ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

PG_FUNCTION_INFO_V1(ecp_audit_checkpoint);

static EcpPlan insert_checkpoint =
ECP_PLAN("INSERT INTO ecopanier_private.audit_checkpoint (territory_id, position, digest, at, key_id, signature) "
		 "VALUES ($1, $2, $3, $4, $5, $6)",
		 INT4OID, INT8OID, BYTEAOID, TIMESTAMPTZOID, TEXTOID, BYTEAOID);

static EcpPlan list_checkpoints =
ECP_PLAN("SELECT position, digest, at, decode(CASE WHEN key_id ~ '^[0-9a-f]{16}$' THEN key_id ELSE '' END, 'hex'), signature "
		 "FROM ecopanier_private.audit_checkpoint WHERE territory_id = $1 AND position >= $2 ORDER BY position",
		 INT4OID, INT8OID);

static EcpPlan newest_checkpoint =
ECP_PLAN("SELECT position FROM ecopanier_private.audit_checkpoint WHERE territory_id = $1 ORDER BY position DESC LIMIT 1",
		 INT4OID);

static EcpPlan public_key =
ECP_PLAN("SELECT public_key FROM ecopanier.key_ring WHERE id = $1", TEXTOID);

static EcpPlan find_territory =
ECP_PLAN("SELECT 1 FROM ecopanier.territory WHERE id = $1", INT4OID);

void
ecp_audit_copy_bytes(Datum value, uint8 *out, int len)
{
	bytea	   *bytes = DatumGetByteaPP(value);

	if (VARSIZE_ANY_EXHDR(bytes) == (Size) len)
		memcpy(out, VARDATA_ANY(bytes), len);
	else
		memset(out, 0, len);
}

static Datum
make_bytea(const uint8 *bytes, int len)
{
	bytea	   *value = palloc(VARHDRSZ + len);

	SET_VARSIZE(value, VARHDRSZ + len);
	memcpy(VARDATA(value), bytes, len);
	return PointerGetDatum(value);
}

void
ecp_checkpoint_add(int32 territory, int64 position, const uint8 digest[ECP_AUDIT_DIGEST_BYTES])
{
	const char *key_id = ecp_key_current();
	TimestampTz now = ecp_clock_now();
	EcpCheckpointCore checkpoint = {.territory = territory, .position = position, .time = now + UNIX_TO_POSTGRES_USECS};
	Datum		values[6];

	memcpy(checkpoint.digest, digest, ECP_AUDIT_DIGEST_BYTES);
	ecp_checkpoint_sign(&checkpoint, key_id);
	values[0] = Int32GetDatum(territory);
	values[1] = Int64GetDatum(position);
	values[2] = make_bytea(digest, ECP_AUDIT_DIGEST_BYTES);
	values[3] = TimestampTzGetDatum(now);
	values[4] = CStringGetTextDatum(key_id);
	values[5] = make_bytea(checkpoint.signature, ECP_CHECKPOINT_SIGNATURE_BYTES);
	ecp_plan_run(&insert_checkpoint, values, NULL, false, 0);
}

int
ecp_checkpoint_list(int32 territory, int64 from, EcpCheckpointCore **checkpoints)
{
	Datum		values[2] = {Int32GetDatum(territory), Int64GetDatum(from)};
	int			count;
	int			i;

	ecp_plan_run(&list_checkpoints, values, NULL, true, 0);
	count = (int) SPI_processed;
	*checkpoints = palloc0(sizeof(EcpCheckpointCore) * (count + 1));
	for (i = 0; i < count; i++)
	{
		EcpCheckpointCore *checkpoint = &(*checkpoints)[i];

		checkpoint->territory = territory;
		checkpoint->position = DatumGetInt64(ecp_plan_known(i, 1));
		ecp_audit_copy_bytes(ecp_plan_known(i, 2), checkpoint->digest, ECP_AUDIT_DIGEST_BYTES);
		checkpoint->time = DatumGetTimestampTz(ecp_plan_known(i, 3)) + UNIX_TO_POSTGRES_USECS;
		ecp_audit_copy_bytes(ecp_plan_known(i, 4), checkpoint->key_id, ECP_KEY_ID_BYTES);
		ecp_audit_copy_bytes(ecp_plan_known(i, 5), checkpoint->signature, ECP_CHECKPOINT_SIGNATURE_BYTES);
		memcpy(checkpoint->installation, ecp_key_installation()->data, ECP_UUID_BYTES);
	}
	return count;
}

/*
 * The key derived from the file where it is there, so that a row written into
 * the key ring admits nobody; the ring's own where the file lacks it.
 */
bool
ecp_checkpoint_is_ours(const EcpCheckpointCore *checkpoint)
{
	uint8		key[ECP_PUBLIC_KEY_BYTES];
	char		id[ECP_KEY_ID_LEN + 1];
	Datum		value;

	ecp_core_key_id_text(checkpoint->key_id, id);
	if (memcmp(checkpoint->installation, ecp_key_installation()->data, ECP_UUID_BYTES) != 0 || !ecp_key_is_listed(id))
		return false;
	if (ecp_key_is_in_file(id))
		ecp_key_public(id, key);
	else
	{
		value = CStringGetTextDatum(id);
		ecp_plan_run(&public_key, &value, NULL, true, 1);
		if (SPI_processed == 0)
			return false;
		ecp_audit_copy_bytes(ecp_plan_known(0, 1), key, ECP_PUBLIC_KEY_BYTES);
	}
	return ecp_checkpoint_holds(checkpoint, key);
}

void
ecp_audit_require_reader(int32 territory)
{
	bool		everywhere = has_privs_of_role(GetUserId(), ROLE_PG_MONITOR);
	Datum		value = Int32GetDatum(territory);
	EcpOwner	saved;
	bool		found = territory == 0;

	if (!everywhere)
	{
		const EcpCaller *caller = ecp_caller_require();

		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
		found = caller->territory == territory;
	}
	else if (!found)
	{
		ecp_plan_begin(&saved);
		ecp_plan_run(&find_territory, &value, NULL, true, 1);
		found = SPI_processed > 0;
		ecp_plan_end(&saved);
	}
	if (!found)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such territory for you"),
				 errhint("Administrators verify the audit of the own territory.")));
}

/* The newest checkpoint of a territory as text, in the given context; NULL where there is none. */
static char *
newest_text(int32 territory, MemoryContext context)
{
	Datum		value = Int32GetDatum(territory);
	EcpCheckpointCore *checkpoints;
	char	   *text = NULL;
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	ecp_plan_run(&newest_checkpoint, &value, NULL, true, 1);
	if (SPI_processed > 0 && ecp_checkpoint_list(territory, DatumGetInt64(ecp_plan_known(0, 1)), &checkpoints) > 0)
	{
		text = MemoryContextAlloc(context, ECP_CHECKPOINT_LEN + 1);
		ecp_core_checkpoint_write(&checkpoints[0], text);
	}
	ecp_plan_end(&saved);
	return text;
}

/* SQL: audit_checkpoint(territory). */
Datum
ecp_audit_checkpoint(PG_FUNCTION_ARGS)
{
	char	   *text;

	ecp_require_installed();
	ecp_audit_require_reader(PG_ARGISNULL(0) ? -1 : PG_GETARG_INT32(0));
	text = newest_text(PG_GETARG_INT32(0), CurrentMemoryContext);
	if (text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(text));
}
