/*
 * What clients call about themselves: authenticate(), whoami() and the helpers
 * that policies read.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "crypto/jwt.h"
#include "identity/context.h"
#include "identity/resolve.h"

PG_FUNCTION_INFO_V1(ecp_authenticate);
PG_FUNCTION_INFO_V1(ecp_authenticate_token);
PG_FUNCTION_INFO_V1(ecp_whoami);
PG_FUNCTION_INFO_V1(ecp_current_territory);
PG_FUNCTION_INFO_V1(ecp_current_member);
PG_FUNCTION_INFO_V1(ecp_current_organisation);
PG_FUNCTION_INFO_V1(ecp_current_role);

bool		(*ecp_authenticate_by_key) (void) = NULL;

static void
refuse_claims(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s", message),
			 errhint("%s", hint)));
}

/* Raises where the request's claims are not those of a caller or of nobody. */
static void
check_request_claims(const char *text)
{
	EcpClaims	claims;

	if (!ecp_session_is_authenticator())
		refuse_claims("claims are believed from an API server only",
					  "Connect as a member of ecopanier_authenticator, or call ecopanier.authenticate(token).");
	if (ecp_claims_parse(text, strlen(text), &claims) != ECP_CLAIMS_OK)
		refuse_claims("the claims of the request are malformed",
					  "request.jwt.claims takes a JSON object with role, sub, organisation and exp.");
	if (claims.role[0] != '\0' && strcmp(claims.role, GetUserNameFromId(GetOuterUserId(), false)) != 0)
		refuse_claims("the role of the claims is not the current role",
					  "The API server switches to the role that the claims name.");
	if (claims.has_sub)
		refuse_claims("the claims name no member with this role",
					  "The member must be active, hold the role and be staff of the organisation named.");
}

Datum
ecp_authenticate(PG_FUNCTION_ARGS pg_attribute_unused())
{
	const char *claims;
	const EcpCaller *caller;

	ecp_require_installed();
	if (ecp_authenticate_by_key && ecp_authenticate_by_key())
		PG_RETURN_VOID();
	caller = ecp_resolve();
	if (caller && caller->expires <= ecp_clock_now())
		refuse_claims("the claims have expired", "Sign in again.");
	if (caller == NULL && (claims = ecp_request_claims()) != NULL)
		check_request_claims(claims);
	if (caller && !IsInParallelMode())
		ecp_context_write(caller);
	PG_RETURN_VOID();
}

Datum
ecp_authenticate_token(PG_FUNCTION_ARGS)
{
	text	   *token;
	EcpClaims	claims;
	EcpCaller	caller;

	ecp_require_installed();
	if (!IsTransactionBlock())
		ereport(ERROR,
				(errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
				 errmsg("authenticate(token) needs a transaction block"),
				 errhint("Send BEGIN first: who is signed in is forgotten when the transaction ends."),
				 errhidestmt(true), errhidecontext(true)));
	token = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	if (token == NULL ||
		!ecp_jwt_verify(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token), ecp_clock_now(), &claims) ||
		!ecp_resolve_claims(&claims, &caller))
		ereport(ERROR,
				(errcode(ECP_ERR_TOKEN_REFUSED),
				 errmsg("token refused"),
				 errhidestmt(true), errhidecontext(true)));
	ecp_context_write(&caller);
	PG_RETURN_VOID();
}

Datum
ecp_whoami(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_caller();
	TupleDesc	desc;
	Datum		values[5] = {0};
	bool		nulls[5] = {0};

	if (caller == NULL)
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "whoami() must return a composite");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->member);
	values[2] = CStringGetTextDatum(ecp_role_name(caller->role));
	values[3] = UUIDPGetDatum(&caller->organisation);
	nulls[3] = !caller->has_organisation;
	values[4] = TimestampTzGetDatum(caller->expires);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

Datum
ecp_current_territory(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_caller();

	if (caller == NULL)
		PG_RETURN_NULL();
	PG_RETURN_INT32(caller->territory);
}

/* A copy of an identifier that outlives the caller's cache. */
static Datum
copy_id(const pg_uuid_t *id)
{
	pg_uuid_t  *copy = palloc(sizeof(pg_uuid_t));

	*copy = *id;
	return UUIDPGetDatum(copy);
}

Datum
ecp_current_member(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_caller();

	if (caller == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(copy_id(&caller->member));
}

Datum
ecp_current_organisation(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_caller();

	if (caller == NULL || !caller->has_organisation)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(copy_id(&caller->organisation));
}

Datum
ecp_current_role(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_caller();

	if (caller == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(CStringGetTextDatum(ecp_role_name(caller->role)));
}
