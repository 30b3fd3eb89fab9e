/*
 * What trigger functions share; see trigger.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "common/errors.h"
#include "common/generation.h"
#include "common/trigger.h"

TriggerData *
ecp_trigger_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("this function is called by triggers only")));
	return (TriggerData *) fcinfo->context;
}

void
ecp_row_open(EcpRow *row, TriggerData *trigger)
{
	int			columns = trigger->tg_relation->rd_att->natts;
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);

	row->trigger = trigger;
	row->desc = trigger->tg_relation->rd_att;
	row->given = update ? trigger->tg_newtuple : trigger->tg_trigtuple;
	row->values = palloc(columns * sizeof(Datum));
	row->nulls = palloc(columns * sizeof(bool));
	row->old_values = NULL;
	row->old_nulls = NULL;
	row->changed = false;
	heap_deform_tuple(row->given, row->desc, row->values, row->nulls);
	if (update)
	{
		row->old_values = palloc(columns * sizeof(Datum));
		row->old_nulls = palloc(columns * sizeof(bool));
		heap_deform_tuple(trigger->tg_trigtuple, row->desc, row->old_values, row->old_nulls);
	}
}

Datum
ecp_row_close(EcpRow *row)
{
	if (!row->changed)
		return PointerGetDatum(row->given);
	return PointerGetDatum(heap_form_tuple(row->desc, row->values, row->nulls));
}

int
ecp_row_column(TupleDesc desc, const char *name)
{
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!column->attisdropped && strcmp(NameStr(column->attname), name) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ECP_ERR_OUTDATED),
			 errmsg("the tables of ecopanier are older than its library"),
			 errdetail("There is no column \"%s\".", name),
			 errhint("Run ALTER EXTENSION ecopanier UPDATE; SELECT ecopanier.install(); as a superuser.")));
	return -1;
}

bool
ecp_row_lacks(const EcpRow *row, const char *name)
{
	return row->nulls[ecp_row_column(row->desc, name)];
}

Datum
ecp_row_value(const EcpRow *row, const char *name)
{
	return row->values[ecp_row_column(row->desc, name)];
}

void
ecp_columns_find(EcpColumns *columns, Relation relation)
{
	int			i;

	if (columns->relation == RelationGetRelid(relation) && columns->generation == ecp_generation())
		return;
	for (i = 0; columns->names[i]; i++)
		columns->positions[i] = ecp_row_column(RelationGetDescr(relation), columns->names[i]);
	columns->relation = RelationGetRelid(relation);
	columns->generation = ecp_generation();
}

bool
ecp_trigger_is_replica(void)
{
	return SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA;
}

void
ecp_row_set(EcpRow *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
	row->changed = true;
}

void
ecp_row_set_null(EcpRow *row, int column)
{
	row->values[column] = (Datum) 0;
	row->nulls[column] = true;
	row->changed = true;
}

bool
ecp_row_differs(const EcpRow *row, int column)
{
	Form_pg_attribute attribute = TupleDescAttr(row->desc, column);

	if (row->nulls[column] || row->old_nulls[column])
		return row->nulls[column] != row->old_nulls[column];
	return !datum_image_eq(row->values[column], row->old_values[column], attribute->attbyval, attribute->attlen);
}

void
ecp_row_freeze(const EcpRow *row, const char *const *columns)
{
	for (; *columns; columns++)
		if (ecp_row_differs(row, ecp_row_column(row->desc, *columns)))
			ereport(ERROR,
					(errcode(ECP_ERR_HISTORY_KEPT),
					 errmsg("column \"%s\" of \"%s\" cannot change", *columns,
							RelationGetRelationName(row->trigger->tg_relation)),
					 errhint("Make a new row instead.")));
}

void
ecp_require_read_committed(const char *what)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("%s in a READ COMMITTED transaction", what),
				 errhint("Begin with ISOLATION LEVEL READ COMMITTED."),
				 errhidestmt(true)));
}
