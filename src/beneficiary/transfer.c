/*
 * Transfers of rights.
 *
 * Within a territory the organisation that holds a person hands the person
 * over (transfer_beneficiary()): the row stays, with code and right; the new
 * organisation reads none of the history.
 *
 * Where the tag of a person whom an organisation registered shows that the
 * right stands somewhere else (ZE119), it asks (request_transfer()), and the
 * side that holds it, or the person, releases or refuses.  Neither learns who
 * the person is with the other: the one reads its own member and the name of
 * the organisation that asks, the other reads that it is pending.  A release
 * is one transaction: the old row ends as transferred, the new one is verified
 * to the same last day and under the same restriction.  It begins after the
 * last day for which the person claimed free units under the old row, so that
 * a day gives its units once.
 *
 * Locks: the request, the new row, the old row, as a verification takes them,
 * and the old member.  Two requests that cross each other would take the rows
 * in opposite orders; one of the two is for a right that is not in force, so a
 * release looks at it before it locks.  The lock on the member waits for claims
 * that are being made, which are then seen, as there is no older snapshot; a
 * claim that waits for it looks at its right again (market/count.c).  What the
 * old row holds can still be collected.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

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
#include "organisation/accreditation.h"
#include "territory/id.h"
#include "territory/local_day.h"
#include "territory/row_identity.h"

PG_FUNCTION_INFO_V1(ecp_transfer_beneficiary);
PG_FUNCTION_INFO_V1(ecp_request_transfer);
PG_FUNCTION_INFO_V1(ecp_pending_transfers);
PG_FUNCTION_INFO_V1(ecp_transfer_requests);
PG_FUNCTION_INFO_V1(ecp_release_transfer);
PG_FUNCTION_INFO_V1(ecp_refuse_transfer);
PG_FUNCTION_INFO_V1(ecp_trg_right_transfer_guard);

static const EcpTransition transitions[] = {
	{"pending", "released"}, {"pending", "refused"}, {NULL, NULL}
};

#define READ_RIGHT(lock) \
ECP_PLAN("SELECT organisation_id, state, valid_until, units_per_day FROM ecopanier.beneficiary " \
		 "WHERE territory_id = $1 AND member_id = $2" lock, \
		 INT4OID, UUIDOID)

static EcpPlan find_right = READ_RIGHT("");
static EcpPlan lock_right = READ_RIGHT(" FOR NO KEY UPDATE");

static EcpPlan lock_member =
ECP_PLAN("SELECT 1 FROM ecopanier.member WHERE territory_id = $1 AND id = $2 FOR UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan hand_over =
ECP_PLAN("UPDATE ecopanier.beneficiary SET organisation_id = $3, reason = NULL, verified_by = NULL, verified_for = NULL, "
		 "restriction_reason = CASE WHEN units_per_day IS NOT NULL THEN 'transfer' END WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan note_handed_over =
ECP_PLAN("INSERT INTO ecopanier_private.right_transfer (territory_id, member_id, organisation_id, requested_by, holder_territory_id, "
		 "holder_member_id, state, decided_by, decided_at, reason) VALUES ($1, $2, $3, $4, $1, $2, 'released', $4, $5, $6)",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID);

static EcpPlan request =
ECP_PLAN("INSERT INTO ecopanier_private.right_transfer (territory_id, member_id, organisation_id, requested_by, holder_territory_id, "
		 "holder_member_id) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (territory_id, member_id) WHERE state = 'pending' DO NOTHING",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, INT4OID, UUIDOID);

static EcpPlan list_pending =
ECP_PLAN("SELECT r.id, r.holder_member_id, o.name, r.requested_at FROM ecopanier_private.right_transfer r "
		 "JOIN ecopanier.beneficiary b ON b.territory_id = r.holder_territory_id AND b.member_id = r.holder_member_id "
		 "JOIN ecopanier.organisation o ON o.territory_id = r.territory_id AND o.id = r.organisation_id "
		 "WHERE r.state = 'pending' AND r.holder_territory_id = $1 AND b.state IN ('verified', 'suspended') "
		 "AND CASE WHEN $2 IS NOT NULL THEN b.member_id = $2 ELSE b.organisation_id IS NOT DISTINCT FROM $3 END "
		 "ORDER BY r.requested_at, r.id",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan list_requests =
ECP_PLAN("SELECT member_id, state, requested_at, decided_at FROM ecopanier_private.right_transfer "
		 "WHERE territory_id = $1 AND organisation_id = $2 AND (holder_territory_id, holder_member_id) <> (territory_id, member_id) "
		 "ORDER BY requested_at, id",
		 INT4OID, UUIDOID);

static EcpPlan lock_request =
ECP_PLAN("SELECT member_id, organisation_id, requested_by, holder_territory_id, holder_member_id, state "
		 "FROM ecopanier_private.right_transfer WHERE territory_id = $1 AND id = $2 FOR UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan decide =
ECP_PLAN("UPDATE ecopanier_private.right_transfer SET state = $3, decided_by = $4, decided_at = $5, reason = $6 "
		 "WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TEXTOID);

static EcpPlan leave =
ECP_PLAN("UPDATE ecopanier.beneficiary SET state = 'transferred' WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan last_claim =
ECP_PLAN("SELECT max(day) FROM ecopanier_private.free_quota WHERE territory_id = $1 AND member_id = $2 AND used > 0",
		 INT4OID, UUIDOID);

static EcpPlan arrive =
ECP_PLAN("UPDATE ecopanier.beneficiary SET state = 'verified', valid_from = $3, valid_until = $4, reason = NULL, units_per_day = $5, "
		 "restriction_reason = CASE WHEN $5 IS NOT NULL THEN 'transfer' END, verified_by = $6, verified_for = $7 "
		 "WHERE territory_id = $1 AND member_id = $2 AND organisation_id = $7 AND state IN ('applied', 'expired')",
		 INT4OID, UUIDOID, DATEOID, DATEOID, INT4OID, UUIDOID, UUIDOID);

/* A request as it is decided on. */
typedef struct Request
{
	int32		territory;
	pg_uuid_t	id;
	pg_uuid_t	member;
	pg_uuid_t	organisation;
	pg_uuid_t	requested_by;
	int32		holder_territory;
	pg_uuid_t	holder_member;
} Request;

/* The right of the holder. */
typedef struct Right
{
	bool		has_organisation;
	pg_uuid_t	organisation;
	char	   *state;
	Datum		valid_until;
	Datum		units;
	bool		has_units;
} Right;

static void
raise_unknown_transfer(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such transfer"),
			 errhint("Those that wait stand in ecopanier.pending_transfers().")));
}

static void
raise_state(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("%s", message),
			 errhint("%s", hint)));
}

/* Reads a right with one of the plans above; false where there is none. */
static bool
read_right(EcpPlan *plan, int32 territory, const pg_uuid_t *member, Right *right)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(member)};
	Datum		organisation;
	bool		isnull;

	ecp_plan_run(plan, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	organisation = ecp_plan_value(0, 1, &isnull);
	right->has_organisation = !isnull;
	if (!isnull)
		right->organisation = *DatumGetUUIDP(organisation);
	right->state = ecp_plan_text(0, 2);
	right->valid_until = ecp_plan_value(0, 3, &isnull);
	right->units = ecp_plan_value(0, 4, &isnull);
	right->has_units = !isnull;
	return true;
}

/* Whether the caller acts for the organisation that holds the right: an owner or manager, a service, an administrator. */
static bool
speaks_for(const EcpCaller *caller, int32 territory, const Right *right)
{
	if (caller->territory != territory)
		return false;
	if (caller->role == ECP_ROLE_ADMINISTRATOR)
		return true;
	if (caller->role != ECP_ROLE_ASSOCIATION || !caller->has_organisation || !right->has_organisation ||
		!ecp_id_equal(&caller->organisation, &right->organisation))
		return false;
	return caller->kind == ECP_CALLER_SERVICE || caller->function >= ECP_FUNCTION_MANAGER;
}

/* Who deals with transfers: not a reader or a station, not a customer. */
static void
check_function(const EcpCaller *caller)
{
	ecp_caller_require_scope(caller, ECP_SCOPE_TRANSFER);
	if (caller->kind == ECP_CALLER_SERVICE || caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (caller->role != ECP_ROLE_ASSOCIATION || !caller->has_organisation || caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("transfers are for staff of associations and social services"),
				 errhint("Sign in as owner or manager of the association that holds the person.")));
}

static Datum
required_reason(Datum reason, bool isnull)
{
	char	   *words = isnull ? "" : TextDatumGetCString(reason);

	if (words[strspn(words, " \t\n")] == '\0')
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("this needs a reason"),
				 errhint("Say why in a few words.")));
	return reason;
}

Datum
ecp_transfer_beneficiary(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Right		right;
	Datum		values[6];

	ecp_require_installed();
	caller = ecp_caller_require();
	check_function(caller);
	if (PG_ARGISNULL(0))
		ecp_right_raise_unknown();
	values[5] = required_reason(PG_GETARG_DATUM(2), PG_ARGISNULL(2));
	ecp_right_require_present();
	ecp_plan_begin(&saved);
	if (!read_right(&lock_right, caller->territory, PG_GETARG_UUID_P(0), &right) || !speaks_for(caller, caller->territory, &right))
		ecp_right_raise_unknown();
	if (PG_ARGISNULL(1) || !ecp_organisation_is_accredited(caller->territory, PG_GETARG_UUID_P(1),
														   ecp_local_day(caller->territory, ecp_clock_now())))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such association or social service"),
				 errhint("Those that are accredited today take people over; they stand in ecopanier.organisation.")));
	if (right.has_organisation && ecp_id_equal(&right.organisation, PG_GETARG_UUID_P(1)))
		raise_state("the organisation holds the person already", "Name another organisation.");
	if (strcmp(right.state, "verified") != 0 && strcmp(right.state, "applied") != 0 && strcmp(right.state, "expired") != 0)
		raise_state("this right does not move", "Reinstate a suspended right first; somebody refused is registered anew.");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = UUIDPGetDatum(&caller->member);
	values[4] = TimestampTzGetDatum(ecp_clock_now());
	ecp_right_run(ECP_RIGHT_MOVE, &hand_over, values, NULL);
	ecp_plan_run(&note_handed_over, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* The caller's own applicant, whose tag another right stands under. */
static void
check_request(const EcpCaller *caller, const pg_uuid_t *member, const Right *right)
{
	if (!right->has_organisation || !ecp_id_equal(&right->organisation, &caller->organisation))
		ecp_right_raise_unknown();
	ecp_right_check_decider(caller, ECP_SCOPE_TRANSFER);
	if (ecp_id_equal(&caller->member, member))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("nobody decides on the own right"),
				 errhint("Another member of staff decides.")));
	if (strcmp(right->state, "applied") != 0 && strcmp(right->state, "expired") != 0)
		raise_state("the person does not wait for a right", "Ask for people who applied.");
}

Datum
ecp_request_transfer(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Right		right;
	Datum		values[6];
	int32		territory;
	pg_uuid_t	holder;
	uint8		tag[ECP_TAG_BYTES];

	ecp_require_installed();
	caller = ecp_caller_require();
	check_function(caller);
	if (PG_ARGISNULL(0) || !caller->has_organisation)
		ecp_right_raise_unknown();
	if (!PG_ARGISNULL(1))
		ecp_person_tag_read(PG_GETARG_DATUM(1), false, tag);
	ecp_right_require_present();
	ecp_plan_begin(&saved);
	if (!read_right(&lock_right, caller->territory, PG_GETARG_UUID_P(0), &right))
		ecp_right_raise_unknown();
	check_request(caller, PG_GETARG_UUID_P(0), &right);
	if (!PG_ARGISNULL(1))
		ecp_person_tag_store(caller->territory, PG_GETARG_UUID_P(0), tag);
	if (!ecp_person_tag_holder(caller->territory, PG_GETARG_UUID_P(0), &territory, &holder))
		raise_state("there is nothing to ask for", "Nobody holds this right; verify it with ecopanier.verify_beneficiary().");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = UUIDPGetDatum(&caller->organisation);
	values[3] = UUIDPGetDatum(&caller->member);
	values[4] = Int32GetDatum(territory);
	values[5] = UUIDPGetDatum(&holder);
	ecp_plan_run(&request, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_TEXT_P(cstring_to_text("pending"));
}

/* Puts the rows of a plan into the function's result. */
static void
return_rows(FunctionCallInfo fcinfo, EcpPlan *plan, Datum *values, const char *nulls, int columns)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(plan, values, nulls, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		row[4];
		bool		isnull[4];

		for (int column = 0; column < columns; column++)
			row[column] = ecp_plan_value(i, column + 1, &isnull[column]);
		tuplestore_putvalues(set->setResult, set->setDesc, row, isnull);
	}
	ecp_plan_end(&saved);
}

Datum
ecp_pending_transfers(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	Datum		values[3];
	bool		person;

	ecp_require_installed();
	caller = ecp_caller_require();
	person = caller->kind == ECP_CALLER_PERSON && caller->role == ECP_ROLE_BENEFICIARY;
	if (!person)
		check_function(caller);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->member);
	values[2] = UUIDPGetDatum(&caller->organisation);
	return_rows(fcinfo, &list_pending, values, person ? "  n" : caller->has_organisation ? " n " : " nn", 4);
	return (Datum) 0;
}

Datum
ecp_transfer_requests(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	Datum		values[2];

	ecp_require_installed();
	caller = ecp_caller_require();
	check_function(caller);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->organisation);
	return_rows(fcinfo, &list_requests, values, caller->has_organisation ? NULL : " n", 4);
	return (Datum) 0;
}

/* The right, for whoever may decide: the side that holds it, or the person.  To anybody else there is no such transfer. */
static void
open_right(const EcpCaller *caller, EcpPlan *plan, const Request *request, Right *right)
{
	if (!read_right(plan, request->holder_territory, &request->holder_member, right))
		raise_unknown_transfer();
	if (!speaks_for(caller, request->holder_territory, right) &&
		!(caller->kind == ECP_CALLER_PERSON && caller->role == ECP_ROLE_BENEFICIARY &&
		  ecp_id_equal(&caller->member, &request->holder_member)))
		raise_unknown_transfer();
}

/* Locks a request that waits, and reads the right with the plan. */
static void
open_request(const EcpCaller *caller, FunctionCallInfo fcinfo, EcpPlan *plan, Request *request, Right *right)
{
	Datum		values[2];
	char	   *state;

	if (PG_ARGISNULL(0))
		raise_unknown_transfer();
	ecp_right_require_present();
	request->id = *PG_GETARG_UUID_P(0);
	request->territory = ecp_territory_of(&request->id);
	values[0] = Int32GetDatum(request->territory);
	values[1] = UUIDPGetDatum(&request->id);
	ecp_plan_run(&lock_request, values, NULL, false, 1);
	if (SPI_processed == 0)
		raise_unknown_transfer();
	request->member = *DatumGetUUIDP(ecp_plan_known(0, 1));
	request->organisation = *DatumGetUUIDP(ecp_plan_known(0, 2));
	request->requested_by = *DatumGetUUIDP(ecp_plan_known(0, 3));
	request->holder_territory = DatumGetInt32(ecp_plan_known(0, 4));
	request->holder_member = *DatumGetUUIDP(ecp_plan_known(0, 5));
	state = ecp_plan_text(0, 6);
	open_right(caller, plan, request, right);
	if (strcmp(state, "pending") != 0)
		raise_state("the transfer is decided already", "Read ecopanier.pending_transfers() again.");
}

static void
close_request(const EcpCaller *caller, const Request *done, const char *state, Datum reason, bool no_reason)
{
	Datum		values[6];

	values[0] = Int32GetDatum(done->territory);
	values[1] = UUIDPGetDatum(&done->id);
	values[2] = CStringGetTextDatum(state);
	values[3] = UUIDPGetDatum(&caller->member);
	values[4] = TimestampTzGetDatum(ecp_clock_now());
	values[5] = reason;
	ecp_plan_run(&decide, values, no_reason ? "     n" : NULL, false, 0);
}

/* The first day of the right that arrives: today, or the day after the last that was claimed for under the old row. */
static DateADT
first_day(const Request *request)
{
	Datum		values[2] = {Int32GetDatum(request->holder_territory), UUIDPGetDatum(&request->holder_member)};
	DateADT		today = ecp_local_day(request->territory, ecp_clock_now());
	Datum		last;
	bool		none;

	ecp_plan_run(&lock_member, values, NULL, false, 1);
	ecp_plan_run(&last_claim, values, NULL, false, 1);
	last = ecp_plan_value(0, 1, &none);
	return none ? today : Max(today, DatumGetDateADT(last) + 1);
}

/* The old right ends, its place falls free, the new one takes it. */
static void
move_right(const Request *request, const Right *right)
{
	Datum		old[2] = {Int32GetDatum(request->holder_territory), UUIDPGetDatum(&request->holder_member)};
	Datum		values[7];

	values[0] = Int32GetDatum(request->territory);
	values[1] = UUIDPGetDatum(&request->member);
	values[2] = DateADTGetDatum(first_day(request));
	values[3] = right->valid_until;
	values[4] = right->units;
	values[5] = UUIDPGetDatum(&request->requested_by);
	values[6] = UUIDPGetDatum(&request->organisation);
	if (DatumGetDateADT(values[2]) > DatumGetDateADT(right->valid_until))
		raise_state("the right ends before it could go on", "Let it end; the other organisation verifies a new one.");
	ecp_right_run(ECP_RIGHT_MOVE, &leave, old, NULL);
	ecp_right_run(ECP_RIGHT_MOVE, &arrive, values, right->has_units ? NULL : "    n  ");
	if (SPI_processed != 1)
		raise_state("the person does not wait for this right any more", "Refuse the transfer.");
}

static void
check_in_force(const Right *right)
{
	if (strcmp(right->state, "verified") != 0)
		raise_state("only a verified right goes on", "A suspended right is reinstated first; an ended one is verified anew by who asks.");
}

Datum
ecp_release_transfer(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Request		request;
	Right		right;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_scope(caller, ECP_SCOPE_TRANSFER);
	ecp_plan_begin(&saved);
	open_request(caller, fcinfo, &find_right, &request, &right);
	check_in_force(&right);
	if (!read_right(&lock_right, request.territory, &request.member, &right))
		raise_unknown_transfer();
	open_right(caller, &lock_right, &request, &right);
	check_in_force(&right);
	if (!ecp_organisation_is_accredited(request.territory, &request.organisation,
										ecp_local_day(request.territory, ecp_clock_now())))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_ACCREDITED),
				 errmsg("the organisation that asks is not accredited today"),
				 errhint("Refuse the transfer, or wait.")));
	move_right(&request, &right);
	close_request(caller, &request, "released", (Datum) 0, true);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_refuse_transfer(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Request		request;
	Right		right;
	Datum		reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_scope(caller, ECP_SCOPE_TRANSFER);
	reason = required_reason(PG_GETARG_DATUM(1), PG_ARGISNULL(1));
	ecp_plan_begin(&saved);
	open_request(caller, fcinfo, &lock_right, &request, &right);
	close_request(caller, &request, "refused", reason, false);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* Keys stay, states go one way; the functions here say who writes, and nobody else is let near the table. */
Datum
ecp_trg_right_transfer_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"member_id", "organisation_id", "requested_by", "requested_at",
	"holder_territory_id", "holder_member_id", NULL};
	EcpRow		row;

	(void) ecp_caller_or_loader();
	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	ecp_row_identity(&row, 0);
	if (row.old_values)
	{
		ecp_row_freeze(&row, frozen);
		ecp_transition_check(&row, ecp_row_column(row.desc, "state"), transitions);
	}
	return ecp_row_close(&row);
}
