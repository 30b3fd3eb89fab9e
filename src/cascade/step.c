/*
 * The rows of cascade_step; see step.h.
 *
 * Units that a step takes leave the stock of the lot, in a movement that names
 * the step; what is refused, not answered or not collected comes back in another,
 * and the cascade looks at the lot anew.  So what a step holds is the sum of its
 * movements, and self_check() can say so.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "background/wake.h"
#include "cascade/end.h"
#include "cascade/step.h"
#include "common/clock.h"
#include "common/derived.h"
#include "common/errors.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "event/append.h"
#include "market/movement.h"
#include "territory/id.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_trg_cascade_step_guard);
PG_FUNCTION_INFO_V1(ecp_trg_cascade_due_guard);
PG_FUNCTION_INFO_V1(ecp_trg_lot_cascade);
PG_FUNCTION_INFO_V1(ecp_trg_lot_source_guard);
PG_FUNCTION_INFO_V1(ecp_trg_reservation_cascade);

static EcpPlan insert_step =
ECP_PLAN("INSERT INTO ecopanier.cascade_step (territory_id, id, lot_id, organisation_id, number, stage, state, reason, quantity, weight_g, "
		 "at, day, deadline, receiver_id, receiver_organisation_id, short_dated, child_lot_id, request_id, decided_by, units_limit, weight_limit_g) "
		 "SELECT $1, $2, $3, l.organisation_id, 1 + coalesce((SELECT max(s.number) FROM ecopanier.cascade_step s "
		 "WHERE s.territory_id = $1 AND s.lot_id = $3), 0), $4, $5, $6, $7, $8, $9, ($9 AT TIME ZONE t.time_zone)::date, $10, $11, $12, $13, $14, $15, $16, "
		 "(SELECT r.units_per_day FROM ecopanier.receiver r WHERE r.territory_id = $1 AND r.id = $11), "
		 "(SELECT r.kg_per_day * bigint '1000' FROM ecopanier.receiver r WHERE r.territory_id = $1 AND r.id = $11) "
		 "FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id WHERE l.territory_id = $1 AND l.id = $3",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID, UUIDOID, BOOLOID,
		 UUIDOID, UUIDOID, UUIDOID);

static EcpPlan update_step =
ECP_PLAN("UPDATE ecopanier.cascade_step SET state = $3, reason = coalesce($4, reason), deadline = coalesce($5, deadline), "
		 "short_dated = coalesce($6, short_dated), decided_at = $7, decided_by = coalesce($8, decided_by), note = coalesce($9, note), received_quantity = $10, received_weight_g = $11 "
		 "WHERE territory_id = $1 AND id = $2 RETURNING lot_id, organisation_id, receiver_organisation_id, quantity",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, BOOLOID, TIMESTAMPTZOID, UUIDOID, TEXTOID, INT4OID, INT8OID);

static EcpPlan find_moved =
ECP_PLAN("SELECT coalesce(sum(public_units), 0)::int, coalesce(sum(solidarity_units), 0)::int FROM ecopanier_private.lot_movement "
		 "WHERE territory_id = $1 AND lot_id = $2 AND cause_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

/* Not while the lot can still be claimed: the end of its window is looked at in any case. */
static EcpPlan look_at =
ECP_PLAN("INSERT INTO ecopanier_private.cascade_due (territory_id, lot_id, due_at, root_id) "
		 "SELECT $1, $2, $3, coalesce(source_lot_id, id) FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan look_after_claim =
ECP_PLAN("INSERT INTO ecopanier_private.cascade_due (territory_id, lot_id, due_at, root_id) "
		 "SELECT $1, $2, $3, coalesce(source_lot_id, id) FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 AND window_end <= $3 AND cold_class IS NOT NULL "
		 "ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static const EcpTransition transitions[] = {
	{"offered", "accepted"}, {"offered", "refused"}, {"offered", "expired"},
	{"accepted", "refused"}, {"accepted", "received"}, {"accepted", "expired"}, {NULL, NULL}
};

/* What a step said when it was written. */
static const char *const facts[] = {
	"territory_id", "id", "lot_id", "organisation_id", "number", "stage", "quantity", "weight_g", "at", "day", "receiver_id",
	"receiver_organisation_id", "units_limit", "weight_limit_g", "child_lot_id", "request_id", NULL
};

static EcpDerived steps = {0};
EcpDerived	ecp_cascade_queue = {0};

static void
tell(int32 territory, const char *kind, const pg_uuid_t *step, const pg_uuid_t *organisation, const pg_uuid_t *lot, int32 quantity)
{
	char	   *facts_text = psprintf("{\"lot_id\": \"%s\", \"quantity\": %d}",
									  DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(lot))), quantity);

	ecp_event_append(territory, kind, step, organisation, NULL, facts_text);
}

static Datum
id_or_null(const pg_uuid_t *id, char *null)
{
	*null = id ? ' ' : 'n';
	return id ? UUIDPGetDatum(id) : (Datum) 0;
}

void
ecp_cascade_step_note(EcpCascadeStep *step)
{
	char		nulls[17] = "                ";
	Datum		values[16];

	ecp_new_id(step->territory, &step->id);
	values[0] = Int32GetDatum(step->territory);
	values[1] = UUIDPGetDatum(&step->id);
	values[2] = UUIDPGetDatum(&step->lot);
	values[3] = CStringGetTextDatum(ecp_stage_names[step->stage]);
	values[4] = CStringGetTextDatum(step->state);
	values[5] = CStringGetTextDatum(ecp_reason_names[step->reason]);
	values[6] = Int32GetDatum(step->quantity);
	values[7] = Int64GetDatum(step->weight_g);
	values[8] = TimestampTzGetDatum(ecp_clock_now());
	values[9] = TimestampTzGetDatum(step->deadline);
	nulls[9] = step->deadline ? ' ' : 'n';
	values[10] = id_or_null(step->receiver, &nulls[10]);
	values[11] = id_or_null(step->receiver_organisation, &nulls[11]);
	values[12] = BoolGetDatum(step->short_dated);
	values[13] = id_or_null(step->child, &nulls[13]);
	values[14] = id_or_null(step->request, &nulls[14]);
	values[15] = id_or_null(step->by, &nulls[15]);
	ecp_derived_run(&steps, &insert_step, values, nulls);
	if (strcmp(step->state, "offered") == 0)
	{
		tell(step->territory, "offer.made", &step->id, step->receiver_organisation, &step->lot, step->quantity);
		ecp_cascade_look(step->territory, &step->lot, step->deadline);
	}
}

static void
move(int32 territory, const pg_uuid_t *step, const pg_uuid_t *lot, int32 public_units, int32 solidarity_units)
{
	EcpMovement movement = {.kind = "cascade", .at = ecp_clock_now()};

	movement.units.territory = territory;
	movement.units.lot = *lot;
	movement.units.public_units = public_units;
	movement.units.solidarity_units = solidarity_units;
	movement.cause = *step;
	ecp_stock_move(&movement, 1);
}

void
ecp_cascade_step_take(const EcpCascadeStep *step, int32 public_units, int32 solidarity_units)
{
	int32		from_public = Min(public_units, step->quantity);

	if (step->quantity > public_units + solidarity_units)
		ereport(ERROR,
				(errcode(ECP_ERR_SOLD_OUT),
				 errmsg("not enough units are left"),
				 errhint("Give fewer, or another lot.")));
	move(step->territory, &step->id, &step->lot, from_public, step->quantity - from_public);
}

void
ecp_cascade_step_return(int32 territory, const pg_uuid_t *step, const pg_uuid_t *lot, int32 units)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(lot), UUIDPGetDatum(step)};
	int32		public_units;

	if (units == 0)
		return;
	ecp_plan_run(&find_moved, values, NULL, false, 1);
	public_units = Min(units, DatumGetInt32(ecp_plan_known(0, 1)));
	move(territory, step, lot, -public_units, public_units - units);
}

void
ecp_cascade_step_change(const EcpStepOutcome *outcome)
{
	bool		received = strcmp(outcome->state, "received") == 0;
	bool		expired = strcmp(outcome->state, "expired") == 0;
	char		nulls[12] = "           ";
	Datum		values[11];
	pg_uuid_t	lot;
	pg_uuid_t	organisation;

	values[0] = Int32GetDatum(outcome->territory);
	values[1] = UUIDPGetDatum(&outcome->id);
	values[2] = CStringGetTextDatum(outcome->state);
	values[3] = outcome->reason ? CStringGetTextDatum(outcome->reason) : (Datum) 0;
	nulls[3] = outcome->reason ? ' ' : 'n';
	values[4] = TimestampTzGetDatum(outcome->deadline);
	values[5] = BoolGetDatum(outcome->short_dated);
	nulls[4] = nulls[5] = outcome->deadline ? ' ' : 'n';
	values[6] = TimestampTzGetDatum(ecp_clock_now());
	values[7] = id_or_null(outcome->by, &nulls[7]);
	values[8] = outcome->note ? CStringGetTextDatum(outcome->note) : (Datum) 0;
	nulls[8] = outcome->note ? ' ' : 'n';
	values[9] = Int32GetDatum(outcome->received_quantity);
	values[10] = Int64GetDatum(outcome->received_weight);
	nulls[9] = nulls[10] = received ? ' ' : 'n';
	ecp_derived_run(&steps, &update_step, values, nulls);
	lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
	organisation = *DatumGetUUIDP(ecp_plan_known(0, expired ? 3 : 2));
	tell(outcome->territory, psprintf("offer.%s", outcome->state), &outcome->id, &organisation, &lot,
		 received ? outcome->received_quantity : DatumGetInt32(ecp_plan_known(0, 4)));
}

void
ecp_cascade_look(int32 territory, const pg_uuid_t *lot, TimestampTz at)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(lot), TimestampTzGetDatum(at)};

	ecp_derived_run(&ecp_cascade_queue, &look_at, values, NULL);
	ecp_wake_at_commit();
}

Datum
ecp_trg_cascade_step_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("steps of the cascade are not deleted"),
				 errhint("They say what became of the units.")));
	ecp_derived_require(&steps, trigger, "Call give_lot(), accept_offer(), refuse_offer() or receive_offer().");
	ecp_row_open(&row, trigger);
	if (row.old_values)
	{
		ecp_transition_check(&row, ecp_row_column(row.desc, "state"), transitions);
		ecp_row_freeze(&row, facts);
	}
	return ecp_row_close(&row);
}

static Datum
value_of(const EcpRow *row, const char *name)
{
	return row->values[ecp_row_column(row->desc, name)];
}

/*
 * What is left of a lot that was closed and says how it is kept goes on when its
 * window is over, what a correction adds later goes on then; one that is cancelled is
 * recalled.
 */
Datum
ecp_trg_lot_cascade(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	int			state;
	int32		territory;
	pg_uuid_t  *lot;
	TimestampTz end;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	state = ecp_row_column(row.desc, "state");
	territory = DatumGetInt32(value_of(&row, "territory_id"));
	lot = DatumGetUUIDP(value_of(&row, "id"));
	if (row.nulls[ecp_row_column(row.desc, "window_end")])
		return PointerGetDatum(NULL);
	end = DatumGetTimestampTz(value_of(&row, "window_end"));
	ecp_plan_begin(&saved);
	if (ecp_text_is(row.values[state], false, "cancelled"))
		ecp_cascade_recall(territory, lot);
	else
		ecp_cascade_look(territory, lot, ecp_row_differs(&row, state) ? end : Max(end, ecp_clock_now()));
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* The queue is written by the rules alone: a lot that is not in it would go nowhere. */
Datum
ecp_trg_cascade_due_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	ecp_derived_require(&ecp_cascade_queue, trigger, "A lot comes here when it is closed; what failed is tried again by itself.");
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

Datum
ecp_trg_lot_source_guard(PG_FUNCTION_ARGS)
{
	(void) ecp_trigger_data(fcinfo);
	ereport(ERROR,
			(errcode(ECP_ERR_HISTORY_KEPT),
			 errmsg("where a lot came from does not change"),
			 errhint("Leave source_lot_id as it is.")));
}

/* A claim that ends after the lot's window gives its units back, which then go on by themselves. */
Datum
ecp_trg_reservation_cascade(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	TimestampTz ended = ecp_clock_now();
	Datum		values[3];
	int			grace;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	if (DatumGetTimestampTz(value_of(&row, "window_end")) > ended)
		return PointerGetDatum(NULL);
	grace = ecp_row_column(row.desc, "grace_until");
	if (strcmp(TextDatumGetCString(value_of(&row, "state")), "lapsed") == 0)
	{
		ended = DatumGetTimestampTz(value_of(&row, "window_end"));
		if (!row.nulls[grace])
			ended = Max(ended, DatumGetTimestampTz(row.values[grace]));
	}
	values[0] = value_of(&row, "territory_id");
	values[1] = value_of(&row, "lot_id");
	values[2] = TimestampTzGetDatum(ended);
	ecp_plan_begin(&saved);
	if (ecp_derived_run(&ecp_cascade_queue, &look_after_claim, values, NULL) > 0)
		ecp_wake_at_commit();
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
