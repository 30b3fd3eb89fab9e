/*
 * transport_core.c
 *		Unit tests of what outgoing calls compute: addresses, back-off, circuits, Retry-After.
 *
 * Addresses: both ends of every refused block, and their neighbours.
 *
 * cores: src/background/address_core.c src/background/backoff_core.c src/background/breaker_core.c src/background/retry_after_core.c
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "background/address_core.h"
#include "background/backoff_core.h"
#include "background/breaker_core.h"
#include "background/retry_after_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const refused[] = {
	"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.200", "127.0.0.1",
	"127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0",
	"192.0.0.192", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
	"198.51.100.7", "203.0.113.7", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "64:ff9b::192.168.1.1", "64:ff9b:1::1",
	"100::1", "1fff:ffff::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2001:db8:ffff::1", "2002:7f00:1::1",
	"2002:a00:1::1", "3fff::1", "3fff:fff:ffff::1", "4000::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff00::1", "ff02::1",
};

static const char *const allowed[] = {
	"1.0.0.0", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15",
	"168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
	"192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
	"203.0.112.255", "203.0.114.0", "223.255.255.255",
	"::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2000::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2002:101:101::1", "2003::1", "2a00:1450:4007::1",
	"3ffe:ffff::1", "3fff:1000::1",
};

static bool
is_public(const char *text)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return ecp_address_is_public(bytes, 4);
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return ecp_address_is_public(bytes, 16);
	printf("not ok - %s is no address\n", text);
	tap_failed++;
	return false;
}

static void
test_addresses(void)
{
	unsigned char bytes[16] = {1, 1, 1, 1};
	size_t		i;

	for (i = 0; i < COUNT_OF(refused); i++)
		tap_ok(!is_public(refused[i]), "%s is not called", refused[i]);
	for (i = 0; i < COUNT_OF(allowed); i++)
		tap_ok(is_public(allowed[i]), "%s may be called", allowed[i]);
	tap_ok(!ecp_address_is_public(bytes, 0) && !ecp_address_is_public(bytes, 8), "what is no address is not called");
}

static void
test_backoff(void)
{
	tap_ok(ecp_backoff_ms(1, 1000, 60000, 0) == 500, "the first wait is half of it at least");
	tap_ok(ecp_backoff_ms(1, 1000, 60000, 500) == 1000, "... and all of it at most");
	tap_ok(ecp_backoff_ms(1, 1000, 60000, 501) == 500, "... whatever the bits are");
	tap_ok(ecp_backoff_ms(1, 1000, 60000, UINT64_MAX) <= 1000, "... all of them set");
	tap_ok(ecp_backoff_ms(2, 1000, 60000, 0) == 1000 && ecp_backoff_ms(6, 1000, 60000, 0) == 16000, "each is twice the last");
	tap_ok(ecp_backoff_ms(7, 1000, 60000, 0) == 30000 && ecp_backoff_ms(7, 1000, 60000, 30000) == 60000, "up to the ceiling");
	tap_ok(ecp_backoff_ms(INT32_MAX, 1000, INT64_MAX, 0) > 0, "no number of attempts overflows");
	tap_ok(ecp_backoff_ms(0, 1000, 60000, 0) == 500 && ecp_backoff_ms(-3, 1000, 60000, 0) == 500, "no attempt counts as one");
	tap_ok(ecp_backoff_ms(1, 100, 50, 0) == 25, "the ceiling binds the first too");
}

static void
fail(EcpBreaker *breaker, int times, int64_t now)
{
	while (times-- > 0)
		(void) ecp_breaker_failed(breaker, now, -1, 0);
}

static void
test_breaker(void)
{
	EcpBreaker	b = {0};

	fail(&b, ECP_BREAKER_FAILURES - 1, 1000);
	tap_ok(b.state == ECP_BREAKER_CLOSED && ecp_breaker_allows(&b, 1000), "failures below the limit leave a circuit closed");
	tap_ok(!ecp_breaker_succeeded(&b) && b.failures == 0, "a success makes the count start again");
	fail(&b, ECP_BREAKER_FAILURES - 1, 1000);
	tap_ok(b.state == ECP_BREAKER_CLOSED, "... so that those before do not count");
	tap_ok(ecp_breaker_failed(&b, 1000, -1, 0) && b.state == ECP_BREAKER_OPEN, "the last one opens it");
	tap_ok(b.until == 1000 + ECP_BREAKER_FIRST_MS / 2, "... for a while");
	tap_ok(!ecp_breaker_failed(&b, 5000, -1, 0) && b.until == 1000 + ECP_BREAKER_FIRST_MS / 2, "calls that end later do not lengthen it");
	tap_ok(!ecp_breaker_allows(&b, b.until - 1) && ecp_breaker_allows(&b, b.until), "then a call is allowed");
	ecp_breaker_call(&b);
	tap_ok(b.state == ECP_BREAKER_PROBING && !ecp_breaker_allows(&b, b.until + 1000000), "... one");
	ecp_breaker_forget(&b);
	tap_ok(ecp_breaker_allows(&b, b.until), "... or another, where it was given up");
	ecp_breaker_call(&b);
	tap_ok(ecp_breaker_failed(&b, 100000, -1, 0) && b.until == 100000 + ECP_BREAKER_FIRST_MS, "it fails: open for twice as long");
	ecp_breaker_call(&b);
	tap_ok(ecp_breaker_succeeded(&b) && b.state == ECP_BREAKER_CLOSED && b.openings == 0, "it succeeds: closed");
	fail(&b, ECP_BREAKER_FAILURES - 1, 0);
	tap_ok(ecp_breaker_failed(&b, 0, 100000, 0) && b.until == 100000, "the endpoint may ask for longer");
	ecp_breaker_call(&b);
	tap_ok(ecp_breaker_failed(&b, 0, ECP_RETRY_AFTER_MAX_MS, 0) && b.until == ECP_BREAKER_MAX_MS, "... up to the ceiling");
	tap_ok(ecp_breaker_succeeded(&b) && b.failures == 0, "an answer to an earlier call closes it too");
}

static void
test_retry_after(void)
{
	static const struct
	{
		const char *text;
		int64_t		expected;
	}			cases[] = {
		{"0", 0}, {"1", 1000}, {"120", 120000}, {"86400", 86400000}, {"86401", 86400000}, {"99999999999999999999999", 86400000},
		{"", -1}, {"-1", -1}, {"1.5", -1}, {"1 ", -1}, {" 1", -1}, {"soon", -1}, {"0x10", -1},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 37000}, {"Sunday, 06-Nov-94 08:49:37 GMT", 37000}, {"Sun Nov  6 08:49:37 1994", 37000},
		{"Sun, 06 Nov 1994 08:49:00 GMT", 0}, {"Sun, 06 Nov 1994 08:48:59 GMT", 0}, {"Mon, 07 Nov 1994 08:49:01 GMT", 86400000},
		{"Sun, 06 Nov 1994 08:49:37", -1}, {"Sun, 06 Nov 1994 08:49:37 GMT ", -1}, {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
		{"Sun, 06 anF 1994 08:49:37 GMT", -1}, {"Sun, 32 Nov 1994 08:49:37 GMT", -1}, {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
		{"Sun, 00 Nov 1994 08:49:37 GMT", -1}, {"Sun, 06 Nov 1994 08:60:37 GMT", -1}, {"Sun, 06 N 1994 08:49:37 GMT", -1},
	};
	int64_t		leap = INT64_C(1709164800);	/* 2024-02-29 00:00 */
	size_t		i;

	for (i = 0; i < COUNT_OF(cases); i++)
		tap_ok(ecp_retry_after_ms(cases[i].text, INT64_C(784111740)) == cases[i].expected, "Retry-After: %s", cases[i].text);
	tap_ok(ecp_retry_after_ms("Thu, 29 Feb 2024 00:00:09 GMT", leap) == 9000, "the 29th of February");
	tap_ok(ecp_retry_after_ms("Fri, 01 Mar 2024 00:00:00 GMT", leap + 86399) == 1000, "... and the day after");
}

int
main(void)
{
	test_addresses();
	test_backoff();
	test_breaker();
	test_retry_after();
	return tap_failed != 0;
}
