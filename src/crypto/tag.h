/*
 * MACs of blinded tags.
 *
 * A client sends a slow hash of a person's civil facts, the tag.  What is
 * stored is its keyed BLAKE2b, so that a thief of the tables cannot compare
 * guesses with it.  All of them are made under one key, the ring's oldest,
 * since two MACs of a person must be equal to be found.
 */
#ifndef ECP_TAG_H
#define ECP_TAG_H

#include "postgres.h"

#define ECP_TAG_BYTES 32
#define ECP_TAG_MAC_BYTES 32

/* Raises ZE113 where the key file lacks the key. */
extern void ecp_tag_mac(const uint8 tag[ECP_TAG_BYTES], const char *key_id, uint8 mac[ECP_TAG_MAC_BYTES]);

#endif							/* ECP_TAG_H */
