/*
 * The right to free lots: who asks, who decides (rule D14), which steps are
 * possible.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "beneficiary/ben_code.h"
#include "beneficiary/right.h"
#include "beneficiary/tag.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/role.h"
#include "identity/setting.h"
#include "identity/tenant.h"
#include "organisation/accreditation.h"
#include "territory/id.h"
#include "territory/local_day.h"
#include "territory/row_identity.h"
#include "types/ben_code_core.h"

PG_FUNCTION_INFO_V1(ecp_trg_beneficiary_guard);
PG_FUNCTION_INFO_V1(ecp_trg_beneficiary_code);
PG_FUNCTION_INFO_V1(ecp_register_beneficiary);
PG_FUNCTION_INFO_V1(ecp_verify_beneficiary);
PG_FUNCTION_INFO_V1(ecp_refuse_beneficiary);
PG_FUNCTION_INFO_V1(ecp_suspend_beneficiary);

#define MAX_YEARS	5			/* of a right, from its first day to its last */

static const EcpTransition transitions[] = {
	{"applied", "verified"}, {"applied", "refused"}, {"refused", "applied"}, {"refused", "verified"},
	{"verified", "suspended"}, {"verified", "expired"}, {"suspended", "verified"}, {"suspended", "expired"},
	{"expired", "verified"}, {"verified", "transferred"}, {NULL, NULL}
};

static EcpLookup find_kind =
ECP_LOOKUP_REMEMBERED("organisation", ECP_LIST("territory_id", "id"), ECP_LIST("kind"),
					  "SELECT kind FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2",
					  INT4OID, UUIDOID);

static EcpPlan register_code =
ECP_PLAN("INSERT INTO ecopanier_private.ben_code_issued (territory_id, ben_code) VALUES ($1, $2::ecopanier.ben_code) ON CONFLICT DO NOTHING",
		 INT4OID, TEXTOID);

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

void
ecp_right_raise_unknown(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such beneficiary"),
			 errhint("Register the person first with ecopanier.register_beneficiary().")));
}

void
ecp_right_check_registrar(const EcpCaller *caller)
{
	ecp_caller_require_scope(caller, ECP_SCOPE_ENROL);
	if (caller->kind == ECP_CALLER_SERVICE || caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (caller->role != ECP_ROLE_ASSOCIATION || !caller->has_organisation || caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("people are registered by staff of associations and social services"),
				 errhint("Sign in as owner or manager of an association, or as an administrator.")));
}

void
ecp_right_check_decider(const EcpCaller *caller, EcpScope scope)
{
	ecp_caller_require_scope(caller, scope);
	if (caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (caller->kind != ECP_CALLER_SERVICE &&
		(caller->role != ECP_ROLE_ASSOCIATION || !caller->has_organisation || caller->function < ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("rights are decided by staff of associations and social services"),
				 errhint("Sign in as owner or manager of an association, or as an administrator.")));
	if (!ecp_organisation_is_accredited(caller->territory, &caller->organisation,
										ecp_local_day(caller->territory, ecp_clock_now())))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_ACCREDITED),
				 errmsg("the organisation is not accredited today"),
				 errhint("An accredited association, a social service or an administrator can decide.")));
}

/*
 * Rule D14: staff of an accredited association or of a social service decide
 * on the people whom it holds, or an administrator; never the person.
 */
static void
check_decision(const EcpRow *row, const EcpCaller *caller)
{
	int			organisation = ecp_row_column(row->desc, "organisation_id");
	const pg_uuid_t *person = DatumGetUUIDP(row->values[ecp_row_column(row->desc, "member_id")]);

	/* first, so that no other refusal tells that the person is there */
	if (caller->role != ECP_ROLE_ADMINISTRATOR &&
		(row->old_nulls[organisation] ||
		 !ecp_id_equal(DatumGetUUIDP(row->old_values[organisation]), &caller->organisation)))
		ecp_right_raise_unknown();
	if (ecp_id_equal(&caller->member, person))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("nobody decides on the own right"),
				 errhint("Another member of staff decides.")));
	ecp_right_check_decider(caller, ECP_SCOPE_VERIFY);
}

/* Rule D1: where the territory says so, a right is verified with its tag. */
static void
check_tag(const EcpRow *row)
{
	int32		territory = DatumGetInt32(row->values[ecp_row_column(row->desc, "territory_id")]);
	const pg_uuid_t *member = DatumGetUUIDP(row->values[ecp_row_column(row->desc, "member_id")]);

	if (ecp_setting_at(territory, "tag_required", ecp_clock_now()).value == 0 || ecp_person_tag_exists(territory, member))
		return;
	ereport(ERROR,
			(errcode(ECP_ERR_TAG_REQUIRED),
			 errmsg("a right is verified with the person's tag"),
			 errhint("Give the tag that the client computed, here or with ecopanier.set_tag()."),
			 errhidestmt(true)));
}

/* Nobody gives a right for ever: it is verified again after five years at the latest. */
static void
check_length(const EcpRow *row)
{
	int			from = ecp_row_column(row->desc, "valid_from");
	int			until = ecp_row_column(row->desc, "valid_until");
	DateADT		day;
	int			year[2];
	int			month[2];
	int			mday[2];

	for (int i = 0; i < 2; i++)
	{
		if (row->nulls[i ? until : from])
			return;				/* a CHECK speaks, as for days without end */
		day = DatumGetDateADT(row->values[i ? until : from]);
		if (DATE_NOT_FINITE(day))
			return;
		j2date(day + POSTGRES_EPOCH_JDATE, &year[i], &month[i], &mday[i]);
	}
	year[1] -= MAX_YEARS;
	if (year[1] < year[0] || (year[1] == year[0] && month[1] * 32 + mday[1] <= month[0] * 32 + mday[0]))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a right lasts at most %d years", MAX_YEARS),
			 errhint("Give an earlier last day; the right can be verified again."),
			 errhidestmt(true)));
}

/* A day gives its units once (rule D1): the right begins after what was claimed under the tag elsewhere. */
static void
move_beginning(EcpRow *row)
{
	int			from = ecp_row_column(row->desc, "valid_from");
	int			until = ecp_row_column(row->desc, "valid_until");
	DateADT		first;

	if (row->nulls[from] || row->nulls[until])
		return;					/* a CHECK speaks */
	first = ecp_person_tag_free_day(DatumGetInt32(row->values[ecp_row_column(row->desc, "territory_id")]),
									DatumGetUUIDP(row->values[ecp_row_column(row->desc, "member_id")]),
									DatumGetDateADT(row->values[from]));
	if (first == DatumGetDateADT(row->values[from]))
		return;
	if (first > DatumGetDateADT(row->values[until]))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("free units of these days were claimed under another right of the person"),
				 errhint("Give a later last day."),
				 errhidestmt(true)));
	ecp_row_set(row, from, DateADTGetDatum(first));
}

/* People are with associations and social services; whoever acts for another organisation registers nobody. */
static void
check_holder(const EcpCaller *caller)
{
	Datum		keys[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation)};
	EcpOwner	saved;
	Datum		kind;
	bool		isnull;
	bool		fits;

	ecp_plan_begin(&saved);
	fits = ecp_lookup(&find_kind, keys, &kind, &isnull) && !isnull &&
		ecp_role_fits_kind(ECP_ROLE_ASSOCIATION, TextDatumGetCString(kind));
	ecp_plan_end(&saved);
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("people are registered for associations and social services"),
				 errhint("Sign in for one of them, or as an administrator without an organisation.")));
}

/* The verification notes who and when, and gives the code at the first time; who verified somebody whom nobody held holds the person. */
static void
fill_verified(EcpRow *row, const EcpCaller *caller)
{
	int			code = ecp_row_column(row->desc, "ben_code");
	int			by = ecp_row_column(row->desc, "verified_by");
	int			organisation = ecp_row_column(row->desc, "verified_for");
	int			holder = ecp_row_column(row->desc, "organisation_id");
	int32		territory = DatumGetInt32(row->values[ecp_row_column(row->desc, "territory_id")]);

	if (row->nulls[code])
		ecp_row_set(row, code, ecp_ben_code_issue(territory));
	ecp_row_set(row, ecp_row_column(row->desc, "verified_at"), TimestampTzGetDatum(ecp_clock_now()));
	if (caller == NULL)
		return;
	ecp_row_set(row, by, UUIDPGetDatum(&caller->member));
	if (!caller->has_organisation)
	{
		ecp_row_set_null(row, organisation);
		return;
	}
	check_holder(caller);
	ecp_row_set(row, organisation, UUIDPGetDatum(&caller->organisation));
	if (row->nulls[holder])
		ecp_row_set(row, holder, UUIDPGetDatum(&caller->organisation));
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
	if (!caller->has_organisation)
		return;
	check_holder(caller);
	ecp_row_set(row, organisation, UUIDPGetDatum(&caller->organisation));
}

/* Who decides; NULL for a load, and for a step that nobody decides here (right.h). */
static const EcpCaller *
open_row(EcpRow *row, TriggerData *trigger)
{
	if (ecp_right_step() == ECP_RIGHT_DECISION)
		return ecp_tenant_open(row, trigger);
	ecp_row_open(row, trigger);
	ecp_row_identity(row, 0);
	return NULL;
}

/* A decision moves no person to another organisation and ends no right for a transfer. */
static void
freeze_keys(const EcpRow *row, const EcpCaller *caller)
{
	static const char *const frozen[] = {"member_id", "created_at", NULL};
	static const char *const decided[] = {"organisation_id", NULL};
	int			state = ecp_row_column(row->desc, "state");

	ecp_row_freeze(row, frozen);
	if (caller == NULL)
		return;
	if (!row->old_nulls[ecp_row_column(row->desc, "organisation_id")])
		ecp_row_freeze(row, decided);
	if (ecp_row_differs(row, state) && ecp_text_is(row->values[state], row->nulls[state], "transferred"))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("a right is transferred by a transfer alone"),
				 errhint("Ask with ecopanier.request_transfer().")));
}

Datum
ecp_trg_beneficiary_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	const EcpCaller *caller = open_row(&row, ecp_trigger_data(fcinfo));
	int			state = ecp_row_column(row.desc, "state");
	int			member = ecp_row_column(row.desc, "member_id");
	EcpOwner	saved;
	char	   *name;

	if (row.old_values)
		freeze_keys(&row, caller);
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
		check_decision(&row, caller);
	if (strcmp(name, "verified") == 0 && is_decision(&row, state))
	{
		if (caller)
		{
			ecp_right_require_present();
			check_length(&row);
			check_tag(&row);
			move_beginning(&row);
		}
		fill_verified(&row, caller);
	}
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
	char		text[ECP_BEN_CODE_LENGTH + 1];
	int			code;

	ecp_row_open(&row, trigger);
	code = ecp_row_column(row.desc, "ben_code");
	if (row.nulls[code])
		return PointerGetDatum(NULL);
	values[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	ecp_ben_code_format(DatumGetInt64(row.values[code]), text);
	values[1] = CStringGetTextDatum(text);
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
	ecp_right_check_registrar(caller);
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

Datum
ecp_verify_beneficiary(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[5];
	char		nulls[6] = "     ";
	uint8		tag[ECP_TAG_BYTES];
	Datum		code;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a verification needs a member and the last day of the right"),
				 errhint("The first day is today where it is left out.")));
	if (PG_NARGS() > 3)
		ecp_person_tag_read(PG_GETARG_DATUM(3), PG_ARGISNULL(3), tag);
	ecp_plan_begin(&saved);
	ecp_right_check_decider(caller, ECP_SCOPE_VERIFY);
	ecp_right_require_present();
	if (PG_NARGS() > 3)
		ecp_right_set_tag(caller, PG_GETARG_UUID_P(0), tag);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_ARGISNULL(2) ? DateADTGetDatum(ecp_local_day(caller->territory, ecp_clock_now())) : PG_GETARG_DATUM(2);
	values[3] = PG_GETARG_DATUM(1);
	values[4] = deciding_organisation(caller, &nulls[4]);
	ecp_plan_run(&verify, values, nulls, false, 0);
	if (SPI_processed == 0)
		ecp_right_raise_unknown();
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
		ecp_right_raise_unknown();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = CStringGetTextDatum(state);
	values[3] = PG_GETARG_DATUM(1);
	nulls[3] = PG_ARGISNULL(1) ? 'n' : ' ';
	values[4] = deciding_organisation(caller, &nulls[4]);
	ecp_plan_begin(&saved);
	ecp_right_check_decider(caller, ECP_SCOPE_VERIFY);
	ecp_plan_run(&refuse, values, nulls, false, 0);
	if (SPI_processed == 0)
		ecp_right_raise_unknown();
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
