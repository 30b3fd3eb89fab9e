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

#endif							/* ECP_TENANT_H */
