/*
 * Break-glass: an administrator who must read a person's data states why
 * first.  The statement serves once it is committed: a reader who then rolls
 * back takes back the reading's own event, not the opening.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/tenant.h"
#include "privacy/person.h"

PG_FUNCTION_INFO_V1(ecp_trg_access_grant_guard);
PG_FUNCTION_INFO_V1(ecp_open_access);

#define REASON_MIN 10			/* characters */
#define REASON_MAX 1000
#define MINUTES_MAX 60

static EcpPlan insert_grant =
ECP_PLAN("INSERT INTO ecopanier.access_grant (member_id, reason, expires_at) VALUES ($1, $2, $3)",
		 UUIDOID, TEXTOID, TIMESTAMPTZOID);

static EcpPlan find_grants =
ECP_PLAN("SELECT xmin FROM ecopanier.access_grant "
		 "WHERE territory_id = $1 AND admin_id = $2 AND member_id = $3 AND opened_at <= $4 AND expires_at > $4",
		 INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID);

void
ecp_access_require(const EcpCaller *admin, const pg_uuid_t *member)
{
	Datum		values[4] = {Int32GetDatum(admin->territory), UUIDPGetDatum(&admin->member), UUIDPGetDatum(member),
	TimestampTzGetDatum(ecp_clock_now())};
	uint64		row;

	ecp_plan_run(&find_grants, values, NULL, true, 0);
	for (row = 0; row < SPI_processed; row++)
		if (!TransactionIdIsCurrentTransactionId(DatumGetTransactionId(ecp_plan_known(row, 1))))
			return;
	ereport(ERROR,
			(errcode(ECP_ERR_ACCESS_NOT_OPENED),
			 errmsg("access to this person's data is not open"),
			 errhint("Call ecopanier.open_access() with a reason and commit; then read.")));
}

Datum
ecp_trg_access_grant_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));

	if (caller)
	{
		if (caller->kind != ECP_CALLER_PERSON)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("access is opened by administrators"),
					 errhint("Sign in as an administrator.")));
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
		ecp_row_set(&row, ecp_row_column(row.desc, "admin_id"), UUIDPGetDatum(&caller->member));
		ecp_row_set(&row, ecp_row_column(row.desc, "opened_at"), TimestampTzGetDatum(ecp_clock_now()));
	}
	return ecp_row_close(&row);
}

/* Raises where the reason says too little or too much. */
static void
check_reason(FunctionCallInfo fcinfo)
{
	int			length = 0;

	if (!PG_ARGISNULL(1))
	{
		text	   *trimmed = DatumGetTextPP(DirectFunctionCall1(btrim1, PG_GETARG_DATUM(1)));

		length = pg_mbstrlen_with_len(VARDATA_ANY(trimmed), VARSIZE_ANY_EXHDR(trimmed));
		if (pg_mbstrlen_with_len(VARDATA_ANY(PG_GETARG_TEXT_PP(1)), VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(1))) > REASON_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the reason is too long"),
					 errhint("It takes at most %d characters.", REASON_MAX)));
	}
	if (length < REASON_MIN)
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("access is not opened without a reason"),
				 errhint("Say why in at least %d characters; the person can read it.", REASON_MIN)));
}

Datum
ecp_open_access(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_admin();
	TimestampTz expires;
	EcpOwner	saved;
	Datum		values[3];
	int32		minutes;

	if (PG_ARGISNULL(0))
		ecp_raise_unknown_person();
	check_reason(fcinfo);
	minutes = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
	if (minutes < 1 || minutes > MINUTES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("access is open for 1 to %d minutes", MINUTES_MAX),
				 errhint("Leave minutes out for 15.")));
	expires = ecp_clock_now() + minutes * USECS_PER_MINUTE;
	ecp_plan_begin(&saved);
	ecp_person_find(caller->territory, PG_GETARG_UUID_P(0));
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = TimestampTzGetDatum(expires);
	ecp_plan_run(&insert_grant, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_TIMESTAMPTZ(expires);
}
