/*
 * Points of a category: dated values of a territory, never changed, so that what
 * a claim counted can be explained later.  A category without one counts 1.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "market/food_core.h"
#include "market/points.h"

PG_FUNCTION_INFO_V1(ecp_set_category_points);
PG_FUNCTION_INFO_V1(ecp_trg_category_points_guard);

static EcpLookup find_points =
ECP_LOOKUP_NEWEST("category_points", ECP_LIST("territory_id", "category", "valid_from", "version"), ECP_LIST("points", "version"),
				  "SELECT points, version FROM ecopanier.category_points "
				  "WHERE territory_id = $1 AND category = $2 AND valid_from <= $3 ORDER BY valid_from DESC, version DESC LIMIT 1",
				  INT4OID, TEXTOID, TIMESTAMPTZOID);

static EcpPlan insert_points =
ECP_PLAN("INSERT INTO ecopanier.category_points (territory_id, category, points, valid_from, source) VALUES ($1, $2, $3, $4, $5) RETURNING version",
		 INT4OID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID);

/* The lock on the territory makes the numbering of versions serial. */
static EcpPlan next_version =
ECP_PLAN("WITH serial AS MATERIALIZED (SELECT id FROM ecopanier.territory WHERE id = $1 FOR NO KEY UPDATE) "
		 "SELECT coalesce((SELECT max(version) FROM ecopanier.category_points WHERE territory_id = id AND category = $2), 0) + 1 FROM serial",
		 INT4OID, TEXTOID);

EcpPoints
ecp_points_at(int32 territory, const char *category, TimestampTz moment)
{
	EcpPoints	found = {.points = 1};
	Datum		keys[3] = {Int32GetDatum(territory), (Datum) 0, TimestampTzGetDatum(moment)};
	Datum		values[2];
	bool		nulls[2];

	if (category == NULL)
		return found;
	keys[1] = CStringGetTextDatum(category);
	if (ecp_lookup(&find_points, keys, values, nulls))
	{
		found.points = DatumGetInt32(values[0]);
		found.version = DatumGetInt32(values[1]);
	}
	return found;
}

Datum
ecp_set_category_points(PG_FUNCTION_ARGS)
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
				 errmsg("points need a category, a number and a source"),
				 errhint("The source says why: a decision, a rule, a convention.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = PG_ARGISNULL(3) ? TimestampTzGetDatum(ecp_clock_now()) : PG_GETARG_DATUM(3);
	values[4] = PG_GETARG_DATUM(2);
	ecp_plan_begin(&saved);
	ecp_plan_run(&insert_points, values, NULL, false, 0);
	version = DatumGetInt32(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_INT32(version);
}

static void
check_category(const EcpRow *row)
{
	int			category = ecp_row_column(row->desc, "category");
	text	   *code = row->nulls[category] ? NULL : DatumGetTextPP(row->values[category]);

	if (code && ecp_category_find(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no such category"),
				 errhint("The categories are those of lots.")));
}

/* An administrator's value begins now or later. */
static void
check_author(EcpRow *row, const EcpCaller *caller)
{
	int			valid_from = ecp_row_column(row->desc, "valid_from");
	TimestampTz begins = DatumGetTimestampTz(row->values[valid_from]);

	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (!row->nulls[valid_from] && (begins < ecp_clock_now() || TIMESTAMP_NOT_FINITE(begins)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("points begin neither in the past nor never"),
				 errhint("Leave valid_from out, or give a later time.")));
	ecp_row_set(row, ecp_row_column(row->desc, "author_id"), UUIDPGetDatum(&caller->member));
}

static void
fill_version(EcpRow *row)
{
	int			territory = ecp_row_column(row->desc, "territory_id");
	int			category = ecp_row_column(row->desc, "category");
	NameData   *login = palloc(sizeof(NameData));
	Datum		values[2] = {row->values[territory], row->values[category]};
	EcpOwner	saved;

	namestrcpy(login, GetUserNameFromId(GetSessionUserId(), false));
	ecp_row_set(row, ecp_row_column(row->desc, "author_login"), NameGetDatum(login));
	if (row->nulls[territory] || row->nulls[category])
		return;					/* NOT NULL speaks for itself */
	ecp_plan_begin(&saved);
	ecp_plan_run(&next_version, values, NULL, false, 1);
	if (SPI_processed == 1)
		ecp_row_set(row, ecp_row_column(row->desc, "version"), ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
}

Datum
ecp_trg_category_points_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const EcpCaller *caller;
	EcpRow		row;

	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("points are neither changed nor deleted"),
				 errhint("Add a value with ecopanier.set_category_points().")));
	if (ecp_trigger_is_replica())
		return PointerGetDatum(trigger->tg_trigtuple);
	ecp_row_open(&row, trigger);
	caller = ecp_caller_or_loader();
	check_category(&row);
	if (caller)
		check_author(&row, caller);
	fill_version(&row);
	return ecp_row_close(&row);
}
