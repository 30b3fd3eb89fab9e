/*
 * Charging for a PIN before it is compared.
 *
 * A station could try all PINs if a rollback took its tries back.  So a try is
 * a frozen row (frozen.h), written before the PIN is looked at.  Rows are only
 * ever inserted; their numbers are serial by a lock on the reservation and
 * station.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/frozen.h"
#include "common/plan.h"
#include "pickup/guess.h"

typedef struct Guess
{
	int32		territory;
	const pg_uuid_t *reservation;
	const pg_uuid_t *station;
	int32		round;
	int32		number;
} Guess;

static EcpPlan last_number =
ECP_PLAN("SELECT coalesce(max(number), 0) FROM ecopanier_private.pickup_guess "
		 "WHERE territory_id = $1 AND reservation_id = $2 AND station_id = $3 AND round = $4",
		 INT4OID, UUIDOID, UUIDOID, INT4OID);

static int32
read_last_number(const Guess *guess)
{
	Datum		values[4] = {Int32GetDatum(guess->territory), UUIDPGetDatum(guess->reservation),
	UUIDPGetDatum(guess->station), Int32GetDatum(guess->round)};

	ecp_plan_run(&last_number, values, NULL, false, 1);
	return DatumGetInt32(ecp_plan_known(0, 1));
}

static void
write_guess(const Guess *guess)
{
	const EcpFrozenColumn columns[] = {
		{"territory_id", Int32GetDatum(guess->territory)},
		{"reservation_id", UUIDPGetDatum(guess->reservation)},
		{"station_id", UUIDPGetDatum(guess->station)},
		{"round", Int32GetDatum(guess->round)},
		{"number", Int32GetDatum(guess->number)},
		{"at", TimestampTzGetDatum(ecp_clock_now())},
	};

	ecp_frozen_insert("pickup_guess", columns, lengthof(columns));
}

int32
ecp_guess_charge(int32 territory, const pg_uuid_t *reservation, const pg_uuid_t *station, int32 round, int64 limit)
{
	Guess		guess = {territory, reservation, station, round, 0};
	EcpFrozenLock lock;

	ecp_frozen_lock(&lock, reservation, station);
	guess.number = read_last_number(&guess) + 1;
	if (guess.number <= limit)
		write_guess(&guess);
	ecp_frozen_unlock(&lock);
	return guess.number;
}
