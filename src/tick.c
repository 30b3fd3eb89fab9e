/*
 * tick(): one turn of the schedule, from psql, cron or a worker.
 *
 * A turn is a list of steps, each a function of a room that does what is due
 * by state, so that a turn that was missed is made up by the next.  A step that
 * fails is reported as data and undone, and the others go on.  One turn at a
 * time: a second one finds the row of tick_turn locked and leaves at once.
 * While a turn works nobody is called, whoever asked for it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

#include "audit/link.h"
#include "audit/partition.h"
#include "beneficiary/right.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "market/wish.h"
#include "pickup/kiosk.h"
#include "service/service.h"

PG_FUNCTION_INFO_V1(ecp_tick);

typedef struct Step
{
	const char *name;
	int64		(*run) (void);	/* as the owner, inside SPI; returns how much it did */
} Step;

static int64
fold_service_calls(void)
{
	return ecp_service_fold_due(0);
}

/* The partitions come late: the lock that they need is held for a short time. Rights come after them, since each that ends is an event of this month. */
static const Step steps[] = {
	{"kiosk_sessions", ecp_kiosk_end_due},
	{"service_calls", fold_service_calls},
	{"wishes", ecp_wish_purge_due},
	{"audit_link", ecp_audit_link_due},
	{"audit_partitions", ecp_audit_partitions_due},
	{"rights", ecp_right_expire_due},
};

static EcpPlan take_turn =
ECP_PLAN("SELECT 1 FROM ecopanier_private.tick_turn FOR UPDATE SKIP LOCKED");

static void
add(ReturnSetInfo *result, const char *step, int64 done, const char *error)
{
	Datum		values[3] = {CStringGetTextDatum(step), Int64GetDatum(done), error ? CStringGetTextDatum(error) : (Datum) 0};
	bool		nulls[3] = {false, false, error == NULL};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* The error of a step as text; raises it again where the whole turn is to end. */
static char *
catch_error(MemoryContext context, ResourceOwner owner)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
		ReThrowError(error);
	return psprintf("%s: %s", unpack_sql_state(error->sqlerrcode), error->message);
}

/* Runs a step in a subtransaction of its own; its error, or NULL. */
static char *
run_step(const Step *step, int64 *done)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char	   *volatile complaint = NULL;
	volatile int64 count = 0;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		EcpOwner	saved;

		ecp_plan_begin(&saved);
		count = step->run();
		ecp_plan_end(&saved);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		complaint = catch_error(context, owner);
		count = 0;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	*done = count;
	return complaint;
}

static void
run_steps(ReturnSetInfo *result)
{
	bool		before = ecp_context_schedule(true);
	Size		i;

	PG_TRY();
	{
		for (i = 0; i < lengthof(steps); i++)
		{
			int64		done;
			char	   *complaint = run_step(&steps[i], &done);

			add(result, steps[i].name, done, complaint);
		}
	}
	PG_FINALLY();
	{
		ecp_context_schedule(before);
	}
	PG_END_TRY();
}

Datum
ecp_tick(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;
	bool		ours;

	ecp_require_installed();
	PreventCommandIfReadOnly("tick()");
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&take_turn, NULL, NULL, false, 0);
	ours = SPI_processed > 0;
	ecp_plan_end(&saved);
	if (ours)
		run_steps(result);
	else
		add(result, "turn", 0, "another turn is at work");
	return (Datum) 0;
}
