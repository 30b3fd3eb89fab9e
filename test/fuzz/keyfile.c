/*
 * keyfile.c
 *		Fuzz target: any bytes as key file, as lines below a good header, and as
 *		masters and edits of a good file.
 *
 * cores: src/crypto/base64_core.c src/crypto/derive_core.c src/crypto/keyfile_core.c -lsodium
 */
#include <sodium.h>

#include "crypto/keyfile_core.h"
#include "fuzz.h"

#define HEADER_LEN (sizeof(ECP_KEYFILE_HEADER) - 1)
#define KEYS 2

/* A key that is read is written as the same line again. */
static int
try_file(const char *file, size_t size)
{
	int			count = ecp_core_keyfile_count(file, size);
	int			good = 0;

	demand(count < 0 || HEADER_LEN + (size_t) count * ECP_KEYFILE_LINE_LEN == size);
	for (int i = 0; i < count; i++)
	{
		char		line[ECP_KEYFILE_LINE_LEN];
		EcpFileKey	key;

		if (!ecp_core_keyfile_key(file, i, &key))
			continue;
		ecp_core_keyfile_line(&key, line);
		demand(memcmp(file + HEADER_LEN + (size_t) i * ECP_KEYFILE_LINE_LEN, line, sizeof(line)) == 0);
		good++;
	}
	return count < 0 ? -1 : good;
}

/* The header is put before the input, so that its lines are reached. */
static void
try_lines(const uint8_t *data, size_t size)
{
	char	   *file = fuzz_room(HEADER_LEN + size);

	memcpy(file, ECP_KEYFILE_HEADER, HEADER_LEN);
	if (size > 0)
		memcpy(file + HEADER_LEN, data, size);
	try_file(file, HEADER_LEN + size);
	free(file);
}

/* A good file has all its keys; with a master's character changed, one less. */
static void
try_edit(const uint8_t *data, size_t size)
{
	char		file[HEADER_LEN + KEYS * ECP_KEYFILE_LINE_LEN];
	size_t		place;

	if (size < 2)
		return;
	memcpy(file, ECP_KEYFILE_HEADER, HEADER_LEN);
	for (size_t i = 0; i < KEYS; i++)
	{
		EcpFileKey	key = {{0}, "2026-11-22T17:08:54Z", {0}};

		memcpy(key.master, data, size < ECP_MASTER_BYTES ? size : ECP_MASTER_BYTES);
		key.master[i] ^= (uint8_t) i;
		ecp_core_key_id(key.master, key.id);
		ecp_core_keyfile_line(&key, file + HEADER_LEN + i * ECP_KEYFILE_LINE_LEN);
	}
	demand(try_file(file, sizeof(file)) == KEYS);
	place = HEADER_LEN + ECP_KEY_ID_LEN + 1 + ECP_KEYFILE_TIME_LEN + 1 + data[0] % 45;
	if (file[place] == (char) data[size - 1])
		return;
	file[place] = (char) data[size - 1];
	demand(try_file(file, sizeof(file)) == KEYS - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = fuzz_copy(data, size);

	try_file(exact, size);
	free(exact);
	try_lines(data, size);
	try_edit(data, size);
	return 0;
}
