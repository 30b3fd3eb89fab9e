/*
 * Accreditation for food aid (L266-2 CASF): see accreditation.h.
 *
 * An accreditation has a first and perhaps a last day.  It is suspended from
 * a day to a day, for six months at most, or until further notice (the flag of
 * 0.1.0).  Days are calendar days of the territory.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "organisation/accreditation.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_is_accredited);

static EcpPlan find_accreditation =
ECP_PLAN("SELECT state = 'active' AND coalesce(kind = 'social_service' OR (kind = 'association' "
		 "AND accreditation_number IS NOT NULL AND NOT accreditation_suspended "
		 "AND accredited_from <= $3 AND coalesce(accredited_until >= $3, true) "
		 "AND NOT coalesce($3 BETWEEN accreditation_suspended_from AND accreditation_suspended_until, false)), false), "
		 "state = 'active' FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, DATEOID);

/* Runs the plan; false where there is no such organisation. */
static bool
read_accreditation(int32 territory, const pg_uuid_t *organisation, DateADT day)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(organisation), DateADTGetDatum(day)};

	ecp_plan_run(&find_accreditation, values, NULL, true, 1);
	return SPI_processed == 1;
}

bool
ecp_organisation_is_accredited(int32 territory, const pg_uuid_t *organisation, DateADT day)
{
	return read_accreditation(territory, organisation, day) && DatumGetBool(ecp_plan_known(0, 1));
}

Datum
ecp_is_accredited(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	DateADT		day;
	bool		accredited;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_plan_begin(&saved);
	day = PG_ARGISNULL(1) ? ecp_local_day(caller->territory, ecp_clock_now()) : PG_GETARG_DATEADT(1);

	/* What members do not read is unknown to them. */
	if (PG_ARGISNULL(0) || !read_accreditation(caller->territory, PG_GETARG_UUID_P(0), day) ||
		(!DatumGetBool(ecp_plan_known(0, 2)) && caller->role != ECP_ROLE_ADMINISTRATOR))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("Those of the territory stand in ecopanier.organisation.")));
	accredited = DatumGetBool(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(accredited);
}
