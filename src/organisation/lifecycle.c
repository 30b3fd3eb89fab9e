/*
 * The life of an organisation: applied -> active <-> suspended -> closed.
 *
 * A person applies and becomes its owner; an administrator decides, with a
 * reason unless it is a first yes.  Which step follows which holds for
 * everybody; who decides, and that there is a reason, binds callers.  What
 * managers may change of an active organisation is where and how it is found:
 * never its state, kind, SIRET or accreditation.
 *
 * What a step means for lots and claims is the market's: market/withdraw.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "audit/audit.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/role.h"
#include "organisation/staff.h"
#include "types/siret_core.h"

PG_FUNCTION_INFO_V1(ecp_trg_organisation_state_guard);
PG_FUNCTION_INFO_V1(ecp_trg_organisation_activated);
PG_FUNCTION_INFO_V1(ecp_apply_organisation);
PG_FUNCTION_INFO_V1(ecp_decide_organisation);

#define REASON_MAX 1000			/* characters, as of organisation.state_reason */
#define APPLICATIONS_MAX 3		/* of one person that wait for a decision */

static const EcpTransition transitions[] = {
	{"applied", "active"}, {"applied", "closed"}, {"active", "suspended"}, {"suspended", "active"},
	{"active", "closed"}, {"suspended", "closed"}, {NULL, NULL}
};

/* What administrators alone say of an organisation; accreditation_columns too. */
static const char *const decided_columns[] = {
	"kind", "siret", "state", "state_reason", "accreditation_suspended", "created_at", NULL
};

static const char *const accreditation_columns[] = {
	"accreditation_number", "accreditation_type", "accredited_from", "accredited_until", "accreditation_suspended_from",
	"accreditation_suspended_until", "accreditation_suspension_reason", NULL
};

static EcpPlan covers_commune =
ECP_PLAN("SELECT NOT EXISTS (SELECT FROM ecopanier.territory_commune WHERE territory_id = $1) "
		 "OR EXISTS (SELECT FROM ecopanier.territory_commune WHERE territory_id = $1 AND commune_insee = $2)",
		 INT4OID, TEXTOID);

static EcpPlan find_staff =
ECP_PLAN("SELECT member_id FROM ecopanier.organisation_staff WHERE territory_id = $1 AND organisation_id = $2 ORDER BY member_id",
		 INT4OID, UUIDOID);

static EcpPlan lock_applicant =
ECP_PLAN("SELECT 1 FROM ecopanier.member WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan count_applications =
ECP_PLAN("SELECT count(*) FROM ecopanier.organisation_staff s JOIN ecopanier.organisation o "
		 "ON o.territory_id = s.territory_id AND o.id = s.organisation_id "
		 "WHERE s.territory_id = $1 AND s.member_id = $2 AND o.state = 'applied'",
		 INT4OID, UUIDOID);

static EcpPlan insert_application =
ECP_PLAN("INSERT INTO ecopanier.organisation (territory_id, kind, name, siret, commune_insee, address, latitude, longitude, state) "
		 "VALUES ($1, $2, $3, $4::ecopanier.siret, $5, $6, $7, $8, 'applied') ON CONFLICT DO NOTHING RETURNING id",
		 INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, FLOAT8OID, FLOAT8OID);

static EcpPlan lock_organisation =
ECP_PLAN("SELECT state FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan write_decision =
ECP_PLAN("UPDATE ecopanier.organisation SET state = $3, state_reason = $4 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID);

static bool
is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Whether a text column says nothing. */
static bool
is_blank(const EcpRow *row, int column)
{
	char	   *word;

	if (row->nulls[column])
		return true;
	word = TextDatumGetCString(row->values[column]);
	return strspn(word, " \t\r\n") == strlen(word);
}

/* A new organisation: a load brings those that exist, a caller makes an application. */
static void
fill_state(EcpRow *row, const EcpCaller *caller)
{
	static const char *const first_states[] = {"applied", "active", NULL};
	int			state = ecp_row_column(row->desc, "state");
	const char *const *column;

	if (row->nulls[state])
		ecp_row_set(row, state, CStringGetTextDatum(caller ? "applied" : "active"));
	if (caller == NULL)
		return;
	if (caller->role != ECP_ROLE_ADMINISTRATOR)
	{
		for (column = accreditation_columns; *column; column++)
			ecp_row_set_null(row, ecp_row_column(row->desc, *column));
		ecp_row_set(row, state, CStringGetTextDatum("applied"));
	}
	else if (!is_one_of(TextDatumGetCString(row->values[state]), first_states))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("a new organisation is applied or active"),
				 errhint("Decide with ecopanier.decide_organisation() later.")));
}

/* Raises where one of the columns changes. */
static void
keep_columns(const EcpRow *row, const char *const *columns)
{
	for (; *columns; columns++)
		if (ecp_row_differs(row, ecp_row_column(row->desc, *columns)))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("column \"%s\" of an organisation is for administrators", *columns),
					 errhint("Ask an administrator of the territory.")));
}

/* Administrators decide; managers and owners keep the rest of the own organisation. */
static void
check_writer(const EcpRow *row, const EcpCaller *caller)
{
	int			id = ecp_row_column(row->desc, "id");

	if (caller == NULL || caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (!ecp_caller_is_staff(caller, DatumGetUUIDP(row->old_values[id]), ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("organisations are kept by their managers and owners"),
				 errhint("Sign in for the organisation.")));
	keep_columns(row, decided_columns);
	keep_columns(row, accreditation_columns);
}

/*
 * A decision says why, except a first yes.  The reason of a yes is not kept on
 * the row, which members read; decide_organisation() puts it into the audit.
 */
static void
check_decision(EcpRow *row, const EcpCaller *caller)
{
	int			state = ecp_row_column(row->desc, "state");
	int			reason = ecp_row_column(row->desc, "state_reason");
	char	   *from = TextDatumGetCString(row->old_values[state]);
	char	   *to = TextDatumGetCString(row->values[state]);
	bool		yes = strcmp(to, "active") == 0;

	if (caller && !(yes && strcmp(from, "applied") == 0) && is_blank(row, reason))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("an organisation is not %s without a reason", yes ? "active again" : to),
				 errhint("Give the reason; its staff can read it.")));
	if (yes && !row->nulls[reason])
		ecp_row_set_null(row, reason);
}

static void
check_suspension(const EcpRow *row, const EcpCaller *caller)
{
	int			from = ecp_row_column(row->desc, "accreditation_suspended_from");

	if (caller && !row->nulls[from] && (row->old_values == NULL || ecp_row_differs(row, from)) &&
		is_blank(row, ecp_row_column(row->desc, "accreditation_suspension_reason")))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("an accreditation is not suspended without a reason"),
				 errhint("Give accreditation_suspension_reason.")));
}

/* Where a territory lists its communes, its organisations are in one of them. */
static void
check_commune(const EcpRow *row)
{
	int			commune = ecp_row_column(row->desc, "commune_insee");
	Datum		values[2] = {row->values[ecp_row_column(row->desc, "territory_id")], row->values[commune]};
	EcpOwner	saved;
	bool		covered;

	if (row->nulls[commune] || (row->old_values && !ecp_row_differs(row, commune)))
		return;
	ecp_plan_begin(&saved);
	ecp_plan_run(&covers_commune, values, NULL, true, 1);
	covered = DatumGetBool(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	if (!covered)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("the commune is not one of the territory"),
				 errhint("Those of the territory stand in ecopanier.territory_commune.")));
}

Datum
ecp_trg_organisation_state_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	const EcpCaller *caller;
	int			state;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	state = ecp_row_column(row.desc, "state");
	if (row.old_values)
		ecp_transition_check(&row, state, transitions);
	if (ecp_trigger_is_replica())
		return ecp_row_close(&row);
	caller = ecp_caller_or_loader();
	if (row.nulls[ecp_row_column(row.desc, "territory_id")])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	if (row.old_values == NULL)
		fill_state(&row, caller);
	else
		check_writer(&row, caller);
	if (row.old_values && !row.nulls[state] && ecp_row_differs(&row, state))
		check_decision(&row, caller);
	check_suspension(&row, caller);
	check_commune(&row);
	return ecp_row_close(&row);
}

/* Staff of an organisation that becomes active get the role that they need to act for it. */
Datum
ecp_trg_organisation_activated(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		key[2];
	const char *role;
	pg_uuid_t  *members;
	uint64		count;
	uint64		i;
	int			state;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	state = ecp_row_column(row.desc, "state");
	role = ecp_organisation_role(TextDatumGetCString(row.values[ecp_row_column(row.desc, "kind")]));
	if (role == NULL || !ecp_row_differs(&row, state) || strcmp(TextDatumGetCString(row.values[state]), "active") != 0)
		return PointerGetDatum(NULL);
	key[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	key[1] = row.values[ecp_row_column(row.desc, "id")];
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_staff, key, NULL, false, 0);
	count = SPI_processed;
	members = palloc(Max(count, 1) * sizeof(pg_uuid_t));
	for (i = 0; i < count; i++)
		members[i] = *DatumGetUUIDP(ecp_plan_known(i, 1));
	for (i = 0; i < count; i++)
		ecp_role_give(DatumGetInt32(key[0]), &members[i], role);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* One person's applications that wait are few; those at the same time wait for each other. */
static void
check_applications(const EcpCaller *caller)
{
	Datum		key[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};

	ecp_plan_run(&lock_applicant, key, NULL, false, 1);
	ecp_plan_run(&count_applications, key, NULL, false, 1);
	if (DatumGetInt64(ecp_plan_known(0, 1)) >= APPLICATIONS_MAX)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("your applications wait for a decision"),
				 errdetail("A person applies for up to %d organisations at a time.", APPLICATIONS_MAX),
				 errhint("Ask an administrator of the territory.")));
}

static void
check_application(FunctionCallInfo fcinfo, const EcpCaller *caller)
{
	if (caller->kind != ECP_CALLER_PERSON)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("persons apply for an organisation"),
				 errhint("Sign in as the person who will be its owner.")));
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an application needs a kind and a name"),
				 errhint("Kinds are merchant, association, social_service, producer and hub.")));
	if (ecp_organisation_role(text_to_cstring(PG_GETARG_TEXT_PP(0))) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an organisation of this kind is not applied for"),
				 errhint("Kinds are merchant, association, social_service, producer and hub; administrators register others.")));
}

Datum
ecp_apply_organisation(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[8];
	char		nulls[9] = "        ";
	char		siret[ECP_SIRET_LENGTH + 1];
	pg_uuid_t  *organisation = palloc(sizeof(pg_uuid_t));
	int			i;

	ecp_require_installed();
	caller = ecp_caller_require();
	check_application(fcinfo, caller);
	values[0] = Int32GetDatum(caller->territory);
	for (i = 0; i < 7; i++)
	{
		values[i + 1] = PG_GETARG_DATUM(i);
		nulls[i + 1] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	if (!PG_ARGISNULL(2))
	{
		ecp_siret_format(PG_GETARG_INT64(2), siret);
		values[3] = PointerGetDatum(cstring_to_text_with_len(siret, ECP_SIRET_LENGTH));
	}
	ecp_plan_begin(&saved);
	check_applications(caller);
	ecp_plan_run(&insert_application, values, nulls, false, 0);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("this establishment is registered in the territory, or somebody has applied for it"),
				 errhint("Its owner can invite you; ask an administrator of the territory if you do not know who it is.")));
	*organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ecp_staff_add(caller->territory, organisation, &caller->member, "owner");
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(organisation);
}

/* The reason as text, "" where null; raises where it is too long. */
static char *
read_reason(FunctionCallInfo fcinfo, int argument)
{
	char	   *reason = PG_ARGISNULL(argument) ? pstrdup("") : text_to_cstring(PG_GETARG_TEXT_PP(argument));

	if (pg_mbstrlen(reason) > REASON_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason is too long"),
				 errhint("Give at most %d characters.", REASON_MAX)));
	return reason;
}

static void
raise_unknown_organisation(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such organisation"),
			 errhint("Those of the territory stand in ecopanier.organisation.")));
}

/* Locks the organisation; raises where there is none, or where it has this state. */
static void
lock_undecided(Datum *key, const char *state)
{
	ecp_plan_run(&lock_organisation, key, NULL, false, 1);
	if (SPI_processed == 0)
		raise_unknown_organisation();
	if (strcmp(ecp_plan_text(0, 1), state) == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the organisation is %s already", state),
				 errhint("Read the row again: somebody may have been faster.")));
}

Datum
ecp_decide_organisation(PG_FUNCTION_ARGS)
{
	static const char *const states[] = {"active", "suspended", "closed", NULL};
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[4];
	char	   *state;
	char	   *reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (PG_ARGISNULL(0))
		raise_unknown_organisation();
	state = PG_ARGISNULL(1) ? pstrdup("") : text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (!is_one_of(state, states))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an organisation is not decided to be that"),
				 errhint("Decide on active, suspended or closed.")));
	reason = read_reason(fcinfo, 2);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = CStringGetTextDatum(state);
	values[3] = CStringGetTextDatum(reason);
	ecp_plan_begin(&saved);
	lock_undecided(values, state);
	ecp_plan_run(&write_decision, values, reason[0] ? NULL : "   n", false, 0);
	ecp_audit(caller, caller->territory, "organisation_decision", PG_GETARG_UUID_P(0), reason[0] ? reason : NULL);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
