/*
 * The cascade (rule D9): sale, solidarity, association, processing, animal feed
 * or compost.
 *
 * It runs in logical time.  cascade_due says at which moments a lot is to be
 * looked at: when its window is over, when a claim ends after that, when an offer
 * is refused or its deadline passes.  These moments are taken in their order, lot
 * after lot as their order is among those of one moment, and what is done at
 * one is done as if the clock stood there, by the rules of that moment.  A moment may
 * make later ones that are past too; they are taken in turn.  So capacity is used
 * up in the order of the rules, and a worker that slept for a day leaves what one
 * that never slept would have left.
 *
 * For that nothing is looked at while something older has still to end: a lot
 * whose window is over and that is not closed, or a claim that has to lapse.
 * Lots are closed here where need be; claims are left to their step, which comes
 * before this one.  Rows that somebody has locked are waited for by the next turn,
 * for as long as PATIENCE_MINUTES after they were due: a session that keeps its locks holds
 * up its own lots, and no others of the territory; a receiver whose row is locked that long
 * is passed by.
 *
 * At a moment the stages are gone through in their order, each as far as it
 * takes units: what is refused, not answered or not collected comes back to the
 * lot, and all begins anew without the receiver that had it.  The shop offers what
 * is left once more at most.  A stage that is passed over leaves a step that says why.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "cascade/end.h"
#include "cascade/facts.h"
#include "cascade/step.h"
#include "cascade/turn.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/derived.h"
#include "common/due.h"
#include "common/plan.h"
#include "market/close.h"
#include "pickup/lapse.h"
#include "territory/id.h"

#define RETRY_MINUTES 10		/* of what failed */
#define PATIENCE_MINUTES 15		/* with what is locked */

static EcpPlan find_territories =
ECP_PLAN("SELECT t.id FROM ecopanier.territory t WHERE EXISTS (SELECT FROM ecopanier_private.cascade_due d "
		 "WHERE d.territory_id = t.id AND d.due_at <= $1) ORDER BY 1",
		 TIMESTAMPTZOID);

#define OPEN_LOT \
	"SELECT l.window_end FROM ecopanier.lot l WHERE l.territory_id = $1 AND l.state = 'published' AND l.window_end <= $2 "
#define OPEN_CLAIM \
	"SELECT greatest(r.window_end, r.grace_until) FROM ecopanier.reservation r WHERE r.territory_id = $1 " \
	"AND r.state IN ('awaiting_payment', 'held') AND r.window_end <= $2 AND greatest(r.window_end, r.grace_until) <= $2 " \
	"AND " ECP_PICKUP_NOT_LOCKED

/*
 * The first moment before anything that has still to end; claims that a station has locked end in their own time (pickup/lapse.c).  $3: what was due by
 * then and is locked by a session is not waited for any more.
 */
static EcpPlan find_moment =
ECP_PLAN("WITH open AS MATERIALIZED (SELECT least("
		 "(" OPEN_LOT "AND l.window_end <= $3 ORDER BY 1 LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED), "
		 "(" OPEN_LOT "AND l.window_end > $3 ORDER BY 1 LIMIT 1), "
		 "(" OPEN_CLAIM "AND greatest(r.window_end, r.grace_until) <= $3 ORDER BY 1 LIMIT 1 FOR UPDATE OF r SKIP LOCKED), "
		 "(" OPEN_CLAIM "AND greatest(r.window_end, r.grace_until) > $3 ORDER BY 1 LIMIT 1)) AS at) "
		 "SELECT d.lot_id, d.due_at FROM ecopanier_private.cascade_due d, open o WHERE d.territory_id = $1 AND d.due_at <= $2 "
		 "AND coalesce(d.due_at < o.at, true) AND coalesce(d.not_before <= $2, true) ORDER BY d.due_at, d.root_id, d.lot_id LIMIT 1",
		 INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

static EcpPlan next_moment =
ECP_PLAN("SELECT min(d.at) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "(SELECT f.due_at AS at FROM ecopanier_private.cascade_due f WHERE f.territory_id = t.id AND f.not_before IS NULL "
		 "ORDER BY f.due_at LIMIT 1) UNION ALL "
		 "(SELECT f.not_before FROM ecopanier_private.cascade_due f WHERE f.territory_id = t.id AND f.not_before IS NOT NULL "
		 "ORDER BY f.not_before LIMIT 1)) d",
		 TIMESTAMPTZOID);

static EcpPlan drop_moment =
ECP_PLAN("DELETE FROM ecopanier_private.cascade_due WHERE territory_id = $1 AND lot_id = $2 AND due_at = $3",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan note_failure =
ECP_PLAN("UPDATE ecopanier_private.cascade_due SET attempts = attempts + 1, not_before = $4, last_error = $5 "
		 "WHERE territory_id = $1 AND lot_id = $2 AND due_at = $3",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID);

static EcpPlan is_noted =
ECP_PLAN("SELECT state = 'skipped' AND reason = $4 FROM ecopanier.cascade_step WHERE territory_id = $1 AND lot_id = $2 AND stage = $3 "
		 "ORDER BY number DESC LIMIT 1",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID);

/* Photos, windows and prices apart, what is left is what it was. */
#define COPIED \
	"organisation_id, title, description, category, original_price_cents, unit_weight_g, meals_per_unit, use_by, best_before, batch, allergens, " \
	"commune_insee, latitude, longitude, cold_class, limit_celsius, undated, origin, farming_method, nutri_score, provenance, labels, wishes"

static EcpPlan insert_child =
ECP_PLAN("INSERT INTO ecopanier.lot (territory_id, id, source_lot_id, solidarity_units, window_start, window_end, state, created_at, published_at, " COPIED ") "
		 "SELECT territory_id, $3, id, $4, $5, $6, 'published', $7, $7, " COPIED " FROM ecopanier.lot WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, UUIDOID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID);

/* A moment of a lot. */
typedef struct Moment
{
	int32		territory;
	pg_uuid_t	lot;
	TimestampTz at;
	bool		patient;		/* what is locked is waited for */
	bool		locked;			/* by somebody else */
} Moment;

/* A lot in which units are offered again. */
typedef struct Child
{
	const EcpCascadeFacts *facts;
	pg_uuid_t	id;
	EcpSpan		window;
} Child;

static int32
units_left(const EcpCascadeFacts *facts)
{
	return facts->public_left + facts->solidarity_left;
}

/* Begins a step of a lot about so many units. */
static EcpCascadeStep
begin_step(const EcpCascadeFacts *facts, EcpStage stage, const char *state, EcpReason reason, int32 quantity)
{
	EcpCascadeStep step = {.territory = facts->territory, .stage = stage, .state = state, .reason = reason, .quantity = quantity};

	step.lot = facts->lot;
	step.weight_g = ecp_cascade_weight(facts, quantity);
	return step;
}

/* Writes a step that takes its units. */
static void
take(EcpCascadeFacts *facts, EcpCascadeStep *step)
{
	int32		from_public = Min(facts->public_left, step->quantity);

	ecp_cascade_step_note(step);
	ecp_cascade_step_take(step, facts->public_left, facts->solidarity_left);
	facts->public_left -= from_public;
	facts->solidarity_left -= step->quantity - from_public;
}

/* Says why a stage takes no more, unless that was the last word on it. */
static void
skip(const EcpCascadeFacts *facts, EcpStage stage, EcpReason reason, TimestampTz opens)
{
	EcpCascadeStep step = begin_step(facts, stage, "skipped", reason, units_left(facts));
	Datum		values[4] = {Int32GetDatum(facts->territory), UUIDPGetDatum(&facts->lot), CStringGetTextDatum(ecp_stage_names[stage]),
	CStringGetTextDatum(ecp_reason_names[reason])};

	ecp_plan_run(&is_noted, values, NULL, false, 1);
	if (SPI_processed == 1 && DatumGetBool(ecp_plan_known(0, 1)))
		return;
	step.deadline = opens;
	ecp_cascade_step_note(&step);
}

static void
make_child(void *arg)
{
	Child	   *child = arg;
	const EcpCascadeFacts *facts = child->facts;
	Datum		values[7] = {Int32GetDatum(facts->territory), UUIDPGetDatum(&facts->lot), UUIDPGetDatum(&child->id), Int32GetDatum(units_left(facts)),
	TimestampTzGetDatum(child->window.from), TimestampTzGetDatum(child->window.to), TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&insert_child, values, NULL, false, 0);
}

/* Offers what is left again, free, at the shop's next opening. */
static void
go_solidarity(EcpCascadeFacts *facts)
{
	Child		child = {.facts = facts};
	int64		opens = ECP_CASCADE_UNLIMITED;
	EcpSpan    *spans;
	int			count = ecp_cascade_read_spans(facts, &spans);
	EcpReason	reason = ecp_core_cascade_again(&facts->core, &facts->rules, spans, count, &child.window, &opens);
	EcpCascadeStep step;
	ErrorData  *error;

	if (reason == ECP_REASON_LEFT_OVER)
	{
		ecp_new_id(facts->territory, &child.id);
		error = ecp_attempt_error(make_child, &child);
		if (error && !ecp_is_of_row(error->sqlerrcode))
			ReThrowError(error);
		if (error)
			reason = ECP_REASON_INCOMPLETE;
	}
	if (reason != ECP_REASON_LEFT_OVER)
	{
		skip(facts, ECP_STAGE_SOLIDARITY, reason, reason == ECP_REASON_CLOSED_UNTIL && opens != ECP_CASCADE_UNLIMITED ? opens : 0);
		return;
	}
	step = begin_step(facts, ECP_STAGE_SOLIDARITY, "done", ECP_REASON_LEFT_OVER, units_left(facts));
	step.child = &child.id;
	take(facts, &step);
}

/* Offers units to the receivers of a stage while one takes some; why none takes more. */
static EcpReason
go_receivers(EcpCascadeFacts *facts, EcpStage stage)
{
	EcpReceiver *receivers;
	EcpReceiverId *ids;
	int			count = ecp_cascade_read_receivers(facts, stage, NULL, &receivers, &ids);
	bool		offer_needed = stage != ECP_STAGE_COMPOST;
	EcpReason	reason = ECP_REASON_LEFT_OVER;

	while (units_left(facts) > 0)
	{
		EcpOffer	offer;
		EcpCascadeStep step;

		reason = ecp_core_cascade_choose(&facts->core, &facts->rules, stage, receivers, count, units_left(facts), &offer);
		if (reason != ECP_REASON_LEFT_OVER)
			break;
		step = begin_step(facts, stage, offer_needed ? "offered" : "done", reason, (int32) offer.quantity);
		step.receiver = &ids[offer.receiver].id;
		step.receiver_organisation = &ids[offer.receiver].organisation;
		step.deadline = offer_needed ? offer.deadline : 0;
		step.short_dated = offer.short_dated;
		take(facts, &step);
		if (receivers[offer.receiver].units_left != ECP_CASCADE_UNLIMITED)
			receivers[offer.receiver].units_left -= offer.quantity;
		if (receivers[offer.receiver].weight_left != ECP_CASCADE_UNLIMITED)
			receivers[offer.receiver].weight_left -= step.weight_g;
	}
	return reason;
}

/* What is to be done at a moment of a lot, the clock standing there. */
static void
look(void *arg)
{
	Moment	   *moment = arg;
	Datum		values[3] = {Int32GetDatum(moment->territory), UUIDPGetDatum(&moment->lot), TimestampTzGetDatum(moment->at)};
	EcpCascadeFacts facts;
	EcpStage	stage;

	moment->locked = !ecp_cascade_read_lot(moment->territory, &moment->lot, true, &facts) ||
		(moment->patient && !ecp_cascade_receivers_are_free(moment->territory));
	if (moment->locked)
		return;
	ecp_derived_run(&ecp_cascade_queue, &drop_moment, values, NULL);
	if (ecp_cascade_end_offers(moment->territory, &moment->lot))
		(void) ecp_cascade_read_lot(moment->territory, &moment->lot, true, &facts);
	if (strcmp(facts.state, "closed") != 0 || facts.window_end > moment->at || units_left(&facts) == 0)
		return;
	go_solidarity(&facts);
	for (stage = ECP_STAGE_ASSOCIATION; units_left(&facts) > 0 && stage <= ECP_STAGE_COMPOST; stage++)
	{
		EcpReason	reason = go_receivers(&facts, stage);
		EcpCascadeStep step;

		if (units_left(&facts) == 0)
			break;
		if (stage < ECP_STAGE_COMPOST)
		{
			skip(&facts, stage, reason, 0);
			continue;
		}
		step = begin_step(&facts, stage, "done", reason, units_left(&facts));
		take(&facts, &step);
	}
}

static void
look_at_moment(void *arg)
{
	ecp_clock_run_at(((Moment *) arg)->at, look, arg);
}

/* One that fails is tried again later, and keeps no other waiting. */
static void
put_off(const Moment *moment, const char *error)
{
	Datum		values[5] = {Int32GetDatum(moment->territory), UUIDPGetDatum(&moment->lot), TimestampTzGetDatum(moment->at),
	TimestampTzGetDatum(ecp_clock_now() + RETRY_MINUTES * USECS_PER_MINUTE), CStringGetTextDatum(error)};

	ereport(WARNING,
			(errmsg("the cascade could not go on: %s", error),
			 errhint("The lot stands in ecopanier_private.cascade_due; it is tried again in %d minutes.", RETRY_MINUTES)));
	ecp_derived_run(&ecp_cascade_queue, &note_failure, values, NULL);
}

/* Looks at up to limit moments of a territory, in their order; how many. */
static int64
run_territory(int32 territory, int limit)
{
	TimestampTz waited_for = ecp_clock_now() - PATIENCE_MINUTES * USECS_PER_MINUTE;
	Datum		values[3] = {Int32GetDatum(territory), TimestampTzGetDatum(ecp_clock_now()), TimestampTzGetDatum(waited_for)};
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "cascade", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(own);
	int64		done = 0;

	while (done < limit)
	{
		Moment		moment = {.territory = territory};
		char	   *error;

		MemoryContextReset(own);
		ecp_plan_run(&find_moment, values, NULL, false, 1);
		if (SPI_processed == 0)
		{
			if (ecp_lot_close_due(limit) == 0)
				break;
			continue;
		}
		moment.lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
		moment.at = DatumGetTimestampTz(ecp_plan_known(0, 2));
		moment.patient = moment.at > waited_for;
		if (!ecp_attempt(look_at_moment, &moment, &error))
			put_off(&moment, error);
		if (moment.locked && moment.patient)
			break;
		if (moment.locked)
			put_off(&moment, "the lot is locked by another session");
		done++;
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(own);
	return done;
}

int64
ecp_cascade_due(int limit)
{
	Datum		now = TimestampTzGetDatum(ecp_clock_now());
	int64		done = 0;
	int32	   *territories;
	int			count;
	int			i;

	ecp_plan_run(&find_territories, &now, NULL, false, 0);
	count = (int) SPI_processed;
	territories = palloc(Max(count, 1) * sizeof(int32));
	for (i = 0; i < count; i++)
		territories[i] = DatumGetInt32(ecp_plan_known(i, 1));
	for (i = 0; i < count; i++)
		done += run_territory(territories[i], limit);
	return done;
}

TimestampTz
ecp_cascade_next(void)
{
	return ecp_due_next(&next_moment);
}
