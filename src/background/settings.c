/*
 * The settings of this room.
 */
#include "postgres.h"

#include "background/settings.h"

void
ecp_background_init(void)
{
}
