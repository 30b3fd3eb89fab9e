/*
 * What install() has done to this database.
 */
#ifndef ECP_INSTALL_H
#define ECP_INSTALL_H

#include "postgres.h"

typedef struct EcpMigration
{
	int			number;			/* from 1, without gaps */
	const char *name;
	const char *sql;
} EcpMigration;

/* Made from src/MANIFEST. */
extern const EcpMigration ecp_migrations[];
extern const int ecp_migration_count;
extern const char *const ecp_library_version;

/*
 * First line of every API function.  Raises ZE001 where install() has not run
 * and ZE002 where library and tables are of different releases, both with what
 * to run; cheap once it has passed in a backend.
 */
extern void ecp_require_installed(void);

/* The same as a question. */
extern bool ecp_is_installed(void);

/* Whether ecp_require_installed() would pass. */
extern bool ecp_is_ready(void);

/* Defines the setting; called once, from _PG_init(). */
extern void ecp_install_init(void);

/* What install() does last, after the migrations: set once, from _PG_init(). */
extern void ecp_install_then(void (*step) (void));

/* Whether a migration runs now: nobody is called then, and tables may be missing. */
extern bool ecp_is_installing(void);

/* Checksum of a migration's text: SHA-256 as 64 hexadecimal digits. */
extern char *ecp_migration_checksum(const EcpMigration *migration);

#endif							/* ECP_INSTALL_H */
