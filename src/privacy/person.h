/*
 * Persons and what the register ecopanier_private.personal_data says about them.
 */
#ifndef ECP_PERSON_H
#define ECP_PERSON_H

#include "postgres.h"

#include "utils/uuid.h"

#include "common/plan.h"
#include "identity/context.h"

/* The calling person; raises 42501 for services, kiosks and nobody. */
extern const EcpCaller *ecp_person_require_caller(void);

/* The same, who must be an administrator. */
extern const EcpCaller *ecp_person_require_admin(void);

/*
 * Raises ZE101 unless this is a person of the territory, not a service and not
 * erased; inside SPI as the owner.
 */
extern void ecp_person_find(int32 territory, const pg_uuid_t *member);

/* Locks the person's row against everything, claims too; false where there is no such person.  Inside SPI as the owner. */
extern bool ecp_person_lock(int32 territory, const pg_uuid_t *member);

extern void ecp_raise_unknown_person(void) pg_attribute_noreturn();

/* The plan of a statement that the register makes, kept in this backend. */
extern EcpPlan *ecp_person_plan(const char *text, int nargs, const Oid *types);

/*
 * Raises ZE123 unless the administrator opened access to the person, in a
 * transaction that has committed, and it has not expired; inside SPI as the
 * owner.
 */
extern void ecp_access_require(const EcpCaller *admin, const pg_uuid_t *member);

/* Whether something of the person is open: a list for people to read, NULL for nothing; inside SPI as the owner. */
extern char *ecp_person_obligations(int32 territory, const pg_uuid_t *member);

/* Erases the person in all tables, with nothing in the audit; inside SPI as the owner, the row locked. */
extern void ecp_person_erase(int32 territory, const pg_uuid_t *member);

/* Raises ZE107 where the transaction would not see what others have just committed. */
extern void ecp_person_require_read_committed(void);

#endif							/* ECP_PERSON_H */
