/*
 * Counting what is tried at kiosks; see kiosk_try.h.
 *
 * The right PIN begins a series anew: that too is a frozen row.  It costs
 * nothing to believe it although its transaction may be rolled back, since who
 * knows the PIN has nothing to guess.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/due.h"
#include "common/errors.h"
#include "common/frozen.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/setting.h"
#include "pickup/kiosk_try.h"

PG_FUNCTION_INFO_V1(ecp_trg_kiosk_try_guard);

#define KEPT_DAYS 2				/* longer than any period and than the hour */

/* The hour's tries of the association, and the last row of the series. */
static EcpPlan read_series =
ECP_PLAN("SELECT (SELECT count(*) FROM ecopanier_private.kiosk_try "
		 "WHERE territory_id = $1 AND organisation_id = $2 AND at > $7 - interval '1 hour' AND at <= $7 AND kind <> 'right'), "
		 "coalesce(l.number, 0), coalesce(l.base, 0) FROM (VALUES (1)) one (n) LEFT JOIN LATERAL "
		 "(SELECT number, base FROM ecopanier_private.kiosk_try WHERE territory_id = $1 AND organisation_id = $2 AND card_id = $3 "
		 "AND pin_version = $4 AND round = $5 AND period = $6 ORDER BY number DESC LIMIT 1) l ON true",
		 INT4OID, UUIDOID, UUIDOID, INT4OID, INT4OID, INT4OID, TIMESTAMPTZOID);

static EcpPlan fold =
ECP_PLAN("WITH old AS (DELETE FROM ecopanier_private.kiosk_try WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM ecopanier.territory t "
		 "CROSS JOIN LATERAL (SELECT y.ctid FROM ecopanier_private.kiosk_try y WHERE y.territory_id = t.id "
		 "AND y.at < $1 - make_interval(days => $2) LIMIT $3) d)) RETURNING territory_id, organisation_id, kind, at) "
		 "INSERT INTO ecopanier_private.kiosk_count AS k (territory_id, organisation_id, day, refused_cards, refused_sessions) "
		 "SELECT o.territory_id, o.organisation_id, (o.at AT TIME ZONE t.time_zone)::date, "
		 "count(*) FILTER (WHERE o.kind = 'login') - count(*) FILTER (WHERE o.kind = 'right'), count(*) FILTER (WHERE o.kind = 'token') "
		 "FROM old o JOIN ecopanier.territory t ON t.id = o.territory_id GROUP BY 1, 2, 3 "
		 "ON CONFLICT (territory_id, organisation_id, day) DO UPDATE "
		 "SET refused_cards = k.refused_cards + EXCLUDED.refused_cards, refused_sessions = k.refused_sessions + EXCLUDED.refused_sessions",
		 TIMESTAMPTZOID, INT4OID, INT4OID);

static EcpPlan next_fold =
ECP_PLAN("SELECT min(at) + make_interval(days => " CppAsString2(KEPT_DAYS) ") FROM ecopanier_private.kiosk_try", TIMESTAMPTZOID);

/* The number of the period that a moment lies in. */
static int32
period_at(int32 territory, TimestampTz moment)
{
	int64		length = ecp_setting_at(territory, "card_lock", moment).value * USECS_PER_MINUTE;
	int64		period = moment / length;

	return (int32) (moment % length < 0 ? period - 1 : period);
}

int64
ecp_kiosk_charge(const EcpCaller *kiosk, const EcpKioskSeries *series, const char *kind)
{
	TimestampTz now = ecp_clock_now();
	int64		limit = ecp_setting_at(kiosk->territory, "kiosk_tries", now).value;
	bool		right = strcmp(kind, "right") == 0;
	EcpFrozenLock lock;
	int64		hour;
	Datum		values[7] = {Int32GetDatum(kiosk->territory), UUIDPGetDatum(&kiosk->organisation), UUIDPGetDatum(&series->card),
		Int32GetDatum(series->pin_version), Int32GetDatum(series->round), Int32GetDatum(period_at(kiosk->territory, now)),
	TimestampTzGetDatum(now)};
	EcpFrozenColumn columns[] = {
		{"territory_id", values[0]}, {"organisation_id", values[1]}, {"card_id", values[2]}, {"pin_version", values[3]},
		{"round", values[4]}, {"period", values[5]}, {"at", values[6]}, {"kind", CStringGetTextDatum(kind)},
		{"number", (Datum) 0}, {"base", (Datum) 0},
	};
	int32		number;
	int32		base;

	ecp_frozen_lock(&lock, &kiosk->organisation, &kiosk->organisation);
	ecp_plan_run(&read_series, values, NULL, false, 1);
	hour = DatumGetInt64(ecp_plan_known(0, 1));
	number = DatumGetInt32(ecp_plan_known(0, 2)) + 1;
	base = right ? number : DatumGetInt32(ecp_plan_known(0, 3));
	columns[8].value = Int32GetDatum(number);
	columns[9].value = Int32GetDatum(base);
	if (right || hour < limit)
		ecp_frozen_insert("kiosk_try", columns, lengthof(columns));
	ecp_frozen_unlock(&lock);
	return right || hour < limit ? number - base : ECP_KIOSK_FULL;
}

int64
ecp_kiosk_fold_due(int limit)
{
	Datum		values[3] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(KEPT_DAYS), Int32GetDatum(limit)};

	ecp_plan_run(&fold, values, NULL, false, 0);
	return (int64) SPI_processed;
}

TimestampTz
ecp_kiosk_fold_next(void)
{
	return ecp_due_next(&next_fold);
}

Datum
ecp_trg_kiosk_try_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	int			at;

	ecp_row_open(&row, trigger);
	at = ecp_row_column(row.desc, "at");
	if (row.old_values || DatumGetTimestampTz(row.values[at]) >= ecp_clock_now() - KEPT_DAYS * USECS_PER_DAY)
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("rows of \"%s\" are not changed", RelationGetRelationName(trigger->tg_relation)),
				 errhint("ecopanier.tick() makes figures of old ones.")));
	return ecp_row_close(&row);
}
