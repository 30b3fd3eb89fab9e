/*
 * A territory's calendar.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/lookup.h"
#include "territory/local_day.h"

static EcpLookup find_zone =
ECP_LOOKUP_REMEMBERED("territory", ECP_LIST("id"), ECP_LIST("time_zone"),
					  "SELECT time_zone FROM ecopanier.territory WHERE id = $1",
					  INT4OID);

char *
ecp_local_zone(int32 territory)
{
	Datum		key = Int32GetDatum(territory);
	Datum		zone;
	bool		isnull;

	if (!ecp_lookup(&find_zone, &key, &zone, &isnull))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no territory %d", territory),
				 errhint("The territories stand in ecopanier.territory.")));
	return TextDatumGetCString(zone);
}

DateADT
ecp_local_day(int32 territory, TimestampTz moment)
{
	return ecp_clock_day(moment, ecp_local_zone(territory));
}
