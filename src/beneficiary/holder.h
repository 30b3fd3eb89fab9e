/*
 * Who writes about a beneficiary: the person, or staff of the organisation that
 * holds the person (beneficiary.organisation_id; administrators where none does).
 */
#ifndef ECP_HOLDER_H
#define ECP_HOLDER_H

#include "postgres.h"

#include "utils/uuid.h"

#include "identity/context.h"

/* The caller as a person: neither a service nor a kiosk, which get 42501. */
extern const EcpCaller *ecp_person_require(void);

/* The caller as staff with at least this function, a service with this scope, or an administrator; else 42501. */
extern const EcpCaller *ecp_holder_require(EcpFunction least, EcpScope scope);

/*
 * Raises ZE101 unless the caller's organisation holds the member; inside SPI as
 * the owner.  Keeps it so until the transaction ends.
 */
extern void ecp_holder_check(const EcpCaller *caller, const pg_uuid_t *member);

#endif							/* ECP_HOLDER_H */
