/*
 * The life of a right beside its verification: restrictions, an end to a
 * suspension, the end by the clock, and the history of it all.
 *
 * The guard (beneficiary.c) asks for a decider at each change.  Two kinds of
 * change have none at hand: the clock ends a right, and a transfer moves one
 * that perhaps stands in another territory.  Those run in ecp_right_run(),
 * which C alone calls.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "beneficiary/right.h"
#include "common/clock.h"
#include "common/due.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_reinstate_beneficiary);
PG_FUNCTION_INFO_V1(ecp_restrict_beneficiary);
PG_FUNCTION_INFO_V1(ecp_expire_rights);
PG_FUNCTION_INFO_V1(ecp_trg_right_history_append);

static EcpPlan reinstate =
ECP_PLAN("UPDATE ecopanier.beneficiary SET state = 'verified', reason = NULL "
		 "WHERE territory_id = $1 AND member_id = $2 AND state = 'suspended' RETURNING valid_until",
		 INT4OID, UUIDOID);

static EcpPlan find_state =
ECP_PLAN("SELECT state FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2 "
		 "AND ($3 IS NULL OR organisation_id = $3)",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan set_restriction =
ECP_PLAN("UPDATE ecopanier.beneficiary SET units_per_day = $3, restriction_reason = $4 WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID, INT4OID, TEXTOID);

/* Without waiting: who is written now is looked at again at the next step. */
static EcpPlan expire =
ECP_PLAN("UPDATE ecopanier.beneficiary b SET state = 'expired' FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT d.territory_id, d.member_id FROM ecopanier.beneficiary d WHERE d.territory_id = t.id "
		 "AND d.state IN ('verified', 'suspended') AND d.valid_until < ($1 AT TIME ZONE t.time_zone)::date "
		 "ORDER BY d.valid_until LIMIT $2 FOR NO KEY UPDATE OF d SKIP LOCKED) due "
		 "WHERE b.territory_id = due.territory_id AND b.member_id = due.member_id",
		 TIMESTAMPTZOID, INT4OID);

/* The local midnight after the earliest last day. */
static EcpPlan next_end =
ECP_PLAN("SELECT min((d.valid_until + 1)::timestamp AT TIME ZONE t.time_zone) FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT b.valid_until FROM ecopanier.beneficiary b WHERE b.territory_id = t.id "
		 "AND b.state IN ('verified', 'suspended') AND b.valid_until IS NOT NULL ORDER BY b.valid_until LIMIT 1) d",
		 TIMESTAMPTZOID);

static EcpPlan append =
ECP_PLAN("INSERT INTO ecopanier.right_history (territory_id, id, member_id, organisation_id, at, from_state, to_state, "
		 "valid_from, valid_until, units_per_day, reason, decided_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, DATEOID, DATEOID, INT4OID, TEXTOID, UUIDOID);

static EcpRightStep step = ECP_RIGHT_DECISION;

EcpRightStep
ecp_right_step(void)
{
	return step;
}

void
ecp_right_require_present(void)
{
	ecp_require_read_committed("a right is decided");
}

void
ecp_right_run(EcpRightStep as, EcpPlan *plan, Datum *values, const char *nulls)
{
	EcpRightStep before = step;

	PG_TRY();
	{
		step = as;
		ecp_plan_run(plan, values, nulls, false, 0);
	}
	PG_FINALLY();
	{
		step = before;
	}
	PG_END_TRY();
}

/* Raises why no suspended right was found: another state, or no such person of this caller. */
static void
raise_not_suspended(const EcpCaller *caller, Datum member)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), member, UUIDPGetDatum(&caller->organisation)};

	ecp_plan_run(&find_state, values, caller->role == ECP_ROLE_ADMINISTRATOR ? "  n" : NULL, false, 1);
	if (SPI_processed == 0)
		ecp_right_raise_unknown();
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("the right is not suspended"),
			 errhint("Verify it with ecopanier.verify_beneficiary().")));
}

Datum
ecp_reinstate_beneficiary(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[2];
	DateADT		last;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_right_raise_unknown();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_right_check_decider(caller, ECP_SCOPE_VERIFY);
	ecp_plan_run(&reinstate, values, NULL, false, 0);
	if (SPI_processed == 0)
		raise_not_suspended(caller, values[1]);
	last = DatumGetDateADT(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_DATEADT(last);
}

Datum
ecp_restrict_beneficiary(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[4];
	char		nulls[5] = "    ";
	char	   *reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_right_raise_unknown();
	reason = PG_ARGISNULL(2) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (!PG_ARGISNULL(1) && reason[strspn(reason, " \t\n")] == '\0')
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a right is not restricted without a reason"),
				 errhint("Give the reason; the person can read it.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = CStringGetTextDatum(reason);
	if (PG_ARGISNULL(1))
		nulls[2] = nulls[3] = 'n';
	ecp_plan_begin(&saved);
	ecp_right_check_decider(caller, ECP_SCOPE_VERIFY);
	ecp_plan_run(&set_restriction, values, nulls, false, 0);
	if (SPI_processed == 0)
		ecp_right_raise_unknown();
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

int64
ecp_right_expire_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};

	ecp_right_run(ECP_RIGHT_EXPIRY, &expire, values, NULL);
	return SPI_processed;
}

TimestampTz
ecp_right_expire_next(void)
{
	return ecp_due_next(&next_end);
}

static int64
expire_batch(int limit, void *arg pg_attribute_unused())
{
	return ecp_right_expire_due(limit);
}

Datum
ecp_expire_rights(PG_FUNCTION_ARGS pg_attribute_unused())
{
	ecp_require_installed();
	(void) ecp_caller_or_loader();
	PG_RETURN_INT64(ecp_due_all(expire_batch, NULL));
}

static void
copy_column(const EcpRow *row, const char *name, Datum *value, char *null)
{
	int			column = ecp_row_column(row->desc, name);

	*value = row->values[column];
	*null = row->nulls[column] ? 'n' : ' ';
}

/* Whether an update changed something of the right. */
static bool
is_step(const EcpRow *row)
{
	static const char *const told[] = {"state", "valid_from", "valid_until", "units_per_day", "reason", "organisation_id", NULL};
	int			i;

	for (i = 0; told[i]; i++)
		if (ecp_row_differs(row, ecp_row_column(row->desc, told[i])))
			return true;
	return false;
}

/* Who decided: who verified, for a right that came by a transfer; a caller of another territory is not told. */
static void
fill_decider(const EcpRow *row, Datum *value, char *null)
{
	const EcpCaller *caller = ecp_caller();
	int			state = ecp_row_column(row->desc, "state");

	*null = 'n';
	if (step == ECP_RIGHT_EXPIRY)
		return;
	if (step == ECP_RIGHT_MOVE && ecp_row_differs(row, state) && ecp_text_is(row->values[state], false, "verified"))
		copy_column(row, "verified_by", value, null);
	else if (caller && caller->territory == DatumGetInt32(row->values[ecp_row_column(row->desc, "territory_id")]))
	{
		*value = UUIDPGetDatum(&caller->member);
		*null = ' ';
	}
}

/*
 * AFTER INSERT OR UPDATE of beneficiary: a line for the organisation that held
 * the person; a person who goes to another leaves a last line with the one,
 * and has a first line with the other.
 */
Datum
ecp_trg_right_history_append(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		values[12];
	char		nulls[13] = "            ";
	int			state;
	int			organisation;
	pg_uuid_t	id;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	if (row.old_values && !is_step(&row))
		return PointerGetDatum(NULL);
	state = ecp_row_column(row.desc, "state");
	organisation = ecp_row_column(row.desc, "organisation_id");
	copy_column(&row, "territory_id", &values[0], &nulls[0]);
	values[1] = UUIDPGetDatum(&id);
	copy_column(&row, "member_id", &values[2], &nulls[2]);
	values[4] = TimestampTzGetDatum(ecp_clock_now());
	values[5] = row.old_values ? row.old_values[state] : (Datum) 0;
	nulls[5] = row.old_values ? ' ' : 'n';
	copy_column(&row, "state", &values[6], &nulls[6]);
	copy_column(&row, "valid_from", &values[7], &nulls[7]);
	copy_column(&row, "valid_until", &values[8], &nulls[8]);
	copy_column(&row, "units_per_day", &values[9], &nulls[9]);
	copy_column(&row, "reason", &values[10], &nulls[10]);
	fill_decider(&row, &values[11], &nulls[11]);
	ecp_plan_begin(&saved);
	if (row.old_values && ecp_row_differs(&row, organisation) && !row.old_nulls[organisation])
	{
		values[3] = row.old_values[organisation];
		nulls[3] = ' ';
		ecp_new_id(DatumGetInt32(values[0]), &id);
		ecp_plan_run(&append, values, nulls, false, 0);
		nulls[5] = 'n';
	}
	copy_column(&row, "organisation_id", &values[3], &nulls[3]);
	ecp_new_id(DatumGetInt32(values[0]), &id);
	ecp_plan_run(&append, values, nulls, false, 0);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
