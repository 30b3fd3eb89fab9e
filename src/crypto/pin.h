/*
 * The PIN of a reservation: stored nowhere, computed when it is shown and when
 * it is checked.  A new pin_version gives a new PIN.
 */
#ifndef ECP_PIN_H
#define ECP_PIN_H

#include "postgres.h"

#include "utils/uuid.h"

#include "crypto/derive_core.h"

/* Writes six digits and a zero byte.  Raises ECP_ERR_KEY_MISSING. */
extern void ecp_pin_make(const pg_uuid_t *reservation, const char *key_id, int32 pin_version,
						 char pin[ECP_PIN_LEN + 1]);

/*
 * Whether given (any bytes, any length, not NULL) is that PIN, by the same
 * work whatever it holds.  Raises ECP_ERR_KEY_MISSING.
 */
extern bool ecp_pin_matches(const pg_uuid_t *reservation, const char *key_id, int32 pin_version,
							const char *given, size_t len);

#endif							/* ECP_PIN_H */
