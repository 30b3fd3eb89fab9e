/*
 * Resolving the caller: from claims or a mapped login to a member, checked
 * against the tables.
 *
 * Claims are trusted only where the session belongs to an authenticator, by
 * real membership (a superuser is not one by power), and where the role they
 * name is the session's current role: an ordinary login can set
 * request.jwt.claims to what it likes and gains nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/resolve.h"
#include "identity/role.h"
#include "territory/id.h"

/* The database role of each role, in the order of EcpRole. */
static const char *const database_roles[ECP_ROLE_COUNT] = {
	"ecopanier_customer", "ecopanier_merchant", "ecopanier_beneficiary",
	"ecopanier_collector", "ecopanier_association", "ecopanier_admin"
};

static const char *const function_names[] = {"", "reader", "station", "manager", "owner"};

static EcpLookup find_role =
ECP_LOOKUP("member_role", ECP_LIST("territory_id", "member_id", "role"), ECP_LIST("role"),
		   "SELECT role FROM ecopanier.member_role WHERE territory_id = $1 AND member_id = $2 AND role = $3",
		   INT4OID, UUIDOID, TEXTOID);

static EcpLookup find_member =
ECP_LOOKUP_REMEMBERED("member", ECP_LIST("territory_id", "id"), ECP_LIST("state"),
					  "SELECT state FROM ecopanier.member WHERE territory_id = $1 AND id = $2",
					  INT4OID, UUIDOID);

static EcpLookup find_function =
ECP_LOOKUP("organisation_staff", ECP_LIST("territory_id", "organisation_id", "member_id"), ECP_LIST("function"),
		   "SELECT function FROM ecopanier.organisation_staff WHERE territory_id = $1 AND organisation_id = $2 AND member_id = $3",
		   INT4OID, UUIDOID, UUIDOID);

static EcpLookup find_sole_staff =
ECP_LOOKUP("organisation_staff", ECP_LIST("territory_id", "member_id"), ECP_LIST("function", "organisation_id"),
		   "SELECT function, organisation_id FROM ecopanier.organisation_staff WHERE territory_id = $1 AND member_id = $2",
		   INT4OID, UUIDOID);

static EcpLookup find_organisation =
ECP_LOOKUP_REMEMBERED("organisation", ECP_LIST("territory_id", "id"), ECP_LIST("state", "kind"),
					  "SELECT state, kind FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2",
					  INT4OID, UUIDOID);

/* For staff of several, one of which may be active and for the role. */
static EcpPlan find_active_staff =
ECP_PLAN("SELECT s.function, s.organisation_id, o.kind FROM ecopanier.organisation_staff s JOIN ecopanier.organisation o "
		 "ON o.territory_id = s.territory_id AND o.id = s.organisation_id "
		 "WHERE s.territory_id = $1 AND s.member_id = $2 AND o.state = 'active'",
		 INT4OID, UUIDOID);

static EcpPlan find_login =
ECP_PLAN("SELECT member_id, role, organisation_id FROM ecopanier_private.login WHERE login = $1",
		 NAMEOID);

/* What was resolved last, and for whom: the answer holds while the key does. */
static struct
{
	LocalTransactionId transaction;
	Oid			session_user;
	Oid			user;
	char	   *claims;			/* in TopMemoryContext, NULL where none */
	bool		found;
	EcpCaller	caller;
}			last;

const char *
ecp_request_claims(void)
{
	const char *claims = GetConfigOption("request.jwt.claims", true, false);

	return claims && claims[0] != '\0' ? claims : NULL;
}

bool
ecp_session_is_authenticator(void)
{
	Oid			authenticator = get_role_oid("ecopanier_authenticator", true);

	return OidIsValid(authenticator) && is_member_of_role_nosuper(GetSessionUserId(), authenticator);
}

static bool
find_role_by_database_role(const char *name, EcpRole *role)
{
	int			i;

	for (i = 0; i < ECP_ROLE_COUNT; i++)
		if (strcmp(database_roles[i], name) == 0)
		{
			*role = i;
			return true;
		}
	return false;
}

static EcpFunction
function_by_name(const char *name)
{
	int			i;

	for (i = ECP_FUNCTION_READER; i <= ECP_FUNCTION_OWNER; i++)
		if (strcmp(function_names[i], name) == 0)
			return i;
	return ECP_FUNCTION_NONE;
}

/* Whether the organisation is active and of a kind for which the caller's role acts. */
static bool
organisation_fits(const EcpCaller *caller, const pg_uuid_t *organisation)
{
	Datum		keys[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(organisation)};
	Datum		values[2];
	bool		nulls[2];

	return ecp_lookup(&find_organisation, keys, values, nulls) && ecp_text_is(values[0], nulls[0], "active") &&
		!nulls[1] && ecp_role_fits_kind(caller->role, TextDatumGetCString(values[1]));
}

/* Acts for the organisation that the caller names; false where that is in vain. */
static bool
resolve_named(EcpCaller *caller)
{
	Datum		keys[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation),
	UUIDPGetDatum(&caller->member)};
	Datum		function;
	bool		isnull;

	if (!ecp_lookup(&find_function, keys, &function, &isnull) || !organisation_fits(caller, &caller->organisation))
		return false;
	caller->function = function_by_name(TextDatumGetCString(function));
	return true;
}

/* The only one of the member's active organisations that is for the role; false for none and for several. */
static bool
choose_organisation(const EcpCaller *caller, Datum *keys, Datum *values)
{
	uint64		chosen = 0;
	int			fitting = 0;

	ecp_plan_run(&find_active_staff, keys, NULL, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		if (ecp_role_fits_kind(caller->role, ecp_plan_text(i, 3)))
		{
			chosen = i;
			fitting++;
		}
	if (fitting != 1)
		return false;
	values[0] = ecp_plan_known(chosen, 1);
	values[1] = ecp_plan_known(chosen, 2);
	return true;
}

/* Acts for the member's only active organisation that is for the role, or for none. */
static void
resolve_sole(EcpCaller *caller)
{
	Datum		keys[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};
	Datum		values[2];
	bool		nulls[2];
	bool		several;
	bool		found = ecp_lookup_is_sole(&find_sole_staff, keys, values, nulls, &several);

	if (several)
		found = choose_organisation(caller, keys, values);
	else if (found)
		found = organisation_fits(caller, DatumGetUUIDP(values[1]));
	if (!found)
		return;
	caller->organisation = *DatumGetUUIDP(values[1]);
	caller->function = function_by_name(TextDatumGetCString(values[0]));
	caller->has_organisation = true;
}

/* Checks member, role and organisation against the tables, inside SPI. */
static bool
resolve_member(EcpCaller *caller)
{
	Datum		keys[3];
	Datum		answer;
	bool		isnull;
	bool		found;

	caller->territory = ecp_territory_of(&caller->member);
	keys[0] = Int32GetDatum(caller->territory);
	keys[1] = UUIDPGetDatum(&caller->member);
	keys[2] = CStringGetTextDatum(ecp_role_name(caller->role));
	found = ecp_lookup(&find_role, keys, &answer, &isnull) &&
		ecp_lookup(&find_member, keys, &answer, &isnull) &&
		ecp_text_is(answer, isnull, "active");
	if (found && caller->has_organisation)
		return resolve_named(caller);
	if (found && (caller->role == ECP_ROLE_MERCHANT || caller->role == ECP_ROLE_ASSOCIATION))
		resolve_sole(caller);
	return found;
}

bool
ecp_resolve_claims(const EcpClaims *claims, EcpCaller *caller)
{
	EcpOwner	saved;
	bool		found;

	memset(caller, 0, sizeof(*caller));
	if (!claims->has_sub || !find_role_by_database_role(claims->role, &caller->role))
		return false;
	caller->member = claims->sub;
	caller->has_organisation = claims->has_organisation;
	caller->organisation = claims->organisation;
	caller->expires = claims->expires;
	ecp_plan_begin(&saved);
	found = resolve_member(caller);
	ecp_plan_end(&saved);
	return found;
}

/* The caller that an API server's claims name. */
static bool
resolve_request(const char *text, EcpCaller *caller)
{
	EcpClaims	claims;

	if (ecp_claims_parse(text, strlen(text), &claims) != ECP_CLAIMS_OK)
		return false;
	if (strcmp(claims.role, GetUserNameFromId(GetOuterUserId(), false)) != 0)
		return false;
	return ecp_resolve_claims(&claims, caller);
}

static bool
role_by_name(const char *name, EcpRole *role)
{
	int			i;

	for (i = 0; i < ECP_ROLE_COUNT; i++)
		if (strcmp(ecp_role_name(i), name) == 0)
		{
			*role = i;
			return true;
		}
	return false;
}

/* The caller that the session's login is mapped to. */
static bool
resolve_login(EcpCaller *caller)
{
	EcpOwner	saved;
	NameData	login;
	Datum		value = NameGetDatum(&login);
	bool		found = false;

	memset(caller, 0, sizeof(*caller));
	namestrcpy(&login, GetUserNameFromId(GetSessionUserId(), false));
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_login, &value, NULL, true, 1);
	if (SPI_processed == 1 && role_by_name(ecp_plan_text(0, 2), &caller->role))
	{
		bool		isnull;
		Datum		organisation = ecp_plan_value(0, 3, &isnull);

		caller->has_organisation = !isnull;
		if (!isnull)
			caller->organisation = *DatumGetUUIDP(organisation);
		caller->member = *DatumGetUUIDP(ecp_plan_known(0, 1));
		caller->expires = DT_NOEND;
		found = resolve_member(caller);
	}
	ecp_plan_end(&saved);
	return found;
}

/* Whether what was resolved last still answers. */
static bool
last_holds(const char *claims)
{
	return last.transaction == MyProc->lxid &&
		last.user == GetOuterUserId() &&
		last.session_user == GetSessionUserId() &&
		(claims == NULL ? last.claims == NULL : last.claims != NULL && strcmp(claims, last.claims) == 0);
}

static void
keep_last(const char *claims, bool found)
{
	if (last.claims == NULL || claims == NULL || strcmp(claims, last.claims) != 0)
	{
		if (last.claims)
			pfree(last.claims);
		last.claims = claims ? MemoryContextStrdup(TopMemoryContext, claims) : NULL;
	}
	last.transaction = MyProc->lxid;
	last.user = GetOuterUserId();
	last.session_user = GetSessionUserId();
	last.found = found;
}

const EcpCaller *
ecp_resolve(void)
{
	const char *claims = ecp_request_claims();
	bool		found;

	if (last_holds(claims))
		return last.found ? &last.caller : NULL;

	last.transaction = InvalidLocalTransactionId;
	if (ecp_session_is_authenticator())
		found = claims != NULL && resolve_request(claims, &last.caller);
	else
		found = resolve_login(&last.caller);
	keep_last(claims, found);
	return found ? &last.caller : NULL;
}
