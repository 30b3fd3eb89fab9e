/*
 * When to try again: exponential, with jitter and a ceiling.
 */
#ifndef ECP_BACKOFF_CORE_H
#define ECP_BACKOFF_CORE_H

#include <stdint.h>

#define ECP_BACKOFF_FIRST_MS INT64_C(5000)
#define ECP_BACKOFF_MAX_MS INT64_C(21600000)	/* six hours */

/*
 * Milliseconds to wait after so many failed attempts (1 for the first): between half
 * and all of first * 2^(attempts - 1), at most max.  random: any 64 bits, so that
 * those who failed together do not come back together.
 */
extern int64_t ecp_backoff_ms(int attempts, int64_t first_ms, int64_t max_ms, uint64_t random);

#endif							/* ECP_BACKOFF_CORE_H */
