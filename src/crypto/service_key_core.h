/*
 * The key of a service account: esk_<id>_<secret>, the id as 32 hexadecimal
 * digits, the secret 32 random bytes as base64url.  The id tells which row to
 * compare with and is no secret.
 */
#ifndef ECP_SERVICE_KEY_CORE_H
#define ECP_SERVICE_KEY_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECP_SERVICE_KEY_ID_BYTES 16
#define ECP_SERVICE_KEY_SECRET_BYTES 32
#define ECP_SERVICE_KEY_HASH_BYTES 32
#define ECP_SERVICE_KEY_LEN 80	/* 4 + 32 + 1 + 43 */
#define ECP_SERVICE_KEY_PREFIX_LEN 16	/* what people recognise a key by */

typedef struct EcpServiceKey
{
	uint8_t		id[ECP_SERVICE_KEY_ID_BYTES];
	uint8_t		secret[ECP_SERVICE_KEY_SECRET_BYTES];
} EcpServiceKey;

/* A new secret for this id. */
extern void ecp_core_service_key_make(const uint8_t id[ECP_SERVICE_KEY_ID_BYTES], EcpServiceKey *out);

extern void ecp_core_service_key_write(const EcpServiceKey *key, char text[ECP_SERVICE_KEY_LEN + 1]);

/* Reads the one spelling of a key; false for any other text, with zeros left in the key. */
extern bool ecp_core_service_key_read(const char *text, size_t len, EcpServiceKey *out);

/* What is stored: BLAKE2b of id and secret.  The secret is random, so it needs no salt and no slow hash. */
extern void ecp_core_service_key_hash(const EcpServiceKey *key, uint8_t out[ECP_SERVICE_KEY_HASH_BYTES]);

/* Whether the hash is this key's; equal work whatever differs. */
extern bool ecp_core_service_key_matches(const EcpServiceKey *key, const uint8_t hash[ECP_SERVICE_KEY_HASH_BYTES]);

extern void ecp_core_service_key_wipe(EcpServiceKey *key);

#endif							/* ECP_SERVICE_KEY_CORE_H */
