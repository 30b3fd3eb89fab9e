/*
 * The key file as text.
 *
 *   ecopanier-keys 1
 *   3f2a90c1d4e5b678 2026-11-22T17:08:54Z <master, 44 characters of base64>
 *
 * One header that names the version of the format, then one key a line, the
 * newest last.  The id is the master's fingerprint, so a damaged line shows.
 */
#ifndef ECP_KEYFILE_CORE_H
#define ECP_KEYFILE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/derive_core.h"

#define ECP_KEYFILE_HEADER "ecopanier-keys 1\n"
#define ECP_KEYFILE_TIME_LEN 20
#define ECP_KEYFILE_LINE_LEN (ECP_KEY_ID_LEN + 1 + ECP_KEYFILE_TIME_LEN + 1 + 44 + 1)

typedef struct EcpFileKey
{
	uint8_t		id[ECP_KEY_ID_BYTES];
	char		created[ECP_KEYFILE_TIME_LEN + 1];
	uint8_t		master[ECP_MASTER_BYTES];
} EcpFileKey;

/*
 * How many keys the text holds, -1 where its header or length is wrong;
 * ecp_core_keyfile_key() then reads key number i and judges its line.
 */
extern int	ecp_core_keyfile_count(const char *text, size_t len);
extern bool ecp_core_keyfile_key(const char *text, int i, EcpFileKey *out);

/* Writes a key's line, with its newline and without a zero byte. */
extern void ecp_core_keyfile_line(const EcpFileKey *key, char out[ECP_KEYFILE_LINE_LEN]);

#endif							/* ECP_KEYFILE_CORE_H */
