/*
 * Memory for secrets: zeroed however its context ends, by return, reset or
 * error.
 */
#ifndef ECP_SECRET_H
#define ECP_SECRET_H

#include "postgres.h"

/*
 * Like palloc0() in CurrentMemoryContext; never pfree() the result.  The
 * context's reset or deletion zeroes it; ecp_secret_wipe() does so earlier.
 */
extern void *ecp_secret_alloc(Size size);
extern void ecp_secret_wipe(void *secret);

#endif							/* ECP_SECRET_H */
