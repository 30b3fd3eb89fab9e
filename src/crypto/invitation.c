/*
 * Invitations: see invitation.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/base64_core.h"
#include "crypto/invitation.h"

#define PREFIX "EI1."
#define PREFIX_LEN 4
#define SECRET_BYTES 16

/* For BLAKE2b's personalisation: 16 bytes. */
static const unsigned char personal[crypto_generichash_blake2b_PERSONALBYTES] = "ecp invitation\0";

static void
hash_secret(const uint8 secret[SECRET_BYTES], uint8 hash[ECP_INVITATION_HASH_BYTES])
{
	if (crypto_generichash_blake2b_salt_personal(hash, ECP_INVITATION_HASH_BYTES, secret, SECRET_BYTES,
												 NULL, 0, NULL, personal) != 0)
		elog(ERROR, "could not hash an invitation");
}

void
ecp_invitation_make(char text[ECP_INVITATION_LEN + 1], uint8 hash[ECP_INVITATION_HASH_BYTES])
{
	uint8		secret[SECRET_BYTES];

	randombytes_buf(secret, sizeof(secret));
	memcpy(text, PREFIX, PREFIX_LEN);
	sodium_bin2base64(text + PREFIX_LEN, ECP_INVITATION_LEN + 1 - PREFIX_LEN, secret, sizeof(secret),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	hash_secret(secret, hash);
	sodium_memzero(secret, sizeof(secret));
}

void
ecp_invitation_hash(const char *text, size_t len, uint8 hash[ECP_INVITATION_HASH_BYTES])
{
	uint8		secret[SECRET_BYTES];
	size_t		n = 0;
	bool		ours;

	ours = len == ECP_INVITATION_LEN && memcmp(text, PREFIX, PREFIX_LEN) == 0 &&
		ecp_core_base64url(text + PREFIX_LEN, len - PREFIX_LEN, secret, sizeof(secret), &n) && n == SECRET_BYTES;
	if (!ours)
		randombytes_buf(secret, sizeof(secret));
	hash_secret(secret, hash);
	sodium_memzero(secret, sizeof(secret));
}

void
ecp_invitation_wipe(char text[ECP_INVITATION_LEN + 1])
{
	sodium_memzero(text, ECP_INVITATION_LEN + 1);
}
