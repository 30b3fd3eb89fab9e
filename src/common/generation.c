/*
 * Counts changes of relations; what was found before the last one is looked
 * for again.
 */
#include "postgres.h"

#include "utils/inval.h"

#include "common/generation.h"

static uint64 generation = 1;

static void
count_change(Datum arg pg_attribute_unused(), Oid relation pg_attribute_unused())
{
	generation++;
}

uint64
ecp_generation(void)
{
	static bool registered = false;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(count_change, (Datum) 0);
		registered = true;
	}
	return generation;
}
