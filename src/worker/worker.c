/*
 * The worker's process.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void ecp_worker_main(Datum argument);

void
ecp_worker_main(Datum argument pg_attribute_unused())
{
}
