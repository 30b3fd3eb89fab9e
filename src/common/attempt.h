/*
 * Trying something that may fail without taking the rest down.
 */
#ifndef ECP_ATTEMPT_H
#define ECP_ATTEMPT_H

#include "postgres.h"

/*
 * Runs work(arg) in a subtransaction of its own, inside SPI as the owner; whether
 * it went through.  Otherwise what it did is undone, and *error tells, in the
 * current memory context, SQLSTATE and message.  A cancellation and the end of the
 * server are raised again.
 */
extern bool ecp_attempt(void (*work) (void *), void *arg, char **error);

/* The same with the whole error, NULL where it went through. */
extern ErrorData *ecp_attempt_error(void (*work) (void *), void *arg);

/* The same for what is tried alone: it is undone in any case. */
extern ErrorData *ecp_attempt_undone(void (*work) (void *), void *arg);

/* Whether an error is that of the row which was written, and not the server's or a rival transaction's. */
extern bool ecp_is_of_row(int sqlstate);

#endif							/* ECP_ATTEMPT_H */
