/*
 * MACs of blinded tags; see tag.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/keys.h"
#include "crypto/tag.h"

static const char tag_domain[] = "ecopanier tag 1";

void
ecp_tag_mac(const uint8 tag[ECP_TAG_BYTES], const char *key_id, uint8 mac[ECP_TAG_MAC_BYTES])
{
	const uint8 *subkey = ecp_key_secret(key_id, ECP_KEY_TAG);
	crypto_generichash_state state;

	crypto_generichash_init(&state, subkey, 32, ECP_TAG_MAC_BYTES);
	crypto_generichash_update(&state, (const uint8 *) tag_domain, sizeof(tag_domain));
	crypto_generichash_update(&state, (const uint8 *) key_id, strlen(key_id) + 1);
	crypto_generichash_update(&state, tag, ECP_TAG_BYTES);
	crypto_generichash_final(&state, mac, ECP_TAG_MAC_BYTES);
	sodium_memzero(&state, sizeof(state));
}
