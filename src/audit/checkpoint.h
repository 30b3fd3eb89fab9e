/*
 * Checkpoints: the signed state of a chain, kept and given away.
 */
#ifndef ECP_CHECKPOINT_H
#define ECP_CHECKPOINT_H

#include "postgres.h"

#include "crypto/audit_mac.h"

/* Copies a bytea of exactly so many bytes; zeros where it has another length. */
extern void ecp_audit_copy_bytes(Datum value, uint8 *out, int len);

/* Signs the state of a chain with the current key and keeps it; as the owner inside SPI.  Raises ECP_ERR_KEY_MISSING. */
extern void ecp_checkpoint_add(int32 territory, int64 position, const uint8 digest[ECP_AUDIT_DIGEST_BYTES]);

/* The checkpoints of a chain from a position on, in order; how many.  Inside SPI. */
extern int	ecp_checkpoint_list(int32 territory, int64 from, EcpCheckpointCore **checkpoints);

/* Whether this database made the signature, as far as its keys are known; inside SPI. */
extern bool ecp_checkpoint_is_ours(const EcpCheckpointCore *checkpoint);

/*
 * Raises unless an administrator of the territory, a superuser or a member of
 * pg_monitor asks: 42501, or ZE101 for a territory that there is not.
 */
extern void ecp_audit_require_reader(int32 territory);

#endif							/* ECP_CHECKPOINT_H */
