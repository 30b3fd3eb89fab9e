/*
 * Secrets and PINs of cards; the form of a card is in card_core.h.
 *
 * The PIN is stored nowhere: it is computed from the card's id and its
 * pin_version.  The secret is in the card alone; its hash is stored.
 */
#ifndef ECP_CARD_H
#define ECP_CARD_H

#include "postgres.h"

#include "utils/uuid.h"

#include "crypto/card_core.h"

/* A new card's text, palloc'd, and the hash to store.  Raises ECP_ERR_KEY_MISSING. */
extern char *ecp_card_make(const pg_uuid_t *id, const char *key_id, uint8 hash[ECP_CARD_HASH_BYTES]);

/* Writes six digits and a zero byte.  Raises ECP_ERR_KEY_MISSING. */
extern void ecp_card_pin(const pg_uuid_t *id, const char *key_id, int32 pin_version, char pin[ECP_PIN_LEN + 1]);

/*
 * Compare in equal time, whatever the text is; text and PIN may have any
 * length.  The id that a text names is written; all zeros where it is no card.
 */
extern void ecp_card_named(const char *text, size_t len, pg_uuid_t *id);
extern bool ecp_card_matches(const char *text, size_t len, const pg_uuid_t *id, const char *key_id,
							 const uint8 hash[ECP_CARD_HASH_BYTES]);
extern bool ecp_card_pin_matches(const pg_uuid_t *id, const char *key_id, int32 pin_version,
								 const char *given, size_t len);

#endif							/* ECP_CARD_H */
