/*
 * Steps of a right, and who may take them.
 */
#ifndef ECP_RIGHT_H
#define ECP_RIGHT_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/uuid.h"

#include "common/plan.h"
#include "identity/context.h"

/* Why a row of beneficiary is written: the guard asks for a decider, or not. */
typedef enum EcpRightStep
{
	ECP_RIGHT_DECISION,			/* somebody decides (rule D14), or loads */
	ECP_RIGHT_EXPIRY,			/* the last day is past */
	ECP_RIGHT_MOVE				/* a transfer that was allowed */
} EcpRightStep;

/* Runs a statement on beneficiary as such a step, inside SPI as the owner. */
extern void ecp_right_run(EcpRightStep step, EcpPlan *plan, Datum *values, const char *nulls);
extern EcpRightStep ecp_right_step(void);

/*
 * Raises 42501 unless the caller registers people: owners and managers, services
 * with the scope enrol, administrators.
 */
extern void ecp_right_check_registrar(const EcpCaller *caller);

/*
 * Raises unless the caller decides on rights (rule D14): 42501 who does not, or
 * a service whose key has not this scope, ZE118 not accredited today.  Inside
 * SPI as the owner.
 */
extern void ecp_right_check_decider(const EcpCaller *caller, EcpScope scope);

/*
 * Raises 25000 in a transaction that keeps an old snapshot: a tag, a place or
 * a claim that was written since would not be seen.
 */
extern void ecp_right_require_present(void);

/* The same answer for an unknown person and for somebody else's: ZE101. */
extern void ecp_right_raise_unknown(void) pg_attribute_noreturn();

/*
 * A step of the schedule, inside SPI as the owner: ends up to limit rights of each
 * territory whose last day is past by the local calendar; returns how many.
 */
extern int64 ecp_right_expire_due(int limit);
extern TimestampTz ecp_right_expire_next(void);

#endif							/* ECP_RIGHT_H */
