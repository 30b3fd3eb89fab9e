/*
 * The guard of lot_template: who writes, and for which day a lot is made next.
 *
 * The next day follows from the row and the time zone alone, so it is kept on
 * the row, and found by an index when it is due.  A person who changes the days
 * begins anew from today, or from tomorrow where today's lot was made or its
 * windows are over; the schedule goes on from the day that it went through.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/tenant.h"
#include "market/offerer.h"
#include "market/template.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_template_guard);

static const char *const frozen_columns[] = {"organisation_id", "created_at", NULL};

/* What decides about the days, with last_day. */
static const char *const day_columns[] = {"weekdays", "starts_at", "ends_at", "active_from", "active_until"};

/* A fortnight has each day of the week twice: so one is found even where the clock leaves a day's windows out. */
static EcpPlan find_next =
ECP_PLAN("SELECT d.day, w.opens FROM ecopanier.territory t CROSS JOIN (SELECT $2 + n AS day FROM generate_series(0, 14) n) d "
		 "CROSS JOIN LATERAL (SELECT min(s) AS opens, max(e) AS ends FROM " ECP_LOCAL_WINDOWS("d.day", "$5", "$6", "t.time_zone") " v) w "
		 "WHERE t.id = $1 AND extract(isodow FROM d.day)::int = ANY ($4) AND ($3 IS NULL OR d.day <= $3) AND w.ends > $7 "
		 "ORDER BY d.day LIMIT 1",
		 INT4OID, DATEOID, DATEOID, INT4ARRAYOID, TIMEARRAYOID, TIMEARRAYOID, TIMESTAMPTZOID);

static EcpPlan has_lots =
ECP_PLAN("SELECT 1 FROM ecopanier.lot WHERE territory_id = $1 AND template_id = $2 LIMIT 1", INT4OID, UUIDOID);

static int
column(const EcpRow *row, const char *name)
{
	return ecp_row_column(row->desc, name);
}

/* Sets the next day to make a lot for: from a day on, with a window that ends after a moment. */
static void
fill_next(EcpRow *row, DateADT from, TimestampTz after)
{
	static const char *const names[] = {"territory_id", NULL, "active_until", "weekdays", "starts_at", "ends_at", NULL};
	Datum		values[7];
	char		nulls[8] = "       ";
	int			target[2] = {column(row, "next_day"), column(row, "next_start")};

	for (int i = 0; i < 6; i++)
		if (names[i])
		{
			values[i] = ecp_row_value(row, names[i]);
			nulls[i] = ecp_row_lacks(row, names[i]) ? 'n' : ' ';
		}
	values[1] = DateADTGetDatum(Max(from, DatumGetDateADT(ecp_row_value(row, "active_from"))));
	values[6] = TimestampTzGetDatum(after);
	ecp_row_set_null(row, target[0]);
	ecp_row_set_null(row, target[1]);
	for (int i = 3; i < 6; i++)
		if (nulls[i] == 'n')
			return;				/* NOT NULL speaks for itself */
	ecp_plan_run(&find_next, values, nulls, true, 1);
	if (SPI_processed == 0)
		return;
	ecp_row_set(row, target[0], ecp_plan_known(0, 1));
	ecp_row_set(row, target[1], ecp_plan_known(0, 2));
}

static void
raise_bad_days(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("these are not the days of a template"),
			 errhint("It is active in the years 2000 to 2099.")));
}

/* The days were set by a person, or by a load: from today on. */
static void
begin_days(EcpRow *row)
{
	TimestampTz now = ecp_clock_now();
	DateADT		today = ecp_local_day(DatumGetInt32(ecp_row_value(row, "territory_id")), now);
	DateADT		from = today;

	if (ecp_row_lacks(row, "active_from"))
		ecp_row_set(row, column(row, "active_from"), DateADTGetDatum(today));
	if (DATE_NOT_FINITE(DatumGetDateADT(ecp_row_value(row, "active_from"))))
		raise_bad_days();
	if (!ecp_row_lacks(row, "last_day"))
		from = Max(from, DatumGetDateADT(ecp_row_value(row, "last_day")) + 1);
	ecp_row_set(row, column(row, "not_before"), TimestampTzGetDatum(now));
	fill_next(row, from, now);
}

static bool
changes_days(const EcpRow *row)
{
	for (size_t i = 0; i < lengthof(day_columns); i++)
		if (ecp_row_differs(row, column(row, day_columns[i])))
			return true;
	return false;
}

static void
check_update(EcpRow *row, const EcpCaller *caller)
{
	ecp_offerer_check(caller, row->old_values[column(row, "organisation_id")]);
	ecp_row_freeze(row, frozen_columns);
	if (caller)
		ecp_row_set(row, column(row, "updated_at"), TimestampTzGetDatum(ecp_clock_now()));
	if (ecp_row_differs(row, column(row, "last_day")) && !ecp_row_lacks(row, "last_day"))
		fill_next(row, DatumGetDateADT(ecp_row_value(row, "last_day")) + 1, DT_NOBEGIN);
	else if (changes_days(row))
		begin_days(row);
}

/* A template of which lots were made stays, so that these say where they come from. */
static void
check_delete(const EcpRow *row, const EcpCaller *caller)
{
	Datum		key[2] = {ecp_row_value(row, "territory_id"), ecp_row_value(row, "id")};

	ecp_offerer_check(caller, ecp_row_value(row, "organisation_id"));
	ecp_plan_run(&has_lots, key, NULL, false, 1);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("a template of which lots were made is not deleted"),
				 errhint("End it: set active_until to a day that is over.")));
}

Datum
ecp_trg_lot_template_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		check_delete(&row, caller);
	else if (row.old_values)
		check_update(&row, caller);
	else
	{
		if (caller)
			ecp_offerer_fill(&row, caller);
		if (!ecp_row_lacks(&row, "territory_id"))
			begin_days(&row);
	}
	ecp_plan_end(&saved);
	return ecp_row_close(&row);
}
