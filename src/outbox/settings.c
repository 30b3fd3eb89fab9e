/*
 * The settings of this room.
 */
#include "postgres.h"

#include "outbox/settings.h"

void
ecp_outbox_init(void)
{
}
