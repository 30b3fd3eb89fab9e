/*
 * The keys that identity tokens are checked with; for this room alone.
 */
#ifndef ECP_JWT_KEYS_H
#define ECP_JWT_KEYS_H

#include "postgres.h"

#include "crypto/jwt_core.h"

#define ECP_JWT_TEXT_SIZE 256	/* of a kid, issuer or audience, with its zero byte */
#define ECP_JWT_KEY_BYTES 256
#define ECP_JWT_MAX_KEYS 64

/* One key: one algorithm, one issuer, one audience. */
typedef struct EcpJwtKey
{
	char		kid[ECP_JWT_TEXT_SIZE];
	char		issuer[ECP_JWT_TEXT_SIZE];
	char		audience[ECP_JWT_TEXT_SIZE];
	EcpJwtAlg	alg;
	size_t		len;
	uint8		bytes[ECP_JWT_KEY_BYTES];
} EcpJwtKey;

/*
 * The key of that name, NULL where there is none or the file cannot be used.
 * In locked memory, valid until the next call.  The file is read again when it
 * has changed, which is looked for once a statement.
 */
extern const EcpJwtKey *ecp_jwt_key(const char *kid);

/* Defines ecopanier.jwt_keys_file. */
extern void ecp_jwt_keys_init(void);

#endif							/* ECP_JWT_KEYS_H */
