/*
 * Waking the worker of this database, once, when the transaction commits.
 */
#ifndef ECP_WAKE_H
#define ECP_WAKE_H

#include "postgres.h"

/*
 * Notes that this transaction made work.  At its commit, and not where it is
 * rolled back, the worker of the database is woken; however often this was
 * called, once.  Costs a flag; without the library in shared_preload_libraries
 * nobody is woken and tick() finds the work.
 */
extern void ecp_wake_at_commit(void);

#endif							/* ECP_WAKE_H */
