/*
 * Base64 with one spelling for each value.
 */
#ifndef ECP_BASE64_CORE_H
#define ECP_BASE64_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decode into at most max bytes: base64url without padding (RFC 4648, 5), and
 * plain base64 with it (RFC 4648, 4).  False for any other character, for
 * missing or superfluous padding and for spare bits that are not zero.
 */
extern bool ecp_core_base64url(const char *text, size_t len, uint8_t *out, size_t max, size_t *n);
extern bool ecp_core_base64(const char *text, size_t len, uint8_t *out, size_t max, size_t *n);

#endif							/* ECP_BASE64_CORE_H */
