/*
 * The PIN of a reservation; see pin.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/keys.h"
#include "crypto/pin.h"

void
ecp_pin_make(const pg_uuid_t *reservation, const char *key_id, int32 pin_version, char pin[ECP_PIN_LEN + 1])
{
	const uint8 *subkey = ecp_key_secret(key_id, ECP_KEY_PIN);
	uint8		id[ECP_KEY_ID_BYTES];

	/* a key that was found has an id of sixteen hexadecimal digits */
	sodium_hex2bin(id, sizeof(id), key_id, ECP_KEY_ID_LEN, NULL, NULL, NULL);
	ecp_core_pin(subkey, id, reservation->data, pin_version, pin);
}

bool
ecp_pin_matches(const pg_uuid_t *reservation, const char *key_id, int32 pin_version, const char *given, size_t len)
{
	char		expected[ECP_PIN_LEN + 1];
	char		candidate[ECP_PIN_LEN] = {0};
	bool		same;

	ecp_pin_make(reservation, key_id, pin_version, expected);
	memcpy(candidate, given, Min(len, ECP_PIN_LEN));
	same = (sodium_memcmp(expected, candidate, ECP_PIN_LEN) == 0) & (len == ECP_PIN_LEN);
	sodium_memzero(expected, sizeof(expected));
	sodium_memzero(candidate, sizeof(candidate));
	return same;
}
