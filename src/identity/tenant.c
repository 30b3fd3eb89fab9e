/*
 * Whose row is being written; see tenant.h.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/rel.h"

#include "common/errors.h"
#include "identity/tenant.h"
#include "territory/id.h"
#include "territory/row_identity.h"

PG_FUNCTION_INFO_V1(ecp_trg_row_guard);
PG_FUNCTION_INFO_V1(ecp_trg_caller_guard);

const EcpCaller *
ecp_tenant_open(EcpRow *row, TriggerData *trigger)
{
	const EcpCaller *caller = ecp_caller_or_loader();
	int			territory;

	ecp_row_open(row, trigger);
	ecp_row_identity(row, caller ? caller->territory : 0);
	territory = ecp_row_column(row->desc, "territory_id");
	if (caller && !row->nulls[territory] && DatumGetInt32(row->values[territory]) != caller->territory)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a row of \"%s\" belongs to another territory", RelationGetRelationName(trigger->tg_relation)),
				 errhint("Leave territory_id out: it is the caller's.")));
	return caller;
}

/* Members are registered by administrators and association staff, and change their own row. */
static bool
may_write_member(const EcpRow *row, const EcpCaller *caller)
{
	int			id = ecp_row_column(row->desc, "id");

	if (row->old_values)
		return !row->nulls[id] && ecp_id_equal(DatumGetUUIDP(row->values[id]), &caller->member);
	return caller->role == ECP_ROLE_ASSOCIATION && caller->function > ECP_FUNCTION_READER;
}

/* Whether the caller may write the row: administrators, or who the trigger's argument says. */
static bool
may_write(const EcpRow *row, const EcpCaller *caller)
{
	const Trigger *definition = row->trigger->tg_trigger;
	const char *writer = definition->tgnargs > 0 ? definition->tgargs[0] : "";
	int			organisation;

	if (caller->role == ECP_ROLE_ADMINISTRATOR || strcmp(writer, "anybody") == 0)
		return true;
	if (strcmp(writer, "member") == 0)
		return may_write_member(row, caller);
	if (strcmp(writer, "manager") != 0)
		return false;
	organisation = ecp_row_column(row->desc, "organisation_id");
	return !row->nulls[organisation] &&
		ecp_caller_is_staff(caller, DatumGetUUIDP(row->values[organisation]), ECP_FUNCTION_MANAGER);
}

/*
 * For tables whose rules are that a row stays in its territory and who writes
 * it; the trigger's argument names who does beside administrators: manager (of
 * the row's organisation), member (the own row), anybody, or nobody.
 */
Datum
ecp_trg_row_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));

	if (caller && !may_write(&row, caller))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("rows of \"%s\" are not yours to write", RelationGetRelationName(row.trigger->tg_relation)),
				 errhint("Ask an administrator of the territory.")));
	return ecp_row_close(&row);
}

/*
 * For statements on tables whose rows no other guard looks at: somebody is
 * signed in (and rights and policies say who), or a superuser loads.
 */
Datum
ecp_trg_caller_guard(PG_FUNCTION_ARGS)
{
	(void) ecp_trigger_data(fcinfo);
	(void) ecp_caller_or_loader();
	return PointerGetDatum(NULL);
}

void
ecp_tenant_fill_organisation(EcpRow *row, const EcpCaller *caller)
{
	int			organisation = ecp_row_column(row->desc, "organisation_id");

	if (row->nulls[organisation])
		ecp_row_set(row, organisation, UUIDPGetDatum(&caller->organisation));
	else if (!ecp_caller_is_staff(caller, DatumGetUUIDP(row->values[organisation]), ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("Leave organisation_id out: it is the caller's.")));
}
