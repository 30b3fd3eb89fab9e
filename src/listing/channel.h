/*
 * The channel to models: jobs of ecopanier_private.listing_job.
 */
#ifndef ECP_LISTING_CHANNEL_H
#define ECP_LISTING_CHANNEL_H

#include "background/call.h"

extern EcpChannel ecp_listing_channel;

#endif							/* ECP_LISTING_CHANNEL_H */
