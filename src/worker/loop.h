/*
 * The worker's loop.
 */
#ifndef ECP_WORKER_LOOP_H
#define ECP_WORKER_LOOP_H

#include <signal.h>

#include "background/slot.h"

/* Set by the handler of SIGTERM: the worker is asked to leave. */
extern volatile sig_atomic_t ecp_loop_leaving;

/* Works until asked to leave, and puts back what was under way. */
extern void ecp_loop(EcpSlot *slot);

#endif							/* ECP_WORKER_LOOP_H */
