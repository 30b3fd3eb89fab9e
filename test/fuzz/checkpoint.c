/*
 * checkpoint.c
 *		Fuzz target: any bytes as checkpoint of the audit (EA1), as edits of a good
 *		one, and as the content of one that is signed, written, read and changed.
 *
 * cores: src/crypto/base64_core.c src/crypto/checkpoint_core.c -lsodium
 */
#include <sodium.h>

#include "crypto/checkpoint_core.h"
#include "fuzz.h"

/* What is read is written as the same text again. */
static bool
try_text(const char *text, size_t size, EcpCheckpointCore *checkpoint)
{
	char		back[ECP_CHECKPOINT_LEN + 1];

	if (!ecp_core_checkpoint_read(text, size, checkpoint))
		return false;
	ecp_core_checkpoint_write(checkpoint, back);
	demand(size == ECP_CHECKPOINT_LEN && memcmp(text, back, size) == 0);
	return true;
}

static bool
holds(const EcpCheckpointCore *checkpoint, const uint8_t *public_key)
{
	uint8_t		message[ECP_CHECKPOINT_MESSAGE_BYTES];

	ecp_core_checkpoint_message(checkpoint, message);
	return crypto_sign_verify_detached(checkpoint->signature, message, sizeof(message), public_key) == 0;
}

/* A signed checkpoint holds; with any one character changed it is not read or does not hold. */
static void
try_signed(const uint8_t *data, size_t size)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = "a fixed seed";
	static uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	static uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	uint8_t		message[ECP_CHECKPOINT_MESSAGE_BYTES];
	char		text[ECP_CHECKPOINT_LEN + 1];
	EcpCheckpointCore checkpoint = {.time = -1};
	EcpCheckpointCore back;

	if (size < 2)
		return;
	memcpy(checkpoint.digest, data, size < ECP_CHECKPOINT_DIGEST_BYTES ? size : ECP_CHECKPOINT_DIGEST_BYTES);
	checkpoint.position = data[0] * UINT64_C(0x0101010101010101);
	checkpoint.territory = data[1] * 0x01010101u;
	if (sodium_is_zero(secret_key, sizeof(secret_key)))
		crypto_sign_seed_keypair(public_key, secret_key, seed);
	ecp_core_checkpoint_message(&checkpoint, message);
	crypto_sign_detached(checkpoint.signature, NULL, message, sizeof(message), secret_key);
	ecp_core_checkpoint_write(&checkpoint, text);
	demand(try_text(text, ECP_CHECKPOINT_LEN, &back) && holds(&back, public_key));
	demand(back.position == checkpoint.position && back.territory == checkpoint.territory && back.time == -1);
	if (text[data[0] % ECP_CHECKPOINT_LEN] == (char) data[size - 1])
		return;
	text[data[0] % ECP_CHECKPOINT_LEN] = (char) data[size - 1];
	demand(!try_text(text, ECP_CHECKPOINT_LEN, &back) || !holds(&back, public_key));
}

/* Pairs of input bytes, place and character, change a checkpoint of zeros. */
static void
try_edits(const uint8_t *data, size_t size)
{
	EcpCheckpointCore checkpoint = {.position = 5};
	EcpCheckpointCore back;
	char		text[ECP_CHECKPOINT_LEN + 1];

	ecp_core_checkpoint_write(&checkpoint, text);
	for (size_t i = 0; i + 1 < size; i += 2)
		text[data[i] % ECP_CHECKPOINT_LEN] = (char) data[i + 1];
	try_text(text, ECP_CHECKPOINT_LEN, &back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = fuzz_copy(data, size);
	EcpCheckpointCore checkpoint;

	try_text(exact, size, &checkpoint);
	free(exact);
	try_edits(data, size);
	try_signed(data, size);
	return 0;
}
