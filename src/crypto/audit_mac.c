/*
 * MACs, digests and signatures of the audit; see audit_mac.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/audit_mac.h"

static const char mac_domain[] = "ecopanier audit event 1";
static const char digest_domain[] = "ecopanier audit link 1";

void
ecp_audit_mac(const char *key_id, const uint8 *event, Size len, uint8 mac[ECP_AUDIT_MAC_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, ecp_key_secret(key_id, ECP_KEY_AUDIT), ECP_SUBKEY_BYTES, ECP_AUDIT_MAC_BYTES);
	crypto_generichash_update(&state, (const uint8 *) mac_domain, sizeof(mac_domain));
	crypto_generichash_update(&state, event, len);
	crypto_generichash_final(&state, mac, ECP_AUDIT_MAC_BYTES);
	sodium_memzero(&state, sizeof(state));
}

bool
ecp_audit_mac_holds(const char *key_id, const uint8 *event, Size len, const uint8 mac[ECP_AUDIT_MAC_BYTES])
{
	uint8		expected[ECP_AUDIT_MAC_BYTES];

	ecp_audit_mac(key_id, event, len, expected);
	return sodium_memcmp(expected, mac, ECP_AUDIT_MAC_BYTES) == 0;
}

void
ecp_audit_digest(const uint8 before[ECP_AUDIT_DIGEST_BYTES], int64 position, const uint8 mac[ECP_AUDIT_MAC_BYTES],
				 const uint8 *event, Size len, uint8 digest[ECP_AUDIT_DIGEST_BYTES])
{
	crypto_generichash_state state;
	uint8		number[8];

	for (int i = 7; i >= 0; i--, position >>= 8)
		number[i] = position & 0xff;
	crypto_generichash_init(&state, NULL, 0, ECP_AUDIT_DIGEST_BYTES);
	crypto_generichash_update(&state, (const uint8 *) digest_domain, sizeof(digest_domain));
	crypto_generichash_update(&state, before, ECP_AUDIT_DIGEST_BYTES);
	crypto_generichash_update(&state, number, sizeof(number));
	crypto_generichash_update(&state, mac, ECP_AUDIT_MAC_BYTES);
	crypto_generichash_update(&state, event, len);
	crypto_generichash_final(&state, digest, ECP_AUDIT_DIGEST_BYTES);
}

bool
ecp_audit_digest_equal(const uint8 *a, const uint8 *b)
{
	return memcmp(a, b, ECP_AUDIT_DIGEST_BYTES) == 0;
}

void
ecp_checkpoint_sign(EcpCheckpointCore *checkpoint, const char *key_id)
{
	const uint8 *secret_key = ecp_key_secret(key_id, ECP_KEY_SIGN);
	uint8		message[ECP_CHECKPOINT_MESSAGE_BYTES];

	memcpy(checkpoint->installation, ecp_key_installation()->data, ECP_UUID_BYTES);
	sodium_hex2bin(checkpoint->key_id, ECP_KEY_ID_BYTES, key_id, ECP_KEY_ID_LEN, NULL, NULL, NULL);
	ecp_core_checkpoint_message(checkpoint, message);
	crypto_sign_detached(checkpoint->signature, NULL, message, sizeof(message), secret_key);
}

bool
ecp_checkpoint_holds(const EcpCheckpointCore *checkpoint, const uint8 public_key[ECP_PUBLIC_KEY_BYTES])
{
	uint8		message[ECP_CHECKPOINT_MESSAGE_BYTES];

	ecp_core_checkpoint_message(checkpoint, message);
	return crypto_sign_verify_detached(checkpoint->signature, message, sizeof(message), public_key) == 0;
}
