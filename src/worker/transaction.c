/*
 * The worker's transactions; see transaction.h.
 *
 * The extension is found by its OID and locked, as DROP EXTENSION locks it, so
 * that it stays while the transaction works with its tables.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "pgstat.h"
#include "storage/lmgr.h"
#include "utils/snapmgr.h"

#include "common/install.h"
#include "common/plan.h"
#include "worker/transaction.h"

static bool refused = false;

/* Whether the extension is there, and then locked until the end of the transaction. */
static bool
lock_extension(void)
{
	Oid			extension = get_extension_oid("ecopanier", true);

	if (!OidIsValid(extension))
		return false;
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	return get_extension_oid("ecopanier", true) == extension;
}

bool
ecp_transaction_begin(EcpOwner *saved, const char *activity)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	refused = !lock_extension() || !ecp_is_ready();
	if (refused)
	{
		AbortCurrentTransaction();
		return false;
	}
	pgstat_report_activity(STATE_RUNNING, activity);
	ecp_plan_begin(saved);
	return true;
}

void
ecp_transaction_commit(const EcpOwner *saved)
{
	ecp_plan_end(saved);
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

bool
ecp_transaction_refused(void)
{
	return refused;
}
