/*
 * The header Retry-After (RFC 9110, 10.2.3).
 */
#ifndef ECP_RETRY_AFTER_CORE_H
#define ECP_RETRY_AFTER_CORE_H

#include <stdint.h>

#define ECP_RETRY_AFTER_MAX_MS INT64_C(86400000)	/* more is taken as a day */

/*
 * Milliseconds to wait, for seconds or one of the three forms of an HTTP date (the
 * two that are no longer written too); -1 where the text is neither.  now:
 * seconds since 1970.
 */
extern int64_t ecp_retry_after_ms(const char *text, int64_t now);

#endif							/* ECP_RETRY_AFTER_CORE_H */
