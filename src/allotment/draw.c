/*
 * The draw of an allotment round, a step of the schedule.
 *
 * It is due at closes_at and reckons as of that moment, whenever it runs: what
 * counts as help, how long somebody waited, and the day that quota and right
 * are held against.  So a worker that slept gives the same result.  Where it
 * slept until the lot's window was over, nobody could come any more: the round
 * is cancelled, and nobody has missed a basket that was never told of.
 *
 * One transaction does it all: units go back to the solidarity pool, claims of
 * the winners take them from there, whatever is left stays for first come,
 * everybody is told why, and the seed is revealed.  The locks on lot and round
 * keep claims, declarations and a cancellation out meanwhile; who is busy with
 * them is not waited for.  The claims are ordinary ones: the shop sees baskets
 * that are held, and the time in their ids does not tell that they came together
 * (rule D13).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "allotment/draw.h"
#include "allotment/order_core.h"
#include "allotment/round.h"
#include "beneficiary/right.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/due.h"
#include "crypto/allotment.h"
#include "crypto/keys.h"
#include "crypto/secret.h"
#include "identity/setting.h"
#include "market/movement.h"
#include "territory/id.h"
#include "territory/local_day.h"

#define TRIES 3					/* of a draw that somebody's claim of the same moment got in the way of */

static EcpPlan find_due =
ECP_PLAN("SELECT d.territory_id, d.id, d.lot_id FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT r.territory_id, r.id, r.lot_id, r.closes_at FROM ecopanier.allotment_round r "
		 "WHERE r.territory_id = t.id AND r.state = 'open' AND r.closes_at <= $1 ORDER BY r.closes_at LIMIT $2) d ORDER BY d.closes_at, d.id",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_due =
ECP_PLAN("SELECT min(d.closes_at) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT r.closes_at FROM ecopanier.allotment_round r WHERE r.territory_id = t.id AND r.state = 'open' ORDER BY r.closes_at LIMIT 1) d "
		 "WHERE $1 IS NOT NULL",
		 TIMESTAMPTZOID);

static EcpPlan lock_lot =
ECP_PLAN("SELECT state, window_end, use_by FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED",
		 INT4OID, UUIDOID);

static EcpPlan lock_round =
ECP_PLAN("SELECT r.units, r.opens_at, r.closes_at, r.help_days, d.key_id, d.sealed FROM ecopanier.allotment_round r "
		 "JOIN ecopanier_private.allotment_draw d ON d.territory_id = r.territory_id AND d.round_id = r.id "
		 "WHERE r.territory_id = $1 AND r.id = $2 AND r.state = 'open' FOR UPDATE SKIP LOCKED",
		 INT4OID, UUIDOID);

static EcpPlan lock_people =
ECP_PLAN("SELECT 1 FROM ecopanier.member WHERE territory_id = $1 AND id IN (SELECT member_id FROM ecopanier.allotment_interest "
		 "WHERE territory_id = $1 AND round_id = $2 AND withdrawn_at IS NULL) ORDER BY id FOR KEY SHARE",
		 INT4OID, UUIDOID);

static EcpPlan lock_quota =
ECP_PLAN("SELECT 1 FROM ecopanier_private.free_quota WHERE territory_id = $1 AND day = $3 AND member_id IN ("
		 "SELECT member_id FROM ecopanier.allotment_interest WHERE territory_id = $1 AND round_id = $2 AND withdrawn_at IS NULL) "
		 "ORDER BY member_id FOR UPDATE",
		 INT4OID, UUIDOID, DATEOID);

/* $3 closes_at, $4 its day, $5 where help begins to count, $6 the quota of that day, $7 the lot. */
#define FREE_CLAIMS \
	"FROM ecopanier.reservation r WHERE r.territory_id = i.territory_id AND r.member_id = i.member_id AND r.pool = 'solidarity' "
#define HELD_THEN "greatest(r.window_end, r.grace_until) > $3"

static EcpPlan read_entrants =
ECP_PLAN("SELECT i.pseudonym, i.member_id, i.quantity, i.distance_band, "
		 "(SELECT coalesce(sum(r.quantity), 0)::int " FREE_CLAIMS "AND r.claimed_at > $5 AND r.claimed_at <= $3 "
		 "  AND (r.state = 'collected' OR (r.state IN ('held', 'lapsed') AND " HELD_THEN ") "
		 "  OR (r.state = 'cancelled' AND r.cancelled_at > $3 AND " HELD_THEN "))), "
		 "(SELECT $4 - (max(r.collected_at) AT TIME ZONE t.time_zone)::date " FREE_CLAIMS
		 "  AND r.state = 'collected' AND r.collected_at <= $3), "
		 "least($6, coalesce(b.units_per_day, $6)) - coalesce(q.used, 0), "
		 "CASE WHEN i.withdrawn_at IS NOT NULL OR i.member_id IS NULL THEN 'withdrew' "
		 "  WHEN b.state IS DISTINCT FROM 'verified' OR b.valid_from > $4 OR b.valid_until < $4 THEN 'right_ended' "
		 "  WHEN EXISTS (SELECT " FREE_CLAIMS "AND r.lot_id = $7 AND r.state IN ('held', 'collected', 'awaiting_payment')) THEN 'already_holds' "
		 "  WHEN least($6, coalesce(b.units_per_day, $6)) <= coalesce(q.used, 0) THEN 'quota_reached' END "
		 "FROM ecopanier.allotment_interest i JOIN ecopanier.territory t ON t.id = i.territory_id "
		 "LEFT JOIN ecopanier.beneficiary b ON b.territory_id = i.territory_id AND b.member_id = i.member_id "
		 "LEFT JOIN ecopanier_private.free_quota q ON q.territory_id = i.territory_id AND q.member_id = i.member_id AND q.day = $4 "
		 "WHERE i.territory_id = $1 AND i.round_id = $2 ORDER BY i.pseudonym",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, DATEOID, TIMESTAMPTZOID, INT4OID, UUIDOID);

static EcpPlan insert_claims =
ECP_PLAN("INSERT INTO ecopanier.reservation (id, lot_id, member_id, pool, state, claimed_at, quantity) "
		 "SELECT c.id, $1, c.member, 'solidarity', 'held', $2, c.units FROM unnest($3, $4, $5) c (id, member, units) WHERE c.units > 0",
		 UUIDOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDARRAYOID, INT4ARRAYOID);

static EcpPlan tell_entrants =
ECP_PLAN("UPDATE ecopanier.allotment_interest i SET reservation_id = CASE WHEN n.allotted > 0 THEN n.claim END, "
		 "allotted = n.allotted, allowed = n.allowed, help_units = n.help, waiting_days = nullif(n.waiting, -1), place = nullif(n.place, 0), "
		 "outcome = n.outcome FROM unnest($3, $4, $5, $6, $7, $8, $9, $10) n (pseudonym, claim, allotted, allowed, help, waiting, place, outcome) "
		 "WHERE i.territory_id = $1 AND i.round_id = $2 AND i.pseudonym = n.pseudonym",
		 INT4OID, UUIDOID, UUIDARRAYOID, UUIDARRAYOID, INT4ARRAYOID, INT4ARRAYOID, INT4ARRAYOID, INT4ARRAYOID, INT4ARRAYOID, TEXTARRAYOID);

static EcpPlan reveal =
ECP_PLAN("UPDATE ecopanier.allotment_round SET state = 'drawn', seed = $3, ended_at = $4 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, BYTEAOID, TIMESTAMPTZOID);

static EcpPlan note_draw =
ECP_PLAN("UPDATE ecopanier_private.allotment_draw SET key_id = NULL, sealed = NULL, participants = $3, allotted_units = $4, keep_until = $5 "
		 "WHERE territory_id = $1 AND round_id = $2",
		 INT4OID, UUIDOID, INT4OID, INT4OID, TIMESTAMPTZOID);

static EcpPlan find_old =
ECP_PLAN("SELECT n.territory_id, n.round_id FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT d.territory_id, d.round_id FROM ecopanier_private.allotment_draw d "
		 "WHERE d.territory_id = t.id AND d.keep_until <= $1 ORDER BY d.keep_until LIMIT $2 FOR UPDATE SKIP LOCKED) n",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_old =
ECP_PLAN("SELECT min(d.keep_until) FROM ecopanier.territory t CROSS JOIN LATERAL (SELECT n.keep_until FROM ecopanier_private.allotment_draw n "
		 "WHERE n.territory_id = t.id AND n.keep_until IS NOT NULL ORDER BY n.keep_until LIMIT 1) d WHERE $1 IS NOT NULL",
		 TIMESTAMPTZOID);

static EcpPlan forget_entrants =
ECP_PLAN("DELETE FROM ecopanier.allotment_interest WHERE territory_id = $1 AND round_id = $2", INT4OID, UUIDOID);

static EcpPlan note_purge =
ECP_PLAN("UPDATE ecopanier_private.allotment_draw SET keep_until = NULL, purged = true WHERE territory_id = $1 AND round_id = $2", INT4OID, UUIDOID);

/* A round that is being drawn. */
typedef struct Draw
{
	EcpRound	round;
	bool		done;			/* false: somebody was busy with it */
	TimestampTz opens_at;
	TimestampTz closes_at;
	DateADT		day;			/* of closes_at */
	int32		help_days;
	uint8	   *seed;
	int			count;
	EcpContender *contenders;
	/* in the order of the contenders' pseudonyms, as they were read */
	pg_uuid_t  *pseudonyms;
	pg_uuid_t  *members;
	const char **bars;			/* why somebody can be given nothing; NULL */
} Draw;

/* Locks lot and round and reads them; false where somebody else is busy with one.  *why: the reason for which the round is cancelled, or NULL. */
static bool
lock_and_read(Draw *draw, const char **why)
{
	TimestampTz now = ecp_clock_now();
	Datum		key[2] = {Int32GetDatum(draw->round.territory), UUIDPGetDatum(&draw->round.lot)};
	TimestampTz window_end;
	bool		published;
	DateADT		use_by;
	bool		no_use_by;
	char	   *key_id;

	ecp_plan_run(&lock_lot, key, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	published = strcmp(ecp_plan_text(0, 1), "published") == 0;
	window_end = DatumGetTimestampTz(ecp_plan_known(0, 2));
	use_by = DatumGetDateADT(ecp_plan_value(0, 3, &no_use_by));
	key[1] = UUIDPGetDatum(&draw->round.id);
	ecp_plan_run(&lock_round, key, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	draw->round.units = DatumGetInt32(ecp_plan_known(0, 1));
	draw->opens_at = DatumGetTimestampTz(ecp_plan_known(0, 2));
	draw->closes_at = DatumGetTimestampTz(ecp_plan_known(0, 3));
	draw->help_days = DatumGetInt32(ecp_plan_known(0, 4));
	key_id = ecp_plan_text(0, 5);
	draw->seed = NULL;
	if (ecp_key_is_listed(key_id) && ecp_key_is_in_file(key_id))
		draw->seed = ecp_allotment_seed_open(draw->round.territory, &draw->round.id, key_id, DatumGetByteaPP(ecp_plan_known(0, 6)));
	*why = !published ? "lot_closed" : window_end <= now ? "too_late" :
		!no_use_by && use_by < ecp_local_day(draw->round.territory, now) ? "past_use_by" : draw->seed == NULL ? "seed_lost" : NULL;
	return true;
}

/* Copies a row of read_entrants. */
static void
read_entrant(Draw *draw, int row)
{
	EcpContender *contender = &draw->contenders[row];
	char	   *bar = ecp_plan_text(row, 8);
	bool		none;
	Datum		value;

	draw->pseudonyms[row] = *DatumGetUUIDP(ecp_plan_known(row, 1));
	memcpy(contender->pseudonym, draw->pseudonyms[row].data, UUID_LEN);
	value = ecp_plan_value(row, 2, &none);
	if (!none)
		draw->members[row] = *DatumGetUUIDP(value);
	draw->bars[row] = bar;
	if (bar == NULL)
		contender->allowed = Min(DatumGetInt32(ecp_plan_known(row, 3)), DatumGetInt32(ecp_plan_known(row, 7)));
	contender->distance_band = DatumGetInt32(ecp_plan_known(row, 4));
	contender->help_units = DatumGetInt32(ecp_plan_known(row, 5));
	contender->waiting_days = DatumGetInt32(ecp_plan_value(row, 6, &none));
	if (none)
		contender->waiting_days = ECP_ALLOTMENT_NEVER;
	ecp_core_allotment_ticket(draw->round.id.data, draw->seed, contender->pseudonym, contender->ticket);
}

/* Locks people and their quota of the day, then reads what decides. */
static void
read_all(Draw *draw)
{
	EcpRound   *round = &draw->round;
	Datum		values[7];
	int			i;

	draw->day = ecp_local_day(round->territory, draw->closes_at);
	values[0] = Int32GetDatum(round->territory);
	values[1] = UUIDPGetDatum(&round->id);
	ecp_plan_run(&lock_people, values, NULL, false, 0);
	values[2] = DateADTGetDatum(draw->day);
	ecp_plan_run(&lock_quota, values, NULL, false, 0);
	values[2] = TimestampTzGetDatum(draw->closes_at);
	values[3] = DateADTGetDatum(draw->day);
	values[4] = TimestampTzGetDatum(draw->closes_at - draw->help_days * USECS_PER_DAY);
	values[5] = Int32GetDatum((int32) ecp_setting_at(round->territory, "free_units_per_day", draw->closes_at).value);
	values[6] = UUIDPGetDatum(&round->lot);
	ecp_plan_run(&read_entrants, values, NULL, false, 0);
	draw->count = (int) SPI_processed;
	draw->contenders = palloc0(Max(draw->count, 1) * sizeof(EcpContender));
	draw->pseudonyms = palloc0(Max(draw->count, 1) * sizeof(pg_uuid_t));
	draw->members = palloc0(Max(draw->count, 1) * sizeof(pg_uuid_t));
	draw->bars = palloc0(Max(draw->count, 1) * sizeof(char *));
	for (i = 0; i < draw->count; i++)
		read_entrant(draw, i);
}

static int
compare_pseudonyms(const void *a, const void *b)
{
	return memcmp(((const EcpContender *) a)->pseudonym, ((const EcpContender *) b)->pseudonym, UUID_LEN);
}

static Datum
int_array(Datum *values, int count)
{
	return PointerGetDatum(construct_array(values, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static Datum
uuid_array(pg_uuid_t *ids, int count)
{
	Datum	   *values = palloc(Max(count, 1) * sizeof(Datum));
	int			i;

	for (i = 0; i < count; i++)
		values[i] = UUIDPGetDatum(&ids[i]);
	return PointerGetDatum(construct_array(values, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

/* Ids of claims, of moments at which the round was open. */
static pg_uuid_t *
make_ids(const Draw *draw)
{
	pg_uuid_t  *ids = palloc(Max(draw->count, 1) * sizeof(pg_uuid_t));
	int			i;

	for (i = 0; i < draw->count; i++)
		ecp_new_id_at(draw->round.territory,
					  draw->opens_at + (TimestampTz) pg_prng_uint64_range(&pg_global_prng_state, 0, (uint64) (draw->closes_at - draw->opens_at)), &ids[i]);
	return ids;
}

/* Writes claims and outcomes; contenders are in the order in which they were read. */
static void
write_outcomes(Draw *draw)
{
	pg_uuid_t  *ids = make_ids(draw);
	Datum	   *numbers[5];
	Datum	   *outcomes = palloc(Max(draw->count, 1) * sizeof(Datum));
	Datum		claims[5];
	Datum		told[10];
	int			i;

	for (i = 0; i < 5; i++)
		numbers[i] = palloc(Max(draw->count, 1) * sizeof(Datum));
	for (i = 0; i < draw->count; i++)
	{
		EcpContender *contender = &draw->contenders[i];

		numbers[0][i] = Int32GetDatum(contender->allotted);
		numbers[1][i] = Int32GetDatum(contender->allowed);
		numbers[2][i] = Int32GetDatum(contender->help_units);
		numbers[3][i] = Int32GetDatum(contender->waiting_days);
		numbers[4][i] = Int32GetDatum(contender->place);
		outcomes[i] = CStringGetTextDatum(draw->bars[i] ? draw->bars[i] : contender->allotted > 0 ? "allotted" : "not_enough_units");
	}
	claims[0] = UUIDPGetDatum(&draw->round.lot);
	claims[1] = TimestampTzGetDatum(draw->closes_at);
	claims[2] = told[3] = uuid_array(ids, draw->count);
	claims[3] = uuid_array(draw->members, draw->count);
	claims[4] = told[4] = int_array(numbers[0], draw->count);
	ecp_plan_run(&insert_claims, claims, NULL, false, 0);
	told[0] = Int32GetDatum(draw->round.territory);
	told[1] = UUIDPGetDatum(&draw->round.id);
	told[2] = uuid_array(draw->pseudonyms, draw->count);
	for (i = 1; i < 5; i++)
		told[4 + i] = int_array(numbers[i], draw->count);
	told[9] = PointerGetDatum(construct_array(outcomes, draw->count, TEXTOID, -1, false, TYPALIGN_INT));
	ecp_allotment_write(&tell_entrants, told, NULL);
}

/* Notes the end of a drawn round, with its seed. */
static void
end_round(Draw *draw, int64 given)
{
	TimestampTz now = ecp_clock_now();
	bytea	   *seed = palloc(VARHDRSZ + ECP_ALLOTMENT_SEED_BYTES);
	Datum		values[5] = {Int32GetDatum(draw->round.territory), UUIDPGetDatum(&draw->round.id)};
	int			participants = 0;
	int			i;

	for (i = 0; i < draw->count; i++)
		participants += draw->bars[i] == NULL || strcmp(draw->bars[i], "withdrew") != 0;
	SET_VARSIZE(seed, VARHDRSZ + ECP_ALLOTMENT_SEED_BYTES);
	memcpy(VARDATA(seed), draw->seed, ECP_ALLOTMENT_SEED_BYTES);
	values[2] = PointerGetDatum(seed);
	values[3] = TimestampTzGetDatum(now);
	ecp_allotment_write(&reveal, values, NULL);
	values[2] = Int32GetDatum(participants);
	values[3] = Int32GetDatum((int32) given);
	values[4] = TimestampTzGetDatum(ecp_allotment_keep_until(draw->round.territory, now));
	ecp_allotment_write(&note_draw, values, NULL);
	ecp_secret_wipe(draw->seed);
}

/* The whole draw, in a subtransaction. */
static void
draw_round(void *arg)
{
	Draw	   *draw = arg;
	const char *why;
	EcpMovement back = {.kind = "allotment"};
	int64		given;

	ecp_right_require_present();
	if (!lock_and_read(draw, &why))
		return;
	draw->done = true;
	if (why)
	{
		ecp_allotment_cancel_rounds(&draw->round, 1, why, ecp_clock_now());
		return;
	}
	read_all(draw);
	given = ecp_core_allot(draw->contenders, draw->count, draw->round.units);
	qsort(draw->contenders, draw->count, sizeof(EcpContender), compare_pseudonyms);
	back.units = (EcpStockTake) {.territory = draw->round.territory,.lot = draw->round.lot,.solidarity_units = -(int64) draw->round.units};
	back.cause = draw->round.id;
	back.at = draw->closes_at;
	ecp_stock_move(&back, 1);
	write_outcomes(draw);
	end_round(draw, given);
}

/* Draws a round; whether that was done. */
static bool
try_round(const EcpRound *round)
{
	char	   *error = NULL;
	int			i;

	for (i = 0; i < TRIES; i++)
	{
		Draw		draw = {.round = *round};

		if (ecp_attempt(draw_round, &draw, &error))
			return draw.done;
	}
	ereport(WARNING,
			(errmsg("an allotment round of territory %d could not be drawn: %s", round->territory, error),
			 errhint("It is tried again.")));
	return false;
}

int64
ecp_allotment_draw_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};
	EcpRound   *due;
	uint64		count;
	uint64		i;

	ecp_plan_run(&find_due, values, NULL, false, 0);
	count = SPI_processed;
	due = palloc0(Max(count, 1) * sizeof(EcpRound));
	for (i = 0; i < count; i++)
	{
		due[i].territory = DatumGetInt32(ecp_plan_known(i, 1));
		due[i].id = *DatumGetUUIDP(ecp_plan_known(i, 2));
		due[i].lot = *DatumGetUUIDP(ecp_plan_known(i, 3));
	}
	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (try_round(&due[i]))
			return 1;
	}
	return 0;
}

TimestampTz
ecp_allotment_draw_next(void)
{
	return ecp_due_next(&next_due);
}

int64
ecp_allotment_purge_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};
	SPITupleTable *found;
	uint64		count;
	uint64		i;

	ecp_plan_run(&find_old, values, NULL, false, 0);
	found = SPI_tuptable;
	count = SPI_processed;
	for (i = 0; i < count; i++)
	{
		Datum		key[2];
		bool		isnull;

		key[0] = SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull);
		key[1] = SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull);
		ecp_allotment_write(&forget_entrants, key, NULL);
		ecp_allotment_write(&note_purge, key, NULL);
	}
	return (int64) count;
}

TimestampTz
ecp_allotment_purge_next(void)
{
	return ecp_due_next(&next_old);
}
