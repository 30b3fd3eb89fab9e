/*
 * Pure derivations; see derive_core.h.
 */
#include "crypto/derive_core.h"

#include <string.h>

#include <sodium.h>

#define PIN_SPACE 1000000u
#define PIN_CEILING (UINT32_MAX / PIN_SPACE * PIN_SPACE)	/* 4,294,000,000 */
#define DOMAIN_MAX 32

static const char key_id_domain[] = "ecopanier key id 1";
static const char subkey_domain[] = "ecopanier subkey 1";
static const char pin_domain[] = "ecopanier pin 1";
static const char card_pin_domain[] = "ecopanier card pin 1";

static void
put_uint32(uint8_t *out, uint32_t value)
{
	out[0] = value >> 24;
	out[1] = value >> 16;
	out[2] = value >> 8;
	out[3] = value;
}

void
ecp_core_key_id(const uint8_t master[ECP_MASTER_BYTES], uint8_t id[ECP_KEY_ID_BYTES])
{
	uint8_t		hash[crypto_generichash_BYTES];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *) key_id_domain, sizeof(key_id_domain),
					   master, ECP_MASTER_BYTES);
	memcpy(id, hash, ECP_KEY_ID_BYTES);
	sodium_memzero(hash, sizeof(hash));
}

void
ecp_core_key_id_text(const uint8_t id[ECP_KEY_ID_BYTES], char text[ECP_KEY_ID_LEN + 1])
{
	sodium_bin2hex(text, ECP_KEY_ID_LEN + 1, id, ECP_KEY_ID_BYTES);
}

/* The zero byte that ends domain and purpose keeps their borders apart. */
void
ecp_core_subkey(const uint8_t master[ECP_MASTER_BYTES], const char *purpose,
				const uint8_t installation[ECP_UUID_BYTES], uint8_t out[ECP_SUBKEY_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, master, ECP_MASTER_BYTES, ECP_SUBKEY_BYTES);
	crypto_generichash_update(&state, (const uint8_t *) subkey_domain, sizeof(subkey_domain));
	crypto_generichash_update(&state, (const uint8_t *) purpose, strlen(purpose) + 1);
	crypto_generichash_update(&state, installation, ECP_UUID_BYTES);
	crypto_generichash_final(&state, out, ECP_SUBKEY_BYTES);
	sodium_memzero(&state, sizeof(state));
}

int32_t
ecp_core_pin_number(const uint8_t bytes[32])
{
	for (int i = 0; i < 32; i += 4)
	{
		uint32_t	word = (uint32_t) bytes[i] << 24 | (uint32_t) bytes[i + 1] << 16 |
			(uint32_t) bytes[i + 2] << 8 | bytes[i + 3];

		if (word < PIN_CEILING)
			return (int32_t) (word % PIN_SPACE);
	}
	return -1;
}

/* domain with the zero byte that ends it, DOMAIN_MAX bytes at most. */
static void
derive_pin(const char *domain, const uint8_t subkey[ECP_SUBKEY_BYTES], const uint8_t key_id[ECP_KEY_ID_BYTES],
		   const uint8_t subject[ECP_UUID_BYTES], int32_t version, char pin[ECP_PIN_LEN + 1])
{
	uint8_t		message[DOMAIN_MAX + ECP_KEY_ID_BYTES + ECP_UUID_BYTES + 8];
	size_t		domain_size = strlen(domain) + 1;
	uint8_t	   *at = message;
	uint8_t		hash[32];
	int32_t		number = -1;

	at = (uint8_t *) memcpy(at, domain, domain_size) + domain_size;
	at = (uint8_t *) memcpy(at, key_id, ECP_KEY_ID_BYTES) + ECP_KEY_ID_BYTES;
	at = (uint8_t *) memcpy(at, subject, ECP_UUID_BYTES) + ECP_UUID_BYTES;
	put_uint32(at, (uint32_t) version);
	for (uint32_t turn = 0; number < 0; turn++)
	{
		put_uint32(at + 4, turn);
		crypto_generichash(hash, sizeof(hash), message, at + 8 - message, subkey, ECP_SUBKEY_BYTES);
		number = ecp_core_pin_number(hash);
	}
	for (int i = ECP_PIN_LEN - 1; i >= 0; i--)
	{
		pin[i] = '0' + number % 10;
		number /= 10;
	}
	pin[ECP_PIN_LEN] = '\0';
	sodium_memzero(hash, sizeof(hash));
}

void
ecp_core_pin(const uint8_t subkey[ECP_SUBKEY_BYTES], const uint8_t key_id[ECP_KEY_ID_BYTES],
			 const uint8_t reservation[ECP_UUID_BYTES], int32_t version, char pin[ECP_PIN_LEN + 1])
{
	derive_pin(pin_domain, subkey, key_id, reservation, version, pin);
}

void
ecp_core_card_pin(const uint8_t subkey[ECP_SUBKEY_BYTES], const uint8_t key_id[ECP_KEY_ID_BYTES],
				  const uint8_t card[ECP_UUID_BYTES], int32_t version, char pin[ECP_PIN_LEN + 1])
{
	derive_pin(card_pin_domain, subkey, key_id, card, version, pin);
}
