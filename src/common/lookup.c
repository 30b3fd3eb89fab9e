/*
 * Reading one row by its key; see lookup.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "common/generation.h"
#include "common/lookup.h"
#include "common/trigger.h"

/* Whether the index answers the lookup: whole, ordered, and beginning with its columns. */
static bool
index_fits(const EcpLookup *lookup, Relation table, Relation index)
{
	Form_pg_index form = index->rd_index;
	int			last = lookup->plan.nargs - 1;
	int			i;

	if (index->rd_rel->relam != BTREE_AM_OID || !form->indisvalid || form->indcheckxmin ||
		!heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL))
		return false;
	for (i = 0; lookup->keys[i]; i++)
	{
		AttrNumber	column = i < form->indnkeyatts ? form->indkey.values[i] : 0;

		if (column <= 0 || strcmp(NameStr(TupleDescAttr(RelationGetDescr(table), column - 1)->attname), lookup->keys[i]) != 0)
			return false;
		if (lookup->newest && i >= last && !(index->rd_indoption[i] & INDOPTION_DESC))
			return false;
	}
	return true;
}

/* Notes the index's operators for the keys; false where its types are others. */
static bool
find_operators(EcpLookup *lookup, Relation index)
{
	int			i;

	for (i = 0; i < lookup->plan.nargs; i++)
	{
		bool		at_most = lookup->newest && i == lookup->plan.nargs - 1;
		Oid			type = index->rd_opcintype[i];
		Oid			operator = get_opfamily_member(index->rd_opfamily[i], type, type,
												   at_most ? BTLessEqualStrategyNumber : BTEqualStrategyNumber);

		if (type != lookup->plan.types[i] || !OidIsValid(operator))
			return false;
		lookup->operators[i] = get_opcode(operator);
	}
	return true;
}

/* Looks for an index of the open table that answers the lookup. */
static void
find_index(EcpLookup *lookup, Relation table)
{
	List	   *indexes = table->rd_rel->relkind == RELKIND_RELATION ? RelationGetIndexList(table) : NIL;
	ListCell   *cell;
	int			i;

	lookup->index = InvalidOid;
	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (!OidIsValid(lookup->index) && index_fits(lookup, table, index) && find_operators(lookup, index))
			lookup->index = RelationGetRelid(index);
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	for (i = 0; i < lookup->plan.nargs; i++)
		lookup->key_positions[i] = ecp_row_column(RelationGetDescr(table), lookup->keys[i]) + 1;
	for (i = 0; lookup->columns[i]; i++)
		lookup->positions[i] = ecp_row_column(RelationGetDescr(table), lookup->columns[i]) + 1;
}

/*
 * Opens and locks the table, with what is known of it brought up to date: the
 * lock taken, its index cannot go.
 */
static Relation
open_table(EcpLookup *lookup)
{
	Relation	table;
	uint64		seen;

	if (lookup->generation != ecp_generation())
		lookup->relation = get_relname_relid(lookup->table, get_namespace_oid("ecopanier", false));
	table = table_open(lookup->relation, AccessShareLock);
	while (lookup->generation != ecp_generation())
	{
		seen = ecp_generation();
		find_index(lookup, table);
		if (lookup->places)
			memset(lookup->places, 0, ECP_LOOKUP_PLACES * sizeof(ItemPointerData));
		lookup->generation = seen;
	}
	return table;
}

/* Copies the columns of the answer out of the row. */
static void
copy_row(const EcpLookup *lookup, HeapTuple row, TupleDesc desc, Datum *values, bool *nulls)
{
	int			i;

	for (i = 0; lookup->columns[i]; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, lookup->positions[i] - 1);

		values[i] = heap_getattr(row, lookup->positions[i], desc, &nulls[i]);
		if (!nulls[i])
			values[i] = datumCopy(values[i], column->attbyval, column->attlen);
	}
}

/*
 * Who is who and what is in force is asked of the present: a transaction that
 * keeps an old snapshot does not keep a right that was taken since.
 */
static Snapshot
current_snapshot(void)
{
	return IsolationUsesXactSnapshot() && !IsInParallelMode() ? GetLatestSnapshot() : GetActiveSnapshot();
}

/* Where the row of these keys may be remembered: several keys share a place. */
static ItemPointer
place_of(const EcpLookup *lookup, const Datum *keys)
{
	int			last = lookup->plan.nargs - 1;
	uint32		number = lookup->plan.types[last] == UUIDOID ?
		DatumGetUUIDP(keys[last])->data[UUID_LEN - 1] : DatumGetUInt32(keys[last]);

	return &lookup->places[number % ECP_LOOKUP_PLACES];
}

static bool
has_keys(const EcpLookup *lookup, HeapTuple row, TupleDesc desc, const Datum *keys)
{
	int			i;

	for (i = 0; i < lookup->plan.nargs; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, lookup->key_positions[i] - 1);
		bool		isnull;
		Datum		value = heap_getattr(row, lookup->key_positions[i], desc, &isnull);

		if (isnull || !datumIsEqual(value, keys[i], column->attbyval, column->attlen))
			return false;
	}
	return true;
}

/*
 * Reads the row where one of its key was found before; false where it is not
 * there any more.  VACUUM may have cut the table off before the place.
 */
static bool
read_place(const EcpLookup *lookup, Relation table, const Datum *keys, Datum *values, bool *nulls)
{
	HeapTupleData row = {.t_self = *place_of(lookup, keys)};
	Snapshot	snapshot;
	Buffer		buffer;
	bool		found = false;

	if (!ItemPointerIsValid(&row.t_self) || ItemPointerGetBlockNumber(&row.t_self) >= RelationGetNumberOfBlocks(table))
		return false;
	snapshot = RegisterSnapshot(current_snapshot());
	if (heap_fetch(table, snapshot, &row, &buffer, false))
	{
		found = has_keys(lookup, &row, RelationGetDescr(table), keys);
		if (found)
			copy_row(lookup, &row, RelationGetDescr(table), values, nulls);
		ReleaseBuffer(buffer);
	}
	UnregisterSnapshot(snapshot);
	return found;
}

/* Reads the first row, and counts up to most. */
static int
read_index(const EcpLookup *lookup, Relation table, const Datum *keys, Datum *values, bool *nulls, int most)
{
	Relation	index = index_open(lookup->index, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(current_snapshot());
	IndexScanDesc scan = index_beginscan(table, index, snapshot, lookup->plan.nargs, 0);
	TupleTableSlot *slot = table_slot_create(table, NULL);
	ScanKeyData scan_keys[ECP_LOOKUP_MAX];
	int			found = 0;
	int			i;

	for (i = 0; i < lookup->plan.nargs; i++)
		ScanKeyEntryInitialize(&scan_keys[i], 0, i + 1,
							   lookup->newest && i == lookup->plan.nargs - 1 ? BTLessEqualStrategyNumber : BTEqualStrategyNumber,
							   InvalidOid, index->rd_indcollation[i], lookup->operators[i], keys[i]);
	index_rescan(scan, scan_keys, lookup->plan.nargs, NULL, 0);
	while (found < most && index_getnext_slot(scan, ForwardScanDirection, slot))
		if (found++ == 0)
		{
			HeapTuple	row = ExecFetchSlotHeapTuple(slot, false, NULL);

			copy_row(lookup, row, RelationGetDescr(table), values, nulls);
			if (lookup->places && table->rd_tableam == GetHeapamTableAmRoutine())
				*place_of(lookup, keys) = row->t_self;
		}
	index_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, NoLock);
	return found;
}

static int
run_statement(EcpLookup *lookup, Datum *keys, Datum *values, bool *nulls, int most)
{
	int			i;

	ecp_plan_run(&lookup->plan, keys, NULL, true, most);
	for (i = 0; SPI_processed > 0 && lookup->columns[i]; i++)
		values[i] = ecp_plan_value(0, i + 1, &nulls[i]);
	return (int) SPI_processed;
}

static int
look_up(EcpLookup *lookup, Datum *keys, Datum *values, bool *nulls, int most)
{
	Relation	table = open_table(lookup);
	int			found;

	if (lookup->places && OidIsValid(lookup->index) && read_place(lookup, table, keys, values, nulls))
		found = 1;
	else if (OidIsValid(lookup->index))
		found = read_index(lookup, table, keys, values, nulls, most);
	else
		found = run_statement(lookup, keys, values, nulls, most);
	table_close(table, NoLock);
	return found;
}

bool
ecp_lookup(EcpLookup *lookup, Datum *keys, Datum *values, bool *nulls)
{
	return look_up(lookup, keys, values, nulls, 1) > 0;
}

bool
ecp_lookup_is_sole(EcpLookup *lookup, Datum *keys, Datum *values, bool *nulls, bool *several)
{
	int			found = look_up(lookup, keys, values, nulls, 2);

	*several = found > 1;
	return found == 1;
}

bool
ecp_text_is(Datum value, bool isnull, const char *word)
{
	text	   *held;
	size_t		length = strlen(word);

	if (isnull)
		return false;
	held = DatumGetTextPP(value);
	return (size_t) VARSIZE_ANY_EXHDR(held) == length && memcmp(VARDATA_ANY(held), word, length) == 0;
}
