/*
 * Signatures of webhooks; see webhook_core.h.
 */
#include "crypto/webhook_core.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#define PREFIX "whsec_"
#define VERSION "v1,"

void
ecp_core_webhook_secret_text(const uint8_t secret[ECP_WEBHOOK_SECRET_BYTES], char text[ECP_WEBHOOK_SECRET_LEN + 1])
{
	size_t		prefix = strlen(PREFIX);

	memcpy(text, PREFIX, prefix);
	sodium_bin2base64(text + prefix, ECP_WEBHOOK_SECRET_LEN + 1 - prefix, secret, ECP_WEBHOOK_SECRET_BYTES,
					  sodium_base64_VARIANT_ORIGINAL);
}

void
ecp_core_webhook_sign(const uint8_t *secret, size_t secret_len, const char *id, int64_t timestamp,
					  const char *body, size_t body_len, char signature[ECP_WEBHOOK_SIGNATURE_LEN + 1])
{
	crypto_auth_hmacsha256_state state;
	uint8_t		mac[crypto_auth_hmacsha256_BYTES];
	char		moment[32];
	int			moment_len = snprintf(moment, sizeof(moment), ".%" PRId64 ".", timestamp);
	size_t		version = strlen(VERSION);

	crypto_auth_hmacsha256_init(&state, secret, secret_len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *) id, strlen(id));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *) moment, (size_t) moment_len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *) body, body_len);
	crypto_auth_hmacsha256_final(&state, mac);
	memcpy(signature, VERSION, version);
	sodium_bin2base64(signature + version, ECP_WEBHOOK_SIGNATURE_LEN + 1 - version, mac, sizeof(mac),
					  sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(&state, sizeof(state));
}
