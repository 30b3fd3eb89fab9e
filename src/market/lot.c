/*
 * Lots: what a merchant may write, what stays as it is after publication, and
 * what cancelling one does.  What publishing needs is in publication.c.
 *
 * Taking a lot off sale locks its row FOR UPDATE, against the KEY SHARE lock of
 * a claim: so a claim is either there when the lot's claims are cancelled, or
 * it finds the lot closed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/setting.h"
#include "identity/tenant.h"
#include "market/allergen.h"
#include "market/label.h"
#include "market/offerer.h"
#include "market/price.h"
#include "market/publication.h"
#include "market/stock.h"
#include "market/window.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_guard);
PG_FUNCTION_INFO_V1(ecp_trg_lot_stocked);
PG_FUNCTION_INFO_V1(ecp_trg_lot_changed);

#define DAY_FIRST 0				/* 2000-01-01 */
#define DAY_LAST (date2j(2199, 12, 31) - POSTGRES_EPOCH_JDATE)

static const EcpTransition transitions[] = {
	{"draft", "published"}, {"draft", "cancelled"}, {"published", "closed"}, {"published", "cancelled"},
	{"closed", "cancelled"}, {NULL, NULL}
};

/* What a published lot says does not change: claims rest on it. */
static const char *const published_columns[] = {
	"organisation_id", "title", "category", "original_price_cents", "price_cents", "unit_weight_g", "meals_per_unit", "use_by",
	"best_before", "undated", "batch", "allergens", "window_start", "window_end", "windows", "commune_insee", "cold_class",
	"limit_celsius", "origin", "farming_method", "nutri_score", "provenance", "labels", "wishes", "price_falls_from",
	"price_step_minutes", "price_step_cents", "price_floor_cents", NULL
};

static EcpPlan find_place =
ECP_PLAN("SELECT commune_insee, latitude, longitude FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan lock_lot =
ECP_PLAN("SELECT 1 FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR UPDATE",
		 INT4OID, UUIDOID);

/* A lot is picked up where its organisation is, unless it says otherwise. */
static void
fill_place(EcpRow *row)
{
	static const char *const names[] = {"commune_insee", "latitude", "longitude"};
	Datum		values[2] = {ecp_row_value(row, "territory_id"), ecp_row_value(row, "organisation_id")};
	int			i;

	ecp_plan_run(&find_place, values, NULL, true, 1);
	if (SPI_processed != 1)
		return;					/* the foreign key speaks for itself */
	for (i = 0; i < 3; i++)
	{
		int			target = ecp_row_column(row->desc, names[i]);
		bool		isnull;
		Datum		value = ecp_plan_value(0, i + 1, &isnull);

		if (row->nulls[target] && !isnull)
			ecp_row_set(row, target, i == 0 ? SPI_datumTransfer(value, false, -1) : value);
	}
}

/* Rule D4: 30 to 70 percent off, both ends allowed; the versions are noted. */
static void
check_price(EcpRow *row, const EcpCaller *caller)
{
	int32		territory = DatumGetInt32(ecp_row_value(row, "territory_id"));
	TimestampTz moment = caller ? ecp_clock_now() : DatumGetTimestampTz(ecp_row_value(row, "created_at"));
	EcpSetting	least;
	EcpSetting	most;
	int64		original;
	int64		price;

	if (ecp_row_lacks(row, "original_price_cents") || ecp_row_lacks(row, "price_cents"))
		return;
	original = DatumGetInt32(ecp_row_value(row, "original_price_cents"));
	price = DatumGetInt32(ecp_row_value(row, "price_cents"));
	least = ecp_setting_at(territory, "discount_minimum", moment);
	most = ecp_setting_at(territory, "discount_maximum", moment);
	if (price * 100 > original * (100 - least.value) || price * 100 < original * (100 - most.value))
		ereport(ERROR,
				(errcode(ECP_ERR_PRICE_OUT_OF_RANGE),
				 errmsg("the discount is out of range"),
				 errdetail("A unit of %lld cents is sold for %lld to %lld cents.", (long long) original,
						   (long long) ((original * (100 - most.value) + 99) / 100),
						   (long long) (original * (100 - least.value) / 100)),
				 errhint("A sold lot is %lld to %lld percent off.", (long long) least.value, (long long) most.value)));
	ecp_lot_price_check(row, original, most.value);
	ecp_row_set(row, ecp_row_column(row->desc, "discount_minimum_version"), Int32GetDatum(least.version));
	ecp_row_set(row, ecp_row_column(row->desc, "discount_maximum_version"), Int32GetDatum(most.version));
}

static bool
has_state(const EcpRow *row, const char *state)
{
	return !ecp_row_lacks(row, "state") && strcmp(TextDatumGetCString(ecp_row_value(row, "state")), state) == 0;
}

/* Goods that are given and never sold have no units at a price. */
static void
check_provenance(const EcpRow *row)
{
	static const char *const never_sold[] = {"eu_funded", "seized", "undersized"};
	char	   *provenance;

	if (ecp_row_lacks(row, "provenance") || DatumGetInt32(ecp_row_value(row, "public_units")) <= 0)
		return;
	provenance = TextDatumGetCString(ecp_row_value(row, "provenance"));
	for (int i = 0; i < (int) lengthof(never_sold); i++)
		if (strcmp(provenance, never_sold[i]) == 0)
			ereport(ERROR,
					(errcode(ECP_ERR_NOT_FOR_SALE),
					 errmsg("goods of this provenance are given and never sold"),
					 errdetail("The provenance is \"%s\".", provenance),
					 errhint("Put all units into the solidarity pool.")));
}

/* What a row says, whatever its state. */
static void
check_words(const EcpRow *row)
{
	check_provenance(row);
	ecp_label_check(row);
}

/* Days that a label can bear: others cannot be reckoned with.  Lots of before this rule keep what they say. */
static void
check_days(const EcpRow *row)
{
	static const char *const names[] = {"use_by", "best_before"};
	int			i;

	for (i = 0; i < 2; i++)
	{
		int			at = ecp_row_column(row->desc, names[i]);
		DateADT		day = row->nulls[at] ? DAY_FIRST : DatumGetDateADT(row->values[at]);

		if ((row->old_values == NULL || ecp_row_differs(row, at)) && (day < DAY_FIRST || day > DAY_LAST))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is no day that food bears", names[i]),
					 errhint("Give a day from 2000 to 2199, or say that the food is undated.")));
	}
}

static void
check_insert(EcpRow *row, const EcpCaller *caller)
{
	if (caller)
		ecp_offerer_fill(row, caller);
	if (ecp_row_lacks(row, "organisation_id") || ecp_row_lacks(row, "territory_id"))
		return;					/* NOT NULL speaks for itself */
	fill_place(row);
	check_days(row);
	ecp_allergens_check(row);
	ecp_window_fill(row);
	check_words(row);
	check_price(row, caller);
	if (has_state(row, "published"))
		ecp_publication_open(row, caller);
}

/* Units come to a lot while it is offered, and never to what is left of another. */
static void
check_growth(const EcpRow *row)
{
	if (!ecp_text_is(row->old_values[ecp_row_column(row->desc, "state")], false, "published") || !has_state(row, "published") ||
		!ecp_row_lacks(row, "source_lot_id"))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the units of this lot do not change any more"),
				 errhint("Publish another lot.")));
	if (DatumGetTimestampTz(ecp_row_value(row, "window_end")) <= ecp_clock_now())
		ereport(ERROR,
				(errcode(ECP_ERR_WINDOW_CLOSED),
				 errmsg("the pickup window is over"),
				 errhint("Publish another lot.")));
}

/*
 * Units of a published lot may grow.  A caller who could take them back would
 * learn from the refusal in which pool a person claimed (rule D13).
 */
static void
check_units(const EcpRow *row, const EcpCaller *caller)
{
	static const char *const names[] = {"public_units", "solidarity_units"};
	int			i;

	for (i = 0; caller && i < 2; i++)
	{
		int			at = ecp_row_column(row->desc, names[i]);

		if (ecp_row_differs(row, at))
			check_growth(row);
		if (DatumGetInt32(row->values[at]) < DatumGetInt32(row->old_values[at]))
			ereport(ERROR,
					(errcode(ECP_ERR_HISTORY_KEPT),
					 errmsg("units of a published lot are not taken back"),
					 errhint("Close the lot to end claiming, or cancel it.")));
	}
}

static void
check_update(EcpRow *row, const EcpCaller *caller)
{
	int			state = ecp_row_column(row->desc, "state");
	Datum		key[2] = {ecp_row_value(row, "territory_id"), ecp_row_value(row, "id")};
	char	   *before = TextDatumGetCString(row->old_values[state]);

	ecp_offerer_check(caller, row->old_values[ecp_row_column(row->desc, "organisation_id")]);
	ecp_window_fill(row);
	check_days(row);
	ecp_allergens_check(row);
	check_words(row);
	ecp_transition_check(row, state, transitions);
	if (strcmp(before, "draft") != 0)
	{
		ecp_row_freeze(row, published_columns);
		check_units(row, caller);
	}
	else if (!has_state(row, "cancelled"))
		check_price(row, caller);
	if (has_state(row, "published") && ecp_row_differs(row, state))
		ecp_publication_open(row, caller);
	else if (has_state(row, "published"))
		ecp_publication_keep(row);
	else if (ecp_row_differs(row, state))
	{
		ecp_require_read_committed("a lot is taken off sale");	/* claims could be missed */
		ecp_plan_run(&lock_lot, key, NULL, false, 1);
	}
}

/* A draft can be thrown away; anything else has a history. */
static void
check_delete(const EcpRow *row, const EcpCaller *caller)
{
	ecp_offerer_check(caller, ecp_row_value(row, "organisation_id"));
	if (!has_state(row, "draft"))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("a lot that was published is not deleted"),
				 errhint("Cancel it instead.")));
}

Datum
ecp_trg_lot_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		check_delete(&row, caller);
	else if (row.old_values)
		check_update(&row, caller);
	else
		check_insert(&row, caller);
	ecp_plan_end(&saved);
	return ecp_row_close(&row);
}

/* Makes the stock of a new lot, drops that of a deleted one. */
Datum
ecp_trg_lot_stocked(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	EcpOwner	saved;
	pg_uuid_t  *id;

	ecp_row_open(&row, trigger);
	id = DatumGetUUIDP(ecp_row_value(&row, "id"));
	ecp_plan_begin(&saved);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ecp_stock_drop(DatumGetInt32(ecp_row_value(&row, "territory_id")), id);
	else
		ecp_stock_make(DatumGetInt32(ecp_row_value(&row, "territory_id")), id, DatumGetInt32(ecp_row_value(&row, "public_units")),
					   DatumGetInt32(ecp_row_value(&row, "solidarity_units")));
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* Runs a statement on the changed lots, old_lots and new_lots. */
static void
run_on_changed(const char *statement)
{
	if (SPI_execute(statement, false, 0) < 0)
		elog(ERROR, "could not run \"%s\"", statement);
}

/*
 * Cancels the claims on the lots that a statement cancelled: reservations are
 * locked in key order, and their own trigger gives quota and stock back.
 */
static void
cancel_claims(void)
{
	run_on_changed("SELECT 1 FROM ecopanier.reservation r JOIN new_lots n ON n.territory_id = r.territory_id AND n.id = r.lot_id "
				   "JOIN old_lots o ON o.territory_id = n.territory_id AND o.id = n.id "
				   "WHERE n.state = 'cancelled' AND o.state <> 'cancelled' AND r.state IN ('awaiting_payment', 'held') "
				   "ORDER BY r.territory_id, r.id FOR UPDATE OF r");
	if (SPI_processed > 0)
		run_on_changed("UPDATE ecopanier.reservation r SET state = 'cancelled', cancel_reason = n.cancel_reason "
					   "FROM new_lots n JOIN old_lots o ON o.territory_id = n.territory_id AND o.id = n.id "
					   "WHERE n.territory_id = r.territory_id AND n.id = r.lot_id "
					   "AND n.state = 'cancelled' AND o.state <> 'cancelled' AND r.state IN ('awaiting_payment', 'held')");
}

/* Takes from the stock what the units of lots lost, and gives what they gained, in key order. */
static void
adjust_stock(void)
{
	EcpStockTake *takes;
	uint64		count;
	uint64		i;

	run_on_changed("SELECT n.territory_id, n.id, o.public_units - n.public_units, o.solidarity_units - n.solidarity_units "
				   "FROM new_lots n JOIN old_lots o ON o.territory_id = n.territory_id AND o.id = n.id "
				   "WHERE (o.public_units, o.solidarity_units) <> (n.public_units, n.solidarity_units)");
	count = SPI_processed;
	takes = palloc(Max(count, 1) * sizeof(EcpStockTake));
	for (i = 0; i < count; i++)
	{
		takes[i].territory = DatumGetInt32(ecp_plan_known(i, 1));
		takes[i].lot = *DatumGetUUIDP(ecp_plan_known(i, 2));
		takes[i].public_units = DatumGetInt32(ecp_plan_known(i, 3));
		takes[i].solidarity_units = DatumGetInt32(ecp_plan_known(i, 4));
	}
	ecp_stock_take(takes, (int) count);
}

Datum
ecp_trg_lot_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	if (SPI_register_trigger_data(trigger) != SPI_OK_TD_REGISTER)
		elog(ERROR, "could not read the changed lots");
	cancel_claims();
	adjust_stock();
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
