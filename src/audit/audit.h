/*
 * The audit: who did what to what, and why.
 *
 * Rows are appended in the transaction of the fact; none is changed or deleted,
 * but that an erasure takes the reasons away that tell of the person.
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

/*
 * Takes the reasons away of the territory's events whose subject is the member
 * or one of the rows about the member, a uuid[], or whose facts or reason name
 * the member; an event reasons_withheld says how many.  As the owner inside SPI,
 * and only within ecp_erasing_run().
 */
extern void ecp_audit_forget(int32 territory, const pg_uuid_t *member, Datum about);

#endif							/* ECP_AUDIT_H */
