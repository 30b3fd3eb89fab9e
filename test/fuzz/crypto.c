/*
 * crypto.c
 *		Fuzz target: any bytes as pickup token, as edits of a good one, as key
 *		file, as identity token and as base64url.
 *
 * cores: src/crypto/base64_core.c src/crypto/derive_core.c src/crypto/token_core.c src/crypto/keyfile_core.c src/crypto/jwt_core.c -lsodium
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"
#include "crypto/jwt_core.h"
#include "crypto/keyfile_core.h"
#include "crypto/token_core.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool truth)
{
	if (!truth)
		abort();
}

/* What is read as a token is written as the same text again. */
static void
try_token(const char *text, size_t size)
{
	EcpTokenCore token;
	char		back[ECP_TOKEN_LEN + 1];

	if (!ecp_core_token_read(text, size, &token))
		return;
	ecp_core_token_write(&token, back);
	demand(size == ECP_TOKEN_LEN && memcmp(text, back, size) == 0);
}

/* Pairs of input bytes, place and character, change a good token. */
static void
try_edits(const uint8_t *data, size_t size)
{
	EcpTokenCore token = {.expires = 5};
	char		text[ECP_TOKEN_LEN + 1];

	ecp_core_token_write(&token, text);
	for (size_t i = 0; i + 1 < size; i += 2)
		text[data[i] % ECP_TOKEN_LEN] = (char) data[i + 1];
	try_token(text, ECP_TOKEN_LEN);
}

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

static void
try_jwt(const char *text, size_t size)
{
	static const uint8_t key[32];
	EcpJwtParts parts;

	if (!ecp_core_jwt_split(text, size, &parts))
		return;
	demand(parts.header.len + parts.claims.len + parts.signature.len + 2 == size);
	ecp_core_jwt_signature(ECP_JWT_HS256, key, sizeof(key), &parts.signed_text, &parts.signature);
	ecp_core_jwt_signature(ECP_JWT_EDDSA, key, sizeof(key), &parts.signed_text, &parts.signature);
}

/* The header is put before the input, so that its lines are reached. */
static void
try_keyfile(const char *text, size_t size)
{
	size_t		header = strlen(ECP_KEYFILE_HEADER);
	char	   *file = malloc(header + size);
	EcpFileKey	key;
	int			count;

	demand(file != NULL);
	memcpy(file, ECP_KEYFILE_HEADER, header);
	memcpy(file + header, text, size);
	count = ecp_core_keyfile_count(file, header + size);
	for (int i = 0; i < count; i++)
		ecp_core_keyfile_key(file, i, &key);
	ecp_core_keyfile_count(text, size);
	free(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = malloc(size + !size);	/* ends where the input ends */

	demand(exact != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	try_token(exact, size);
	try_edits(data, size);
	try_base64url(exact, size);
	try_jwt(exact, size);
	try_keyfile(exact, size);
	free(exact);
	return 0;
}
