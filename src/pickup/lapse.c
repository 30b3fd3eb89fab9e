/*
 * Lapses: a claim whose window is over and that was not collected.
 *
 * A locked reservation does not lapse with the others (nobody may make somebody lose
 * a basket by guessing PINs): it waits to be released for a day, as long as its food may
 * be handed over, and does not count as a no-show then.  One that was released has until
 * its grace.  Claims that
 * somebody is working on, and those of a lot whose stock is locked, are left for the next turn.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/due.h"
#include "common/install.h"
#include "common/plan.h"
#include "identity/context.h"
#include "market/use_by.h"
#include "pickup/lapse.h"

PG_FUNCTION_INFO_V1(ecp_lapse_due);

/*
 * Until when a locked claim r waits to be released: a day longer than it could be fetched, and not past the use-by date of its lot l, after
 * which nobody could hand it over.
 */
#define FETCHED_UNTIL "greatest(r.window_end, r.grace_until)"
#define WAITS_UNTIL \
	"least(" FETCHED_UNTIL " + interval '24 hours', " \
	"greatest(" FETCHED_UNTIL ", " ECP_USE_BY_END "))"
#define JOIN_LOT "JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id "

/* $1 now, $2 how many of each territory, $3 the one territory or null. */
static EcpPlan lapse =
ECP_PLAN("WITH due AS (SELECT d.territory_id, d.id, d.waited_until FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT r.territory_id, r.id, CASE WHEN NOT (" ECP_PICKUP_NOT_LOCKED ") THEN " WAITS_UNTIL " END AS waited_until "
		 "FROM ecopanier.reservation r " JOIN_LOT
		 "JOIN ecopanier_private.lot_stock s ON s.territory_id = r.territory_id AND s.lot_id = r.lot_id "
		 "WHERE r.territory_id = t.id AND r.state IN ('awaiting_payment', 'held') AND r.window_end <= $1 "
		 "AND coalesce(r.grace_until <= $1, true) AND (" ECP_PICKUP_NOT_LOCKED "OR " WAITS_UNTIL " <= $1) "
		 "ORDER BY r.window_end LIMIT $2 FOR UPDATE OF r SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED) d WHERE $3 IS NULL OR t.id = $3) "
		 "UPDATE ecopanier.reservation r SET state = 'lapsed', grace_until = coalesce(due.waited_until, r.grace_until), "
		 "forgiven_at = CASE WHEN due.waited_until IS NOT NULL AND r.pool = 'solidarity' THEN $1 ELSE r.forgiven_at END FROM due "
		 "WHERE r.territory_id = due.territory_id AND r.id = due.id",
		 TIMESTAMPTZOID, INT4OID, INT4OID);

/* Claims past their window are few: locked ones, and released ones that wait for their grace. */
static EcpPlan next_lapse =
ECP_PLAN("SELECT min(d.at) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "(SELECT min(CASE WHEN " ECP_PICKUP_NOT_LOCKED "THEN " FETCHED_UNTIL " ELSE " WAITS_UNTIL " END) AS at FROM ecopanier.reservation r " JOIN_LOT
		 "WHERE r.territory_id = t.id AND r.state IN ('awaiting_payment', 'held') AND r.window_end <= $1) "
		 "UNION ALL (SELECT r.window_end FROM ecopanier.reservation r WHERE r.territory_id = t.id "
		 "AND r.state IN ('awaiting_payment', 'held') AND r.window_end > $1 ORDER BY r.window_end LIMIT 1)) d",
		 TIMESTAMPTZOID);

/* Of the caller's territory, of all where there is none. */
static int64
lapse_batch(int limit, void *arg)
{
	const EcpCaller *caller = arg;
	Datum		values[3] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit), Int32GetDatum(caller ? caller->territory : 0)};

	ecp_plan_run(&lapse, values, caller ? NULL : "  n", false, 0);
	return (int64) SPI_processed;
}

int64
ecp_pickup_lapse_due(int limit)
{
	return lapse_batch(limit, NULL);
}

TimestampTz
ecp_pickup_lapse_next(void)
{
	return ecp_due_next(&next_lapse);
}

/* SQL: all that is due, in the caller's territory or in all. */
Datum
ecp_lapse_due(PG_FUNCTION_ARGS pg_attribute_unused())
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_or_loader();
	if (caller)
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	PG_RETURN_INT64(ecp_due_all(lapse_batch, unconstify(EcpCaller *, caller)));
}
