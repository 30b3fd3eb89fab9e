/*
 * Making and opening the seeds of allotment rounds; see allotment.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/allotment.h"
#include "crypto/seal.h"
#include "crypto/secret.h"

static const char domain[] = "ecopanier allotment seed 1";

/* What is authenticated with a seed, and is not stored in it. */
typedef struct Associated
{
	char		domain[sizeof(domain)];
	uint8		installation[UUID_LEN];
	uint8		territory[4];
	uint8		round[UUID_LEN];
	char		key_id[ECP_KEY_ID_SIZE];
} Associated;

/* How the round's seed is sealed; what is authenticated goes to associated. */
static EcpSealing
sealing(int32 territory, const pg_uuid_t *round, const char *key_id, Associated *associated)
{
	memset(associated, 0, sizeof(*associated));
	memcpy(associated->domain, domain, sizeof(domain));
	memcpy(associated->installation, ecp_key_installation()->data, UUID_LEN);
	for (int i = 0; i < 4; i++)
		associated->territory[i] = (uint32) territory >> (24 - 8 * i);
	memcpy(associated->round, round->data, UUID_LEN);
	strlcpy(associated->key_id, key_id, ECP_KEY_ID_SIZE);
	return (EcpSealing) {key_id, ECP_KEY_ALLOTMENT, associated, sizeof(*associated)};
}

bytea *
ecp_allotment_seed_make(int32 territory, const pg_uuid_t *round, const char *key_id,
						uint8 commitment[ECP_ALLOTMENT_COMMITMENT_BYTES])
{
	uint8	   *seed = ecp_secret_alloc(ECP_ALLOTMENT_SEED_BYTES);
	Associated	associated;
	EcpSealing	with = sealing(territory, round, key_id, &associated);
	bytea	   *sealed;

	randombytes_buf(seed, ECP_ALLOTMENT_SEED_BYTES);
	ecp_core_allotment_commitment(round->data, seed, commitment);
	sealed = ecp_seal(&with, seed, ECP_ALLOTMENT_SEED_BYTES);
	ecp_secret_wipe(seed);
	return sealed;
}

uint8 *
ecp_allotment_seed_open(int32 territory, const pg_uuid_t *round, const char *key_id, const bytea *sealed)
{
	uint8	   *seed = ecp_secret_alloc(ECP_ALLOTMENT_SEED_BYTES);
	Associated	associated;
	EcpSealing	with = sealing(territory, round, key_id, &associated);

	return ecp_unseal(&with, sealed, seed, ECP_ALLOTMENT_SEED_BYTES) ? seed : NULL;
}
