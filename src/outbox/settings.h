/*
 * The settings of this room.
 */
#ifndef ECP_OUTBOX_SETTINGS_H
#define ECP_OUTBOX_SETTINGS_H

extern int	ecp_webhook_failing_hours;	/* how long an endpoint may fail before it is paused */

/* Defines them; called once, from _PG_init(). */
extern void ecp_outbox_init(void);

#endif							/* ECP_OUTBOX_SETTINGS_H */
