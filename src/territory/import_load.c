/*
 * Import of the official codes: good rows into the tables, a batch at a time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "territory/import.h"

void
ecp_import_batch_start(EcpImportBatch *batch, EcpPlan *plan, int ncolumns)
{
	batch->plan = plan;
	batch->ncolumns = ncolumns;
	batch->nrows = 0;
	batch->context = AllocSetContextCreate(CurrentMemoryContext, "import batch", ALLOCSET_DEFAULT_SIZES);
	for (int column = 0; column < ncolumns; column++)
		batch->values[column] = palloc(sizeof(Datum) * ECP_IMPORT_BATCH_ROWS);
}

void
ecp_import_batch_add(EcpImportBatch *batch, const EcpImportRow *row)
{
	MemoryContext before = MemoryContextSwitchTo(batch->context);

	for (int column = 0; column < batch->ncolumns; column++)
		batch->values[column][batch->nrows] = CStringGetTextDatum(row->values[column]);
	MemoryContextSwitchTo(before);
	if (++batch->nrows == ECP_IMPORT_BATCH_ROWS)
		ecp_import_batch_flush(batch);
}

void
ecp_import_batch_flush(EcpImportBatch *batch)
{
	Datum		arrays[ECP_IMPORT_MAX_COLUMNS];
	MemoryContext before;

	if (batch->nrows == 0)
		return;
	before = MemoryContextSwitchTo(batch->context);
	for (int column = 0; column < batch->ncolumns; column++)
		arrays[column] = PointerGetDatum(construct_array(batch->values[column], batch->nrows,
														 TEXTOID, -1, false, TYPALIGN_INT));
	MemoryContextSwitchTo(before);
	ecp_plan_run(batch->plan, arrays, NULL, false, 0);
	MemoryContextReset(batch->context);
	batch->nrows = 0;
}
