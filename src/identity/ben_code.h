/*
 * Giving beneficiary codes; a territory's calendar.
 */
#ifndef ECP_IDENTITY_BEN_CODE_H
#define ECP_IDENTITY_BEN_CODE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

/* A code never given before (a ben_code, by value).  Inside SPI as the owner.  Raises ZE114, ZE101. */
extern Datum ecp_ben_code_issue(int32 territory);

/* The territory's calendar day at a moment.  Inside SPI as the owner.  Raises ZE101. */
extern DateADT ecp_local_day(int32 territory, TimestampTz moment);

#endif							/* ECP_IDENTITY_BEN_CODE_H */
