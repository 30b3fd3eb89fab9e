/*
 * The use-by date; see use_by.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "common/errors.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "market/use_by.h"
#include "territory/local_day.h"

/* The calendars of the world run from 12 hours behind UTC to 14 hours ahead. */
#define FIRST_END	(USECS_PER_DAY - 14 * USECS_PER_HOUR)
#define LAST_END	(USECS_PER_DAY + 12 * USECS_PER_HOUR)

static EcpLookup find_use_by =
ECP_LOOKUP("lot", ECP_LIST("territory_id", "id"), ECP_LIST("use_by"),
		   "SELECT use_by FROM ecopanier.lot WHERE territory_id = $1 AND id = $2",
		   INT4OID, UUIDOID);

bool
ecp_lot_past_use_by(int32 territory, DateADT use_by, TimestampTz at)
{
	int64		into_day = at - (int64) use_by * USECS_PER_DAY;

	if (DATE_NOT_FINITE(use_by))
		return DATE_IS_NOBEGIN(use_by);
	if (into_day < FIRST_END)
		return false;
	if (into_day >= LAST_END)
		return true;
	return ecp_local_day(territory, at) > use_by;
}

void
ecp_lot_require_use_by(int32 territory, DateADT use_by, TimestampTz at)
{
	if (ecp_lot_past_use_by(territory, use_by, at))
		ereport(ERROR,
				(errcode(ECP_ERR_PAST_USE_BY),
				 errmsg("the use-by date is over"),
				 errhint("After it nothing is sold, given or moved.")));
}

void
ecp_lot_require_handover(Datum territory, Datum lot, Datum at)
{
	Datum		keys[2] = {territory, lot};
	EcpOwner	saved;
	Datum		use_by;
	bool		undated;

	ecp_plan_begin(&saved);
	if (ecp_lookup(&find_use_by, keys, &use_by, &undated) && !undated)
		ecp_lot_require_use_by(DatumGetInt32(territory), DatumGetDateADT(use_by), DatumGetTimestampTz(at));
	ecp_plan_end(&saved);
}
