/*
 * The guard of member_role: who gives which role.  And for which organisations
 * a role acts.
 *
 * Roles are given by administrators; association staff register
 * beneficiaries.  A role that follows from a decision, whose rules stand
 * elsewhere, comes through ecp_role_give().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/role.h"
#include "identity/tenant.h"

PG_FUNCTION_INFO_V1(ecp_trg_member_role_guard);

static EcpPlan insert_role =
ECP_PLAN("INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, TEXTOID);

static int	following = 0;		/* above 0 while ecp_role_give() writes */

const char *
ecp_organisation_role(const char *kind)
{
	static const char *const kinds[][2] = {
		{"merchant", "merchant"}, {"producer", "merchant"}, {"hub", "merchant"},
		{"association", "association"}, {"social_service", "association"}
	};

	for (size_t i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i][0], kind) == 0)
			return kinds[i][1];
	return NULL;
}

bool
ecp_role_fits_kind(EcpRole role, const char *kind)
{
	const char *needed = ecp_organisation_role(kind);

	return role == ECP_ROLE_ADMINISTRATOR || (needed && strcmp(needed, ecp_role_name(role)) == 0);
}

void
ecp_role_give(int32 territory, const pg_uuid_t *member, const char *role)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(member), CStringGetTextDatum(role)};
	int			before = following;

	PG_TRY();
	{
		following = before + 1;
		ecp_plan_run(&insert_role, values, NULL, false, 0);
	}
	PG_FINALLY();
	{
		following = before;
	}
	PG_END_TRY();
}

/* Staff of associations register beneficiaries; other roles are for administrators to give. */
static void
check_grantor(const EcpCaller *caller, const char *role)
{
	if (following > 0 || caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (caller->role == ECP_ROLE_ASSOCIATION && caller->function > ECP_FUNCTION_READER && strcmp(role, "beneficiary") == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("roles are given and taken by administrators"),
			 errhint("Ask an administrator of the territory.")));
}

Datum
ecp_trg_member_role_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	static const char *const frozen[] = {"member_id", "role", NULL};
	int			role = ecp_row_column(row.desc, "role");

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (caller && !row.nulls[role])
	{
		check_grantor(caller, TextDatumGetCString(row.values[role]));
		ecp_row_set(&row, ecp_row_column(row.desc, "granted_by"), UUIDPGetDatum(&caller->member));
	}
	return ecp_row_close(&row);
}
