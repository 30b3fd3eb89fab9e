/*
 * What a free unit counts where the quota is in points.
 */
#ifndef ECP_POINTS_H
#define ECP_POINTS_H

#include "postgres.h"

#include "datatype/timestamp.h"

typedef struct EcpPoints
{
	int32		points;
	int32		version;		/* of the category's value; 0: it has none */
} EcpPoints;

/* What a unit of the category counts at a moment; category may be NULL.  Inside SPI as the owner. */
extern EcpPoints ecp_points_at(int32 territory, const char *category, TimestampTz moment);

#endif							/* ECP_POINTS_H */
