/*
 * Signatures of webhooks, as the Standard Webhooks specification has them
 * (v1, HMAC-SHA256), and the text of their secrets.
 */
#ifndef ECP_WEBHOOK_CORE_H
#define ECP_WEBHOOK_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECP_WEBHOOK_SECRET_BYTES 32 /* of ours; the specification allows 24 to 64 */
#define ECP_WEBHOOK_SECRET_LEN 50	/* whsec_ and 44 characters of base64 */
#define ECP_WEBHOOK_SIGNATURE_LEN 47	/* v1, and 44 characters of base64 */

/* A secret as its owner gets it: "whsec_" and base64. */
extern void ecp_core_webhook_secret_text(const uint8_t secret[ECP_WEBHOOK_SECRET_BYTES], char text[ECP_WEBHOOK_SECRET_LEN + 1]);

/* "v1," and base64 of HMAC-SHA256 over "<id>.<seconds since 1970>.<body>". */
extern void ecp_core_webhook_sign(const uint8_t *secret, size_t secret_len, const char *id, int64_t timestamp,
								  const char *body, size_t body_len, char signature[ECP_WEBHOOK_SIGNATURE_LEN + 1]);

#endif							/* ECP_WEBHOOK_CORE_H */
