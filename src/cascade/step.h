/*
 * The rows of cascade_step, and the units that each moves.
 */
#ifndef ECP_CASCADE_STEP_H
#define ECP_CASCADE_STEP_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"
#include "utils/uuid.h"

#include "cascade/cascade_core.h"
#include "common/derived.h"

/* What a step says when it is written; at, decided_at and day are of the clock. */
typedef struct EcpCascadeStep
{
	int32		territory;
	pg_uuid_t	id;				/* given by ecp_cascade_step_note() */
	pg_uuid_t	lot;
	pg_uuid_t	organisation;
	EcpStage	stage;
	const char *state;
	EcpReason	reason;
	int32		quantity;
	int64		weight_g;
	TimestampTz deadline;		/* 0: none */
	const pg_uuid_t *receiver;	/* NULL: none */
	const pg_uuid_t *receiver_organisation;
	bool		short_dated;
	const pg_uuid_t *child;
	const pg_uuid_t *by;		/* who decided, NULL: the rules */
	const pg_uuid_t *request;
} EcpCascadeStep;

/* How a step ends, or goes on. */
typedef struct EcpStepOutcome
{
	int32		territory;
	pg_uuid_t	id;
	const char *state;
	const char *reason;			/* NULL: stays */
	TimestampTz deadline;		/* 0: stays */
	bool		short_dated;
	const pg_uuid_t *by;
	const char *note;
	int32		received_quantity;	/* with state received */
	int64		received_weight;
} EcpStepOutcome;

/* What writes cascade_due. */
extern EcpDerived ecp_cascade_queue;

/* All inside SPI as the owner. The lot's row is locked by whoever calls. */

/* Writes a step under the next number of its lot, and tells the receiver of an offer. */
extern void ecp_cascade_step_note(EcpCascadeStep *step);

/* Takes the units of a step from its lot: public ones first. */
extern void ecp_cascade_step_take(const EcpCascadeStep *step, int32 public_units, int32 solidarity_units);

/* Changes a step, and tells who is concerned. */
extern void ecp_cascade_step_change(const EcpStepOutcome *outcome);

/* Gives so many units of a step back to its lot. */
extern void ecp_cascade_step_return(int32 territory, const pg_uuid_t *step, const pg_uuid_t *lot, int32 units);

/* Has the cascade look at a lot at a moment. */
extern void ecp_cascade_look(int32 territory, const pg_uuid_t *lot, TimestampTz at);

#endif							/* ECP_CASCADE_STEP_H */
