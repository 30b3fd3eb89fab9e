/*
 * Tables that the rules alone write.
 *
 * A room has a static EcpDerived for its tables: what it writes with
 * ecp_derived_run() their guards let pass, and nothing else, whoever sends it.
 */
#ifndef ECP_DERIVED_H
#define ECP_DERIVED_H

#include "postgres.h"

#include "commands/trigger.h"

#include "common/plan.h"

typedef struct EcpDerived
{
	int			writing;		/* above 0 while the room writes */
} EcpDerived;

/* Runs a plan that writes, inside SPI as the owner; how many rows it wrote. */
extern uint64 ecp_derived_run(EcpDerived *derived, EcpPlan *plan, Datum *values, const char *nulls);

/* The same on rows that came after the transaction's snapshot too. */
extern uint64 ecp_derived_run_present(EcpDerived *derived, EcpPlan *plan, Datum *values, const char *nulls);

/* First step of a guard: raises ZE112 unless the room writes, or a replica applies what its source decided. */
extern void ecp_derived_require(const EcpDerived *derived, TriggerData *trigger, const char *hint);

#endif							/* ECP_DERIVED_H */
