/*
 * What can be seen of the worker.
 */
#ifndef ECP_STATUS_H
#define ECP_STATUS_H

#include "postgres.h"

/* How the worker of this database is, a sentence without a full stop; good: nobody has to do anything. */
extern char *ecp_worker_describe(bool *good);

#endif							/* ECP_STATUS_H */
