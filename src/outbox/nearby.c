/*
 * Free baskets near people's alerts.
 *
 * A lot that is published with free units, or gains some, also by a sponsor or from
 * a round, is noted by a trigger.
 * The step takes the noted lots of a territory one by one, tells people whose
 * area they lie in, and forgets the lot when nobody is left to tell.  A person is
 * told while the right is in force and the consent to alerts stands, once of a
 * lot, and no more often a day than the territory allows.  The mark "nearby" is
 * taken first, so that one process at a time counts a territory's alerts.
 *
 * Areas around the lot are found by the index on the boxes around them; the
 * distance on the sphere decides.  A box does not reach across the 180th meridian.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "background/wake.h"
#include "common/clock.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "event/append.h"
#include "identity/setting.h"
#include "outbox/reminder.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_announced);

static EcpPlan announce =
ECP_PLAN("INSERT INTO ecopanier_private.lot_announcement (territory_id, lot_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID);

static EcpPlan list_lots =
ECP_PLAN("SELECT lot_id FROM ecopanier_private.lot_announcement WHERE territory_id = $1 ORDER BY at, lot_id LIMIT $2",
		 INT4OID, INT4OID);

static EcpPlan forget_lot =
ECP_PLAN("DELETE FROM ecopanier_private.lot_announcement WHERE territory_id = $1 AND lot_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan find_any = {
	.text = "SELECT FROM ecopanier_private.lot_announcement LIMIT 1"
};

/* The box around an area, written as in the index alert_area_index. */
#define AREA \
	"box(point(a.longitude - a.radius_m / (111000 * cos(radians(a.latitude))), a.latitude - a.radius_m / 111000.0), " \
	"point(a.longitude + a.radius_m / (111000 * cos(radians(a.latitude))), a.latitude + a.radius_m / 111000.0))"
#define METRES \
	"12742018 * asin(sqrt(least(1, sin(radians(l.latitude - a.latitude) / 2) ^ 2 + cos(radians(l.latitude)) * cos(radians(a.latitude)) " \
	"* sin(radians(l.longitude - a.longitude) / 2) ^ 2)))"

/*
 * $1 territory, $2 lot, $3 now, $4 alerts a day, $5 limit; who is told, noted.  The areas are found first, by their index, and the
 * rest is asked of each person: joined as equals, all consents of the territory would be read for the few people nearby.
 */
static EcpPlan tell_people =
ECP_PLAN("WITH near AS MATERIALIZED (SELECT l.territory_id, l.id AS lot_id, a.member_id, ($3 AT TIME ZONE t.time_zone)::date AS today "
		 "FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id "
		 "JOIN ecopanier.alert a ON a.kind = 'nearby' AND " AREA " @> box(point(l.longitude, l.latitude), point(l.longitude, l.latitude)) "
		 "AND a.territory_id = l.territory_id AND " METRES " <= a.radius_m "
		 "WHERE l.territory_id = $1 AND l.id = $2 AND l.state = 'published' AND l.window_end > $3 "
		 "AND (l.use_by IS NULL OR l.use_by >= ($3 AT TIME ZONE t.time_zone)::date) "
		 "AND ((SELECT s.solidarity_left FROM ecopanier_private.lot_stock s WHERE s.territory_id = l.territory_id AND s.lot_id = l.id) > 0 "
		 "  OR EXISTS (SELECT FROM ecopanier.allotment_round g WHERE g.territory_id = l.territory_id AND g.lot_id = l.id AND g.state = 'open' AND g.closes_at > $3))) "
		 "INSERT INTO ecopanier_private.alert_told (territory_id, member_id, lot_id, day, at) "
		 "SELECT n.territory_id, m.id, n.lot_id, n.today, $3 FROM near n "
		 "JOIN ecopanier.member m ON m.territory_id = $1 AND m.id = n.member_id AND m.state = 'active' AND NOT m.erased "
		 "WHERE (SELECT n.today BETWEEN b.valid_from AND b.valid_until FROM ecopanier.beneficiary b "
		 "  WHERE b.territory_id = n.territory_id AND b.member_id = n.member_id AND b.state = 'verified') "
		 "AND (SELECT count(*) FROM ecopanier_private.consent_in_force c WHERE c.territory_id = n.territory_id AND c.member_id = n.member_id "
		 "  AND c.purpose = 'alerts') > 0 "
		 "AND (SELECT count(*) FROM ecopanier_private.alert_told o WHERE o.territory_id = n.territory_id AND o.member_id = n.member_id "
		 "  AND o.lot_id = n.lot_id) = 0 "
		 "AND (SELECT count(*) FROM ecopanier.reservation r WHERE r.territory_id = n.territory_id AND r.member_id = n.member_id "
		 "  AND r.lot_id = n.lot_id AND r.state = 'held') = 0 "
		 "AND (SELECT count(*) FROM ecopanier_private.alert_told o WHERE o.territory_id = n.territory_id AND o.member_id = n.member_id "
		 "  AND o.day = n.today) < $4 "
		 "ORDER BY m.id LIMIT $5 FOR KEY SHARE OF m RETURNING member_id",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, INT4OID, INT4OID);

/* Tells up to so many people of a lot; how many. */
static int64
tell_lot(int32 territory, const pg_uuid_t *lot, int limit)
{
	TimestampTz now = ecp_clock_now();
	Datum		values[5] = {Int32GetDatum(territory), UUIDPGetDatum(lot), TimestampTzGetDatum(now),
		Int32GetDatum((int32) ecp_setting_at(territory, "alerts_per_day", now).value), Int32GetDatum(limit)};
	SPITupleTable *told;
	uint64		count;
	uint64		i;

	ecp_plan_run(&tell_people, values, NULL, false, 0);
	told = SPI_tuptable;
	count = SPI_processed;
	for (i = 0; i < count; i++)
	{
		bool		isnull;

		ecp_event_append(territory, "lot.nearby", lot, NULL,
						 DatumGetUUIDP(SPI_getbinval(told->vals[i], told->tupdesc, 1, &isnull)), NULL);
	}
	if (count < (uint64) limit)
		ecp_plan_run(&forget_lot, values, NULL, false, 0);
	return count;
}

static int64
tell_territory(int32 territory, int limit)
{
	Datum		values[2] = {Int32GetDatum(territory), Int32GetDatum(limit)};
	EcpReminderMark mark;
	SPITupleTable *lots;
	int64		done = 0;
	uint64		count;
	uint64		i;

	if (!ecp_reminder_mark_take(territory, "nearby", &mark))
		return 0;
	ecp_plan_run(&list_lots, values, NULL, false, 0);
	lots = SPI_tuptable;
	count = SPI_processed;
	for (i = 0; i < count && done < limit; i++)
	{
		bool		isnull;
		pg_uuid_t  *lot = DatumGetUUIDP(SPI_getbinval(lots->vals[i], lots->tupdesc, 1, &isnull));

		CHECK_FOR_INTERRUPTS();
		done += tell_lot(territory, lot, limit - (int) done) + 1;
	}
	return done;
}

int64
ecp_reminder_nearby_due(int limit)
{
	int64		done = 0;
	uint64		count;
	uint64		i;
	int32	   *territories;

	ecp_plan_run(&find_any, NULL, NULL, false, 1);
	if (SPI_processed == 0)
		return 0;
	territories = ecp_reminder_territories(&count);
	for (i = 0; i < count; i++)
		done += tell_territory(territories[i], limit);
	return done;
}

TimestampTz
ecp_reminder_nearby_next(void)
{
	ecp_plan_run(&find_any, NULL, NULL, false, 1);
	return SPI_processed > 0 ? DT_NOBEGIN : DT_NOEND;
}

/* Its argument is the column of the lot, where that is not "id". */
Datum
ecp_trg_lot_announced(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	Datum		values[2];

	ecp_row_open(&row, trigger);
	values[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	values[1] = row.values[ecp_row_column(row.desc, trigger->tg_trigger->tgnargs > 0 ? trigger->tg_trigger->tgargs[0] : "id")];
	ecp_plan_begin(&saved);
	ecp_plan_run(&announce, values, NULL, false, 0);
	ecp_plan_end(&saved);
	ecp_wake_at_commit();
	return PointerGetDatum(NULL);
}
