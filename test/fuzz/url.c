/*
 * url.c
 *		Fuzz target: any bytes as an endpoint's address and as a line of an
 *		allow-list.  What is read is written the same way again, and names
 *		nobody by a user or another separator.
 *
 * seconds: 5
 * cores: src/outbox/url_core.c
 */
#include <stdio.h>

#include "outbox/url_core.h"

#include "fuzz.h"

static void
try_url(const char *text, size_t size)
{
	char		again[ECP_URL_MAX + 1];
	char		rule[ECP_HOST_MAX + 2];
	EcpUrl		url;
	EcpUrl		back;
	int			len;

	if (ecp_core_url_parse(text, size, &url) != ECP_URL_OK)
		return;
	demand(url.port >= 1 && url.port <= 65535);
	demand(strpbrk(url.host, "@/\\?# %") == NULL && url.host[0] != '\0');
	len = snprintf(again, sizeof(again), "%s://%s:%d/", url.secure ? "https" : "http", url.host, url.port);
	demand(ecp_core_url_parse(again, (size_t) len, &back) == ECP_URL_OK);
	demand(strcmp(url.host, back.host) == 0 && url.port == back.port && url.secure == back.secure && url.is_address == back.is_address);
	demand(ecp_core_host_rule(url.host, strlen(url.host), rule) && ecp_core_host_matches(url.host, rule));
}

static void
try_rule(const char *text, size_t size)
{
	char		rule[ECP_HOST_MAX + 2];
	char		back[ECP_HOST_MAX + 2];

	if (!ecp_core_host_rule(text, size, rule))
		return;
	demand(strlen(rule) == size);
	demand(ecp_core_host_rule(rule, size, back) && strcmp(rule, back) == 0);
	demand(ecp_core_host_matches(rule, rule) == (rule[0] != '.'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = fuzz_copy(data, size);

	try_url(exact, size);
	try_rule(exact, size);
	free(exact);
	return 0;
}
