/*
 * The use-by date; see use_by.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "market/use_by.h"
#include "territory/local_day.h"

/* The calendars of the world run from 12 hours behind UTC to 14 hours ahead. */
#define FIRST_END	(USECS_PER_DAY - 14 * USECS_PER_HOUR)
#define LAST_END	(USECS_PER_DAY + 12 * USECS_PER_HOUR)

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
