/*
 * Seeds of allotment rounds: random, made with the round, and kept sealed under
 * a key of the server until the draw, so that nobody who reads the tables or a
 * dump of them knows the order before it is published.
 */
#ifndef ECP_CRYPTO_ALLOTMENT_H
#define ECP_CRYPTO_ALLOTMENT_H

#include "postgres.h"

#include "utils/uuid.h"

#include "crypto/allotment_core.h"

/* A new seed for a round, sealed under the key, and its commitment. */
extern bytea *ecp_allotment_seed_make(int32 territory, const pg_uuid_t *round, const char *key_id,
									  uint8 commitment[ECP_ALLOTMENT_COMMITMENT_BYTES]);

/* The seed, ecp_secret_alloc'ed in the current context; NULL where it was not sealed for this round under this key. */
extern uint8 *ecp_allotment_seed_open(int32 territory, const pg_uuid_t *round, const char *key_id, const bytea *sealed);

#endif							/* ECP_CRYPTO_ALLOTMENT_H */
