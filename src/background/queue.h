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
 * with indexes on (territory_id, endpoint, next_at) WHERE state = 'queued', which no
 * other index of queued jobs is needed beside, and on (territory_id, id) WHERE
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
 * Claims up to limit due jobs, FOR UPDATE SKIP LOCKED, fair between territories and
 * endpoints, of each the longest due first; those of the endpoints in closed (a
 * text[], may be NULL) stay.  A list of EcpJob * in the current context.  Whose
 * attempts were used up before (the worker ended during the last) comes with
 * attempt = max_attempts + 1.  A row that cannot be written is left out, and *error
 * tells why; otherwise that is NULL.
 */
extern List *ecp_queue_claim(EcpQueue *queue, int limit, ArrayType *closed, char **error);

extern void ecp_queue_done(EcpQueue *queue, const EcpJob *job);
extern void ecp_queue_dead(EcpQueue *queue, const EcpJob *job, const char *error);

/* Back into the queue, due in so many milliseconds. */
extern void ecp_queue_retry(EcpQueue *queue, const EcpJob *job, int64 delay_ms, const char *error);

/* Back into the queue as if it had not been claimed; due in so many milliseconds, 0: when it was. */
extern void ecp_queue_release(EcpQueue *queue, const EcpJob *job, int64 delay_ms);

/* What a worker that is gone was calling goes back into the queue, the attempt counted; returns how many. */
extern int64 ecp_queue_take_up(EcpQueue *queue);

/* When the next job is due that is not blocked and whose endpoint is not in closed; DT_NOEND where there is none. */
extern TimestampTz ecp_queue_next_due(EcpQueue *queue, ArrayType *closed);

#endif							/* ECP_QUEUE_H */
