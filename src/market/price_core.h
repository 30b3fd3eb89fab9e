/*
 * A price that falls: pure, so that every reader finds the same price at the same
 * moment.  Moments are microseconds, in any one epoch.
 */
#ifndef ECP_PRICE_CORE_H
#define ECP_PRICE_CORE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct EcpPrice
{
	int32_t		cents;			/* until it falls for the first time */
	bool		falls;			/* otherwise it stays, and the rest means nothing */
	int64_t		falls_from;		/* the first fall */
	int32_t		step_minutes;	/* to the next, at least 1 */
	int32_t		step_cents;		/* by how much each time, at least 1 */
	int32_t		floor_cents;	/* never below; at most cents */
} EcpPrice;

/* The price at a moment, that of a fall included. */
extern int32_t ecp_core_price_at(const EcpPrice *price, int64_t at);

/* The lowest price that it ever comes to. */
extern int32_t ecp_core_price_least(const EcpPrice *price);

#endif							/* ECP_PRICE_CORE_H */
