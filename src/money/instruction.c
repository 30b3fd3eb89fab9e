/*
 * Instructions about money; see instruction.h.
 *
 * The database never creates money (rule D11): it says what is to happen, once
 * for each cause, and notes what a payment provider says did.  Whoever
 * is signed in, an administrator too, cannot say that something was paid.  What follows from a
 * payment is a trigger of the room that asked for it, so it commits together with the
 * provider's answer, or not at all.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/derived.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "money/instruction.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_money_instruction_guard);
PG_FUNCTION_INFO_V1(ecp_settle_instruction);
PG_FUNCTION_INFO_V1(ecp_due_instructions);

#define REFERENCE_MAX 200		/* characters */
#define DUE_MAX 10000

static EcpPlan insert_instruction =
ECP_PLAN("INSERT INTO ecopanier_private.money_instruction (territory_id, id, kind, member_id, organisation_id, amount_cents, cause, cause_id, at, "
		 "rule_version, state, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
		 "CASE WHEN $3 IN ('fund_in', 'fund_out') THEN 'done' ELSE 'pending' END, CASE WHEN $3 IN ('fund_in', 'fund_out') THEN $9 END) "
		 "ON CONFLICT (territory_id, cause_id, kind) DO NOTHING",
		 INT4OID, UUIDOID, TEXTOID, UUIDOID, UUIDOID, INT8OID, TEXTOID, UUIDOID, TIMESTAMPTZOID, INT4OID);

static EcpPlan lock_instruction =
ECP_PLAN("SELECT state, reference, amount_cents, kind IN ('fund_in', 'fund_out'), kind = 'debit' FROM ecopanier_private.money_instruction "
		 "WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan find_reference =
ECP_PLAN("SELECT FROM ecopanier_private.money_instruction WHERE territory_id = $1 AND reference = $3 AND id <> $2",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan settle =
ECP_PLAN("UPDATE ecopanier_private.money_instruction SET state = $4, reference = $3, settled_at = $5 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);

#define DUE_COLUMNS "territory_id, id, kind, member_id, organisation_id, amount_cents, cause, cause_id, at"

static EcpPlan list_due =
ECP_PLAN("SELECT d.* FROM ecopanier.territory t CROSS JOIN LATERAL (SELECT " DUE_COLUMNS " FROM ecopanier_private.money_instruction "
		 "WHERE territory_id = t.id AND state = 'pending' ORDER BY at, id LIMIT $1) d ORDER BY d.territory_id, d.at, d.id",
		 INT4OID);

static EcpPlan find_instruction =
ECP_PLAN("SELECT at FROM ecopanier_private.money_instruction WHERE territory_id = $1 AND id = $2 AND kind NOT IN ('fund_in', 'fund_out')",
		 INT4OID, UUIDOID);

static EcpPlan list_after =
ECP_PLAN("SELECT " DUE_COLUMNS " FROM ecopanier_private.money_instruction WHERE territory_id = $1 AND (at, id) > ($3, $2) AND state = 'pending' "
		 "ORDER BY at, id LIMIT $4",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, INT4OID);

static EcpDerived derived = {0};

bool
ecp_money_instruct(const EcpInstruction *instruction)
{
	Datum		values[10];
	char		nulls[11] = "          ";
	pg_uuid_t	id;

	ecp_new_id(instruction->territory, &id);
	values[0] = Int32GetDatum(instruction->territory);
	values[1] = UUIDPGetDatum(&id);
	values[2] = CStringGetTextDatum(instruction->kind);
	values[3] = UUIDPGetDatum(instruction->member);
	values[4] = UUIDPGetDatum(instruction->organisation);
	values[5] = Int64GetDatum(instruction->amount_cents);
	values[6] = CStringGetTextDatum(instruction->cause);
	values[7] = UUIDPGetDatum(instruction->cause_id);
	values[8] = TimestampTzGetDatum(instruction->at);
	values[9] = Int32GetDatum(instruction->rule_version);
	nulls[3] = instruction->member ? ' ' : 'n';
	nulls[4] = instruction->organisation ? ' ' : 'n';
	nulls[9] = instruction->rule_version ? ' ' : 'n';
	return ecp_derived_run(&derived, &insert_instruction, values, nulls) == 1;
}

int64
ecp_money_percent(int64 amount_cents, int64 percent)
{
	return (amount_cents * percent + 50) / 100;
}

Datum
ecp_trg_money_instruction_guard(PG_FUNCTION_ARGS)
{
	static const char *const facts[] = {"territory_id", "id", "kind", "member_id", "organisation_id", "amount_cents", "cause", "cause_id",
	"at", "rule_version", NULL};
	static const EcpTransition transitions[] = {{"pending", "done"}, {"pending", "refused"}, {NULL, NULL}};
	static const char *const answer[] = {"state", "reference", "settled_at", NULL};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	int			state;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("instructions about money are not deleted"),
				 errhint("An instruction the other way puts one right.")));
	ecp_row_open(&row, trigger);
	if (row.old_values)
	{
		state = ecp_row_column(row.desc, "state");
		ecp_row_freeze(&row, facts);
		ecp_transition_check(&row, state, transitions);
		if (!ecp_row_differs(&row, state))
			ecp_row_freeze(&row, answer);
	}
	ecp_derived_require(&derived, trigger, "What a payment provider says is noted by ecopanier.settle_instruction().");
	return ecp_row_close(&row);
}

/* Raises where somebody is signed in: nobody says of their own money that it was paid. */
static void
require_payment_side(const char *function)
{
	ecp_require_installed();
	if (ecp_caller() != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("%s is for the payment side, and not for somebody who is signed in", function),
				 errhint("Call it from a login of its own.")));
}

static void
raise_unknown_instruction(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such instruction"),
			 errhint("Those that are to be carried out are given by ecopanier.due_instructions().")));
}

static void
check_answer(FunctionCallInfo fcinfo)
{
	text	   *reference;
	int			length;
	int			i;

	for (i = 0; i < 4; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an answer names the instruction, a reference, an amount and an outcome"),
					 errhint("Give all four.")));
	reference = PG_GETARG_TEXT_PP(1);
	length = pg_mbstrlen_with_len(VARDATA_ANY(reference), VARSIZE_ANY_EXHDR(reference));
	if (length < 1 || length > REFERENCE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a reference has 1 to %d characters", REFERENCE_MAX),
				 errhint("Give the payment provider's reference.")));
	if (!ecp_text_is(PG_GETARG_DATUM(3), false, "done") && !ecp_text_is(PG_GETARG_DATUM(3), false, "refused"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("outcome must be \"done\" or \"refused\""),
				 errhint("An instruction that is not decided yet stays as it is.")));
}

/* Whether the locked instruction is still to be settled; raises where it was settled otherwise. */
static bool
is_pending(FunctionCallInfo fcinfo)
{
	char	   *state = ecp_plan_text(0, 1);
	char	   *reference = ecp_plan_text(0, 2);

	if (DatumGetBool(ecp_plan_known(0, 4)))
		raise_unknown_instruction();
	if (DatumGetInt64(ecp_plan_known(0, 3)) != PG_GETARG_INT64(2))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the amount is not that of the instruction"),
				 errhint("An instruction is carried out as a whole.")));
	if (!DatumGetBool(ecp_plan_known(0, 5)) && ecp_text_is(PG_GETARG_DATUM(3), false, "refused"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("what is owed stays due until it is paid"),
				 errhint("Only a debit is refused; try this one again, another way where need be.")));
	if (strcmp(state, "pending") == 0)
		return true;
	if (strcmp(state, text_to_cstring(PG_GETARG_TEXT_PP(3))) != 0 || strcmp(reference, text_to_cstring(PG_GETARG_TEXT_PP(1))) != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the instruction was settled otherwise: %s", state),
				 errhint("Look at its reference in ecopanier_private.money_instruction.")));
	return false;
}

/* In SPI as the owner: whether the answer was new. */
static bool
settle_once(FunctionCallInfo fcinfo)
{
	Datum		values[5] = {Int32GetDatum(ecp_territory_of(PG_GETARG_UUID_P(0))), PG_GETARG_DATUM(0), PG_GETARG_DATUM(1),
	PG_GETARG_DATUM(3), TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&lock_instruction, values, NULL, false, 1);
	if (SPI_processed == 0)
		raise_unknown_instruction();
	if (!is_pending(fcinfo))
		return false;
	ecp_plan_run(&find_reference, values, NULL, false, 1);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ECP_ERR_REQUEST_REUSED),
				 errmsg("the reference settled another instruction"),
				 errhint("Each instruction has a reference of its own.")));
	ecp_derived_run(&derived, &settle, values, NULL);
	return true;
}

Datum
ecp_settle_instruction(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	bool		before;
	volatile bool is_new = false;

	require_payment_side("settle_instruction()");
	check_answer(fcinfo);
	before = ecp_context_schedule(true);
	PG_TRY();
	{
		ecp_plan_begin(&saved);
		is_new = settle_once(fcinfo);
		ecp_plan_end(&saved);
	}
	PG_FINALLY();
	{
		ecp_context_schedule(before);
	}
	PG_END_TRY();
	PG_RETURN_BOOL(is_new);
}

/* In SPI as the owner: what is due, or what of its territory stands behind an instruction. */
static void
list_pending(FunctionCallInfo fcinfo)
{
	Datum		values[4];

	if (PG_ARGISNULL(1))
	{
		ecp_plan_run(&list_due, &PG_GETARG_DATUM(0), NULL, true, 0);
		return;
	}
	values[0] = Int32GetDatum(ecp_territory_of(PG_GETARG_UUID_P(1)));
	values[1] = PG_GETARG_DATUM(1);
	ecp_plan_run(&find_instruction, values, NULL, true, 1);
	if (SPI_processed == 0)
		raise_unknown_instruction();
	values[2] = ecp_plan_known(0, 1);
	values[3] = PG_GETARG_DATUM(0);
	ecp_plan_run(&list_after, values, NULL, true, 0);
}

Datum
ecp_due_instructions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;
	uint64		row;

	require_payment_side("due_instructions()");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("most must not be null"),
				 errhint("Leave it out for 100 of each territory.")));
	if (PG_GETARG_INT32(0) < 1 || PG_GETARG_INT32(0) > DUE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("most must be 1 to %d", DUE_MAX),
				 errhint("Ask for what stands behind the last of these.")));
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	list_pending(fcinfo);
	for (row = 0; row < SPI_processed; row++)
	{
		Datum		values[9];
		bool		nulls[9];
		int			i;

		for (i = 0; i < 9; i++)
			values[i] = ecp_plan_value(row, i + 1, &nulls[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}
