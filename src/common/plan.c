/*
 * Saved plans; see plan.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/snapmgr.h"

#include "common/owner.h"
#include "common/plan.h"

void
ecp_plan_begin(EcpOwner *saved)
{
	SPI_connect();
	ecp_owner_enter(saved);
}

void
ecp_plan_end(const EcpOwner *saved)
{
	ecp_owner_leave(saved);
	SPI_finish();
}

/* Prepares the statement and keeps its plan for the life of the backend. */
static void
prepare(EcpPlan *plan)
{
	SPIPlanPtr	made = SPI_prepare(plan->text, plan->nargs, plan->types);

	if (made == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", plan->text, SPI_result_code_string(SPI_result));
	if (SPI_keepplan(made) != 0)
		elog(ERROR, "could not keep the plan of \"%s\"", plan->text);
	plan->plan = made;
}

/*
 * Raises the present error again; a violated constraint without its detail,
 * which holds the row: the server shows it to the owner whom we act as, not
 * knowing for whom.
 */
static void
raise_again(MemoryContext context)
{
	ErrorData  *error;

	if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		PG_RE_THROW();
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	error->detail = NULL;
	error->detail_log = NULL;
	ReThrowError(error);
}

static void
run(EcpPlan *plan, Datum *values, const char *nulls, Snapshot snapshot, bool read_only, long limit)
{
	MemoryContext context = CurrentMemoryContext;
	int			result = 0;

	if (plan->plan == NULL)
		prepare(plan);
	PG_TRY();
	{
		result = SPI_execute_snapshot(plan->plan, values, nulls, snapshot, InvalidSnapshot, read_only, true, limit);
	}
	PG_CATCH();
	{
		raise_again(context);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);	/* SPI leaves its own */
	if (result < 0)
		elog(ERROR, "could not run \"%s\": %s", plan->text, SPI_result_code_string(result));
}

void
ecp_plan_run(EcpPlan *plan, Datum *values, const char *nulls, bool read_only, long limit)
{
	run(plan, values, nulls, InvalidSnapshot, read_only, limit);
}

void
ecp_plan_run_present(EcpPlan *plan, Datum *values, const char *nulls, bool read_only, long limit)
{
	if (!read_only)
		CommandCounterIncrement();
	run(plan, values, nulls, IsInParallelMode() ? InvalidSnapshot : GetLatestSnapshot(), read_only, limit);
}

Portal
ecp_plan_cursor(EcpPlan *plan, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	Portal		portal;

	if (plan->plan == NULL)
		prepare(plan);
	portal = SPI_cursor_open(NULL, plan->plan, values, NULL, true);
	MemoryContextSwitchTo(context);
	if (portal == NULL)
		elog(ERROR, "could not open \"%s\": %s", plan->text, SPI_result_code_string(SPI_result));
	return portal;
}

Datum
ecp_plan_value(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

Datum
ecp_plan_known(uint64 row, int column)
{
	bool		isnull;
	Datum		value = ecp_plan_value(row, column, &isnull);

	if (isnull)
		elog(ERROR, "unexpected null in column %d", column);
	return value;
}

char *
ecp_plan_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}
