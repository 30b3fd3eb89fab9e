/*
 * The key file on disk: the only place where master keys are kept.
 */
#ifndef ECP_KEYFILE_H
#define ECP_KEYFILE_H

#include "postgres.h"

#include "crypto/file.h"
#include "crypto/keyfile_core.h"

/* The path in ecopanier.key_file, as given. */
extern const char *ecp_keyfile_path(void);

/* Defines ecopanier.key_file. */
extern void ecp_keyfile_init(void);

/*
 * Reads the file's keys, oldest first, into an ecp_secret_alloc'ed array of
 * the current context.  False where there is no file; raises F0000
 * (config_file_error) where it may not be used or is damaged.
 */
extern bool ecp_keyfile_read(EcpFileKey **keys, int *count, EcpFileIdentity *identity);

/*
 * Adds a new key to the file, which is made where it is absent, and returns
 * the key's id; with only_if_absent an existing file is left as it is and the
 * id of its newest key returned.  Writers take turns by a lock on the file
 * <key_file>.lock, readers see the old file or the new one.  The change stays
 * even if the transaction does not: a key too many does no harm.
 */
extern char *ecp_keyfile_add(bool only_if_absent);

#endif							/* ECP_KEYFILE_H */
