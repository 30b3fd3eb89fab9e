/*
 * Identity tokens: signed JSON (RFC 7515, 7519) that says who is calling.
 */
#ifndef ECP_JWT_H
#define ECP_JWT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "common/claims.h"

/*
 * Whether the token is signed by a key of ecopanier.jwt_keys_file for that
 * key's issuer and audience and is in force at now.  The claims are to be used
 * only where it is.  Never raises once it holds the token, and never says why
 * not: the caller raises one message for all faults.  What is wrong with the
 * keys file itself is written to the server log, without the statement.
 */
extern bool ecp_jwt_verify(const char *token, size_t len, TimestampTz now, EcpClaims *out);

/* Defines ecopanier.jwt_keys_file. */
extern void ecp_jwt_init(void);

#endif							/* ECP_JWT_H */
