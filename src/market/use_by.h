/*
 * The use-by date (DLC): after it nothing is sold, given or moved.
 */
#ifndef ECP_USE_BY_H
#define ECP_USE_BY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

/*
 * In a statement, with a lot l of territory t: when its use-by date is over.  No lot bears a later date than the one named here; some of
 * before that rule may.
 */
#define ECP_USE_BY_END "(least(l.use_by, date '2199-12-31') + 1)::timestamp AT TIME ZONE t.time_zone"

/*
 * Whether a use-by date is over at a moment: it is valid until the end of that
 * day by the territory's calendar.  Costs no statement except within a day of
 * its end.  Inside SPI as the owner.
 */
extern bool ecp_lot_past_use_by(int32 territory, DateADT use_by, TimestampTz at);

/* Raises ZE108 where it is. */
extern void ecp_lot_require_use_by(int32 territory, DateADT use_by, TimestampTz at);

/*
 * Raises ZE108 where a unit of a lot may not change hands at a moment: territory, lot and moment as columns
 * of a claim.  Connects to SPI itself.
 */
extern void ecp_lot_require_handover(Datum territory, Datum lot, Datum at);

#endif							/* ECP_USE_BY_H */
