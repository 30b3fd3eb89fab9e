/*
 * The pickup token that a QR carries; its form is in token_core.h.
 */
#ifndef ECP_TOKEN_H
#define ECP_TOKEN_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "crypto/keys.h"

typedef struct EcpToken
{
	char		key_id[ECP_KEY_ID_SIZE];
	pg_uuid_t	reservation;
	TimestampTz expires;		/* for the caller to judge */
} EcpToken;

typedef enum EcpTokenState
{
	ECP_TOKEN_OK,
	ECP_TOKEN_INVALID
} EcpTokenState;

/*
 * Signs; the text is palloc'd.  expires loses its fraction of a second and
 * lies in 1970..2106.  Raises ECP_ERR_KEY_MISSING.
 */
extern char *ecp_token_sign(const pg_uuid_t *reservation, const char *key_id, TimestampTz expires);

/*
 * Whether the text is a token that this database signed with a key of its
 * ring.  Raises nothing for what the text holds; raises ECP_ERR_KEY_MISSING
 * where the ring lists its key and the key file lacks it.
 */
extern EcpTokenState ecp_token_open(const char *text, size_t len, EcpToken *out);

#endif							/* ECP_TOKEN_H */
