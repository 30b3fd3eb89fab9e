/*
 * Offers that end by themselves, and lots that are recalled; see end.h.
 *
 * A deadline is looked at when the cascade comes to it.  A recall is not left to
 * a queue: food that may not be safe is out of offer, and out of what receivers may
 * collect, in the transaction that cancels the lot.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "cascade/end.h"
#include "cascade/step.h"
#include "common/clock.h"
#include "common/plan.h"
#include "event/append.h"

static EcpPlan find_ended =
ECP_PLAN("SELECT id, state, quantity FROM ecopanier.cascade_step WHERE territory_id = $1 AND lot_id = $2 AND state IN ('offered', 'accepted') "
		 "AND (deadline <= $3 OR $4) ORDER BY number FOR UPDATE",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, BOOLOID);

static EcpPlan cancel_child =
ECP_PLAN("UPDATE ecopanier.lot c SET state = 'cancelled', cancel_reason = l.cancel_reason FROM ecopanier.lot l "
		 "WHERE l.territory_id = $1 AND l.id = $2 AND c.territory_id = l.territory_id AND c.source_lot_id = l.id "
		 "AND c.state IN ('published', 'closed')",
		 INT4OID, UUIDOID);

static EcpPlan find_receivers =
ECP_PLAN("SELECT DISTINCT receiver_organisation_id FROM ecopanier.cascade_step WHERE territory_id = $1 AND lot_id = $2 "
		 "AND receiver_organisation_id IS NOT NULL AND state IN ('received', 'done')",
		 INT4OID, UUIDOID);

/* Takes back offers whose deadline is past, or all of them; how many. */
static int
end_offers(int32 territory, const pg_uuid_t *lot, bool recalled)
{
	Datum		values[4] = {Int32GetDatum(territory), UUIDPGetDatum(lot), TimestampTzGetDatum(ecp_clock_now()), BoolGetDatum(recalled)};
	EcpStepOutcome *outcomes;
	int32	   *quantities;
	int			count;
	int			i;

	ecp_plan_run(&find_ended, values, NULL, false, 0);
	count = (int) SPI_processed;
	outcomes = palloc0(Max(count, 1) * sizeof(EcpStepOutcome));
	quantities = palloc(Max(count, 1) * sizeof(int32));
	for (i = 0; i < count; i++)
	{
		outcomes[i].territory = territory;
		outcomes[i].id = *DatumGetUUIDP(ecp_plan_known(i, 1));
		outcomes[i].state = "expired";
		outcomes[i].reason = ecp_reason_names[recalled ? ECP_REASON_LOT_CANCELLED :
											  strcmp(ecp_plan_text(i, 2), "offered") == 0 ? ECP_REASON_NOT_ANSWERED : ECP_REASON_NOT_COLLECTED];
		quantities[i] = DatumGetInt32(ecp_plan_known(i, 3));
	}
	for (i = 0; i < count; i++)
	{
		ecp_cascade_step_change(&outcomes[i]);
		ecp_cascade_step_return(territory, &outcomes[i].id, lot, quantities[i]);
	}
	return count;
}

bool
ecp_cascade_end_offers(int32 territory, const pg_uuid_t *lot)
{
	return end_offers(territory, lot, false) > 0;
}

void
ecp_cascade_recall(int32 territory, const pg_uuid_t *lot)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(lot)};
	pg_uuid_t  *receivers;
	int			count;
	int			i;

	(void) end_offers(territory, lot, true);
	ecp_plan_run(&cancel_child, values, NULL, false, 0);
	ecp_plan_run(&find_receivers, values, NULL, false, 0);
	count = (int) SPI_processed;
	receivers = palloc(Max(count, 1) * sizeof(pg_uuid_t));
	for (i = 0; i < count; i++)
		receivers[i] = *DatumGetUUIDP(ecp_plan_known(i, 1));
	for (i = 0; i < count; i++)
		ecp_event_append(territory, "lot.cancelled", lot, &receivers[i], NULL, NULL);
}
