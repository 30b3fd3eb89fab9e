/*
 * Counting what is tried at kiosks.
 *
 * A series is what counts together: the tries of one card at the kiosks of one
 * association, for one PIN, in one round and period.  What came with no card
 * of ours is in one series without a limit of its own, so that nobody locks
 * somebody else's card by naming it.
 */
#ifndef ECP_KIOSK_TRY_H
#define ECP_KIOSK_TRY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "identity/context.h"

typedef struct EcpKioskSeries
{
	pg_uuid_t	card;			/* all zeros: no card of ours */
	int32		pin_version;
	int32		round;
} EcpKioskSeries;

#define ECP_KIOSK_FULL (-1)		/* the hour's limit of the association is reached */

/*
 * Notes a try ("login"), that it was right ("right") or a refused session
 * ("token"), frozen (frozen.h).  Returns the tries in the series since the
 * last right one, or ECP_KIOSK_FULL without a note: nobody fills the disk.
 * kiosk: the caller at the kiosk.  Inside SPI as the owner.
 */
extern int64 ecp_kiosk_charge(const EcpCaller *kiosk, const EcpKioskSeries *series, const char *kind);

/* A step of the schedule: makes figures of up to limit old tries of each territory; how many figures it wrote. */
extern int64 ecp_kiosk_fold_due(int limit);
extern TimestampTz ecp_kiosk_fold_next(void);

#endif							/* ECP_KIOSK_TRY_H */
