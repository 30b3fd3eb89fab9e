/*
 * Invitations to work for an organisation: a text that is shown once.
 *
 * "EI1." and 128 random bits as base64url.  What is stored is a BLAKE2b hash of
 * the bits, with a personalisation of its own; they are random enough that it
 * needs no key and no salt.
 */
#ifndef ECP_INVITATION_H
#define ECP_INVITATION_H

#include "postgres.h"

#define ECP_INVITATION_LEN 26	/* characters, without the zero byte */
#define ECP_INVITATION_HASH_BYTES 32

/* Writes a new text, which the caller wipes, and the hash to store. */
extern void ecp_invitation_make(char text[ECP_INVITATION_LEN + 1], uint8 hash[ECP_INVITATION_HASH_BYTES]);

/*
 * The hash of a text that somebody presents, whatever it is; one that is not
 * an invitation gets a hash that none has.
 */
extern void ecp_invitation_hash(const char *text, size_t len, uint8 hash[ECP_INVITATION_HASH_BYTES]);

/* Wipes a text, in a way that the compiler keeps. */
extern void ecp_invitation_wipe(char text[ECP_INVITATION_LEN + 1]);

#endif							/* ECP_INVITATION_H */
