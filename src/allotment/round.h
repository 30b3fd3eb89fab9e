/*
 * Allotment rounds: what the files of this room share.
 *
 * Locks are taken in this order: lot, round, people, quota, stock.
 */
#ifndef ECP_ALLOTMENT_ROUND_H
#define ECP_ALLOTMENT_ROUND_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "common/plan.h"

typedef struct EcpRound
{
	int32		territory;
	pg_uuid_t	id;
	pg_uuid_t	lot;
	int32		kept;			/* units that it keeps out of first come */
} EcpRound;

/* Runs a statement on the tables of this room, which the guard lets pass.  Inside SPI as the owner. */
extern void ecp_allotment_write(EcpPlan *plan, Datum *values, const char *nulls);

/*
 * Cancels open rounds whose rows are locked, tells those who declared interest,
 * and gives the units back to first come as of a moment.  Inside SPI as the owner.
 */
extern void ecp_allotment_cancel_rounds(const EcpRound *rounds, int count, const char *reason, TimestampTz at);

/* Takes the units of rounds from the solidarity pools of their lots, or with sign -1 gives them back.  Inside SPI as the owner. */
extern void ecp_allotment_move_units(const EcpRound *rounds, int count, int sign, TimestampTz at);

/* Until when it is kept who took part in a round that ends at this moment.  Inside SPI as the owner. */
extern TimestampTz ecp_allotment_keep_until(int32 territory, TimestampTz end);

/* Raises ZE101. */
extern void ecp_allotment_raise_unknown(void) pg_attribute_noreturn();

#endif							/* ECP_ALLOTMENT_ROUND_H */
