/*
 * What the functions of this room share that staff call.
 */
#ifndef ECP_LISTING_H
#define ECP_LISTING_H

#include "postgres.h"

#include "identity/context.h"

/* Raises 42501 unless the caller acts for a shop or association with at least this function. */
extern void ecp_listing_require_staff(const EcpCaller *caller, EcpFunction least);

extern void ecp_listing_raise_unknown(void) pg_attribute_noreturn();

#endif							/* ECP_LISTING_H */
