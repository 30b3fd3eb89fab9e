/*
 * Declaring interest in the units of a round.
 *
 * A person is in a round once, under a pseudonym that is random and serves for
 * this round alone.  Where the person comes from is passed in and forgotten:
 * the band of the distance is all that is kept.  It is the person's own word,
 * which is why it comes after what the database knows by itself.
 *
 * The lock on the round makes the draw wait for a declaration under way, or the
 * declaration find the round closed.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "allotment/order_core.h"
#include "allotment/round.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "find/distance_core.h"
#include "identity/context.h"
#include "market/quota.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_declare_interest);
PG_FUNCTION_INFO_V1(ecp_withdraw_interest);

#define QUANTITY_MAX 10			/* the most that free_units_per_day allows */

/* The lot as well, as a claim does: what closes lots then passes it by, and does not wait for its round. */
static EcpPlan share_round =
ECP_PLAN("SELECT r.state, r.closes_at, l.latitude, l.longitude FROM ecopanier.allotment_round r "
		 "JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id "
		 "WHERE r.territory_id = $1 AND r.id = $2 FOR KEY SHARE OF l FOR SHARE OF r",
		 INT4OID, UUIDOID);

static EcpPlan declare =
ECP_PLAN("INSERT INTO ecopanier.allotment_interest AS i (territory_id, round_id, pseudonym, member_id, quantity, distance_band, declared_at) "
		 "VALUES ($1, $2, gen_random_uuid(), $3, $4, $5, $6) ON CONFLICT (territory_id, round_id, member_id) DO UPDATE "
		 "SET quantity = excluded.quantity, distance_band = excluded.distance_band, declared_at = excluded.declared_at, withdrawn_at = NULL "
		 "RETURNING i.pseudonym",
		 INT4OID, UUIDOID, UUIDOID, INT4OID, INT4OID, TIMESTAMPTZOID);

static EcpPlan withdraw =
ECP_PLAN("UPDATE ecopanier.allotment_interest SET withdrawn_at = $4 "
		 "WHERE territory_id = $1 AND round_id = $2 AND member_id = $3 AND withdrawn_at IS NULL",
		 INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID);

/* A position, or none. */
typedef struct Place
{
	bool		known;
	EcpPlace	at;
} Place;

/* The caller, who acts as a beneficiary. */
static const EcpCaller *
require_beneficiary(void)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (caller->role != ECP_ROLE_BENEFICIARY)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("interest is declared as a beneficiary"),
				 errhint("Sign in with that role.")));
	return caller;
}

/* Locks the round against its draw; raises where it takes no more interest.  Tells where the lot is. */
static Place
lock_open_round(const EcpCaller *caller, Datum round)
{
	Datum		key[2] = {Int32GetDatum(caller->territory), round};
	Place		place;
	bool		no_latitude;
	bool		no_longitude;

	ecp_plan_run(&share_round, key, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_allotment_raise_unknown();
	if (strcmp(ecp_plan_text(0, 1), "open") != 0 || DatumGetTimestampTz(ecp_plan_known(0, 2)) <= ecp_clock_now())
		ereport(ERROR,
				(errcode(ECP_ERR_ROUND_CLOSED),
				 errmsg("the allotment round is closed"),
				 errhint("What it did not allot can be claimed; ecopanier.allotment_result() tells what came of it.")));
	place.at.latitude = DatumGetFloat8(ecp_plan_value(0, 3, &no_latitude));
	place.at.longitude = DatumGetFloat8(ecp_plan_value(0, 4, &no_longitude));
	place.known = !no_latitude && !no_longitude;
	return place;
}

/* The band of the distance from there to the lot. */
static int32
band_of(const Place *from, const Place *lot)
{
	EcpCentre	centre;

	if (!from->known || !lot->known)
		return ECP_ALLOTMENT_FAR;
	ecp_centre_set(&centre, lot->at);
	return ecp_core_allotment_band(ecp_distance(&centre, from->at));
}

static Place
check_declaration(FunctionCallInfo fcinfo)
{
	Place		from = {.known = !PG_ARGISNULL(2)};

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a declaration needs a round and a quantity"),
				 errhint("The rounds stand in ecopanier.allotment_round.")));
	if (PG_GETARG_INT32(1) < 1 || PG_GETARG_INT32(1) > QUANTITY_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("interest is declared in one to %d units", QUANTITY_MAX),
				 errhint("Give a quantity of that range.")));
	if (PG_ARGISNULL(2) != PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a position needs latitude and longitude"),
				 errhint("Give both or neither."),
				 errhidestmt(true), errhidecontext(true)));
	if (!from.known)
		return from;
	from.at.latitude = PG_GETARG_FLOAT8(2);
	from.at.longitude = PG_GETARG_FLOAT8(3);
	if (!(fabs(from.at.latitude) <= 90) || !(fabs(from.at.longitude) <= 180))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the position is out of range"),
				 errhint("Latitude is -90 to 90 degrees, longitude -180 to 180 degrees."),
				 errhidestmt(true), errhidecontext(true)));
	return from;
}

Datum
ecp_declare_interest(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_beneficiary();
	Place		from = check_declaration(fcinfo);
	TimestampTz now = ecp_clock_now();
	Datum		values[6] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), UUIDPGetDatum(&caller->member), PG_GETARG_DATUM(1)};
	Datum		person[2] = {values[0], values[2]};
	EcpOwner	saved;
	Place		lot;
	pg_uuid_t  *pseudonym = palloc(sizeof(pg_uuid_t));

	ecp_plan_begin(&saved);
	lot = lock_open_round(caller, values[1]);
	ecp_quota_check_right(person, ecp_local_day(caller->territory, now));
	values[4] = Int32GetDatum(band_of(&from, &lot));
	values[5] = TimestampTzGetDatum(now);
	ecp_allotment_write(&declare, values, NULL);
	*pseudonym = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(pseudonym);
}

Datum
ecp_withdraw_interest(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_beneficiary();
	Datum		values[4] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), UUIDPGetDatum(&caller->member),
	TimestampTzGetDatum(ecp_clock_now())};
	EcpOwner	saved;
	bool		withdrawn;

	if (PG_ARGISNULL(0))
		ecp_allotment_raise_unknown();
	ecp_plan_begin(&saved);
	(void) lock_open_round(caller, values[1]);
	ecp_allotment_write(&withdraw, values, NULL);
	withdrawn = SPI_processed > 0;
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(withdrawn);
}
