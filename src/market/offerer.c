/*
 * Who offers; see offerer.h.
 */
#include "postgres.h"

#include "utils/uuid.h"

#include "identity/tenant.h"
#include "market/offerer.h"

void
ecp_offerer_require(const EcpCaller *caller)
{
	if ((caller->role != ECP_ROLE_MERCHANT && caller->role != ECP_ROLE_ASSOCIATION) || !caller->has_organisation ||
		caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("lots are offered by managers and owners of an organisation"),
				 errhint("Sign in for the organisation.")));
}

void
ecp_offerer_fill(EcpRow *row, const EcpCaller *caller)
{
	ecp_offerer_require(caller);
	ecp_tenant_fill_organisation(row, caller);
}

void
ecp_offerer_check(const EcpCaller *caller, Datum organisation)
{
	if (caller && caller->role != ECP_ROLE_ADMINISTRATOR &&
		!ecp_caller_is_staff(caller, DatumGetUUIDP(organisation), ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("lots are changed by managers and owners of their organisation"),
				 errhint("Sign in for the organisation.")));
}
