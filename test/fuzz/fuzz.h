/*
 * fuzz.h
 *		What fuzz targets share: a demand that stops the run, and input that
 *		ends where it ends.
 */
#ifndef ECP_FUZZ_H
#define ECP_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define demand(truth) \
	do { \
		if (!(truth)) \
			abort(); \
	} while (0)

/* A copy of just the input's size, so that reading past it is seen; to be freed. */
#define fuzz_copy(data, size) \
	((char *) memcpy(fuzz_room(size), (size) > 0 ? (const void *) (data) : "", size))

/* Room of a size, also of none. */
#define fuzz_room(size) \
	(fuzz_taken(malloc((size) + !(size))))

static void *
fuzz_taken(void *room)
{
	demand(room != NULL);
	return room;
}

#endif							/* ECP_FUZZ_H */
