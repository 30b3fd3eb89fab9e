/*
 * The circuits of all channels in the worker's memory.
 */
#ifndef ECP_WORKER_CIRCUITS_H
#define ECP_WORKER_CIRCUITS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/array.h"

#include "background/call.h"

/* Forgets all and reads what is kept.  Inside SPI as the owner. */
extern void ecp_circuits_read(void);
extern void ecp_circuits_forget(void);

/* The endpoints of a channel that are not to be called now, as text[] in the current context; NULL where there are none. */
extern ArrayType *ecp_circuits_closed_to(const EcpChannel *channel);

/* Whether this call may be made now; if so it is counted on. */
extern bool ecp_circuits_admit(const EcpCall *call);

/*
 * For how many milliseconds a call that was not admitted is put aside: 0 where its
 * job's endpoint is the one that is closed, since claims leave that out.
 */
extern int64 ecp_circuits_wait_ms(const EcpCall *call);

/* Whether the end of a call changes anything here, so that ecp_circuits_ended() has to be told. */
extern bool ecp_circuits_concern(const EcpCall *call);

/* A call has ended, or was given up without an answer.  The first inside SPI as the owner; it may write and so may raise. */
extern void ecp_circuits_ended(const EcpCall *call);
extern void ecp_circuits_given_up(const EcpCall *call);

/* When the next circuit allows a call that it does not allow now; DT_NOEND where none will. */
extern TimestampTz ecp_circuits_next(void);

/* How a call ended, in a few words without anything secret; a buffer that the next call overwrites. */
extern const char *ecp_circuits_describe(const EcpCall *call);

#endif							/* ECP_WORKER_CIRCUITS_H */
