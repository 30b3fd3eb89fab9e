/*
 * Who offers: managers and owners of an organisation, for it.
 */
#ifndef ECP_OFFERER_H
#define ECP_OFFERER_H

#include "postgres.h"

#include "common/trigger.h"
#include "identity/context.h"

/* Raises 42501 unless the caller acts as manager or owner of an organisation. */
extern void ecp_offerer_require(const EcpCaller *caller);

/* Fills organisation_id of a new row with the caller's.  Raises 42501, and ZE101 where it is another. */
extern void ecp_offerer_fill(EcpRow *row, const EcpCaller *caller);

/*
 * What was offered is changed by managers of its organisation, or by
 * administrators; raises 42501 for other callers.  A null caller is a load.
 */
extern void ecp_offerer_check(const EcpCaller *caller, Datum organisation);

#endif							/* ECP_OFFERER_H */
