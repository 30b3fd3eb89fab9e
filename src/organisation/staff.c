/*
 * Staff: who works for an organisation, in what function.
 *
 * Owners give functions and take them; administrators too.  Nobody is made
 * staff by others without taking part: people accept an invitation.  Anybody
 * may leave.  An active organisation keeps an owner, whoever writes: to see
 * that, the removal of an owner locks the organisation's row, so that of two
 * at once the second one sees what the first left.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "organisation/staff.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_organisation_staff_guard);
PG_FUNCTION_INFO_V1(ecp_trg_organisation_staff_owner);
PG_FUNCTION_INFO_V1(ecp_set_staff_function);
PG_FUNCTION_INFO_V1(ecp_remove_staff);
PG_FUNCTION_INFO_V1(ecp_my_organisations);

static EcpPlan insert_staff =
ECP_PLAN("INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES ($1, $2, $3, $4) "
		 "ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID);

static EcpPlan change_staff =
ECP_PLAN("UPDATE ecopanier.organisation_staff SET function = $4 WHERE territory_id = $1 AND organisation_id = $2 AND member_id = $3",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID);

static EcpPlan delete_staff =
ECP_PLAN("DELETE FROM ecopanier.organisation_staff WHERE territory_id = $1 AND organisation_id = $2 AND member_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan lock_organisation =
ECP_PLAN("SELECT state FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan find_owner =
ECP_PLAN("SELECT 1 FROM ecopanier.organisation_staff WHERE territory_id = $1 AND organisation_id = $2 AND function = 'owner'",
		 INT4OID, UUIDOID);

static EcpPlan list_own =
ECP_PLAN("SELECT o.id, o.name, o.kind, s.function, o.state, o.state_reason FROM ecopanier.organisation_staff s "
		 "JOIN ecopanier.organisation o ON o.territory_id = s.territory_id AND o.id = s.organisation_id "
		 "WHERE s.territory_id = $1 AND s.member_id = $2 ORDER BY o.name, o.id",
		 INT4OID, UUIDOID);

#define OWN_COLUMNS 6

static int	adding = 0;			/* above 0 while ecp_staff_add() writes */

bool
ecp_staff_add(int32 territory, const pg_uuid_t *organisation, const pg_uuid_t *member, const char *function)
{
	Datum		values[4] = {Int32GetDatum(territory), UUIDPGetDatum(organisation), UUIDPGetDatum(member),
	CStringGetTextDatum(function)};
	int			before = adding;

	PG_TRY();
	{
		adding = before + 1;
		ecp_plan_run(&insert_staff, values, NULL, false, 0);
	}
	PG_FINALLY();
	{
		adding = before;
	}
	PG_END_TRY();
	return SPI_processed == 1;
}

/* Owners change and remove the staff of theirs; anybody leaves. */
static bool
may_write(const EcpRow *row, const EcpCaller *caller)
{
	pg_uuid_t  *organisation = DatumGetUUIDP(row->values[ecp_row_column(row->desc, "organisation_id")]);
	bool		deleted = TRIGGER_FIRED_BY_DELETE(row->trigger->tg_event);

	if (caller->role == ECP_ROLE_ADMINISTRATOR || adding > 0)
		return true;
	if (deleted && ecp_id_equal(DatumGetUUIDP(row->values[ecp_row_column(row->desc, "member_id")]), &caller->member))
		return true;
	return (deleted || row->old_values) && ecp_caller_is_staff(caller, organisation, ECP_FUNCTION_OWNER);
}

Datum
ecp_trg_organisation_staff_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"organisation_id", "member_id", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (row.nulls[ecp_row_column(row.desc, "organisation_id")] || row.nulls[ecp_row_column(row.desc, "member_id")])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	if (caller && !may_write(&row, caller))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("staff are kept by the owners of their organisation"),
				 errhint("Sign in as an owner, or ask an administrator of the territory.")));
	return ecp_row_close(&row);
}

/* Whether an owner is removed or gets another function. */
static bool
is_owner_lost(const EcpRow *row)
{
	int			function = ecp_row_column(row->desc, "function");
	Datum	   *before = row->old_values ? row->old_values : row->values;

	return strcmp(TextDatumGetCString(before[function]), "owner") == 0 &&
		(row->old_values == NULL || ecp_row_differs(row, function));
}

/* An active organisation keeps an owner.  In an older snapshot one could be seen that is gone. */
Datum
ecp_trg_organisation_staff_owner(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		key[2];
	bool		kept;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	if (!is_owner_lost(&row))
		return PointerGetDatum(NULL);
	ecp_require_read_committed("an owner is removed");
	key[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	key[1] = row.values[ecp_row_column(row.desc, "organisation_id")];
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_organisation, key, NULL, false, 1);
	kept = SPI_processed == 0 || strcmp(ecp_plan_text(0, 1), "active") != 0;
	if (!kept)
	{
		ecp_plan_run(&find_owner, key, NULL, false, 1);
		kept = SPI_processed == 1;
	}
	ecp_plan_end(&saved);
	if (!kept)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("an active organisation keeps an owner"),
				 errhint("Make somebody else an owner first.")));
	return PointerGetDatum(NULL);
}

static void
raise_unknown_staff(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such member of staff"),
			 errhint("Those of the own organisation stand in ecopanier.organisation_staff.")));
}

/* The caller who acts for an organisation; raises where there is none. */
static const EcpCaller *
require_organisation(EcpFunction least)
{
	const EcpCaller *caller = ecp_caller_require();

	if (caller->kind != ECP_CALLER_PERSON || !caller->has_organisation || caller->function < least)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("this is for %s of an organisation", least == ECP_FUNCTION_OWNER ? "owners" : "staff"),
				 errhint("Sign in for the organisation; ecopanier.my_organisations() lists the own ones.")));
	return caller;
}

/* Runs a statement on a member of staff of the caller's organisation. */
static void
write_staff(const EcpCaller *caller, EcpPlan *plan, Datum member, Datum function)
{
	Datum		values[4] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation), member, function};
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	ecp_plan_run(plan, values, NULL, false, 0);
	if (SPI_processed == 0)
		raise_unknown_staff();
	ecp_plan_end(&saved);
}

Datum
ecp_set_staff_function(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = require_organisation(ECP_FUNCTION_OWNER);
	if (PG_ARGISNULL(0))
		raise_unknown_staff();
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a member of staff has a function"),
				 errhint("Functions are owner, manager, station and reader.")));
	write_staff(caller, &change_staff, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
	PG_RETURN_VOID();
}

Datum
ecp_remove_staff(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = require_organisation(ECP_FUNCTION_READER);
	if (PG_ARGISNULL(0))
		raise_unknown_staff();
	if (!ecp_id_equal(PG_GETARG_UUID_P(0), &caller->member))
		caller = require_organisation(ECP_FUNCTION_OWNER);
	write_staff(caller, &delete_staff, PG_GETARG_DATUM(0), (Datum) 0);
	PG_RETURN_VOID();
}

Datum
ecp_my_organisations(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		key[2];
	uint64		i;

	ecp_require_installed();
	caller = ecp_caller_require();
	InitMaterializedSRF(fcinfo, 0);
	key[0] = Int32GetDatum(caller->territory);
	key[1] = UUIDPGetDatum(&caller->member);
	ecp_plan_begin(&saved);
	ecp_plan_run(&list_own, key, NULL, true, 0);
	for (i = 0; i < SPI_processed; i++)
	{
		Datum		values[OWN_COLUMNS];
		bool		nulls[OWN_COLUMNS];
		int			column;

		for (column = 0; column < OWN_COLUMNS; column++)
			values[column] = ecp_plan_value(i, column + 1, &nulls[column]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}
