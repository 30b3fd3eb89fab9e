/*
 * Baskets that somebody else pays for.
 *
 * contribution.c   what is given, and by whom: sponsor_units(), contribute()
 * paid.c           what follows from a payment; funders who match
 * unit.c           sponsored units: placed, counted at pickup, used, returned, refunded
 * fund.c           the territory's fund, and the round in which it buys
 */
#ifndef ECP_SPONSOR_H
#define ECP_SPONSOR_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "common/derived.h"

/* What writes the tables of the room. */
extern EcpDerived ecp_sponsor_derived;

/* Units of a lot that a contribution pays for. */
typedef struct EcpSponsored
{
	pg_uuid_t	lot;
	pg_uuid_t	contribution;
	int32		quantity;
} EcpSponsored;

/*
 * Waits for pickups of the lots that are going on, then locks their stock; the lots
 * are locked by the caller, FOR UPDATE, so that no claim comes.  Rows of SPI's result
 * are lot, public units left and solidarity units left, in key order.  Inside SPI
 * as the owner, as all of these.
 */
extern void ecp_sponsor_lock_stock(int32 territory, Datum lots);

/*
 * Moves units of locked lots from the public to the solidarity pool, behind those
 * that are there.  One entry a lot.
 */
extern void ecp_sponsor_place(int32 territory, const EcpSponsored *units, int count, TimestampTz at);

/* Puts an amount into the territory's fund, once for the cause. The fund's row is locked last of all. */
extern void ecp_fund_in(int32 territory, int64 amount_cents, const char *cause, const pg_uuid_t *cause_id, TimestampTz at);

/* Takes an amount out of it; the balance is never negative, which the table's CHECK says. */
extern void ecp_fund_out(int32 territory, int64 amount_cents, const char *cause, const pg_uuid_t *cause_id, TimestampTz at);

/* Sets balances right from their instructions; how many were wrong. */
extern int64 ecp_fund_rebuild(void);

/* Steps of the schedule. Has shops owed the price of units that pickups have reached. */
extern int64 ecp_sponsor_credit_due(int limit);
extern TimestampTz ecp_sponsor_credit_next(void);

/* Gives what nobody fetched to the fund, once the lot is over and none of its claims is open. */
extern int64 ecp_sponsor_return_due(int limit);
extern TimestampTz ecp_sponsor_return_next(void);

/* Runs the day's round of each fund that has not been run: up to limit territories. */
extern int64 ecp_fund_round_due(int limit);
extern TimestampTz ecp_fund_round_next(void);

#endif							/* ECP_SPONSOR_H */
