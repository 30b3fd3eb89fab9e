/*
 * What is given towards baskets for others.
 *
 * sponsor_units() and contribute() end in the INSERT that a client may send
 * itself; the guard computes price, amount and state.  A contribution is pledged,
 * with an instruction to pay, until the payment side has answered (paid.c).  A
 * pledge takes nothing from the stock: whoever does not pay keeps nobody from a basket.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "market/price.h"
#include "market/use_by.h"
#include "money/instruction.h"
#include "sponsor/sponsor.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_contribution_guard);
PG_FUNCTION_INFO_V1(ecp_trg_contribution_pledged);
PG_FUNCTION_INFO_V1(ecp_sponsor_units);
PG_FUNCTION_INFO_V1(ecp_contribute);

EcpDerived	ecp_sponsor_derived = {0};

static EcpPlan read_lot =
ECP_PLAN("SELECT state, window_end, use_by, s.public_left, " ECP_PRICE_COLUMNS " FROM ecopanier.lot l "
		 "JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id "
		 "WHERE l.territory_id = $1 AND id = $2 AND state <> 'draft'",
		 INT4OID, UUIDOID);

static EcpPlan read_claim =
ECP_PLAN("SELECT state, pool, amount_cents FROM ecopanier.reservation WHERE territory_id = $1 AND id = $2 AND member_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

#define CONTRIBUTION "id, state, amount_cents"

static EcpPlan give_units =
ECP_PLAN("INSERT INTO ecopanier.contribution (kind, lot_id, quantity, request_id) VALUES ('basket', $1, $2, $3) "
		 "ON CONFLICT (territory_id, member_id, request_id) WHERE request_id IS NOT NULL DO NOTHING RETURNING " CONTRIBUTION,
		 UUIDOID, INT4OID, UUIDOID);

static EcpPlan give =
ECP_PLAN("INSERT INTO ecopanier.contribution (kind, amount_cents, request_id, reservation_id) VALUES ($1, $2, $3, $4) "
		 "ON CONFLICT (territory_id, member_id, request_id) WHERE request_id IS NOT NULL DO NOTHING RETURNING " CONTRIBUTION,
		 TEXTOID, INT8OID, UUIDOID, UUIDOID);

static EcpPlan find_units =
ECP_PLAN("SELECT " CONTRIBUTION ", (lot_id, quantity) IS NOT DISTINCT FROM ($4, $5) FROM ecopanier.contribution "
		 "WHERE territory_id = $1 AND member_id = $2 AND request_id = $3",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, INT4OID);

static EcpPlan find_gift =
ECP_PLAN("SELECT " CONTRIBUTION ", kind = $4 AND coalesce(amount_cents = $5, kind = 'round_up') AND reservation_id IS NOT DISTINCT FROM $6 "
		 "FROM ecopanier.contribution WHERE territory_id = $1 AND member_id = $2 AND request_id = $3",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID, INT8OID, UUIDOID);

static int
column(const EcpRow *row, const char *name)
{
	return ecp_row_column(row->desc, name);
}

static bool
is_null(const EcpRow *row, const char *name)
{
	return row->nulls[column(row, name)];
}

static Datum
value_of(const EcpRow *row, const char *name)
{
	return row->values[column(row, name)];
}

static void
raise_unknown_lot(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such lot"),
			 errhint("The lots that are offered stand in ecopanier.lot_offer.")));
}

/* The price of a unit of the lot that was read; raises where its units cannot be paid for now. */
static int32
check_lot(int32 territory, int32 quantity)
{
	TimestampTz now = ecp_clock_now();
	bool		isnull;
	DateADT		use_by = DatumGetDateADT(ecp_plan_value(0, 3, &isnull));
	int32		left = DatumGetInt32(ecp_plan_known(0, 4));
	int32		price;

	if (strcmp(ecp_plan_text(0, 1), "published") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_LOT_CLOSED),
				 errmsg("the lot is no longer offered"),
				 errhint("Look for another lot in ecopanier.lot_offer.")));
	if (DatumGetTimestampTz(ecp_plan_known(0, 2)) <= now)
		ereport(ERROR,
				(errcode(ECP_ERR_WINDOW_CLOSED),
				 errmsg("the pickup window is over"),
				 errhint("Look for another lot in ecopanier.lot_offer.")));
	if (!ecp_lot_price_read(0, 5, now, &price) || price == 0 || left < quantity)
		ereport(ERROR,
				(errcode(ECP_ERR_SOLD_OUT),
				 errmsg("not enough units are left"),
				 errhint("Ask for fewer, or look for another lot.")));
	if (!isnull)
		ecp_lot_require_use_by(territory, use_by, now);
	return price;
}

/* Units of a lot, at the price of the moment. */
static void
fill_basket(EcpRow *row)
{
	Datum		values[2] = {value_of(row, "territory_id"), value_of(row, "lot_id")};
	int32		quantity;
	int32		price;

	if (is_null(row, "lot_id") || is_null(row, "quantity"))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a basket for somebody else needs a lot and a quantity"),
				 errhint("The lots that are offered stand in ecopanier.lot_offer.")));
	quantity = DatumGetInt32(value_of(row, "quantity"));
	if (quantity < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("one unit or more is paid for"),
				 errhint("Give a quantity of at least 1.")));
	ecp_plan_run(&read_lot, values, NULL, true, 1);
	if (SPI_processed != 1)
		raise_unknown_lot();
	price = check_lot(DatumGetInt32(values[0]), quantity);
	ecp_row_set(row, column(row, "unit_price_cents"), Int32GetDatum(price));
	ecp_row_set(row, column(row, "amount_cents"), Int64GetDatum((int64) price * quantity));
}

/* What is missing to the next euro of an own public claim. */
static void
fill_round_up(EcpRow *row)
{
	Datum		values[3] = {value_of(row, "territory_id"), value_of(row, "reservation_id"), value_of(row, "member_id")};
	int64		cents;
	char	   *state;

	if (is_null(row, "reservation_id"))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a round-up needs a claim"),
				 errhint("The own claims stand in ecopanier.reservation.")));
	ecp_plan_run(&read_claim, values, NULL, true, 1);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such reservation"),
				 errhint("The own reservations stand in ecopanier.reservation.")));
	state = ecp_plan_text(0, 1);
	if (strcmp(state, "cancelled") == 0 || strcmp(state, "lapsed") == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the reservation is %s", state),
				 errhint("A claim that is to be paid is rounded up.")));
	cents = (100 - DatumGetInt32(ecp_plan_known(0, 3)) % 100) % 100;
	if (cents == 0 || (!is_null(row, "amount_cents") && DatumGetInt64(value_of(row, "amount_cents")) != cents))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the claim is rounded up by %d cents", (int) cents),
				 errhint("Leave the amount out; where nothing is to round up, give a gift.")));
	ecp_row_set(row, column(row, "amount_cents"), Int64GetDatum(cents));
}

/* Raises where the row has what its kind does not have; empties what follows from the payment. */
static void
check_others(EcpRow *row, bool basket, bool round_up)
{
	static const char *const later[] = {"organisation_id", "agreement_id", "matched_id", "paid_at", "unit_price_cents"};
	int			i;

	if ((!basket && !(is_null(row, "lot_id") && is_null(row, "quantity"))) || (!round_up && !is_null(row, "reservation_id")))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a contribution names what its kind is about, and nothing else"),
				 errhint("A basket has a lot and a quantity, a round-up a claim, a gift an amount.")));
	for (i = 0; i < 5; i++)
		ecp_row_set_null(row, column(row, later[i]));
	ecp_row_set(row, column(row, "state"), CStringGetTextDatum("pledged"));
	ecp_row_set(row, column(row, "created_at"), TimestampTzGetDatum(ecp_clock_now()));
}

static void
raise_kind(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("kind must be \"basket\", \"round_up\" or \"gift\""),
			 errhint("Baskets are paid for with ecopanier.sponsor_units(); funders match by an agreement.")));
}

/* A customer gives for themself; a load names the member. */
static void
fill_contribution(EcpRow *row, const EcpCaller *caller)
{
	EcpOwner	saved;
	Datum		kind = value_of(row, "kind");
	bool		no_kind = is_null(row, "kind");
	bool		basket = ecp_text_is(kind, no_kind, "basket");
	bool		round_up = ecp_text_is(kind, no_kind, "round_up");

	if (caller)
	{
		ecp_caller_require_role(caller, ECP_ROLE_CUSTOMER);
		ecp_row_set(row, column(row, "member_id"), UUIDPGetDatum(&caller->member));
	}
	if (is_null(row, "territory_id") || is_null(row, "member_id"))
		return;					/* what the table requires speaks for itself */
	if (!basket && !round_up && !ecp_text_is(kind, no_kind, "gift"))
		raise_kind();
	check_others(row, basket, round_up);
	ecp_plan_begin(&saved);
	if (basket)
		fill_basket(row);
	else if (round_up)
		fill_round_up(row);
	else if (is_null(row, "amount_cents"))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a gift needs an amount"),
				 errhint("Give amount_cents.")));
	ecp_plan_end(&saved);
}

Datum
ecp_trg_contribution_guard(PG_FUNCTION_ARGS)
{
	static const char *const facts[] = {"territory_id", "id", "kind", "member_id", "organisation_id", "lot_id", "quantity", "unit_price_cents",
	"reservation_id", "agreement_id", "matched_id", "amount_cents", "request_id", "created_at", NULL};
	static const EcpTransition transitions[] = {{"pledged", "paid"}, {"pledged", "refused"}, {"pledged", "refunded"}, {NULL, NULL}};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("contributions are not deleted"),
				 errhint("One that is not paid for comes to nothing.")));
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event) && ecp_sponsor_derived.writing == 0 && !ecp_trigger_is_replica())
	{
		const EcpCaller *caller = ecp_tenant_open(&row, trigger);

		fill_contribution(&row, caller);
		return ecp_row_close(&row);
	}
	ecp_row_open(&row, trigger);
	if (row.old_values)
	{
		ecp_row_freeze(&row, facts);
		ecp_transition_check(&row, column(&row, "state"), transitions);
	}
	ecp_derived_require(&ecp_sponsor_derived, trigger, "The state of a contribution follows from its payment.");
	return ecp_row_close(&row);
}

Datum
ecp_trg_contribution_pledged(PG_FUNCTION_ARGS)
{
	EcpInstruction debit = {.kind = "debit", .cause = "contribution"};
	EcpRow		row;
	EcpOwner	saved;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	debit.territory = DatumGetInt32(value_of(&row, "territory_id"));
	debit.member = is_null(&row, "member_id") ? NULL : DatumGetUUIDP(value_of(&row, "member_id"));
	debit.organisation = is_null(&row, "organisation_id") ? NULL : DatumGetUUIDP(value_of(&row, "organisation_id"));
	debit.amount_cents = DatumGetInt64(value_of(&row, "amount_cents"));
	debit.cause_id = DatumGetUUIDP(value_of(&row, "id"));
	debit.at = DatumGetTimestampTz(value_of(&row, "created_at"));
	ecp_plan_begin(&saved);
	(void) ecp_money_instruct(&debit);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/*
 * Gives, or finds what the same request gave before.  asked: territory, member,
 * request, then what the request says.
 */
static Datum
give_once(FunctionCallInfo fcinfo, EcpPlan *insert, Datum *given, const char *given_nulls,
		  EcpPlan *find, Datum *asked, const char *asked_nulls)
{
	EcpOwner	saved;
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};
	bool		found = false;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "a contribution must be given back as a row");
	ecp_plan_begin(&saved);
	if (!PG_ARGISNULL(2))
	{
		ecp_plan_run(find, asked, asked_nulls, false, 1);
		found = SPI_processed == 1;
	}
	if (!found)
		ecp_plan_run(insert, given, given_nulls, false, 0);
	if (SPI_processed == 0)		/* the same request at the same time was faster */
	{
		ecp_plan_run(find, asked, asked_nulls, false, 1);
		found = SPI_processed == 1;
	}
	if (SPI_processed == 0)
		elog(ERROR, "a contribution with this request_id came and went");
	if (found && !DatumGetBool(ecp_plan_known(0, 4)))
		ereport(ERROR,
				(errcode(ECP_ERR_REQUEST_REUSED),
				 errmsg("the request_id was used for another request"),
				 errhint("Make a new request_id for each request.")));
	values[0] = SPI_datumTransfer(ecp_plan_known(0, 1), false, UUID_LEN);
	values[1] = SPI_datumTransfer(ecp_plan_known(0, 2), false, -1);
	values[2] = ecp_plan_known(0, 3);
	ecp_plan_end(&saved);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

Datum
ecp_sponsor_units(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	Datum		given[3] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
	Datum		asked[5];
	char		given_nulls[4] = "   ";

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a basket for somebody else needs a lot and a quantity"),
				 errhint("The lots that are offered stand in ecopanier.lot_offer.")));
	asked[0] = Int32GetDatum(caller->territory);
	asked[1] = UUIDPGetDatum(&caller->member);
	asked[2] = given[2];
	asked[3] = given[0];
	asked[4] = given[1];
	given_nulls[2] = PG_ARGISNULL(2) ? 'n' : ' ';
	return give_once(fcinfo, &give_units, given, given_nulls, &find_units, asked, NULL);
}

Datum
ecp_contribute(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	Datum		given[4] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
	Datum		asked[6];
	char		given_nulls[5] = "    ";
	char		asked_nulls[7] = "      ";
	int			i;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		raise_kind();
	if (ecp_text_is(given[0], false, "basket"))
		raise_kind();
	asked[0] = Int32GetDatum(caller->territory);
	asked[1] = UUIDPGetDatum(&caller->member);
	asked[2] = given[2];
	asked[3] = given[0];
	asked[4] = given[1];
	asked[5] = given[3];
	for (i = 1; i < 4; i++)
		given_nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	asked_nulls[4] = given_nulls[1];
	asked_nulls[5] = given_nulls[3];
	return give_once(fcinfo, &give, given, given_nulls, &find_gift, asked, asked_nulls);
}
