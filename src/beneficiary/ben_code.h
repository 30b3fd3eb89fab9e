/*
 * Giving beneficiary codes.
 */
#ifndef ECP_BENEFICIARY_BEN_CODE_H
#define ECP_BENEFICIARY_BEN_CODE_H

#include "postgres.h"

/* A code never given before (a ben_code, by value).  Inside SPI as the owner.  Raises ZE114, ZE101. */
extern Datum ecp_ben_code_issue(int32 territory);

#endif							/* ECP_BENEFICIARY_BEN_CODE_H */
