/*
 * The chain of each territory: giving committed events their places.
 */
#ifndef ECP_LINK_H
#define ECP_LINK_H

#include "postgres.h"

#include "datatype/timestamp.h"

#define ECP_LINK_BATCH 10000
#define ECP_LINK_BATCHES 10

/*
 * Links the waiting events of each territory, oldest first, in up to
 * ECP_LINK_BATCHES batches of ECP_LINK_BATCH, and signs a checkpoint after each
 * batch; returns how many, whatever the limit.  Step of the
 * schedule, as the owner inside SPI; one at a time, by the lock of its turn.
 * Raises ECP_ERR_KEY_MISSING.
 */
extern int64 ecp_audit_link_due(int limit);
extern TimestampTz ecp_audit_link_next(void);

#endif							/* ECP_LINK_H */
