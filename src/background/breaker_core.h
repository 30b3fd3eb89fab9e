/*
 * The circuit breaker of an endpoint.
 *
 *   closed      calls are made; so many failures one after the other open it
 *   open        no calls are made until a moment
 *   probing     that moment has come, and one call tries: it closes the circuit,
 *               or opens it for twice as long as before, up to a ceiling
 */
#ifndef ECP_BREAKER_CORE_H
#define ECP_BREAKER_CORE_H

#include <stdbool.h>
#include <stdint.h>

#define ECP_BREAKER_FAILURES 5	/* that open a circuit */
#define ECP_BREAKER_FIRST_MS INT64_C(30000)
#define ECP_BREAKER_MAX_MS INT64_C(900000)

typedef enum EcpBreakerState
{
	ECP_BREAKER_CLOSED,
	ECP_BREAKER_OPEN,
	ECP_BREAKER_PROBING
} EcpBreakerState;

typedef struct EcpBreaker
{
	EcpBreakerState state;
	int			failures;		/* one after the other */
	int			openings;		/* one after the other, without a success */
	int64_t		until;			/* open until then; any clock in milliseconds */
} EcpBreaker;

/* Whether a call may be made now.  One that is made has to be announced by ecp_breaker_call(). */
extern bool ecp_breaker_allows(const EcpBreaker *breaker, int64_t now);
extern void ecp_breaker_call(EcpBreaker *breaker);

/*
 * How a call ended; whether the circuit opened or closed by it.  retry_after: what
 * the endpoint asked for in milliseconds, or -1; it opens for no less, up to
 * the ceiling.  Calls that were under way when it opened change nothing more,
 * unless they succeed.
 */
extern bool ecp_breaker_succeeded(EcpBreaker *breaker);
extern bool ecp_breaker_failed(EcpBreaker *breaker, int64_t now, int64_t retry_after, uint64_t random);

/* A call was given up without an answer: the probe may be made again. */
extern void ecp_breaker_forget(EcpBreaker *breaker);

#endif							/* ECP_BREAKER_CORE_H */
