/*
 * Templates: what an organisation offers on certain days of the week.
 */
#ifndef ECP_TEMPLATE_H
#define ECP_TEMPLATE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * SQL: the pickup windows of a day by local times, as rows (s, e) in order: what the
 * clock has twice or leaves out on a day of 25 or 23 hours neither overlaps nor counts.
 */
#define ECP_LOCAL_WINDOWS(day, starts, ends, zone) \
	"(SELECT c.s, c.e FROM (SELECT greatest(b.s, max(b.e) OVER (ORDER BY b.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS s, b.e " \
	"FROM (SELECT (" day " + u.s) AT TIME ZONE " zone " AS s, (" day " + u.e) AT TIME ZONE " zone " AS e, " day " + u.s AS ls, " day " + u.e AS le, u.n " \
	"FROM unnest(" starts ", " ends ") WITH ORDINALITY u (s, e, n)) b " \
	"WHERE b.s AT TIME ZONE " zone " = b.ls OR b.e AT TIME ZONE " zone " = b.le) c WHERE c.s < c.e)"

/* SQL: a batch number by a pattern. */
#define ECP_BATCH_OF(pattern, day) \
	"replace(replace(replace(" pattern ", '{date}', to_char(" day ", 'YYYY-MM-DD')), '{year}', to_char(" day ", 'YYYY')), " \
	"'{dayofyear}', to_char(" day ", 'DDD'))"

/* A step of the schedule, inside SPI as the owner: makes the lots that are due, up to limit of each territory; how many days of templates it went through. */
extern int64 ecp_template_due(int limit);
extern TimestampTz ecp_template_next(void);

#endif							/* ECP_TEMPLATE_H */
