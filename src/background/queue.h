/*
 * Tables of jobs, all alike, so that claiming and trying again is written once.
 *
 * A queue is a table of ecopanier_private with these columns beside its own:
 *
 *   territory_id int NOT NULL, id uuid NOT NULL, PRIMARY KEY (territory_id, id),
 *   state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'calling', 'done', 'dead')),
 *   endpoint text NOT NULL            what the circuit breaker counts by
 *   attempts int NOT NULL DEFAULT 0   counted when a job is claimed
 *   next_at timestamptz NOT NULL DEFAULT ecopanier.now()
 *   claimed_at timestamptz, last_error text, created_at timestamptz NOT NULL DEFAULT ecopanier.now()
 *
 * with indexes on (next_at) WHERE state = 'queued' and on (territory_id, id) WHERE
 * state = 'calling', and the trigger
 *
 *   CREATE TRIGGER <table>_wake AFTER INSERT OR UPDATE ON <table>
 *     FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.wake();
 *
 * All functions run inside SPI as the owner.
 */
#ifndef ECP_QUEUE_H
#define ECP_QUEUE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/uuid.h"

typedef struct EcpJob
{
	int32		territory;
	pg_uuid_t	id;
	int			attempt;		/* 1 for the first */
	char	   *endpoint;
} EcpJob;

typedef struct EcpQueue
{
	const char *table;			/* "ecopanier_private.mail" */
	int			max_attempts;
	const char *blocked;		/* SQL condition on the row q that keeps it from being claimed, or NULL */
	struct EcpQueuePlans *plans;	/* NULL until first use */
} EcpQueue;

/*
 * Claims up to limit due jobs, FOR UPDATE SKIP LOCKED, the longest due first and
 * fair between territories and endpoints; those of the endpoints in closed (a
 * text[], may be NULL) stay.  A list of EcpJob * in the current context.
 */
extern List *ecp_queue_claim(EcpQueue *queue, int limit, ArrayType *closed);

extern void ecp_queue_done(EcpQueue *queue, const EcpJob *job);
extern void ecp_queue_dead(EcpQueue *queue, const EcpJob *job, const char *error);

/* Back into the queue, due in so many milliseconds. */
extern void ecp_queue_retry(EcpQueue *queue, const EcpJob *job, int64 delay_ms, const char *error);

/* Back into the queue as if it had not been claimed; next_at stays as it is. */
extern void ecp_queue_release(EcpQueue *queue, const EcpJob *job);

/* What a worker that is gone was calling goes back into the queue; those whose attempts are used up are dead.  How many. */
extern int64 ecp_queue_take_up(EcpQueue *queue);

/* When the next job is due that is not blocked; DT_NOEND where there is none. */
extern TimestampTz ecp_queue_next_due(EcpQueue *queue);

#endif							/* ECP_QUEUE_H */
