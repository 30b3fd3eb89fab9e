/*
 * Calls of services: how many in 60 seconds, and what they leave behind.
 *
 * Each call within the limit is a row of ecopanier_private.service_call that a
 * rollback does not take back (common/frozen.h).  The rows of a service are
 * numbered, so the limit is one comparison: call n is too early where call
 * n - limit is less than 60 seconds old.  Any 60 seconds hold at most limit
 * calls, also across the minute.  Calls beyond it leave no row: nobody fills
 * the disk.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "background/wake.h"
#include "common/clock.h"
#include "common/due.h"
#include "common/frozen.h"
#include "common/install.h"
#include "common/plan.h"
#include "service/service.h"

PG_FUNCTION_INFO_V1(ecp_fold_service_calls);

#define WINDOW (60 * USECS_PER_SEC)

static EcpPlan last_calls =
ECP_PLAN("SELECT l.number, c.at FROM (SELECT coalesce(max(number), 0) AS number FROM ecopanier_private.service_call "
		 "WHERE territory_id = $1 AND service_id = $2) l LEFT JOIN ecopanier_private.service_call c "
		 "ON c.territory_id = $1 AND c.service_id = $2 AND c.number = l.number + 1 - $3",
		 INT4OID, UUIDOID, INT4OID);

/* A key that somebody is changing is left for the next call. */
static EcpPlan note_use =
ECP_PLAN("WITH used AS (SELECT territory_id, key_id, max(at) AS at FROM ecopanier_private.service_call "
		 "WHERE $1 = 0 OR territory_id = $1 GROUP BY territory_id, key_id), "
		 "due AS (SELECT k.territory_id, k.id, u.at FROM ecopanier.service_key k JOIN used u "
		 "ON u.territory_id = k.territory_id AND u.key_id = k.id WHERE coalesce(k.last_used_at < u.at, true) "
		 "ORDER BY k.territory_id, k.id FOR NO KEY UPDATE OF k SKIP LOCKED) "
		 "UPDATE ecopanier.service_key k SET last_used_at = due.at FROM due WHERE k.territory_id = due.territory_id AND k.id = due.id",
		 INT4OID);

/* The last row of a service stays: the next number follows from it. */
#define IS_PAST \
	"c.at < $1 - interval '1 hour' AND EXISTS (SELECT FROM ecopanier_private.service_call l " \
	"WHERE l.territory_id = c.territory_id AND l.service_id = c.service_id AND l.number > c.number)"

static EcpPlan clear_calls =
ECP_PLAN("DELETE FROM ecopanier_private.service_call WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM ecopanier.territory t "
		 "CROSS JOIN LATERAL (SELECT c.ctid FROM ecopanier_private.service_call c WHERE c.territory_id = t.id AND " IS_PAST " LIMIT $2) d "
		 "WHERE $3 = 0 OR t.id = $3))",
		 TIMESTAMPTZOID, INT4OID, INT4OID);

/* A use that is not noted is due now; a call that a later one follows, in its time. */
static EcpPlan next_fold =
ECP_PLAN("SELECT min(CASE WHEN coalesce(k.last_used_at < c.at, true) THEN '-infinity' "
		 "WHEN c.number < (SELECT max(l.number) FROM ecopanier_private.service_call l "
		 "WHERE l.territory_id = c.territory_id AND l.service_id = c.service_id) THEN c.at + interval '1 hour' END) "
		 "FROM ecopanier_private.service_call c JOIN ecopanier.service_key k ON k.territory_id = c.territory_id AND k.id = c.key_id",
		 TIMESTAMPTZOID);

static void
insert_call(int32 territory, const pg_uuid_t *service, const pg_uuid_t *key, int64 number, TimestampTz now)
{
	EcpFrozenColumn columns[] = {
		{"territory_id", Int32GetDatum(territory)},
		{"service_id", UUIDPGetDatum(service)},
		{"number", Int64GetDatum(number)},
		{"at", TimestampTzGetDatum(now)},
		{"key_id", UUIDPGetDatum(key)}
	};

	ecp_frozen_write("service_call", columns, lengthof(columns));
	ecp_wake_at_commit();
}

/* A call whose moment lies ahead counts as well: the clock may have been set back a little. */
bool
ecp_service_count_call(int32 territory, const pg_uuid_t *service, const pg_uuid_t *key, int32 limit)
{
	TimestampTz now = ecp_clock_now();
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(service), Int32GetDatum(limit)};
	EcpFrozenLock lock;
	Datum		earlier;
	bool		isnull;
	bool		within;

	ecp_frozen_lock(&lock, service, service);
	ecp_plan_run(&last_calls, values, NULL, false, 1);
	earlier = ecp_plan_value(0, 2, &isnull);
	within = isnull || DatumGetTimestampTz(earlier) <= now - WINDOW || DatumGetTimestampTz(earlier) > now + WINDOW;
	if (within)
		insert_call(territory, service, key, DatumGetInt64(ecp_plan_known(0, 1)) + 1, now);
	ecp_frozen_unlock(&lock);
	return within;
}

/* Of all territories where 0. */
static int64
fold(int limit, void *arg)
{
	const int32 *territory = arg;
	Datum		values[3] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit), Int32GetDatum(*territory)};

	ecp_plan_run(&note_use, &values[2], NULL, false, 0);
	ecp_plan_run(&clear_calls, values, NULL, false, 0);
	return (int64) SPI_processed;
}

int64
ecp_service_fold_due(int limit)
{
	int32		all = 0;

	return fold(limit, &all);
}

TimestampTz
ecp_service_fold_next(void)
{
	return ecp_due_next(&next_fold);
}

Datum
ecp_fold_service_calls(PG_FUNCTION_ARGS pg_attribute_unused())
{
	const EcpCaller *caller;
	int32		territory;

	ecp_require_installed();
	caller = ecp_caller_or_loader();
	if (caller)
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	territory = caller ? caller->territory : 0;
	PG_RETURN_INT64(ecp_due_all(fold, &territory));
}
