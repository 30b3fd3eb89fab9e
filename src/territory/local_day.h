/*
 * A territory's calendar.
 */
#ifndef ECP_LOCAL_DAY_H
#define ECP_LOCAL_DAY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

/* The name of the territory's time zone, in the current context.  Inside SPI as the owner.  Raises ZE101. */
extern char *ecp_local_zone(int32 territory);

/* The territory's calendar day at a moment.  Inside SPI as the owner.  Raises ZE101. */
extern DateADT ecp_local_day(int32 territory, TimestampTz moment);

#endif							/* ECP_LOCAL_DAY_H */
