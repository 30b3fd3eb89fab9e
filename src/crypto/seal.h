/*
 * What is kept encrypted at rest under a key of the server (XChaCha20-Poly1305,
 * random nonce): contacts, secrets of webhooks.  What it belongs to is
 * authenticated along with it, so that it opens nowhere else.
 */
#ifndef ECP_SEAL_H
#define ECP_SEAL_H

#include "postgres.h"

#include "crypto/keys.h"

/* The key that it is sealed under, and what goes into the authentication and is not stored. */
typedef struct EcpSealing
{
	const char *key_id;
	EcpKeyPurpose purpose;
	const void *associated;
	size_t		associated_len;
} EcpSealing;

/* Nonce (24 bytes), encryption, tag (16). */
extern bytea *ecp_seal(const EcpSealing *with, const uint8 *plain, size_t len);

/* Fills plain; false where len bytes were not sealed with the same. */
extern bool ecp_unseal(const EcpSealing *with, const bytea *sealed, uint8 *plain, size_t len);

#endif							/* ECP_SEAL_H */
