/*
 * tick(): one turn of the schedule, from psql or cron, where there is no worker
 * or beside it; run_schedule(): the same with a commit after each batch.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/pquery.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "schedule.h"

PG_FUNCTION_INFO_V1(ecp_tick);
PG_FUNCTION_INFO_V1(ecp_run_schedule);
PG_FUNCTION_INFO_V1(ecp_schedule);

#define BATCH 500

static void
add(ReturnSetInfo *result, const char *step, int64 done, const char *error)
{
	Datum		values[3] = {CStringGetTextDatum(step), Int64GetDatum(done), error ? CStringGetTextDatum(error) : (Datum) 0};
	bool		nulls[3] = {false, false, error == NULL};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Runs a step until nothing of it is due; how much it did, and an error or NULL. */
static int64
run_out(const EcpStep *step, char **error)
{
	int64		done = 0;
	int64		batch;

	while ((batch = ecp_schedule_run(step, BATCH, error)) > 0)
	{
		done += batch;
		CHECK_FOR_INTERRUPTS();
	}
	return done;
}

Datum
ecp_tick(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;
	bool		ours;
	int			i;

	ecp_require_installed();
	PreventCommandIfReadOnly("tick()");
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ours = ecp_schedule_take_turn();
	ecp_plan_end(&saved);
	if (!ours)
		add(result, "turn", 0, "another turn is at work");
	for (i = 0; ours && i < ecp_step_count; i++)
	{
		char	   *error;
		int64		done = run_out(&ecp_steps[i], &error);

		add(result, ecp_steps[i].name, done, error);
	}
	return (Datum) 0;
}

/* SQL: CALL run_schedule(). */
Datum
ecp_run_schedule(PG_FUNCTION_ARGS)
{
	CallContext *context = fcinfo->context && IsA(fcinfo->context, CallContext) ? (CallContext *) fcinfo->context : NULL;
	int			i;

	ecp_require_installed();
	PreventCommandIfReadOnly("run_schedule()");
	if (context == NULL || context->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("run_schedule() commits, so it cannot run inside a transaction"),
				 errhint("Call it by itself, or use ecopanier.tick().")));
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect_ext failed");
	for (i = 0; i < ecp_step_count; i++)
	{
		char	   *error;
		int64		done;

		do
		{
			EnsurePortalSnapshotExists();
			ecp_schedule_await_turn();
			done = ecp_schedule_run(&ecp_steps[i], BATCH, &error);
			if (error)
				ereport(WARNING, (errmsg("step \"%s\" of the schedule failed: %s", ecp_steps[i].name, error)));
			SPI_commit();
		} while (done > 0);
	}
	SPI_finish();
	PG_RETURN_VOID();
}

/* SQL: schedule(). */
Datum
ecp_schedule(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			i;

	ecp_require_installed();
	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < ecp_step_count; i++)
	{
		char	   *error;
		TimestampTz due = ecp_schedule_ask(&ecp_steps[i], &error);
		Datum		values[3] = {CStringGetTextDatum(ecp_steps[i].name), TimestampTzGetDatum(due), error ? CStringGetTextDatum(error) : (Datum) 0};
		bool		nulls[3] = {false, error != NULL || due == DT_NOEND, error == NULL};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
