/*
 * The table of events.
 */
#ifndef ECP_EVENT_EVENT_H
#define ECP_EVENT_EVENT_H

#include "postgres.h"

#include "common/plan.h"

/* Runs a plan that removes events that were told; inside SPI as the owner. */
extern void ecp_event_remove_by(EcpPlan *plan, Datum *values);

#endif							/* ECP_EVENT_EVENT_H */
