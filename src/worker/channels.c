/*
 * The channels of all rooms: a new one is a line here.
 */
#include "postgres.h"

#include "listing/channel.h"
#include "outbox/mail.h"
#include "outbox/webhook.h"
#include "worker/channels.h"

EcpChannel *const ecp_channels[] = {
	&ecp_mail_channel,
	&ecp_listing_channel,
	&ecp_webhook_channel,
	NULL
};
