/*
 * worker_status(): what can be seen of the workers of the cluster.
 *
 * All of it is in shared memory, so that it can be asked from any database and
 * while a worker is stuck; memory is asked of the system when somebody looks.
 */
#include "postgres.h"

#include <unistd.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "background/slot.h"
#include "background/status.h"

PG_FUNCTION_INFO_V1(ecp_worker_status);

#define COLUMNS 12

static const char *const state_names[] = {
	[ECP_WORKER_OFF] = "off",
	[ECP_WORKER_NO_DATABASE] = "no_database",
	[ECP_WORKER_HELD] = "held",
	[ECP_WORKER_STARTING] = "starting",
	[ECP_WORKER_NO_EXTENSION] = "no_extension",
	[ECP_WORKER_IDLE] = "idle",
	[ECP_WORKER_WORKING] = "working",
	[ECP_WORKER_FAILING] = "failing",
	[ECP_WORKER_ENDED] = "ended",
};

/* A slot as it was at one moment. */
typedef struct View
{
	char		name[NAMEDATALEN];
	uint32		pid;
	char		last_error[ECP_SLOT_ERROR_SIZE];
} View;

static bool
look(EcpSlot *slot, View *view)
{
	ecp_slots_lock();
	strlcpy(view->name, NameStr(slot->name), sizeof(view->name));
	view->pid = pg_atomic_read_u32(&slot->pid);
	strlcpy(view->last_error, slot->last_error, sizeof(view->last_error));
	ecp_slots_unlock();
	return view->name[0] != '\0';
}

/* Bytes of a process in memory, and those that it shares with nobody; false where the system does not tell. */
static bool
memory_of(uint32 pid, int64 *resident, int64 *own)
{
	char		path[MAXPGPATH];
	FILE	   *file;
	long long	pages;
	long long	shared;
	int			read;

	snprintf(path, sizeof(path), "/proc/%u/statm", pid);
	file = AllocateFile(path, "r");
	if (file == NULL)
		return false;
	read = fscanf(file, "%*d %lld %lld", &pages, &shared);
	FreeFile(file);
	if (read != 2)
		return false;
	*resident = pages * sysconf(_SC_PAGESIZE);
	*own = (pages - shared) * sysconf(_SC_PAGESIZE);
	return true;
}

static void
add(ReturnSetInfo *result, EcpSlot *slot, const View *view)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};
	int64		resident = 0;
	int64		own = 0;

	values[0] = CStringGetTextDatum(view->name);
	values[1] = CStringGetTextDatum(state_names[pg_atomic_read_u32(&slot->state)]);
	values[2] = Int32GetDatum((int32) view->pid);
	values[3] = TimestampTzGetDatum((TimestampTz) pg_atomic_read_u64(&slot->since));
	values[4] = Int32GetDatum((int32) pg_atomic_read_u32(&slot->in_flight));
	values[5] = Int64GetDatum((int64) pg_atomic_read_u64(&slot->done));
	values[6] = Int64GetDatum((int64) pg_atomic_read_u64(&slot->failed));
	values[7] = CStringGetTextDatum(view->last_error);
	nulls[2] = nulls[3] = view->pid == 0;
	nulls[7] = view->last_error[0] == '\0';
	nulls[8] = nulls[9] = view->pid == 0 || !memory_of(view->pid, &resident, &own);
	values[8] = Int64GetDatum(resident);
	values[9] = Int64GetDatum(own);
	values[10] = Int64GetDatum((int64) pg_atomic_read_u64(&slot->wakes));
	values[11] = Int64GetDatum((int64) pg_atomic_read_u64(&slot->turns));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
ecp_worker_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpSlot    *slots = ecp_slots();
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; slots && i < ECP_DATABASES_MAX; i++)
	{
		View		view;

		if (look(&slots[i], &view))
			add(result, &slots[i], &view);
	}
	return (Datum) 0;
}

char *
ecp_worker_describe(bool *good)
{
	EcpSlot    *slot = ecp_slot_of(MyDatabaseId);
	View		view;
	EcpWorkerState state;

	*good = false;
	if (ecp_slots() == NULL)
		return pstrdup("none: the library is not in shared_preload_libraries");
	if (slot == NULL || !look(slot, &view))
		return pstrdup("none: this database is not in ecopanier.databases");
	state = pg_atomic_read_u32(&slot->state);
	*good = state == ECP_WORKER_STARTING || state == ECP_WORKER_NO_EXTENSION || state == ECP_WORKER_IDLE || state == ECP_WORKER_WORKING;
	return psprintf("%s%s%s", state_names[state], view.last_error[0] ? "; last error: " : "", view.last_error);
}
