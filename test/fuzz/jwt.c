/*
 * jwt.c
 *		Fuzz target: any bytes as identity token and as base64url; and as header
 *		and claims of a token that is signed, cut and changed, in both algorithms.
 *
 * cores: src/crypto/base64_core.c src/crypto/jwt_core.c -lsodium
 */
#include <sodium.h>

#include "crypto/base64_core.h"
#include "crypto/jwt_core.h"
#include "fuzz.h"

#define TEXT_MAX 512

static const uint8_t secret[32] = "a fixed secret of 32 bytes";
static uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
static uint8_t secret_key[crypto_sign_SECRETKEYBYTES];

/* What decodes is encoded as the same text again. */
static void
try_base64url(const char *text, size_t size)
{
	uint8_t		bytes[64];
	char		back[128];
	size_t		n;

	if (size > 80 || !ecp_core_base64url(text, size, bytes, sizeof(bytes), &n))
		return;
	sodium_bin2base64(back, sizeof(back), bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	demand(strlen(back) == size && memcmp(text, back, size) == 0);
}

static bool
holds(EcpJwtAlg alg, const EcpJwtParts *parts)
{
	return alg == ECP_JWT_HS256 ?
		ecp_core_jwt_signature(alg, secret, sizeof(secret), &parts->signed_text, &parts->signature) :
		ecp_core_jwt_signature(alg, public_key, sizeof(public_key), &parts->signed_text, &parts->signature);
}

/* The parts make up the whole; nobody signed it with our keys. */
static void
try_text(const char *text, size_t size)
{
	EcpJwtParts parts;

	if (!ecp_core_jwt_split(text, size, &parts))
		return;
	demand(size <= ECP_JWT_MAX_LEN && parts.header.text == text);
	demand(parts.header.len + parts.claims.len + parts.signature.len + 2 == size);
	demand(parts.signed_text.len == parts.header.len + 1 + parts.claims.len);
	demand(memchr(parts.signature.text, '.', parts.signature.len) == NULL);
	demand(!holds(ECP_JWT_HS256, &parts) && !holds(ECP_JWT_EDDSA, &parts));
}

/* Writes header and claims, cut from the input where its first byte says, and a signature. */
static size_t
make_token(EcpJwtAlg alg, const uint8_t *data, size_t size, char *out)
{
	size_t		cut = data[0] % (size - 1) + 1;
	uint8_t		signature[crypto_sign_BYTES];
	size_t		n;

	sodium_bin2base64(out, TEXT_MAX, data, cut, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	n = strlen(out);
	out[n++] = '.';
	sodium_bin2base64(out + n, TEXT_MAX - n, data + cut, size - cut, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	n += strlen(out + n);
	if (alg == ECP_JWT_HS256)
		crypto_auth_hmacsha256(signature, (uint8_t *) out, n, secret);
	else
		crypto_sign_detached(signature, NULL, (uint8_t *) out, n, secret_key);
	out[n++] = '.';
	sodium_bin2base64(out + n, TEXT_MAX - n, signature,
					  alg == ECP_JWT_HS256 ? crypto_auth_hmacsha256_BYTES : sizeof(signature),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return n + strlen(out + n);
}

/* A signed token holds in its algorithm alone, and with no character changed. */
static void
try_signed(EcpJwtAlg alg, const uint8_t *data, size_t size)
{
	char		text[TEXT_MAX];
	EcpJwtParts parts;
	size_t		n;
	size_t		place;

	if (size < 2 || size > 128)
		return;
	n = make_token(alg, data, size, text);
	demand(ecp_core_jwt_split(text, n, &parts) && holds(alg, &parts));
	demand(!holds(alg == ECP_JWT_HS256 ? ECP_JWT_EDDSA : ECP_JWT_HS256, &parts));
	place = data[1] * n / 256;
	if (text[place] == (char) data[size - 1])
		return;
	text[place] = (char) data[size - 1];
	demand(!ecp_core_jwt_split(text, n, &parts) || !holds(alg, &parts));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = "a fixed seed";
	char	   *exact = fuzz_copy(data, size);

	if (sodium_is_zero(secret_key, sizeof(secret_key)))
		crypto_sign_seed_keypair(public_key, secret_key, seed);
	try_base64url(exact, size);
	try_text(exact, size);
	free(exact);
	try_signed(ECP_JWT_HS256, data, size);
	try_signed(ECP_JWT_EDDSA, data, size);
	return 0;
}
