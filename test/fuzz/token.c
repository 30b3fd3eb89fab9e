/*
 * token.c
 *		Fuzz target: any bytes as pickup token (EP1), as edits of a good one,
 *		and as the content of one that is signed, written, read and changed.
 *
 * cores: src/crypto/base64_core.c src/crypto/derive_core.c src/crypto/token_core.c -lsodium
 */
#include <sodium.h>

#include "crypto/token_core.h"
#include "fuzz.h"

static const uint8_t installation[ECP_UUID_BYTES] = "a fixed database";

/* What is read is written as the same text again. */
static bool
try_text(const char *text, size_t size, EcpTokenCore *token)
{
	char		back[ECP_TOKEN_LEN + 1];

	if (!ecp_core_token_read(text, size, token))
		return false;
	ecp_core_token_write(token, back);
	demand(size == ECP_TOKEN_LEN && memcmp(text, back, size) == 0);
	return true;
}

static bool
holds(const EcpTokenCore *token, const uint8_t *public_key)
{
	uint8_t		message[ECP_TOKEN_MESSAGE_BYTES];

	ecp_core_token_message(token, installation, message);
	return crypto_sign_verify_detached(token->signature, message, sizeof(message), public_key) == 0;
}

/* A signed token holds; with any one character changed it is not read or does not hold. */
static void
try_signed(const uint8_t *data, size_t size)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = "a fixed seed";
	static uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	static uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	uint8_t		message[ECP_TOKEN_MESSAGE_BYTES];
	char		text[ECP_TOKEN_LEN + 1];
	EcpTokenCore token = {{0}, {0}, 0, {0}};
	EcpTokenCore back;

	if (size < 2)
		return;
	memcpy(token.reservation, data, size < ECP_UUID_BYTES ? size : ECP_UUID_BYTES);
	token.expires = data[1] * 0x01010101u;
	if (sodium_is_zero(secret_key, sizeof(secret_key)))
		crypto_sign_seed_keypair(public_key, secret_key, seed);
	ecp_core_token_message(&token, installation, message);
	crypto_sign_detached(token.signature, NULL, message, sizeof(message), secret_key);
	ecp_core_token_write(&token, text);
	demand(try_text(text, ECP_TOKEN_LEN, &back) && holds(&back, public_key));
	demand(memcmp(back.reservation, token.reservation, ECP_UUID_BYTES) == 0 && back.expires == token.expires);
	if (text[data[0] % ECP_TOKEN_LEN] == (char) data[size - 1])
		return;
	text[data[0] % ECP_TOKEN_LEN] = (char) data[size - 1];
	demand(!try_text(text, ECP_TOKEN_LEN, &back) || !holds(&back, public_key));
}

/* Pairs of input bytes, place and character, change a token of zeros. */
static void
try_edits(const uint8_t *data, size_t size)
{
	EcpTokenCore token = {.expires = 5};
	EcpTokenCore back;
	char		text[ECP_TOKEN_LEN + 1];

	ecp_core_token_write(&token, text);
	for (size_t i = 0; i + 1 < size; i += 2)
		text[data[i] % ECP_TOKEN_LEN] = (char) data[i + 1];
	try_text(text, ECP_TOKEN_LEN, &back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = fuzz_copy(data, size);
	EcpTokenCore token;

	try_text(exact, size, &token);
	free(exact);
	try_edits(data, size);
	try_signed(data, size);
	return 0;
}
