/*
 * What follows from a payment, in the transaction that notes it.
 *
 * baskets     the units move from the public to the solidarity pool, all of them
 *             or none: where the lot has not as many left, is over, withdrawn or past its date, the
 *             money is given back, since who paid chose these
 * round-ups, gifts, matches   go to the territory's fund
 *
 * What a member gave is matched by each agreement in force, up to its ceiling:
 * the funder pledges its share, which reaches the fund once the payment side says
 * that it was paid (rule D11).
 *
 * Locks: instruction, lot, contribution, reservations, stock, counters, agreements, fund.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "money/instruction.h"
#include "sponsor/sponsor.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_contribution_settled);
PG_FUNCTION_INFO_V1(ecp_trg_match_agreement_guard);

static EcpPlan lock_lot =
ECP_PLAN("SELECT FROM ecopanier.lot l JOIN ecopanier.contribution c ON c.territory_id = l.territory_id AND c.lot_id = l.id "
		 "WHERE c.territory_id = $1 AND c.id = $2 FOR UPDATE OF l",
		 INT4OID, UUIDOID);

static EcpPlan lock_contribution =
ECP_PLAN("SELECT c.kind, c.member_id, c.amount_cents, c.lot_id, c.quantity, l.state = 'published' AND l.window_end > $3 "
		 "AND coalesce(l.use_by >= ($3 AT TIME ZONE t.time_zone)::date, true) FROM ecopanier.contribution c JOIN ecopanier.territory t ON t.id = c.territory_id "
		 "LEFT JOIN ecopanier.lot l ON l.territory_id = c.territory_id AND l.id = c.lot_id "
		 "WHERE c.territory_id = $1 AND c.id = $2 FOR NO KEY UPDATE OF c",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan set_state =
ECP_PLAN("UPDATE ecopanier.contribution SET state = $3, paid_at = CASE WHEN $3 <> 'refused' THEN $4 END WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID);

/* An agreement's ceiling is one for all that it matches at the same time. */
static EcpPlan lock_agreements =
ECP_PLAN("SELECT 1 FROM ecopanier.match_agreement WHERE territory_id = $1 AND valid_from <= $2 AND valid_until > $2 ORDER BY id FOR NO KEY UPDATE",
		 INT4OID, TIMESTAMPTZOID);

static EcpPlan match =
ECP_PLAN("INSERT INTO ecopanier.contribution (territory_id, id, kind, organisation_id, agreement_id, matched_id, amount_cents, created_at) "
		 "SELECT $1, ecopanier.new_id($1), 'match', a.organisation_id, a.id, $3, m.cents, $2 FROM ecopanier.match_agreement a "
		 "CROSS JOIN LATERAL (SELECT least(($4 * a.percent + 50) / 100, a.ceiling_cents - coalesce(sum(c.amount_cents), 0), 100000000)::bigint AS cents "
		 "FROM ecopanier.contribution c WHERE c.territory_id = $1 AND c.agreement_id = a.id AND c.state <> 'refused') m "
		 "WHERE a.territory_id = $1 AND a.valid_from <= $2 AND a.valid_until > $2 AND m.cents > 0 ORDER BY a.id",
		 INT4OID, TIMESTAMPTZOID, UUIDOID, INT8OID);

static EcpPlan find_funder =
ECP_PLAN("SELECT kind IN ('funder', 'authority') AND state = 'active' FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR KEY SHARE",
		 INT4OID, UUIDOID);

/* A contribution that was paid for. */
typedef struct Paid
{
	int32		territory;
	pg_uuid_t	id;
	bool		basket;
	bool		by_member;
	pg_uuid_t	member;
	int64		amount_cents;
	EcpSponsored units;
	bool		offered;		/* the lot still is */
	TimestampTz at;
} Paid;

static void
read_paid(Paid *paid)
{
	Datum		values[3] = {Int32GetDatum(paid->territory), UUIDPGetDatum(&paid->id), TimestampTzGetDatum(paid->at)};
	Datum		value;
	bool		isnull;

	ecp_plan_run(&lock_lot, values, NULL, false, 1);
	ecp_plan_run(&lock_contribution, values, NULL, false, 1);
	if (SPI_processed != 1)
		elog(ERROR, "an instruction of territory %d is for no contribution", paid->territory);
	paid->basket = strcmp(ecp_plan_text(0, 1), "basket") == 0;
	value = ecp_plan_value(0, 2, &isnull);
	paid->by_member = !isnull;
	if (paid->by_member)
		paid->member = *DatumGetUUIDP(value);
	paid->amount_cents = DatumGetInt64(ecp_plan_known(0, 3));
	if (!paid->basket)
		return;
	paid->units.contribution = paid->id;
	paid->units.lot = *DatumGetUUIDP(ecp_plan_known(0, 4));
	paid->units.quantity = DatumGetInt32(ecp_plan_known(0, 5));
	paid->offered = DatumGetBool(ecp_plan_known(0, 6));
}

static void
note_state(const Paid *paid, const char *state)
{
	Datum		values[4] = {Int32GetDatum(paid->territory), UUIDPGetDatum(&paid->id), CStringGetTextDatum(state), TimestampTzGetDatum(paid->at)};

	ecp_derived_run(&ecp_sponsor_derived, &set_state, values, NULL);
}

/* Moves the units of a basket; false where the lot has not all of them any more. */
static bool
place_basket(const Paid *paid)
{
	Datum		lot = UUIDPGetDatum(&paid->units.lot);

	if (!paid->offered)
		return false;
	ecp_sponsor_lock_stock(paid->territory, PointerGetDatum(construct_array(&lot, 1, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR)));
	if (SPI_processed != 1 || DatumGetInt32(ecp_plan_known(0, 2)) < paid->units.quantity)
		return false;
	ecp_sponsor_place(paid->territory, &paid->units, 1, paid->at);
	return true;
}

/*
 * What people give to the fund is matched, by agreements in force, each up to its
 * ceiling.  A basket is not: where its lot is cancelled, the money goes back to who paid
 * for it, and a match of it would be a funder's money spent on nothing.
 */
static void
match_paid(const Paid *paid)
{
	Datum		values[4] = {Int32GetDatum(paid->territory), TimestampTzGetDatum(paid->at), UUIDPGetDatum(&paid->id), Int64GetDatum(paid->amount_cents)};

	ecp_plan_run(&lock_agreements, values, NULL, false, 0);
	if (SPI_processed > 0)
		ecp_derived_run_present(&ecp_sponsor_derived, &match, values, NULL);
}

static void
refund_paid(const Paid *paid)
{
	EcpInstruction refund = {.territory = paid->territory, .kind = "refund", .member = &paid->member, .cause = "contribution",
	.amount_cents = paid->amount_cents, .cause_id = &paid->id, .at = paid->at};

	(void) ecp_money_instruct(&refund);
}

Datum
ecp_trg_contribution_settled(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Paid		paid = {.at = ecp_clock_now()};
	bool		refused;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	paid.territory = DatumGetInt32(row.values[ecp_row_column(row.desc, "territory_id")]);
	paid.id = *DatumGetUUIDP(row.values[ecp_row_column(row.desc, "cause_id")]);
	refused = ecp_text_is(row.values[ecp_row_column(row.desc, "state")], false, "refused");
	ecp_plan_begin(&saved);
	read_paid(&paid);
	if (refused)
		note_state(&paid, "refused");
	else
	{
		bool		kept = !paid.basket;

		if (paid.basket)
			kept = place_basket(&paid);
		note_state(&paid, kept ? "paid" : "refunded");
		if (!kept)
			refund_paid(&paid);
		else if (paid.by_member && !paid.basket)
			match_paid(&paid);
		if (!paid.basket)
			ecp_fund_in(paid.territory, paid.amount_cents, "contribution", &paid.id, paid.at);
	}
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

static void
raise_period(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an agreement neither begins nor ends in the past, and its end is brought forward only"),
			 errhint("Make another agreement for another time.")));
}

/* A caller agrees for the time to come, with an active funder or public authority. */
static void
check_agreement(const EcpRow *row, const EcpCaller *caller)
{
	int			valid_from = ecp_row_column(row->desc, "valid_from");
	Datum		values[2] = {row->values[ecp_row_column(row->desc, "territory_id")], row->values[ecp_row_column(row->desc, "organisation_id")]};
	EcpOwner	saved;

	if (row->nulls[ecp_row_column(row->desc, "organisation_id")] || row->nulls[valid_from])
		return;					/* NOT NULL speaks for itself */
	if (caller && DatumGetTimestampTz(row->values[valid_from]) < ecp_clock_now())
		raise_period();
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_funder, values, NULL, false, 1);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("Those of the territory stand in ecopanier.organisation.")));
	if (!DatumGetBool(ecp_plan_known(0, 1)))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("contributions are matched by active funders and public authorities"),
				 errhint("Name an organisation of kind funder or authority.")));
	ecp_plan_end(&saved);
}

Datum
ecp_trg_match_agreement_guard(PG_FUNCTION_ARGS)
{
	static const char *const facts[] = {"territory_id", "id", "organisation_id", "percent", "ceiling_cents", "valid_from", "source", "created_at", NULL};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	int			valid_until = ecp_row_column(row.desc, "valid_until");

	if (caller)
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("agreements are not deleted"),
				 errhint("Bring the end forward.")));
	if (row.old_values == NULL)
		check_agreement(&row, caller);
	else
	{
		ecp_row_freeze(&row, facts);
		if (ecp_row_differs(&row, valid_until) && !row.nulls[valid_until] &&
			(DatumGetTimestampTz(row.values[valid_until]) > DatumGetTimestampTz(row.old_values[valid_until]) ||
			 DatumGetTimestampTz(row.values[valid_until]) < ecp_clock_now()))
			raise_period();
	}
	return ecp_row_close(&row);
}
