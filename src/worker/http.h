/*
 * The transport: calls over HTTP and SMTP, many at a time.
 */
#ifndef ECP_WORKER_HTTP_H
#define ECP_WORKER_HTTP_H

#include "background/call.h"

/* Once in a process, after MyLatch is there. */
extern void ecp_http_open(void);

/*
 * Begins a call.  From here on call->context owns what libcurl has of it: deleting
 * the context gives the call up.  Raises nothing; what cannot be begun has ended.
 */
extern void ecp_http_start(EcpCall *call);

/* Moves on all calls that can be, without waiting. */
extern void ecp_http_serve(void);

/* A call that has ended, its outcome filled in, each once; NULL where there is none. */
extern EcpCall *ecp_http_ended(void);
extern bool ecp_http_has_ended(void);

/*
 * Waits until the latch is set (and resets it), a call ends or moves on, or so many
 * milliseconds have passed (-1: no end).  Exits with the postmaster.
 */
extern void ecp_http_wait(long timeout_ms);

#endif							/* ECP_WORKER_HTTP_H */
