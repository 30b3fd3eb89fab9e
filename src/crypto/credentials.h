/*
 * Secrets of other people's services: keys of models, the password of the mail
 * server.  They lie in the file that ecopanier.credentials_file names, and
 * nowhere else.
 */
#ifndef ECP_CREDENTIALS_H
#define ECP_CREDENTIALS_H

#include "postgres.h"

/* Defines ecopanier.credentials_file. */
extern void ecp_credentials_init(void);

/*
 * The secret of this name, ecp_secret_alloc'ed in the current context, or NULL
 * where there is no such line or no such file.  The file is read at each call.
 * Raises F0000 (config_file_error) where it may not be used or is damaged; no
 * error shows a value.
 */
extern char *ecp_credential(const char *name);

#endif							/* ECP_CREDENTIALS_H */
