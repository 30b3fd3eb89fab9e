/*
 * The worker's process: how it begins and how it ends.
 *
 * It is started by the launcher for one slot, which names the database, and is
 * connected as the superuser that initdb made, since the server offers a process
 * without a client no other that surely may connect; it works as ecopanier_owner
 * (transaction.h).  Never started again by the server itself: the launcher does,
 * by what the slot says.
 *
 * Exit codes:
 *   0   asked to leave, by the launcher, a statement about the database, an
 *       operator or the server's shutdown: jobs under way went back into their
 *       queues.  The launcher starts another as soon as it may.
 *   1   an error that the loop could not live with, such as a connection that is
 *       not possible: another is started after a back-off.
 *   other (a crash): the server starts all of its processes anew, the launcher
 *       with them; the next worker takes up what this one was calling.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"

#include "background/slot.h"
#include "worker/loop.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void ecp_worker_main(Datum argument);

/* Ends what runs in the server at the next interrupt, as a cancel does; the loop then leaves in order. */
static void
on_terminate(SIGNAL_ARGS)
{
	ecp_loop_leaving = true;
	StatementCancelHandler(postgres_signal_arg);
}

/* What the database or the role may have set must not change what the worker does. */
static void
fix_settings(void)
{
	static const char *const fixed[][2] = {
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "off"},
		{"default_transaction_deferrable", "off"},
		{"jit", "off"},			/* loads a compiler into a process that stays, for statements that take milliseconds */
		{"statement_timeout", "0"},
		{"idle_in_transaction_session_timeout", "0"},
		{"lock_timeout", "10s"},	/* a table that an operator has locked fails one step, and the others go on */
	};
	Size		i;

	for (i = 0; i < lengthof(fixed); i++)
		SetConfigOption(fixed[i][0], fixed[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

static void
retire(EcpSlot *slot)
{
	pg_atomic_write_u32(&slot->retired, 1);
	proc_exit(0);
}

void
ecp_worker_main(Datum argument)
{
	EcpSlot    *slot = &ecp_slots()[DatumGetInt32(argument)];

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, on_terminate);
	if (!ecp_slot_take(slot))
		proc_exit(0);			/* another worker has it */
	if (pg_atomic_read_u32(&slot->holds) != 0)
		retire(slot);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(pg_atomic_read_u32(&slot->database), InvalidOid, 0);
	fix_settings();
	ecp_loop(slot);
	retire(slot);
}
