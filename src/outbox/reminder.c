/*
 * Reminders: baskets to pick up, lots about to end, rights about to end.
 *
 * Each kind is a row of the table below: what is due between the mark and the
 * horizon, and whom it is told, as an event.  How a mark works is told
 * in reminder_mark.c.  A reminder is for what was there before its moment: who
 * claims within the two hours has just seen the window, and a lot that is
 * published within its last hour has just been seen by its staff.
 *
 * The events are for members and staff and name no organisation, so that no
 * partner hears of them.  What staff are told is the sum of both pools (rule D13).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/plan.h"
#include "event/append.h"
#include "identity/setting.h"
#include "outbox/reminder.h"

/* A value of a setting in force now, of territory t, where nothing is kept but the plan. */
#define SETTING(name) \
	"(SELECT v.value FROM ecopanier.setting v WHERE v.territory_id = t.id AND v.name = '" name "' " \
	"AND v.valid_from <= ecopanier.now() ORDER BY v.valid_from DESC, v.version DESC LIMIT 1)"

/*
 * Plans of a kind.  due: $1 territory, $2 now, $3 the mark's moment, $4 its id,
 * $5 the reminder's time in the unit of its setting, $6 limit, $7 of a right, days of the last reminder;
 * gives in order moment and id for the mark, then subject, member and facts of the
 * event; several rows of one id are one unit, and one without a subject is
 * passed by.  next: $1 now; when the earliest of all territories is due.
 */
typedef struct Kind
{
	const char *mark;
	const char *setting;
	const char *event;
	EcpPlan		due;
	EcpPlan		next;
} Kind;

/* The range of lots whose moment lies between mark and horizon. */
#define LOTS_DUE(moment, states) \
	"WITH due AS MATERIALIZED (SELECT l.territory_id, l.id, l." moment " AS moment, l.published_at FROM ecopanier.lot l " \
	"WHERE l.territory_id = $1 AND l.state " states " AND l." moment " > $2 AND l." moment " >= $3 " \
	"AND l." moment " <= $2 + $5 * interval '1 minute' AND (l." moment ", l.id) > ($3, $4) " \
	"ORDER BY l." moment ", l.id LIMIT $6) "
#define LOTS_NEXT(kind, setting, moment, states) \
	"SELECT min(f.moment - s.minutes * interval '1 minute') FROM ecopanier.territory t " \
	"LEFT JOIN ecopanier_private.reminder_mark k ON k.territory_id = t.id AND k.kind = '" kind "' " \
	"CROSS JOIN LATERAL (SELECT " SETTING(setting) " AS minutes) s CROSS JOIN LATERAL (SELECT l." moment " AS moment FROM ecopanier.lot l " \
	"WHERE s.minutes > 0 AND l.territory_id = t.id AND l.state " states " AND l." moment " > $1 " \
	"AND l." moment " >= coalesce(k.reached, '-infinity') AND (k.kind IS NULL OR (l." moment ", l.id) > (k.reached, k.subject_id)) " \
	"ORDER BY l." moment ", l.id LIMIT 1) f"
#define OPEN_LOTS "IN ('published', 'closed')"
#define DUE_TYPES INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID, INT4OID, INT4OID, INT4OID

static Kind window = {
	.mark = "window",
	.setting = "reminder_minutes",
	.event = "reservation.reminder",
	.due = ECP_PLAN(LOTS_DUE("window_start", OPEN_LOTS)
					"SELECT d.moment, d.id, r.id, r.member_id, NULL FROM due d LEFT JOIN ecopanier.reservation r ON r.territory_id = d.territory_id "
					"AND r.lot_id = d.id AND r.state = 'held' AND r.claimed_at < d.moment - $5 * interval '1 minute' ORDER BY 1, 2, 3",
					DUE_TYPES),
	.next = ECP_PLAN(LOTS_NEXT("window", "reminder_minutes", "window_start", OPEN_LOTS), TIMESTAMPTZOID)
};

static Kind ending = {
	.mark = "ending",
	.setting = "lot_ending_minutes",
	.event = "lot.ending",
	.due = ECP_PLAN(LOTS_DUE("window_end", "= 'published'")
					"SELECT d.moment, d.id, s.lot_id, NULL::uuid, '{\"left\": ' || s.public_left + s.solidarity_left || '}' FROM due d "
					"LEFT JOIN ecopanier_private.lot_stock s ON s.territory_id = d.territory_id AND s.lot_id = d.id "
					"AND s.public_left + s.solidarity_left > 0 AND d.published_at < d.moment - $5 * interval '1 minute' ORDER BY 1, 2",
					DUE_TYPES),
	.next = ECP_PLAN(LOTS_NEXT("ending", "lot_ending_minutes", "window_end", "= 'published'"), TIMESTAMPTZOID)
};

/* Days of the territory's calendar; a mark holds one as midnight UTC. */
#define TODAY(now) "(" now " AT TIME ZONE t.time_zone)::date"
#define MARK_DAY(reached) "(" reached " AT TIME ZONE 'UTC')::date"
#define RIGHTS_DUE \
	"SELECT d.valid_until::timestamp AT TIME ZONE 'UTC', d.member_id, " \
	"CASE WHEN d.valid_until - $5 > (d.verified_at AT TIME ZONE d.time_zone)::date AND d.valid_until - $7 > d.today THEN d.member_id END, d.member_id, " \
	"'{\"valid_until\": \"' || to_char(d.valid_until, 'YYYY-MM-DD') || '\"}' " \
	"FROM (SELECT b.valid_until, b.member_id, b.verified_at, t.time_zone, " TODAY("$2") " AS today " \
	"FROM ecopanier.territory t JOIN ecopanier.beneficiary b ON b.territory_id = t.id " \
	"WHERE t.id = $1 AND b.state IN ('verified', 'suspended') AND b.state = 'verified' AND b.valid_until >= " TODAY("$2") " AND b.valid_until >= " MARK_DAY("$3") \
	" AND b.valid_until <= " TODAY("$2") " + $5 AND (b.valid_until, b.member_id) > (" MARK_DAY("$3") ", $4) " \
	"ORDER BY b.valid_until, b.member_id LIMIT $6) d ORDER BY 1, 2"
#define RIGHTS_NEXT(kind, setting) \
	"SELECT min((f.valid_until - s.days)::timestamp AT TIME ZONE t.time_zone) FROM ecopanier.territory t " \
	"LEFT JOIN ecopanier_private.reminder_mark k ON k.territory_id = t.id AND k.kind = '" kind "' " \
	"CROSS JOIN LATERAL (SELECT " SETTING(setting) "::int AS days) s CROSS JOIN LATERAL (SELECT b.valid_until FROM ecopanier.beneficiary b " \
	"WHERE s.days > 0 AND b.territory_id = t.id AND b.state IN ('verified', 'suspended') AND b.state = 'verified' AND b.valid_until >= " TODAY("$1") \
	" AND b.valid_until >= coalesce(" MARK_DAY("k.reached") ", '-infinity') " \
	"AND (k.kind IS NULL OR (b.valid_until, b.member_id) > (" MARK_DAY("k.reached") ", k.subject_id)) ORDER BY b.valid_until, b.member_id LIMIT 1) f"

static Kind right_first = {
	.mark = "right_first",
	.setting = "right_reminder_first_days",
	.event = "right.expiring",
	.due = ECP_PLAN(RIGHTS_DUE, DUE_TYPES),
	.next = ECP_PLAN(RIGHTS_NEXT("right_first", "right_reminder_first_days"), TIMESTAMPTZOID)
};

static Kind right_last = {
	.mark = "right_last",
	.setting = "right_reminder_last_days",
	.event = "right.expiring",
	.due = ECP_PLAN(RIGHTS_DUE, DUE_TYPES),
	.next = ECP_PLAN(RIGHTS_NEXT("right_last", "right_reminder_last_days"), TIMESTAMPTZOID)
};

/* Appends the events of what is due and moves the mark; how many units it passed. */
static int64
tell(const Kind *kind, int32 territory, EcpReminderMark *mark)
{
	SPITupleTable *found = SPI_tuptable;
	uint64		count = SPI_processed;
	int64		units = 0;
	uint64		i;

	for (i = 0; i < count; i++)
	{
		HeapTuple	row = found->vals[i];
		bool		nulls[5];
		Datum		values[5];
		pg_uuid_t  *id;
		int			column;

		for (column = 0; column < 5; column++)
			values[column] = SPI_getbinval(row, found->tupdesc, column + 1, &nulls[column]);
		id = DatumGetUUIDP(values[1]);
		if (i == 0 || memcmp(id, &mark->subject, sizeof(pg_uuid_t)) != 0)
			units++;
		mark->reached = DatumGetTimestampTz(values[0]);
		mark->subject = *id;
		if (!nulls[2])
			ecp_event_append(territory, kind->event, DatumGetUUIDP(values[2]), NULL, nulls[3] ? NULL : DatumGetUUIDP(values[3]),
							 nulls[4] ? NULL : TextDatumGetCString(values[4]));
	}
	if (units > 0)
		ecp_reminder_mark_move(territory, kind->mark, mark);
	return units;
}

/* One territory; later: the setting of a reminder that makes this one needless, or NULL. */
static int64
remind_territory(Kind *kind, const char *later, int32 territory, int limit)
{
	TimestampTz now = ecp_clock_now();
	int64		ahead = ecp_setting_at(territory, kind->setting, now).value;
	int64		needless = later ? ecp_setting_at(territory, later, now).value : -1;
	EcpReminderMark mark;
	Datum		values[7];

	if (ahead <= 0 || !ecp_reminder_mark_take(territory, kind->mark, &mark))
		return 0;
	values[0] = Int32GetDatum(territory);
	values[1] = TimestampTzGetDatum(now);
	values[2] = TimestampTzGetDatum(mark.reached);
	values[3] = UUIDPGetDatum(&mark.subject);
	values[4] = Int32GetDatum((int32) ahead);
	values[5] = Int32GetDatum(limit);
	values[6] = Int32GetDatum((int32) (needless > 0 ? needless : -1));
	ecp_plan_run(&kind->due, values, NULL, false, 0);
	return tell(kind, territory, &mark);
}

static int64
remind(Kind *kind, const char *later, int limit)
{
	int64		done = 0;
	uint64		count;
	uint64		i;
	int32	   *territories = ecp_reminder_territories(&count);

	for (i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		done += remind_territory(kind, later, territories[i], limit);
	}
	return done;
}

static TimestampTz
next_due(Kind *kind)
{
	Datum		now = TimestampTzGetDatum(ecp_clock_now());
	Datum		due;
	bool		isnull;

	ecp_plan_run(&kind->next, &now, NULL, false, 1);
	due = ecp_plan_value(0, 1, &isnull);
	if (isnull)
		return DT_NOEND;
	return DatumGetTimestampTz(due) <= DatumGetTimestampTz(now) ? DT_NOBEGIN : DatumGetTimestampTz(due);
}

int64
ecp_reminder_window_due(int limit)
{
	return remind(&window, NULL, limit);
}

TimestampTz
ecp_reminder_window_next(void)
{
	return next_due(&window);
}

int64
ecp_reminder_ending_due(int limit)
{
	return remind(&ending, NULL, limit);
}

TimestampTz
ecp_reminder_ending_next(void)
{
	return next_due(&ending);
}

/* Of a right that both reminders have come for, the last alone is told. */
int64
ecp_reminder_right_due(int limit)
{
	return remind(&right_first, right_last.setting, limit) + remind(&right_last, NULL, limit);
}

TimestampTz
ecp_reminder_right_next(void)
{
	TimestampTz first = next_due(&right_first);
	TimestampTz last = next_due(&right_last);

	return Min(first, last);
}
