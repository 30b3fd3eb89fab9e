/*
 * The launcher: one process of the cluster, which keeps a worker at work in each
 * database of ecopanier.databases.
 *
 * It is connected to no database, and so in nobody's way.  It sleeps until it is
 * told: a worker started or ended, the settings were read again, a statement about
 * databases is over.  Then it compares three things, name by name: what the setting
 * asks for, which databases there are, and which workers run.
 *
 *   - A name is new: it gets a slot.  A name is gone: its worker is asked to leave,
 *     and the slot is free when it has.
 *   - The name means another database than the worker's, or none, after RENAME or
 *     DROP: the worker is asked to leave.
 *   - No worker runs, the database is there and nobody holds the slot: a worker is
 *     started, at once where the last one left because it was asked to, after a
 *     back-off where it ended by an error.
 *
 * A database that is configured and not there, and one whose worker cannot be
 * started, is looked for again once in a while too, without a query.
 *
 * Exit code 1 always: the server starts another launcher in five seconds, which
 * finds the workers that run in their slots.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/procsignal.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "background/settings.h"
#include "background/slot.h"

extern PGDLLEXPORT void ecp_launcher_main(Datum argument);

#define LOOK_AGAIN_MS 60000
#define BACK_OFF_MS 1000
#define BACK_OFF_MAX_MS 60000
#define STEADY_MS 60000			/* a worker that lived so long starts the back-off anew */

/* What the launcher knows of a slot beside what stands in it. */
typedef struct Place
{
	bool		wanted;			/* the setting names it */
	Oid			found;			/* the database of that name, or InvalidOid */
	BackgroundWorkerHandle *handle; /* of the worker that this launcher started, or NULL */
	TimestampTz started;
	TimestampTz next_try;
	int			failures;
} Place;

static Place places[ECP_DATABASES_MAX];

static bool
is_free(const EcpSlot *slot)
{
	return NameStr(slot->name)[0] == '\0';
}

/* The slot of a name: its own, or a free one, or -1. */
static int
slot_for(const char *name)
{
	EcpSlot    *slots = ecp_slots();
	int			free_one = -1;
	int			i;

	for (i = 0; i < ECP_DATABASES_MAX; i++)
	{
		if (namestrcmp(&slots[i].name, name) == 0)
			return i;
		if (free_one < 0 && is_free(&slots[i]))
			free_one = i;
	}
	return free_one;
}

static void
name_slot(EcpSlot *slot, const char *name)
{
	ecp_slots_lock();
	namestrcpy(&slot->name, name);
	slot->last_error[0] = '\0';
	ecp_slots_unlock();
	ecp_slot_set_state(slot, ECP_WORKER_OFF);
}

/* Gives each name of the setting its slot; where none is free yet, the next look does. */
static void
read_names(void)
{
	List	   *names;
	ListCell   *cell;
	int			i;

	for (i = 0; i < ECP_DATABASES_MAX; i++)
		places[i].wanted = false;
	if (!ecp_databases_parse(ecp_databases, &names))
		return;
	foreach(cell, names)
	{
		const char *name = lfirst(cell);

		i = slot_for(name);
		if (i < 0)
			continue;
		if (is_free(&ecp_slots()[i]))
		{
			memset(&places[i], 0, sizeof(Place));
			name_slot(&ecp_slots()[i], name);
		}
		places[i].wanted = true;
	}
}

static void
note_database(Form_pg_database database)
{
	int			i;

	if (!database->datallowconn)
		return;
	for (i = 0; i < ECP_DATABASES_MAX; i++)
		if (places[i].wanted && namestrcmp(&ecp_slots()[i].name, NameStr(database->datname)) == 0)
			places[i].found = database->oid;
}

/* Looks the names up, without an index: this process has only what all databases share. */
static void
find_databases(void)
{
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;
	int			i;

	for (i = 0; i < ECP_DATABASES_MAX; i++)
		places[i].found = InvalidOid;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
		note_database((Form_pg_database) GETSTRUCT(tuple));
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
}

/* A second, doubled with each failure up to a minute, and up to half of it more or less. */
static void
put_off(Place *place)
{
	int64		delay = Min((int64) BACK_OFF_MS << Min(place->failures, 10), BACK_OFF_MAX_MS);

	delay = delay / 2 + (int64) pg_prng_uint64_range(&pg_global_prng_state, 0, delay);
	place->failures++;
	place->next_try = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), delay);
}

static void
start(EcpSlot *slot, Place *place)
{
	BackgroundWorker worker;
	MemoryContext old;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	snprintf(worker.bgw_name, sizeof(worker.bgw_name), "ecopanier worker for %s", NameStr(slot->name));
	strlcpy(worker.bgw_type, "ecopanier worker", sizeof(worker.bgw_type));
	strlcpy(worker.bgw_library_name, "ecopanier_worker", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "ecp_worker_main", sizeof(worker.bgw_function_name));
	worker.bgw_main_arg = Int32GetDatum((int32) (slot - ecp_slots()));
	worker.bgw_notify_pid = MyProcPid;

	ecp_slots_lock();
	pg_atomic_write_u32(&slot->database, place->found);
	pg_atomic_write_u32(&slot->retired, 0);
	ecp_slots_unlock();
	ecp_slot_set_state(slot, ECP_WORKER_STARTING);
	place->started = GetCurrentTimestamp();
	old = MemoryContextSwitchTo(TopMemoryContext);
	if (!RegisterDynamicBackgroundWorker(&worker, &place->handle))
	{
		place->handle = NULL;
		ecp_slot_set_state(slot, ECP_WORKER_ENDED);
		ecp_slot_set_error(slot, "no process is free for the worker: raise max_worker_processes");
		put_off(place);
	}
	MemoryContextSwitchTo(old);
}

/* A worker that this launcher started is gone. */
static void
note_end(EcpSlot *slot, Place *place)
{
	pfree(place->handle);
	place->handle = NULL;
	if (pg_atomic_read_u32(&slot->retired) != 0)
	{
		place->failures = 0;
		place->next_try = 0;
		return;
	}
	if (TimestampDifferenceExceeds(place->started, GetCurrentTimestamp(), STEADY_MS))
		place->failures = 0;
	ecp_slot_set_state(slot, ECP_WORKER_ENDED);
	ecp_slot_set_error(slot, "the process ended by an error, which is in the server's log");
	put_off(place);
}

/* Whether a worker is running, starting or ending. */
static bool
is_manned(EcpSlot *slot, Place *place)
{
	pid_t		pid;

	if (place->handle && GetBackgroundWorkerPid(place->handle, &pid) == BGWH_STOPPED)
		note_end(slot, place);
	return place->handle != NULL || pg_atomic_read_u32(&slot->pid) != 0;
}

static void
dismiss(EcpSlot *slot)
{
	ecp_slots_lock();
	ecp_slot_dismiss(slot);
	ecp_slots_unlock();
}

static void
free_slot(EcpSlot *slot)
{
	ecp_slots_lock();
	if (pg_atomic_read_u32(&slot->holds) == 0)
	{
		pg_atomic_write_u32(&slot->database, InvalidOid);
		memset(&slot->name, 0, sizeof(slot->name));
	}
	ecp_slots_unlock();
}

/* Brings one slot nearer to what it should be; the milliseconds until it is to be looked at again, -1 for when something happens. */
static long
tend(EcpSlot *slot, Place *place)
{
	if (is_manned(slot, place))
	{
		if (!place->wanted || place->found != pg_atomic_read_u32(&slot->database))
			dismiss(slot);
		return -1;
	}
	if (!place->wanted)
	{
		free_slot(slot);
		return -1;
	}
	if (pg_atomic_read_u32(&slot->holds) != 0)
	{
		ecp_slot_set_state(slot, ECP_WORKER_HELD);
		return -1;
	}
	if (!OidIsValid(place->found))
	{
		ecp_slot_set_state(slot, ECP_WORKER_NO_DATABASE);
		return LOOK_AGAIN_MS;
	}
	if (place->next_try > GetCurrentTimestamp())
		return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), place->next_try);
	start(slot, place);
	return place->handle ? -1 : BACK_OFF_MS;
}

/* One look at everything; how long to sleep, -1: until told. */
static long
look(void)
{
	long		pause = -1;
	int			i;

	read_names();
	find_databases();
	for (i = 0; i < ECP_DATABASES_MAX; i++)
	{
		long		next;

		if (is_free(&ecp_slots()[i]))
			continue;
		next = tend(&ecp_slots()[i], &places[i]);
		if (next >= 0 && (pause < 0 || next < pause))
			pause = next;
	}
	pgstat_report_stat(true);
	return pause;
}

static void
serve(void)
{
	CHECK_FOR_INTERRUPTS();
	if (ShutdownRequestPending)
		proc_exit(1);			/* see the top */
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

void
ecp_launcher_main(Datum argument pg_attribute_unused())
{
	MemoryContext context;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	ecp_launcher_take();
	context = AllocSetContextCreate(TopMemoryContext, "ecopanier launcher", ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		long		pause;

		ResetLatch(MyLatch);
		serve();
		MemoryContextReset(context);
		MemoryContextSwitchTo(context);
		pause = look();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (pause >= 0 ? WL_TIMEOUT : 0),
						 pause, PG_WAIT_EXTENSION);
	}
}
