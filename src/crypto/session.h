/*
 * Signing and opening tokens of kiosk sessions; their form is in session_core.h.
 */
#ifndef ECP_SESSION_H
#define ECP_SESSION_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

typedef struct EcpSession
{
	pg_uuid_t	session;
	pg_uuid_t	organisation;	/* of the kiosk */
	pg_uuid_t	member;
	TimestampTz started;
	TimestampTz expires;		/* for the caller to judge */
} EcpSession;

/* Signs with the current key; the text is palloc'd, fractions of seconds are lost.  Raises ECP_ERR_KEY_MISSING. */
extern char *ecp_session_sign(const EcpSession *session);

/*
 * Whether the text is a token that this database signed with a key of its
 * ring; all zeros where it is not.  Raises nothing for what the text holds.
 */
extern bool ecp_session_open(const char *text, size_t len, EcpSession *out);

#endif							/* ECP_SESSION_H */
