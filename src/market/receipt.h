/*
 * Receipts: what a member shows to pick up.
 */
#ifndef ECP_RECEIPT_H
#define ECP_RECEIPT_H

#include "postgres.h"

#include "fmgr.h"

#include "identity/context.h"

/* The receipt of a reservation of the caller's own, as the function's composite result.  Raises ZE101. */
extern Datum ecp_receipt_for(FunctionCallInfo fcinfo, const EcpCaller *caller, Datum reservation);

/* The token of a held reservation of the caller's own.  Raises ZE101, ZE107. */
extern char *ecp_receipt_token(const EcpCaller *caller, Datum reservation);

/* Raises ZE101: the same answer for an unknown id and for somebody else's. */
extern void ecp_raise_unknown_reservation(void) pg_attribute_noreturn();

#endif							/* ECP_RECEIPT_H */
