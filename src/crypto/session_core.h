/*
 * The token of a kiosk session: its bytes and its one spelling.
 *
 *   text     "EK1." and 172 characters of base64url for 129 bytes:
 *   bytes    version (1) | key id (8) | session (16) | kiosk's organisation (16) | member (16) |
 *            start (4) | expiry (4) | signature (64)
 *   times    seconds since 1970, unsigned, big-endian
 *   signed   "ecopanier kiosk session 1" and a zero byte | installation (16) | the 65 bytes before the signature
 *
 * 129 is a multiple of three: a token has exactly one spelling.  Nothing here
 * needs a server.
 */
#ifndef ECP_SESSION_CORE_H
#define ECP_SESSION_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/derive_core.h"

#define ECP_SESSION_PREFIX "EK1."
#define ECP_SESSION_VERSION 1
#define ECP_SESSION_PAYLOAD_BYTES 65
#define ECP_SESSION_SIGNATURE_BYTES 64
#define ECP_SESSION_LEN 176
#define ECP_SESSION_MESSAGE_BYTES (26 + ECP_UUID_BYTES + ECP_SESSION_PAYLOAD_BYTES)

typedef struct EcpSessionCore
{
	uint8_t		key_id[ECP_KEY_ID_BYTES];
	uint8_t		session[ECP_UUID_BYTES];
	uint8_t		organisation[ECP_UUID_BYTES];
	uint8_t		member[ECP_UUID_BYTES];
	uint32_t	started;
	uint32_t	expires;
	uint8_t		signature[ECP_SESSION_SIGNATURE_BYTES];
} EcpSessionCore;

/* The bytes that are signed; the signature in the token is not read. */
extern void ecp_core_session_message(const EcpSessionCore *token, const uint8_t installation[ECP_UUID_BYTES],
									 uint8_t out[ECP_SESSION_MESSAGE_BYTES]);

extern void ecp_core_session_write(const EcpSessionCore *token, char text[ECP_SESSION_LEN + 1]);

/* False for anything but the one spelling; whether the signature holds is not judged. */
extern bool ecp_core_session_read(const char *text, size_t len, EcpSessionCore *out);

#endif							/* ECP_SESSION_CORE_H */
