/*
 * Giving beneficiary codes.
 */
#ifndef ECP_BENEFICIARY_BEN_CODE_H
#define ECP_BENEFICIARY_BEN_CODE_H

#include "postgres.h"

/* A code never given before (a ben_code, by value).  Inside SPI as the owner.  Raises ZE114, ZE101. */
extern Datum ecp_ben_code_issue(int32 territory);

/*
 * Counts codes beforehand, so that the next ones of a batch write the year's
 * row once; 0 forgets what was not used.  Inside SPI as the owner, in the
 * subtransaction that gives them.
 */
extern void ecp_ben_code_count(int32 territory, int count);

#endif							/* ECP_BENEFICIARY_BEN_CODE_H */
