/*
 * Units that go from a lot's pool, or come to it, other than by a claim.
 */
#ifndef ECP_MOVEMENT_H
#define ECP_MOVEMENT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "market/stock.h"

typedef struct EcpMovement
{
	EcpStockTake units;			/* what leaves each pool of which lot; negative: what comes */
	const char *kind;			/* sponsored, allotment, cascade */
	pg_uuid_t	cause;			/* the sponsorship, round or step */
	TimestampTz at;				/* by the rule, not by the worker's clock */
} EcpMovement;

/*
 * Notes movements, then takes them from the stock, whose rows are locked in key
 * order: the last locks of a transaction, as in the ladder lot, reservation, quota,
 * stock.  Sorts its entries.  Inside SPI as the owner.  Raises ZE104 where a pool has fewer left,
 * ZE108 where units past their use-by date would be sponsored or kept for a round.
 */
extern void ecp_stock_move(EcpMovement *movements, int count);

#endif							/* ECP_MOVEMENT_H */
