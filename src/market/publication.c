/*
 * Publication: the way from draft to published.
 *
 * A lot that lacks something is refused once, with everything that it lacks.
 * Callers and loads meet the same list; a lot that is loaded as closed or
 * cancelled is history and not held against it.  Afterwards the row is frozen
 * (lot.c), so what was complete stays so.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/plan.h"
#include "market/food_core.h"
#include "market/publication.h"
#include "market/use_by.h"

/* Against the update of its state: so a lot is either there when the organisation is suspended, or not published. */
static EcpPlan share_organisation =
ECP_PLAN("SELECT state FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR SHARE",
		 INT4OID, UUIDOID);

#define ECP_MISSING_UNITS "public_units or solidarity_units"

static void
name_missing(List **missing, bool lacks, const char *name)
{
	if (lacks)
		*missing = lappend(*missing, makeString(pstrdup(name)));
}

static bool
has_category(const EcpRow *row)
{
	char	   *code;

	if (ecp_row_lacks(row, "category"))
		return false;
	code = TextDatumGetCString(ecp_row_value(row, "category"));
	return ecp_category_find(code, strlen(code)) >= 0;
}

static bool
has_batch(const EcpRow *row)
{
	char	   *batch;

	if (ecp_row_lacks(row, "batch"))
		return false;
	batch = TextDatumGetCString(ecp_row_value(row, "batch"));
	return batch[strspn(batch, " \t\r\n")] != '\0';
}

List *
ecp_publication_missing(const EcpRow *row)
{
	List	   *missing = NIL;
	int32		public_units = DatumGetInt32(ecp_row_value(row, "public_units"));
	int32		solidarity_units = DatumGetInt32(ecp_row_value(row, "solidarity_units"));
	bool		undated = DatumGetBool(ecp_row_value(row, "undated"));

	name_missing(&missing, !has_category(row), "category");
	name_missing(&missing, ecp_row_lacks(row, "window_start"), "window_start");
	name_missing(&missing, ecp_row_lacks(row, "window_end"), "window_end");
	name_missing(&missing, public_units + solidarity_units == 0, ECP_MISSING_UNITS);
	name_missing(&missing, ecp_row_lacks(row, "original_price_cents"), "original_price_cents");
	name_missing(&missing, public_units > 0 && ecp_row_lacks(row, "price_cents"), "price_cents");
	name_missing(&missing, ecp_row_lacks(row, "unit_weight_g") && ecp_row_lacks(row, "meals_per_unit"), "unit_weight_g or meals_per_unit");
	name_missing(&missing, ecp_row_lacks(row, "cold_class"), "cold_class");
	name_missing(&missing, ecp_row_lacks(row, "use_by") && ecp_row_lacks(row, "best_before") && !undated, "use_by or best_before or undated");
	name_missing(&missing, !undated && !has_batch(row), "batch");
	name_missing(&missing, public_units > 0 && ecp_row_lacks(row, "allergens"), "allergens");
	return missing;
}

static void
raise_missing(const List *missing)
{
	StringInfoData names;
	ListCell   *item;

	if (missing == NIL)
		return;
	initStringInfo(&names);
	foreach(item, missing)
		appendStringInfo(&names, "%s%s", names.len ? ", " : "", strVal(lfirst(item)));
	ereport(ERROR,
			(errcode(ECP_ERR_LOT_INCOMPLETE),
			 errmsg("the lot is not complete"),
			 errdetail("Missing: %s.", names.data),
			 errhint("Fill in what is missing, then publish.")));
}

/* Nothing is offered past its use-by date, nor by a caller in the past. */
static void
check_dates(const EcpRow *row, const EcpCaller *caller)
{
	TimestampTz window_end = DatumGetTimestampTz(ecp_row_value(row, "window_end"));

	if (!ecp_row_lacks(row, "use_by") &&
		ecp_lot_past_use_by(DatumGetInt32(ecp_row_value(row, "territory_id")), DatumGetDateADT(ecp_row_value(row, "use_by")), window_end - 1))
		ereport(ERROR,
				(errcode(ECP_ERR_PAST_USE_BY),
				 errmsg("the pickup window ends after the use-by date"),
				 errhint("End the window on the use-by date at the latest.")));
	if (caller && window_end <= ecp_clock_now())
		ereport(ERROR,
				(errcode(ECP_ERR_WINDOW_CLOSED),
				 errmsg("the pickup window is over"),
				 errhint("Give a window that is still to come.")));
}

/* A caller offers for an active organisation. */
static void
check_organisation(const EcpRow *row)
{
	Datum		key[2] = {ecp_row_value(row, "territory_id"), ecp_row_value(row, "organisation_id")};

	ecp_plan_run(&share_organisation, key, NULL, false, 1);
	if (SPI_processed == 1 && strcmp(ecp_plan_text(0, 1), "active") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the organisation does not offer lots now"),
				 errhint("Only active organisations do; ecopanier.my_organisations() tells the state.")));
}

void
ecp_publication_open(EcpRow *row, const EcpCaller *caller)
{
	raise_missing(ecp_publication_missing(row));
	check_dates(row, caller);
	if (caller)
		check_organisation(row);
	if (ecp_row_lacks(row, "published_at"))
		ecp_row_set(row, ecp_row_column(row->desc, "published_at"), TimestampTzGetDatum(ecp_clock_now()));
}

void
ecp_publication_keep(const EcpRow *row)
{
	List	   *missing = NIL;
	int			at = ecp_row_column(row->desc, "public_units");
	int32		public_units = DatumGetInt32(row->values[at]);

	name_missing(&missing, public_units + DatumGetInt32(ecp_row_value(row, "solidarity_units")) == 0, ECP_MISSING_UNITS);
	name_missing(&missing, public_units > 0 && ecp_row_lacks(row, "price_cents"), "price_cents");
	name_missing(&missing, public_units > 0 && DatumGetInt32(row->old_values[at]) == 0 && ecp_row_lacks(row, "allergens"), "allergens");
	raise_missing(missing);
}
