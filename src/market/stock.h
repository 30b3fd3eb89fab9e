/*
 * The two counters of claiming: units left of a lot, free units of a day.
 */
#ifndef ECP_STOCK_H
#define ECP_STOCK_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/uuid.h"

/* Units that claims take from a lot (negative: give back). */
typedef struct EcpStockTake
{
	int32		territory;
	pg_uuid_t	lot;
	int64		public_units;
	int64		solidarity_units;
} EcpStockTake;

/* Free units, or points of them, that claims take from a person's day (negative: give back); of several limits the highest counts. */
typedef struct EcpQuotaTake
{
	int32		territory;
	pg_uuid_t	member;
	DateADT		day;
	int64		units;
	int32		limit_units;	/* in force at the claim */
	int32		limit_version;
} EcpQuotaTake;

/*
 * A statement's units add up in 64 bits; what a counter cannot hold is refused.
 * Each sorts its entries by key, adds up those of one key and writes what is
 * not zero: rows are locked in key order.  Inside SPI as the owner.  Raise
 * ZE104 and ZE105.
 */
extern void ecp_stock_take(EcpStockTake *takes, int count);
extern void ecp_quota_take(EcpQuotaTake *takes, int count);

/* The order of two EcpStockTake, by key. */
extern int	ecp_stock_compare(const void *a, const void *b);

/* Makes the stock of a new lot. */
extern void ecp_stock_make(int32 territory, const pg_uuid_t *lot, int32 public_units, int32 solidarity_units);

/* Drops the stock of a lot that is being deleted. */
extern void ecp_stock_drop(int32 territory, const pg_uuid_t *lot);

#endif							/* ECP_STOCK_H */
