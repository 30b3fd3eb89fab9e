/*
 * Publication: the way from draft to published.
 *
 * A lot that lacks something is refused once, with everything that it lacks.
 * Callers and loads meet the same list; a lot that is loaded as closed or
 * cancelled is history and not held against it.  Afterwards the row is frozen
 * (lot.c), so what was complete stays so.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "market/food_core.h"
#include "market/label.h"
#include "market/publication.h"
#include "market/use_by.h"

PG_FUNCTION_INFO_V1(ecp_lot_missing);

/* Against the update of its state: so a lot is either there when the organisation is suspended, or not published. */
static EcpPlan share_organisation =
ECP_PLAN("SELECT state FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR SHARE",
		 INT4OID, UUIDOID);

static EcpPlan find_limit =
ECP_PLAN("SELECT coalesce(maximum_celsius, minimum_celsius) FROM ecopanier.cold_class WHERE code = $1",
		 TEXTOID);

static EcpPlan read_lot =
ECP_PLAN("SELECT * FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 AND organisation_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

#define ECP_MISSING_UNITS "public_units or solidarity_units"

static void
name_missing(List **missing, bool lacks, const char *name)
{
	if (lacks)
		*missing = lappend(*missing, (void *) name);
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

/* Whether there is a batch that is not all blanks, of which some do not break lines. */
static bool
has_batch(const EcpRow *row)
{
	static const char *const blanks[] = {" ", "\t", "\r", "\n", "\xC2\xA0", "\xE2\x80\xAF"};
	char	   *batch;

	if (ecp_row_lacks(row, "batch"))
		return false;
	batch = TextDatumGetCString(ecp_row_value(row, "batch"));
	while (*batch != '\0')
	{
		Size		blank = 0;

		while (blank < lengthof(blanks) && strncmp(batch, blanks[blank], strlen(blanks[blank])) != 0)
			blank++;
		if (blank == lengthof(blanks))
			return true;
		batch += strlen(blanks[blank]);
	}
	return false;
}

/* Whether one of the words is in an array column. */
static bool
has_any(const EcpRow *row, const char *name, const char *const *words)
{
	Datum	   *elements;
	int			count;

	if (ecp_row_lacks(row, name))
		return false;
	deconstruct_array(DatumGetArrayTypeP(ecp_row_value(row, name)), TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		for (const char *const *word = words; *word; word++)
			if (strcmp(TextDatumGetCString(elements[i]), *word) == 0)
				return true;
	return false;
}

/* Food from organic farming says by which label, and a label that needs a certificate has one. */
static void
name_missing_labels(List **missing, const EcpRow *row)
{
	static const char *const organic[] = {"organic_ab", "organic_eu", NULL};
	ListCell   *item;

	name_missing(missing, !ecp_row_lacks(row, "farming_method") && !has_any(row, "labels", organic) &&
				 strcmp(TextDatumGetCString(ecp_row_value(row, "farming_method")), "organic") == 0, "label organic_ab or organic_eu");
	if (!ecp_row_lacks(row, "source_lot_id"))
		return;					/* left over from a lot that had the certificate */
	foreach(item, ecp_label_uncertified(row))
		*missing = lappend(*missing, psprintf("certificate of %s", (const char *) lfirst(item)));
}

/* What the row of a lot lacks to be published, as texts. */
static List *
find_missing(const EcpRow *row)
{
	/* wishes that rest on allergens */
	static const char *const exclusions[] = {"no_fish", "no_shellfish", "no_egg", "no_milk", "no_gluten", "no_nuts", "no_peanut",
	"no_soya", "no_sesame", NULL};
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
	name_missing(&missing, ecp_row_lacks(row, "allergens") && (public_units > 0 || has_any(row, "wishes", exclusions)), "allergens");
	name_missing_labels(&missing, row);
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
		appendStringInfo(&names, "%s%s", names.len ? ", " : "", (const char *) lfirst(item));
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

/* The limit temperature as it is now: a later change of the table does not change what was said. */
static void
fill_limit(EcpRow *row)
{
	int			at = ecp_row_column(row->desc, "limit_celsius");
	Datum		class = ecp_row_value(row, "cold_class");
	Datum		limit;
	bool		isnull;

	ecp_plan_run(&find_limit, &class, NULL, true, 1);
	if (SPI_processed == 0)
		return;					/* the foreign key speaks for itself */
	limit = ecp_plan_value(0, 1, &isnull);
	if (isnull)
		ecp_row_set_null(row, at);
	else
		ecp_row_set(row, at, SPI_datumTransfer(limit, false, -1));
}

void
ecp_publication_open(EcpRow *row, const EcpCaller *caller)
{
	raise_missing(find_missing(row));
	check_dates(row, caller);
	if (caller)
		check_organisation(row);
	fill_limit(row);
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

/* A lot of the caller's organisation, as the row that a guard would see.  Raises ZE101. */
static void
read_row(const EcpCaller *caller, const pg_uuid_t *lot, EcpRow *row)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(lot), UUIDPGetDatum(&caller->organisation)};
	bool		asked = lot && caller->has_organisation && caller->function >= ECP_FUNCTION_READER;

	if (asked)
		ecp_plan_run(&read_lot, values, NULL, true, 1);
	if (!asked || SPI_processed != 1)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such lot"),
				 errhint("The organisation's lots stand in ecopanier.lot.")));
	memset(row, 0, sizeof(EcpRow));
	row->desc = SPI_tuptable->tupdesc;
	row->given = SPI_tuptable->vals[0];
	row->values = palloc(row->desc->natts * sizeof(Datum));
	row->nulls = palloc(row->desc->natts * sizeof(bool));
	heap_deform_tuple(row->given, row->desc, row->values, row->nulls);
}

Datum
ecp_lot_missing(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	EcpRow		row;
	List	   *missing;
	ListCell   *item;
	Datum	   *names;
	int			count = 0;
	MemoryContext outside = CurrentMemoryContext;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_plan_begin(&saved);
	read_row(caller, PG_ARGISNULL(0) ? NULL : PG_GETARG_UUID_P(0), &row);
	missing = find_missing(&row);
	MemoryContextSwitchTo(outside);
	names = palloc(Max(list_length(missing), 1) * sizeof(Datum));
	foreach(item, missing)
		names[count++] = CStringGetTextDatum((const char *) lfirst(item));
	ecp_plan_end(&saved);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}
