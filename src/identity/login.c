/*
 * Database logins that act as a member: stations, partners with an SQL login.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/acl.h"
#include "utils/uuid.h"

#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_map_login);
PG_FUNCTION_INFO_V1(ecp_unmap_login);

static EcpPlan write_login =
ECP_PLAN("INSERT INTO ecopanier_private.login (login, territory_id, member_id, role, organisation_id) VALUES ($1, $2, $3, $4, $5) "
		 "ON CONFLICT (login) DO UPDATE SET territory_id = EXCLUDED.territory_id, member_id = EXCLUDED.member_id, "
		 "role = EXCLUDED.role, organisation_id = EXCLUDED.organisation_id",
		 NAMEOID, INT4OID, UUIDOID, TEXTOID, UUIDOID);

static EcpPlan find_staff =
ECP_PLAN("SELECT 1 FROM ecopanier.organisation_staff WHERE territory_id = $1 AND member_id = $2 AND organisation_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan delete_login =
ECP_PLAN("DELETE FROM ecopanier_private.login WHERE login = $1",
		 NAMEOID);

/* Raises where the member does not work for the organisation: the login would act as nobody. */
static void
require_staff(Datum territory, Datum member, Datum organisation)
{
	Datum		values[3] = {territory, member, organisation};

	ecp_plan_run(&find_staff, values, NULL, true, 1);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("the member is not staff of the organisation"),
				 errhint("Those who are stand in ecopanier.organisation_staff.")));
}

Datum
ecp_map_login(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	Datum		values[5];
	int			i;

	ecp_require_installed();
	ecp_require_superuser("map_login()");
	for (i = 0; i < 3; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("map_login() needs a login, a member and a role"),
					 errhint("The organisation alone may be left out.")));
	(void) get_role_oid(NameStr(*PG_GETARG_NAME(0)), false);
	values[0] = PG_GETARG_DATUM(0);
	values[1] = Int32GetDatum(ecp_territory_of(PG_GETARG_UUID_P(1)));
	values[2] = PG_GETARG_DATUM(1);
	values[3] = PG_GETARG_DATUM(2);
	values[4] = PG_GETARG_DATUM(3);
	ecp_plan_begin(&saved);
	if (!PG_ARGISNULL(3))
		require_staff(values[1], values[2], values[4]);
	ecp_plan_run(&write_login, values, PG_ARGISNULL(3) ? "    n" : "     ", false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_unmap_login(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	Datum		login = PG_GETARG_DATUM(0);
	bool		found;

	ecp_require_installed();
	ecp_require_superuser("unmap_login()");
	ecp_plan_begin(&saved);
	ecp_plan_run(&delete_login, &login, NULL, false, 0);
	found = SPI_processed > 0;
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(found);
}
