/*
 * An outgoing call, between the room that wants it and the worker that makes it.
 *
 * A channel is what a room offers to the worker: where its jobs are queued, how
 * a job becomes a request, and what an answer means.  The worker knows nothing
 * of mail, webhooks or models; the rooms know nothing of sockets.
 *
 * One turn of a channel: the worker claims jobs and prepares their requests in
 * one transaction, commits, makes the calls with no transaction open, and
 * records the answers in another.  prepare() and record() run inside SPI as the
 * owner, each job in a subtransaction of its own: an error ends the job and no
 * other.  Delivery is at least once.
 */
#ifndef ECP_CALL_H
#define ECP_CALL_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/uuid.h"

#include "background/queue.h"

/* How a call ended, as the transport saw it. */
typedef enum EcpOutcome
{
	ECP_CALL_ANSWERED,			/* status, answer, answer_type are set; any status */
	ECP_CALL_TIMED_OUT,
	ECP_CALL_UNREACHABLE,		/* name not found, refused, reset, connection lost */
	ECP_CALL_ADDRESS_REFUSED,	/* a private or loopback address, or a scheme that is not allowed */
	ECP_CALL_TLS_FAILED,
	ECP_CALL_TOO_LARGE,			/* the answer passed answer_max and was cut */
	ECP_CALL_BROKEN				/* what came is not the protocol */
} EcpOutcome;

typedef struct EcpCall
{
	MemoryContext context;		/* holds all of the call; request bytes are wiped when it goes */
	struct EcpChannel *channel;
	EcpJob		job;

	/* Filled by prepare(). */
	const char *endpoint;		/* what the circuit breaker counts by; default: the job's */
	const char *url;			/* https://..., http://..., smtp://..., smtps://... */
	List	   *headers;		/* of char *, "name: value"; HTTP */
	const char *sender;			/* mail: envelope addresses */
	const char *recipient;
	const char *user;			/* mail: SMTP login, or NULL */
	const char *password;
	bool		starttls;		/* mail to smtp://: STARTTLS, or ECP_CALL_TLS_FAILED; off, without a password: where it is offered */
	const char *body;			/* of POST, or the MIME message */
	Size		body_length;
	int			timeout_ms;		/* 0: ecopanier.worker_timeout_ms */
	Size		answer_max;		/* bytes of the answer that are kept; more is ECP_CALL_TOO_LARGE */
	bool		any_address;	/* private and loopback addresses are allowed, whatever the setting says */
	bool		held;			/* with prepare() false: not now, ecp_queue_release(); prepare() has set next_at or blocked says why */
	const void *own;			/* what prepare() leaves for record(), in context */

	/* Filled by the transport. */
	EcpOutcome	outcome;
	int			status;			/* HTTP status, or the last SMTP reply */
	char	   *answer;			/* ends with a zero byte that is not counted; mail: the last refusal, with its code */
	Size		answer_length;
	char	   *answer_type;	/* Content-Type without parameters, lower case; NULL where there is none */
	int64		retry_after_ms; /* Retry-After, -1 where there is none */
	int64		duration_ms;

	/* Filled by record() where it is not ECP_VERDICT_DONE. */
	const char *error;			/* for last_error: no secret, nothing personal */
	int64		retry_ms;		/* when to try again at the earliest; -1: by the back-off */
} EcpCall;

/* What becomes of a job. */
typedef enum EcpVerdict
{
	ECP_VERDICT_DONE,
	ECP_VERDICT_RETRY,			/* dead instead, where the channel's attempts are used up */
	ECP_VERDICT_DEAD
} EcpVerdict;

typedef struct EcpChannel
{
	const char *name;			/* as worker_status shows it */
	EcpQueue   *queue;
	int			(*in_flight) (void);	/* calls at a time; NULL: ecopanier.worker_in_flight */

	/* Fills the request; false with call->error set: the job is dead without a call.  A job may have become needless: then call->error is NULL and it is done, or, with call->held, it goes back into the queue as if it had not been claimed. */
	bool		(*prepare) (EcpCall *call);

	/* Writes what the answer means. */
	EcpVerdict	(*record) (EcpCall *call);

	/* The job is dead, by record(), by prepare(), by an error or after its last attempt: writes what people see. */
	void		(*died) (EcpCall *call);
} EcpChannel;

#endif							/* ECP_CALL_H */
