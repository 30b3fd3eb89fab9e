/*
 * The channels of all rooms: a new one is a line here.
 */
#include "postgres.h"

#include "outbox/mail.h"
#include "worker/channels.h"

EcpChannel *const ecp_channels[] = {
	&ecp_mail_channel,
	NULL
};
