/*
 * The audit: who did what to what, and why.
 *
 * Rows are appended in the transaction of the fact; none is changed or deleted.
 */
#ifndef ECP_AUDIT_H
#define ECP_AUDIT_H

#include "postgres.h"

#include "utils/uuid.h"

#include "identity/context.h"

/*
 * Appends an event, inside SPI as the owner.  caller: NULL for a load;
 * subject, reason: NULL where there is none.
 */
extern void ecp_audit(const EcpCaller *caller, int32 territory, const char *action,
					  const pg_uuid_t *subject, const char *reason);

/* The same with facts, the text of a JSON object that holds nothing personal; NULL where there are none. */
extern void ecp_audit_facts(const EcpCaller *caller, int32 territory, const char *action,
							const pg_uuid_t *subject, const char *reason, const char *facts);

/* An event that names neither who acted, a person, nor whom it was about. */
extern void ecp_audit_unnamed(int32 territory, const char *action, const char *facts);

#endif							/* ECP_AUDIT_H */
