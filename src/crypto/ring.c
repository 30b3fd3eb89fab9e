/*
 * Which keys this database uses: the tables ecopanier.key_ring and
 * ecopanier_private.installation, cached per backend as keys.h tells, and the
 * functions that write them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include <sodium.h>

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/derive_core.h"
#include "crypto/keys.h"
#include "crypto/ring.h"

PG_FUNCTION_INFO_V1(ecp_rotate_key);
PG_FUNCTION_INFO_V1(ecp_pickup_public_keys);
PG_FUNCTION_INFO_V1(ecp_trg_key_ring_forget);

static struct
{
	bool		valid;
	uint64		generation;		/* counts invalidations */
	Oid			ring_table;
	Oid			installation_table;
	pg_uuid_t	installation;
	char		current[ECP_KEY_ID_SIZE];	/* empty where no key is current */
	char		oldest[ECP_KEY_ID_SIZE];	/* the same */
	int			count;
	char		(*ids)[ECP_KEY_ID_SIZE];	/* in TopMemoryContext */
} ring;

/*
 * A table changed; InvalidOid means that any of them may have.  While the
 * cache is being filled the tables are not known yet, so any change counts.
 */
static void
forget_ring(Datum arg, Oid relation)
{
	(void) arg;
	if (ring.valid && OidIsValid(relation) && relation != ring.ring_table && relation != ring.installation_table)
		return;
	ring.valid = false;
	ring.generation++;
}

void
ecp_ring_init(void)
{
	CacheRegisterRelcacheCallback(forget_ring, (Datum) 0);
}

/* Turns a change of either table into an invalidation that every backend gets. */
Datum
ecp_trg_key_ring_forget(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"trg_key_ring_forget\" is a trigger function")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}

/* Copies the rows of the last query into the cache: ids, whether current, both tables, the installation. */
static void
take_rows(void)
{
	uint64		n = SPI_processed;
	char		(*ids)[ECP_KEY_ID_SIZE] = MemoryContextAllocZero(TopMemoryContext, mul_size(Max(n, 1), ECP_KEY_ID_SIZE));

	if (ring.ids != NULL)
		pfree(ring.ids);
	ring.ids = ids;
	ring.count = 0;
	ring.current[0] = '\0';
	ring.oldest[0] = '\0';
	for (uint64 i = 0; i < n; i++)
	{
		bool		no_key;
		Datum		id = ecp_plan_value(i, 1, &no_key);

		ring.installation = *DatumGetUUIDP(ecp_plan_known(i, 3));
		ring.ring_table = DatumGetObjectId(ecp_plan_known(i, 4));
		ring.installation_table = DatumGetObjectId(ecp_plan_known(i, 5));
		if (no_key)
			continue;
		text_to_cstring_buffer(DatumGetTextPP(id), ids[ring.count], ECP_KEY_ID_SIZE);
		if (DatumGetBool(ecp_plan_known(i, 2)))
			strlcpy(ring.current, ids[ring.count], ECP_KEY_ID_SIZE);
		if (ring.count == 0)
			strlcpy(ring.oldest, ids[0], ECP_KEY_ID_SIZE);
		ring.count++;
	}
}

/*
 * Fills the cache where it is not valid.  The snapshot is taken after the
 * generation was noted: whatever it does not see sends its invalidation later.
 * A parallel worker may take no newer snapshot, so it keeps nothing.
 */
static void
read_ring(void)
{
	static EcpPlan rows = {
		.text = "SELECT k.id, k.is_current, i.id, 'ecopanier.key_ring'::regclass::oid,"
		" 'ecopanier_private.installation'::regclass::oid"
		" FROM ecopanier_private.installation i LEFT JOIN ecopanier.key_ring k ON true"
		" ORDER BY k.created_at, k.id"
	};
	EcpOwner	saved;
	uint64		generation;
	bool		parallel = IsInParallelMode();

	if (ring.valid)
		return;
	AcceptInvalidationMessages();
	generation = ring.generation;
	ecp_plan_begin(&saved);
	ecp_plan_run_present(&rows, NULL, NULL, true, 0);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_INSTALLED),
				 errmsg("this installation has no identity"),
				 errhint("Run SELECT ecopanier.install(); as a superuser.")));
	take_rows();
	ecp_plan_end(&saved);
	ring.valid = !parallel && generation == ring.generation;
}

const pg_uuid_t *
ecp_key_installation(void)
{
	read_ring();
	return &ring.installation;
}

const char *
ecp_key_current(void)
{
	read_ring();
	if (ring.current[0] == '\0')
		ereport(ERROR,
				(errcode(ECP_ERR_KEY_MISSING),
				 errmsg("no key of this database is current"),
				 errhint("Run SELECT ecopanier.rotate_key(); as a superuser."),
				 errhidestmt(true)));
	return pstrdup(ring.current);
}

const char *
ecp_key_oldest(void)
{
	read_ring();
	if (ring.oldest[0] == '\0')
		return ecp_key_current();	/* says what is missing */
	return pstrdup(ring.oldest);
}

bool
ecp_key_is_listed(const char *id)
{
	read_ring();
	for (int i = 0; i < ring.count; i++)
		if (strcmp(ring.ids[i], id) == 0)
			return true;
	return false;
}

/*
 * Makes a key of the file the ring's current one; runs inside SPI as the
 * owner.  One statement, so that a key is current when triggers note the change.
 */
static void
enter_key(const char *id)
{
	static EcpPlan replace = {
		.text = "WITH retired AS (UPDATE ecopanier.key_ring SET is_current = false WHERE is_current RETURNING 1)"
		" INSERT INTO ecopanier.key_ring (id, public_key, algorithm, created_at, is_current)"
		" SELECT $1, $2, 'Ed25519', $3, true FROM (SELECT count(*) FROM retired) r",
		.nargs = 3,
		.types = {TEXTOID, BYTEAOID, TIMESTAMPTZOID}
	};
	bytea	   *public_key = palloc(VARHDRSZ + ECP_PUBLIC_KEY_BYTES);
	Datum		values[3];

	SET_VARSIZE(public_key, VARHDRSZ + ECP_PUBLIC_KEY_BYTES);
	ecp_key_public(id, (uint8 *) VARDATA(public_key));
	values[0] = CStringGetTextDatum(id);
	values[1] = PointerGetDatum(public_key);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_run(&replace, values, NULL, false, 0);
}

/* Lets one writer of the ring at a time go on. */
static void
lock_ring(void)
{
	static EcpPlan lock = {.text = "LOCK TABLE ecopanier.key_ring IN SHARE ROW EXCLUSIVE MODE"};

	ecp_plan_run(&lock, NULL, NULL, false, 0);
}

void
ecp_keys_install(void)
{
	static EcpPlan identify = {
		.text = "INSERT INTO ecopanier_private.installation (id) SELECT gen_random_uuid()"
		" WHERE NOT EXISTS (SELECT 1 FROM ecopanier_private.installation)"
	};
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	lock_ring();
	ecp_plan_run(&identify, NULL, NULL, false, 0);
	read_ring();
	if (ring.count == 0)
		enter_key(ecp_key_make_if_absent());
	else if (ring.current[0] != '\0' && !ecp_key_is_in_file(ring.current))
		ereport(WARNING,
				(errcode(ECP_ERR_KEY_MISSING),
				 errmsg("key \"%s\" is not in the key file", ring.current),
				 errdetail("PINs and pickup tokens made with it cannot be checked, and no new ones be made."),
				 errhint("Restore the key file from a backup, or go on without those PINs and tokens: SELECT ecopanier.rotate_key();")));
	ecp_plan_end(&saved);
}

/* SQL: rotate_key().  The file is written first; a key there that no ring names does no harm. */
Datum
ecp_rotate_key(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	MemoryContext caller = CurrentMemoryContext;
	text	   *result;
	const char *id;

	(void) fcinfo;
	ecp_require_installed();
	PreventCommandIfReadOnly("rotate_key()");
	PreventCommandDuringRecovery("rotate_key()");
	ecp_plan_begin(&saved);
	lock_ring();
	id = ecp_key_add();
	enter_key(id);
	MemoryContextSwitchTo(caller);
	result = cstring_to_text(id);
	ecp_plan_end(&saved);
	PG_RETURN_TEXT_P(result);
}

/* base64url without padding, as JSON Web Keys spell it. */
static Datum
base64url_text(const uint8 *bytes, size_t len)
{
	size_t		size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char	   *text = palloc(size);

	sodium_bin2base64(text, size, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return CStringGetTextDatum(text);
}

/* SQL: pickup_public_keys().  Reads the table alone: no key file is needed. */
Datum
ecp_pickup_public_keys(PG_FUNCTION_ARGS)
{
	static EcpPlan rows = {
		.text = "SELECT k.id, k.public_key, k.algorithm, k.created_at, k.is_current, i.id"
		" FROM ecopanier.key_ring k CROSS JOIN ecopanier_private.installation i"
		" ORDER BY k.is_current DESC, k.created_at DESC, k.id"
	};
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;

	ecp_require_installed();
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&rows, NULL, NULL, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[6];
		bool		nulls[6] = {false};
		bytea	   *public_key = DatumGetByteaPP(ecp_plan_known(i, 2));

		for (int column = 0; column < 6; column++)
			values[column] = ecp_plan_known(i, column + 1);
		values[1] = base64url_text((const uint8 *) VARDATA_ANY(public_key), VARSIZE_ANY_EXHDR(public_key));
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}
