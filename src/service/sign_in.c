/*
 * From a key to a caller; see service.h.
 *
 * Whatever is wrong with a key has one answer, ZE116, and costs the same
 * statements and buffers up to the verdict: one statement reads the hash whose
 * id is the greatest that is not above the given one, so that there always is
 * one, with key, account, member and organisation; its plan does not depend on
 * the values; all is judged together.  A text that is no key is judged as the
 * key of id zero.
 *
 * A service acts as ecopanier_service and nothing else, whatever the login may
 * do besides: that role opens functions only, each of which asks for a scope.
 * So the role is set for the transaction, as SET LOCAL ROLE does, and the
 * context is bound to it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/json.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/service_key_core.h"
#include "identity/resolve.h"
#include "service/service.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_authenticate_service);

#define SERVICE_ROLE "ecopanier_service"
#define HEADER "x-ecopanier-key"
#define LONGEST_SIGN_IN (10 * USECS_PER_MINUTE)	/* an open transaction does not outlive a revocation for long */
#define PATH_LEN 200

/* Scopes are numbered as EcpScope. */
static EcpPlan find_key =
ECP_PLAN("SELECT s.id, s.hash, k.expires_at, k.prefix, "
		 "k.revoked_at IS NULL AND a.state = 'active' AND m.state = 'active' AND o.state = 'active', "
		 "a.id, a.organisation_id, a.name, a.limit_per_minute, "
		 "('enrol' = ANY (a.scopes))::int + 2 * ('verify' = ANY (a.scopes))::int + 4 * ('transfer' = ANY (a.scopes))::int "
		 "FROM (SELECT id, of_key, hash FROM ecopanier_private.service_secret WHERE (territory_id, id) <= ($1, $2) "
		 "ORDER BY territory_id DESC, id DESC LIMIT 1) s "
		 "JOIN ecopanier.service_key k ON k.territory_id = ecopanier.territory_of(s.of_key) AND k.id = s.of_key "
		 "JOIN ecopanier.service_account a ON a.territory_id = k.territory_id AND a.id = k.service_id "
		 "JOIN ecopanier.member m ON m.territory_id = a.territory_id AND m.id = a.id "
		 "JOIN ecopanier.organisation o ON o.territory_id = a.territory_id AND o.id = a.organisation_id",
		 INT4OID, UUIDOID);

/* A key that opens, and what it opens. */
typedef struct Found
{
	EcpCaller	caller;
	pg_uuid_t	key;
	int32		limit;
	char	   *facts;			/* the beginning of a JSON object: name and prefix */
} Found;

static void
refuse(int code, const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(code),
			 errmsg("%s", message),
			 hint ? errhint("%s", hint) : 0,
			 errhidestmt(true), errhidecontext(true)));
}

/* What has nothing to do with the key is said before it is looked at. */
static void
check_session(void)
{
	Oid			role = get_role_oid(SERVICE_ROLE, true);

	if (!OidIsValid(role) || !is_member_of_role(GetSessionUserId(), role))
		refuse(ERRCODE_INSUFFICIENT_PRIVILEGE, "this login does not sign services in",
			   "Use a login that is a member of " SERVICE_ROLE ".");
	if (InLocalUserIdChange() || InSecurityRestrictedOperation())
		refuse(ERRCODE_INSUFFICIENT_PRIVILEGE, "a service cannot sign in within a security-definer function",
			   "Call it directly.");
	if (RecoveryInProgress() || (XactReadOnly && IsolationIsSerializable()))
		refuse(ERRCODE_READ_ONLY_SQL_TRANSACTION, "calls of services are counted, which is not possible here",
			   "Call the primary, in a transaction that is not serializable and read only.");
}

/* Plans the statement for any values at once, instead of looking at the first few. */
static void
prepare_find_key(void)
{
	if (find_key.plan)
		return;
	find_key.plan = SPI_prepare_cursor(find_key.text, find_key.nargs, find_key.types, CURSOR_OPT_GENERIC_PLAN);
	if (find_key.plan == NULL || SPI_keepplan(find_key.plan) != 0)
		elog(ERROR, "could not prepare the reading of keys: %s", SPI_result_code_string(SPI_result));
}

/* Fills what the row says about the key; whether it opens at this moment. */
static bool
read_found(const EcpServiceKey *key, const pg_uuid_t *id, int32 territory, Found *found)
{
	TimestampTz now = ecp_clock_now();
	TimestampTz expires = DatumGetTimestampTz(ecp_plan_known(0, 3));
	bytea	   *hash = DatumGetByteaPP(ecp_plan_known(0, 2));
	StringInfoData facts;
	bool		same;

	same = ecp_core_service_key_matches(key, (uint8 *) VARDATA_ANY(hash)) &
		ecp_id_equal(DatumGetUUIDP(ecp_plan_known(0, 1)), id) & DatumGetBool(ecp_plan_known(0, 5)) & (expires > now);
	memset(found, 0, sizeof(*found));
	found->caller.kind = ECP_CALLER_SERVICE;
	found->caller.scopes = DatumGetInt32(ecp_plan_known(0, 10));
	found->caller.territory = territory;
	found->caller.member = *DatumGetUUIDP(ecp_plan_known(0, 6));
	found->caller.role = ECP_ROLE_ASSOCIATION;
	found->caller.function = ECP_FUNCTION_STATION;
	found->caller.has_organisation = true;
	found->caller.organisation = *DatumGetUUIDP(ecp_plan_known(0, 7));
	found->caller.expires = Min(expires, now + LONGEST_SIGN_IN);
	found->key = *id;
	found->limit = DatumGetInt32(ecp_plan_known(0, 9));
	initStringInfo(&facts);
	appendStringInfoString(&facts, "{\"service\": ");
	escape_json(&facts, ecp_plan_text(0, 8));
	appendStringInfoString(&facts, ", \"key\": ");
	escape_json(&facts, ecp_plan_text(0, 4));
	found->facts = facts.data;
	return same;
}

/*
 * Looks the key up, by what is committed at this moment and not by what the
 * transaction began with.  Inside SPI as the owner.
 */
static bool
find(const char *text, size_t len, Found *found)
{
	EcpServiceKey key;
	pg_uuid_t	id;
	int32		territory;
	Datum		values[2];
	bool		opens;

	(void) ecp_core_service_key_read(text, len, &key);
	memcpy(id.data, key.id, UUID_LEN);
	territory = ecp_territory_of(&id);
	values[0] = Int32GetDatum(territory);
	values[1] = UUIDPGetDatum(&id);
	prepare_find_key();
	ecp_plan_run_present(&find_key, values, NULL, true, 1);
	opens = SPI_processed == 1 && read_found(&key, &id, territory, found);
	ecp_core_service_key_wipe(&key);
	return opens;
}

/* What an API server says about the request, beside the key; bounded, and no query string. */
static void
append_request(StringInfo facts, const char *name, const char *setting)
{
	const char *value = ecp_session_is_authenticator() ? GetConfigOption(setting, true, false) : NULL;
	int			len = value ? strlen(value) : 0;

	if (len == 0)
		return;
	appendStringInfo(facts, ", \"%s\": ", name);
	escape_json(facts, pnstrdup(value, pg_mbcliplen(value, len, PATH_LEN)));
}

/*
 * Appends the call to the audit.  A GET is a read-only transaction to an API
 * server, and the call is noted all the same: the promise not to write is the
 * client's.
 */
static void
audit_call(const Found *found)
{
	bool		read_only = XactReadOnly;
	EcpOwner	saved;
	StringInfoData facts;

	initStringInfo(&facts);
	appendStringInfoString(&facts, found->facts);
	append_request(&facts, "method", "request.method");
	append_request(&facts, "path", "request.path");
	appendStringInfoChar(&facts, '}');
	PG_TRY();
	{
		XactReadOnly = false;
		ecp_plan_begin(&saved);
		ecp_audit_facts(&found->caller, found->caller.territory, "service_call", &found->key, NULL, facts.data);
		ecp_plan_end(&saved);
	}
	PG_FINALLY();
	{
		XactReadOnly = read_only;
	}
	PG_END_TRY();
}

/* Makes the key's service the caller for the rest of the transaction. */
static void
sign_in(const char *text, size_t len)
{
	MemoryContext context = CurrentMemoryContext;
	EcpOwner	saved;
	Found	   *found = palloc(sizeof(Found));
	bool		opens;
	bool		within;

	check_session();
	ecp_plan_begin(&saved);
	opens = find(text, len, found);
	within = opens && ecp_service_count_call(found->caller.territory, &found->caller.member, &found->key, found->limit);
	if (opens)
		found->facts = MemoryContextStrdup(context, found->facts);
	ecp_plan_end(&saved);
	if (!opens)
		refuse(ECP_ERR_TOKEN_REFUSED, "token refused", NULL);
	if (!within)
		refuse(ECP_ERR_TOO_MANY_CALLS, "too many calls in a minute",
			   "Wait a minute; the organisation's manager sees the limit in ecopanier.service_account.");
	(void) set_config_option("role", SERVICE_ROLE, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	ecp_context_write(&found->caller);
	audit_call(found);
}

Datum
ecp_authenticate_service(PG_FUNCTION_ARGS)
{
	text	   *key;

	ecp_require_installed();
	if (!IsTransactionBlock())
		refuse(ERRCODE_NO_ACTIVE_SQL_TRANSACTION, "authenticate_service(key) needs a transaction block",
			   "Send BEGIN first: who is signed in is forgotten when the transaction ends.");
	key = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	sign_in(key ? VARDATA_ANY(key) : "", key ? VARSIZE_ANY_EXHDR(key) : 0);
	PG_RETURN_VOID();
}

/*
 * Signs in by the key of the request's headers; false where there is none.
 * Headers without its name are not parsed.  A request has a key or a member,
 * not both.
 */
static bool
sign_in_by_header(void)
{
	const char *headers = GetConfigOption("request.headers", true, false);
	EcpJsonField field = {.name = HEADER};
	EcpClaims	claims;
	const char *claims_text;

	if (headers == NULL || strstr(headers, HEADER) == NULL)
		return false;
	if (ecp_json_fields(headers, strlen(headers), &field, 1) == ECP_JSON_OK && field.kind == ECP_JSON_ABSENT)
		return false;
	if (!ecp_session_is_authenticator())
		refuse(ERRCODE_INSUFFICIENT_PRIVILEGE, "keys in headers are read from an API server only",
			   "Connect as a member of ecopanier_authenticator, or call ecopanier.authenticate_service(key).");
	claims_text = ecp_request_claims();
	if (claims_text && ecp_claims_parse(claims_text, strlen(claims_text), &claims) == ECP_CLAIMS_OK && claims.has_sub)
		refuse(ERRCODE_INSUFFICIENT_PRIVILEGE, "the request has a key and a member",
			   "Send the header x-ecopanier-key or a token, not both.");
	if (field.kind == ECP_JSON_STRING)
		sign_in(field.value, field.length);
	else
		sign_in("", 0);
	return true;
}

void
ecp_service_init(void)
{
	ecp_authenticate_by_key = sign_in_by_header;
}
