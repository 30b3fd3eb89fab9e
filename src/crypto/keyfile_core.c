/*
 * The key file as text; see keyfile_core.h.
 */
#include "crypto/keyfile_core.h"

#include <string.h>

#include <sodium.h>

#include "crypto/base64_core.h"

#define HEADER_LEN (sizeof(ECP_KEYFILE_HEADER) - 1)
#define MASTER_TEXT_LEN 44
#define CREATED_AT (ECP_KEY_ID_LEN + 1)
#define MASTER_AT (CREATED_AT + ECP_KEYFILE_TIME_LEN + 1)

int
ecp_core_keyfile_count(const char *text, size_t len)
{
	if (len < HEADER_LEN || memcmp(text, ECP_KEYFILE_HEADER, HEADER_LEN) != 0)
		return -1;
	if ((len - HEADER_LEN) % ECP_KEYFILE_LINE_LEN != 0)
		return -1;
	return (int) ((len - HEADER_LEN) / ECP_KEYFILE_LINE_LEN);
}

/* Judges the shape of 2026-11-22T17:08:54Z; the calendar is not asked. */
static bool
is_time(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00Z";

	for (int i = 0; i < ECP_KEYFILE_TIME_LEN; i++)
	{
		bool		digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == '0' ? !digit : text[i] != shape[i])
			return false;
	}
	return true;
}

bool
ecp_core_keyfile_key(const char *text, int i, EcpFileKey *out)
{
	const char *line = text + HEADER_LEN + (size_t) i * ECP_KEYFILE_LINE_LEN;
	char		id[ECP_KEY_ID_LEN + 1];
	size_t		n;

	if (line[CREATED_AT - 1] != ' ' || line[MASTER_AT - 1] != ' ' || line[ECP_KEYFILE_LINE_LEN - 1] != '\n')
		return false;
	if (!is_time(line + CREATED_AT))
		return false;
	if (!ecp_core_base64(line + MASTER_AT, MASTER_TEXT_LEN, out->master, sizeof(out->master), &n) ||
		n != sizeof(out->master))
		return false;
	memcpy(out->created, line + CREATED_AT, ECP_KEYFILE_TIME_LEN);
	out->created[ECP_KEYFILE_TIME_LEN] = '\0';
	ecp_core_key_id(out->master, out->id);
	ecp_core_key_id_text(out->id, id);
	return memcmp(id, line, ECP_KEY_ID_LEN) == 0;
}

void
ecp_core_keyfile_line(const EcpFileKey *key, char out[ECP_KEYFILE_LINE_LEN])
{
	char		id[ECP_KEY_ID_LEN + 1];
	char		master[MASTER_TEXT_LEN + 1];

	ecp_core_key_id_text(key->id, id);
	sodium_bin2base64(master, sizeof(master), key->master, sizeof(key->master), sodium_base64_VARIANT_ORIGINAL);
	memcpy(out, id, ECP_KEY_ID_LEN);
	out[CREATED_AT - 1] = ' ';
	memcpy(out + CREATED_AT, key->created, ECP_KEYFILE_TIME_LEN);
	out[MASTER_AT - 1] = ' ';
	memcpy(out + MASTER_AT, master, MASTER_TEXT_LEN);
	out[ECP_KEYFILE_LINE_LEN - 1] = '\n';
	sodium_memzero(master, sizeof(master));
}
