/*
 * Addresses of endpoints; see url_core.h.
 */
#include "outbox/url_core.h"

#include <string.h>

#include <arpa/inet.h>

#define LABEL_MAX 63
#define HTTPS "https://"
#define HTTP "http://"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

/* Labels of letters, digits and inner hyphens; the last one does not begin with a digit, as numbers that stand for an address do. */
static bool
is_name(const char *host, size_t len)
{
	size_t		label = 0;

	for (size_t i = 0; i <= len; i++)
	{
		if (i < len && host[i] != '.')
		{
			bool		inner = i > label && i + 1 < len && host[i + 1] != '.';

			if (!is_digit(host[i]) && !(host[i] >= 'a' && host[i] <= 'z') && !(host[i] == '-' && inner))
				return false;
			continue;
		}
		if (i == label || i - label > LABEL_MAX)
			return false;
		if (i == len && is_digit(host[label]))
			return false;
		label = i + 1;
	}
	return true;
}

/* An address in the form in which the system writes it, an IPv6 one in brackets. */
static bool
is_address(const char *host, size_t len)
{
	bool		six = len > 2 && host[0] == '[' && host[len - 1] == ']';
	int			family = six ? AF_INET6 : AF_INET;
	char		text[INET6_ADDRSTRLEN];
	char		back[INET6_ADDRSTRLEN];
	unsigned char address[16];
	size_t		inner = six ? len - 2 : len;

	if (inner >= sizeof(text))
		return false;
	memcpy(text, host + six, inner);
	text[inner] = '\0';
	return inet_pton(family, text, address) == 1 && inet_ntop(family, address, back, sizeof(back)) != NULL &&
		strcmp(text, back) == 0;
}

/* Reads a host into out, in lower case. */
static bool
read_host(const char *text, size_t len, char out[ECP_HOST_MAX + 1], bool *address)
{
	if (len == 0 || len > ECP_HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = lower(text[i]);
	out[len] = '\0';
	if (memchr(out, '\0', len) != NULL)
		return false;
	*address = is_address(out, len);
	return *address || is_name(out, len);
}

/* 1 to 65535 without leading zeros. */
static bool
read_port(const char *text, size_t len, int *port)
{
	int			value = 0;

	if (len == 0 || len > 5 || text[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (!is_digit(text[i]))
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*port = value;
	return value <= 65535;
}

/* What may stand in a path and a query (RFC 3986), with whole escapes; a fragment is not sent and not taken. */
static bool
is_path(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		if (text[i] == '%' && !(i + 2 < len && is_hex(text[i + 1]) && is_hex(text[i + 2])))
			return false;
		if (text[i] == '\0' ||
			strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?%", text[i]) == NULL)
			return false;
	}
	return true;
}

/* Where host ends and port begins in an authority: at its last colon that is not inside brackets. */
static size_t
host_length(const char *authority, size_t len)
{
	const char *bracket = len > 0 && authority[0] == '[' ? memchr(authority, ']', len) : NULL;
	size_t		from = bracket != NULL ? (size_t) (bracket - authority) : 0;
	const char *colon = memchr(authority + from, ':', len - from);

	return colon != NULL ? (size_t) (colon - authority) : len;
}

EcpUrlStatus
ecp_core_url_parse(const char *text, size_t len, EcpUrl *out)
{
	bool		secure = len >= strlen(HTTPS) && memcmp(text, HTTPS, strlen(HTTPS)) == 0;
	size_t		from = strlen(secure ? HTTPS : HTTP);
	size_t		authority = 0;
	size_t		host;
	EcpUrl		url = {.secure = secure,.port = secure ? 443 : 80};

	if (len > ECP_URL_MAX)
		return ECP_URL_MALFORMED;
	if (!secure && (len < strlen(HTTP) || memcmp(text, HTTP, strlen(HTTP)) != 0))
		return ECP_URL_SCHEME;
	while (from + authority < len && strchr("/?#\\", text[from + authority]) == NULL)
		authority++;
	if (memchr(text + from, '@', authority) != NULL)
		return ECP_URL_CREDENTIALS;
	host = host_length(text + from, authority);
	if (!read_host(text + from, host, url.host, &url.is_address))
		return ECP_URL_HOST;
	if (host < authority && !read_port(text + from + host + 1, authority - host - 1, &url.port))
		return ECP_URL_PORT;
	if (!is_path(text + from + authority, len - from - authority))
		return ECP_URL_MALFORMED;
	*out = url;
	return ECP_URL_OK;
}

bool
ecp_core_host_rule(const char *text, size_t len, char out[ECP_HOST_MAX + 2])
{
	bool		domain = len > 0 && text[0] == '.';
	bool		address;

	out[0] = '.';
	if (!read_host(text + domain, len - domain, out + domain, &address))
		return false;
	return !domain || (!address && strchr(out + 1, '.') != NULL);
}

bool
ecp_core_host_matches(const char *host, const char *rule)
{
	size_t		host_len = strlen(host);
	size_t		rule_len = strlen(rule);

	if (rule[0] != '.')
		return strcmp(host, rule) == 0;
	return host_len > rule_len && strcmp(host + host_len - rule_len, rule) == 0;
}
