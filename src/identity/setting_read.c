/*
 * Reading dated parameters, on every claim several of them.
 *
 * A backend remembers for each parameter of a territory the value that it met
 * last and between which moments that is in force.  A new value tells all
 * backends when it is committed, as a changed table does (setting_told()); what
 * was read before is then forgotten, and within the transaction that wrote it at
 * once.  What is remembered is what is committed: it is read under the latest
 * snapshot, since an older one could bring back a value after its end was told.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "common/generation.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/setting.h"

PG_FUNCTION_INFO_V1(ecp_trg_setting_told);

typedef struct SettingKey
{
	int32		territory;
	char		name[NAMEDATALEN];	/* the rest zeros: compared as bytes */
} SettingKey;

typedef struct SettingEntry
{
	SettingKey	key;
	TimestampTz from;
	TimestampTz until;			/* exclusive */
	EcpSetting	setting;
} SettingEntry;

static EcpPlan find_setting =
ECP_PLAN("SELECT s.value, s.version, s.valid_from, (SELECT min(n.valid_from) FROM ecopanier.setting n "
		 "WHERE n.territory_id = $1 AND n.name = $2 AND n.valid_from > $3) FROM ecopanier.setting s "
		 "WHERE s.territory_id = $1 AND s.name = $2 AND s.valid_from <= $3 ORDER BY s.valid_from DESC, s.version DESC LIMIT 1",
		 INT4OID, TEXTOID, TIMESTAMPTZOID);

static HTAB *remembered = NULL;
static uint64 generation = 0;	/* of what is remembered */

/* Drops what a change may have made wrong. */
static void
forget_old(void)
{
	HASHCTL		control = {.keysize = sizeof(SettingKey), .entrysize = sizeof(SettingEntry), .hcxt = CacheMemoryContext};

	AcceptInvalidationMessages();
	if (generation == ecp_generation())
		return;
	if (remembered)
		hash_destroy(remembered);
	remembered = NULL;
	remembered = hash_create("ecopanier settings", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	generation = ecp_generation();
}

/*
 * Reads the value and for how long it holds.  Parallel workers, who may take no
 * snapshot, use the one they were given.  The caller's own last result stays.
 */
static void
read_setting(const SettingKey *key, TimestampTz moment, SettingEntry *entry)
{
	Datum		values[3] = {Int32GetDatum(key->territory), CStringGetTextDatum(key->name), TimestampTzGetDatum(moment)};
	SPITupleTable *result = SPI_tuptable;
	uint64		processed = SPI_processed;
	bool		last;

	ecp_plan_run_present(&find_setting, values, NULL, true, 1);
	if (SPI_processed != 1)
		elog(ERROR, "parameter \"%s\" has no value in territory %d", key->name, key->territory);
	entry->setting.value = DatumGetInt64(DirectFunctionCall1(numeric_int8, ecp_plan_known(0, 1)));
	entry->setting.version = DatumGetInt32(ecp_plan_known(0, 2));
	entry->from = DatumGetTimestampTz(ecp_plan_known(0, 3));
	entry->until = DatumGetTimestampTz(ecp_plan_value(0, 4, &last));
	if (last)
		entry->until = DT_NOEND;
	SPI_freetuptable(SPI_tuptable);
	SPI_tuptable = result;
	SPI_processed = processed;
}

EcpSetting
ecp_setting_at(int32 territory, const char *name, TimestampTz moment)
{
	SettingKey	key = {.territory = territory};
	SettingEntry read;
	SettingEntry *entry;

	if (strlcpy(key.name, name, sizeof(key.name)) >= sizeof(key.name))
		elog(ERROR, "the name of parameter \"%s\" is too long", name);
	forget_old();
	entry = hash_search(remembered, &key, HASH_FIND, NULL);
	if (entry && entry->from <= moment && moment < entry->until)
		return entry->setting;
	read_setting(&key, moment, &read);
	if (IsInParallelMode() || generation != ecp_generation())
		return read.setting;
	entry = hash_search(remembered, &key, HASH_ENTER, NULL);
	entry->from = read.from;
	entry->until = read.until;
	entry->setting = read.setting;
	return read.setting;
}

/* A row of setting is new: every backend forgets, when it is committed. */
Datum
ecp_trg_setting_told(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}
