/*
 * Signing and opening tokens of kiosk sessions; see session.h.
 *
 * Like a pickup token, one is checked with the public key derived from the key
 * file, not with the one in the table.
 */
#include "postgres.h"

#include <sodium.h>

#include "utils/timestamp.h"

#include "crypto/keys.h"
#include "crypto/session.h"
#include "crypto/session_core.h"

#define UNIX_TO_POSTGRES_SECONDS ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

static uint32
to_seconds(TimestampTz moment)
{
	int64		seconds = moment / USECS_PER_SEC + UNIX_TO_POSTGRES_SECONDS;

	if (TIMESTAMP_NOT_FINITE(moment) || seconds < 0 || seconds > PG_UINT32_MAX)
		elog(ERROR, "a session cannot have the time " INT64_FORMAT, seconds);
	return (uint32) seconds;
}

static TimestampTz
from_seconds(uint32 seconds)
{
	return ((TimestampTz) seconds - UNIX_TO_POSTGRES_SECONDS) * USECS_PER_SEC;
}

char *
ecp_session_sign(const EcpSession *session)
{
	const char *key_id = ecp_key_current();
	const uint8 *secret_key = ecp_key_secret(key_id, ECP_KEY_SIGN);
	uint8_t		message[ECP_SESSION_MESSAGE_BYTES];
	EcpSessionCore token;
	char	   *text = palloc(ECP_SESSION_LEN + 1);

	sodium_hex2bin(token.key_id, sizeof(token.key_id), key_id, ECP_KEY_ID_LEN, NULL, NULL, NULL);
	memcpy(token.session, session->session.data, UUID_LEN);
	memcpy(token.organisation, session->organisation.data, UUID_LEN);
	memcpy(token.member, session->member.data, UUID_LEN);
	token.started = to_seconds(session->started);
	token.expires = to_seconds(session->expires);
	ecp_core_session_message(&token, ecp_key_installation()->data, message);
	crypto_sign_detached(token.signature, NULL, message, sizeof(message), secret_key);
	ecp_core_session_write(&token, text);
	return text;
}

bool
ecp_session_open(const char *text, size_t len, EcpSession *out)
{
	EcpSessionCore token;
	uint8_t		message[ECP_SESSION_MESSAGE_BYTES];
	uint8		public_key[ECP_PUBLIC_KEY_BYTES];
	char		key_id[ECP_KEY_ID_SIZE];

	memset(out, 0, sizeof(*out));
	if (!ecp_core_session_read(text, len, &token))
		return false;
	ecp_core_key_id_text(token.key_id, key_id);
	if (!ecp_key_is_listed(key_id))
		return false;
	ecp_key_public(key_id, public_key);
	ecp_core_session_message(&token, ecp_key_installation()->data, message);
	if (crypto_sign_verify_detached(token.signature, message, sizeof(message), public_key) != 0)
		return false;
	memcpy(out->session.data, token.session, UUID_LEN);
	memcpy(out->organisation.data, token.organisation, UUID_LEN);
	memcpy(out->member.data, token.member, UUID_LEN);
	out->started = from_seconds(token.started);
	out->expires = from_seconds(token.expires);
	return true;
}
