/*
 * session.c
 *		Fuzz target: any bytes as kiosk session token (EK1), as edits of a good one,
 *		and as the content of one that is signed, written, read and changed.
 *
 * cores: src/crypto/base64_core.c src/crypto/derive_core.c src/crypto/session_core.c -lsodium
 */
#include <sodium.h>

#include "crypto/session_core.h"
#include "fuzz.h"

static const uint8_t installation[ECP_UUID_BYTES] = "a fixed database";

/* What is read is written as the same text again. */
static bool
try_text(const char *text, size_t size, EcpSessionCore *token)
{
	char		back[ECP_SESSION_LEN + 1];

	if (!ecp_core_session_read(text, size, token))
		return false;
	ecp_core_session_write(token, back);
	demand(size == ECP_SESSION_LEN && memcmp(text, back, size) == 0);
	return true;
}

static bool
holds(const EcpSessionCore *token, const uint8_t *public_key)
{
	uint8_t		message[ECP_SESSION_MESSAGE_BYTES];

	ecp_core_session_message(token, installation, message);
	return crypto_sign_verify_detached(token->signature, message, sizeof(message), public_key) == 0;
}

/* A signed token holds; with any one character changed it is not read or does not hold. */
static void
try_signed(const uint8_t *data, size_t size)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = "a fixed seed";
	static uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	static uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	uint8_t		message[ECP_SESSION_MESSAGE_BYTES];
	char		text[ECP_SESSION_LEN + 1];
	EcpSessionCore token = {.started = 7};
	EcpSessionCore back;

	if (size < 2)
		return;
	memcpy(token.session, data, size < ECP_UUID_BYTES ? size : ECP_UUID_BYTES);
	token.expires = data[1] * 0x01010101u;
	memcpy(token.member, token.session, ECP_UUID_BYTES);
	token.organisation[data[1] % ECP_UUID_BYTES] = data[0];
	if (sodium_is_zero(secret_key, sizeof(secret_key)))
		crypto_sign_seed_keypair(public_key, secret_key, seed);
	ecp_core_session_message(&token, installation, message);
	crypto_sign_detached(token.signature, NULL, message, sizeof(message), secret_key);
	ecp_core_session_write(&token, text);
	demand(try_text(text, ECP_SESSION_LEN, &back) && holds(&back, public_key));
	demand(memcmp(back.session, token.session, ECP_UUID_BYTES) == 0 &&
		   memcmp(back.member, token.member, ECP_UUID_BYTES) == 0 &&
		   memcmp(back.organisation, token.organisation, ECP_UUID_BYTES) == 0 &&
		   back.started == token.started && back.expires == token.expires);
	if (text[data[0] % ECP_SESSION_LEN] == (char) data[size - 1])
		return;
	text[data[0] % ECP_SESSION_LEN] = (char) data[size - 1];
	demand(!try_text(text, ECP_SESSION_LEN, &back) || !holds(&back, public_key));
}

/* Pairs of input bytes, place and character, change a token of zeros. */
static void
try_edits(const uint8_t *data, size_t size)
{
	EcpSessionCore token = {.expires = 5};
	EcpSessionCore back;
	char		text[ECP_SESSION_LEN + 1];

	ecp_core_session_write(&token, text);
	for (size_t i = 0; i + 1 < size; i += 2)
		text[data[i] % ECP_SESSION_LEN] = (char) data[i + 1];
	try_text(text, ECP_SESSION_LEN, &back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = fuzz_copy(data, size);
	EcpSessionCore token;

	try_text(exact, size, &token);
	free(exact);
	try_edits(data, size);
	try_signed(data, size);
	return 0;
}
