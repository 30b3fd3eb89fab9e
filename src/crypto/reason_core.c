/*
 * The digest of a reason; see reason_core.h.
 */
#include "crypto/reason_core.h"

#include <sodium.h>

static const char reason_domain[] = "ecopanier audit reason 1";

void
ecp_core_reason_digest(const uint8_t salt[ECP_REASON_SALT_BYTES], const char *reason, size_t len,
					   uint8_t digest[ECP_REASON_DIGEST_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, ECP_REASON_DIGEST_BYTES);
	crypto_generichash_update(&state, (const uint8_t *) reason_domain, sizeof(reason_domain));
	crypto_generichash_update(&state, salt, ECP_REASON_SALT_BYTES);
	crypto_generichash_update(&state, (const uint8_t *) reason, len);
	crypto_generichash_final(&state, digest, ECP_REASON_DIGEST_BYTES);
}
