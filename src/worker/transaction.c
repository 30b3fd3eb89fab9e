/*
 * The worker's transactions; see transaction.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "pgstat.h"
#include "utils/snapmgr.h"

#include "background/extension.h"
#include "common/install.h"
#include "common/plan.h"
#include "worker/transaction.h"

static bool refused = false;

bool
ecp_transaction_begin(EcpOwner *saved, const char *activity)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	refused = !ecp_extension_lock() || !ecp_is_ready();
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
	ecp_owner_commit();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

bool
ecp_transaction_refused(void)
{
	return refused;
}
