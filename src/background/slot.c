/*
 * The workers' places in shared memory; see slot.h.
 *
 * A wake is a flag and a latch.  Whoever finds the flag set already leaves the
 * latch alone, so that thousands of commits cost the worker one turn; the worker
 * takes the flag after it reset its latch and before it looks for work.
 *
 * A worker is held off by a count and a signal.  Count first, pid second, and in
 * the worker pid first, count second: one of the two sees the other.
 */
#include "postgres.h"

#include <signal.h>

#include "common/string.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "background/settings.h"
#include "background/slot.h"

#define NAME_OF_MEMORY "ecopanier"

typedef struct Board
{
	pg_atomic_uint32 launcher;	/* its place among the server's processes; INVALID_PGPROCNO: none */
	EcpSlot		slots[ECP_DATABASES_MAX];
} Board;

static Board *board = NULL;
static LWLock *board_lock = NULL;
static shmem_request_hook_type next_request = NULL;
static shmem_startup_hook_type next_startup = NULL;

static void
request_memory(void)
{
	if (next_request)
		next_request();
	RequestAddinShmemSpace(sizeof(Board));
	RequestNamedLWLockTranche(NAME_OF_MEMORY, 1);
}

static void
init_slot(EcpSlot *slot)
{
	memset(slot, 0, sizeof(*slot));
	pg_atomic_init_u32(&slot->database, InvalidOid);
	pg_atomic_init_u32(&slot->pid, 0);
	pg_atomic_init_u32(&slot->process, INVALID_PGPROCNO);
	pg_atomic_init_u32(&slot->holds, 0);
	pg_atomic_init_u32(&slot->woken, 0);
	pg_atomic_init_u32(&slot->retired, 0);
	pg_atomic_init_u32(&slot->state, ECP_WORKER_OFF);
	pg_atomic_init_u32(&slot->in_flight, 0);
	pg_atomic_init_u64(&slot->wakes, 0);
	pg_atomic_init_u64(&slot->turns, 0);
	pg_atomic_init_u64(&slot->done, 0);
	pg_atomic_init_u64(&slot->failed, 0);
	pg_atomic_init_u64(&slot->since, 0);
}

static void
attach_memory(void)
{
	bool		found;
	int			i;

	if (next_startup)
		next_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	board = ShmemInitStruct(NAME_OF_MEMORY, sizeof(Board), &found);
	if (!found)
	{
		pg_atomic_init_u32(&board->launcher, INVALID_PGPROCNO);
		for (i = 0; i < ECP_DATABASES_MAX; i++)
			init_slot(&board->slots[i]);
	}
	board_lock = &GetNamedLWLockTranche(NAME_OF_MEMORY)->lock;
	LWLockRelease(AddinShmemInitLock);
}

void
ecp_slots_init(void)
{
	next_request = shmem_request_hook;
	shmem_request_hook = request_memory;
	next_startup = shmem_startup_hook;
	shmem_startup_hook = attach_memory;
}

EcpSlot *
ecp_slots(void)
{
	return board ? board->slots : NULL;
}

void
ecp_slots_lock(void)
{
	LWLockAcquire(board_lock, LW_EXCLUSIVE);
}

void
ecp_slots_unlock(void)
{
	LWLockRelease(board_lock);
}

EcpSlot *
ecp_slot_of(Oid database)
{
	int			i;

	if (board == NULL || !OidIsValid(database))
		return NULL;
	for (i = 0; i < ECP_DATABASES_MAX; i++)
		if (pg_atomic_read_u32(&board->slots[i].database) == database)
			return &board->slots[i];
	return NULL;
}

/* A process that is gone leaves its place to another, for which the latch comes as one too many. */
static void
set_latch_of(pg_atomic_uint32 *place)
{
	uint32		process = pg_atomic_read_u32(place);

	if (process != (uint32) INVALID_PGPROCNO)
		SetLatch(&ProcGlobal->allProcs[process].procLatch);
}

void
ecp_slot_wake(Oid database, uint32 why)
{
	EcpSlot    *slot = ecp_slot_of(database);

	if (slot == NULL || pg_atomic_read_u32(&slot->pid) == (uint32) MyProcPid)
		return;
	if ((pg_atomic_fetch_or_u32(&slot->woken, why) & why) == why)
		return;
	pg_atomic_fetch_add_u64(&slot->wakes, 1);
	set_latch_of(&slot->process);
}

uint32
ecp_slot_woken(EcpSlot *slot)
{
	return pg_atomic_exchange_u32(&slot->woken, 0);
}

EcpSlot *
ecp_slot_hold(Oid database)
{
	EcpSlot    *slot;

	if (board == NULL)
		return NULL;
	ecp_slots_lock();
	slot = ecp_slot_of(database);
	if (slot)
	{
		pg_atomic_fetch_add_u32(&slot->holds, 1);
		ecp_slot_dismiss(slot);
	}
	ecp_slots_unlock();
	return slot;
}

void
ecp_slot_release(EcpSlot *slot)
{
	pg_atomic_fetch_sub_u32(&slot->holds, 1);
	ecp_launcher_wake();
}

void
ecp_slot_dismiss(EcpSlot *slot)
{
	uint32		pid = pg_atomic_read_u32(&slot->pid);

	if (pid != 0)
		kill((pid_t) pid, SIGTERM);
}

static void
leave_slot(int code pg_attribute_unused(), Datum argument)
{
	EcpSlot    *slot = &board->slots[DatumGetInt32(argument)];

	ecp_slots_lock();
	pg_atomic_write_u32(&slot->process, INVALID_PGPROCNO);
	pg_atomic_write_u32(&slot->pid, 0);
	pg_atomic_write_u32(&slot->in_flight, 0);
	ecp_slots_unlock();
	ecp_launcher_wake();
}

bool
ecp_slot_take(EcpSlot *slot)
{
	bool		ours;

	ecp_slots_lock();
	ours = pg_atomic_read_u32(&slot->pid) == 0;
	if (ours)
	{
		pg_atomic_write_u32(&slot->pid, (uint32) MyProcPid);
		pg_atomic_write_u32(&slot->process, (uint32) MyProc->pgprocno);
		pg_atomic_write_u32(&slot->retired, 0);
		pg_atomic_write_u64(&slot->wakes, 0);
		pg_atomic_write_u64(&slot->turns, 0);
		pg_atomic_write_u64(&slot->done, 0);
		pg_atomic_write_u64(&slot->failed, 0);
		pg_atomic_write_u64(&slot->since, (uint64) GetCurrentTimestamp());
		slot->last_error[0] = '\0';
	}
	ecp_slots_unlock();
	if (ours)
		before_shmem_exit(leave_slot, Int32GetDatum((int32) (slot - board->slots)));
	ecp_launcher_wake();		/* it may have changed its mind */
	return ours;
}

void
ecp_slot_set_state(EcpSlot *slot, EcpWorkerState state)
{
	pg_atomic_write_u32(&slot->state, state);
}

void
ecp_slot_set_error(EcpSlot *slot, const char *error)
{
	ecp_slots_lock();
	strlcpy(slot->last_error, error, sizeof(slot->last_error));
	pg_clean_ascii(slot->last_error);	/* who reads it may have another encoding */
	ecp_slots_unlock();
}

static void
leave_launcher(int code pg_attribute_unused(), Datum argument pg_attribute_unused())
{
	pg_atomic_write_u32(&board->launcher, INVALID_PGPROCNO);
}

void
ecp_launcher_take(void)
{
	pg_atomic_write_u32(&board->launcher, (uint32) MyProc->pgprocno);
	before_shmem_exit(leave_launcher, (Datum) 0);
}

void
ecp_launcher_wake(void)
{
	if (board)
		set_latch_of(&board->launcher);
}
