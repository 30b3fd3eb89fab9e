/*
 * The guard of receiver: who takes what is left of lots.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"

PG_FUNCTION_INFO_V1(ecp_trg_receiver_guard);

static EcpPlan find_kind =
ECP_PLAN("SELECT kind FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2", INT4OID, UUIDOID);

static EcpPlan unknown_class =
ECP_PLAN("SELECT c FROM unnest($1) c WHERE NOT EXISTS (SELECT FROM ecopanier.cold_class k WHERE k.code = c) LIMIT 1", TEXTARRAYOID);

static const char *const kept[] = {"organisation_id", "stage", NULL};

/* Managers and owners say what their organisation takes, administrators for all. */
static void
check_keeper(EcpRow *row, const EcpCaller *caller)
{
	int			organisation = ecp_row_column(row->desc, "organisation_id");

	if (caller == NULL || caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (row->nulls[organisation] && caller->has_organisation)
		ecp_row_set(row, organisation, UUIDPGetDatum(&caller->organisation));
	if (row->nulls[organisation] || !ecp_caller_is_staff(caller, DatumGetUUIDP(row->values[organisation]), ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("what an organisation receives is said by its managers and owners"),
				 errhint("Sign in for the organisation.")));
}

/* Food for people goes to associations and social services. */
static void
check_stage(const EcpRow *row)
{
	Datum		key[2] = {row->values[ecp_row_column(row->desc, "territory_id")], row->values[ecp_row_column(row->desc, "organisation_id")]};
	int			stage = ecp_row_column(row->desc, "stage");
	char	   *kind;

	ecp_plan_run(&find_kind, key, NULL, true, 1);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("Those of the territory stand in ecopanier.organisation.")));
	kind = ecp_plan_text(0, 1);
	if (!row->nulls[stage] && strcmp(TextDatumGetCString(row->values[stage]), "association") == 0 &&
		strcmp(kind, "association") != 0 && strcmp(kind, "social_service") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this stage is for associations and social services"),
				 errhint("Others serve processing, animal_feed or compost.")));
}

static void
check_classes(const EcpRow *row)
{
	int			classes = ecp_row_column(row->desc, "cold_classes");

	if (row->nulls[classes])
		return;
	ecp_plan_run(&unknown_class, &row->values[classes], NULL, true, 1);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is no cold class"),
				 errhint("The codes stand in ecopanier.cold_class.")));
}

/* Who declares that short-dated food is distributed in time, and when, is noted; a load brings its own. */
static void
note_declaration(EcpRow *row, const EcpCaller *caller)
{
	int			declares = ecp_row_column(row->desc, "declares_short_dated");
	int			by = ecp_row_column(row->desc, "declared_by");
	int			at = ecp_row_column(row->desc, "declared_at");

	if (row->nulls[declares] || (row->old_values && !ecp_row_differs(row, declares)))
		return;
	if (!DatumGetBool(row->values[declares]))
	{
		ecp_row_set_null(row, by);
		ecp_row_set_null(row, at);
		return;
	}
	if (caller)
		ecp_row_set(row, by, UUIDPGetDatum(&caller->member));
	if (caller || row->nulls[at])
		ecp_row_set(row, at, TimestampTzGetDatum(ecp_clock_now()));
}

Datum
ecp_trg_receiver_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	EcpOwner	saved;

	check_keeper(&row, caller);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("a receiver is not deleted"),
				 errhint("Set active_until.")));
	if (row.old_values)
		ecp_row_freeze(&row, kept);
	ecp_plan_begin(&saved);
	if (row.old_values == NULL && !row.nulls[ecp_row_column(row.desc, "organisation_id")] && !row.nulls[ecp_row_column(row.desc, "territory_id")])
		check_stage(&row);
	check_classes(&row);
	ecp_plan_end(&saved);
	note_declaration(&row, caller);
	return ecp_row_close(&row);
}
