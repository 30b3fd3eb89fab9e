/*
 * What a public unit of a lot costs at a moment.
 */
#ifndef ECP_PRICE_H
#define ECP_PRICE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "common/trigger.h"

/* The columns of lot that decide, for a statement's list. */
#define ECP_PRICE_COLUMNS "price_cents, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents"
#define ECP_PRICE_COLUMN_COUNT 5

/* The price at a moment, by the values of ECP_PRICE_COLUMNS, of which the first is not null. */
extern int32 ecp_lot_price_at(const Datum *values, const bool *nulls, TimestampTz at);

/*
 * The same by a row of the last result of SPI in which ECP_PRICE_COLUMNS begin at a column,
 * counted from 1; false where the lot has no price.
 */
extern bool ecp_lot_price_read(uint64 row, int column, TimestampTz at, int32 *cents);

/* Raises ZE109 where the price of a row of lot falls by more than the most percent (rule D4); the CHECKs of lot see to the rest. */
extern void ecp_lot_price_check(const EcpRow *row, int64 original_cents, int64 most_percent);

#endif							/* ECP_PRICE_H */
