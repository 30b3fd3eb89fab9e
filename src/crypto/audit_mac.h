/*
 * What makes the audit hard to change in silence: the MAC of an event, the
 * digest that chains it to those before, and the signature of a checkpoint.
 *
 * The MAC is keyed BLAKE2b with the key of purpose ECP_KEY_AUDIT, which is
 * derived for this database; only who has the key file can make one.  The
 * digest needs no key, so that the chain can be checked without the file.
 */
#ifndef ECP_AUDIT_MAC_H
#define ECP_AUDIT_MAC_H

#include "postgres.h"

#include "crypto/checkpoint_core.h"
#include "crypto/keys.h"

#define ECP_AUDIT_MAC_BYTES 32
#define ECP_AUDIT_DIGEST_BYTES ECP_CHECKPOINT_DIGEST_BYTES

/* The MAC of an event's bytes, which hold the key's id.  Raises ECP_ERR_KEY_MISSING. */
extern void ecp_audit_mac(const char *key_id, const uint8 *event, Size len, uint8 mac[ECP_AUDIT_MAC_BYTES]);

/* Whether that is its MAC.  Raises ECP_ERR_KEY_MISSING. */
extern bool ecp_audit_mac_holds(const char *key_id, const uint8 *event, Size len, const uint8 mac[ECP_AUDIT_MAC_BYTES]);

/* The digest at a position, from the one before it: all zero bytes before position 1. */
extern void ecp_audit_digest(const uint8 before[ECP_AUDIT_DIGEST_BYTES], int64 position, const uint8 mac[ECP_AUDIT_MAC_BYTES],
							 const uint8 *event, Size len, uint8 digest[ECP_AUDIT_DIGEST_BYTES]);

extern bool ecp_audit_digest_equal(const uint8 *a, const uint8 *b);

/* Fills installation, key and signature in.  Raises ECP_ERR_KEY_MISSING. */
extern void ecp_checkpoint_sign(EcpCheckpointCore *checkpoint, const char *key_id);

/* Whether the public key made the signature. */
extern bool ecp_checkpoint_holds(const EcpCheckpointCore *checkpoint, const uint8 public_key[ECP_PUBLIC_KEY_BYTES]);

#endif							/* ECP_AUDIT_MAC_H */
