/*
 * What is done for the worker when a transaction ends: waking it, and letting it
 * come back.
 *
 * The worker itself is not woken by its own commits: it looks again after each
 * turn in which it did something.  A subtransaction that is rolled back leaves
 * the flag, which costs an idle turn.  A prepared transaction forgets it: COMMIT
 * PREPARED wakes the worker always (utility.c).
 *
 * A commit tells of itself when its locks are gone.  Its callbacks come too early:
 * others are not yet told what changed in the catalogues, and a worker that woke up at once
 * would look with the rights, or the extension, of before, and sleep on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/resowner.h"

#include "background/settings.h"
#include "background/wake.h"
#include "common/trigger.h"

PG_FUNCTION_INFO_V1(ecp_wake);

static uint32 wake_why = 0;
static bool committed = false;	/* and not yet told */
static bool look = false;
static EcpSlot *held[ECP_DATABASES_MAX];
static int	held_count = 0;

void
ecp_wake_at_commit(void)
{
	wake_why |= ECP_WOKEN_BY_WORK;
}

void
ecp_wake_changed_at_commit(void)
{
	wake_why |= ECP_WOKEN_BY_CHANGE;
}

void
ecp_look_at_end(void)
{
	look = true;
}

void
ecp_hold_until_end(Oid database)
{
	EcpSlot    *slot;
	int			i;

	if (held_count == ECP_DATABASES_MAX)
		return;
	slot = ecp_slot_hold(database);
	if (slot == NULL)
		return;
	for (i = 0; i < held_count && held[i] != slot; i++)
		;
	if (i < held_count)
		ecp_slot_release(slot);
	else
		held[held_count++] = slot;
}

static void
let_come_back(void)
{
	while (held_count > 0)
		ecp_slot_release(held[--held_count]);
	if (look)
		ecp_launcher_wake();
	look = false;
}

static void
at_end(XactEvent event, void *argument pg_attribute_unused())
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			committed = true;
			return;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			break;
		default:
			return;
	}
	wake_why = 0;
	let_come_back();
}

/* The last that a commit does: by now all others are told of changed catalogues, and locks are gone. */
static void
after_locks(ResourceReleasePhase phase, bool is_commit pg_attribute_unused(), bool is_top, void *argument pg_attribute_unused())
{
	if (!committed || !is_top || phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	committed = false;
	if (wake_why != 0)
		ecp_slot_wake(MyDatabaseId, wake_why);
	wake_why = 0;
	let_come_back();
}

void
ecp_wake_init(void)
{
	RegisterXactCallback(at_end, NULL);
	RegisterResourceReleaseCallback(after_locks, NULL);
}

/* For queues: a trigger of statements. */
Datum
ecp_wake(PG_FUNCTION_ARGS)
{
	(void) ecp_trigger_data(fcinfo);
	ecp_wake_at_commit();
	PG_RETURN_POINTER(NULL);
}
