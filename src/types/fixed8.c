/*
 * fixed8.c
 *		Comparing, hashing and quoting for our types of eight bytes.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"

#include "types/fixed8.h"

/* Bytes of a refused text that an error repeats. */
#define QUOTED_BYTES	64

int
ecp_types_compare(int64 a, int64 b)
{
	return (a > b) - (a < b);
}

/*
 * Hashes both halves in turn, so that the same value gives the same hash on
 * every machine; with seed 0 the low 32 bits are the plain hash.
 *
 * The server's hash of an int8 folds one half onto the other, where the first
 * and the last character of a ben_code would cancel out.
 */
uint64
ecp_types_hash(int64 value, uint64 seed)
{
	uint64		high = hash_bytes_uint32_extended((uint32) (value >> 32), seed);

	return hash_bytes_uint32_extended((uint32) value, high);
}

/*
 * Copies a refused text for an error message: whole when short, else cut
 * between characters and followed by three dots; bytes that are no text in
 * the database's encoding become question marks.  Palloc'd.
 */
char *
ecp_types_quotable(const char *text, size_t length)
{
	size_t		kept = length;
	char	   *quoted;

	if (length > QUOTED_BYTES)
		kept = pg_mbcliplen(text, QUOTED_BYTES + 1, QUOTED_BYTES);
	quoted = psprintf("%.*s%s", (int) kept, text, kept < length ? "..." : "");
	if (!pg_verifymbstr(quoted, strlen(quoted), true))
	{
		for (char *c = quoted; *c != '\0'; c++)
			if (IS_HIGHBIT_SET(*c))
				*c = '?';
	}
	return quoted;
}
