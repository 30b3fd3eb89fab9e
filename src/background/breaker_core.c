/*
 * The circuit breaker; see breaker_core.h.
 */
#include "background/backoff_core.h"
#include "background/breaker_core.h"

bool
ecp_breaker_allows(const EcpBreaker *breaker, int64_t now)
{
	return breaker->state == ECP_BREAKER_CLOSED || (breaker->state == ECP_BREAKER_OPEN && breaker->until <= now);
}

void
ecp_breaker_call(EcpBreaker *breaker)
{
	if (breaker->state == ECP_BREAKER_OPEN)
		breaker->state = ECP_BREAKER_PROBING;
}

bool
ecp_breaker_succeeded(EcpBreaker *breaker)
{
	bool		closes = breaker->state != ECP_BREAKER_CLOSED;

	breaker->state = ECP_BREAKER_CLOSED;
	breaker->failures = 0;
	breaker->openings = 0;
	breaker->until = 0;
	return closes;
}

bool
ecp_breaker_failed(EcpBreaker *breaker, int64_t now, int64_t retry_after, uint64_t random)
{
	int64_t		pause;

	if (breaker->failures < INT32_MAX)
		breaker->failures++;
	if (breaker->state == ECP_BREAKER_OPEN ||
		(breaker->state == ECP_BREAKER_CLOSED && breaker->failures < ECP_BREAKER_FAILURES))
		return false;
	if (breaker->openings < INT32_MAX)
		breaker->openings++;
	pause = ecp_backoff_ms(breaker->openings, ECP_BREAKER_FIRST_MS, ECP_BREAKER_MAX_MS, random);
	if (pause < retry_after)
		pause = retry_after < ECP_BREAKER_MAX_MS ? retry_after : ECP_BREAKER_MAX_MS;
	breaker->state = ECP_BREAKER_OPEN;
	breaker->until = now + pause;
	return true;
}

void
ecp_breaker_forget(EcpBreaker *breaker)
{
	if (breaker->state == ECP_BREAKER_PROBING)
		breaker->state = ECP_BREAKER_OPEN;
}
