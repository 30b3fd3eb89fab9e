/*
 * The table that is searched: open_lot.
 *
 * It holds published lots with what filters read, and nothing that a claim
 * changes: what is left of a lot stands in lot_stock and is looked up by key
 * for the few that pass, so that claiming writes no index of ours.  What a row
 * holds is said once, in the view open_lot_fact; the triggers here copy from
 * it, rebuild_open_lots() and self_check() compare with it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/geo_decls.h"

#include "common/derived.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "find/distance_core.h"
#include "find/question.h"
#include "market/allergen.h"
#include "market/food_core.h"

PG_FUNCTION_INFO_V1(ecp_lot_spot);
PG_FUNCTION_INFO_V1(ecp_distance_m);
PG_FUNCTION_INFO_V1(ecp_allergen_bits);
PG_FUNCTION_INFO_V1(ecp_category_label);
PG_FUNCTION_INFO_V1(ecp_trg_open_lot_guard);
PG_FUNCTION_INFO_V1(ecp_trg_lot_opened);
PG_FUNCTION_INFO_V1(ecp_trg_organisation_renamed);
PG_FUNCTION_INFO_V1(ecp_rebuild_open_lots);

static EcpPlan drop_lot =
ECP_PLAN("DELETE FROM ecopanier_private.open_lot WHERE territory_id = $1 AND lot_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan add_lot =
ECP_PLAN("INSERT INTO ecopanier_private.open_lot SELECT * FROM ecopanier_private.open_lot_fact WHERE territory_id = $1 AND lot_id = $2",
		 INT4OID, UUIDOID);

/* A new name waits for the lots that bear the old one here, or they wait for it. */
static EcpPlan lock_name =
ECP_PLAN("SELECT FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR SHARE",
		 INT4OID, UUIDOID);

static EcpPlan rename_lots =
ECP_PLAN("UPDATE ecopanier_private.open_lot o SET title_words = f.title_words, words = f.words FROM ecopanier_private.open_lot_fact f "
		 "WHERE f.territory_id = $1 AND f.organisation_id = $2 AND o.territory_id = f.territory_id AND o.lot_id = f.lot_id",
		 INT4OID, UUIDOID);

static EcpPlan lock_facts = {
	.text = "LOCK TABLE ecopanier.organisation, ecopanier.lot, ecopanier_private.open_lot IN SHARE ROW EXCLUSIVE MODE"
};

static EcpPlan drop_closed = {
	.text = "DELETE FROM ecopanier_private.open_lot o WHERE NOT EXISTS (SELECT FROM ecopanier.lot l "
	"WHERE l.territory_id = o.territory_id AND l.id = o.lot_id AND l.state = 'published')"
};

static EcpPlan drop_wrong = {
	.text = "DELETE FROM ecopanier_private.open_lot o USING ecopanier_private.open_lot_fact f "
	"WHERE f.territory_id = o.territory_id AND f.lot_id = o.lot_id AND o::text <> f::text"
};

/* What is missing is found before the first row is added: looked for row by row, a table that grows would be read again and again. */
static EcpPlan add_missing = {
	.text = "WITH missing AS MATERIALIZED (SELECT territory_id, id FROM ecopanier.lot WHERE state = 'published' "
	"  EXCEPT SELECT territory_id, lot_id FROM ecopanier_private.open_lot) "
	"INSERT INTO ecopanier_private.open_lot SELECT f.* FROM missing m "
	"JOIN ecopanier_private.open_lot_fact f ON f.territory_id = m.territory_id AND f.lot_id = m.id"
};

static EcpDerived searched = {0};

/* A place on earth, or 22023. */
static EcpPlace
place_argument(FunctionCallInfo fcinfo, int first)
{
	EcpPlace	place = {PG_GETARG_FLOAT8(first), PG_GETARG_FLOAT8(first + 1)};

	if (!(place.latitude >= -90 && place.latitude <= 90 && place.longitude >= -180 && place.longitude <= 180))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no such place on earth"),
				 errhint("Give latitudes from -90 to 90 and longitudes from -180 to 180 degrees.")));
	return place;
}

Datum
ecp_lot_spot(PG_FUNCTION_ARGS)
{
	EcpPlace	place = place_argument(fcinfo, 1);
	EcpSpot		spot;
	Point	   *point;

	if (!ecp_spot_exists(place))
		PG_RETURN_NULL();
	spot = ecp_spot(PG_GETARG_INT32(0), place);
	point = palloc(sizeof(Point));
	point->x = spot.x;
	point->y = spot.y;
	PG_RETURN_POINT_P(point);
}

Datum
ecp_distance_m(PG_FUNCTION_ARGS)
{
	EcpCentre	centre;

	ecp_centre_set(&centre, place_argument(fcinfo, 0));
	PG_RETURN_FLOAT8(ecp_distance(&centre, place_argument(fcinfo, 2)));
}

Datum
ecp_allergen_bits(PG_FUNCTION_ARGS)
{
	int32		bits;

	if (!ecp_allergen_bits_of(PG_GETARG_ARRAYTYPE_P(0), &bits))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these are not codes of allergens"),
				 errhint("The 14 codes stand at the column allergens of ecopanier.lot.")));
	PG_RETURN_INT32(bits);
}

Datum
ecp_category_label(PG_FUNCTION_ARGS)
{
	text	   *code = PG_GETARG_TEXT_PP(0);
	int			category = ecp_category_find(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));
	const char *label;

	if (category < 0)
		PG_RETURN_NULL();
	label = ecp_categories[category].label[0];
	PG_RETURN_TEXT_P(cstring_to_text(pg_any_to_server(label, strlen(label), PG_UTF8)));
}

/* Refuses writers other than the functions here. */
Datum
ecp_trg_open_lot_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	ecp_derived_require(&searched, trigger, "It follows from lots; ecopanier.rebuild_open_lots() computes it again.");
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

/* A lot that was published, changed or taken off sale. */
Datum
ecp_trg_lot_opened(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		key[2];
	Datum		organisation[2];
	int			state;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	key[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	key[1] = row.values[ecp_row_column(row.desc, "id")];
	organisation[0] = key[0];
	organisation[1] = row.values[ecp_row_column(row.desc, "organisation_id")];
	state = ecp_row_column(row.desc, "state");
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_name, organisation, NULL, false, 1);
	if (row.old_values && ecp_text_is(row.old_values[state], false, "published"))
		ecp_derived_run(&searched, &drop_lot, key, NULL);
	if (ecp_text_is(row.values[state], false, "published"))
		ecp_derived_run(&searched, &add_lot, key, NULL);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* A transaction that keeps an older snapshot renames lots that came after it too. */
Datum
ecp_trg_organisation_renamed(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		key[2];

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	key[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	key[1] = row.values[ecp_row_column(row.desc, "id")];
	ecp_plan_begin(&saved);
	ecp_derived_run_present(&searched, &rename_lots, key, NULL);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

Datum
ecp_rebuild_open_lots(PG_FUNCTION_ARGS pg_attribute_unused())
{
	EcpOwner	saved;
	int64		wrong;

	ecp_require_installed();
	ecp_require_superuser("rebuild_open_lots()");
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_facts, NULL, NULL, false, 0);
	ecp_derived_run(&searched, &drop_closed, NULL, NULL);
	wrong = (int64) SPI_processed;
	ecp_derived_run(&searched, &drop_wrong, NULL, NULL);
	ecp_derived_run(&searched, &add_missing, NULL, NULL);
	wrong += (int64) SPI_processed;
	ecp_plan_end(&saved);
	PG_RETURN_INT64(wrong);
}
