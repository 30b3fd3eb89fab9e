/*
 * Base64 with one spelling for each value; see base64_core.h.
 *
 * libsodium's decoder is strict except in one thing: it reads characters as
 * signed and takes some bytes beyond ASCII for digits (seen in 1.0.18), so
 * those are refused here first.
 */
#include "crypto/base64_core.h"

#include <sodium.h>

static bool
decode(const char *text, size_t len, uint8_t *out, size_t max, size_t *n, int variant)
{
	uint8_t		seen = 0;

	for (size_t i = 0; i < len; i++)
		seen |= (uint8_t) text[i];
	return seen < 0x80 && sodium_base642bin(out, max, text, len, NULL, n, NULL, variant) == 0;
}

bool
ecp_core_base64url(const char *text, size_t len, uint8_t *out, size_t max, size_t *n)
{
	return decode(text, len, out, max, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
ecp_core_base64(const char *text, size_t len, uint8_t *out, size_t max, size_t *n)
{
	return decode(text, len, out, max, n, sodium_base64_VARIANT_ORIGINAL);
}
