/*
 * Food wishes: properties of food, chosen for one order.
 */
#ifndef ECP_WISH_H
#define ECP_WISH_H

#include "postgres.h"

/* A step of tick(), as the owner, inside SPI: drops the wishes of claims that are no longer held; returns how many rows went. */
extern int64 ecp_wish_purge_due(void);

#endif							/* ECP_WISH_H */
