/*
 * A day's free units: what a claim counts, and up to what.
 */
#ifndef ECP_QUOTA_H
#define ECP_QUOTA_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/uuid.h"

#include "common/trigger.h"
#include "identity/context.h"

/*
 * Fills day, limit, cost and what the limit followed from into a free claim, by
 * the rules in force at its moment; at: see claim.h.  Inside SPI as the owner.
 * Raises ZE106 where a caller has no right on that day, ZE128 where a caller's
 * free claims are paused.
 */
extern void ecp_quota_fill(EcpRow *row, const int *at, const EcpCaller *caller);

/* What a person could claim on a day, before what that day has counted already. */
typedef struct EcpQuota
{
	DateADT		day;
	bool		right_holds;
	bool		paused;			/* rule D15 */
	int32		limit;			/* units or points; 0 where one of these two stands against it */
	int32		cost;			/* of a unit: 1, or points */
} EcpQuota;

/* The quota of a person at a moment for a lot of this category, by the rules that a caller meets.  Inside SPI as the owner. */
extern void ecp_quota_of(int32 territory, const pg_uuid_t *member, const char *category, TimestampTz moment, EcpQuota *quota);

/* Clears them: a public claim carries nothing of a quota. */
extern void ecp_quota_clear(EcpRow *row, const int *at);

/*
 * Raises ZE106 unless the person has the right to free units on a day; keys are
 * territory and member.  Inside SPI, under the active snapshot.
 */
extern void ecp_quota_check_right(Datum *keys, DateADT day);

#endif							/* ECP_QUOTA_H */
