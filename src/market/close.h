/*
 * What time does to lots and to claims that wait for a payment.
 */
#ifndef ECP_CLOSE_H
#define ECP_CLOSE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* Steps of the schedule, inside SPI as the owner: up to limit of each territory; how many. */

/* Closes published lots whose window is over. */
extern int64 ecp_lot_close_due(int limit);
extern TimestampTz ecp_lot_close_next(void);

/* Cancels claims that waited for a payment for longer than the territory's setting payment_hold. */
extern int64 ecp_payment_hold_due(int limit);
extern TimestampTz ecp_payment_hold_next(void);

#endif							/* ECP_CLOSE_H */
