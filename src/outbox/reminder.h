/*
 * Reminders and alerts as steps of the schedule (src/schedule.h): run up to so
 * many units in each territory, and when the next is due.  Inside SPI as the
 * owner.
 */
#ifndef ECP_REMINDER_H
#define ECP_REMINDER_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

/* Baskets to pick up: a unit is a lot whose window opens soon. */
extern int64 ecp_reminder_window_due(int limit);
extern TimestampTz ecp_reminder_window_next(void);

/* Lots about to end with units that nobody claimed: a unit is a lot. */
extern int64 ecp_reminder_ending_due(int limit);
extern TimestampTz ecp_reminder_ending_next(void);

/* Rights about to end: a unit is a right. */
extern int64 ecp_reminder_right_due(int limit);
extern TimestampTz ecp_reminder_right_next(void);

/* Free baskets near an alert: a unit is a person told, or a lot done with. */
extern int64 ecp_reminder_nearby_due(int limit);
extern TimestampTz ecp_reminder_nearby_next(void);

/* What the kinds of reminder share: reminder_mark.c. */
typedef struct EcpReminderMark
{
	TimestampTz reached;
	pg_uuid_t	subject;
} EcpReminderMark;

/* The territories, copied into the current context, each with its marks. */
extern int32 *ecp_reminder_territories(uint64 *count);

/* Locks the mark of a kind until the transaction ends; false where somebody else holds it. */
extern bool ecp_reminder_mark_take(int32 territory, const char *kind, EcpReminderMark *mark);

/* Moves it, which whoever took it does. */
extern void ecp_reminder_mark_move(int32 territory, const char *kind, const EcpReminderMark *mark);

#endif							/* ECP_REMINDER_H */
