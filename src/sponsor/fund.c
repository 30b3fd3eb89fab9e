/*
 * The territory's fund of sponsored baskets.
 *
 * Its money comes from round-ups, gifts, funders who match, and sponsored units that
 * nobody fetched.  Each movement is an instruction of kind fund_in or fund_out,
 * written once for its cause; the balance is their sum, kept in a row whose CHECK does
 * not let it go below zero.
 *
 * It buys once a day, at the hour that the setting fund_hour says.  The round
 * belongs to that moment, however late the worker comes: it has the money that was
 * there then, of which nothing is spent that came later, looks at lots that were
 * published then, and pays their price of then.  What it cannot undo is time: a lot
 * whose window is over, or whose units are gone, by the time the round runs is passed
 * by, and a round that was slept through until the next is due is left out, since
 * nobody could fetch what it would have bought; the money stays for the next.
 *
 * It buys of lots that have public units and an empty solidarity pool, no units being
 * kept for an allotment round: those whose window ends first, then the cheaper by their first price, whole units while the money lasts, and of each lot no more than the
 * setting fund_units_per_lot, over all rounds.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/due.h"
#include "common/plan.h"
#include "identity/setting.h"
#include "market/price.h"
#include "money/instruction.h"
#include "sponsor/sponsor.h"
#include "territory/id.h"

#define ROUND_LOTS 500			/* lots that one round looks at */

static EcpPlan add_balance =
ECP_PLAN("INSERT INTO ecopanier_private.sponsorship_fund AS f (territory_id, balance_cents) VALUES ($1, $2) "
		 "ON CONFLICT (territory_id) DO UPDATE SET balance_cents = f.balance_cents + EXCLUDED.balance_cents",
		 INT4OID, INT8OID);

static EcpPlan take_balance =
ECP_PLAN("UPDATE ecopanier_private.sponsorship_fund SET balance_cents = balance_cents - $2 WHERE territory_id = $1",
		 INT4OID, INT8OID);

static EcpPlan rebuild_balance =
ECP_PLAN("INSERT INTO ecopanier_private.sponsorship_fund AS f (territory_id, balance_cents) "
		 "SELECT territory_id, sum(CASE kind WHEN 'fund_in' THEN amount_cents ELSE -amount_cents END) FROM ecopanier_private.money_instruction "
		 "WHERE kind IN ('fund_in', 'fund_out') GROUP BY territory_id ON CONFLICT (territory_id) DO UPDATE SET balance_cents = EXCLUDED.balance_cents "
		 "WHERE f.balance_cents <> EXCLUDED.balance_cents");

/* The last day whose hour has come at $1, in territory t, and that hour. */
#define ROUND_DAY \
	"CROSS JOIN LATERAL (SELECT v.value::int AS hour FROM ecopanier.setting v WHERE v.territory_id = t.id AND v.name = 'fund_hour' " \
	"AND v.valid_from <= $1 ORDER BY v.valid_from DESC, v.version DESC LIMIT 1) h " \
	"CROSS JOIN LATERAL (SELECT $1 AT TIME ZONE t.time_zone AS local) x " \
	"CROSS JOIN LATERAL (SELECT x.local::date - CASE WHEN (x.local::date + make_interval(hours => h.hour)) AT TIME ZONE t.time_zone <= $1 THEN 0 ELSE 1 END AS day) d "
#define ROUND_DONE \
	"EXISTS (SELECT FROM ecopanier_private.fund_round r WHERE r.territory_id = t.id AND r.day >= d.day)"

static EcpPlan list_rounds =
ECP_PLAN("SELECT t.id, d.day, (d.day + make_interval(hours => h.hour)) AT TIME ZONE t.time_zone FROM ecopanier_private.sponsorship_fund f "
		 "JOIN ecopanier.territory t ON t.id = f.territory_id " ROUND_DAY
		 "WHERE f.balance_cents > 0 AND NOT " ROUND_DONE " ORDER BY t.id LIMIT $2",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_round =
ECP_PLAN("SELECT min(CASE WHEN " ROUND_DONE " THEN (d.day + 1 + make_interval(hours => h.hour)) AT TIME ZONE t.time_zone ELSE '-infinity' END) "
		 "FROM ecopanier_private.sponsorship_fund f JOIN ecopanier.territory t ON t.id = f.territory_id " ROUND_DAY "WHERE f.balance_cents > 0",
		 TIMESTAMPTZOID);

static EcpPlan note_round =
ECP_PLAN("INSERT INTO ecopanier_private.fund_round (territory_id, day, at, units, amount_cents) VALUES ($1, $2, $3, $4, $5)",
		 INT4OID, DATEOID, TIMESTAMPTZOID, INT4OID, INT8OID);

/* What a round may spend: what there is, of what there was. */
static EcpPlan read_budget =
ECP_PLAN("SELECT least(f.balance_cents, coalesce(sum(CASE i.kind WHEN 'fund_in' THEN i.amount_cents ELSE -i.amount_cents END) FILTER (WHERE i.at <= $2), 0))::bigint "
		 "FROM ecopanier_private.sponsorship_fund f LEFT JOIN ecopanier_private.money_instruction i "
		 "ON i.territory_id = f.territory_id AND i.kind IN ('fund_in', 'fund_out') WHERE f.territory_id = $1 GROUP BY f.balance_cents",
		 INT4OID, TIMESTAMPTZOID);

#define CAN_BUY \
	"l.territory_id = $1 AND l.state = 'published' AND l.published_at <= $2 AND l.window_end > $3 AND l.price_cents > 0 " \
	"AND coalesce(l.use_by >= ($3 AT TIME ZONE t.time_zone)::date, true) " \
	"AND coalesce((SELECT sum(m.solidarity_units) FROM ecopanier_private.lot_movement m WHERE m.territory_id = l.territory_id " \
	"AND m.lot_id = l.id AND m.kind = 'allotment'), 0) <= 0"

static EcpPlan list_lots =
ECP_PLAN("SELECT array_agg(id) FROM (SELECT l.id FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id "
		 "JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id "
		 "WHERE " CAN_BUY " AND s.solidarity_left = 0 AND s.public_left > 0 ORDER BY l.window_end, l.price_cents, l.id LIMIT $4) o",
		 INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID);

/* What somebody has locked, or is claiming, is passed by: one open transaction does not keep the fund from all others. */
static EcpPlan lock_lots =
ECP_PLAN("SELECT array_agg(id) FROM (SELECT id FROM ecopanier.lot WHERE territory_id = $1 AND id = ANY ($4) ORDER BY id FOR UPDATE SKIP LOCKED) l",
		 INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDARRAYOID);

/* The locked lots that can still be bought of, in the order of the rule: units that may be bought, and the price. */
static EcpPlan list_offers =
ECP_PLAN("SELECT l.id, least(s.public_left, $5 - coalesce((SELECT sum(c.quantity) FROM ecopanier.contribution c WHERE c.territory_id = l.territory_id "
		 "AND c.lot_id = l.id AND c.member_id IS NULL), 0))::int, " ECP_PRICE_COLUMNS " FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id "
		 "JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id "
		 "WHERE " CAN_BUY " AND l.id = ANY ($4) AND s.solidarity_left = 0 ORDER BY l.window_end, l.price_cents, l.id",
		 INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDARRAYOID, INT4OID);

static EcpPlan buy =
ECP_PLAN("INSERT INTO ecopanier.contribution (territory_id, id, kind, lot_id, quantity, unit_price_cents, amount_cents, state, created_at, paid_at) "
		 "VALUES ($1, $2, 'basket', $3, $4, $5, $4::bigint * $5, 'paid', $6, $6)",
		 INT4OID, UUIDOID, UUIDOID, INT4OID, INT4OID, TIMESTAMPTZOID);

/* A round of a territory's fund. */
typedef struct Round
{
	int32		territory;
	DateADT		day;
	TimestampTz at;
	int64		budget;
	EcpSponsored *units;
	int64	   *amounts;
	int			count;
	int32		bought;
	int64		spent;
} Round;

static void
instruct(int32 territory, const char *kind, int64 amount_cents, const char *cause, const pg_uuid_t *cause_id, TimestampTz at, EcpPlan *balance)
{
	EcpInstruction instruction = {.territory = territory, .kind = kind, .amount_cents = amount_cents, .cause = cause, .cause_id = cause_id, .at = at};
	Datum		values[2] = {Int32GetDatum(territory), Int64GetDatum(amount_cents)};

	if (ecp_money_instruct(&instruction) && ecp_derived_run(&ecp_sponsor_derived, balance, values, NULL) != 1)
		elog(ERROR, "the fund of territory %d has no row; run ecopanier.rebuild_sponsored()", territory);
}

void
ecp_fund_in(int32 territory, int64 amount_cents, const char *cause, const pg_uuid_t *cause_id, TimestampTz at)
{
	instruct(territory, "fund_in", amount_cents, cause, cause_id, at, &add_balance);
}

void
ecp_fund_out(int32 territory, int64 amount_cents, const char *cause, const pg_uuid_t *cause_id, TimestampTz at)
{
	instruct(territory, "fund_out", amount_cents, cause, cause_id, at, &take_balance);
}

int64
ecp_fund_rebuild(void)
{
	return (int64) ecp_derived_run(&ecp_sponsor_derived, &rebuild_balance, NULL, NULL);
}

/* Notes what of an offer the round buys. */
static void
choose(Round *round, uint64 row)
{
	int32		units = DatumGetInt32(ecp_plan_known(row, 2));
	int32		price;
	EcpSponsored *chosen = &round->units[round->count];

	if (!ecp_lot_price_read(row, 3, round->at, &price) || price == 0)
		return;
	units = (int32) Min((int64) Min(units, 100), (round->budget - round->spent) / price);
	if (units <= 0)
		return;
	chosen->lot = *DatumGetUUIDP(ecp_plan_known(row, 1));
	chosen->quantity = units;
	ecp_new_id(round->territory, &chosen->contribution);
	round->amounts[round->count++] = (int64) units * price;
	round->bought += units;
	round->spent += (int64) units * price;
}

/* Locks lots that can be bought of, and their stock, and chooses; false where there are none. */
static bool
choose_lots(Round *round)
{
	TimestampTz now = ecp_clock_now();
	Datum		values[5] = {Int32GetDatum(round->territory), TimestampTzGetDatum(round->at), TimestampTzGetDatum(now), Int32GetDatum(ROUND_LOTS)};
	bool		isnull;
	uint64		row;

	ecp_plan_run(&list_lots, values, NULL, false, 1);
	values[3] = ecp_plan_value(0, 1, &isnull);
	if (isnull)
		return false;
	values[4] = Int32GetDatum((int32) ecp_setting_at(round->territory, "fund_units_per_lot", round->at).value);
	ecp_plan_run(&lock_lots, values, NULL, false, 1);
	values[3] = ecp_plan_value(0, 1, &isnull);
	if (isnull)
		return false;
	ecp_sponsor_lock_stock(round->territory, values[3]);
	ecp_plan_run(&list_offers, values, NULL, false, 0);
	round->units = palloc0(Max(SPI_processed, 1) * sizeof(EcpSponsored));
	round->amounts = palloc0(Max(SPI_processed, 1) * sizeof(int64));
	for (row = 0; row < SPI_processed; row++)
		choose(round, row);
	return round->count > 0;
}

static void
buy_units(const Round *round)
{
	int			i;

	for (i = 0; i < round->count; i++)
	{
		const EcpSponsored *chosen = &round->units[i];
		Datum		values[6] = {Int32GetDatum(round->territory), UUIDPGetDatum(&chosen->contribution), UUIDPGetDatum(&chosen->lot),
			Int32GetDatum(chosen->quantity), Int32GetDatum((int32) (round->amounts[i] / chosen->quantity)), TimestampTzGetDatum(round->at)};

		ecp_derived_run(&ecp_sponsor_derived, &buy, values, NULL);
	}
	ecp_sponsor_place(round->territory, round->units, round->count, round->at);
	for (i = 0; i < round->count; i++)
		ecp_fund_out(round->territory, round->amounts[i], "contribution", &round->units[i].contribution, round->at);
}

static void
run_round(Round *round)
{
	Datum		values[5] = {Int32GetDatum(round->territory), TimestampTzGetDatum(round->at)};

	ecp_plan_run(&read_budget, values, NULL, false, 1);
	round->budget = DatumGetInt64(ecp_plan_known(0, 1));
	if (round->budget > 0 && choose_lots(round))
		buy_units(round);
	values[1] = DateADTGetDatum(round->day);
	values[2] = TimestampTzGetDatum(round->at);
	values[3] = Int32GetDatum(round->bought);
	values[4] = Int64GetDatum(round->spent);
	ecp_derived_run(&ecp_sponsor_derived, &note_round, values, NULL);
}

int64
ecp_fund_round_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};
	Round	   *rounds;
	uint64		count;
	uint64		i;

	ecp_plan_run(&list_rounds, values, NULL, false, 0);
	count = SPI_processed;
	rounds = palloc0(Max(count, 1) * sizeof(Round));
	for (i = 0; i < count; i++)
	{
		rounds[i].territory = DatumGetInt32(ecp_plan_known(i, 1));
		rounds[i].day = DatumGetDateADT(ecp_plan_known(i, 2));
		rounds[i].at = DatumGetTimestampTz(ecp_plan_known(i, 3));
	}
	for (i = 0; i < count; i++)
		run_round(&rounds[i]);
	return (int64) count;
}

TimestampTz
ecp_fund_round_next(void)
{
	return ecp_due_next(&next_round);
}
