/*
 * What becomes of baskets that nobody collects.
 */
#ifndef ECP_LAPSE_H
#define ECP_LAPSE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * A step of the schedule, inside SPI as the owner: ends up to limit claims of
 * each territory whose window is over, locked ones apart; returns how many.
 */
extern int64 ecp_pickup_lapse_due(int limit);
extern TimestampTz ecp_pickup_lapse_next(void);

#endif							/* ECP_LAPSE_H */
