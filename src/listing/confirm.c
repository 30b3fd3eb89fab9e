/*
 * What a person decides about a draft: confirm_proposal(), discard_proposal().
 *
 * A confirmed draft is an INSERT into lot like anybody's: the guard of lot says
 * who offers and at what price, and the lot is a draft that is published in a
 * step of its own.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "listing/field.h"
#include "listing/listing.h"

PG_FUNCTION_INFO_V1(ecp_confirm_proposal);
PG_FUNCTION_INFO_V1(ecp_discard_proposal);

#define REASON_MAX 1000			/* characters, as of the column */

static EcpPlan lock_proposal =
ECP_PLAN("SELECT state, lot_id FROM ecopanier.proposal WHERE territory_id = $1 AND id = $2 AND organisation_id = $3 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID, UUIDOID);

/* A field that a person gave another value keeps the one that was proposed, so that proposals can be judged. */
static EcpPlan correct_fields =
ECP_PLAN("UPDATE ecopanier.proposal p SET fields = (SELECT coalesce(jsonb_object_agg(name, CASE "
		 "WHEN c.value IS NULL OR c.value = f.value -> 'value' THEN f.value "
		 "ELSE jsonb_build_object('value', c.value, 'confidence', f.value -> 'confidence', 'source', 'person') || "
		 "CASE WHEN f.value IS NULL THEN '{}' ELSE jsonb_build_object('proposed', f.value -> 'value') END END), '{}') "
		 "FROM jsonb_each(p.fields) f (name, value) FULL JOIN jsonb_each($3) c (name, value) USING (name)) "
		 "WHERE territory_id = $1 AND id = $2 RETURNING fields #>> '{title,value}' IS NOT NULL",
		 INT4OID, UUIDOID, JSONBOID);

static EcpPlan insert_lot =
ECP_PLAN("WITH v AS (SELECT jsonb_object_agg(f.name, f.value -> 'value') AS object FROM ecopanier.proposal p, jsonb_each(p.fields) f (name, value) "
		 "WHERE p.territory_id = $1 AND p.id = $2) "
		 "INSERT INTO ecopanier.lot (title, description, category, public_units, solidarity_units, original_price_cents, price_cents, "
		 "unit_weight_g, meals_per_unit, use_by, best_before, batch, allergens, window_start, window_end, cold_class, undated, origin, "
		 "farming_method, nutri_score, provenance, labels, wishes) "
		 "SELECT title, description, category, coalesce(public_units, 0), coalesce(solidarity_units, 0), original_price_cents, price_cents, "
		 "unit_weight_g, meals_per_unit, use_by, best_before, batch, allergens, window_start, window_end, cold_class, coalesce(undated, false), origin, "
		 "farming_method, nutri_score, coalesce(provenance, 'bought'), coalesce(labels, '{}'), coalesce(wishes, '{}') "
		 "FROM v, jsonb_to_record(v.object) x (title text, description text, category text, public_units int, solidarity_units int, "
		 "original_price_cents int, price_cents int, unit_weight_g int, meals_per_unit numeric, use_by date, best_before date, batch text, "
		 "allergens text[], window_start timestamptz, window_end timestamptz, cold_class text, undated boolean, origin text, "
		 "farming_method text, nutri_score text, provenance text, labels text[], wishes text[]) RETURNING id",
		 INT4OID, UUIDOID);

/* $3 the lot. */
static EcpPlan copy_photo =
ECP_PLAN("INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes, orientation) SELECT $1, $3, f.bytes, f.orientation FROM ecopanier.proposal p "
		 "JOIN ecopanier.photo f ON f.territory_id = p.territory_id AND f.id = p.photo_id WHERE p.territory_id = $1 AND p.id = $2",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan note_lot =
ECP_PLAN("UPDATE ecopanier.proposal SET state = 'confirmed', lot_id = $3, decided_at = $4, decided_by = $5 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID, UUIDOID);

static EcpPlan discard =
ECP_PLAN("UPDATE ecopanier.proposal SET state = 'discarded', failure = NULL, reason = $3, decided_at = $4, decided_by = $5 "
		 "WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID, UUIDOID);

/* Raises unless the corrections are an object of known fields and what they take. */
static void
check_corrections(Jsonb *corrections)
{
	JsonbIterator *iterator = JsonbIteratorInit(&corrections->root);
	JsonbIteratorToken token;
	JsonbValue	item;
	int			field = -1;

	if (!JB_ROOT_IS_OBJECT(corrections))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("corrections are not a JSON object"),
				 errhint("Give fields by name, for example {\"price_cents\": 350}.")));
	(void) JsonbIteratorNext(&iterator, &item, true);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			field = ecp_field_find(item.val.string.val, item.val.string.len);
			if (field < 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a proposal has no field \"%.*s\"", pg_mbcliplen(item.val.string.val, item.val.string.len, NAMEDATALEN),
								item.val.string.val),
						 errhint("The comment on ecopanier.confirm_proposal() lists the fields.")));
		}
		else if (token == WJB_VALUE && item.type != jbvNull)
			ecp_field_check((EcpField) field, &item);
	}
}

/* Locks a proposal of the caller's organisation; its state. */
static char *
lock(const EcpCaller *caller, Datum proposal)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), proposal, UUIDPGetDatum(&caller->organisation)};

	ecp_plan_run(&lock_proposal, values, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_listing_raise_unknown();
	return ecp_plan_text(0, 1);
}

static void
raise_not_a_draft(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("the proposal is no draft to be confirmed"),
			 errhint("ecopanier.my_proposals() tells the states.")));
}

/* Makes the lot of the locked draft. */
static void
make_lot(const EcpCaller *caller, Datum proposal, Datum corrections, pg_uuid_t *lot)
{
	Datum		values[5] = {Int32GetDatum(caller->territory), proposal, corrections, TimestampTzGetDatum(ecp_clock_now()),
	UUIDPGetDatum(&caller->member)};

	ecp_plan_run(&correct_fields, values, NULL, false, 0);
	if (!DatumGetBool(ecp_plan_known(0, 1)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the lot has no \"title\""),
				 errhint("Give one with the corrections.")));
	ecp_plan_run(&insert_lot, values, NULL, false, 0);
	*lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
	values[2] = UUIDPGetDatum(lot);
	ecp_plan_run(&copy_photo, values, NULL, false, 0);
	ecp_plan_run(&note_lot, values, NULL, false, 0);
}

Datum
ecp_confirm_proposal(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	pg_uuid_t  *lot = palloc(sizeof(pg_uuid_t));
	Datum		corrections;
	Datum		known;
	char	   *state;
	bool		none;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_listing_require_staff(caller, ECP_FUNCTION_MANAGER);
	corrections = PG_ARGISNULL(1) ? DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")) : PG_GETARG_DATUM(1);
	check_corrections(DatumGetJsonbP(corrections));
	if (PG_ARGISNULL(0))
		ecp_listing_raise_unknown();
	ecp_plan_begin(&saved);
	state = lock(caller, PG_GETARG_DATUM(0));
	known = ecp_plan_value(0, 2, &none);
	if (!none)
		*lot = *DatumGetUUIDP(known);
	else if (strcmp(state, "draft") == 0)
		make_lot(caller, PG_GETARG_DATUM(0), corrections, lot);
	else
		raise_not_a_draft();
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(lot);
}

/* The reason as it is kept: NULL where it says nothing. */
static text *
read_reason(FunctionCallInfo fcinfo)
{
	text	   *reason = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);

	if (reason && pg_mbstrlen_with_len(VARDATA_ANY(reason), VARSIZE_ANY_EXHDR(reason)) > REASON_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason is too long"),
				 errhint("It takes at most %d characters.", REASON_MAX)));
	return reason && VARSIZE_ANY_EXHDR(reason) > 0 ? reason : NULL;
}

Datum
ecp_discard_proposal(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	text	   *reason;
	char	   *state;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_listing_require_staff(caller, ECP_FUNCTION_MANAGER);
	reason = read_reason(fcinfo);
	if (PG_ARGISNULL(0))
		ecp_listing_raise_unknown();
	ecp_plan_begin(&saved);
	state = lock(caller, PG_GETARG_DATUM(0));
	if (strcmp(state, "confirmed") == 0)
		raise_not_a_draft();
	if (strcmp(state, "discarded") != 0)
	{
		Datum		values[5] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), PointerGetDatum(reason),
		TimestampTzGetDatum(ecp_clock_now()), UUIDPGetDatum(&caller->member)};

		ecp_plan_run(&discard, values, reason ? NULL : "  n  ", false, 0);
	}
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
