/*
 * Pure derivations: from a master key to the keys and PINs made with it.
 *
 * A master is 32 random bytes in the key file.  It is never used itself: each
 * purpose has a subkey, keyed BLAKE2b of the purpose and of the database's
 * identity, so that neither another purpose nor another database with the same
 * file gets the same values.  These formulas are frozen: a change would make
 * PINs and tokens already given out worthless.
 */
#ifndef ECP_DERIVE_CORE_H
#define ECP_DERIVE_CORE_H

#include <stdint.h>

#define ECP_MASTER_BYTES 32
#define ECP_SUBKEY_BYTES 32
#define ECP_KEY_ID_BYTES 8
#define ECP_KEY_ID_LEN 16		/* as lower-case hexadecimal digits */
#define ECP_UUID_BYTES 16
#define ECP_PIN_LEN 6

/* The fingerprint of a master, as bytes and as text. */
extern void ecp_core_key_id(const uint8_t master[ECP_MASTER_BYTES], uint8_t id[ECP_KEY_ID_BYTES]);
extern void ecp_core_key_id_text(const uint8_t id[ECP_KEY_ID_BYTES], char text[ECP_KEY_ID_LEN + 1]);

/* The subkey of a purpose ("pin", "sign", "contact", "audit", ...) in one database. */
extern void ecp_core_subkey(const uint8_t master[ECP_MASTER_BYTES], const char *purpose,
							const uint8_t installation[ECP_UUID_BYTES], uint8_t out[ECP_SUBKEY_BYTES]);

/* The PIN of a reservation: six digits, each PIN equally likely. */
extern void ecp_core_pin(const uint8_t subkey[ECP_SUBKEY_BYTES], const uint8_t key_id[ECP_KEY_ID_BYTES],
						 const uint8_t reservation[ECP_UUID_BYTES], int32_t version, char pin[ECP_PIN_LEN + 1]);

/* The PIN of a card, in the same way; the subkey is that of the purpose "card". */
extern void ecp_core_card_pin(const uint8_t subkey[ECP_SUBKEY_BYTES], const uint8_t key_id[ECP_KEY_ID_BYTES],
							  const uint8_t card[ECP_UUID_BYTES], int32_t version, char pin[ECP_PIN_LEN + 1]);

/*
 * Turns 32 random bytes into a number below 1,000,000, or -1 where none of
 * their eight words lies below the largest multiple of it (about 1 in 10^29).
 */
extern int32_t ecp_core_pin_number(const uint8_t bytes[32]);

#endif							/* ECP_DERIVE_CORE_H */
