/*
 * Appending events.
 *
 * Every reservation writes an event, and an executor for one row costs more
 * than the row.  So the row and its index entries are written directly, as the
 * owner of the table, whom neither grants nor row security would stop: no rule
 * is passed by, since the table has none for new rows.
 *
 * That holds for the table as the migration made it.  What is found otherwise
 * (a further column, a trigger for rows, a constraint, an index on an expression
 * or of another kind, a partitioned table) makes it an ordinary INSERT, which
 * is looked at again whenever the table changes.  Of an index on a part of the
 * table, new events are all in or all out, where its condition asks for nothing but
 * what is the same in all of them: how far they were told.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "background/wake.h"
#include "common/clock.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "event/append.h"
#include "territory/id.h"

enum
{
	COLUMN_TERRITORY,
	COLUMN_ATTEMPTS,
	COLUMN_NUMBER,
	COLUMN_AT,
	COLUMN_NEXT_AT,
	COLUMN_TOLD_AT,
	COLUMN_ID,
	COLUMN_SUBJECT,
	COLUMN_ORGANISATION,
	COLUMN_MEMBER,
	COLUMN_KIND,
	COLUMN_FACTS,
	COLUMN_LAST_ERROR,
	COLUMN_COUNT
};

static const char *const column_names[] = {
	"territory_id", "attempts", "number", "at", "next_at", "told_at", "id", "subject_id", "organisation_id", "member_id",
	"kind", "facts", "last_error", NULL
};

static int	positions[COLUMN_COUNT];
static EcpColumns columns = {.names = column_names, .positions = positions};

static EcpPlan insert_event =
ECP_PLAN("INSERT INTO ecopanier.event (territory_id, id, at, kind, subject_id, organisation_id, member_id, facts) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID, UUIDOID, UUIDOID, JSONBOID);

#define INDEXES_MAX 8

/* What is known of the table in this backend, for one generation of relations. */
static struct
{
	uint64		generation;
	Oid			relation;
	Oid			sequence;
	bool		direct;
	int			index_count;
	Oid			indexes[INDEXES_MAX];	/* that new events are in */
} table;

/* Counts changes of relations. */
static uint64 generation = 1;

static void
count_change(Datum arg pg_attribute_unused(), Oid relation pg_attribute_unused())
{
	generation++;
}

/* The columns that are the same in all new events. */
static void
fill_constants(Datum *values, bool *nulls)
{
	memset(nulls, true, COLUMN_COUNT * sizeof(bool));
	values[positions[COLUMN_ATTEMPTS]] = Int32GetDatum(0);
	nulls[positions[COLUMN_ATTEMPTS]] = false;
	values[positions[COLUMN_NEXT_AT]] = TimestampTzGetDatum(DT_NOBEGIN);
	nulls[positions[COLUMN_NEXT_AT]] = false;
}

/* Whether a condition asks for nothing but those. */
static bool
asks_for_constants(List *condition)
{
	static const int constants[] = {COLUMN_ATTEMPTS, COLUMN_NEXT_AT, COLUMN_TOLD_AT, COLUMN_LAST_ERROR};
	Bitmapset  *asked = NULL;
	Size		i;

	pull_varattnos((Node *) condition, 1, &asked);
	for (i = 0; i < lengthof(constants); i++)
		asked = bms_del_member(asked, positions[constants[i]] + 1 - FirstLowInvalidHeapAttributeNumber);
	return bms_is_empty(asked);
}

/* Whether new events are in an index of that condition. */
static bool
holds_for_new(List *condition, TupleDesc desc)
{
	EState	   *estate = CreateExecutorState();
	TupleTableSlot *slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	bool		holds;

	fill_constants(slot->tts_values, slot->tts_isnull);
	ExecStoreVirtualTuple(slot);
	GetPerTupleExprContext(estate)->ecxt_scantuple = slot;
	holds = ExecQual(ExecPrepareQual(condition, estate), GetPerTupleExprContext(estate));
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
	return holds;
}

/* Notes an index; false where it needs the executor. */
static bool
note_index(Relation index, TupleDesc desc)
{
	Form_pg_index form = index->rd_index;
	List	   *condition = RelationGetIndexPredicate(index);
	int			i;

	if (!form->indisready)
		return true;
	if (index->rd_rel->relam != BTREE_AM_OID || !form->indimmediate || form->indisexclusion || RelationGetIndexExpressions(index) != NIL)
		return false;
	for (i = 0; i < form->indnatts; i++)
		if (form->indkey.values[i] <= 0)
			return false;
	if (condition != NIL && !asks_for_constants(condition))
		return false;
	if (condition != NIL && !holds_for_new(condition, desc))
		return true;
	if (table.index_count == INDEXES_MAX)
		return false;
	table.indexes[table.index_count++] = RelationGetRelid(index);
	return true;
}

/* Whether a row can be written without the executor; notes the indexes. */
static bool
can_write_directly(Relation relation)
{
	TriggerDesc *triggers = relation->trigdesc;
	TupleDesc	desc = RelationGetDescr(relation);
	List	   *indexes;
	ListCell   *cell;
	bool		can = true;

	table.index_count = 0;
	if (relation->rd_rel->relkind != RELKIND_RELATION || relation->rd_tableam != GetHeapamTableAmRoutine() ||
		desc->natts != COLUMN_COUNT || relation->rd_rules != NULL || (desc->constr && desc->constr->num_check > 0) ||
		(triggers && (triggers->trig_insert_before_row || triggers->trig_insert_after_row || triggers->trig_insert_new_table)))
		return false;
	indexes = RelationGetIndexList(relation);
	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		can = can && note_index(index, desc);
		index_close(index, NoLock);
	}
	list_free(indexes);
	return can;
}

/* Opens and locks the table, with what is known of it brought up to date: the lock taken, it does not change. */
static Relation
open_table(void)
{
	static bool registered = false;
	Relation	relation;
	uint64		seen;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(count_change, (Datum) 0);
		registered = true;
	}
	if (table.generation != generation)
		table.relation = get_relname_relid("event", get_namespace_oid("ecopanier", false));
	relation = table_open(table.relation, RowExclusiveLock);
	while (table.generation != generation)
	{
		seen = generation;
		ecp_columns_find(&columns, relation);
		table.sequence = getIdentitySequence(table.relation, positions[COLUMN_NUMBER] + 1, false);
		table.direct = can_write_directly(relation);
		table.generation = seen;
	}
	return relation;
}

static void
insert_index_entries(Relation relation, HeapTuple row, const Datum *values, const bool *nulls)
{
	IndexInfo	info = {.type = T_IndexInfo};	/* the kind of index that is noted does not ask it */
	int			i;

	for (i = 0; i < table.index_count; i++)
	{
		Relation	index = index_open(table.indexes[i], RowExclusiveLock);
		Datum		keys[INDEX_MAX_KEYS];
		bool		nokeys[INDEX_MAX_KEYS];
		int			k;

		for (k = 0; k < index->rd_index->indnatts; k++)
		{
			int			column = index->rd_index->indkey.values[k] - 1;

			keys[k] = values[column];
			nokeys[k] = nulls[column];
		}
		index_insert(index, keys, nokeys, &row->t_self, relation,
					 index->rd_index->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, &info);
		index_close(index, NoLock);
	}
}

/* Writes a row; given: the values that insert_event takes. */
static void
write_row(Relation relation, const Datum *given, const char *given_nulls)
{
	static const int order[] = {COLUMN_TERRITORY, COLUMN_ID, COLUMN_AT, COLUMN_KIND, COLUMN_SUBJECT, COLUMN_ORGANISATION,
	COLUMN_MEMBER, COLUMN_FACTS};
	Datum		values[COLUMN_COUNT];
	bool		nulls[COLUMN_COUNT];
	HeapTuple	row;
	Size		i;

	fill_constants(values, nulls);
	values[positions[COLUMN_NUMBER]] = Int64GetDatum(nextval_internal(table.sequence, false));
	nulls[positions[COLUMN_NUMBER]] = false;
	for (i = 0; i < lengthof(order); i++)
	{
		values[positions[order[i]]] = given[i];
		nulls[positions[order[i]]] = given_nulls[i] == 'n';
	}
	row = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	heap_insert(relation, row, GetCurrentCommandId(true), 0, NULL);
	insert_index_entries(relation, row, values, nulls);
	heap_freetuple(row);
}

void
ecp_event_append(int32 territory, const char *kind, const pg_uuid_t *subject,
				 const pg_uuid_t *organisation, const pg_uuid_t *member, const char *facts)
{
	pg_uuid_t	id;
	Datum		values[8];
	char		nulls[] = "        ";
	Relation	relation;

	ecp_new_id(territory, &id);
	values[0] = Int32GetDatum(territory);
	values[1] = UUIDPGetDatum(&id);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	values[3] = CStringGetTextDatum(kind);
	values[4] = UUIDPGetDatum(subject);
	values[5] = UUIDPGetDatum(organisation);
	nulls[5] = organisation ? ' ' : 'n';
	values[6] = UUIDPGetDatum(member);
	nulls[6] = member ? ' ' : 'n';
	values[7] = facts ? DirectFunctionCall1(jsonb_in, CStringGetDatum(facts)) : (Datum) 0;
	nulls[7] = facts ? ' ' : 'n';
	relation = open_table();
	if (table.direct)
		write_row(relation, values, nulls);
	else
		ecp_plan_run(&insert_event, values, nulls, false, 0);
	table_close(relation, NoLock);
	ecp_wake_at_commit();
}
