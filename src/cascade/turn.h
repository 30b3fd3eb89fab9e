/*
 * What becomes of the units that are left when a lot's window is over (rule D9).
 */
#ifndef ECP_CASCADE_TURN_H
#define ECP_CASCADE_TURN_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* A step of the schedule, inside SPI as the owner: looks at up to limit lots of each territory; how many. */
extern int64 ecp_cascade_due(int limit);
extern TimestampTz ecp_cascade_next(void);

#endif							/* ECP_CASCADE_TURN_H */
