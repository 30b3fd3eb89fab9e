/*
 * What a person does at a kiosk: look, reserve, cancel.
 *
 * Each is the function that the person would call, called as the person: for
 * the length of one statement the caller is of kind KIOSK, then the station is
 * itself again.  That statement runs in a subtransaction, so that what a rule
 * refuses is undone and becomes a value; anything else that is raised loses
 * its statement, which may hold the token.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/setting.h"
#include "pickup/kiosk.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_kiosk_screen);
PG_FUNCTION_INFO_V1(ecp_kiosk_reserve);
PG_FUNCTION_INFO_V1(ecp_kiosk_cancel);

static EcpPlan reserve =
ECP_PLAN("SELECT reservation FROM ecopanier.reserve($1, $2, $3)", UUIDOID, INT4OID, UUIDOID);

static EcpPlan cancel =
ECP_PLAN("SELECT $1 FROM ecopanier.cancel($1)", UUIDOID);

/* The language asked for, else $2. */
#define CHOSEN_LANGUAGE \
	"(SELECT coalesce((SELECT w FROM lower(split_part(replace(left($1, 20), '_', '-'), '-', 1)) w WHERE w IN ('fr', 'en', 'es', 'ar')), $2))"

#define SAY(code) "ecopanier.message('" code "', g.language)"
#define SAY_WITH(code, args) "ecopanier.message('" code "', g.language, jsonb_build_object(" args "))"
#define LOCAL_DAY(moment) "to_char(" moment " AT TIME ZONE t.time_zone, 'DD/MM/YYYY')"
#define LOCAL_TIME(moment) "to_char(" moment " AT TIME ZONE t.time_zone, 'HH24:MI')"

static EcpPlan draw_refusal =
ECP_PLAN("SELECT jsonb_build_object('state', $3, 'language', g.language, 'right_to_left', g.language = 'ar', "
		 "'texts', jsonb_build_object('refusal', ecopanier.message($4, g.language))) FROM " CHOSEN_LANGUAGE " g (language)",
		 TEXTOID, TEXTOID, TEXTOID, TEXTOID);

/* Parameters: language asked for and the person's, territory, member, now, day, limit, token, expiry. */
static EcpPlan draw_screen =
ECP_PLAN("SELECT jsonb_build_object('state', 'ok', 'language', g.language, 'right_to_left', g.language = 'ar', "
		 "'token', $8, 'expires_at', $9, 'first_name', m.display_name, "
		 "'free_units', jsonb_build_object('left', f.units, 'limit', $7), 'right_until', b.valid_until, "
		 "'texts', jsonb_build_object("
		 "'greeting', " SAY_WITH("kiosk_greeting", "'name', m.display_name") ", "
		 "'units', " SAY_WITH("kiosk_units", "'left', f.units") ", "
		 "'limit', " SAY_WITH("kiosk_limit", "'limit', $7") ", "
		 "'right', " SAY_WITH("kiosk_right", "'until', to_char(b.valid_until, 'DD/MM/YYYY')") ", "
		 "'baskets', CASE WHEN jsonb_array_length(h.baskets) > 0 THEN " SAY("kiosk_baskets") " ELSE " SAY("kiosk_no_baskets") " END, "
		 "'offers', CASE WHEN jsonb_array_length(o.offers) > 0 THEN " SAY("kiosk_offers") " ELSE " SAY("kiosk_no_offers") " END, "
		 "'pickup', " SAY("kiosk_pickup") ", 'leave', " SAY("kiosk_leave") ", 'refusal', " SAY("kiosk_refused") "), "
		 "'baskets', h.baskets, 'offers', o.offers) "
		 "FROM " CHOSEN_LANGUAGE " g (language) "
		 "JOIN ecopanier.territory t ON t.id = $3 "
		 "JOIN ecopanier.member m ON m.territory_id = t.id AND m.id = $4 "
		 "JOIN ecopanier.beneficiary b ON b.territory_id = t.id AND b.member_id = m.id "
		 "CROSS JOIN LATERAL (SELECT greatest($7 - coalesce((SELECT q.used FROM ecopanier_private.free_quota q "
		 "WHERE q.territory_id = t.id AND q.member_id = m.id AND q.day = $6), 0), 0)) f (units) "
		 "CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object('reservation', r.id, 'title', l.title, "
		 "'quantity', r.quantity, 'place', w.name, 'address', w.address, 'day', " LOCAL_DAY("r.window_start") ", "
		 "'from', " LOCAL_TIME("r.window_start") ", 'to', " LOCAL_TIME("k.window_end") ", 'window_start', r.window_start, "
		 "'window_end', k.window_end, 'amount_cents', r.amount_cents, 'pin', k.pin, 'qr', k.qr, 'qr_svg', ecopanier.pickup_qr(r.id)) "
		 "ORDER BY r.window_start, r.id), '[]') FROM ecopanier.reservation r "
		 "JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id "
		 "JOIN ecopanier.organisation w ON w.territory_id = r.territory_id AND w.id = r.organisation_id "
		 "CROSS JOIN LATERAL ecopanier.receipt(r.id) k WHERE r.territory_id = t.id AND r.member_id = m.id AND r.state = 'held' "
		 "AND greatest(r.window_end, r.grace_until) > $5) h (baskets) "
		 "CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object('lot', l.lot_id, 'title', l.title, 'units_left', l.units_left, "
		 "'place', l.organisation_name, 'address', w.address, 'day', " LOCAL_DAY("l.window_start") ", "
		 "'from', " LOCAL_TIME("l.window_start") ", 'to', " LOCAL_TIME("l.window_end") ", 'window_start', l.window_start, "
		 "'window_end', l.window_end, 'use_by', l.use_by, 'best_before', l.best_before, 'allergens', l.allergens) "
		 "ORDER BY l.window_start, l.lot_id), '[]') FROM ecopanier.lot_offer l "
		 "JOIN ecopanier.organisation w ON w.territory_id = l.territory_id AND w.id = l.organisation_id) o (offers)",
		 TEXTOID, TEXTOID, INT4OID, UUIDOID, TIMESTAMPTZOID, DATEOID, INT8OID, TEXTOID, TIMESTAMPTZOID);

/* Whether an error is a rule's or an argument's refusal, which the person is told. */
static bool
is_refusal(int code)
{
	int			category = ERRCODE_TO_CATEGORY(code);

	if (code == ECP_ERR_NOT_INSTALLED || code == ECP_ERR_OUTDATED || code == ECP_ERR_KEY_MISSING)
		return false;
	return category == ERRCODE_TO_CATEGORY(ECP_ERR_NOT_FOUND) || category == ERRCODE_DATA_EXCEPTION ||
		category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION || code == ERRCODE_INSUFFICIENT_PRIVILEGE;
}

/* Raises again what is no refusal, without the statement and its context. */
static void
raise_hidden(ErrorData *error)
{
	error->hide_stmt = true;
	error->hide_ctx = true;
	ReThrowError(error);
}

/*
 * Runs a statement as the person; returns NULL, its result in SPI_tuptable, or
 * the SQLSTATE that it was refused with.  Inside SPI as the owner.
 */
static char *
act(const EcpKiosk *kiosk, EcpPlan *plan, Datum *values, const char *nulls)
{
	MemoryContext outside = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;
	char	   *volatile code = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(outside);
	PG_TRY();
	{
		int			level = ecp_context_enter(&kiosk->person);

		ecp_plan_run(plan, values, nulls, false, 1);
		ecp_context_leave(level);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(outside);
		CurrentResourceOwner = resources;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(outside);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(outside);
		CurrentResourceOwner = resources;
		if (!is_refusal(error->sqlerrcode))
			raise_hidden(error);
		code = pstrdup(unpack_sql_state(error->sqlerrcode));
	}
	PG_END_TRY();
	return code;
}

/* Opens the session of the first argument and runs a statement with the others as the person. */
static Datum
act_with_token(FunctionCallInfo fcinfo, EcpPlan *plan)
{
	EcpKiosk	kiosk;
	EcpOwner	saved;
	Datum		answer;
	Datum		values[3];
	char		nulls[4] = "   ";

	ecp_require_installed();
	ecp_kiosk_require_writes();
	for (int i = 1; i < PG_NARGS(); i++)
	{
		values[i - 1] = PG_GETARG_DATUM(i);
		nulls[i - 1] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	ecp_plan_begin(&saved);
	if (ecp_kiosk_open(&kiosk, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0)))
	{
		char	   *code = act(&kiosk, plan, values, nulls);

		if (code == NULL)
		{
			pg_uuid_t	reservation = *DatumGetUUIDP(ecp_plan_known(0, 1));

			answer = ecp_kiosk_answer(fcinfo, &kiosk, "ok", NULL, plan == &reserve ? &reservation : NULL);
		}
		else
			answer = ecp_kiosk_answer(fcinfo, &kiosk, "not_possible", code, NULL);
	}
	else
		answer = ecp_kiosk_answer(fcinfo, &kiosk, kiosk.state, ecp_kiosk_code(kiosk.state), NULL);
	ecp_plan_end(&saved);
	return answer;
}

Datum
ecp_kiosk_reserve(PG_FUNCTION_ARGS)
{
	return act_with_token(fcinfo, &reserve);
}

Datum
ecp_kiosk_cancel(PG_FUNCTION_ARGS)
{
	return act_with_token(fcinfo, &cancel);
}

/* The screen of a person who is signed in. */
static void
draw(const EcpKiosk *kiosk, Datum language, bool no_language)
{
	TimestampTz now = ecp_clock_now();
	int32		territory = kiosk->station.territory;
	Datum		values[9] = {language, CStringGetTextDatum(kiosk->language), Int32GetDatum(territory),
		UUIDPGetDatum(&kiosk->person.member), TimestampTzGetDatum(now), DateADTGetDatum(ecp_local_day(territory, now)),
		Int64GetDatum(ecp_setting_at(territory, "free_units_per_day", now).value),
	CStringGetTextDatum(ecp_session_sign(&kiosk->session)), TimestampTzGetDatum(kiosk->session.expires)};

	if (act(kiosk, &draw_screen, values, no_language ? "n        " : NULL) != NULL)
		elog(ERROR, "a kiosk's screen could not be drawn");
}

Datum
ecp_kiosk_screen(PG_FUNCTION_ARGS)
{
	EcpKiosk	kiosk;
	EcpOwner	saved;
	Datum		screen;
	Datum		language = PG_GETARG_DATUM(1);

	ecp_require_installed();
	ecp_kiosk_require_writes();
	ecp_plan_begin(&saved);
	if (ecp_kiosk_open(&kiosk, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0)))
		draw(&kiosk, language, PG_ARGISNULL(1));
	else
	{
		Datum		values[4] = {language, CStringGetTextDatum(kiosk.language), CStringGetTextDatum(kiosk.state),
		CStringGetTextDatum(ecp_kiosk_code(kiosk.state))};

		ecp_plan_run(&draw_refusal, values, PG_ARGISNULL(1) ? "n   " : NULL, true, 1);
	}
	screen = SPI_datumTransfer(ecp_plan_known(0, 1), false, -1);
	ecp_plan_end(&saved);
	return screen;
}
