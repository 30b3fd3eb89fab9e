/*
 * Offers that end by themselves, and lots that are recalled.
 */
#ifndef ECP_CASCADE_END_H
#define ECP_CASCADE_END_H

#include "postgres.h"

#include "utils/uuid.h"

/* All inside SPI as the owner, at the clock's moment. The lot's row is locked by whoever calls. */

/* Takes back the offers of a lot whose deadline is past; whether there were some. */
extern bool ecp_cascade_end_offers(int32 territory, const pg_uuid_t *lot);

/*
 * A lot was cancelled: its open offers end, the lot in which it was offered again
 * is cancelled with it, and who received units of it is told.
 */
extern void ecp_cascade_recall(int32 territory, const pg_uuid_t *lot);

#endif							/* ECP_CASCADE_END_H */
