/*
 * What becomes of baskets that nobody collects.
 */
#ifndef ECP_LAPSE_H
#define ECP_LAPSE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * Whether no station has locked the claim r by wrong PINs.  It is asked of one
 * claim after another, by the key of its guesses: OFFSET 0 keeps it from being
 * joined, which would read a territory's whole history for the few claims that matter.
 */
#define ECP_PICKUP_NOT_LOCKED \
	"NOT EXISTS (SELECT FROM ecopanier_private.pickup_guess g WHERE g.territory_id = r.territory_id AND g.reservation_id = r.id " \
	"AND g.round = r.pickup_round AND g.number >= (SELECT s.value FROM ecopanier.setting s WHERE s.territory_id = r.territory_id " \
	"AND s.name = 'pickup_tries' AND s.valid_from <= ecopanier.now() ORDER BY s.valid_from DESC, s.version DESC LIMIT 1) OFFSET 0) "

/*
 * A step of the schedule, inside SPI as the owner: ends up to limit claims of
 * each territory whose window is over, locked ones apart; returns how many.
 */
extern int64 ecp_pickup_lapse_due(int limit);
extern TimestampTz ecp_pickup_lapse_next(void);

#endif							/* ECP_LAPSE_H */
