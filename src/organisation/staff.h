/*
 * Who works for an organisation.
 */
#ifndef ECP_STAFF_H
#define ECP_STAFF_H

#include "postgres.h"

#include "utils/uuid.h"

/*
 * Makes a member staff, as a rule decided: who applies for an organisation,
 * who accepts an invitation.  Inside SPI as the owner.  False where the member
 * works for it already.
 */
extern bool ecp_staff_add(int32 territory, const pg_uuid_t *organisation, const pg_uuid_t *member, const char *function);

#endif							/* ECP_STAFF_H */
