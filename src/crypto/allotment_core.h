/*
 * Commitment and tickets of allotment rounds: what anybody can compute again
 * with SHA-256 and HMAC-SHA256 alone, once the seed is published.
 */
#ifndef ECP_ALLOTMENT_SEED_CORE_H
#define ECP_ALLOTMENT_SEED_CORE_H

#include <stdint.h>

#define ECP_ALLOTMENT_SEED_BYTES 32
#define ECP_ALLOTMENT_COMMITMENT_BYTES 32
#define ECP_ALLOTMENT_TICKET_BYTES 32
#define ECP_ALLOTMENT_ID_BYTES 16

/* SHA-256 of "ecopanier allotment commitment 1", a zero byte, the round's id and the seed. */
extern void ecp_core_allotment_commitment(const uint8_t round[ECP_ALLOTMENT_ID_BYTES], const uint8_t seed[ECP_ALLOTMENT_SEED_BYTES],
										  uint8_t commitment[ECP_ALLOTMENT_COMMITMENT_BYTES]);

/* HMAC-SHA256 with the seed as key of "ecopanier allotment ticket 1", a zero byte, the round's id and the pseudonym. */
extern void ecp_core_allotment_ticket(const uint8_t round[ECP_ALLOTMENT_ID_BYTES], const uint8_t seed[ECP_ALLOTMENT_SEED_BYTES],
									  const uint8_t pseudonym[ECP_ALLOTMENT_ID_BYTES], uint8_t ticket[ECP_ALLOTMENT_TICKET_BYTES]);

#endif							/* ECP_ALLOTMENT_SEED_CORE_H */
