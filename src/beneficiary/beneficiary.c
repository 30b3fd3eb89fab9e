/*
 * The right to free lots: who asks, who decides (rule D14), which steps are
 * possible.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "beneficiary/ben_code.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "territory/id.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_trg_beneficiary_guard);
PG_FUNCTION_INFO_V1(ecp_trg_beneficiary_code);
PG_FUNCTION_INFO_V1(ecp_register_beneficiary);
PG_FUNCTION_INFO_V1(ecp_verify_beneficiary);
PG_FUNCTION_INFO_V1(ecp_refuse_beneficiary);
PG_FUNCTION_INFO_V1(ecp_suspend_beneficiary);

static const EcpTransition transitions[] = {
	{"applied", "verified"}, {"applied", "refused"}, {"refused", "applied"}, {"refused", "verified"},
	{"verified", "suspended"}, {"verified", "expired"}, {"suspended", "verified"}, {"suspended", "expired"},
	{"expired", "verified"}, {NULL, NULL}
};

static EcpPlan find_accreditation =
ECP_PLAN("SELECT coalesce(kind = 'social_service' OR (kind = 'association' AND accreditation_number IS NOT NULL "
		 "AND NOT accreditation_suspended AND accredited_from <= $3 AND coalesce(accredited_until >= $3, true)), false) "
		 "FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 AND state = 'active'",
		 INT4OID, UUIDOID, DATEOID);

static EcpPlan register_code =
ECP_PLAN("INSERT INTO ecopanier_private.ben_code_issued (territory_id, ben_code) SELECT territory_id, ben_code "
		 "FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2 ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID);

static EcpPlan insert_member =
ECP_PLAN("INSERT INTO ecopanier.member (territory_id, display_name, language) VALUES ($1, $2, $3) RETURNING id",
		 INT4OID, TEXTOID, TEXTOID);

static EcpPlan insert_role =
ECP_PLAN("INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES ($1, $2, 'beneficiary') ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID);

static EcpPlan insert_beneficiary =
ECP_PLAN("INSERT INTO ecopanier.beneficiary (territory_id, member_id) VALUES ($1, $2)",
		 INT4OID, UUIDOID);

static EcpPlan verify =
ECP_PLAN("UPDATE ecopanier.beneficiary SET state = 'verified', valid_from = $3, valid_until = $4, reason = NULL "
		 "WHERE territory_id = $1 AND member_id = $2 AND ($5 IS NULL OR organisation_id = $5) RETURNING ben_code",
		 INT4OID, UUIDOID, DATEOID, DATEOID, UUIDOID);

static EcpPlan refuse =
ECP_PLAN("UPDATE ecopanier.beneficiary SET state = $3, reason = $4 "
		 "WHERE territory_id = $1 AND member_id = $2 AND ($5 IS NULL OR organisation_id = $5)",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID, UUIDOID);

/*
 * Rule D14: staff of an accredited association or of a social service decide,
 * or an administrator; never the person.
 */
static void
check_decider(const EcpCaller *caller, const pg_uuid_t *person)
{
	Datum		values[3];
	bool		accredited;

	if (ecp_id_equal(&caller->member, person))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("nobody decides on the own right"),
				 errhint("Another member of staff decides.")));
	if (caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (caller->role != ECP_ROLE_ASSOCIATION || !caller->has_organisation || caller->function <= ECP_FUNCTION_READER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("rights are decided by staff of associations and social services"),
				 errhint("Sign in as association staff or as an administrator.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->organisation);
	values[2] = DateADTGetDatum(ecp_local_day(caller->territory, ecp_clock_now()));
	ecp_plan_run(&find_accreditation, values, NULL, true, 1);
	accredited = SPI_processed == 1 && DatumGetBool(ecp_plan_known(0, 1));
	if (!accredited)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_ACCREDITED),
				 errmsg("the organisation is not accredited today"),
				 errhint("An accredited association, a social service or an administrator can decide.")));
}

/* The verification notes who and when, and gives the code at the first time. */
static void
fill_verified(EcpRow *row, const EcpCaller *caller)
{
	int			code = ecp_row_column(row->desc, "ben_code");
	int			by = ecp_row_column(row->desc, "verified_by");
	int			organisation = ecp_row_column(row->desc, "verified_for");
	int32		territory = DatumGetInt32(row->values[ecp_row_column(row->desc, "territory_id")]);

	if (row->nulls[code])
		ecp_row_set(row, code, ecp_ben_code_issue(territory));
	ecp_row_set(row, ecp_row_column(row->desc, "verified_at"), TimestampTzGetDatum(ecp_clock_now()));
	if (caller == NULL)
		return;
	ecp_row_set(row, by, UUIDPGetDatum(&caller->member));
	if (caller->has_organisation)
		ecp_row_set(row, organisation, UUIDPGetDatum(&caller->organisation));
	else
		ecp_row_set_null(row, organisation);
}

/* Whether a verified row was decided on now: for the first time, again, or for other days. */
static bool
is_decision(const EcpRow *row, int state)
{
	return row->old_values == NULL || ecp_row_differs(row, state) ||
		ecp_row_differs(row, ecp_row_column(row->desc, "valid_from")) ||
		ecp_row_differs(row, ecp_row_column(row->desc, "valid_until"));
}

static void
check_reason(const EcpRow *row, const char *state)
{
	int			reason = ecp_row_column(row->desc, "reason");

	if (strcmp(state, "refused") != 0 && strcmp(state, "suspended") != 0)
		return;
	if (row->nulls[reason] || strspn(TextDatumGetCString(row->values[reason]), " \t\n") ==
		strlen(TextDatumGetCString(row->values[reason])))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a right is not %s without a reason", state),
				 errhint("Give the reason; the person can read it.")));
}

/* An application: state and registering organisation are not the caller's to choose. */
static void
fill_application(EcpRow *row, const EcpCaller *caller)
{
	int			organisation = ecp_row_column(row->desc, "organisation_id");

	ecp_row_set(row, ecp_row_column(row->desc, "state"), CStringGetTextDatum("applied"));
	if (caller->has_organisation)
		ecp_row_set(row, organisation, UUIDPGetDatum(&caller->organisation));
}

Datum
ecp_trg_beneficiary_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"member_id", "created_at", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			state = ecp_row_column(row.desc, "state");
	int			member = ecp_row_column(row.desc, "member_id");
	EcpOwner	saved;
	char	   *name;

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	else if (caller)
		fill_application(&row, caller);
	if (row.nulls[state] || row.nulls[member])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	if (row.old_values)
		ecp_transition_check(&row, state, transitions);
	name = TextDatumGetCString(row.values[state]);
	check_reason(&row, name);
	ecp_plan_begin(&saved);
	if (caller && row.old_values)
		check_decider(caller, DatumGetUUIDP(row.values[member]));
	if (strcmp(name, "verified") == 0 && is_decision(&row, state))
		fill_verified(&row, caller);
	ecp_plan_end(&saved);
	return ecp_row_close(&row);
}

/* A code that came with a load counts as given. */
Datum
ecp_trg_beneficiary_code(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpOwner	saved;
	EcpRow		row;
	Datum		values[2];
	int			code;

	ecp_row_open(&row, trigger);
	code = ecp_row_column(row.desc, "ben_code");
	if (row.nulls[code])
		return PointerGetDatum(NULL);
	values[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	values[1] = row.values[ecp_row_column(row.desc, "member_id")];
	ecp_plan_begin(&saved);
	ecp_plan_run(&register_code, values, NULL, false, 0);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* Inserts a member and returns a copy of the id in the caller's context. */
static pg_uuid_t *
make_member(const EcpCaller *caller, Datum name, Datum language)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), name, language};
	pg_uuid_t  *id;

	ecp_plan_run(&insert_member, values, NULL, false, 0);
	id = SPI_palloc(sizeof(pg_uuid_t));
	*id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	return id;
}

Datum
ecp_register_beneficiary(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[2];
	pg_uuid_t  *member;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (caller->role != ECP_ROLE_ADMINISTRATOR && (caller->role != ECP_ROLE_ASSOCIATION ||
												   !caller->has_organisation || caller->function <= ECP_FUNCTION_READER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("people are registered by staff of associations and social services"),
				 errhint("Sign in as association staff or as an administrator.")));
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a person needs a name to be called by and a language"),
				 errhint("The name may be anything that the person chooses.")));
	ecp_plan_begin(&saved);
	member = make_member(caller, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(member);
	ecp_plan_run(&insert_role, values, NULL, false, 0);
	ecp_plan_run(&insert_beneficiary, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(member);
}

/*
 * Associations decide on those whom they registered; others are unknown to
 * them, as in their lists.  Null for an administrator.
 */
static Datum
deciding_organisation(const EcpCaller *caller, char *isnull)
{
	*isnull = caller->role == ECP_ROLE_ADMINISTRATOR ? 'n' : ' ';
	return UUIDPGetDatum(&caller->organisation);
}

static void
raise_unknown_person(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such beneficiary"),
			 errhint("Register the person first with ecopanier.register_beneficiary().")));
}

Datum
ecp_verify_beneficiary(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[5];
	char		nulls[6] = "     ";
	Datum		code;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a verification needs a member and the last day of the right"),
				 errhint("The first day is today where it is left out.")));
	ecp_plan_begin(&saved);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_ARGISNULL(2) ? DateADTGetDatum(ecp_local_day(caller->territory, ecp_clock_now())) : PG_GETARG_DATUM(2);
	values[3] = PG_GETARG_DATUM(1);
	values[4] = deciding_organisation(caller, &nulls[4]);
	ecp_plan_run(&verify, values, nulls, false, 0);
	if (SPI_processed == 0)
		raise_unknown_person();
	code = ecp_plan_known(0, 1);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(code);
}

/* Ends or pauses a right: the same step to two states. */
static Datum
decide_against(FunctionCallInfo fcinfo, const char *state)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[5];
	char		nulls[6] = "     ";

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		raise_unknown_person();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = CStringGetTextDatum(state);
	values[3] = PG_GETARG_DATUM(1);
	nulls[3] = PG_ARGISNULL(1) ? 'n' : ' ';
	values[4] = deciding_organisation(caller, &nulls[4]);
	ecp_plan_begin(&saved);
	ecp_plan_run(&refuse, values, nulls, false, 0);
	if (SPI_processed == 0)
		raise_unknown_person();
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_refuse_beneficiary(PG_FUNCTION_ARGS)
{
	return decide_against(fcinfo, "refused");
}

Datum
ecp_suspend_beneficiary(PG_FUNCTION_ARGS)
{
	return decide_against(fcinfo, "suspended");
}
