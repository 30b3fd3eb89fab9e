/*
 * Service accounts: other systems that act by a key.
 *
 * account.c   the accounts and their guard
 * key.c       their keys: made, rotated, revoked
 * sign_in.c   from a key to a caller
 * call.c      the limit of calls, and what they leave behind
 */
#ifndef ECP_SERVICE_H
#define ECP_SERVICE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/uuid.h"

#include "identity/context.h"

/* Lets authenticate() take a key from the request's headers; called once, from _PG_init(). */
extern void ecp_service_init(void);

/* The caller, a person who may keep services and the like of an organisation, which what names; raises 42501. */
extern const EcpCaller *ecp_service_keeper(const char *what);

/* Whether the caller keeps the services of this organisation. */
extern bool ecp_service_keeps(const EcpCaller *caller, const pg_uuid_t *organisation);

/* Raises ZE101: the same answer for an unknown id and for somebody else's. */
extern void ecp_service_raise_unknown(const char *what) pg_attribute_noreturn();

/*
 * The organisation that something is made for: the one that the argument names, or
 * the caller's own.  Raises 22004 where there is neither, ZE101 where the caller
 * does not keep it.
 */
extern pg_uuid_t ecp_service_choose_organisation(FunctionCallInfo fcinfo, int argument, const EcpCaller *caller, const char *function);

/* The moment at which the older of two secrets ends, an interval from now; raises 22023 where it is not of 0 to 90 days. */
extern TimestampTz ecp_service_overlap_end(TimestampTz now, Datum overlap);

/* Raises 22004 where one of the first count arguments is null. */
extern void ecp_service_require_arguments(FunctionCallInfo fcinfo, int count, const char *function);

/*
 * Counts a call of the service, durably, and returns whether it is within the
 * limit of calls in 60 seconds.  Inside SPI as the owner.
 */
extern bool ecp_service_count_call(int32 territory, const pg_uuid_t *service, const pg_uuid_t *key, int32 limit);

/* A step of the schedule, inside SPI as the owner: notes the last use of keys and clears up to limit calls of each territory that are older than an hour; how many went. */
extern int64 ecp_service_fold_due(int limit);
extern TimestampTz ecp_service_fold_next(void);

#endif							/* ECP_SERVICE_H */
