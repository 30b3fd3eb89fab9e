/*
 * What becomes of an organisation's lots when it stops acting.
 *
 * Suspended, its staff cannot hand anything over, so what is still to be
 * picked up is cancelled with its claims: people get their units back (rule
 * D3) and are not sent to a closed counter.  Closing is an orderly end: claims
 * end, and it is refused while baskets are held.  A claim does not look at the
 * organisation: its lot tells enough.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"

PG_FUNCTION_INFO_V1(ecp_trg_organisation_withdrawn);

/* Lots of the organisation that are not over at $3; a released basket may be fetched after the window. */
#define OPEN_LOTS \
	"territory_id = $1 AND organisation_id = $2 AND state IN ('published', 'closed') AND (window_end > $3 OR EXISTS " \
	"(SELECT FROM ecopanier.reservation r WHERE r.territory_id = l.territory_id AND r.lot_id = l.id AND r.state = 'held' " \
	"AND r.grace_until > $3))"

static EcpPlan lock_lots =
ECP_PLAN("SELECT 1 FROM ecopanier.lot l WHERE " OPEN_LOTS " ORDER BY l.id FOR UPDATE",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan cancel_lots =
ECP_PLAN("UPDATE ecopanier.lot l SET state = 'cancelled', cancel_reason = 'organisation_suspended' WHERE " OPEN_LOTS,
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan close_lots =
ECP_PLAN("UPDATE ecopanier.lot l SET state = 'closed' WHERE " OPEN_LOTS " AND state = 'published'",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan count_held =
ECP_PLAN("SELECT count(*) FROM ecopanier.lot l JOIN ecopanier.reservation r ON r.territory_id = l.territory_id AND r.lot_id = l.id "
		 "WHERE l.territory_id = $1 AND l.organisation_id = $2 AND r.state IN ('awaiting_payment', 'held')",
		 INT4OID, UUIDOID);

static void
check_held(Datum *values)
{
	int64		held;

	ecp_plan_run(&count_held, values, NULL, false, 1);
	held = DatumGetInt64(ecp_plan_known(0, 1));
	if (held > 0)
		ereport(ERROR,
				(errcode(ECP_ERR_OPEN_OBLIGATION),
				 errmsg("baskets of the organisation are still to be handed over"),
				 errdetail("Open claims: %lld.", (long long) held),
				 errhint("Wait until they are fetched or ecopanier.lapse_due() has ended them, or suspend it, which cancels them.")));
}

Datum
ecp_trg_organisation_withdrawn(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		values[3];
	int			state;
	bool		suspended;
	bool		closed;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	state = ecp_row_column(row.desc, "state");
	suspended = ecp_text_is(row.values[state], false, "suspended");
	closed = ecp_text_is(row.values[state], false, "closed");
	if (!ecp_row_differs(&row, state) || (!suspended && !closed))
		return PointerGetDatum(NULL);
	ecp_require_read_committed("an organisation is suspended or closed");	/* lots could be missed */
	values[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	values[1] = row.values[ecp_row_column(row.desc, "id")];
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_lots, values, NULL, false, 0);
	if (SPI_processed > 0)
		ecp_plan_run(suspended ? &cancel_lots : &close_lots, values, NULL, false, 0);
	if (closed)
		check_held(values);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
