/*
 * The outer form of a signed token; see jwt_core.h.
 */
#include "crypto/jwt_core.h"

#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"

bool
ecp_core_jwt_split(const char *token, size_t len, EcpJwtParts *out)
{
	const char *end = token + len;
	const char *first;
	const char *second;

	if (len == 0 || len > ECP_JWT_MAX_LEN)
		return false;
	first = memchr(token, '.', len);
	if (first == NULL)
		return false;
	second = memchr(first + 1, '.', end - first - 1);
	if (second == NULL || memchr(second + 1, '.', end - second - 1) != NULL)
		return false;
	out->header = (EcpJwtPart) {token, first - token};
	out->claims = (EcpJwtPart) {first + 1, second - first - 1};
	out->signature = (EcpJwtPart) {second + 1, end - second - 1};
	out->signed_text = (EcpJwtPart) {token, second - token};
	return out->header.len > 0 && out->claims.len > 0 && out->signature.len > 0;
}

bool
ecp_core_jwt_signature(EcpJwtAlg alg, const uint8_t *key, size_t key_len, const EcpJwtPart *text,
					   const EcpJwtPart *signature)
{
	uint8_t		given[crypto_sign_BYTES];
	uint8_t		expected[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	size_t		n;
	bool		same;

	if (!ecp_core_base64url(signature->text, signature->len, given, sizeof(given), &n))
		return false;
	if (alg == ECP_JWT_EDDSA)
		return n == crypto_sign_BYTES && key_len == crypto_sign_PUBLICKEYBYTES &&
			crypto_sign_verify_detached(given, (const uint8_t *) text->text, text->len, key) == 0;
	if (n != sizeof(expected))
		return false;
	crypto_auth_hmacsha256_init(&state, key, key_len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *) text->text, text->len);
	crypto_auth_hmacsha256_final(&state, expected);
	same = sodium_memcmp(expected, given, sizeof(expected)) == 0;
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(expected, sizeof(expected));
	return same;
}
