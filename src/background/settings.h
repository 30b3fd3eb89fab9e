/*
 * The settings of this room.
 */
#ifndef ECP_BACKGROUND_SETTINGS_H
#define ECP_BACKGROUND_SETTINGS_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Databases that can have a worker; each has a place in shared memory. */
#define ECP_DATABASES_MAX 64

extern char *ecp_databases;		/* ecopanier.databases: names, separated by commas */
extern int	ecp_worker_in_flight;	/* calls at a time */
extern int	ecp_worker_timeout_ms;	/* of a call, from its start to the last byte */
extern int	ecp_worker_connect_timeout_ms;
extern bool ecp_private_addresses;	/* private and loopback addresses may be called */
extern char *ecp_http_ca_file;	/* certificates of authorities; "": those of the system */

/* Defines them; called once, from _PG_init(). */
extern void ecp_background_init(void);

/* The names in a list as ecopanier.databases has it, as char * in the current context; false where it is none. */
extern bool ecp_databases_parse(const char *text, List **names);

#endif							/* ECP_BACKGROUND_SETTINGS_H */
