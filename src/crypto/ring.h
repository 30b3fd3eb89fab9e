/*
 * The cached key ring of this database; for this room alone.
 */
#ifndef ECP_RING_H
#define ECP_RING_H

/* Registers the callback that drops the cache. */
extern void ecp_ring_init(void);

#endif							/* ECP_RING_H */
