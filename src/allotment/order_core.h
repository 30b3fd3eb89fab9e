/*
 * Who is given how many units of an allotment round.  Nothing here needs a
 * server: the same contenders get the same units, in whatever order they come.
 */
#ifndef ECP_ALLOTMENT_ORDER_CORE_H
#define ECP_ALLOTMENT_ORDER_CORE_H

#include <stdint.h>

#define ECP_ALLOTMENT_CRITERIA 1	/* version of the criteria, stored with each round */
#define ECP_ALLOTMENT_NEVER (-1)	/* waiting_days of who was never served */
#define ECP_ALLOTMENT_FAR 4		/* distance_band of who is far or did not say where */

typedef struct EcpContender
{
	uint8_t		pseudonym[16];
	int32_t		allowed;		/* units that the person wants and may have; 0: takes no part */
	int32_t		help_units;		/* free units of late, fewer first */
	int32_t		waiting_days;	/* since the last free unit was fetched, longer first; never before all others */
	int32_t		distance_band;	/* nearer first */
	uint8_t		ticket[32];		/* decides where all else is the same; see crypto/allotment_core.h */
	int32_t		place;			/* from 1; 0: takes no part */
	int32_t		allotted;
} EcpContender;

/*
 * Sorts contenders by their place and gives units out: one to each in a first
 * round, then a second one, until the units or the wishes are used up.
 * Returns how many were given.
 */
extern int64_t ecp_core_allot(EcpContender *contenders, int count, int64_t units);

/* The band of a distance: 0 below 1 km, 1 below 2, 2 below 5, 3 below 10, else ECP_ALLOTMENT_FAR. */
extern int32_t ecp_core_allotment_band(double metres);

#endif							/* ECP_ALLOTMENT_ORDER_CORE_H */
