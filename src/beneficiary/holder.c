/*
 * Who writes about a beneficiary; see holder.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "beneficiary/holder.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/plan.h"

/* The lock lets a transfer wait, which would change who holds the person. */
static EcpPlan lock_held =
ECP_PLAN("SELECT 1 FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2 "
		 "AND organisation_id IS NOT DISTINCT FROM $3 FOR SHARE",
		 INT4OID, UUIDOID, UUIDOID);

const EcpCaller *
ecp_person_require(void)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (caller->kind != ECP_CALLER_PERSON)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("this is for the person alone"),
				 errhint("Sign in with an own account, not at a kiosk or with the key of a service."),
				 errhidestmt(true), errhidecontext(true)));
	return caller;
}

const EcpCaller *
ecp_holder_require(EcpFunction least, EcpScope scope)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_scope(caller, scope);
	if (caller->kind == ECP_CALLER_SERVICE ||
		(caller->kind == ECP_CALLER_PERSON && caller->role == ECP_ROLE_ADMINISTRATOR) ||
		(caller->kind == ECP_CALLER_PERSON && caller->role == ECP_ROLE_ASSOCIATION && caller->has_organisation && caller->function >= least))
		return caller;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("this is for staff of the association that holds the person"),
			 errhint("Sign in as its staff, with a function that allows it."),
			 errhidestmt(true), errhidecontext(true)));
}

void
ecp_holder_check(const EcpCaller *caller, const pg_uuid_t *member)
{
	Datum		values[3];

	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(member);
	values[2] = UUIDPGetDatum(&caller->organisation);
	ecp_plan_run(&lock_held, values, caller->has_organisation ? "   " : "  n", false, 1);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such beneficiary"),
				 errhint("Register the person first with ecopanier.register_beneficiary()."),
				 errhidestmt(true), errhidecontext(true)));
}
