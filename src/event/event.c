/*
 * The guard of events, and the trigger that appends one where a row changes
 * its state.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "common/erasing.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/json.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "event/append.h"
#include "event/event.h"
#include "identity/context.h"

PG_FUNCTION_INFO_V1(ecp_trg_event_guard);
PG_FUNCTION_INFO_V1(ecp_trg_event_state);

static bool removing = false;

void
ecp_event_remove_by(EcpPlan *plan, Datum *values)
{
	PG_TRY();
	{
		removing = true;
		ecp_plan_run(plan, values, NULL, false, 0);
	}
	PG_FINALLY();
	{
		removing = false;
	}
	PG_END_TRY();
}

/* Nobody but the schedule removes, and what is not told is not removed at all. */
static void
check_removal(const EcpRow *row)
{
	if (!removing || row->nulls[ecp_row_column(row->desc, "told_at")])
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("events are not deleted"),
				 errhint("The schedule removes them event_retention_days after they were told.")));
}

/* Facts stay; whom an event concerns is only taken away, at the latest when it is told; what was told is not told again. */
static void
check_change(EcpRow *row)
{
	static const char *const facts[] = {"territory_id", "id", "number", "at", "kind", "subject_id", "organisation_id", "facts", NULL};
	static const char *const person[] = {"member_id", NULL};
	static const char *const told[] = {"told_at", NULL};

	if (!ecp_trigger_is_replica())
		(void) ecp_caller_or_loader();
	ecp_row_freeze(row, facts);
	if (!row->nulls[ecp_row_column(row->desc, "member_id")])
		ecp_row_freeze(row, person);
	if (!row->old_nulls[ecp_row_column(row->desc, "told_at")])
		ecp_row_freeze(row, told);
	if (row->nulls[ecp_row_column(row->desc, "told_at")])
		return;
	ecp_row_set_null(row, ecp_row_column(row->desc, "member_id"));
	ecp_row_set_null(row, ecp_row_column(row->desc, "last_error"));
}

Datum
ecp_trg_event_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;

	ecp_row_open(&row, trigger);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		check_removal(&row);
	else
		check_change(&row);
	return ecp_row_close(&row);
}

/* The uuid in the column that an argument of the trigger names; NULL where it names none, or that is null. */
static const pg_uuid_t *
named_id(const EcpRow *row, int argument)
{
	const char *name = row->trigger->tg_trigger->tgargs[argument];
	int			column;

	if (name[0] == '\0')
		return NULL;
	column = ecp_row_column(row->desc, name);
	return row->nulls[column] ? NULL : DatumGetUUIDP(row->values[column]);
}

/* The named columns as a JSON object, NULL where there are none. */
static const char *
named_facts(const EcpRow *row, int first)
{
	const Trigger *definition = row->trigger->tg_trigger;
	StringInfoData facts;
	int			i;

	if (first >= definition->tgnargs)
		return NULL;
	initStringInfo(&facts);
	for (i = first; i < definition->tgnargs; i++)
	{
		int			column = ecp_row_column(row->desc, definition->tgargs[i]);

		appendStringInfoString(&facts, i == first ? "{" : ", ");
		escape_json(&facts, definition->tgargs[i]);
		appendStringInfoString(&facts, ": ");
		ecp_json_append_value(&facts, TupleDescAttr(row->desc, column)->atttypid, row->values[column], row->nulls[column]);
	}
	appendStringInfoChar(&facts, '}');
	return facts.data;
}

/* AFTER trigger, for each row: the event of the state that the row is in now. */
Datum
ecp_trg_event_state(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	char	   *state;

	if (ecp_is_erasing() || ecp_is_installing())
		return PointerGetDatum(NULL);
	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	state = TextDatumGetCString(row.values[ecp_row_column(row.desc, "state")]);
	ecp_plan_begin(&saved);
	ecp_event_append(DatumGetInt32(row.values[ecp_row_column(row.desc, "territory_id")]),
					 psprintf("%s.%s", row.trigger->tg_trigger->tgargs[0], state),
					 named_id(&row, 1), named_id(&row, 2), named_id(&row, 3), named_facts(&row, 4));
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
