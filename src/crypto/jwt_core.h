/*
 * The outer form of a signed token (RFC 7515, compact serialisation) and the
 * checks of its signature.  Nothing here needs a server.
 */
#ifndef ECP_JWT_CORE_H
#define ECP_JWT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECP_JWT_MAX_LEN 8192	/* longer texts are refused unread */

typedef struct EcpJwtPart
{
	const char *text;
	size_t		len;
} EcpJwtPart;

typedef struct EcpJwtParts
{
	EcpJwtPart	header;
	EcpJwtPart	claims;
	EcpJwtPart	signature;
	EcpJwtPart	signed_text;	/* header, dot, claims */
} EcpJwtParts;

typedef enum EcpJwtAlg
{
	ECP_JWT_HS256,
	ECP_JWT_EDDSA
} EcpJwtAlg;

/* Cuts at the two dots; false unless there are three parts, none empty. */
extern bool ecp_core_jwt_split(const char *token, size_t len, EcpJwtParts *out);

/* Whether the signature over the text holds; equal work whatever differs. */
extern bool ecp_core_jwt_signature(EcpJwtAlg alg, const uint8_t *key, size_t key_len, const EcpJwtPart *text,
								   const EcpJwtPart *signature);

#endif							/* ECP_JWT_CORE_H */
