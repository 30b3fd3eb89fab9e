/*
 * Who is told of events.
 *
 * A consumer makes its own rows of a batch of events of one territory, with ON
 * CONFLICT DO NOTHING on the event's id, since an event may come twice.  The fan-out
 * (fanout.c) runs all of them in one subtransaction with marking the events as told;
 * where one raises, event by event, so that an error stops no other subject.
 *
 * The row: ecopanier.event (territory_id, id, number, at, kind, subject_id,
 * organisation_id, member_id, facts), ORDER BY number.  member_id goes when the
 * event was told, and an event goes after event_retention_days: a consumer keeps
 * the event's id without a foreign key.
 */
#ifndef ECP_CONSUMER_H
#define ECP_CONSUMER_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/array.h"

typedef struct EcpConsumer
{
	const char *name;
	void		(*consume) (int32 territory, ArrayType *events);	/* uuid[], in the order of the events; inside SPI as the owner */
} EcpConsumer;

extern const EcpConsumer ecp_favourite_consumer; /* favourite.c: what it tells are events of their own */
extern const EcpConsumer ecp_notification_consumer; /* notification.c */
extern const EcpConsumer ecp_mail_consumer; /* mail.c, after notifications: a mail is a notification sent */
extern const EcpConsumer ecp_webhook_consumer;	/* webhook.c */

/* Tells up to limit events of each territory that are due; how many it told, or put off.  A step of the schedule. */
extern int64 ecp_outbox_fan_out(int limit);
extern TimestampTz ecp_outbox_fan_out_next(void);

/* Removes up to limit events of each territory that were told event_retention_days ago; how many.  A step of the schedule. */
extern int64 ecp_outbox_forget_told(int limit);
extern TimestampTz ecp_outbox_forget_told_next(void);

#endif							/* ECP_CONSUMER_H */
