/*
 * The pickup windows of a lot; see window.h.
 *
 * Most lots have one window and windows is null.  Of several, the last end is
 * window_end, so that what asks whether a lot is over, or past its use-by date,
 * asks window_end alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "common/errors.h"
#include "market/window.h"

PG_FUNCTION_INFO_V1(ecp_windows_fit);
PG_FUNCTION_INFO_V1(ecp_local_times_fit);

/* Reads one range; whether it is a window. */
static bool
read_window(TypeCacheEntry *type, RangeType *range, EcpWindow *window)
{
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty || lower.infinite || upper.infinite || !lower.inclusive || upper.inclusive)
		return false;
	window->start = DatumGetTimestampTz(lower.val);
	window->end = DatumGetTimestampTz(upper.val);
	return !TIMESTAMP_NOT_FINITE(window->start) && !TIMESTAMP_NOT_FINITE(window->end);
}

int
ecp_windows_read(Datum windows, EcpWindow *found)
{
	ArrayType  *array = DatumGetArrayTypeP(windows);
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	TypeCacheEntry *type;
	Datum	   *ranges;

	if (ARR_NDIM(array) != 1 || count > ECP_WINDOWS_MAX || array_contains_nulls(array))
		return 0;
	type = lookup_type_cache(ARR_ELEMTYPE(array), TYPECACHE_RANGE_INFO);
	deconstruct_array(array, ARR_ELEMTYPE(array), type->typlen, type->typbyval, type->typalign, &ranges, NULL, &count);
	for (int i = 0; i < count; i++)
		if (!read_window(type, DatumGetRangeTypeP(ranges[i]), &found[i]) || (i > 0 && found[i].start < found[i - 1].end))
			return 0;
	return count;
}

static void
raise_over(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_WINDOW_CLOSED),
			 errmsg("the pickup window is over"),
			 errhint("Look for another lot in ecopanier.lot_offer.")));
}

EcpWindow
ecp_window_choose(EcpWindow whole, Datum windows, bool isnull, const TimestampTz *wanted, TimestampTz now)
{
	EcpWindow	found[ECP_WINDOWS_MAX] = {whole};
	int			count = isnull ? 1 : ecp_windows_read(windows, found);

	for (int i = 0; i < count; i++)
	{
		if (wanted ? found[i].start != *wanted : found[i].end <= now)
			continue;
		if (found[i].end <= now)
			raise_over();
		return found[i];
	}
	if (wanted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no pickup window of the lot starts then"),
				 errhint("Its windows stand in ecopanier.lot_window.")));
	raise_over();
	pg_unreachable();
}

void
ecp_window_fill(EcpRow *row)
{
	int			windows = ecp_row_column(row->desc, "windows");
	EcpWindow	found[ECP_WINDOWS_MAX];
	int			count;

	if (row->nulls[windows] || (row->old_values && !ecp_row_differs(row, windows)))
		return;
	count = ecp_windows_read(row->values[windows], found);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these are not pickup windows"),
				 errhint("Give 1 to %d ranges like [start,end), in order, which do not overlap.", ECP_WINDOWS_MAX)));
	ecp_row_set(row, ecp_row_column(row->desc, "window_start"), TimestampTzGetDatum(found[0].start));
	ecp_row_set(row, ecp_row_column(row->desc, "window_end"), TimestampTzGetDatum(found[count - 1].end));
	if (count == 1)
		ecp_row_set_null(row, windows);
}

/* The CHECK of lot: windows that are null, or several that begin and end as the lot does. */
Datum
ecp_windows_fit(PG_FUNCTION_ARGS)
{
	EcpWindow	found[ECP_WINDOWS_MAX];
	int			count;

	if (PG_ARGISNULL(0))
		PG_RETURN_BOOL(true);
	count = ecp_windows_read(PG_GETARG_DATUM(0), found);
	PG_RETURN_BOOL(count > 1 && !PG_ARGISNULL(1) && !PG_ARGISNULL(2) &&
				   found[0].start == PG_GETARG_TIMESTAMPTZ(1) && found[count - 1].end == PG_GETARG_TIMESTAMPTZ(2));
}

/* Reads an array of times of the day into room for ECP_WINDOWS_MAX; how many, 0 where it is none. */
static int
read_times(ArrayType *array, TimeADT *times)
{
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_NDIM(array) != 1 || count > ECP_WINDOWS_MAX || array_contains_nulls(array))
		return 0;
	memcpy(times, ARR_DATA_PTR(array), count * sizeof(TimeADT));
	return count;
}

/* The CHECK of lot_template: as many starts as ends, in order, which do not overlap. */
Datum
ecp_local_times_fit(PG_FUNCTION_ARGS)
{
	TimeADT		starts[ECP_WINDOWS_MAX];
	TimeADT		ends[ECP_WINDOWS_MAX];
	int			count = read_times(PG_GETARG_ARRAYTYPE_P(0), starts);
	bool		fit = count > 0 && read_times(PG_GETARG_ARRAYTYPE_P(1), ends) == count;

	for (int i = 0; fit && i < count; i++)
		fit = starts[i] < ends[i] && (i == 0 || ends[i - 1] <= starts[i]);
	PG_RETURN_BOOL(fit);
}
