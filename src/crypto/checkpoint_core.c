/*
 * A checkpoint of an audit chain; see checkpoint_core.h.
 */
#include "crypto/checkpoint_core.h"

#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"

#define CHECKPOINT_BYTES (ECP_CHECKPOINT_PAYLOAD_BYTES + ECP_CHECKPOINT_SIGNATURE_BYTES)
#define PREFIX_LEN (sizeof(ECP_CHECKPOINT_PREFIX) - 1)

static const char checkpoint_domain[] = "ecopanier audit checkpoint 1";

static uint8_t *
put_number(uint8_t *out, uint64_t value, int size)
{
	for (int i = size - 1; i >= 0; i--, value >>= 8)
		out[i] = value & 0xff;
	return out + size;
}

static uint64_t
get_number(const uint8_t *bytes, int size)
{
	uint64_t	value = 0;

	for (int i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void
write_payload(const EcpCheckpointCore *checkpoint, uint8_t *out)
{
	*out++ = ECP_CHECKPOINT_VERSION;
	memcpy(out, checkpoint->installation, ECP_UUID_BYTES);
	memcpy(out + ECP_UUID_BYTES, checkpoint->key_id, ECP_KEY_ID_BYTES);
	out += ECP_UUID_BYTES + ECP_KEY_ID_BYTES;
	out = put_number(out, checkpoint->territory, 4);
	out = put_number(out, checkpoint->position, 8);
	out = put_number(out, (uint64_t) checkpoint->time, 8);
	memcpy(out, checkpoint->digest, ECP_CHECKPOINT_DIGEST_BYTES);
}

void
ecp_core_checkpoint_message(const EcpCheckpointCore *checkpoint, uint8_t out[ECP_CHECKPOINT_MESSAGE_BYTES])
{
	_Static_assert(sizeof(checkpoint_domain) + ECP_CHECKPOINT_PAYLOAD_BYTES == ECP_CHECKPOINT_MESSAGE_BYTES,
				   "size of the signed message");

	memcpy(out, checkpoint_domain, sizeof(checkpoint_domain));
	write_payload(checkpoint, out + sizeof(checkpoint_domain));
}

void
ecp_core_checkpoint_write(const EcpCheckpointCore *checkpoint, char text[ECP_CHECKPOINT_LEN + 1])
{
	uint8_t		bytes[CHECKPOINT_BYTES];

	write_payload(checkpoint, bytes);
	memcpy(bytes + ECP_CHECKPOINT_PAYLOAD_BYTES, checkpoint->signature, ECP_CHECKPOINT_SIGNATURE_BYTES);
	memcpy(text, ECP_CHECKPOINT_PREFIX, PREFIX_LEN);
	sodium_bin2base64(text + PREFIX_LEN, ECP_CHECKPOINT_LEN + 1 - PREFIX_LEN, bytes, sizeof(bytes),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
ecp_core_checkpoint_read(const char *text, size_t len, EcpCheckpointCore *out)
{
	uint8_t		bytes[CHECKPOINT_BYTES];
	const uint8_t *at = bytes + 1;
	size_t		n;

	if (len != ECP_CHECKPOINT_LEN || memcmp(text, ECP_CHECKPOINT_PREFIX, PREFIX_LEN) != 0)
		return false;
	if (!ecp_core_base64url(text + PREFIX_LEN, len - PREFIX_LEN, bytes, sizeof(bytes), &n) || n != sizeof(bytes))
		return false;
	if (bytes[0] != ECP_CHECKPOINT_VERSION)
		return false;
	memcpy(out->installation, at, ECP_UUID_BYTES);
	memcpy(out->key_id, at + ECP_UUID_BYTES, ECP_KEY_ID_BYTES);
	at += ECP_UUID_BYTES + ECP_KEY_ID_BYTES;
	out->territory = (uint32_t) get_number(at, 4);
	out->position = get_number(at + 4, 8);
	out->time = (int64_t) get_number(at + 12, 8);
	memcpy(out->digest, at + 20, ECP_CHECKPOINT_DIGEST_BYTES);
	memcpy(out->signature, at + 20 + ECP_CHECKPOINT_DIGEST_BYTES, ECP_CHECKPOINT_SIGNATURE_BYTES);
	return true;
}
