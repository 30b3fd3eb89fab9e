/*
 * How many photos an organisation may have read in a month.
 */
#ifndef ECP_ALLOWANCE_H
#define ECP_ALLOWANCE_H

#include "postgres.h"

#include "utils/date.h"

#include "identity/context.h"

typedef struct EcpAllowance
{
	char		plan[NAMEDATALEN];
	DateADT		month;			/* first day, by the territory's calendar */
	DateADT		begins_again;	/* first day of the next */
	int64		limit;
	int32		limit_version;
	int32		used;
} EcpAllowance;

/*
 * Locks the count of this month for the caller's organisation until the
 * transaction ends: of two at once the second sees what the first counted.
 * Inside SPI as the owner.
 */
extern void ecp_allowance_lock(const EcpCaller *caller, EcpAllowance *allowance);

/* Counts one photo of what is locked; raises ZE125 where the limit is reached. */
extern void ecp_allowance_count(const EcpCaller *caller, const EcpAllowance *allowance);

#endif							/* ECP_ALLOWANCE_H */
