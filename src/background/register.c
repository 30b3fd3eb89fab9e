/*
 * Registration of the launcher.
 *
 * The launcher is the one process that the server starts by itself; it starts a
 * worker for each database of ecopanier.databases (src/worker/launcher.c).  It is
 * started when recovery has finished, so a standby has none until it is promoted,
 * and not by pg_upgrade.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"

#include "background/register.h"
#include "background/slot.h"
#include "background/utility.h"
#include "background/wake.h"

static void
register_launcher(void)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 5;
	strlcpy(worker.bgw_name, "ecopanier launcher", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "ecopanier launcher", sizeof(worker.bgw_type));
	strlcpy(worker.bgw_library_name, "ecopanier_worker", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "ecp_launcher_main", sizeof(worker.bgw_function_name));
	RegisterBackgroundWorker(&worker);
}

void
ecp_background_register(void)
{
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	ecp_slots_init();
	ecp_wake_init();
	ecp_utility_init();
	register_launcher();
}
