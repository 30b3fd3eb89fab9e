/*
 * Mail to people.
 */
#ifndef ECP_MAIL_H
#define ECP_MAIL_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "background/call.h"

extern EcpChannel ecp_mail_channel;

/* Removes mail that ended a month ago, up to limit in each territory; how many.  Step of the schedule. */
extern int64 ecp_mail_purge_due(int limit);
extern TimestampTz ecp_mail_purge_next(void);

#endif							/* ECP_MAIL_H */
