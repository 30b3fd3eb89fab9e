/*
 * Drawing allotment rounds.
 */
#ifndef ECP_ALLOTMENT_DRAW_H
#define ECP_ALLOTMENT_DRAW_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * A step of the schedule, inside SPI as the owner: draws one round that is due, or
 * cancels it where that came too late; how many, 0 or 1.  One, since the next
 * would lock quota rows after stock rows in the same transaction.
 */
extern int64 ecp_allotment_draw_due(int limit);
extern TimestampTz ecp_allotment_draw_next(void);

/* Another step: deletes who took part in rounds that ended allotment_keep_days ago; up to limit rounds of each territory. */
extern int64 ecp_allotment_purge_due(int limit);
extern TimestampTz ecp_allotment_purge_next(void);

#endif							/* ECP_ALLOTMENT_DRAW_H */
