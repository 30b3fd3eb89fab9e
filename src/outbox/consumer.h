/*
 * Who is told of events.
 *
 * A consumer makes its own rows of a batch of events of one territory, with ON
 * CONFLICT DO NOTHING on the event's id, since an event may come twice.  The fan-out
 * (fanout.c) runs all of them in one transaction with marking the events as told.
 */
#ifndef ECP_CONSUMER_H
#define ECP_CONSUMER_H

#include "postgres.h"

#include "utils/array.h"

typedef struct EcpConsumer
{
	const char *name;
	void		(*consume) (int32 territory, ArrayType *events);	/* uuid[], in the order of the events; inside SPI as the owner */
} EcpConsumer;

extern const EcpConsumer ecp_notification_consumer; /* notification.c */
extern const EcpConsumer ecp_mail_consumer; /* mail.c, after notifications: a mail is a notification sent */
extern const EcpConsumer ecp_webhook_consumer;	/* webhook.c */

/* Tells up to limit events of each territory that are due; how many.  Step of the schedule. */
extern int64 ecp_outbox_fan_out(int limit);

#endif							/* ECP_CONSUMER_H */
