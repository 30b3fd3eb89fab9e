/*
 * Appending events.
 */
#include "postgres.h"

#include "background/wake.h"
#include "event/append.h"

void
ecp_event_append(int32 territory pg_attribute_unused(), const char *kind pg_attribute_unused(),
				 const pg_uuid_t *subject pg_attribute_unused(), const pg_uuid_t *organisation pg_attribute_unused(),
				 const pg_uuid_t *member pg_attribute_unused(), const char *facts pg_attribute_unused())
{
	ecp_wake_at_commit();
}
