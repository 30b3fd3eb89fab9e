/*
 * Whose row is being written.
 */
#ifndef ECP_TENANT_H
#define ECP_TENANT_H

#include "postgres.h"

#include "common/trigger.h"
#include "identity/context.h"

/*
 * First step of a guard: who writes (NULL for a bulk load; anybody else without
 * a caller gets 42501), and the row's key filled and checked.  A caller writes
 * rows of the own territory alone.
 */
extern const EcpCaller *ecp_tenant_open(EcpRow *row, TriggerData *trigger);

/* Writes a line of the audit, inside SPI as the owner; caller NULL for a load. */
extern void ecp_audit(const EcpCaller *caller, int32 territory, const char *action,
					  const pg_uuid_t *subject, const char *reason);

#endif							/* ECP_TENANT_H */
