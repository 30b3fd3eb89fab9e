/*
 * The workers' places in shared memory.
 *
 * A slot belongs to a name in ecopanier.databases.  The launcher gives and frees
 * slots, the worker that takes one owns its pid and its figures, any backend may
 * wake it or hold it off.  A slot holds atomics and flat text, no pointers; name,
 * database, pid and text change under one lock.  Without the library in
 * shared_preload_libraries there is no slot and everything here does nothing.
 */
#ifndef ECP_SLOT_H
#define ECP_SLOT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "port/atomics.h"

#include "background/settings.h"

#define ECP_SLOT_ERROR_SIZE 256

typedef enum EcpWorkerState
{
	ECP_WORKER_OFF,				/* about to be started */
	ECP_WORKER_NO_DATABASE,		/* no such database, or it takes no connections */
	ECP_WORKER_HELD,			/* kept away by DROP, RENAME and the like */
	ECP_WORKER_STARTING,
	ECP_WORKER_NO_EXTENSION,	/* connected; the extension or its tables are not there */
	ECP_WORKER_IDLE,
	ECP_WORKER_WORKING,
	ECP_WORKER_FAILING,			/* the last turn failed; tried again after a while */
	ECP_WORKER_ENDED			/* the process ended by an error; started again after a while */
} EcpWorkerState;

/* Why a worker is woken; bits. */
#define ECP_WOKEN_BY_WORK	1	/* work was committed */
#define ECP_WOKEN_BY_CHANGE 2	/* what made it fail may be mended: an extension, a right, a setting changed */

typedef struct EcpSlot
{
	NameData	name;			/* as in ecopanier.databases; empty: free */
	pg_atomic_uint32 database;	/* OID, or InvalidOid */
	pg_atomic_uint32 pid;		/* of the worker, or 0 */
	pg_atomic_uint32 process;	/* its place among the server's processes, with pid */
	pg_atomic_uint32 holds;		/* statements that keep the worker away */
	pg_atomic_uint32 woken;		/* bits, taken by the worker */
	pg_atomic_uint32 retired;	/* the worker left because it was asked to */
	pg_atomic_uint32 state;
	pg_atomic_uint32 in_flight;
	pg_atomic_uint64 wakes;
	pg_atomic_uint64 turns;
	pg_atomic_uint64 done;
	pg_atomic_uint64 failed;
	pg_atomic_uint64 since;		/* when the worker started */
	char		last_error[ECP_SLOT_ERROR_SIZE];
} EcpSlot;

/* Asks for the memory; called once, from _PG_init() while libraries are preloaded. */
extern void ecp_slots_init(void);

/* All ECP_DATABASES_MAX of them, or NULL. */
extern EcpSlot *ecp_slots(void);

/* The one of a database, or NULL. */
extern EcpSlot *ecp_slot_of(Oid database);

extern void ecp_slots_lock(void);
extern void ecp_slots_unlock(void);

/* Wakes the worker of a database, where it has one and the caller is not it. */
extern void ecp_slot_wake(Oid database, uint32 why);

/* Takes the bits since the last call. */
extern uint32 ecp_slot_woken(EcpSlot *slot);

/*
 * Asks the worker of a database to leave and keeps it away until
 * ecp_slot_release(); its slot, or NULL where it has none.
 */
extern EcpSlot *ecp_slot_hold(Oid database);
extern void ecp_slot_release(EcpSlot *slot);

/* Asks the worker to leave, if there is one.  Call with the lock held. */
extern void ecp_slot_dismiss(EcpSlot *slot);

/* The calling process becomes the worker of the slot until it exits; false where another one is. */
extern bool ecp_slot_take(EcpSlot *slot);

extern void ecp_slot_set_state(EcpSlot *slot, EcpWorkerState state);
extern void ecp_slot_set_error(EcpSlot *slot, const char *error);

/* The calling process is the launcher until it exits. */
extern void ecp_launcher_take(void);
extern void ecp_launcher_wake(void);

#endif							/* ECP_SLOT_H */
