/*
 * When to try again; see backoff_core.h.
 */
#include "background/backoff_core.h"

int64_t
ecp_backoff_ms(int attempts, int64_t first_ms, int64_t max_ms, uint64_t random)
{
	int64_t		whole = first_ms;
	int64_t		half;

	while (--attempts > 0 && whole < max_ms)
		whole = whole > max_ms / 2 ? max_ms : whole * 2;
	if (whole > max_ms)
		whole = max_ms;
	half = whole / 2;
	return whole - half + (int64_t) (random % (uint64_t) (half + 1));
}
