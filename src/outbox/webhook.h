/*
 * Webhooks: messages to the systems of partners, as the Standard Webhooks
 * specification (https://www.standardwebhooks.com) has them.
 *
 * endpoint.c          endpoints and the hosts that they may be on
 * webhook_secret.c    their secrets: made, rotated, opened to sign
 * webhook.c           from an event to its deliveries, and from a delivery to a call
 * webhook_replay.c    tests, deliveries once more, and what goes by age
 */
#ifndef ECP_WEBHOOK_H
#define ECP_WEBHOOK_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/uuid.h"

#include "background/call.h"
#include "crypto/webhook_core.h"
#include "identity/context.h"

extern EcpChannel ecp_webhook_channel;

/* Removes secrets that have ended and deliveries that ended a month ago, up to limit each in each territory; how many.  Step of the schedule. */
extern int64 ecp_webhook_purge_due(int limit);
extern TimestampTz ecp_webhook_purge_next(void);

/* For this room alone, all inside SPI as the owner. */

typedef struct EcpEndpoint
{
	int32		territory;
	pg_uuid_t	id;
	pg_uuid_t	organisation;
	char	   *state;
	char	   *state_reason;	/* NULL for an active one */
	char	   *url;
} EcpEndpoint;

/* Reads and locks an endpoint that the caller keeps; raises ZE101. */
extern void ecp_endpoint_open(EcpEndpoint *endpoint, const EcpCaller *caller, const pg_uuid_t *id);

/* Why nothing may be posted to an address, as a sentence for people; NULL where it may. */
extern const char *ecp_endpoint_refusal(int32 territory, const char *url);

/* Makes an endpoint paused or disabled for a reason, if it is active; what is queued waits. */
extern void ecp_endpoint_stop(int32 territory, const pg_uuid_t *id, const char *state, const char *reason);

/* Makes a secret of the endpoint, the newest; its text goes to the buffer. */
extern void ecp_endpoint_secret_make(int32 territory, const pg_uuid_t *endpoint, char text[ECP_WEBHOOK_SECRET_LEN + 1]);

/* The value of functions that show a secret; wipes the buffer.  Outside SPI. */
extern Datum ecp_endpoint_issued(FunctionCallInfo fcinfo, const pg_uuid_t *id, char secret[ECP_WEBHOOK_SECRET_LEN + 1]);

/* Whether the newest secret can be opened. */
extern bool ecp_endpoint_can_sign(int32 territory, const pg_uuid_t *endpoint);

/* The signatures of a message, separated by spaces, the newest secret's first; NULL where a secret cannot be opened. */
extern char *ecp_endpoint_sign(int32 territory, const pg_uuid_t *endpoint, const char *id, TimestampTz at, const char *body);

/* Queues the told events of some time that the endpoint has no delivery of; how many. */
extern int64 ecp_webhook_deliver_missing(int32 territory, const pg_uuid_t *endpoint, TimestampTz since, TimestampTz until);

#endif							/* ECP_WEBHOOK_H */
