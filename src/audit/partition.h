/*
 * The monthly partitions of audit_event.
 */
#ifndef ECP_PARTITION_H
#define ECP_PARTITION_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * Makes what is missing of this month's and the next two months' partitions;
 * returns how many.  Step of tick(), as the owner inside SPI.  Raises 55P03
 * where others would have to wait for half a second.
 */
extern int64 ecp_audit_partitions_due(int limit);
extern TimestampTz ecp_audit_partitions_next(void);

#endif							/* ECP_PARTITION_H */
