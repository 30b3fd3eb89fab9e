/*
 * Acting as ecopanier_owner.
 *
 * Our functions are not SECURITY DEFINER: the server's wrapper for that costs
 * more than some rules, and a trigger needs the switch for a part of its work
 * only.  They switch here instead, and leave again.  An error needs no clean
 * up: aborting the (sub)transaction restores user and search path.
 */
#ifndef ECP_OWNER_H
#define ECP_OWNER_H

#include "postgres.h"

typedef struct EcpOwner
{
	Oid			user;
	int			security;
} EcpOwner;

/* From here on: ecopanier_owner, search_path pg_catalog, ecopanier (no temporary schema), no SET ROLE. */
extern void ecp_owner_enter(EcpOwner *saved);
extern void ecp_owner_leave(const EcpOwner *saved);

/*
 * Commits the transaction of a process that is connected as a superuser: what is left
 * for the commit, such as deferred triggers, runs as the owner too.
 */
extern void ecp_owner_commit(void);

/* OID of ecopanier_owner. */
extern Oid	ecp_owner_oid(void);

/* Raises 42501 unless the current user is a superuser; function is named in the message. */
extern void ecp_require_superuser(const char *function);

#endif							/* ECP_OWNER_H */
