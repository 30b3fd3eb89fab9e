/*
 * Removing events that were told long ago.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/plan.h"
#include "event/event.h"
#include "identity/setting.h"
#include "outbox/consumer.h"

static EcpPlan find_oldest =
ECP_PLAN("WITH RECURSIVE t AS ((SELECT territory_id FROM ecopanier.event WHERE told_at IS NOT NULL ORDER BY 1 LIMIT 1) "
		 "UNION ALL SELECT (SELECT e.territory_id FROM ecopanier.event e WHERE e.told_at IS NOT NULL "
		 "AND e.territory_id > t.territory_id ORDER BY 1 LIMIT 1) FROM t WHERE t.territory_id IS NOT NULL) "
		 "SELECT t.territory_id, d.told_at FROM t CROSS JOIN LATERAL (SELECT e.told_at FROM ecopanier.event e "
		 "WHERE e.territory_id = t.territory_id AND e.told_at IS NOT NULL ORDER BY e.told_at LIMIT 1) d");

static EcpPlan remove_told =
ECP_PLAN("DELETE FROM ecopanier.event e WHERE e.territory_id = $1 AND e.id = ANY (ARRAY(SELECT id FROM ecopanier.event "
		 "WHERE territory_id = $1 AND told_at <= $2 ORDER BY told_at LIMIT $3 FOR UPDATE SKIP LOCKED))",
		 INT4OID, TIMESTAMPTZOID, INT4OID);

/* What was told in a territory at its earliest. */
typedef struct Oldest
{
	int32		territory;
	TimestampTz told_at;
	int64		kept;			/* microseconds */
} Oldest;

static List *
list_oldest(void)
{
	List	   *list = NIL;
	ListCell   *cell;
	uint64		i;

	ecp_plan_run(&find_oldest, NULL, NULL, false, 0);
	for (i = 0; i < SPI_processed; i++)
	{
		Oldest	   *oldest = palloc(sizeof(Oldest));

		oldest->territory = DatumGetInt32(ecp_plan_known(i, 1));
		oldest->told_at = DatumGetTimestampTz(ecp_plan_known(i, 2));
		list = lappend(list, oldest);
	}
	SPI_freetuptable(SPI_tuptable);
	foreach(cell, list)
	{
		Oldest	   *oldest = lfirst(cell);

		oldest->kept = ecp_setting_at(oldest->territory, "event_retention_days", ecp_clock_now()).value * USECS_PER_DAY;
	}
	return list;
}

int64
ecp_outbox_forget_told(int limit)
{
	TimestampTz now = ecp_clock_now();
	int64		done = 0;
	ListCell   *cell;

	foreach(cell, list_oldest())
	{
		const Oldest *oldest = lfirst(cell);
		Datum		values[3] = {Int32GetDatum(oldest->territory), TimestampTzGetDatum(now - oldest->kept), Int32GetDatum(limit)};

		if (oldest->told_at + oldest->kept > now)
			continue;
		ecp_event_remove_by(&remove_told, values);
		done += SPI_processed;
	}
	return done;
}

TimestampTz
ecp_outbox_forget_told_next(void)
{
	TimestampTz now = ecp_clock_now();
	TimestampTz next = DT_NOEND;
	ListCell   *cell;

	foreach(cell, list_oldest())
	{
		const Oldest *oldest = lfirst(cell);

		next = Min(next, oldest->told_at + oldest->kept);
	}
	return next <= now ? DT_NOBEGIN : next;
}
