/*
 * Reading files that hold secrets: only regular ones that belong to the
 * server's user and that nobody else may read.
 */
#ifndef ECP_FILE_H
#define ECP_FILE_H

#include "postgres.h"

#include <sys/stat.h>

#define ECP_FILE_MAX_BYTES (256 * 1024)

/* What tells one version of a file from the next. */
typedef struct EcpFileIdentity
{
	dev_t		device;
	ino_t		inode;
	off_t		size;
	struct timespec modified;
	struct timespec changed;
} EcpFileIdentity;

typedef enum EcpFileState
{
	ECP_FILE_OK,
	ECP_FILE_ABSENT,
	ECP_FILE_REFUSED
} EcpFileState;

typedef struct EcpFile
{
	char	   *text;			/* ecp_secret_alloc'ed in the caller's context, ends in a zero byte */
	size_t		len;
	EcpFileIdentity identity;	/* zero where it could not be examined */
	const char *problem;		/* a sentence, where refused */
} EcpFile;

/* Reads the whole file; raises nothing for what is wrong with it. */
extern EcpFileState ecp_file_read(const char *path, EcpFile *out);

/* Whether the file at path still is the one that was read. */
extern bool ecp_file_is_same(const char *path, const EcpFileIdentity *identity);

/* The path as a person can find it: a relative one lies in the data directory. */
extern const char *ecp_file_full_path(const char *path);

#endif							/* ECP_FILE_H */
