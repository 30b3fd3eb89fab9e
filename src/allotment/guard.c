/*
 * The guard of the tables of allotment rounds.
 *
 * Their rows follow from each other: units of a round are movements of the lot,
 * an outcome is a claim, a seed is what was committed to.  So nobody writes
 * them but the functions of this room, superusers included; an erasure alone
 * takes a person's id away.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "allotment/round.h"
#include "common/clock.h"
#include "common/derived.h"
#include "common/erasing.h"
#include "common/errors.h"
#include "common/transition.h"
#include "common/trigger.h"

PG_FUNCTION_INFO_V1(ecp_trg_allotment_guard);

static const EcpTransition transitions[] = {
	{"open", "drawn"}, {"open", "cancelled"}, {NULL, NULL}
};

static EcpDerived derived = {0};

void
ecp_allotment_write(EcpPlan *plan, Datum *values, const char *nulls)
{
	ecp_derived_run(&derived, plan, values, nulls);
}

/* The column with this name, -1 where the table has none. */
static int
find_column(TupleDesc desc, const char *name)
{
	int			i;

	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped && strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return i;
	return -1;
}

/* Who is erased before the draw takes no part in it. */
static void
withdraw_erased(EcpRow *row)
{
	int			member = find_column(row->desc, "member_id");

	if (member < 0 || !row->nulls[member] || row->old_nulls[member])
		return;
	if (row->nulls[ecp_row_column(row->desc, "outcome")] && row->nulls[ecp_row_column(row->desc, "withdrawn_at")])
		ecp_row_set(row, ecp_row_column(row->desc, "withdrawn_at"), TimestampTzGetDatum(ecp_clock_now()));
}

static void
check_update(EcpRow *row, const Trigger *trigger)
{
	const char **frozen = palloc0(trigger->tgnargs * sizeof(char *));
	int			state = find_column(row->desc, "state");

	memcpy(frozen, trigger->tgargs + 1, (trigger->tgnargs - 1) * sizeof(char *));
	ecp_row_freeze(row, frozen);
	if (state >= 0)
		ecp_transition_check(row, state, transitions);
	withdraw_erased(row);
}

Datum
ecp_trg_allotment_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = ecp_trigger_data(fcinfo);
	bool		insert = TRIGGER_FIRED_BY_INSERT(data->tg_event);
	bool		delete = TRIGGER_FIRED_BY_DELETE(data->tg_event);
	EcpRow		row;

	if (delete && strcmp(data->tg_trigger->tgargs[0], "forget") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("rows of \"%s\" are not deleted", RelationGetRelationName(data->tg_relation)),
				 errhint("An open round can be cancelled with ecopanier.cancel_allotment().")));
	if (insert || !ecp_is_erasing())
		ecp_derived_require(&derived, data, "Rounds are opened with ecopanier.open_allotment(), interest is declared with ecopanier.declare_interest().");
	ecp_row_open(&row, data);
	if (row.old_values)
		check_update(&row, data->tg_trigger);
	return delete ? PointerGetDatum(data->tg_trigtuple) : ecp_row_close(&row);
}
