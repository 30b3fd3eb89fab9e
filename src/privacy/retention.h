/*
 * People go when their period is over.
 */
#ifndef ECP_RETENTION_H
#define ECP_RETENTION_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * A step of the schedule, inside SPI as the owner: goes on with the day's retention of
 * each territory, up to limit people of one rule; returns how many went, and one
 * for each turn that came further.
 */
extern int64 ecp_retention_due(int limit);
extern TimestampTz ecp_retention_next(void);

#endif							/* ECP_RETENTION_H */
