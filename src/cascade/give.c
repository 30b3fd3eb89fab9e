/*
 * A shop gives units of a lot to a receiver by hand, before the window is over;
 * and the rules that a hand-over has to meet, by hand or not.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "cascade/facts.h"
#include "cascade/step.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "organisation/accreditation.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_give_lot);

static EcpPlan find_request =
ECP_PLAN("SELECT id, quantity, receiver_id FROM ecopanier.cascade_step WHERE territory_id = $1 AND lot_id = $2 AND request_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

/* While units of the lot are sponsored, what is free stays for people: it was paid for, and others stand in its order. */
static EcpPlan lock_stock =
ECP_PLAN("SELECT public_left, CASE WHEN EXISTS (SELECT FROM ecopanier_private.sponsored_unit u WHERE u.territory_id = s.territory_id "
		 "AND u.lot_id = s.lot_id AND u.state = 'open') THEN 0 ELSE solidarity_left END "
		 "FROM ecopanier_private.lot_stock s WHERE territory_id = $1 AND lot_id = $2 FOR NO KEY UPDATE OF s",
		 INT4OID, UUIDOID);

static void
raise_past_use_by(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_PAST_USE_BY),
			 errmsg("the use-by date has passed"),
			 errhint("What is past it is composted.")));
}

static void
raise_short_dated(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_SHORT_DATED),
			 errmsg("too little is left before the use-by date"),
			 errhint("The setting donation_hours says how much a donation needs; an association that distributes in time declares so in ecopanier.receiver.")));
}

void
ecp_cascade_check_food(const EcpCascadeFacts *lot, EcpStage stage, const pg_uuid_t *organisation, bool declares)
{
	if (stage == ECP_STAGE_COMPOST)
		return;
	if (lot->core.at >= lot->core.use_by_end)
		raise_past_use_by();
	if (stage != ECP_STAGE_ASSOCIATION)
		return;
	if (!ecp_organisation_is_accredited(lot->territory, organisation, lot->day))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_ACCREDITED),
				 errmsg("the organisation is not accredited for food aid on this day"),
				 errhint("Its accreditation stands in ecopanier.organisation.")));
	if (lot->core.at > ecp_core_cascade_latest(&lot->core, &lot->rules, stage, declares))
		raise_short_dated();
}

static void
raise_unknown(const char *what)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such %s", what),
			 errhint("Lots are of the caller's organisation, receivers of the territory.")));
}

static void
check_lot(const EcpCascadeFacts *facts)
{
	if (strcmp(facts->state, "published") != 0 && strcmp(facts->state, "closed") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_LOT_CLOSED),
				 errmsg("the lot is a draft or cancelled"),
				 errhint("Units of a published lot can be given.")));
	if (facts->window_end <= ecp_clock_now())
		ereport(ERROR,
				(errcode(ECP_ERR_WINDOW_CLOSED),
				 errmsg("the pickup window is over"),
				 errhint("What is left goes on by itself.")));
}

/* Raises what the rules say against a receiver. */
static void
check_fit(EcpReason reason)
{
	if (reason == ECP_REASON_LEFT_OVER)
		return;
	if (reason == ECP_REASON_PAST_USE_BY)
		raise_past_use_by();
	if (reason == ECP_REASON_SHORT_DATED)
		raise_short_dated();
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("the receiver does not take this now"),
			 errdetail("The reason is %s.", ecp_reason_names[reason]),
			 errhint("What it takes stands in ecopanier.receiver: capacity of the day, cold classes, distance, dates; its opening hours too.")));
}

/* The step of a repeated request; raises where that was about something else. */
static bool
find_repeated(const EcpCascadeFacts *facts, const pg_uuid_t *request, int32 units, const pg_uuid_t *receiver, pg_uuid_t *step)
{
	Datum		values[3] = {Int32GetDatum(facts->territory), UUIDPGetDatum(&facts->lot), request ? UUIDPGetDatum(request) : (Datum) 0};

	if (request == NULL)
		return false;
	ecp_plan_run(&find_request, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	*step = *DatumGetUUIDP(ecp_plan_known(0, 1));
	if (DatumGetInt32(ecp_plan_known(0, 2)) != units || !ecp_id_equal(DatumGetUUIDP(ecp_plan_known(0, 3)), receiver))
		ereport(ERROR,
				(errcode(ECP_ERR_REQUEST_REUSED),
				 errmsg("the request was already made for another gift"),
				 errhint("Use a new request_id for each gift.")));
	return true;
}

/* Offers units to a receiver that fits, as the caller decides; the lot is locked. */
static void
offer_units(EcpCascadeFacts *facts, const pg_uuid_t *wanted, EcpCascadeStep *step)
{
	Datum		key[2] = {Int32GetDatum(facts->territory), UUIDPGetDatum(&facts->lot)};
	EcpReceiver *receiver;
	EcpReceiverId *id;
	EcpOffer	offer = {0};
	EcpReason	reason;

	if (ecp_cascade_read_receivers(facts, ECP_STAGE_ASSOCIATION, wanted, &receiver, &id) != 1)
		raise_unknown("receiver");
	receiver->asked = false;
	ecp_cascade_check_food(facts, id->stage, &id->organisation, receiver->declares);
	reason = ecp_core_cascade_fit(&facts->core, &facts->rules, id->stage, receiver, step->quantity, &offer);
	check_fit(reason == ECP_REASON_LEFT_OVER && offer.quantity < step->quantity ? ECP_REASON_NO_CAPACITY : reason);
	step->stage = id->stage;
	step->state = id->stage == ECP_STAGE_COMPOST ? "done" : "offered";
	step->receiver = &id->id;
	step->receiver_organisation = &id->organisation;
	step->deadline = id->stage == ECP_STAGE_COMPOST ? 0 : offer.deadline;
	step->short_dated = offer.short_dated;
	step->weight_g = ecp_cascade_weight(facts, step->quantity);
	ecp_cascade_step_note(step);
	ecp_plan_run(&lock_stock, key, NULL, false, 1);
	ecp_cascade_step_take(step, DatumGetInt32(ecp_plan_known(0, 1)), DatumGetInt32(ecp_plan_known(0, 2)));
}

static const EcpCaller *
require_manager(void)
{
	const EcpCaller *caller = ecp_caller_require();

	if (!caller->has_organisation || caller->kind != ECP_CALLER_PERSON || caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("units are given by managers and owners of the organisation"),
				 errhint("Sign in for the organisation.")));
	return caller;
}

Datum
ecp_give_lot(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	EcpCascadeFacts facts;
	EcpCascadeStep step = {0};
	pg_uuid_t  *result = palloc(sizeof(pg_uuid_t));

	ecp_require_installed();
	caller = require_manager();
	if (PG_ARGISNULL(0))
		raise_unknown("lot");
	if (PG_ARGISNULL(2))
		raise_unknown("receiver");
	step.quantity = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
	if (step.quantity < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("at least one unit is given"),
				 errhint("Say how many.")));
	ecp_plan_begin(&saved);
	if (!ecp_cascade_own_lot(caller, PG_GETARG_UUID_P(0), &facts))
		raise_unknown("lot");
	step.territory = facts.territory;
	step.lot = facts.lot;
	step.reason = ECP_REASON_BY_HAND;
	step.by = &caller->member;
	step.request = PG_ARGISNULL(3) ? NULL : PG_GETARG_UUID_P(3);
	if (!find_repeated(&facts, step.request, step.quantity, PG_GETARG_UUID_P(2), result))
	{
		check_lot(&facts);
		offer_units(&facts, PG_GETARG_UUID_P(2), &step);
		*result = step.id;
	}
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(result);
}
