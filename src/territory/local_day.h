/*
 * A territory's calendar.
 */
#ifndef ECP_LOCAL_DAY_H
#define ECP_LOCAL_DAY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

/* The territory's calendar day at a moment.  Inside SPI as the owner.  Raises ZE101. */
extern DateADT ecp_local_day(int32 territory, TimestampTz moment);

#endif							/* ECP_LOCAL_DAY_H */
