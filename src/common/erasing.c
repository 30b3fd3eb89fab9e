/*
 * Whether a person is being erased; see erasing.h.
 */
#include "postgres.h"

#include "common/erasing.h"

static bool erasing = false;

bool
ecp_is_erasing(void)
{
	return erasing;
}

void
ecp_erasing_run(void (*step) (void *), void *arg)
{
	PG_TRY();
	{
		erasing = true;
		step(arg);
	}
	PG_FINALLY();
	{
		erasing = false;
	}
	PG_END_TRY();
}
