/*
 * Addresses of endpoints, read strictly.
 *
 * What two readers could take differently (backslashes, credentials, spaces,
 * numbers that stand for an address) is refused, so that the host judged here is
 * the host that is called.  Where a name leads to is judged when it is called.
 */
#ifndef ECP_URL_CORE_H
#define ECP_URL_CORE_H

#include <stdbool.h>
#include <stddef.h>

#define ECP_URL_MAX 2000		/* bytes */
#define ECP_HOST_MAX 253

typedef enum EcpUrlStatus
{
	ECP_URL_OK,
	ECP_URL_MALFORMED,
	ECP_URL_SCHEME,				/* neither https nor http */
	ECP_URL_CREDENTIALS,		/* user@ */
	ECP_URL_HOST,				/* not a host name, nor an address in its one form */
	ECP_URL_PORT
} EcpUrlStatus;

typedef struct EcpUrl
{
	bool		secure;			/* https */
	bool		is_address;		/* the host is an address: 192.0.2.1 or [2001:db8::1] */
	char		host[ECP_HOST_MAX + 1]; /* lower case */
	int			port;
} EcpUrl;

/* Reads all of the text; out is set where it is ECP_URL_OK. */
extern EcpUrlStatus ecp_core_url_parse(const char *text, size_t len, EcpUrl *out);

/*
 * Reads what an allow-list names, in lower case: a host, or a dot and a domain
 * of two labels or more, whose hosts are meant.
 */
extern bool ecp_core_host_rule(const char *text, size_t len, char out[ECP_HOST_MAX + 2]);

/* Whether the rule names this host; both as they were read. */
extern bool ecp_core_host_matches(const char *host, const char *rule);

#endif							/* ECP_URL_CORE_H */
