/*
 * Commitment and tickets of allotment rounds; see allotment_core.h.
 */
#include "crypto/allotment_core.h"

#include <sodium.h>

/* Each with the zero byte that ends it. */
static const char commitment_domain[] = "ecopanier allotment commitment 1";
static const char ticket_domain[] = "ecopanier allotment ticket 1";

void
ecp_core_allotment_commitment(const uint8_t round[ECP_ALLOTMENT_ID_BYTES], const uint8_t seed[ECP_ALLOTMENT_SEED_BYTES],
							  uint8_t commitment[ECP_ALLOTMENT_COMMITMENT_BYTES])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *) commitment_domain, sizeof(commitment_domain));
	crypto_hash_sha256_update(&state, round, ECP_ALLOTMENT_ID_BYTES);
	crypto_hash_sha256_update(&state, seed, ECP_ALLOTMENT_SEED_BYTES);
	crypto_hash_sha256_final(&state, commitment);
	sodium_memzero(&state, sizeof(state));
}

void
ecp_core_allotment_ticket(const uint8_t round[ECP_ALLOTMENT_ID_BYTES], const uint8_t seed[ECP_ALLOTMENT_SEED_BYTES],
						  const uint8_t pseudonym[ECP_ALLOTMENT_ID_BYTES], uint8_t ticket[ECP_ALLOTMENT_TICKET_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, seed, ECP_ALLOTMENT_SEED_BYTES);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *) ticket_domain, sizeof(ticket_domain));
	crypto_auth_hmacsha256_update(&state, round, ECP_ALLOTMENT_ID_BYTES);
	crypto_auth_hmacsha256_update(&state, pseudonym, ECP_ALLOTMENT_ID_BYTES);
	crypto_auth_hmacsha256_final(&state, ticket);
	sodium_memzero(&state, sizeof(state));
}
