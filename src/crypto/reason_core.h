/*
 * The digest of a reason in the audit.
 *
 *   BLAKE2b, 32 bytes, of "ecopanier audit reason 1" and a zero byte | salt (16) | reason
 *
 * What is chained is the digest, so that a reason can be taken away.  The salt
 * goes with it: without it a short reason is not found by trying.  Frozen: a
 * change would make every digest ever stored wrong.  Nothing here needs a server.
 */
#ifndef ECP_REASON_CORE_H
#define ECP_REASON_CORE_H

#include <stddef.h>
#include <stdint.h>

#define ECP_REASON_SALT_BYTES 16
#define ECP_REASON_DIGEST_BYTES 32

extern void ecp_core_reason_digest(const uint8_t salt[ECP_REASON_SALT_BYTES], const char *reason, size_t len,
								   uint8_t digest[ECP_REASON_DIGEST_BYTES]);

#endif							/* ECP_REASON_CORE_H */
