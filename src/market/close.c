/*
 * What time does to lots and to claims that wait for a payment; see close.h.
 *
 * A claim that was not paid for in time is cancelled and not lapsed: nobody
 * failed to come.  Its units go back to the stock, whose row is locked with it: one
 * that somebody keeps locked is left for the next turn.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "common/due.h"
#include "common/plan.h"
#include "market/close.h"

/*
 * Locked as strongly as closing will ask for: a lot that somebody is claiming, or whose shop is being changed, is left for the next turn,
 * and nobody's open transaction keeps others from being closed.
 */
static EcpPlan close_lots =
ECP_PLAN("UPDATE ecopanier.lot l SET state = 'closed' FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT n.territory_id, n.id FROM ecopanier.lot n JOIN ecopanier.organisation o ON o.territory_id = n.territory_id AND o.id = n.organisation_id "
		 "WHERE n.territory_id = t.id AND n.state = 'published' AND n.window_end <= $1 "
		 "ORDER BY n.window_end LIMIT $2 FOR UPDATE OF n SKIP LOCKED FOR SHARE OF o SKIP LOCKED) due "
		 "WHERE l.territory_id = due.territory_id AND l.id = due.id",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_close =
ECP_PLAN("SELECT min(d.window_end) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT l.window_end FROM ecopanier.lot l WHERE l.territory_id = t.id AND l.state = 'published' "
		 "ORDER BY l.window_end LIMIT 1) d",
		 TIMESTAMPTZOID);

#define HOLD_MINUTES \
	"(SELECT make_interval(mins => s.value::int) FROM ecopanier.setting s " \
	"WHERE s.territory_id = t.id AND s.name = 'payment_hold' AND s.valid_from <= $1 ORDER BY s.valid_from DESC, s.version DESC LIMIT 1)"

/*
 * Few claims wait for a payment and all are active, so the index of active claims finds them.  A hold ends with the
 * window at the latest, whenever the schedule comes to it.
 */
static EcpPlan drop_unpaid =
ECP_PLAN("UPDATE ecopanier.reservation r SET state = 'cancelled', cancel_reason = 'not_paid' "
		 "FROM ecopanier.territory t CROSS JOIN LATERAL (SELECT $1 - " HOLD_MINUTES " AS before) hold CROSS JOIN LATERAL ("
		 "SELECT n.territory_id, n.id FROM ecopanier.reservation n "
		 "JOIN ecopanier_private.lot_stock s ON s.territory_id = n.territory_id AND s.lot_id = n.lot_id "
		 "WHERE n.territory_id = t.id AND n.state = 'awaiting_payment' AND (n.claimed_at <= hold.before OR n.window_end <= $1) "
		 "ORDER BY n.claimed_at LIMIT $2 FOR UPDATE OF n SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED) due "
		 "WHERE r.territory_id = due.territory_id AND r.id = due.id",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_unpaid =
ECP_PLAN("SELECT min(d.at) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT least(min(r.claimed_at) + " HOLD_MINUTES ", min(r.window_end)) AS at FROM ecopanier.reservation r "
		 "WHERE r.territory_id = t.id AND r.state = 'awaiting_payment') d",
		 TIMESTAMPTZOID);

int64
ecp_lot_close_due(int limit)
{
	return ecp_due_run(&close_lots, limit);
}

TimestampTz
ecp_lot_close_next(void)
{
	return ecp_due_next(&next_close);
}

int64
ecp_payment_hold_due(int limit)
{
	return ecp_due_run(&drop_unpaid, limit);
}

TimestampTz
ecp_payment_hold_next(void)
{
	return ecp_due_next(&next_unpaid);
}
