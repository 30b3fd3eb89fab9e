/*
 * Dated parameters: each value is a row that is never changed, so that what
 * was decided under it can be explained later.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/erasing.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"

PG_FUNCTION_INFO_V1(ecp_set_setting);
PG_FUNCTION_INFO_V1(ecp_setting_value);
PG_FUNCTION_INFO_V1(ecp_trg_setting_guard);
PG_FUNCTION_INFO_V1(ecp_trg_territory_settings);
PG_FUNCTION_INFO_V1(ecp_trg_history_guard);

static EcpLookup find_setting =
ECP_LOOKUP_NEWEST("setting", ECP_LIST("territory_id", "name", "valid_from", "version"), ECP_LIST("value", "version"),
				  "SELECT value, version FROM ecopanier.setting "
				  "WHERE territory_id = $1 AND name = $2 AND valid_from <= $3 ORDER BY valid_from DESC, version DESC LIMIT 1",
				  INT4OID, TEXTOID, TIMESTAMPTZOID);

static EcpPlan insert_setting =
ECP_PLAN("INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES ($1, $2, $3, $4, $5) RETURNING version",
		 INT4OID, TEXTOID, NUMERICOID, TIMESTAMPTZOID, TEXTOID);

static EcpPlan seed_settings =
ECP_PLAN("INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) "
		 "SELECT $1, name, default_value, '-infinity', source FROM ecopanier.setting_definition",
		 INT4OID);

/* The lock on the territory makes the numbering of versions serial. */
static EcpPlan next_version =
ECP_PLAN("WITH serial AS MATERIALIZED (SELECT id FROM ecopanier.territory WHERE id = $1 FOR NO KEY UPDATE) "
		 "SELECT coalesce((SELECT max(version) FROM ecopanier.setting WHERE territory_id = id AND name = $2), 0) + 1 FROM serial",
		 INT4OID, TEXTOID);

static EcpPlan check_range =
ECP_PLAN("SELECT $2 BETWEEN minimum AND maximum AND $2 = trunc($2), minimum, maximum, unit FROM ecopanier.setting_definition WHERE name = $1",
		 TEXTOID, NUMERICOID);

Datum
ecp_setting_value(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		keys[3];
	Datum		values[2];
	bool		nulls[2];
	Datum		result = (Datum) 0;
	bool		found;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	keys[0] = Int32GetDatum(caller->territory);
	keys[1] = PG_GETARG_DATUM(0);
	keys[2] = PG_ARGISNULL(1) ? TimestampTzGetDatum(ecp_clock_now()) : PG_GETARG_DATUM(1);
	ecp_plan_begin(&saved);
	found = ecp_lookup(&find_setting, keys, values, nulls);
	if (found)
		result = SPI_datumTransfer(values[0], false, -1);
	ecp_plan_end(&saved);
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no parameter with this name"),
				 errhint("The parameters stand in ecopanier.setting_definition.")));
	PG_RETURN_DATUM(result);
}

Datum
ecp_set_setting(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[5];
	int32		version;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a setting needs a name, a value and a source"),
				 errhint("The source says why: a decision, a rule, a convention.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = PG_ARGISNULL(3) ? TimestampTzGetDatum(ecp_clock_now()) : PG_GETARG_DATUM(3);
	values[4] = PG_GETARG_DATUM(2);
	ecp_plan_begin(&saved);
	ecp_plan_run(&insert_setting, values, NULL, false, 0);
	version = DatumGetInt32(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_INT32(version);
}

/* Raises where there is no such parameter, or the value lies outside its range. */
static void
check_value(EcpRow *row, int name, int value)
{
	Datum		values[2] = {row->values[name], row->values[value]};

	ecp_plan_run(&check_range, values, NULL, true, 1);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no parameter with this name"),
				 errhint("The parameters stand in ecopanier.setting_definition.")));
	if (!DatumGetBool(ecp_plan_known(0, 1)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" is out of its range", TextDatumGetCString(row->values[name])),
				 errdetail("It takes whole numbers, %s to %s %s.", ecp_plan_text(0, 2), ecp_plan_text(0, 3), ecp_plan_text(0, 4)),
				 errhint("The ranges stand in ecopanier.setting_definition.")));
}

/* Fills version and author; a member may not rewrite the past. */
static void
fill_setting(EcpRow *row)
{
	const EcpCaller *caller = ecp_caller_or_loader();
	int			name = ecp_row_column(row->desc, "name");
	int			value = ecp_row_column(row->desc, "value");
	int			valid_from = ecp_row_column(row->desc, "valid_from");
	int			territory = ecp_row_column(row->desc, "territory_id");
	NameData   *login = palloc(sizeof(NameData));
	Datum		values[2];
	EcpOwner	saved;

	if (row->nulls[name] || row->nulls[value] || row->nulls[valid_from] || row->nulls[territory])
		return;					/* NOT NULL speaks for itself */
	if (caller)
	{
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
		if (DatumGetTimestampTz(row->values[valid_from]) < ecp_clock_now() ||
			TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(row->values[valid_from])))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a setting begins neither in the past nor never"),
					 errhint("Leave valid_from out, or give a later time.")));
		ecp_row_set(row, ecp_row_column(row->desc, "author_id"), UUIDPGetDatum(&caller->member));
	}
	namestrcpy(login, GetUserNameFromId(GetSessionUserId(), false));
	ecp_row_set(row, ecp_row_column(row->desc, "author_login"), NameGetDatum(login));
	values[0] = row->values[territory];
	values[1] = row->values[name];
	ecp_plan_begin(&saved);
	check_value(row, name, value);
	ecp_plan_run(&next_version, values, NULL, false, 1);
	if (SPI_processed == 1)
		ecp_row_set(row, ecp_row_column(row->desc, "version"), ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
}

Datum
ecp_trg_setting_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;

	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("settings are neither changed nor deleted"),
				 errhint("Add a value with ecopanier.set_setting().")));
	ecp_row_open(&row, trigger);
	fill_setting(&row);
	return ecp_row_close(&row);
}

/* A new territory starts with the defaults. */
Datum
ecp_trg_territory_settings(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpOwner	saved;
	EcpRow		row;

	ecp_row_open(&row, trigger);
	ecp_plan_begin(&saved);
	ecp_plan_run(&seed_settings, &row.values[ecp_row_column(row.desc, "id")], NULL, false, 0);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* For TRUNCATE and DELETE of what has a history; an erasure deletes all the same. */
Datum
ecp_trg_history_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	if (ecp_is_erasing() && TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		return PointerGetDatum(trigger->tg_trigtuple);
	ereport(ERROR,
			(errcode(ECP_ERR_HISTORY_KEPT),
			 errmsg("rows of \"%s\" are not deleted", RelationGetRelationName(trigger->tg_relation)),
			 errhint("Change their state instead; ecopanier.uninstall() drops everything.")));
	return PointerGetDatum(NULL);
}
