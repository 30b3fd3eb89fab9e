/*
 * Movements of units; see movement.h.
 *
 * What is left of a lot is what it had, less what claims hold, less what moved:
 * stock.c computes it again from these rows, check.c proves it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/derived.h"
#include "common/errors.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "market/movement.h"
#include "market/use_by.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_movement_guard);

static EcpPlan insert_movement =
ECP_PLAN("INSERT INTO ecopanier_private.lot_movement (territory_id, id, lot_id, kind, cause_id, public_units, solidarity_units, at) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID, UUIDOID, INT4OID, INT4OID, TIMESTAMPTZOID);

static EcpDerived written = {0};

static void
note_movement(const EcpMovement *movement)
{
	pg_uuid_t	id;
	Datum		values[8];

	ecp_new_id(movement->units.territory, &id);
	values[0] = Int32GetDatum(movement->units.territory);
	values[1] = UUIDPGetDatum(&id);
	values[2] = UUIDPGetDatum(&movement->units.lot);
	values[3] = CStringGetTextDatum(movement->kind);
	values[4] = UUIDPGetDatum(&movement->cause);
	values[5] = Int32GetDatum((int32) movement->units.public_units);
	values[6] = Int32GetDatum((int32) movement->units.solidarity_units);
	values[7] = TimestampTzGetDatum(movement->at);
	ecp_derived_run(&written, &insert_movement, values, NULL);
}

/* Past its use-by date nothing goes to people; what a round gives back and what the cascade takes away may. */
static void
check_use_by(const EcpMovement *movement)
{
	if ((movement->units.public_units > 0 || movement->units.solidarity_units > 0) && strcmp(movement->kind, "cascade") != 0)
		ecp_lot_require_handover(Int32GetDatum(movement->units.territory), UUIDPGetDatum(&movement->units.lot),
								 TimestampTzGetDatum(movement->at));
}

void
ecp_stock_move(EcpMovement *movements, int count)
{
	EcpStockTake *takes = palloc(Max(count, 1) * sizeof(EcpStockTake));
	int			i;

	for (i = 0; i < count; i++)
	{
		check_use_by(&movements[i]);
		note_movement(&movements[i]);
		takes[i] = movements[i].units;
	}
	ecp_stock_take(takes, count);
	pfree(takes);
}

Datum
ecp_trg_lot_movement_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("movements of units are neither changed nor deleted"),
				 errhint("A movement the other way puts one right.")));
	ecp_derived_require(&written, trigger, "Units move by sponsoring, by allotment rounds and in the cascade.");
	return PointerGetDatum(trigger->tg_trigtuple);
}
