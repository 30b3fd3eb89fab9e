/*
 * The card of a person without a phone, what its QR carries: its bytes and its
 * one spelling.
 *
 *   text     "EC1." and 44 characters of base64url for 33 bytes:
 *   bytes    version (1) | card (16) | secret (16)
 *   hash     keyed BLAKE2b, 32 bytes, of "ecopanier card 1" and a zero byte | card | secret
 *
 * The secret is random and stored nowhere; the database keeps the hash.  33 is
 * a multiple of three: a card has exactly one spelling.  Nothing here needs a
 * server.
 */
#ifndef ECP_CARD_CORE_H
#define ECP_CARD_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/derive_core.h"

#define ECP_CARD_PREFIX "EC1."
#define ECP_CARD_VERSION 1
#define ECP_CARD_SECRET_BYTES 16
#define ECP_CARD_HASH_BYTES 32
#define ECP_CARD_LEN 48

typedef struct EcpCardCore
{
	uint8_t		card[ECP_UUID_BYTES];
	uint8_t		secret[ECP_CARD_SECRET_BYTES];
} EcpCardCore;

extern void ecp_core_card_write(const EcpCardCore *card, char text[ECP_CARD_LEN + 1]);

/* False for anything but the one spelling. */
extern bool ecp_core_card_read(const char *text, size_t len, EcpCardCore *out);

extern void ecp_core_card_hash(const EcpCardCore *card, const uint8_t subkey[ECP_SUBKEY_BYTES],
							   uint8_t hash[ECP_CARD_HASH_BYTES]);

#endif							/* ECP_CARD_CORE_H */
