/*
 * What the cascade's decisions rest on; see facts.h.
 *
 * Capacity is counted from the steps of a receiver's local day, under a lock of
 * the receiver's row: two who count at once would both see the last place free.
 * What was refused, not answered or not collected takes no place.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "cascade/facts.h"
#include "common/clock.h"
#include "common/plan.h"
#include "identity/setting.h"
#include "market/use_by.h"
#include "organisation/accreditation.h"
#include "organisation/opening.h"
#include "territory/local_day.h"

#define SPANS_MAX 64

static EcpPlan lock_lot =
ECP_PLAN("SELECT 1 FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE", INT4OID, UUIDOID);

static EcpPlan lock_lot_if_free =
ECP_PLAN("SELECT 1 FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE SKIP LOCKED", INT4OID, UUIDOID);

static EcpPlan find_own_lot =
ECP_PLAN("SELECT 1 FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 AND organisation_id = $3", INT4OID, UUIDOID, UUIDOID);

/* Units that came back after $4, of claims and of offers: at that moment they were not left yet. */
#define CAME_LATER(pool, units) \
	"(SELECT coalesce(sum(r.quantity), 0) FROM ecopanier.reservation r WHERE r.territory_id = $1 AND r.lot_id = $2 AND r.pool = '" pool "' " \
	"AND ((r.state = 'lapsed' AND r.grace_until > $4 AND r.grace_until > r.window_end) OR (r.state = 'cancelled' AND r.cancelled_at > $4 " \
	"AND r.cancelled_at > r.window_end AND r.cancel_reason IS DISTINCT FROM 'not_paid'))) " \
	"- (SELECT coalesce(sum(m." units "), 0) FROM ecopanier_private.lot_movement m WHERE m.territory_id = $1 AND m.lot_id = $2 " \
	"AND m.kind = 'cascade' AND m." units " < 0 AND m.at > $4)"

/* Grams: what unit_weight_g holds at most, where the weight follows from the meals. */
#define UNIT_WEIGHT_MAX "1000000"

static EcpPlan read_lot =
ECP_PLAN("SELECT l.organisation_id, l.state, l.window_end, (s.public_left - (" CAME_LATER("public", "public_units") "))::int, "
		 "(s.solidarity_left - (" CAME_LATER("solidarity", "solidarity_units") "))::int, " ECP_USE_BY_END ", "
		 "least(coalesce(l.unit_weight_g, ceil(l.meals_per_unit * $3), $3), " UNIT_WEIGHT_MAX ")::bigint, o.state = 'active', l.cold_class, "
		 "l.source_lot_id IS NOT NULL OR EXISTS (SELECT FROM ecopanier.lot c WHERE c.territory_id = l.territory_id AND c.source_lot_id = l.id) "
		 "FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id "
		 "JOIN ecopanier.organisation o ON o.territory_id = l.territory_id AND o.id = l.organisation_id "
		 "JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id "
		 "WHERE l.territory_id = $1 AND l.id = $2",
		 INT4OID, UUIDOID, INT8OID, TIMESTAMPTZOID);

static EcpPlan lock_receiver =
ECP_PLAN("SELECT array_agg(id) FROM (SELECT id FROM ecopanier.receiver WHERE territory_id = $1 AND id = $3 FOR NO KEY UPDATE) l",
		 INT4OID, TEXTOID, UUIDOID);

static EcpPlan lock_receivers =
ECP_PLAN("SELECT array_agg(id) FROM (SELECT id FROM ecopanier.receiver WHERE territory_id = $1 AND stage = $2 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) l",
		 INT4OID, TEXTOID, UUIDOID);

static EcpPlan are_free =
ECP_PLAN("SELECT (SELECT count(*) FROM (SELECT 1 FROM ecopanier.receiver WHERE territory_id = $1 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) l) "
		 "= (SELECT count(*) FROM ecopanier.receiver WHERE territory_id = $1)",
		 INT4OID);

#define DISTANCE \
	"CASE WHEN num_nulls(l.latitude, l.longitude, o.latitude, o.longitude) = 0 " \
	"THEN ecopanier.distance_m(l.latitude, l.longitude, o.latitude, o.longitude) ELSE -1 END"

/* $4 the lot, $5 the local day, $6 the moment: what was decided after it counts as it stood then; $7 those that are locked. */
static EcpPlan read_receivers =
ECP_PLAN("SELECT r.id, r.organisation_id, r.stage, " DISTANCE ", r.radius_m, r.units_per_day - coalesce(used.units, 0), "
		 "r.kg_per_day * bigint '1000' - coalesce(used.weight, 0), "
		 "(SELECT max(p.at) FROM ecopanier.cascade_step p WHERE p.territory_id = r.territory_id AND p.receiver_organisation_id = r.organisation_id "
		 "AND p.at <= $6), "
		 "o.state = 'active' AND r.created_at <= $6 AND r.active_from <= $5 AND coalesce(r.active_until >= $5, true), "
		 "coalesce(l.cold_class = ANY (r.cold_classes), false), r.declares_short_dated, "
		 "EXISTS (SELECT FROM ecopanier.cascade_step a WHERE a.territory_id = r.territory_id AND a.lot_id = l.id AND a.receiver_id = r.id "
		 "AND a.state IN ('refused', 'expired') AND a.decided_at <= $6) "
		 "FROM ecopanier.receiver r JOIN ecopanier.organisation o ON o.territory_id = r.territory_id AND o.id = r.organisation_id "
		 "JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = $4 "
		 "LEFT JOIN LATERAL (SELECT sum(CASE WHEN u.decided_at > $6 THEN u.quantity ELSE coalesce(u.received_quantity, u.quantity) END) AS units, "
		 "sum(CASE WHEN u.decided_at > $6 THEN u.weight_g ELSE coalesce(u.received_weight_g, u.weight_g) END)::bigint AS weight "
		 "FROM ecopanier.cascade_step u WHERE u.territory_id = r.territory_id AND u.receiver_id = r.id AND u.day = $5 "
		 "AND (u.state IN ('offered', 'accepted', 'received', 'done') OR u.decided_at > $6)) used ON true "
		 "WHERE r.territory_id = $1 AND r.id = ANY ($7) AND coalesce(r.id = $3, r.stage = $2) ORDER BY r.id",
		 INT4OID, TEXTOID, UUIDOID, UUIDOID, DATEOID, TIMESTAMPTZOID, UUIDARRAYOID);

static int64
hours_of(int32 territory, const char *name)
{
	return ecp_setting_at(territory, name, ecp_clock_now()).value * USECS_PER_HOUR;
}

/* Whether the shop may keep what is left until its next opening: by its cold class; what needs no cold may be kept. */
static bool
may_keep(int32 territory, const char *cold_class)
{
	static const char *const classes[] = {"frozen", "very_perishable", "perishable", "minced_meat", "melting_ice", "hot"};
	Size		i;

	for (i = 0; cold_class && i < lengthof(classes); i++)
		if (strcmp(cold_class, classes[i]) == 0)
			return ecp_setting_at(territory, psprintf("cascade_keep_%s", classes[i]), ecp_clock_now()).value != 0;
	return true;
}

static void
read_rules(EcpCascadeFacts *facts)
{
	facts->rules.ahead = hours_of(facts->territory, "cascade_solidarity_hours");
	facts->rules.window = ecp_setting_at(facts->territory, "cascade_window_minutes", ecp_clock_now()).value * USECS_PER_MINUTE;
	facts->rules.answer = hours_of(facts->territory, "cascade_offer_hours");
	facts->rules.donation = hours_of(facts->territory, "donation_hours");
}

static int64
value_or(uint64 row, int column, int64 otherwise)
{
	bool		isnull;
	Datum		value = ecp_plan_value(row, column, &isnull);

	return isnull ? otherwise : DatumGetInt64(value);
}

bool
ecp_cascade_read_lot(int32 territory, const pg_uuid_t *lot, bool skip, EcpCascadeFacts *facts)
{
	int64		meal_weight = ecp_setting_at(territory, "meal_weight", ecp_clock_now()).value;
	Datum		values[4] = {Int32GetDatum(territory), UUIDPGetDatum(lot), Int64GetDatum(meal_weight), TimestampTzGetDatum(ecp_clock_now())};
	char	   *cold_class;

	ecp_plan_run(skip ? &lock_lot_if_free : &lock_lot, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	ecp_plan_run(&read_lot, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	memset(facts, 0, sizeof(*facts));
	facts->territory = territory;
	facts->lot = *lot;
	facts->organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	facts->state = ecp_plan_text(0, 2);
	facts->window_end = value_or(0, 3, 0);
	facts->public_left = DatumGetInt32(ecp_plan_known(0, 4));
	facts->solidarity_left = DatumGetInt32(ecp_plan_known(0, 5));
	facts->core.at = ecp_clock_now();
	facts->core.use_by_end = value_or(0, 6, ECP_CASCADE_UNLIMITED);
	facts->core.unit_weight = Max(DatumGetInt64(ecp_plan_known(0, 7)), 1);
	facts->core.active = DatumGetBool(ecp_plan_known(0, 8));
	cold_class = ecp_plan_text(0, 9);
	facts->core.offered_again = DatumGetBool(ecp_plan_known(0, 10));
	facts->core.may_keep = may_keep(territory, cold_class);
	facts->day = ecp_local_day(territory, ecp_clock_now());
	read_rules(facts);
	return true;
}

bool
ecp_cascade_own_lot(const EcpCaller *caller, const pg_uuid_t *lot, EcpCascadeFacts *facts)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(lot), UUIDPGetDatum(&caller->organisation)};

	ecp_plan_run(&find_own_lot, values, NULL, true, 1);
	return SPI_processed == 1 && ecp_cascade_read_lot(caller->territory, lot, false, facts);
}

int
ecp_cascade_read_spans(const EcpCascadeFacts *facts, EcpSpan **spans)
{
	int			days = (int) (facts->rules.ahead / USECS_PER_DAY) + 2;
	EcpOpening	openings[SPANS_MAX];
	int			count;
	int			i;

	(void) ecp_opening_spans(facts->territory, &facts->organisation, facts->day - 1, facts->day + days, openings, SPANS_MAX, &count);
	*spans = palloc(Max(count, 1) * sizeof(EcpSpan));
	for (i = 0; i < count; i++)
		(*spans)[i] = (EcpSpan) {openings[i].opens, openings[i].closes};
	return count;
}

/* The opening of a receiver that is now or next. */
static void
read_opening(const EcpCascadeFacts *facts, const pg_uuid_t *organisation, EcpReceiver *receiver)
{
	EcpOpening	openings[SPANS_MAX];
	int			count;
	int			i;

	receiver->has_hours = ecp_opening_spans(facts->territory, organisation, facts->day - 1, facts->day + 4, openings, SPANS_MAX, &count);
	receiver->opening.from = ECP_CASCADE_UNLIMITED;
	receiver->opening.to = ECP_CASCADE_UNLIMITED;
	for (i = 0; i < count && receiver->opening.from == ECP_CASCADE_UNLIMITED; i++)
		if (openings[i].closes > facts->core.at)
			receiver->opening = (EcpSpan) {openings[i].opens, openings[i].closes};
}

static EcpStage
stage_named(const char *name)
{
	int			i;

	for (i = 0; i < ECP_STAGES; i++)
		if (strcmp(ecp_stage_names[i], name) == 0)
			return i;
	elog(ERROR, "no stage is called \"%s\"", name);
}

/* The columns of a row of read_receivers. */
static void
fill_receiver(uint64 row, EcpReceiver *receiver, EcpReceiverId *id)
{
	memset(receiver, 0, sizeof(*receiver));
	id->id = *DatumGetUUIDP(ecp_plan_known(row, 1));
	id->organisation = *DatumGetUUIDP(ecp_plan_known(row, 2));
	id->stage = stage_named(ecp_plan_text(row, 3));
	memcpy(receiver->id, id->id.data, UUID_LEN);
	receiver->distance = DatumGetFloat8(ecp_plan_known(row, 4));
	receiver->radius = DatumGetInt32(ecp_plan_known(row, 5));
	receiver->units_left = value_or(row, 6, ECP_CASCADE_UNLIMITED);
	receiver->weight_left = value_or(row, 7, ECP_CASCADE_UNLIMITED);
	receiver->last_offered = value_or(row, 8, ECP_CASCADE_NEVER);
	receiver->admitted = DatumGetBool(ecp_plan_known(row, 9));
	receiver->keeps = DatumGetBool(ecp_plan_known(row, 10));
	receiver->declares = DatumGetBool(ecp_plan_known(row, 11));
	receiver->asked = DatumGetBool(ecp_plan_known(row, 12));
}

bool
ecp_cascade_receivers_are_free(int32 territory)
{
	Datum		value = Int32GetDatum(territory);

	ecp_plan_run(&are_free, &value, NULL, false, 1);
	return DatumGetBool(ecp_plan_known(0, 1));
}

int
ecp_cascade_read_receivers(const EcpCascadeFacts *facts, EcpStage stage, const pg_uuid_t *only,
						   EcpReceiver **receivers, EcpReceiverId **ids)
{
	Datum		values[7] = {Int32GetDatum(facts->territory), CStringGetTextDatum(ecp_stage_names[stage]), only ? UUIDPGetDatum(only) : (Datum) 0,
	UUIDPGetDatum(&facts->lot), DateADTGetDatum(facts->day), TimestampTzGetDatum(facts->core.at)};
	bool		none;
	int			count;
	int			i;

	ecp_plan_run(only ? &lock_receiver : &lock_receivers, values, only ? NULL : "  n", false, 1);
	values[6] = ecp_plan_value(0, 1, &none);
	if (none)
		return 0;
	ecp_plan_run_present(&read_receivers, values, only ? NULL : "  n    ", false, 0);
	count = (int) SPI_processed;
	*receivers = palloc(Max(count, 1) * sizeof(EcpReceiver));
	*ids = palloc(Max(count, 1) * sizeof(EcpReceiverId));
	for (i = 0; i < count; i++)
		fill_receiver(i, &(*receivers)[i], &(*ids)[i]);
	for (i = 0; i < count; i++)
	{
		EcpReceiver *receiver = &(*receivers)[i];

		if (!only && (!receiver->admitted || receiver->asked || receiver->distance > receiver->radius))
			continue;			/* out of the question: nothing more is asked */
		if ((*ids)[i].stage == ECP_STAGE_ASSOCIATION && !only)
			(*receivers)[i].admitted &= ecp_organisation_is_accredited(facts->territory, &(*ids)[i].organisation, facts->day);
		read_opening(facts, &(*ids)[i].organisation, &(*receivers)[i]);
	}
	return count;
}

int64
ecp_cascade_weight(const EcpCascadeFacts *facts, int64 units)
{
	return facts->core.unit_weight * units;
}
