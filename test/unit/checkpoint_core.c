/*
 * A checkpoint of the audit as bytes and as text, and the digest of a reason.
 *
 * cores: src/crypto/base64_core.c src/crypto/checkpoint_core.c src/crypto/reason_core.c -lsodium
 */
#include <sodium.h>
#include <string.h>

#include "crypto/checkpoint_core.h"
#include "crypto/reason_core.h"
#include "tap.h"

/* Frozen: checkpoints were given away as this text, with a signature of these bytes. */
static const char good_text[] =
"EA1.AWRlZmdoaWprbG1ub3BxcnMAAQIDBAUGBwAAAAEAAAAAAAAAKgAGYOZGZIAAyMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f"
"4OHi4-Tl5ucAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4_";
static const char good_message[] =
"65636f70616e69657220617564697420636865636b706f696e74203100016465666768696a6b6c6d6e6f7071727300010203040506"
"0700000001000000000000002a000660e646648000c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7";

/* Bytes that count up from a start. */
static void
count_up(uint8_t *out, size_t n, uint8_t start)
{
	for (size_t i = 0; i < n; i++)
		out[i] = start + i;
}

static void
make_good(EcpCheckpointCore *checkpoint)
{
	memset(checkpoint, 0, sizeof(*checkpoint));
	count_up(checkpoint->installation, sizeof(checkpoint->installation), 100);
	count_up(checkpoint->key_id, sizeof(checkpoint->key_id), 0);
	checkpoint->territory = 1;
	checkpoint->position = 42;
	checkpoint->time = 1795392000000000;
	count_up(checkpoint->digest, sizeof(checkpoint->digest), 200);
	count_up(checkpoint->signature, sizeof(checkpoint->signature), 0);
}

static void
test_frozen(void)
{
	EcpCheckpointCore checkpoint;
	EcpCheckpointCore back;
	uint8_t		message[ECP_CHECKPOINT_MESSAGE_BYTES];
	char		hex[2 * ECP_CHECKPOINT_MESSAGE_BYTES + 1];
	char		text[ECP_CHECKPOINT_LEN + 1];

	make_good(&checkpoint);
	ecp_core_checkpoint_write(&checkpoint, text);
	tap_ok(strcmp(text, good_text) == 0, "a checkpoint as text");
	ecp_core_checkpoint_message(&checkpoint, message);
	sodium_bin2hex(hex, sizeof(hex), message, sizeof(message));
	tap_ok(strcmp(hex, good_message) == 0, "what is signed of it");
	memset(&back, 0, sizeof(back));
	tap_ok(ecp_core_checkpoint_read(good_text, ECP_CHECKPOINT_LEN, &back) && memcmp(&back, &checkpoint, sizeof(back)) == 0, "read back");
	checkpoint.time = INT64_MIN;
	checkpoint.position = UINT64_MAX;
	checkpoint.territory = UINT32_MAX;
	ecp_core_checkpoint_write(&checkpoint, text);
	tap_ok(ecp_core_checkpoint_read(text, ECP_CHECKPOINT_LEN, &back) && back.time == INT64_MIN && back.position == UINT64_MAX &&
		   back.territory == UINT32_MAX, "the largest numbers");
}

static void
test_refused(void)
{
	EcpCheckpointCore back;
	char		text[ECP_CHECKPOINT_LEN + 2];

	strcpy(text, good_text);
	tap_ok(!ecp_core_checkpoint_read(text, ECP_CHECKPOINT_LEN - 1, &back), "one character short");
	strcat(text, "A");
	tap_ok(!ecp_core_checkpoint_read(text, ECP_CHECKPOINT_LEN + 1, &back), "one too many");
	for (const char *c = "=+/ \n"; *c; c++)
	{
		strcpy(text, good_text);
		text[ECP_CHECKPOINT_LEN - 1] = *c;
		tap_ok(!ecp_core_checkpoint_read(text, ECP_CHECKPOINT_LEN, &back), "a character %d", *c);
	}
	strcpy(text, good_text);
	text[1] = 'P';
	tap_ok(!ecp_core_checkpoint_read(text, ECP_CHECKPOINT_LEN, &back), "another prefix");
	strcpy(text, good_text);
	text[5] = 'g';				/* AQ.. is version 1 */
	tap_ok(!ecp_core_checkpoint_read(text, ECP_CHECKPOINT_LEN, &back), "version 2");
}

/* Computed with another BLAKE2b. */
static void
test_reason(void)
{
	uint8_t		salt[ECP_REASON_SALT_BYTES];
	uint8_t		digest[ECP_REASON_DIGEST_BYTES];
	char		hex[2 * ECP_REASON_DIGEST_BYTES + 1];

	count_up(salt, sizeof(salt), 0);
	ecp_core_reason_digest(salt, "known to us", 11, digest);
	sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	tap_ok(strcmp(hex, "72dde0a30d9547daf13dd20ba9c1c0c75e1c543a4caa5d9aea24eacd98586f8c") == 0, "digest of a reason is %s", hex);
}

int
main(void)
{
	test_frozen();
	test_refused();
	test_reason();
	return tap_failed != 0;
}
