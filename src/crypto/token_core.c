/*
 * The pickup token; see token_core.h.
 */
#include "crypto/token_core.h"

#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"

#define TOKEN_BYTES (ECP_TOKEN_PAYLOAD_BYTES + ECP_TOKEN_SIGNATURE_BYTES)
#define PREFIX_LEN (sizeof(ECP_TOKEN_PREFIX) - 1)
#define EXPIRY_AT (1 + ECP_KEY_ID_BYTES + ECP_UUID_BYTES)

static const char token_domain[] = "ecopanier pickup token 1";

static void
write_payload(const EcpTokenCore *token, uint8_t out[ECP_TOKEN_PAYLOAD_BYTES])
{
	out[0] = ECP_TOKEN_VERSION;
	memcpy(out + 1, token->key_id, ECP_KEY_ID_BYTES);
	memcpy(out + 1 + ECP_KEY_ID_BYTES, token->reservation, ECP_UUID_BYTES);
	out[EXPIRY_AT] = token->expires >> 24;
	out[EXPIRY_AT + 1] = token->expires >> 16;
	out[EXPIRY_AT + 2] = token->expires >> 8;
	out[EXPIRY_AT + 3] = token->expires;
}

void
ecp_core_token_message(const EcpTokenCore *token, const uint8_t installation[ECP_UUID_BYTES],
					   uint8_t out[ECP_TOKEN_MESSAGE_BYTES])
{
	_Static_assert(sizeof(token_domain) + ECP_UUID_BYTES + ECP_TOKEN_PAYLOAD_BYTES == ECP_TOKEN_MESSAGE_BYTES,
				   "size of the signed message");

	memcpy(out, token_domain, sizeof(token_domain));
	memcpy(out + sizeof(token_domain), installation, ECP_UUID_BYTES);
	write_payload(token, out + sizeof(token_domain) + ECP_UUID_BYTES);
}

void
ecp_core_token_write(const EcpTokenCore *token, char text[ECP_TOKEN_LEN + 1])
{
	uint8_t		bytes[TOKEN_BYTES];

	write_payload(token, bytes);
	memcpy(bytes + ECP_TOKEN_PAYLOAD_BYTES, token->signature, ECP_TOKEN_SIGNATURE_BYTES);
	memcpy(text, ECP_TOKEN_PREFIX, PREFIX_LEN);
	sodium_bin2base64(text + PREFIX_LEN, ECP_TOKEN_LEN + 1 - PREFIX_LEN, bytes, sizeof(bytes),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
ecp_core_token_read(const char *text, size_t len, EcpTokenCore *out)
{
	uint8_t		bytes[TOKEN_BYTES];
	size_t		n;
	const uint8_t *expiry = bytes + EXPIRY_AT;

	if (len != ECP_TOKEN_LEN || memcmp(text, ECP_TOKEN_PREFIX, PREFIX_LEN) != 0)
		return false;
	if (!ecp_core_base64url(text + PREFIX_LEN, len - PREFIX_LEN, bytes, sizeof(bytes), &n) || n != sizeof(bytes))
		return false;
	if (bytes[0] != ECP_TOKEN_VERSION)
		return false;
	memcpy(out->key_id, bytes + 1, ECP_KEY_ID_BYTES);
	memcpy(out->reservation, bytes + 1 + ECP_KEY_ID_BYTES, ECP_UUID_BYTES);
	out->expires = (uint32_t) expiry[0] << 24 | (uint32_t) expiry[1] << 16 | (uint32_t) expiry[2] << 8 | expiry[3];
	memcpy(out->signature, bytes + ECP_TOKEN_PAYLOAD_BYTES, ECP_TOKEN_SIGNATURE_BYTES);
	return true;
}
