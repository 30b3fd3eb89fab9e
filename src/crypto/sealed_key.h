/*
 * Public keys that identities are sealed to, in clients (X25519 sealed boxes).
 * Nothing is sealed or opened in the server.
 */
#ifndef ECP_SEALED_KEY_H
#define ECP_SEALED_KEY_H

#include "postgres.h"

#define ECP_SEALED_KEY_BYTES 32

/* Whether what is sealed to the key stays secret: not zero, not of low order, in its one form. */
extern bool ecp_sealed_key_is_sound(const uint8 key[ECP_SEALED_KEY_BYTES]);

#endif							/* ECP_SEALED_KEY_H */
