/*
 * Reading one row by its key, straight from an index.
 *
 * A saved plan still sets up and takes down an executor at each run, which for
 * one row costs five times the reading.  The few rows that every claim reads
 * (who the member is, the right to free units, the limit in force) are read
 * without it: index, row, done, under the active snapshot like a plan that
 * only reads.  As the owner of the tables, whom neither grants nor row
 * security would stop, so nothing is passed by.
 *
 * The index is found by its columns.  Where none fits (dropped, being built,
 * the table partitioned or distributed), the same question is asked as a
 * statement, which is part of the lookup.
 *
 * Of rows that are asked for again and again, a backend can remember where each
 * was found.  It looks there first, and takes what it finds only where
 * that is visible and has the key: the row is read each time all the same, what
 * is spared is the way through the index.
 *
 *   static EcpLookup find_zone =
 *   ECP_LOOKUP("territory", ECP_LIST("id"), ECP_LIST("time_zone"),
 *              "SELECT time_zone FROM ecopanier.territory WHERE id = $1", INT4OID);
 */
#ifndef ECP_LOOKUP_H
#define ECP_LOOKUP_H

#include "postgres.h"

#include "storage/itemptr.h"

#include "common/plan.h"

#define ECP_LOOKUP_MAX 4		/* columns of a key, or of an answer */

typedef struct EcpLookup
{
	const char *table;			/* in schema ecopanier */
	const char *keys[ECP_LOOKUP_MAX + 1];	/* columns that the index begins with */
	const char *columns[ECP_LOOKUP_MAX + 1];	/* of the answer */
	bool		newest;			/* see ECP_LOOKUP_NEWEST */
	EcpPlan		plan;			/* the same as a statement; its parameters are the keys' */
	ItemPointerData *places;	/* see ECP_LOOKUP_REMEMBERED */

	/* found in this backend, for one generation of relations */
	uint64		generation;
	Oid			relation;
	Oid			index;			/* InvalidOid: the statement is used */
	RegProcedure operators[ECP_LOOKUP_MAX];
	int			key_positions[ECP_LOOKUP_MAX];
	int			positions[ECP_LOOKUP_MAX];
} EcpLookup;

#define ECP_LOOKUP_PLACES 256

#define ECP_LIST(...) {__VA_ARGS__, NULL}

/* The row whose key equals the parameters. */
#define ECP_LOOKUP(relation_name, key_columns, answer_columns, sql, ...) \
	{ \
		.table = (relation_name), .keys = key_columns, .columns = answer_columns, \
		.plan = ECP_PLAN(sql, __VA_ARGS__) \
	}

/* The same for a unique key that ends in a uuid or an int4; remembers places of rows. */
#define ECP_LOOKUP_REMEMBERED(relation_name, key_columns, answer_columns, sql, ...) \
	{ \
		.table = (relation_name), .keys = key_columns, .columns = answer_columns, \
		.plan = ECP_PLAN(sql, __VA_ARGS__), .places = (ItemPointerData[ECP_LOOKUP_PLACES]) {{.ip_posid = 0}} \
	}

/*
 * The newest row: the last parameter is compared with "at most", and the index
 * descends in its column and in those of keys that follow it.
 */
#define ECP_LOOKUP_NEWEST(relation_name, key_columns, answer_columns, sql, ...) \
	{ \
		.table = (relation_name), .keys = key_columns, .columns = answer_columns, .newest = true, \
		.plan = ECP_PLAN(sql, __VA_ARGS__) \
	}

/*
 * Looks the row up, inside SPI as the owner; false where there is none.  None
 * of the keys is null.  The answer lives in the current memory context.
 */
extern bool ecp_lookup(EcpLookup *lookup, Datum *keys, Datum *values, bool *nulls);

/* The same for a key that several rows may have: whether it is one row's; several tells none from more than one. */
extern bool ecp_lookup_is_sole(EcpLookup *lookup, Datum *keys, Datum *values, bool *nulls, bool *several);

/* Whether a text is this word; false for null. */
extern bool ecp_text_is(Datum value, bool isnull, const char *word);

#endif							/* ECP_LOOKUP_H */
