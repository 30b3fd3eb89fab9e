/*
 * The settings of this room.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "outbox/mail_settings.h"
#include "outbox/settings.h"

int			ecp_webhook_failing_hours;

void
ecp_outbox_init(void)
{
	ecp_mail_settings_init();
	DefineCustomIntVariable("ecopanier.webhook_failing_hours",
							"How long an endpoint may fail before it is paused.",
							NULL, &ecp_webhook_failing_hours, 120, 1, 8760,
							PGC_SIGHUP, 0, NULL, NULL, NULL);
}
