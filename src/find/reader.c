/*
 * Reading rows straight from an index; see reader.h.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/geo_decls.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "find/reader.h"

void
ecp_reader_open(EcpReader *reader, const char *schema, const char *table, const char *index, EcpPlan *statement)
{
	Oid			namespace = get_namespace_oid(schema, false);
	Oid			found = get_relname_relid(index, namespace);

	reader->table = table_open(get_relname_relid(table, namespace), AccessShareLock);
	reader->statement = statement;
	reader->context = CurrentMemoryContext;
	reader->scan = NULL;
	reader->slot = table_slot_create(reader->table, NULL);
	reader->snapshot = RegisterSnapshot(GetActiveSnapshot());
	reader->index = NULL;
	if (reader->table->rd_rel->relkind == RELKIND_RELATION && OidIsValid(found))
		reader->index = index_open(found, AccessShareLock);
	if (reader->index && !reader->index->rd_index->indisvalid)	/* still being made */
	{
		index_close(reader->index, AccessShareLock);
		reader->index = NULL;
	}
	if (reader->index == NULL && statement == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the index \"%s.%s\" is missing", schema, index),
				 errhint("Ask those who run the database to make it again.")));
}

/* Begins a scan, or the same one again with other keys; included: entries are wanted whole. */
static void
begin(EcpReader *reader, ScanKey keys, int nkeys, ScanKey orders, int norders, bool included)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);

	if (reader->scan == NULL)
		reader->scan = index_beginscan(reader->table, reader->index, reader->snapshot, nkeys, norders);
	reader->scan->xs_want_itup = included;
	index_rescan(reader->scan, keys, nkeys, orders, norders);
	MemoryContextSwitchTo(old);
}

/* Runs the statement in place of the index. */
static bool
run_statement(EcpReader *reader, int32 territory, const pg_uuid_t *id)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(id)};
	bool		found;

	ecp_plan_run(reader->statement, values, NULL, true, 1);
	found = SPI_processed > 0;
	if (found)
		ExecForceStoreHeapTuple(heap_copytuple(SPI_tuptable->vals[0]), reader->slot, false);
	SPI_freetuptable(SPI_tuptable);
	return found;
}

bool
ecp_reader_find(EcpReader *reader, int32 territory, const pg_uuid_t *id)
{
	ScanKeyData keys[2];

	if (reader->index == NULL)
		return run_statement(reader, territory, id);

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(territory));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(id));
	begin(reader, keys, 2, NULL, 0, false);
	return index_getnext_slot(reader->scan, ForwardScanDirection, reader->slot);
}

/* An index that somebody made again may include nothing. */
static bool
includes(Relation index)
{
	int			keys = IndexRelationGetNumberOfKeyAttributes(index);

	return IndexRelationGetNumberOfAttributes(index) > keys && index_can_return(index, keys + 1);
}

void
ecp_reader_near(EcpReader *reader, double x, double y, bool included)
{
	ScanKeyData order;
	Point	   *centre = palloc(sizeof(Point));

	centre->x = x;
	centre->y = y;
	ScanKeyEntryInitialize(&order, SK_ORDER_BY, 1, RTKNNSearchStrategyNumber, POINTOID, InvalidOid, F_POINT_DISTANCE,
						   PointPGetDatum(centre));
	begin(reader, NULL, 0, &order, 1, included && includes(reader->index));
}

void
ecp_reader_from(EcpReader *reader, int32 territory, int64 time)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(territory));
	ScanKeyInit(&keys[1], 2, BTGreaterEqualStrategyNumber, F_TIMESTAMPTZ_GE, TimestampTzGetDatum(time));
	begin(reader, keys, 2, NULL, 0, false);
}

bool
ecp_reader_next(EcpReader *reader, double *distance)
{
	if (index_getnext_tid(reader->scan, ForwardScanDirection) == NULL)
		return false;
	if (distance)
		*distance = DatumGetFloat8(reader->scan->xs_orderbyvals[0]);
	return true;
}

bool
ecp_reader_included(EcpReader *reader, Datum *value, bool *isnull)
{
	IndexScanDesc scan = reader->scan;

	if (!scan->xs_want_itup || scan->xs_hitup == NULL)
		return false;
	*value = heap_getattr(scan->xs_hitup, IndexRelationGetNumberOfKeyAttributes(reader->index) + 1, scan->xs_hitupdesc, isnull);
	return true;
}

bool
ecp_reader_fetch(EcpReader *reader)
{
	return index_fetch_heap(reader->scan, reader->slot);
}

void
ecp_reader_close(EcpReader *reader)
{
	if (reader->scan)
		index_endscan(reader->scan);
	ExecDropSingleTupleTableSlot(reader->slot);
	UnregisterSnapshot(reader->snapshot);
	if (reader->index)
		index_close(reader->index, NoLock);
	table_close(reader->table, NoLock);
}
