/*
 * Invitations to work for an organisation.
 *
 * A manager or an owner is given a text to pass on; it is shown once, and its
 * hash alone is stored, in a table of its own that nobody reads.  Whoever is a
 * member of the territory and has the text takes the function, once, within
 * seven days.  A text that is wrong, used, revoked, expired or of another
 * territory gets one answer, and its statement stays out of the log.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "crypto/invitation.h"
#include "identity/context.h"
#include "identity/role.h"
#include "identity/tenant.h"
#include "organisation/staff.h"

PG_FUNCTION_INFO_V1(ecp_trg_staff_invitation_guard);
PG_FUNCTION_INFO_V1(ecp_invite_staff);
PG_FUNCTION_INFO_V1(ecp_revoke_invitation);
PG_FUNCTION_INFO_V1(ecp_accept_invitation);

#define VALID_DAYS 7
#define OPEN_MAX 50				/* of one organisation */

static EcpPlan count_open =
ECP_PLAN("SELECT count(*) FROM ecopanier.staff_invitation WHERE territory_id = $1 AND organisation_id = $2 "
		 "AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $3",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan insert_invitation =
ECP_PLAN("WITH made AS (INSERT INTO ecopanier.staff_invitation (territory_id, organisation_id, function, invited_by, created_at, expires_at) "
		 "VALUES ($1, $2, $3, $4, $5, $6) RETURNING territory_id, id) "
		 "INSERT INTO ecopanier_private.staff_invitation_secret (territory_id, hash, invitation_id) SELECT territory_id, $7, id FROM made",
		 INT4OID, UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, BYTEAOID);

static EcpPlan end_invitation =
ECP_PLAN("UPDATE ecopanier.staff_invitation SET revoked_at = $4 WHERE territory_id = $1 AND organisation_id = $2 AND id = $3 "
		 "AND accepted_at IS NULL AND revoked_at IS NULL",
		 INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID);

/* First, so that the organisation stays active until the end. */
static EcpPlan lock_organisation =
ECP_PLAN("SELECT 1 FROM ecopanier_private.staff_invitation_secret s "
		 "JOIN ecopanier.staff_invitation i ON i.territory_id = s.territory_id AND i.id = s.invitation_id "
		 "JOIN ecopanier.organisation o ON o.territory_id = i.territory_id AND o.id = i.organisation_id "
		 "WHERE s.territory_id = $1 AND s.hash = $2 FOR SHARE OF o",
		 INT4OID, BYTEAOID);

/* A second one at the same time waits here, and then finds it used. */
static EcpPlan accept =
ECP_PLAN("UPDATE ecopanier.staff_invitation i SET accepted_by = $3, accepted_at = $4 "
		 "FROM ecopanier_private.staff_invitation_secret s, ecopanier.organisation o "
		 "WHERE s.territory_id = $1 AND s.hash = $2 AND i.territory_id = s.territory_id AND i.id = s.invitation_id "
		 "AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $4 "
		 "AND o.territory_id = i.territory_id AND o.id = i.organisation_id AND o.state = 'active' "
		 "RETURNING i.organisation_id, i.function, o.kind",
		 INT4OID, BYTEAOID, UUIDOID, TIMESTAMPTZOID);

static int	writing = 0;		/* above 0 while the functions here write */

/* Runs a plan that the guard lets pass. */
static void
run_writing(EcpPlan *plan, Datum *values)
{
	int			before = writing;

	PG_TRY();
	{
		writing = before + 1;
		ecp_plan_run(plan, values, NULL, false, 0);
	}
	PG_FINALLY();
	{
		writing = before;
	}
	PG_END_TRY();
}

/* Invitations are written by the functions here; what they offer does not change. */
Datum
ecp_trg_staff_invitation_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"organisation_id", "function", "invited_by", "created_at", "expires_at", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (caller && writing == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("invitations are written by the rules only"),
				 errhint("Call ecopanier.invite_staff() or ecopanier.revoke_invitation().")));
	return ecp_row_close(&row);
}

/* The caller, who invites for the organisation; raises where the function is not the caller's to offer. */
static const EcpCaller *
require_inviter(const char *function)
{
	static const char *const names[] = {"reader", "station", "manager", "owner"};
	const EcpCaller *caller = ecp_caller_require();
	int			i;

	if (caller->kind != ECP_CALLER_PERSON || !caller->has_organisation || caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("staff are invited by owners and managers of an organisation"),
				 errhint("Sign in for the organisation; ecopanier.my_organisations() lists the own ones.")));
	for (i = 0; i < 4 && strcmp(names[i], function) != 0; i++)
		;
	if (i == 4)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no such function of staff"),
				 errhint("Functions are owner, manager, station and reader.")));
	if (caller->function == ECP_FUNCTION_MANAGER && i > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("managers invite stations and readers"),
				 errhint("An owner of the organisation can invite managers and owners.")));
	return caller;
}

static void
check_open(const EcpCaller *caller, TimestampTz now)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation), TimestampTzGetDatum(now)};

	ecp_plan_run(&count_open, values, NULL, true, 1);
	if (DatumGetInt64(ecp_plan_known(0, 1)) >= OPEN_MAX)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("too many invitations are open"),
				 errdetail("An organisation has at most %d.", OPEN_MAX),
				 errhint("Revoke those that are not needed with ecopanier.revoke_invitation().")));
}

static Datum
hash_datum(const uint8 *hash)
{
	bytea	   *value = palloc(VARHDRSZ + ECP_INVITATION_HASH_BYTES);

	SET_VARSIZE(value, VARHDRSZ + ECP_INVITATION_HASH_BYTES);
	memcpy(VARDATA(value), hash, ECP_INVITATION_HASH_BYTES);
	return PointerGetDatum(value);
}

Datum
ecp_invite_staff(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	TimestampTz now = ecp_clock_now();
	char		invitation[ECP_INVITATION_LEN + 1];
	uint8		hash[ECP_INVITATION_HASH_BYTES];
	Datum		values[7];
	text	   *answer;

	ecp_require_installed();
	caller = require_inviter(PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0)));
	ecp_invitation_make(invitation, hash);
	answer = cstring_to_text(invitation);
	ecp_invitation_wipe(invitation);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->organisation);
	values[2] = PG_GETARG_DATUM(0);
	values[3] = UUIDPGetDatum(&caller->member);
	values[4] = TimestampTzGetDatum(now);
	values[5] = TimestampTzGetDatum(now + VALID_DAYS * USECS_PER_DAY);
	values[6] = hash_datum(hash);
	ecp_plan_begin(&saved);
	check_open(caller, now);
	run_writing(&insert_invitation, values);
	ecp_plan_end(&saved);
	PG_RETURN_TEXT_P(answer);
}

Datum
ecp_revoke_invitation(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[4];
	bool		found = false;

	ecp_require_installed();
	caller = require_inviter("reader");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->organisation);
	values[2] = PG_GETARG_DATUM(0);
	values[3] = TimestampTzGetDatum(ecp_clock_now());
	if (!PG_ARGISNULL(0))
	{
		ecp_plan_begin(&saved);
		run_writing(&end_invitation, values);
		found = SPI_processed == 1;
		ecp_plan_end(&saved);
	}
	if (!found)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such open invitation"),
				 errhint("Those of the organisation stand in ecopanier.staff_invitation.")));
	PG_RETURN_VOID();
}

/* The one answer to a text that opens nothing. */
static void
refuse_invitation(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_TOKEN_REFUSED),
			 errmsg("the invitation is not accepted"),
			 errhidestmt(true), errhidecontext(true)));
}

/* Marks the invitation as used by the caller; makes the caller staff, with the role that it takes. */
static void
take_invitation(const EcpCaller *caller, Datum hash, pg_uuid_t *organisation)
{
	Datum		values[4] = {Int32GetDatum(caller->territory), hash, UUIDPGetDatum(&caller->member),
	TimestampTzGetDatum(ecp_clock_now())};
	const char *role;
	char	   *function;

	ecp_plan_run(&lock_organisation, values, NULL, false, 1);
	run_writing(&accept, values);
	if (SPI_processed != 1)
		refuse_invitation();
	*organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	function = ecp_plan_text(0, 2);
	role = ecp_organisation_role(ecp_plan_text(0, 3));
	if (!ecp_staff_add(caller->territory, organisation, &caller->member, function))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("you work for this organisation already"),
				 errhint("An owner can give another function with ecopanier.set_staff_function()."),
				 errhidestmt(true), errhidecontext(true)));
	if (role)
		ecp_role_give(caller->territory, &caller->member, role);
}

Datum
ecp_accept_invitation(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	uint8		hash[ECP_INVITATION_HASH_BYTES];
	text	   *given = PG_ARGISNULL(0) ? cstring_to_text("") : PG_GETARG_TEXT_PP(0);
	pg_uuid_t  *organisation = palloc(sizeof(pg_uuid_t));

	ecp_require_installed();
	caller = ecp_caller();
	if (caller == NULL || caller->kind != ECP_CALLER_PERSON)
		refuse_invitation();
	ecp_invitation_hash(VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given), hash);
	ecp_plan_begin(&saved);
	take_invitation(caller, hash_datum(hash), organisation);
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(organisation);
}
