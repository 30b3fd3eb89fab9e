/*
 * The token of a kiosk session; see session_core.h.
 */
#include "crypto/session_core.h"

#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"

#define TOKEN_BYTES (ECP_SESSION_PAYLOAD_BYTES + ECP_SESSION_SIGNATURE_BYTES)
#define PREFIX_LEN (sizeof(ECP_SESSION_PREFIX) - 1)
#define SESSION_AT (1 + ECP_KEY_ID_BYTES)
#define ORGANISATION_AT (SESSION_AT + ECP_UUID_BYTES)
#define MEMBER_AT (ORGANISATION_AT + ECP_UUID_BYTES)
#define STARTED_AT (MEMBER_AT + ECP_UUID_BYTES)
#define EXPIRES_AT (STARTED_AT + 4)

static const char session_domain[] = "ecopanier kiosk session 1";

static void
put_uint32(uint8_t *out, uint32_t value)
{
	out[0] = value >> 24;
	out[1] = value >> 16;
	out[2] = value >> 8;
	out[3] = value;
}

static uint32_t
get_uint32(const uint8_t *in)
{
	return (uint32_t) in[0] << 24 | (uint32_t) in[1] << 16 | (uint32_t) in[2] << 8 | in[3];
}

static void
write_payload(const EcpSessionCore *token, uint8_t out[ECP_SESSION_PAYLOAD_BYTES])
{
	out[0] = ECP_SESSION_VERSION;
	memcpy(out + 1, token->key_id, ECP_KEY_ID_BYTES);
	memcpy(out + SESSION_AT, token->session, ECP_UUID_BYTES);
	memcpy(out + ORGANISATION_AT, token->organisation, ECP_UUID_BYTES);
	memcpy(out + MEMBER_AT, token->member, ECP_UUID_BYTES);
	put_uint32(out + STARTED_AT, token->started);
	put_uint32(out + EXPIRES_AT, token->expires);
}

void
ecp_core_session_message(const EcpSessionCore *token, const uint8_t installation[ECP_UUID_BYTES],
						 uint8_t out[ECP_SESSION_MESSAGE_BYTES])
{
	_Static_assert(sizeof(session_domain) + ECP_UUID_BYTES + ECP_SESSION_PAYLOAD_BYTES == ECP_SESSION_MESSAGE_BYTES &&
				   EXPIRES_AT + 4 == ECP_SESSION_PAYLOAD_BYTES,
				   "size of the signed message");

	memcpy(out, session_domain, sizeof(session_domain));
	memcpy(out + sizeof(session_domain), installation, ECP_UUID_BYTES);
	write_payload(token, out + sizeof(session_domain) + ECP_UUID_BYTES);
}

void
ecp_core_session_write(const EcpSessionCore *token, char text[ECP_SESSION_LEN + 1])
{
	uint8_t		bytes[TOKEN_BYTES];

	write_payload(token, bytes);
	memcpy(bytes + ECP_SESSION_PAYLOAD_BYTES, token->signature, ECP_SESSION_SIGNATURE_BYTES);
	memcpy(text, ECP_SESSION_PREFIX, PREFIX_LEN);
	sodium_bin2base64(text + PREFIX_LEN, ECP_SESSION_LEN + 1 - PREFIX_LEN, bytes, sizeof(bytes),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
ecp_core_session_read(const char *text, size_t len, EcpSessionCore *out)
{
	uint8_t		bytes[TOKEN_BYTES];
	size_t		n;

	if (len != ECP_SESSION_LEN || memcmp(text, ECP_SESSION_PREFIX, PREFIX_LEN) != 0)
		return false;
	if (!ecp_core_base64url(text + PREFIX_LEN, len - PREFIX_LEN, bytes, sizeof(bytes), &n) || n != sizeof(bytes))
		return false;
	if (bytes[0] != ECP_SESSION_VERSION)
		return false;
	memcpy(out->key_id, bytes + 1, ECP_KEY_ID_BYTES);
	memcpy(out->session, bytes + SESSION_AT, ECP_UUID_BYTES);
	memcpy(out->organisation, bytes + ORGANISATION_AT, ECP_UUID_BYTES);
	memcpy(out->member, bytes + MEMBER_AT, ECP_UUID_BYTES);
	out->started = get_uint32(bytes + STARTED_AT);
	out->expires = get_uint32(bytes + EXPIRES_AT);
	memcpy(out->signature, bytes + ECP_SESSION_PAYLOAD_BYTES, ECP_SESSION_SIGNATURE_BYTES);
	return true;
}
