/*
 * Rows that no rollback takes back; see frozen.h.
 *
 * They are written outside of transactions, with what the server has for COPY
 * FREEZE: a row inserted frozen is visible to every snapshot at once and stays
 * when its transaction aborts.  The WAL of a try is flushed before it counts,
 * so that a crash does not forget it either.  It is an ordinary row to VACUUM, to
 * pg_dump and to a physical standby.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "common/frozen.h"
#include "common/trigger.h"

/* Advisory locks of users have 1 or 2 here, so nobody can take this one by hand. */
#define FROZEN_LOCK_CLASS 0xEC0

static HeapTuple
form_row(Relation relation, const EcpFrozenColumn *columns, int n)
{
	TupleDesc	desc = RelationGetDescr(relation);
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));

	memset(nulls, true, desc->natts * sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		int			column = ecp_row_column(desc, columns[i].name);

		values[column] = columns[i].value;
		nulls[column] = false;
	}
	return heap_form_tuple(desc, values, nulls);
}

/* Adds the row's index entries; they are outside of transactions anyway. */
static void
insert_index_entries(Relation relation, HeapTuple row)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);
	EState	   *estate = CreateExecutorState();
	ListCell   *cell;

	ExecStoreHeapTuple(row, slot, false);
	foreach(cell, RelationGetIndexList(relation))
	{
		Relation	index = index_open(lfirst_oid(cell), RowExclusiveLock);
		IndexInfo  *info = BuildIndexInfo(index);
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		FormIndexDatum(info, slot, estate, values, nulls);
		index_insert(index, values, nulls, &row->t_self, relation,
					 index->rd_index->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, info);
		index_close(index, RowExclusiveLock);
	}
	FreeExecutorState(estate);
	ExecDropSingleTupleTableSlot(slot);
}

/* A cancellation waits meanwhile: it would leave a row that no index knows. */
void
ecp_frozen_write(const char *table, const EcpFrozenColumn *columns, int n)
{
	Oid			schema = get_namespace_oid("ecopanier_private", false);
	Relation	relation = table_open(get_relname_relid(table, schema), RowExclusiveLock);
	HeapTuple	row = form_row(relation, columns, n);

	HOLD_INTERRUPTS();
	heap_insert(relation, row, GetCurrentCommandId(true), HEAP_INSERT_FROZEN, NULL);
	insert_index_entries(relation, row);
	RESUME_INTERRUPTS();
	table_close(relation, RowExclusiveLock);
}

void
ecp_frozen_insert(const char *table, const EcpFrozenColumn *columns, int n)
{
	ecp_frozen_write(table, columns, n);
	XLogFlush(XactLastRecEnd);
}

void
ecp_frozen_lock(EcpFrozenLock *lock, const pg_uuid_t *one, const pg_uuid_t *two)
{
	SET_LOCKTAG_ADVISORY(lock->tag, MyDatabaseId, hash_bytes(one->data, UUID_LEN), hash_bytes(two->data, UUID_LEN),
						 FROZEN_LOCK_CLASS);
	(void) LockAcquire(&lock->tag, ExclusiveLock, false, false);
}

void
ecp_frozen_unlock(const EcpFrozenLock *lock)
{
	(void) LockRelease(&lock->tag, ExclusiveLock, false);
}
