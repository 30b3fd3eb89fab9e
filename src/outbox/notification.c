/*
 * Notifications in the application: what a member's own client shows.
 *
 * A consumer of events writes them, one statement for a whole batch: each part
 * finds whom its kinds of event concern and the values that the sentence takes.
 * The sentence itself is made when it is read (notification_read.c).  Written is
 * what somebody else did: nobody is told of the own act, such as a basket
 * that the person cancelled; a claim is the exception, since its notification
 * is the receipt that a mail can carry.  An event may have waited: a reminder or
 * alert that no longer helps when it is told is left out.
 *
 * People are locked against erasure while their rows are written, so that who is
 * erased meanwhile is left out instead of failing the batch.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "event/append.h"
#include "identity/tenant.h"
#include "outbox/consumer.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_notification_guard);
PG_FUNCTION_INFO_V1(ecp_trg_right_restricted);

/*
 * The events of a batch ($1 territory, $2 ids), read once for all parts; n is the place in the batch.  OFFSET 0, here and below,
 * has a row found by its key, whatever the planner knows of tables that have just grown.
 */
#define TOLD \
	"WITH told AS MATERIALIZED (SELECT u.n, v.territory_id, v.id, v.kind, v.subject_id, v.organisation_id, v.member_id, v.facts, t.time_zone " \
	"FROM unnest($2) WITH ORDINALITY u (id, n) JOIN ecopanier.territory t ON t.id = $1 " \
	"CROSS JOIN LATERAL (SELECT w.* FROM ecopanier.event w WHERE w.territory_id = $1 AND w.id = u.id OFFSET 0) v) "

/* Whom an event concerns, what it is about, and the values of its sentence. */
#define CONCERNS_BY(kind, subject, member, args) \
	"SELECT e.n, e.id AS event_id, " kind " AS kind, " subject " AS subject_id, " member " AS member_id, jsonb_build_object(" args ") AS args FROM told e "
#define CONCERNS(kind, member, args) CONCERNS_BY(kind, "e.subject_id", member, args)
#define BY_KEY(table, alias, key, id) \
	"CROSS JOIN LATERAL (SELECT c.* FROM " table " c WHERE c.territory_id = e.territory_id AND c." key " = " id " OFFSET 0) " alias " "

/* A moment as people of the territory read it. */
#define LOCAL_DAY(moment) "to_char(" moment " AT TIME ZONE e.time_zone, 'DD/MM/YYYY')"
#define LOCAL_HOUR(moment) "to_char(" moment " AT TIME ZONE e.time_zone, 'HH24:MI')"

/* A lot with a window: that of all of it, alias l, or the one that a claim r chose. */
#define LOT_ARGS(window) \
	"'lot', l.title, 'place', o.name, 'day', " LOCAL_DAY(window ".window_start") ", 'opens', " LOCAL_HOUR(window ".window_start") \
	", 'closes', " LOCAL_HOUR(window ".window_end")
#define JOIN_LOT(id) \
	BY_KEY("ecopanier.lot", "l", "id", id) \
	"JOIN ecopanier.organisation o ON o.territory_id = l.territory_id AND o.id = l.organisation_id "

/* Baskets: their person, the same whoever pays.  A claim that ended without having been held names no organisation. */
#define BASKETS \
	CONCERNS("CASE WHEN e.organisation_id IS NULL AND e.kind IN ('reservation.cancelled', 'reservation.lapsed') " \
			 "THEN 'reservation.unconfirmed' ELSE e.kind END", "r.member_id", \
			 LOT_ARGS("r") ", 'units', r.quantity, 'reason', " \
			 "CASE WHEN e.kind = 'reservation.cancelled' AND r.cancel_reason <> 'organisation_suspended' THEN r.cancel_reason END") \
	BY_KEY("ecopanier.reservation", "r", "id", "e.subject_id") \
	JOIN_LOT("r.lot_id") \
	"WHERE e.kind ^@ 'reservation.' AND (e.kind IN ('reservation.held', 'reservation.collected', 'reservation.lapsed') " \
	"OR (e.kind = 'reservation.cancelled' AND e.facts ->> 'by' IS DISTINCT FROM 'member') " \
	"OR (e.kind = 'reservation.reminder' AND r.state = 'held' AND r.window_end > ecopanier.now()))"

/* A lot that its shop withdrew: who has fetched a basket of it, to be warned. */
#define RECALLS \
	CONCERNS_BY("'reservation.recalled'", "r.id", "r.member_id", LOT_ARGS("r") ", 'reason', l.cancel_reason") JOIN_LOT("e.subject_id") \
	BY_KEY("ecopanier.reservation", "r", "lot_id", "e.subject_id") \
	"WHERE e.kind = 'lot.cancelled' AND e.organisation_id = l.organisation_id AND r.state = 'collected' AND l.cancel_reason IS DISTINCT FROM 'organisation_suspended'"

/* Rights: their person.  No reason: it is read where the right is, and goes into no mail. */
#define RIGHTS \
	CONCERNS("e.kind", "b.member_id", \
			 "'until', to_char(coalesce((e.facts ->> 'valid_until')::date, b.valid_until), 'DD/MM/YYYY'), 'limit', b.units_per_day") \
	BY_KEY("ecopanier.beneficiary", "b", "member_id", "e.subject_id") \
	"WHERE e.kind ^@ 'right.' AND (e.kind IN ('right.verified', 'right.refused', 'right.suspended', 'right.restricted', 'right.expired') " \
	"OR (e.kind = 'right.expiring' AND b.state = 'verified' AND b.valid_until = (e.facts ->> 'valid_until')::date))"

/* Decisions on an organisation: its owners, who can act on them. */
#define ORGANISATIONS \
	CONCERNS("e.kind", "s.member_id", "'place', o.name, 'reason', o.state_reason") \
	"JOIN ecopanier.organisation o ON o.territory_id = e.territory_id AND o.id = e.subject_id " \
	"JOIN ecopanier.organisation_staff s ON s.territory_id = o.territory_id AND s.organisation_id = o.id AND s.function = 'owner' " \
	"WHERE e.kind IN ('organisation.active', 'organisation.suspended', 'organisation.closed')"

/* A lot about to end: who can still do something about it.  What is left is the sum of both pools (rule D13). */
#define ENDINGS \
	CONCERNS("e.kind", "s.member_id", LOT_ARGS("l") ", 'left', (e.facts ->> 'left')::int") JOIN_LOT("e.subject_id") \
	"JOIN ecopanier.organisation_staff s ON s.territory_id = o.territory_id AND s.organisation_id = o.id " \
	"AND s.function IN ('owner', 'manager', 'station') " \
	"WHERE e.kind = 'lot.ending' AND l.state = 'published' AND l.window_end > ecopanier.now()"

/* A lot of a template that could not be published: who can put it right. */
#define TEMPLATES \
	CONCERNS("e.kind", "s.member_id", "'lot', m.title, 'day', to_char((e.facts ->> 'day')::date, 'DD/MM/YYYY')") \
	"JOIN ecopanier.lot_template m ON m.territory_id = e.territory_id AND m.id = e.subject_id " \
	"JOIN ecopanier.organisation_staff s ON s.territory_id = m.territory_id AND s.organisation_id = m.organisation_id " \
	"AND s.function IN ('owner', 'manager') WHERE e.kind = 'template.failed'"

/* A basket near an alert or of a favourite shop: only who still agrees to alerts. */
#define NEARBY \
	CONCERNS("e.kind", "e.member_id", LOT_ARGS("l")) JOIN_LOT("e.subject_id") \
	"JOIN ecopanier_private.consent_in_force c ON c.territory_id = e.territory_id AND c.member_id = e.member_id AND c.purpose = 'alerts' " \
	"JOIN ecopanier_private.lot_stock k ON k.territory_id = l.territory_id AND k.lot_id = l.id " \
	"WHERE e.kind IN ('lot.nearby', 'lot.favourite') AND l.state = 'published' AND l.window_end > ecopanier.now() " \
	"AND (k.solidarity_left > 0 OR (e.kind = 'lot.favourite' AND k.public_left > 0) OR EXISTS (" \
	"SELECT FROM ecopanier.allotment_round a WHERE a.territory_id = l.territory_id AND a.lot_id = l.id AND a.state = 'open' AND a.closes_at > ecopanier.now()))"

/* A round that gave nothing: each by what came of it.  Who was given units is told of the claim. */
#define ALLOTMENTS \
	CONCERNS("'allotment.' || i.outcome", "i.member_id", LOT_ARGS("l")) \
	BY_KEY("ecopanier.allotment_round", "a", "id", "e.subject_id") \
	"CROSS JOIN LATERAL (SELECT c.* FROM ecopanier.allotment_interest c WHERE c.territory_id = a.territory_id AND c.round_id = a.id AND c.member_id = e.member_id OFFSET 0) i " \
	JOIN_LOT("a.lot_id") "WHERE e.kind = 'allotment.decided' AND i.outcome NOT IN ('allotted', 'withdrew')"

/*
 * created_at keeps the order of a reader's own events of the batch.  It counts
 * those alone: from their place among all events staff would learn how much else
 * happened, rights among it.
 */
static EcpPlan write_batch =
ECP_PLAN(TOLD "INSERT INTO ecopanier.notification (territory_id, member_id, event_id, kind, subject_id, created_at, args) "
		 "SELECT m.territory_id, m.id, x.event_id, x.kind, x.subject_id, ecopanier.now() + x.place * interval '1 microsecond', jsonb_strip_nulls(x.args) "
		 "FROM (SELECT c.*, row_number() OVER (PARTITION BY c.member_id ORDER BY c.n) - 1 AS place FROM ("
		 BASKETS " UNION ALL " RECALLS " UNION ALL " RIGHTS " UNION ALL " ORGANISATIONS " UNION ALL " ENDINGS " UNION ALL " TEMPLATES " UNION ALL " NEARBY " UNION ALL " ALLOTMENTS ") c) x "
		 "JOIN ecopanier.member m ON m.territory_id = $1 AND m.id = x.member_id AND NOT m.erased AND m.state <> 'closed' "
		 "ORDER BY m.id, x.n FOR KEY SHARE OF m ON CONFLICT (territory_id, member_id, event_id) DO NOTHING",
		 INT4OID, UUIDARRAYOID);

static void
consume(int32 territory, ArrayType *events)
{
	Datum		values[2] = {Int32GetDatum(territory), PointerGetDatum(events)};

	ecp_plan_run(&write_batch, values, NULL, false, 0);
}

const EcpConsumer ecp_notification_consumer = {"notifications", consume};

/* A caller writes none; an update marks as read, once and now. */
Datum
ecp_trg_notification_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"member_id", "event_id", "kind", "subject_id", "args", "created_at", NULL};
	static const char *const mark[] = {"read_at", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			member = ecp_row_column(row.desc, "member_id");
	int			read_at = ecp_row_column(row.desc, "read_at");

	if (caller && (row.old_values == NULL || !ecp_id_equal(DatumGetUUIDP(row.old_values[member]), &caller->member)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("notifications are written by the rules and read by their member"),
				 errhint("Mark the own ones with ecopanier.mark_read().")));
	if (row.old_values == NULL)
		return ecp_row_close(&row);
	ecp_row_freeze(&row, frozen);
	if (!row.old_nulls[read_at])
		ecp_row_freeze(&row, mark);
	else if (caller && !row.nulls[read_at])
		ecp_row_set(&row, read_at, TimestampTzGetDatum(ecp_clock_now()));
	return ecp_row_close(&row);
}

/* AFTER UPDATE of beneficiary: a restriction that came, changed or went, for its person alone. */
Datum
ecp_trg_right_restricted(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	pg_uuid_t  *member;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	member = DatumGetUUIDP(row.values[ecp_row_column(row.desc, "member_id")]);
	ecp_plan_begin(&saved);
	ecp_event_append(DatumGetInt32(row.values[ecp_row_column(row.desc, "territory_id")]), "right.restricted", member, NULL, member, NULL);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
