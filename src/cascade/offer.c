/*
 * Offers of what is left: what a receiver's staff is shown, accepts, refuses and
 * collects, and what a shop gives by hand before its window is over.
 *
 * The rules are looked at again at each step, since days may lie between them:
 * the use-by date, the hours that a donation needs, the accreditation.
 * Locks: the lot, then the step or the receiver, then the stock.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
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
#include "identity/setting.h"
#include "mb/pg_wchar.h"
#include "organisation/accreditation.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_my_offers);
PG_FUNCTION_INFO_V1(ecp_accept_offer);
PG_FUNCTION_INFO_V1(ecp_refuse_offer);
PG_FUNCTION_INFO_V1(ecp_receive_offer);

#define OFFER_COLUMNS 18
#define NOTE_MAX 1000
#define WEIGHT_MAX INT64CONST(1000000000000)

static EcpPlan list_offers =
ECP_PLAN("SELECT s.id, s.lot_id, s.stage, s.state, s.quantity, s.weight_g, s.deadline, l.title, l.category, l.use_by, l.best_before, l.batch, "
		 "l.allergens, l.cold_class, o.name, o.address, l.latitude, l.longitude FROM ecopanier.cascade_step s "
		 "JOIN ecopanier.lot l ON l.territory_id = s.territory_id AND l.id = s.lot_id "
		 "JOIN ecopanier.organisation o ON o.territory_id = s.territory_id AND o.id = s.organisation_id "
		 "WHERE s.territory_id = $1 AND s.receiver_organisation_id = $2 AND s.state IN ('offered', 'accepted') AND s.deadline > $3 "
		 "AND l.state <> 'cancelled' ORDER BY s.deadline, s.at, s.id",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan find_lot =
ECP_PLAN("SELECT lot_id FROM ecopanier.cascade_step WHERE territory_id = $1 AND id = $2 AND receiver_organisation_id = $3 "
		 "AND state IN ('offered', 'accepted', 'refused', 'received', 'expired')",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan read_step =
ECP_PLAN("SELECT s.state, s.stage, s.quantity, s.weight_g, s.deadline, r.declares_short_dated, s.received_quantity, s.received_weight_g, s.note "
		 "FROM ecopanier.cascade_step s JOIN ecopanier.receiver r ON r.territory_id = s.territory_id AND r.id = s.receiver_id "
		 "WHERE s.territory_id = $1 AND s.id = $2 FOR UPDATE OF s",
		 INT4OID, UUIDOID);

/* An offer with its lot, both locked. */
typedef struct Offer
{
	const EcpCaller *caller;
	pg_uuid_t	id;
	EcpCascadeFacts lot;
	char	   *state;
	EcpStage	stage;
	int32		quantity;
	int64		weight_g;
	TimestampTz deadline;
	bool		declares;
	int32		received_quantity;	/* of state received */
	int64		received_weight;
} Offer;

static const EcpCaller *
require_staff(EcpFunction least)
{
	const EcpCaller *caller = ecp_caller_require();

	if (!caller->has_organisation || caller->kind != ECP_CALLER_PERSON ||
		(caller->role != ECP_ROLE_MERCHANT && caller->role != ECP_ROLE_ASSOCIATION) || caller->function < least)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("offers are dealt with by the staff of an organisation"),
				 errhint("Sign in for the organisation.")));
	return caller;
}

static void
raise_unknown_offer(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such offer"),
			 errhint("ecopanier.my_offers() tells those of the caller's organisation.")));
}

static EcpStage
stage_of(const char *name)
{
	EcpStage	stage = ECP_STAGE_SOLIDARITY;

	while (strcmp(ecp_stage_names[stage], name) != 0)
		stage++;
	return stage;
}

/* Reads an offer to the caller's organisation, and locks lot and step. */
static void
open_offer(FunctionCallInfo fcinfo, Offer *offer)
{
	Datum		values[3];
	pg_uuid_t	lot;
	bool		isnull;

	if (PG_ARGISNULL(0))
		raise_unknown_offer();
	memset(offer, 0, sizeof(*offer));
	offer->caller = require_staff(ECP_FUNCTION_STATION);
	offer->id = *PG_GETARG_UUID_P(0);
	values[0] = Int32GetDatum(offer->caller->territory);
	values[1] = UUIDPGetDatum(&offer->id);
	values[2] = UUIDPGetDatum(&offer->caller->organisation);
	ecp_plan_run(&find_lot, values, NULL, false, 1);
	if (SPI_processed == 0)
		raise_unknown_offer();
	lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
	if (!ecp_cascade_read_lot(offer->caller->territory, &lot, false, &offer->lot))
		raise_unknown_offer();
	ecp_plan_run(&read_step, values, NULL, false, 1);
	offer->state = ecp_plan_text(0, 1);
	offer->stage = stage_of(ecp_plan_text(0, 2));
	offer->quantity = DatumGetInt32(ecp_plan_known(0, 3));
	offer->weight_g = DatumGetInt64(ecp_plan_known(0, 4));
	offer->deadline = DatumGetTimestampTz(ecp_plan_known(0, 5));
	offer->declares = DatumGetBool(ecp_plan_known(0, 6));
	offer->received_quantity = DatumGetInt32(ecp_plan_value(0, 7, &isnull));
	if (!isnull)
		offer->received_weight = DatumGetInt64(ecp_plan_known(0, 8));
}

/* Raises where the offer has ended, by its state or by the clock. */
static void
check_open(const Offer *offer)
{
	if ((strcmp(offer->state, "offered") != 0 && strcmp(offer->state, "accepted") != 0) || strcmp(offer->lot.state, "cancelled") == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the offer has ended"),
				 errhint("ecopanier.my_offers() tells those that are open.")));
	if (offer->deadline <= ecp_clock_now())
		ereport(ERROR,
				(errcode(ECP_ERR_WINDOW_CLOSED),
				 errmsg("the deadline of the offer has passed"),
				 errhint("ecopanier.my_offers() tells those that are open.")));
}

/* The rules of a hand-over now: the use-by date, the accreditation, the hours of a donation. */
static void
check_food(const Offer *offer)
{
	ecp_cascade_check_food(&offer->lot, offer->stage, &offer->caller->organisation, offer->declares);
}

Datum
ecp_my_offers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		key[3];
	uint64		row;

	ecp_require_installed();
	caller = require_staff(ECP_FUNCTION_READER);
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	key[0] = Int32GetDatum(caller->territory);
	key[1] = UUIDPGetDatum(&caller->organisation);
	key[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_run(&list_offers, key, NULL, true, 0);
	for (row = 0; row < SPI_processed; row++)
	{
		Datum		values[OFFER_COLUMNS];
		bool		nulls[OFFER_COLUMNS];
		int			i;

		for (i = 0; i < OFFER_COLUMNS; i++)
			values[i] = ecp_plan_value(row, i + 1, &nulls[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}

Datum
ecp_accept_offer(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	Offer		offer;
	TimestampTz until;

	ecp_require_installed();
	ecp_plan_begin(&saved);
	open_offer(fcinfo, &offer);
	until = offer.deadline;
	check_open(&offer);
	if (strcmp(offer.state, "offered") == 0)
	{
		EcpStepOutcome outcome = {.territory = offer.lot.territory, .id = offer.id, .state = "accepted", .by = &offer.caller->member};
		int64		latest = ecp_core_cascade_latest(&offer.lot.core, &offer.lot.rules, offer.stage, offer.declares);

		check_food(&offer);
		until = ecp_clock_now() + ecp_setting_at(offer.lot.territory, "cascade_collect_hours", ecp_clock_now()).value * USECS_PER_HOUR;
		until = Min(until, latest);
		outcome.deadline = until;
		outcome.short_dated = offer.stage == ECP_STAGE_ASSOCIATION && offer.declares &&
			until > ecp_core_cascade_latest(&offer.lot.core, &offer.lot.rules, offer.stage, false);
		ecp_cascade_step_change(&outcome);
		ecp_cascade_look(offer.lot.territory, &offer.lot.lot, until);
	}
	ecp_plan_end(&saved);
	PG_RETURN_TIMESTAMPTZ(until);
}

/* What was given back goes on at this moment. */
static void
give_back(const Offer *offer, int32 units)
{
	ecp_cascade_step_return(offer->lot.territory, &offer->id, &offer->lot.lot, units);
	if (units > 0)
		ecp_cascade_look(offer->lot.territory, &offer->lot.lot, ecp_clock_now());
}

Datum
ecp_refuse_offer(PG_FUNCTION_ARGS)
{
	char	   *note = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	EcpOwner	saved;
	Offer		offer;

	ecp_require_installed();
	if (note && pg_mbstrlen(note) > NOTE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason is too long"),
				 errhint("Say it in %d characters.", NOTE_MAX)));
	ecp_plan_begin(&saved);
	open_offer(fcinfo, &offer);
	if (note == NULL || strspn(note, " \t\r\n") == strlen(note))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a refusal needs a reason"),
				 errhint("Say why, in words.")));
	if (strcmp(offer.state, "refused") != 0)
	{
		EcpStepOutcome outcome = {.territory = offer.lot.territory, .id = offer.id, .state = "refused", .by = &offer.caller->member, .note = note,
		.reason = ecp_reason_names[ECP_REASON_REFUSED]};

		check_open(&offer);
		ecp_cascade_step_change(&outcome);
		give_back(&offer, offer.quantity);
	}
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* Quantity and weight of a hand-over, in range for the offer. */
static void
check_received(const Offer *offer, int32 quantity, int64 weight)
{
	if (quantity < 1 || quantity > offer->quantity || weight < 0 || weight > WEIGHT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the quantity or the weight is out of range"),
				 errdetail("%d units were offered.", offer->quantity),
				 errhint("Give 1 to as many units as were offered, and a weight that is not negative; refuse_offer() takes none.")));
}

Datum
ecp_receive_offer(PG_FUNCTION_ARGS)
{
	int32		quantity = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
	EcpOwner	saved;
	Offer		offer;
	int64		weight;

	ecp_require_installed();
	ecp_plan_begin(&saved);
	open_offer(fcinfo, &offer);
	weight = PG_ARGISNULL(2) ? offer.weight_g / offer.quantity * quantity : PG_GETARG_INT64(2);
	check_received(&offer, quantity, weight);
	if (strcmp(offer.state, "received") == 0 && offer.received_quantity == quantity)
		weight = offer.received_weight;
	else
	{
		EcpStepOutcome outcome = {.territory = offer.lot.territory, .id = offer.id, .state = "received", .by = &offer.caller->member,
		.received_quantity = quantity, .received_weight = weight};

		check_open(&offer);
		if (strcmp(offer.state, "accepted") != 0)
			ereport(ERROR,
					(errcode(ECP_ERR_BAD_STATE),
					 errmsg("the offer is not accepted"),
					 errhint("Call accept_offer() first.")));
		check_food(&offer);
		ecp_cascade_step_change(&outcome);
		give_back(&offer, offer.quantity - quantity);
	}
	ecp_plan_end(&saved);
	PG_RETURN_INT64(weight);
}
