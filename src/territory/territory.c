/*
 * Territories: the operating areas, each a tenant.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"

PG_FUNCTION_INFO_V1(ecp_create_territory);
PG_FUNCTION_INFO_V1(ecp_trg_territory_guard);

static EcpPlan find_time_zone =
ECP_PLAN("SELECT 1 FROM pg_catalog.pg_timezone_names WHERE name = $1",
		 TEXTOID);

static EcpPlan insert_territory =
ECP_PLAN("INSERT INTO ecopanier.territory (slug, name, time_zone) VALUES ($1, $2, $3) RETURNING id",
		 TEXTOID, TEXTOID, TEXTOID);

Datum
ecp_create_territory(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	Datum		values[3];
	int32		id;
	int			i;

	ecp_require_installed();
	ecp_require_superuser("create_territory()");
	for (i = 0; i < 3; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a territory needs a slug, a name and a time zone"),
					 errhint("For example: SELECT ecopanier.create_territory('grand-poitiers', 'Grand Poitiers', 'Europe/Paris').")));
		values[i] = PG_GETARG_DATUM(i);
	}
	ecp_plan_begin(&saved);
	ecp_plan_run(&insert_territory, values, NULL, false, 0);
	id = DatumGetInt32(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_INT32(id);
}

static void
check_time_zone(Datum name)
{
	EcpOwner	saved;
	bool		found;

	ecp_plan_begin(&saved);
	ecp_plan_run(&find_time_zone, &name, NULL, true, 1);
	found = SPI_processed == 1;
	ecp_plan_end(&saved);
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" is not known", TextDatumGetCString(name)),
				 errhint("Names stand in pg_timezone_names, for example Europe/Paris or Indian/Reunion.")));
}

Datum
ecp_trg_territory_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"id", NULL};
	EcpRow		row;
	int			column;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	column = ecp_row_column(row.desc, "time_zone");
	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (!row.nulls[column])
		check_time_zone(row.values[column]);
	return ecp_row_close(&row);
}
