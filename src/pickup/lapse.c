/*
 * Lapses: a claim whose window is over and that was not collected.
 *
 * A locked reservation does not lapse (nobody may make somebody lose a basket
 * by guessing PINs); one that was released has until its grace.  Claims that
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
#include "pickup/lapse.h"

PG_FUNCTION_INFO_V1(ecp_lapse_due);

/* $1 now, $2 how many of each territory, $3 the one territory or null. */
static EcpPlan lapse =
ECP_PLAN("WITH due AS (SELECT d.territory_id, d.id FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT r.territory_id, r.id FROM ecopanier.reservation r "
		 "JOIN ecopanier_private.lot_stock s ON s.territory_id = r.territory_id AND s.lot_id = r.lot_id "
		 "WHERE r.territory_id = t.id AND r.state IN ('awaiting_payment', 'held') AND r.window_end <= $1 "
		 "AND coalesce(r.grace_until <= $1, true) AND " ECP_PICKUP_NOT_LOCKED
		 "ORDER BY r.window_end LIMIT $2 FOR UPDATE OF r SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED) d WHERE $3 IS NULL OR t.id = $3) "
		 "UPDATE ecopanier.reservation r SET state = 'lapsed' FROM due "
		 "WHERE r.territory_id = due.territory_id AND r.id = due.id",
		 TIMESTAMPTZOID, INT4OID, INT4OID);

/* Claims past their window are few: locked ones, and released ones that wait for their grace. */
static EcpPlan next_lapse =
ECP_PLAN("SELECT min(d.at) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "(SELECT min(greatest(r.window_end, r.grace_until)) AS at FROM ecopanier.reservation r WHERE r.territory_id = t.id "
		 "AND r.state IN ('awaiting_payment', 'held') AND r.window_end <= $1 AND " ECP_PICKUP_NOT_LOCKED ") "
		 "UNION ALL (SELECT r.window_end FROM ecopanier.reservation r WHERE r.territory_id = t.id "
		 "AND r.state IN ('awaiting_payment', 'held') AND r.window_end > $1 AND " ECP_PICKUP_NOT_LOCKED "ORDER BY r.window_end LIMIT 1)) d",
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
