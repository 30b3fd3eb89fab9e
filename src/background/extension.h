/*
 * The extension as the worker finds it.
 */
#ifndef ECP_EXTENSION_H
#define ECP_EXTENSION_H

#include "postgres.h"

/*
 * Locks the extension until the end of the transaction, so that it is neither
 * dropped nor updated while the transaction works with it.  False, and nothing may be
 * run, where it is not there or no longer is what the schema ecopanier holds.
 */
extern bool ecp_extension_lock(void);

#endif							/* ECP_EXTENSION_H */
