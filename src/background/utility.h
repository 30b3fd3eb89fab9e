/*
 * Statements that the worker has to get out of the way of, or to hear of.
 */
#ifndef ECP_UTILITY_H
#define ECP_UTILITY_H

/* Sets the hook; called once, while the library is preloaded. */
extern void ecp_utility_init(void);

#endif							/* ECP_UTILITY_H */
