/*
 * Memory for secrets; see secret.h.
 */
#include "postgres.h"

#include "storage/shmem.h"
#include "utils/memutils.h"

#include <sodium.h>

#include "crypto/secret.h"

typedef struct Secret
{
	MemoryContextCallback callback;
	Size		size;
} Secret;

#define HEADER MAXALIGN(sizeof(Secret))

static void
zero_secret(void *arg)
{
	Secret	   *secret = arg;

	sodium_memzero((char *) secret + HEADER, secret->size);
}

void *
ecp_secret_alloc(Size size)
{
	Secret	   *secret = palloc0(add_size(HEADER, size));

	secret->size = size;
	secret->callback.func = zero_secret;
	secret->callback.arg = secret;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &secret->callback);
	return (char *) secret + HEADER;
}

void
ecp_secret_wipe(void *secret)
{
	zero_secret((char *) secret - HEADER);
}
