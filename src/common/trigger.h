/*
 * What trigger functions share.
 */
#ifndef ECP_TRIGGER_H
#define ECP_TRIGGER_H

#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

/*
 * A row being inserted or updated, as arrays that a BEFORE trigger reads and
 * changes.  Columns are found by name, so that a table may gain others.
 */
typedef struct EcpRow
{
	TriggerData *trigger;
	TupleDesc	desc;
	HeapTuple	given;			/* the new row; on DELETE the old one */
	Datum	   *values;
	bool	   *nulls;
	Datum	   *old_values;		/* UPDATE only, else NULL */
	bool	   *old_nulls;
	bool		changed;
} EcpRow;

/* The trigger data of a call; an internal error where it is not one. */
extern TriggerData *ecp_trigger_data(FunctionCallInfo fcinfo);

extern void ecp_row_open(EcpRow *row, TriggerData *trigger);

/* The row for the executor: as given, or with what was set. */
extern Datum ecp_row_close(EcpRow *row);

/* Position (from 0) of a column; raises ZE002 where it is missing, since tables of a release before may be. */
extern int	ecp_row_column(TupleDesc desc, const char *name);

/* Whether the column of this name is null, and what it holds, which means nothing where it is null. */
extern bool ecp_row_lacks(const EcpRow *row, const char *name);
extern Datum ecp_row_value(const EcpRow *row, const char *name);

/*
 * The same for all columns that a hot table's triggers use, looked up once in
 * a backend and again when the relation changes.  positions has room for as
 * many as names has; names ends with NULL.
 */
typedef struct EcpColumns
{
	const char *const *names;
	int		   *positions;
	Oid			relation;
	uint64		generation;
} EcpColumns;

extern void ecp_columns_find(EcpColumns *columns, Relation relation);

/*
 * Raises 25000 in a transaction that keeps a snapshot: it would not see what others
 * did since.  what: a sentence that goes on "in a READ COMMITTED transaction".
 */
extern void ecp_require_read_committed(const char *what);

/* Whether the server applies changes made elsewhere (a replica's apply, session_replication_role). */
extern bool ecp_trigger_is_replica(void);

extern void ecp_row_set(EcpRow *row, int column, Datum value);
extern void ecp_row_set_null(EcpRow *row, int column);

/* Whether an UPDATE changes the column (binary comparison). */
extern bool ecp_row_differs(const EcpRow *row, int column);

/*
 * Raises ZE111 where an UPDATE changes one of the named columns; the list ends
 * with NULL.
 */
extern void ecp_row_freeze(const EcpRow *row, const char *const *columns);

#endif							/* ECP_TRIGGER_H */
