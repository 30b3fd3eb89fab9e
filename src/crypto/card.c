/*
 * Secrets and PINs of cards; see card.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/card.h"
#include "crypto/keys.h"

char *
ecp_card_make(const pg_uuid_t *id, const char *key_id, uint8 hash[ECP_CARD_HASH_BYTES])
{
	EcpCardCore card;
	char	   *text = palloc(ECP_CARD_LEN + 1);

	memcpy(card.card, id->data, UUID_LEN);
	randombytes_buf(card.secret, sizeof(card.secret));
	ecp_core_card_hash(&card, ecp_key_secret(key_id, ECP_KEY_CARD), hash);
	ecp_core_card_write(&card, text);
	sodium_memzero(&card, sizeof(card));
	return text;
}

void
ecp_card_pin(const pg_uuid_t *id, const char *key_id, int32 pin_version, char pin[ECP_PIN_LEN + 1])
{
	const uint8 *subkey = ecp_key_secret(key_id, ECP_KEY_CARD);
	uint8		key[ECP_KEY_ID_BYTES];

	sodium_hex2bin(key, sizeof(key), key_id, ECP_KEY_ID_LEN, NULL, NULL, NULL);
	ecp_core_card_pin(subkey, key, id->data, pin_version, pin);
}

void
ecp_card_named(const char *text, size_t len, pg_uuid_t *id)
{
	EcpCardCore card = {{0}, {0}};

	(void) ecp_core_card_read(text, len, &card);
	memcpy(id->data, card.card, UUID_LEN);
	sodium_memzero(&card, sizeof(card));
}

bool
ecp_card_matches(const char *text, size_t len, const pg_uuid_t *id, const char *key_id,
				 const uint8 hash[ECP_CARD_HASH_BYTES])
{
	EcpCardCore card = {{0}, {0}};
	uint8		given[ECP_CARD_HASH_BYTES];
	bool		same;

	same = ecp_core_card_read(text, len, &card);
	ecp_core_card_hash(&card, ecp_key_secret(key_id, ECP_KEY_CARD), given);
	same &= sodium_memcmp(given, hash, sizeof(given)) == 0;
	same &= memcmp(card.card, id->data, UUID_LEN) == 0;
	sodium_memzero(&card, sizeof(card));
	sodium_memzero(given, sizeof(given));
	return same;
}

bool
ecp_card_pin_matches(const pg_uuid_t *id, const char *key_id, int32 pin_version, const char *given, size_t len)
{
	char		expected[ECP_PIN_LEN + 1];
	char		candidate[ECP_PIN_LEN] = {0};
	bool		same;

	ecp_card_pin(id, key_id, pin_version, expected);
	memcpy(candidate, given, Min(len, ECP_PIN_LEN));
	same = (sodium_memcmp(expected, candidate, ECP_PIN_LEN) == 0) & (len == ECP_PIN_LEN);
	sodium_memzero(expected, sizeof(expected));
	sodium_memzero(candidate, sizeof(candidate));
	return same;
}
