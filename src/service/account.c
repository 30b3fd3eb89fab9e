/*
 * Service accounts and their guard; see service.h.
 *
 * An account is a member without a role: no token, claim or login resolves to
 * it (identity/resolve.c looks for the role), and a trigger on member_role
 * keeps it so.  Only its key makes it a caller.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/tenant.h"
#include "service/service.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_service_account_guard);
PG_FUNCTION_INFO_V1(ecp_trg_service_role_guard);
PG_FUNCTION_INFO_V1(ecp_create_service);
PG_FUNCTION_INFO_V1(ecp_revoke_service);
PG_FUNCTION_INFO_V1(ecp_managed_organisation);

static const EcpTransition transitions[] = {{"active", "revoked"}, {NULL, NULL}};

static EcpPlan find_organisation =
ECP_PLAN("SELECT kind IN ('association', 'social_service') FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan find_role =
ECP_PLAN("SELECT 1 FROM ecopanier.member_role WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan find_account =
ECP_PLAN("SELECT organisation_id FROM ecopanier.service_account WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan insert_member =
ECP_PLAN("INSERT INTO ecopanier.member (territory_id, id, display_name) VALUES ($1, $2, $3)",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan insert_account =
ECP_PLAN("INSERT INTO ecopanier.service_account (territory_id, id, organisation_id, name, scopes, limit_per_minute) "
		 "VALUES ($1, $2, $3, $4, $5, $6)",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID, TEXTARRAYOID, INT4OID);

static EcpPlan revoke_keys =
ECP_PLAN("UPDATE ecopanier.service_key SET revoked_at = ecopanier.now() WHERE territory_id = $1 AND service_id = $2 AND revoked_at IS NULL",
		 INT4OID, UUIDOID);

static EcpPlan revoke_account =
ECP_PLAN("UPDATE ecopanier.service_account SET state = 'revoked' WHERE territory_id = $1 AND id = $2 AND state <> 'revoked'",
		 INT4OID, UUIDOID);

const EcpCaller *
ecp_service_keeper(const char *what)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (caller->kind != ECP_CALLER_PERSON ||
		(caller->role != ECP_ROLE_ADMINISTRATOR && caller->function < ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("%s are kept by owners and managers of their organisation", what),
				 errhint("Sign in as one of them, or as an administrator.")));
	return caller;
}

bool
ecp_service_keeps(const EcpCaller *caller, const pg_uuid_t *organisation)
{
	return caller->kind == ECP_CALLER_PERSON &&
		(caller->role == ECP_ROLE_ADMINISTRATOR || ecp_caller_is_staff(caller, organisation, ECP_FUNCTION_MANAGER));
}

void
ecp_service_raise_unknown(const char *what)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such %s", what),
			 errhint("Those of the own organisation stand in ecopanier.service_account and ecopanier.service_key.")));
}

void
ecp_service_require_arguments(FunctionCallInfo fcinfo, int count, const char *function)
{
	int			i;

	for (i = 0; i < count; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an argument of %s is null", function),
					 errhint("Give all of its arguments.")));
}

static bool
member_has_role(Datum territory, Datum member)
{
	Datum		values[2] = {territory, member};

	ecp_plan_run(&find_role, values, NULL, false, 1);
	return SPI_processed > 0;
}

/* A new account is of an organisation that has services, and its member holds no role. */
static void
check_new_account(const EcpRow *row)
{
	Datum		territory = row->values[ecp_row_column(row->desc, "territory_id")];
	Datum		values[2] = {territory, row->values[ecp_row_column(row->desc, "organisation_id")]};
	EcpOwner	saved;
	bool		possible;
	bool		has_role;

	ecp_plan_begin(&saved);
	ecp_plan_run(&find_organisation, values, NULL, true, 1);
	possible = SPI_processed == 0 || DatumGetBool(ecp_plan_known(0, 1));	/* none: the foreign key says so */
	has_role = member_has_role(territory, row->values[ecp_row_column(row->desc, "id")]);
	ecp_plan_end(&saved);
	if (!possible)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("this kind of organisation has no service accounts"),
				 errhint("Associations and social services have them.")));
	if (has_role)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("a service account holds no role"),
				 errhint("Make it with ecopanier.create_service().")));
}

Datum
ecp_trg_service_account_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"id", "organisation_id", "created_by", "created_at", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			organisation = ecp_row_column(row.desc, "organisation_id");

	if (caller && (row.nulls[organisation] || !ecp_service_keeps(caller, DatumGetUUIDP(row.values[organisation]))))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("service accounts are kept by owners and managers of their organisation"),
				 errhint("Sign in as one of them, or as an administrator.")));
	if (row.old_values)
	{
		ecp_row_freeze(&row, frozen);
		ecp_transition_check(&row, ecp_row_column(row.desc, "state"), transitions);
	}
	else
	{
		if (!row.nulls[organisation])
			check_new_account(&row);
		if (caller)
			ecp_row_set(&row, ecp_row_column(row.desc, "created_by"), UUIDPGetDatum(&caller->member));
	}
	return ecp_row_close(&row);
}

Datum
ecp_trg_service_role_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		values[2];
	bool		is_service;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	values[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	values[1] = row.values[ecp_row_column(row.desc, "member_id")];
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_account, values, row.nulls[ecp_row_column(row.desc, "member_id")] ? " n" : NULL, false, 1);
	is_service = SPI_processed > 0;
	ecp_plan_end(&saved);
	if (is_service)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("a service account holds no role"),
				 errhint("It acts by its key; its scopes say what the key opens.")));
	return ecp_row_close(&row);
}

pg_uuid_t
ecp_service_choose_organisation(FunctionCallInfo fcinfo, int argument, const EcpCaller *caller, const char *function)
{
	pg_uuid_t	organisation;
	EcpOwner	saved;
	bool		found;

	if (!PG_ARGISNULL(argument))
		organisation = *PG_GETARG_UUID_P(argument);
	else if (caller->role != ECP_ROLE_ADMINISTRATOR && caller->has_organisation)
		organisation = caller->organisation;
	else
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s needs an organisation", function),
				 errhint("Administrators say for which.")));
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_organisation, (Datum[]) {Int32GetDatum(caller->territory), UUIDPGetDatum(&organisation)}, NULL, true, 1);
	found = SPI_processed > 0;
	ecp_plan_end(&saved);
	if (!found || !ecp_service_keeps(caller, &organisation))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("Name one of the own territory that you lead.")));
	return organisation;
}

Datum
ecp_create_service(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("service accounts");
	pg_uuid_t	organisation;
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	EcpOwner	saved;
	Datum		values[6];
	Datum		member[3];

	ecp_service_require_arguments(fcinfo, 3, "create_service()");
	organisation = ecp_service_choose_organisation(fcinfo, 3, caller, "create_service()");
	ecp_new_id(caller->territory, id);
	values[0] = member[0] = Int32GetDatum(caller->territory);
	values[1] = member[1] = UUIDPGetDatum(id);
	values[2] = UUIDPGetDatum(&organisation);
	values[3] = member[2] = PG_GETARG_DATUM(0);
	values[4] = PG_GETARG_DATUM(1);
	values[5] = PG_GETARG_DATUM(2);
	ecp_plan_begin(&saved);
	ecp_plan_run(&insert_member, member, NULL, false, 0);
	ecp_plan_run(&insert_account, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(id);
}

Datum
ecp_revoke_service(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_service_keeper("service accounts");
	EcpOwner	saved;
	Datum		values[2];

	ecp_service_require_arguments(fcinfo, 1, "revoke_service()");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_account, values, NULL, true, 1);
	if (SPI_processed == 0 || !ecp_service_keeps(caller, DatumGetUUIDP(ecp_plan_known(0, 1))))
		ecp_service_raise_unknown("service account");
	ecp_plan_run(&revoke_account, values, NULL, false, 0);
	ecp_plan_run(&revoke_keys, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_managed_organisation(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_caller();
	pg_uuid_t  *copy;

	if (caller == NULL || !caller->has_organisation || caller->kind != ECP_CALLER_PERSON ||
		caller->function < ECP_FUNCTION_MANAGER)
		PG_RETURN_NULL();
	copy = palloc(sizeof(pg_uuid_t));
	*copy = caller->organisation;
	PG_RETURN_UUID_P(copy);
}
