/*
 * Reasons that people give in words.
 */
#ifndef ECP_REASON_H
#define ECP_REASON_H

#include "postgres.h"

#include "fmgr.h"

#define ECP_REASON_MAX 1000		/* characters */

/* The text of an argument, NULL where it says nothing; raises 22023 where it is longer than what is kept. */
extern char *ecp_reason_argument(FunctionCallInfo fcinfo, int argument);

#endif							/* ECP_REASON_H */
