/*
 * The roles of members.
 */
#ifndef ECP_ROLE_H
#define ECP_ROLE_H

#include "postgres.h"

#include "utils/uuid.h"

#include "identity/context.h"

/* The role in which staff of such an organisation act, NULL where there is none. */
extern const char *ecp_organisation_role(const char *kind);

/* Whether one acts in this role for an organisation of this kind; administrators for any. */
extern bool ecp_role_fits_kind(EcpRole role, const char *kind);

/*
 * Gives a member a role that follows from what was decided before: the
 * activation of an organisation, an invitation.  Nothing happens where the
 * member has it.  Inside SPI as the owner.
 */
extern void ecp_role_give(int32 territory, const pg_uuid_t *member, const char *role);

#endif							/* ECP_ROLE_H */
