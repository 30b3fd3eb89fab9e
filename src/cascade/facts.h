/*
 * What the cascade's decisions rest on, read from the tables.
 */
#ifndef ECP_CASCADE_FACTS_H
#define ECP_CASCADE_FACTS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"
#include "utils/uuid.h"

#include "cascade/cascade_core.h"
#include "identity/context.h"

typedef struct EcpCascadeFacts
{
	int32		territory;
	pg_uuid_t	lot;
	pg_uuid_t	organisation;
	char	   *state;
	TimestampTz window_end;		/* 0: none */
	int32		public_left;
	int32		solidarity_left;
	DateADT		day;			/* local, of the clock */
	EcpCascadeLot core;
	EcpCascadeRules rules;
} EcpCascadeFacts;

/* A receiver with what is written on the step. */
typedef struct EcpReceiverId
{
	pg_uuid_t	id;
	pg_uuid_t	organisation;
	EcpStage	stage;
} EcpReceiverId;

/* All inside SPI as the owner, at the clock's moment. */

/*
 * Reads a lot, whose row is locked: against its being closed and given from, not
 * against claims.  False where there is none, or with skip somebody else has locked it.
 */
extern bool ecp_cascade_read_lot(int32 territory, const pg_uuid_t *lot, bool skip, EcpCascadeFacts *facts);

/* Reads the shop's openings that lie within the rules' reach. */
extern int	ecp_cascade_read_spans(const EcpCascadeFacts *facts, EcpSpan **spans);

/* Locks the territory's receivers that nobody else has locked; whether these are all. */
extern bool ecp_cascade_receivers_are_free(int32 territory);

/*
 * Reads and locks those who serve a stage, without those that somebody else has
 * locked, or the one receiver of any stage that only names, and waits for it; how
 * many.  Capacity counts what has committed, in an older snapshot too.
 */
extern int	ecp_cascade_read_receivers(const EcpCascadeFacts *facts, EcpStage stage, const pg_uuid_t *only,
									   EcpReceiver **receivers, EcpReceiverId **ids);

/* The same for a lot of the caller's own organisation; false where it is not. */
extern bool ecp_cascade_own_lot(const EcpCaller *caller, const pg_uuid_t *lot, EcpCascadeFacts *facts);

/*
 * Raises where food may not go to an organisation for a stage at the clock's moment:
 * ZE108 past the use-by date, ZE118 not accredited, ZE131 too little time left.
 */
extern void ecp_cascade_check_food(const EcpCascadeFacts *lot, EcpStage stage, const pg_uuid_t *organisation, bool declares);

/* How much so many units weigh, grams. */
extern int64 ecp_cascade_weight(const EcpCascadeFacts *facts, int64 units);

#endif							/* ECP_CASCADE_FACTS_H */
