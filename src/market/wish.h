/*
 * Food wishes: properties of food, chosen for one order.
 */
#ifndef ECP_WISH_H
#define ECP_WISH_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* A step of the schedule, inside SPI as the owner: drops up to limit wishes of each territory whose claims are no longer held; how many. */
extern int64 ecp_wish_purge_due(int limit);
extern TimestampTz ecp_wish_purge_next(void);

#endif							/* ECP_WISH_H */
