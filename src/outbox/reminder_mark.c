/*
 * How far each kind of reminder has come.
 *
 * Windows open, lots end and rights end in an order that the clock walks along.
 * A mark says up to where a territory's have been looked at; a step takes the
 * mark, tells what lies between it and the horizon (now and the reminder's
 * time), and moves it on, in one transaction.  So each is told once,
 * whoever works and however often, and the cost is that of what is new.  What
 * appears behind the mark needs no reminder: it was claimed, published or
 * decided after the moment of its reminder, and its person has just heard of it.
 * Of what passed while nobody worked, those are told that still help: the lower
 * end of what is looked at is now.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/plan.h"
#include "outbox/reminder.h"

#define KINDS "unnest(ARRAY['window', 'ending', 'right_first', 'right_last', 'nearby'])"

/* Territories come after the migration too. */
static EcpPlan add_marks = {
	.text = "INSERT INTO ecopanier_private.reminder_mark (territory_id, kind) "
	"SELECT t.id, k FROM ecopanier.territory t, " KINDS " k WHERE NOT EXISTS (SELECT FROM ecopanier_private.reminder_mark m "
	"WHERE m.territory_id = t.id AND m.kind = k) ON CONFLICT DO NOTHING"
};

static EcpPlan list_territories = {
	.text = "SELECT id FROM ecopanier.territory ORDER BY id"
};

static EcpPlan take =
ECP_PLAN("SELECT reached, subject_id FROM ecopanier_private.reminder_mark WHERE territory_id = $1 AND kind = $2 FOR UPDATE SKIP LOCKED",
		 INT4OID, TEXTOID);

static EcpPlan move =
ECP_PLAN("UPDATE ecopanier_private.reminder_mark SET reached = $3, subject_id = $4 WHERE territory_id = $1 AND kind = $2",
		 INT4OID, TEXTOID, TIMESTAMPTZOID, UUIDOID);

int32 *
ecp_reminder_territories(uint64 *count)
{
	int32	   *territories;
	uint64		i;

	ecp_plan_run(&add_marks, NULL, NULL, false, 0);
	ecp_plan_run(&list_territories, NULL, NULL, false, 0);
	*count = SPI_processed;
	territories = palloc(Max(*count, 1) * sizeof(int32));
	for (i = 0; i < *count; i++)
		territories[i] = DatumGetInt32(ecp_plan_known(i, 1));
	return territories;
}

bool
ecp_reminder_mark_take(int32 territory, const char *kind, EcpReminderMark *mark)
{
	Datum		values[2] = {Int32GetDatum(territory), CStringGetTextDatum(kind)};

	ecp_plan_run(&take, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	mark->reached = DatumGetTimestampTz(ecp_plan_known(0, 1));
	mark->subject = *DatumGetUUIDP(ecp_plan_known(0, 2));
	return true;
}

void
ecp_reminder_mark_move(int32 territory, const char *kind, const EcpReminderMark *mark)
{
	Datum		values[4] = {Int32GetDatum(territory), CStringGetTextDatum(kind), TimestampTzGetDatum(mark->reached),
	UUIDPGetDatum(&mark->subject)};

	ecp_plan_run(&move, values, NULL, false, 0);
}
