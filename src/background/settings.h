/*
 * The settings of this room.
 */
#ifndef ECP_BACKGROUND_SETTINGS_H
#define ECP_BACKGROUND_SETTINGS_H

/* Defines them; called once, from _PG_init(). */
extern void ecp_background_init(void);

#endif							/* ECP_BACKGROUND_SETTINGS_H */
