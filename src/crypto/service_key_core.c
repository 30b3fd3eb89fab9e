/*
 * The key of a service account; see service_key_core.h.
 */
#include "crypto/service_key_core.h"

#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"

#define MARK "esk_"
#define MARK_LEN (sizeof(MARK) - 1)
#define ID_DIGITS (2 * ECP_SERVICE_KEY_ID_BYTES)
#define SECRET_AT (MARK_LEN + ID_DIGITS + 1)

static const char hash_domain[] = "ecopanier service key 1";

void
ecp_core_service_key_make(const uint8_t id[ECP_SERVICE_KEY_ID_BYTES], EcpServiceKey *out)
{
	memcpy(out->id, id, ECP_SERVICE_KEY_ID_BYTES);
	randombytes_buf(out->secret, sizeof(out->secret));
}

void
ecp_core_service_key_write(const EcpServiceKey *key, char text[ECP_SERVICE_KEY_LEN + 1])
{
	memcpy(text, MARK, MARK_LEN);
	sodium_bin2hex(text + MARK_LEN, ID_DIGITS + 1, key->id, sizeof(key->id));
	text[SECRET_AT - 1] = '_';
	sodium_bin2base64(text + SECRET_AT, ECP_SERVICE_KEY_LEN + 1 - SECRET_AT, key->secret, sizeof(key->secret),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool
read_parts(const char *text, size_t len, EcpServiceKey *out)
{
	char		digits[ID_DIGITS + 1];
	size_t		n;

	if (len != ECP_SERVICE_KEY_LEN || memcmp(text, MARK, MARK_LEN) != 0 || text[SECRET_AT - 1] != '_')
		return false;
	if (sodium_hex2bin(out->id, sizeof(out->id), text + MARK_LEN, ID_DIGITS, NULL, &n, NULL) != 0 || n != sizeof(out->id))
		return false;
	sodium_bin2hex(digits, sizeof(digits), out->id, sizeof(out->id));
	return memcmp(digits, text + MARK_LEN, ID_DIGITS) == 0 &&
		ecp_core_base64url(text + SECRET_AT, len - SECRET_AT, out->secret, sizeof(out->secret), &n) && n == sizeof(out->secret);
}

bool
ecp_core_service_key_read(const char *text, size_t len, EcpServiceKey *out)
{
	bool		good;

	memset(out, 0, sizeof(*out));
	good = read_parts(text, len, out);
	if (!good)
		memset(out, 0, sizeof(*out));
	return good;
}

void
ecp_core_service_key_hash(const EcpServiceKey *key, uint8_t out[ECP_SERVICE_KEY_HASH_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, ECP_SERVICE_KEY_HASH_BYTES);
	crypto_generichash_update(&state, (const uint8_t *) hash_domain, sizeof(hash_domain));
	crypto_generichash_update(&state, key->id, sizeof(key->id));
	crypto_generichash_update(&state, key->secret, sizeof(key->secret));
	crypto_generichash_final(&state, out, ECP_SERVICE_KEY_HASH_BYTES);
	sodium_memzero(&state, sizeof(state));
}

bool
ecp_core_service_key_matches(const EcpServiceKey *key, const uint8_t hash[ECP_SERVICE_KEY_HASH_BYTES])
{
	uint8_t		own[ECP_SERVICE_KEY_HASH_BYTES];

	ecp_core_service_key_hash(key, own);
	return sodium_memcmp(own, hash, sizeof(own)) == 0;
}

void
ecp_core_service_key_wipe(EcpServiceKey *key)
{
	sodium_memzero(key, sizeof(*key));
}
