/*
 * Making, sealing and opening the secrets of webhooks; see webhook.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/webhook.h"

static const char domain[] = "ecopanier webhook 1";

/* What is authenticated with a secret, and is not stored in it. */
typedef struct Associated
{
	char		domain[sizeof(domain)];
	uint8		installation[UUID_LEN];
	uint8		territory[4];
	uint8		endpoint[UUID_LEN];
	uint8		id[UUID_LEN];
	char		key_id[ECP_KEY_ID_SIZE];
} Associated;

/* How the row's secret is sealed; what is authenticated goes to associated. */
static EcpSealing
sealing(const EcpWebhookSecret *of, const char *key_id, Associated *associated)
{
	memset(associated, 0, sizeof(*associated));
	memcpy(associated->domain, domain, sizeof(domain));
	memcpy(associated->installation, ecp_key_installation()->data, UUID_LEN);
	for (int i = 0; i < 4; i++)
		associated->territory[i] = (uint32) of->territory >> (24 - 8 * i);
	memcpy(associated->endpoint, of->endpoint.data, UUID_LEN);
	memcpy(associated->id, of->id.data, UUID_LEN);
	strlcpy(associated->key_id, key_id, ECP_KEY_ID_SIZE);
	return (EcpSealing) {key_id, ECP_KEY_WEBHOOK, associated, sizeof(*associated)};
}

uint8 *
ecp_webhook_secret_make(void)
{
	uint8	   *secret = ecp_secret_alloc(ECP_WEBHOOK_SECRET_BYTES);

	randombytes_buf(secret, ECP_WEBHOOK_SECRET_BYTES);
	return secret;
}

bytea *
ecp_webhook_secret_seal(const EcpWebhookSecret *of, const char *key_id, const uint8 secret[ECP_WEBHOOK_SECRET_BYTES])
{
	Associated	associated;
	EcpSealing	with = sealing(of, key_id, &associated);

	return ecp_seal(&with, secret, ECP_WEBHOOK_SECRET_BYTES);
}

uint8 *
ecp_webhook_secret_open(const EcpWebhookSecret *of, const char *key_id, const bytea *sealed)
{
	uint8	   *secret = ecp_secret_alloc(ECP_WEBHOOK_SECRET_BYTES);
	Associated	associated;
	EcpSealing	with = sealing(of, key_id, &associated);

	return ecp_unseal(&with, sealed, secret, ECP_WEBHOOK_SECRET_BYTES) ? secret : NULL;
}
