/*
 * Whether what a backend remembers of relations may still be right.
 */
#ifndef ECP_GENERATION_H
#define ECP_GENERATION_H

#include "postgres.h"

/* Rises at each change of a relation that this backend hears of; never 0. */
extern uint64 ecp_generation(void);

#endif							/* ECP_GENERATION_H */
