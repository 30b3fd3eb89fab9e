/*
 * price_core.c
 *		Unit tests of prices that fall.
 *
 * cores: src/market/price_core.c
 */
#include "market/price_core.h"

#include "tap.h"

#define MINUTE INT64_C(60000000)
#define FROM (INT64_C(1000) * MINUTE)

static EcpPrice falling = {.cents = 500, .falls = true, .falls_from = FROM, .step_minutes = 30, .step_cents = 60, .floor_cents = 300};

static int32_t
at(int64_t moment)
{
	return ecp_core_price_at(&falling, moment);
}

static void
test_steps(void)
{
	tap_ok(at(FROM - 1) == 500, "a microsecond before the first fall");
	tap_ok(at(FROM) == 440, "at the first fall");
	tap_ok(at(FROM + 30 * MINUTE - 1) == 440, "a microsecond before the second");
	tap_ok(at(FROM + 30 * MINUTE) == 380, "at the second");
	tap_ok(at(FROM + 60 * MINUTE) == 320, "at the third");
	tap_ok(at(FROM + 90 * MINUTE - 1) == 320, "until the fourth");
	tap_ok(at(FROM + 90 * MINUTE) == 300, "which ends at the floor, although a whole step would go below");
	tap_ok(at(FROM + 1000000 * MINUTE) == 300, "and stays there");
}

static void
test_bounds(void)
{
	EcpPrice	fixed = {.cents = 700};
	EcpPrice	once = {.cents = 700, .falls = true, .falls_from = -FROM, .step_minutes = 1, .step_cents = 1, .floor_cents = 700};
	EcpPrice	largest = {.cents = 1000000, .falls = true, .falls_from = INT64_MIN + 1, .step_minutes = 1, .step_cents = 1};
	EcpPrice	whole = {.cents = 600, .falls = true, .falls_from = 0, .step_minutes = 10, .step_cents = 200};

	tap_ok(ecp_core_price_at(&fixed, INT64_MAX) == 700 && ecp_core_price_least(&fixed) == 700, "a price without a schedule stays");
	tap_ok(ecp_core_price_at(&once, 0) == 700, "a floor that is the price");
	tap_ok(at(INT64_MIN) == 500 && at(INT64_MAX) == 300, "infinite moments");
	tap_ok(ecp_core_price_at(&largest, INT64_MAX) == 0, "the longest time there is");
	tap_ok(ecp_core_price_at(&whole, 20 * MINUTE) == 0 && ecp_core_price_at(&whole, 20 * MINUTE - 1) == 200, "whole steps end at the floor");
	tap_ok(ecp_core_price_least(&falling) == 300, "the lowest price is the floor");
}

/* It never rises, and never leaves its bounds. */
static void
test_never_rises(void)
{
	bool		holds = true;
	int32_t		before = 500;

	for (int64_t moment = FROM - 100 * MINUTE; moment < FROM + 300 * MINUTE; moment += 7 * MINUTE / 3)
	{
		int32_t		price = at(moment);

		holds = holds && price <= before && price >= 300;
		before = price;
	}
	tap_ok(holds, "over time it never rises");
}

int
main(void)
{
	test_steps();
	test_bounds();
	test_never_rises();
	return tap_failed != 0;
}
