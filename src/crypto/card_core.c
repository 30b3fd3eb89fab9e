/*
 * The card of a person without a phone; see card_core.h.
 */
#include "crypto/card_core.h"

#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"

#define CARD_BYTES (1 + ECP_UUID_BYTES + ECP_CARD_SECRET_BYTES)
#define PREFIX_LEN (sizeof(ECP_CARD_PREFIX) - 1)

static const char card_domain[] = "ecopanier card 1";

void
ecp_core_card_write(const EcpCardCore *card, char text[ECP_CARD_LEN + 1])
{
	uint8_t		bytes[CARD_BYTES];

	bytes[0] = ECP_CARD_VERSION;
	memcpy(bytes + 1, card->card, ECP_UUID_BYTES);
	memcpy(bytes + 1 + ECP_UUID_BYTES, card->secret, ECP_CARD_SECRET_BYTES);
	memcpy(text, ECP_CARD_PREFIX, PREFIX_LEN);
	sodium_bin2base64(text + PREFIX_LEN, ECP_CARD_LEN + 1 - PREFIX_LEN, bytes, sizeof(bytes),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
}

bool
ecp_core_card_read(const char *text, size_t len, EcpCardCore *out)
{
	uint8_t		bytes[CARD_BYTES];
	size_t		n;

	if (len != ECP_CARD_LEN || memcmp(text, ECP_CARD_PREFIX, PREFIX_LEN) != 0)
		return false;
	if (!ecp_core_base64url(text + PREFIX_LEN, len - PREFIX_LEN, bytes, sizeof(bytes), &n) || n != sizeof(bytes))
		return false;
	if (bytes[0] != ECP_CARD_VERSION)
		return false;
	memcpy(out->card, bytes + 1, ECP_UUID_BYTES);
	memcpy(out->secret, bytes + 1 + ECP_UUID_BYTES, ECP_CARD_SECRET_BYTES);
	sodium_memzero(bytes, sizeof(bytes));
	return true;
}

void
ecp_core_card_hash(const EcpCardCore *card, const uint8_t subkey[ECP_SUBKEY_BYTES],
				   uint8_t hash[ECP_CARD_HASH_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, subkey, ECP_SUBKEY_BYTES, ECP_CARD_HASH_BYTES);
	crypto_generichash_update(&state, (const uint8_t *) card_domain, sizeof(card_domain));
	crypto_generichash_update(&state, card->card, ECP_UUID_BYTES);
	crypto_generichash_update(&state, card->secret, ECP_CARD_SECRET_BYTES);
	crypto_generichash_final(&state, hash, ECP_CARD_HASH_BYTES);
	sodium_memzero(&state, sizeof(state));
}
