/*
 * Secrets of webhooks: random, shown once, then kept sealed under a key of the
 * server, since they are needed to sign.
 */
#ifndef ECP_CRYPTO_WEBHOOK_H
#define ECP_CRYPTO_WEBHOOK_H

#include "postgres.h"

#include "utils/uuid.h"

#include "crypto/webhook_core.h"

/* Which row a secret is of: it opens in no other. */
typedef struct EcpWebhookSecret
{
	int32		territory;
	pg_uuid_t	endpoint;
	pg_uuid_t	id;
} EcpWebhookSecret;

/* A new secret, ecp_secret_alloc'ed in the current context. */
extern uint8 *ecp_webhook_secret_make(void);

extern bytea *ecp_webhook_secret_seal(const EcpWebhookSecret *of, const char *key_id, const uint8 secret[ECP_WEBHOOK_SECRET_BYTES]);

/* The secret, ecp_secret_alloc'ed in the current context; NULL where it was not sealed for this row under this key. */
extern uint8 *ecp_webhook_secret_open(const EcpWebhookSecret *of, const char *key_id, const bytea *sealed);

#endif							/* ECP_CRYPTO_WEBHOOK_H */
