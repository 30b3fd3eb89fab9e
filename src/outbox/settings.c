/*
 * The settings of this room.
 */
#include "postgres.h"

#include "outbox/mail_settings.h"
#include "outbox/settings.h"

void
ecp_outbox_init(void)
{
	ecp_mail_settings_init();
}
