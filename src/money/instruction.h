/*
 * What is to be paid, given back or owed.
 *
 * An instruction is a fact: who, how much, and for what.  It is written in the
 * transaction of what caused it and never changes; whether it was carried out is
 * noted once, when a payment provider says so.  The ledger's room will post
 * them; until then settle_instruction() is the provider's door.
 *
 * instruction.c   writing and settling them, their guard
 * refund.c        money given back when a claim is cancelled
 */
#ifndef ECP_INSTRUCTION_H
#define ECP_INSTRUCTION_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

typedef struct EcpInstruction
{
	int32		territory;
	const char *kind;			/* debit, refund, credit; fund_in and fund_out are done at once, no provider being asked */
	const pg_uuid_t *member;	/* the party: a member, an organisation, or the territory itself where both are NULL */
	const pg_uuid_t *organisation;
	int64		amount_cents;	/* above 0 */
	const char *cause;			/* kind of the cause: reservation, contribution, sponsored_unit */
	const pg_uuid_t *cause_id;
	TimestampTz at;				/* by the rule */
	int32		rule_version;	/* of the setting that decided the amount; 0 for none */
} EcpInstruction;

/*
 * Writes an instruction; false where this cause has one of this kind already, so
 * that nothing is paid or owed twice.  Inside SPI as the owner.
 */
extern bool ecp_money_instruct(const EcpInstruction *instruction);

/* A share of an amount, to the cent, half up (rule D10). */
extern int64 ecp_money_percent(int64 amount_cents, int64 percent);

#endif							/* ECP_INSTRUCTION_H */
