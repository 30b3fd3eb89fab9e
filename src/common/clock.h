/*
 * The injected clock: the time that every rule reads.
 */
#ifndef ECP_CLOCK_H
#define ECP_CLOCK_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

/* Defines ecopanier.clock; called once, from _PG_init(). */
extern void ecp_clock_init(void);

/* The statement's start, or ecopanier.clock where that is set. */
extern TimestampTz ecp_clock_now(void);

/*
 * Has work(arg) find a moment on the clock: for what is caught up with and bears
 * the moment at which it was due.
 */
extern void ecp_clock_run_at(TimestampTz moment, void (*work) (void *), void *arg);

/*
 * The calendar day of a moment in a time zone named as in pg_timezone_names.
 * Raises 22023 where the name is unknown.
 */
extern DateADT ecp_clock_day(TimestampTz moment, const char *time_zone);

/* The hour, 0 to 23, that clocks show there at that moment; on a 25-hour day two hours bear one number. */
extern int	ecp_clock_hour(TimestampTz moment, const char *time_zone);

#endif							/* ECP_CLOCK_H */
