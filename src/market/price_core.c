/*
 * A price that falls; see price_core.h.
 */
#include "market/price_core.h"

#define MINUTE_US UINT64_C(60000000)

int32_t
ecp_core_price_at(const EcpPrice *price, int64_t at)
{
	uint64_t	passed;
	uint64_t	steps;
	uint64_t	most;

	if (!price->falls || at < price->falls_from)
		return price->cents;
	/* unsigned, so that infinite moments do not overflow */
	passed = (uint64_t) at - (uint64_t) price->falls_from;
	steps = 1 + passed / ((uint64_t) price->step_minutes * MINUTE_US);
	most = (uint64_t) (price->cents - price->floor_cents) / (uint64_t) price->step_cents;
	if (steps > most)
		return price->floor_cents;
	return price->cents - (int32_t) steps * price->step_cents;
}

int32_t
ecp_core_price_least(const EcpPrice *price)
{
	return price->falls ? price->floor_cents : price->cents;
}
