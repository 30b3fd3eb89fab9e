/*
 * The channels of all rooms.
 */
#ifndef ECP_WORKER_CHANNELS_H
#define ECP_WORKER_CHANNELS_H

#include "background/call.h"

/* Ends with NULL. */
extern EcpChannel *const ecp_channels[];

#endif							/* ECP_WORKER_CHANNELS_H */
