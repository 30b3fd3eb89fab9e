/*
 * Judging a public key; see sealed_key.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/sealed_key.h"

/* 2^255 - 19, the prime of the curve: the least significant byte first, as in keys. */
#define PRIME_FIRST 0xed
#define PRIME_LAST 0x7f

/* Whether the number is below the prime, so that no other bytes mean the same key. */
static bool
is_canonical(const uint8 key[ECP_SEALED_KEY_BYTES])
{
	if (key[ECP_SEALED_KEY_BYTES - 1] != PRIME_LAST)
		return key[ECP_SEALED_KEY_BYTES - 1] < PRIME_LAST;
	for (int i = ECP_SEALED_KEY_BYTES - 2; i > 0; i--)
		if (key[i] != 0xff)
			return true;
	return key[0] < PRIME_FIRST;
}

bool
ecp_sealed_key_is_sound(const uint8 key[ECP_SEALED_KEY_BYTES])
{
	static const uint8 scalar[crypto_scalarmult_SCALARBYTES] = {8};
	uint8		shared[crypto_scalarmult_BYTES];

	/* a point of low order gives the same secret to everybody: zero, which the library refuses */
	return is_canonical(key) && crypto_scalarmult(shared, scalar, key) == 0;
}
