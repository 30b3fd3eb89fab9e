/*
 * Circuits as they are kept: what outlives the worker's process, and what operators see.
 */
#ifndef ECP_CIRCUIT_H
#define ECP_CIRCUIT_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "background/breaker_core.h"

typedef struct EcpCircuit
{
	char	   *channel;
	char	   *endpoint;
	EcpBreaker	breaker;		/* open, by milliseconds of ecp_circuit_now() */
} EcpCircuit;

/* The injected clock in milliseconds. */
extern int64 ecp_circuit_now(void);

/* All that are open, as EcpCircuit * in the current context.  Inside SPI as the owner, as the next. */
extern List *ecp_circuit_read(void);

/* Writes that one opened or closed. */
extern void ecp_circuit_write(const char *channel, const char *endpoint, const EcpBreaker *breaker, const char *error);

#endif							/* ECP_CIRCUIT_H */
