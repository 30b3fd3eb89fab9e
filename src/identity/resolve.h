/*
 * From where the caller is known: claims of an API server, a token, a login.
 */
#ifndef ECP_RESOLVE_H
#define ECP_RESOLVE_H

#include "postgres.h"

#include "common/claims.h"
#include "identity/context.h"

/*
 * The caller by request.jwt.claims or by a mapped login, NULL where neither
 * names one.  The answer lives until the next call; it is kept for the
 * transaction.  Writes nothing, so that it works in parallel workers.
 */
extern const EcpCaller *ecp_resolve(void);

/* Fills the caller from claims and the tables; false where they do not agree. */
extern bool ecp_resolve_claims(const EcpClaims *claims, EcpCaller *caller);

/* Writes ecopanier.context for the rest of the transaction; in context.c. */
extern void ecp_context_write(const EcpCaller *caller);

/* The claims of the current request, NULL where there are none or they are empty. */
extern const char *ecp_request_claims(void);

/* Whether the session's login is trusted to hand over claims. */
extern bool ecp_session_is_authenticator(void);

/*
 * Set by the room of services, which is above this one: signs in by a key of
 * the request, false where it has none.  authenticate() asks it first.
 */
extern bool (*ecp_authenticate_by_key) (void);

#endif							/* ECP_RESOLVE_H */
