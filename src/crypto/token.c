/*
 * Signing and opening pickup tokens; see token.h.
 *
 * A token is checked with the public key derived from the key file, not with
 * the one in the table, so that a row written there admits nobody.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/token.h"
#include "crypto/token_core.h"

#define UNIX_TO_POSTGRES_SECONDS ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

char *
ecp_token_sign(const pg_uuid_t *reservation, const char *key_id, TimestampTz expires)
{
	const uint8 *secret_key = ecp_key_secret(key_id, ECP_KEY_SIGN);
	const pg_uuid_t *installation = ecp_key_installation();
	int64		seconds = expires / USECS_PER_SEC + UNIX_TO_POSTGRES_SECONDS;
	uint8_t		message[ECP_TOKEN_MESSAGE_BYTES];
	EcpTokenCore token;
	char	   *text = palloc(ECP_TOKEN_LEN + 1);

	if (TIMESTAMP_NOT_FINITE(expires) || seconds < 0 || seconds > PG_UINT32_MAX)
		elog(ERROR, "a pickup token cannot expire at " INT64_FORMAT, seconds);
	sodium_hex2bin(token.key_id, sizeof(token.key_id), key_id, ECP_KEY_ID_LEN, NULL, NULL, NULL);
	memcpy(token.reservation, reservation->data, UUID_LEN);
	token.expires = (uint32_t) seconds;
	ecp_core_token_message(&token, installation->data, message);
	crypto_sign_detached(token.signature, NULL, message, sizeof(message), secret_key);
	ecp_core_token_write(&token, text);
	return text;
}

EcpTokenState
ecp_token_open(const char *text, size_t len, EcpToken *out)
{
	EcpTokenCore token;
	uint8_t		message[ECP_TOKEN_MESSAGE_BYTES];
	uint8		public_key[ECP_PUBLIC_KEY_BYTES];

	memset(out, 0, sizeof(*out));
	if (!ecp_core_token_read(text, len, &token))
		return ECP_TOKEN_INVALID;
	ecp_core_key_id_text(token.key_id, out->key_id);
	if (!ecp_key_is_listed(out->key_id))
		return ECP_TOKEN_INVALID;
	ecp_key_public(out->key_id, public_key);
	ecp_core_token_message(&token, ecp_key_installation()->data, message);
	if (crypto_sign_verify_detached(token.signature, message, sizeof(message), public_key) != 0)
		return ECP_TOKEN_INVALID;
	memcpy(out->reservation.data, token.reservation, UUID_LEN);
	out->expires = ((TimestampTz) token.expires - UNIX_TO_POSTGRES_SECONDS) * USECS_PER_SEC;
	return ECP_TOKEN_OK;
}
