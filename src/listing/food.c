/*
 * The categories of food as SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "market/food_core.h"

PG_FUNCTION_INFO_V1(ecp_food_categories);

Datum
ecp_food_categories(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < ECP_CATEGORIES; i++)
	{
		Datum		values[5] = {CStringGetTextDatum(ecp_categories[i].code)};
		bool		nulls[5] = {false};

		for (int j = 0; j < 4; j++)
		{
			const char *label = ecp_categories[i].label[j];

			values[j + 1] = CStringGetTextDatum(pg_any_to_server(label, strlen(label), PG_UTF8));
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
