/*
 * The worker's transactions.
 */
#ifndef ECP_WORKER_TRANSACTION_H
#define ECP_WORKER_TRANSACTION_H

#include "postgres.h"

#include "common/owner.h"

/*
 * Starts a transaction, as the owner inside SPI and with a snapshot; activity is
 * shown in pg_stat_activity.  False, with nothing open, where the extension or its
 * tables are not there; otherwise the extension stays locked against being dropped
 * until the commit.
 */
extern bool ecp_transaction_begin(EcpOwner *saved, const char *activity);
extern void ecp_transaction_commit(const EcpOwner *saved);

/* Whether the last ecp_transaction_begin() was false. */
extern bool ecp_transaction_refused(void);

#endif							/* ECP_WORKER_TRANSACTION_H */
