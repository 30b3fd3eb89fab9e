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
#include "event/append.h"
#include "identity/setting.h"
#include "market/quota.h"
#include "market/use_by.h"
#include "market/window.h"
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
ECP_PLAN("SELECT state, window_start, window_end, windows, use_by, category FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED",
		 INT4OID, UUIDOID);

static EcpPlan lock_round =
ECP_PLAN("SELECT d.kept_units, r.opens_at, r.closes_at, r.help_days, d.key_id, d.sealed FROM ecopanier.allotment_round r "
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

/* $3 closes_at, $4 its day, $5 where help begins to count, $6 the lot. */
#define HELD_THEN "greatest(r.window_end, r.grace_until) > $3"

static EcpPlan read_entrants =
ECP_PLAN("SELECT i.pseudonym, i.member_id, i.quantity, i.distance_band, c.help, $4 - (c.last AT TIME ZONE t.time_zone)::date, coalesce(q.used, 0), "
		 "i.withdrawn_at IS NOT NULL OR i.member_id IS NULL, c.holds, coalesce(m.state = 'active', false) "
		 "FROM ecopanier.allotment_interest i JOIN ecopanier.territory t ON t.id = i.territory_id "
		 "LEFT JOIN ecopanier.member m ON m.territory_id = i.territory_id AND m.id = i.member_id CROSS JOIN LATERAL ("
		 "SELECT coalesce(sum(r.quantity) FILTER (WHERE r.claimed_at > $5 AND r.claimed_at <= $3 "
		 "    AND (r.state = 'collected' OR (r.state IN ('held', 'lapsed') AND " HELD_THEN ") "
		 "    OR (r.state = 'cancelled' AND r.cancelled_at > $3 AND " HELD_THEN "))), 0)::int AS help, "
		 "  max(r.collected_at) FILTER (WHERE r.state = 'collected' AND r.collected_at <= $3) AS last, "
		 "  coalesce(bool_or(r.lot_id = $6 AND r.state IN ('held', 'collected', 'awaiting_payment')), false) AS holds "
		 "  FROM ecopanier.reservation r WHERE r.territory_id = i.territory_id AND r.member_id = i.member_id AND r.pool = 'solidarity') c "
		 "LEFT JOIN ecopanier_private.free_quota q ON q.territory_id = i.territory_id AND q.member_id = i.member_id AND q.day = $4 "
		 "WHERE i.territory_id = $1 AND i.round_id = $2 ORDER BY i.pseudonym",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, DATEOID, TIMESTAMPTZOID, UUIDOID);

static EcpPlan insert_claims =
ECP_PLAN("INSERT INTO ecopanier.reservation (id, lot_id, member_id, pool, state, claimed_at, quantity, window_start) "
		 "SELECT c.id, $1, c.member, 'solidarity', 'held', $2, c.units, $6 FROM unnest($3, $4, $5) c (id, member, units) WHERE c.units > 0",
		 UUIDOID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDARRAYOID, INT4ARRAYOID, TIMESTAMPTZOID);

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

/* Somebody who declared interest. */
typedef struct Entrant
{
	EcpContender contender;
	pg_uuid_t	member;
	int32		wanted;
	int32		used;			/* of the day's quota */
	bool		withdrew;
	bool		holds;			/* units of this lot */
	bool		active;			/* can sign in */
	const char *bar;			/* why the person can be given nothing; NULL */
} Entrant;

/* A round that is being drawn. */
typedef struct Draw
{
	EcpRound	round;
	bool		done;			/* false: somebody was busy with it */
	const char *cancelled;		/* why there is no draw; NULL */
	TimestampTz opens_at;
	TimestampTz closes_at;
	char	   *category;		/* of the lot; NULL */
	TimestampTz window_start;	/* of the window that people are given */
	int32		help_days;
	uint8	   *seed;
	int			count;
	Entrant    *entrants;		/* by their pseudonyms */
} Draw;

/*
 * Locks the lot and reads it; false where somebody else is busy with it.  However
 * late it is drawn, who is given something has allotment_lead_minutes at least until
 * the window is over: a window that ends before is passed by.
 */
static bool
lock_and_read_lot(Draw *draw)
{
	Datum		key[2] = {Int32GetDatum(draw->round.territory), UUIDPGetDatum(&draw->round.lot)};
	TimestampTz now = ecp_clock_now();
	TimestampTz soonest = now + ecp_setting_at(draw->round.territory, "allotment_lead_minutes", now).value * USECS_PER_MINUTE;
	EcpWindow	whole;
	Datum		windows;
	bool		single;
	DateADT		use_by;
	bool		undated;

	ecp_plan_run(&lock_lot, key, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	whole.start = DatumGetTimestampTz(ecp_plan_known(0, 2));
	whole.end = DatumGetTimestampTz(ecp_plan_known(0, 3));
	windows = ecp_plan_value(0, 4, &single);
	use_by = DatumGetDateADT(ecp_plan_value(0, 5, &undated));
	draw->category = ecp_plan_text(0, 6);
	if (strcmp(ecp_plan_text(0, 1), "published") != 0)
		draw->cancelled = "lot_closed";
	else if (whole.end <= soonest)
		draw->cancelled = "too_late";
	else if (!undated && ecp_lot_past_use_by(draw->round.territory, use_by, now))
		draw->cancelled = "past_use_by";
	else
		draw->window_start = ecp_window_choose(whole, windows, single, NULL, soonest).start;
	return true;
}

/* The same of the round. */
static bool
lock_and_read_round(Draw *draw)
{
	Datum		key[2] = {Int32GetDatum(draw->round.territory), UUIDPGetDatum(&draw->round.id)};
	char	   *key_id;
	bytea	   *sealed;

	ecp_plan_run(&lock_round, key, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	draw->round.kept = DatumGetInt32(ecp_plan_known(0, 1));
	draw->opens_at = DatumGetTimestampTz(ecp_plan_known(0, 2));
	draw->closes_at = DatumGetTimestampTz(ecp_plan_known(0, 3));
	draw->help_days = DatumGetInt32(ecp_plan_known(0, 4));
	key_id = ecp_plan_text(0, 5);
	sealed = DatumGetByteaPCopy(ecp_plan_known(0, 6));
	if (ecp_key_is_listed(key_id) && ecp_key_is_in_file(key_id))
		draw->seed = ecp_allotment_seed_open(draw->round.territory, &draw->round.id, key_id, sealed);
	if (draw->seed == NULL && draw->cancelled == NULL)
		draw->cancelled = "seed_lost";
	return true;
}

/* Copies a row of read_entrants. */
static void
read_entrant(Entrant *entrant, uint64 row)
{
	EcpContender *contender = &entrant->contender;
	bool		none;
	Datum		value;

	memcpy(contender->pseudonym, DatumGetUUIDP(ecp_plan_known(row, 1))->data, UUID_LEN);
	value = ecp_plan_value(row, 2, &none);
	if (!none)
		entrant->member = *DatumGetUUIDP(value);
	entrant->wanted = DatumGetInt32(ecp_plan_known(row, 3));
	contender->distance_band = DatumGetInt32(ecp_plan_known(row, 4));
	contender->help_units = DatumGetInt32(ecp_plan_known(row, 5));
	contender->waiting_days = DatumGetInt32(ecp_plan_value(row, 6, &none));
	if (none)
		contender->waiting_days = ECP_ALLOTMENT_NEVER;
	entrant->used = DatumGetInt32(ecp_plan_known(row, 7));
	entrant->withdrew = DatumGetBool(ecp_plan_known(row, 8));
	entrant->holds = DatumGetBool(ecp_plan_known(row, 9));
	entrant->active = DatumGetBool(ecp_plan_known(row, 10));
}

/* How many units the person may have, or why none. */
static void
judge(const Draw *draw, Entrant *entrant)
{
	EcpQuota	quota;

	if (entrant->withdrew)
	{
		entrant->bar = "withdrew";
		return;
	}
	ecp_quota_of(draw->round.territory, &entrant->member, draw->category, draw->closes_at, &quota);
	if (!quota.right_holds || !entrant->active)
		entrant->bar = "right_ended";
	else if (quota.paused)
		entrant->bar = "paused";
	else if (entrant->holds)
		entrant->bar = "already_holds";
	else if (quota.limit - entrant->used < quota.cost)
		entrant->bar = "quota_reached";
	else
		entrant->contender.allowed = Min(entrant->wanted, (quota.limit - entrant->used) / quota.cost);
}

/* Locks people and their quota of the day, then reads what decides. */
static void
read_all(Draw *draw)
{
	EcpRound   *round = &draw->round;
	DateADT		day = ecp_local_day(round->territory, draw->closes_at);
	Datum		values[6];
	int			i;

	values[0] = Int32GetDatum(round->territory);
	values[1] = UUIDPGetDatum(&round->id);
	ecp_plan_run(&lock_people, values, NULL, false, 0);
	values[2] = DateADTGetDatum(day);
	ecp_plan_run(&lock_quota, values, NULL, false, 0);
	values[2] = TimestampTzGetDatum(draw->closes_at);
	values[3] = DateADTGetDatum(day);
	values[4] = TimestampTzGetDatum(draw->closes_at - draw->help_days * USECS_PER_DAY);
	values[5] = UUIDPGetDatum(&round->lot);
	ecp_plan_run(&read_entrants, values, NULL, false, 0);
	draw->count = (int) SPI_processed;
	draw->entrants = palloc0(Max(draw->count, 1) * sizeof(Entrant));
	for (i = 0; i < draw->count; i++)
		read_entrant(&draw->entrants[i], i);
	for (i = 0; i < draw->count; i++)
		judge(draw, &draw->entrants[i]);
}

static int
compare_pseudonyms(const void *a, const void *b)
{
	return memcmp(((const EcpContender *) a)->pseudonym, ((const EcpContender *) b)->pseudonym, UUID_LEN);
}

/* Gives the units out; returns how many. */
static int64
allot(Draw *draw)
{
	EcpContender *contenders = palloc(Max(draw->count, 1) * sizeof(EcpContender));
	int64		given;
	int			i;

	for (i = 0; i < draw->count; i++)
	{
		contenders[i] = draw->entrants[i].contender;
		ecp_core_allotment_ticket(draw->round.id.data, draw->seed, contenders[i].pseudonym, contenders[i].ticket);
	}
	given = ecp_core_allot(contenders, draw->count, draw->round.kept);
	qsort(contenders, draw->count, sizeof(EcpContender), compare_pseudonyms);
	for (i = 0; i < draw->count; i++)
		draw->entrants[i].contender = contenders[i];
	pfree(contenders);
	return given;
}

static const char *
outcome_of(const Entrant *entrant)
{
	if (entrant->bar)
		return entrant->bar;
	return entrant->contender.allotted > 0 ? "allotted" : "not_enough_units";
}

/* Columns of entrants, for a statement over all of them. */
typedef enum Field
{
	FIELD_PSEUDONYM, FIELD_CLAIM, FIELD_MEMBER, FIELD_ALLOTTED, FIELD_ALLOWED, FIELD_HELP, FIELD_WAITING, FIELD_PLACE, FIELD_OUTCOME, FIELDS
} Field;

/* The id of a claim, of a moment at which the round was open. */
static Datum
make_id(const Draw *draw)
{
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

	ecp_new_id_at(draw->round.territory,
				  draw->opens_at + (TimestampTz) pg_prng_uint64_range(&pg_global_prng_state, 0, (uint64) (draw->closes_at - draw->opens_at)), id);
	return UUIDPGetDatum(id);
}

static void
fill_fields(const Draw *draw, Datum *fields[FIELDS])
{
	int			i;

	for (i = 0; i < FIELDS; i++)
		fields[i] = palloc(Max(draw->count, 1) * sizeof(Datum));
	for (i = 0; i < draw->count; i++)
	{
		Entrant    *entrant = &draw->entrants[i];
		EcpContender *contender = &entrant->contender;

		fields[FIELD_PSEUDONYM][i] = UUIDPGetDatum((pg_uuid_t *) contender->pseudonym);
		fields[FIELD_CLAIM][i] = make_id(draw);
		fields[FIELD_MEMBER][i] = UUIDPGetDatum(&entrant->member);
		fields[FIELD_ALLOTTED][i] = Int32GetDatum(contender->allotted);
		fields[FIELD_ALLOWED][i] = Int32GetDatum(contender->allowed);
		fields[FIELD_HELP][i] = Int32GetDatum(contender->help_units);
		fields[FIELD_WAITING][i] = Int32GetDatum(contender->waiting_days);
		fields[FIELD_PLACE][i] = Int32GetDatum(contender->place);
		fields[FIELD_OUTCOME][i] = CStringGetTextDatum(outcome_of(entrant));
	}
}

static Datum
field_array(const Draw *draw, Datum *fields[FIELDS], Field field)
{
	ArrayType  *array;

	if (field == FIELD_OUTCOME)
		array = construct_array(fields[field], draw->count, TEXTOID, -1, false, TYPALIGN_INT);
	else if (field <= FIELD_MEMBER)
		array = construct_array(fields[field], draw->count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
	else
		array = construct_array(fields[field], draw->count, INT4OID, sizeof(int32), true, TYPALIGN_INT);
	return PointerGetDatum(array);
}

/* Claims the units of those who were given some, and tells everybody. */
static void
write_outcomes(const Draw *draw)
{
	static const Field told_fields[] = {FIELD_PSEUDONYM, FIELD_CLAIM, FIELD_ALLOTTED, FIELD_ALLOWED, FIELD_HELP, FIELD_WAITING, FIELD_PLACE, FIELD_OUTCOME};
	Datum	   *fields[FIELDS];
	Datum		claims[6];
	Datum		told[2 + lengthof(told_fields)];
	Size		i;

	fill_fields(draw, fields);
	claims[0] = UUIDPGetDatum(&draw->round.lot);
	claims[1] = TimestampTzGetDatum(draw->closes_at);
	claims[2] = field_array(draw, fields, FIELD_CLAIM);
	claims[3] = field_array(draw, fields, FIELD_MEMBER);
	claims[4] = field_array(draw, fields, FIELD_ALLOTTED);
	claims[5] = TimestampTzGetDatum(draw->window_start);
	ecp_plan_run(&insert_claims, claims, NULL, false, 0);
	told[0] = Int32GetDatum(draw->round.territory);
	told[1] = UUIDPGetDatum(&draw->round.id);
	for (i = 0; i < lengthof(told_fields); i++)
		told[2 + i] = field_array(draw, fields, told_fields[i]);
	ecp_allotment_write(&tell_entrants, told, NULL);
}

/* Tells those who were given nothing; the others hear of their claims. */
static void
tell_others(const Draw *draw)
{
	int			i;

	for (i = 0; i < draw->count; i++)
		if (draw->entrants[i].contender.allotted == 0 && !draw->entrants[i].withdrew)
			ecp_event_append(draw->round.territory, "allotment.decided", &draw->round.id, NULL, &draw->entrants[i].member, NULL);
}

/* Notes the end of a drawn round, with its seed. */
static void
end_round(const Draw *draw, int64 given)
{
	bytea	   *seed = palloc(VARHDRSZ + ECP_ALLOTMENT_SEED_BYTES);
	Datum		values[5] = {Int32GetDatum(draw->round.territory), UUIDPGetDatum(&draw->round.id)};
	int			participants = 0;
	int			i;

	for (i = 0; i < draw->count; i++)
		participants += !draw->entrants[i].withdrew;
	SET_VARSIZE(seed, VARHDRSZ + ECP_ALLOTMENT_SEED_BYTES);
	memcpy(VARDATA(seed), draw->seed, ECP_ALLOTMENT_SEED_BYTES);
	values[2] = PointerGetDatum(seed);
	values[3] = TimestampTzGetDatum(draw->closes_at);
	ecp_allotment_write(&reveal, values, NULL);
	values[2] = Int32GetDatum(participants);
	values[3] = Int32GetDatum((int32) given);
	values[4] = TimestampTzGetDatum(ecp_allotment_keep_until(draw->round.territory, draw->closes_at));
	ecp_allotment_write(&note_draw, values, NULL);
}

/* The draw of a round that is locked, its own moment being on the clock. */
static void
draw_locked(void *arg)
{
	Draw	   *draw = arg;
	int64		given;

	read_all(draw);
	given = allot(draw);
	ecp_allotment_move_units(&draw->round, 1, -1, draw->closes_at);
	write_outcomes(draw);
	tell_others(draw);
	end_round(draw, given);
	ecp_secret_wipe(draw->seed);
}

/* Draws or cancels a round, in a subtransaction. */
static void
draw_round(void *arg)
{
	Draw	   *draw = arg;

	ecp_right_require_present();
	if (!lock_and_read_lot(draw) || !lock_and_read_round(draw))
		return;
	draw->done = true;
	if (draw->cancelled)
		ecp_allotment_cancel_rounds(&draw->round, 1, draw->cancelled, ecp_clock_now());
	else
		ecp_clock_run_at(draw->closes_at, draw_locked, draw);
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
