/*
 * The pickup token, what the QR carries: its bytes and its one spelling.
 *
 *   text     "EP1." and 124 characters of base64url for 93 bytes:
 *   bytes    version (1) | key id (8) | reservation (16) | expiry (4) | signature (64)
 *   expiry   seconds since 1970, unsigned, big-endian
 *   signed   "ecopanier pickup token 1" and a zero byte | installation (16) | the 29 bytes before the signature
 *
 * 93 is a multiple of three, so base64url needs no padding and has no spare
 * bits: a token has exactly one spelling.  Nothing here needs a server.
 */
#ifndef ECP_TOKEN_CORE_H
#define ECP_TOKEN_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/derive_core.h"

#define ECP_TOKEN_PREFIX "EP1."
#define ECP_TOKEN_VERSION 1
#define ECP_TOKEN_PAYLOAD_BYTES 29
#define ECP_TOKEN_SIGNATURE_BYTES 64
#define ECP_TOKEN_LEN 128
#define ECP_TOKEN_MESSAGE_BYTES (25 + ECP_UUID_BYTES + ECP_TOKEN_PAYLOAD_BYTES)

typedef struct EcpTokenCore
{
	uint8_t		key_id[ECP_KEY_ID_BYTES];
	uint8_t		reservation[ECP_UUID_BYTES];
	uint32_t	expires;
	uint8_t		signature[ECP_TOKEN_SIGNATURE_BYTES];
} EcpTokenCore;

/* The bytes that are signed; the signature in the token is not read. */
extern void ecp_core_token_message(const EcpTokenCore *token, const uint8_t installation[ECP_UUID_BYTES],
								   uint8_t out[ECP_TOKEN_MESSAGE_BYTES]);

extern void ecp_core_token_write(const EcpTokenCore *token, char text[ECP_TOKEN_LEN + 1]);

/* False for anything but the one spelling; whether the signature holds is not judged. */
extern bool ecp_core_token_read(const char *text, size_t len, EcpTokenCore *out);

#endif							/* ECP_TOKEN_CORE_H */
