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

/* Fills organisation_id of a row that a manager or owner writes for the own organisation; raises ZE101 where it names another one. */
extern void ecp_tenant_fill_organisation(EcpRow *row, const EcpCaller *caller);

#endif							/* ECP_TENANT_H */
