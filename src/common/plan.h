/*
 * Saved plans, one helper for all rooms.
 *
 * A statement is a static EcpPlan with its text and parameter types; it is
 * planned at its first use in a backend and kept.  The server's plan cache
 * revalidates and replans it when what it depends on changes.  Every call runs
 * as ecopanier_owner with the search path of owner.h; a text names ecopanier.things
 * in full all the same, so that it can be read and tried alone.
 *
 *   static EcpPlan lot_read =
 *   ECP_PLAN("SELECT state FROM ecopanier.lot WHERE territory_id = $1 AND id = $2",
 *            INT4OID, UUIDOID);
 */
#ifndef ECP_PLAN_H
#define ECP_PLAN_H

#include "postgres.h"

#include "executor/spi.h"
#include "utils/uuid.h"

#define ECP_PLAN_MAX_ARGS 16

typedef struct EcpPlan
{
	const char *text;
	int			nargs;
	Oid			types[ECP_PLAN_MAX_ARGS];
	SPIPlanPtr	plan;			/* NULL until first use in this backend */
} EcpPlan;

/* A plan from its text and the types of its parameters. */
#define ECP_PLAN(sql, ...) \
	{ \
		.text = (sql), \
		.nargs = sizeof((Oid[]) {__VA_ARGS__}) / sizeof(Oid), \
		.types = {__VA_ARGS__} \
	}

/*
 * Runs a plan inside an SPI connection, as the caller's user id; result in
 * SPI_tuptable and SPI_processed.  A violated constraint is raised without its
 * detail, which would show the row.  The current memory context stays what it
 * was, which SPI alone does not keep.  read_only: use the active snapshot and
 * allow nothing but reads; otherwise take a new snapshot.  nulls may be NULL.
 */
extern void ecp_plan_run(EcpPlan *plan, Datum *values, const char *nulls, bool read_only, long limit);

/*
 * The same under the present's snapshot: what others have committed counts, in a
 * transaction that keeps an older snapshot too.  What it writes is written by that.
 * In parallel mode, which takes no snapshot and does not write, the active one serves.
 */
extern void ecp_plan_run_present(EcpPlan *plan, Datum *values, const char *nulls, bool read_only, long limit);

/* Opens a cursor on a plan that only reads, under the active snapshot. */
extern Portal ecp_plan_cursor(EcpPlan *plan, Datum *values);

/* The value at (row, column) of the last result; column counts from 1. */
extern Datum ecp_plan_value(uint64 row, int column, bool *isnull);

/* The same for a column that is never null. */
extern Datum ecp_plan_known(uint64 row, int column);

/* The same as text in the current memory context, NULL where null. */
extern char *ecp_plan_text(uint64 row, int column);

/* Connects to SPI and becomes the owner; the pair of ecp_plan_end(). */
struct EcpOwner;
extern void ecp_plan_begin(struct EcpOwner *saved);
extern void ecp_plan_end(const struct EcpOwner *saved);

#endif							/* ECP_PLAN_H */
