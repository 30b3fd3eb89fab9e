/*
 * The settings of this room.
 */
#include "postgres.h"

#include "listing/settings.h"

void
ecp_listing_init(void)
{
}
