/*
 * The settings of this room.
 */
#ifndef ECP_LISTING_SETTINGS_H
#define ECP_LISTING_SETTINGS_H

/* Defines them; called once, from _PG_init(). */
extern void ecp_listing_init(void);

#endif							/* ECP_LISTING_SETTINGS_H */
