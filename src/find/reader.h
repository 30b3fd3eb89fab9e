/*
 * Reading many rows of a table by key, or in the order of an index, straight
 * from the index: a search reads hundreds, and an executor for each, or the
 * nodes of one, would cost several times the reading.  Under the active
 * snapshot, as the owner of the tables.
 */
#ifndef ECP_READER_H
#define ECP_READER_H

#include "postgres.h"

#include "access/genam.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"
#include "utils/uuid.h"

#include "common/plan.h"

typedef struct EcpReader
{
	Relation	table;
	Relation	index;			/* NULL: rows are read by the statement */
	EcpPlan    *statement;
	Snapshot	snapshot;
	MemoryContext context;		/* of the scan */
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* the row read last */
} EcpReader;

/*
 * Opens a table of a schema; its index by name.  Where the table has become a
 * partitioned one, ecp_reader_find() runs the statement, which selects all
 * columns of the row whose key is $1, $2; without one such a table is refused.
 * Lives in the current memory context, inside SPI as the owner.
 */
extern void ecp_reader_open(EcpReader *reader, const char *schema, const char *table, const char *index, EcpPlan *statement);

/* The row of (territory_id, id) of a primary key; false where there is none. */
extern bool ecp_reader_find(EcpReader *reader, int32 territory, const pg_uuid_t *id);

/* Begins to read in the order of distance from a point, by an index on points; with what the index includes, where that is wanted and it does. */
extern void ecp_reader_near(EcpReader *reader, double x, double y, bool included);

/* Begins to read the rows of a territory in the order of the index, whose second column is a time, from a time on. */
extern void ecp_reader_from(EcpReader *reader, int32 territory, int64 time);

/* Finds the next entry of the index; distance, where not NULL, is that of ecp_reader_near(). */
extern bool ecp_reader_next(EcpReader *reader, double *distance);

/* The first column that the index includes, of the entry found last; false where it is not known. */
extern bool ecp_reader_included(EcpReader *reader, Datum *value, bool *isnull);

/* Reads the row of the entry found last into the slot; false where none is visible. */
extern bool ecp_reader_fetch(EcpReader *reader);

extern void ecp_reader_close(EcpReader *reader);

#endif							/* ECP_READER_H */
