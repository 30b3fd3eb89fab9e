/*
 * Which states follow which.
 */
#ifndef ECP_TRANSITION_H
#define ECP_TRANSITION_H

#include "postgres.h"

#include "common/trigger.h"

typedef struct EcpTransition
{
	const char *from;			/* NULL ends a table */
	const char *to;
} EcpTransition;

/* Raises ZE107 where an UPDATE changes the state in a way the table does not have. */
extern void ecp_transition_check(const EcpRow *row, int column, const EcpTransition *table);

#endif							/* ECP_TRANSITION_H */
