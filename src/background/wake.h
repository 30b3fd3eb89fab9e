/*
 * Waking the worker of this database, once, when the transaction commits.
 */
#ifndef ECP_WAKE_H
#define ECP_WAKE_H

#include "postgres.h"

#include "background/slot.h"

/*
 * Notes that this transaction made work.  At its commit, and not where it is
 * rolled back, the worker of the database is woken; however often this was
 * called, once.  Costs a flag; without the library in shared_preload_libraries
 * nobody is woken and tick() finds the work.
 */
extern void ecp_wake_at_commit(void);

/* The same for what may have mended a failing worker. */
extern void ecp_wake_changed_at_commit(void);

/*
 * For what the present transaction does to a database: its worker leaves now and
 * stays away until the end of the transaction, whichever.
 */
extern void ecp_hold_until_end(Oid database);

/* At the end of the transaction the launcher looks at the databases again. */
extern void ecp_look_at_end(void);

/* Called once, while the library is preloaded. */
extern void ecp_wake_init(void);

#endif							/* ECP_WAKE_H */
