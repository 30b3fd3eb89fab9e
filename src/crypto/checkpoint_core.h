/*
 * A checkpoint of an audit chain, as text that can be given away.
 *
 *   text     "EA1." and 188 characters of base64url for 141 bytes:
 *   bytes    version 1 (1) | installation (16) | key id (8) | territory (4) | position (8) |
 *            time (8) | digest (32) | signature (64)
 *   time     microseconds since 1970-01-01 00:00 UTC; all numbers are big-endian
 *   signed   "ecopanier audit checkpoint 1" and a zero byte | the 77 bytes before the signature
 *
 * 141 is a multiple of three, so a checkpoint has exactly one spelling.
 * Nothing here needs a server.
 */
#ifndef ECP_CHECKPOINT_CORE_H
#define ECP_CHECKPOINT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/derive_core.h"

#define ECP_CHECKPOINT_PREFIX "EA1."
#define ECP_CHECKPOINT_VERSION 1
#define ECP_CHECKPOINT_PAYLOAD_BYTES 77
#define ECP_CHECKPOINT_SIGNATURE_BYTES 64
#define ECP_CHECKPOINT_DIGEST_BYTES 32
#define ECP_CHECKPOINT_LEN 192
#define ECP_CHECKPOINT_MESSAGE_BYTES (29 + ECP_CHECKPOINT_PAYLOAD_BYTES)

typedef struct EcpCheckpointCore
{
	uint8_t		installation[ECP_UUID_BYTES];
	uint8_t		key_id[ECP_KEY_ID_BYTES];
	uint32_t	territory;
	uint64_t	position;
	int64_t		time;
	uint8_t		digest[ECP_CHECKPOINT_DIGEST_BYTES];
	uint8_t		signature[ECP_CHECKPOINT_SIGNATURE_BYTES];
} EcpCheckpointCore;

/* The bytes that are signed; the signature in the checkpoint is not read. */
extern void ecp_core_checkpoint_message(const EcpCheckpointCore *checkpoint, uint8_t out[ECP_CHECKPOINT_MESSAGE_BYTES]);

extern void ecp_core_checkpoint_write(const EcpCheckpointCore *checkpoint, char text[ECP_CHECKPOINT_LEN + 1]);

/* False for anything but the one spelling; whether the signature holds is not judged. */
extern bool ecp_core_checkpoint_read(const char *text, size_t len, EcpCheckpointCore *out);

#endif							/* ECP_CHECKPOINT_CORE_H */
