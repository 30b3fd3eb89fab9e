/*
 * What the library does when it is preloaded.
 */
#ifndef ECP_REGISTER_H
#define ECP_REGISTER_H

/* Registers launcher, shared memory and hooks, where the library is being preloaded; called once, from _PG_init(). */
extern void ecp_background_register(void);

#endif							/* ECP_REGISTER_H */
