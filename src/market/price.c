/*
 * What a public unit of a lot costs at a moment; see price.h.  The price that a
 * person pays is the one at the moment of the claim, and stays that of the claim.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "market/price.h"
#include "market/price_core.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_price_on_schedule);
PG_FUNCTION_INFO_V1(ecp_price_at);

static EcpPlan find_lot =
ECP_PLAN("SELECT " ECP_PRICE_COLUMNS ", state, organisation_id FROM ecopanier.lot WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

int32
ecp_lot_price_at(const Datum *values, const bool *nulls, TimestampTz at)
{
	EcpPrice	price = {.cents = DatumGetInt32(values[0])};

	if (!nulls[1] && !nulls[2] && !nulls[3] && !nulls[4])
	{
		price.falls = true;
		price.falls_from = DatumGetTimestampTz(values[1]);
		price.step_minutes = DatumGetInt32(values[2]);
		price.step_cents = DatumGetInt32(values[3]);
		price.floor_cents = DatumGetInt32(values[4]);
	}
	return ecp_core_price_at(&price, at);
}

bool
ecp_lot_price_read(uint64 row, int column, TimestampTz at, int32 *cents)
{
	Datum		values[ECP_PRICE_COLUMN_COUNT];
	bool		nulls[ECP_PRICE_COLUMN_COUNT];

	for (int i = 0; i < ECP_PRICE_COLUMN_COUNT; i++)
		values[i] = ecp_plan_value(row, column + i, &nulls[i]);
	if (nulls[0])
		return false;
	*cents = ecp_lot_price_at(values, nulls, at);
	return true;
}

void
ecp_lot_price_check(const EcpRow *row, int64 original_cents, int64 most_percent)
{
	int			column = ecp_row_column(row->desc, "price_floor_cents");
	int64		floor_cents = DatumGetInt32(row->values[column]);

	if (!row->nulls[column] && floor_cents * 100 < original_cents * (100 - most_percent))
		ereport(ERROR,
				(errcode(ECP_ERR_PRICE_OUT_OF_RANGE),
				 errmsg("the price falls below what is allowed"),
				 errdetail("A unit of %lld cents is sold for at least %lld cents.", (long long) original_cents,
						   (long long) ((original_cents * (100 - most_percent) + 99) / 100)),
				 errhint("Give a price_floor_cents that is at most %lld percent off.", (long long) most_percent)));
}

Datum
ecp_price_on_schedule(PG_FUNCTION_ARGS)
{
	Datum		values[ECP_PRICE_COLUMN_COUNT];
	bool		nulls[ECP_PRICE_COLUMN_COUNT];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(5))
		PG_RETURN_NULL();
	for (int i = 0; i < ECP_PRICE_COLUMN_COUNT; i++)
	{
		values[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i);
	}
	if ((!nulls[2] && PG_GETARG_INT32(2) < 1) || (!nulls[3] && PG_GETARG_INT32(3) < 1) ||
		(!nulls[4] && (PG_GETARG_INT32(4) < 0 || PG_GETARG_INT32(4) > PG_GETARG_INT32(0))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is not a schedule of a price"),
				 errhint("Steps are of at least 1 minute and 1 cent; the floor is from 0 to the price.")));
	PG_RETURN_INT32(ecp_lot_price_at(values, nulls, PG_GETARG_TIMESTAMPTZ(5)));
}

static void
raise_unknown_lot(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such lot"),
			 errhint("The lots that can be claimed stand in ecopanier.lot_offer.")));
}

/* Whether the caller may read the lot that was found, as row security has it. */
static bool
may_read(const EcpCaller *caller)
{
	bool		isnull;
	Datum		state = ecp_plan_value(0, ECP_PRICE_COLUMN_COUNT + 1, &isnull);
	pg_uuid_t  *organisation = DatumGetUUIDP(ecp_plan_known(0, ECP_PRICE_COLUMN_COUNT + 2));

	if (caller == NULL || caller->role == ECP_ROLE_ADMINISTRATOR)
		return true;
	if (caller->role == ECP_ROLE_MERCHANT || caller->role == ECP_ROLE_ASSOCIATION)
		return ecp_caller_is_staff(caller, organisation, ECP_FUNCTION_READER);
	return !ecp_text_is(state, isnull, "draft");
}

Datum
ecp_price_at(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		key[2];
	int32		territory;
	int32		cents = 0;
	bool		has_price;

	ecp_require_installed();
	caller = ecp_caller_or_loader();
	if (PG_ARGISNULL(0))
		raise_unknown_lot();
	territory = ecp_territory_of(PG_GETARG_UUID_P(0));
	if (territory == 0 || (caller && caller->territory != territory))
		raise_unknown_lot();
	key[0] = Int32GetDatum(territory);
	key[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_lot, key, NULL, true, 1);
	if (SPI_processed == 0 || !may_read(caller))
		raise_unknown_lot();
	has_price = ecp_lot_price_read(0, 1, PG_ARGISNULL(1) ? ecp_clock_now() : PG_GETARG_TIMESTAMPTZ(1), &cents);
	ecp_plan_end(&saved);
	if (!has_price)
		PG_RETURN_NULL();
	PG_RETURN_INT32(cents);
}
