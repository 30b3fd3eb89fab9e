/*
 * What MACs and checkpoints of the audit cover, as bytes.
 * cores: src/audit/event_core.c
 */
#include <string.h>

#include "audit/event_core.h"
#include "tap.h"

static size_t
write_two(const char *a, const char *b, uint8_t *out)
{
	EcpEventField fields[2] = {{a, a ? strlen(a) : 0}, {b, b ? strlen(b) : 0}};

	ecp_core_event_write(fields, 2, out);
	return ecp_core_event_size(fields, 2);
}

static bool
differ(const char *a, const char *b, const char *c, const char *d)
{
	uint8_t		one[64];
	uint8_t		two[64];
	size_t		n = write_two(a, b, one);
	size_t		m = write_two(c, d, two);

	return n != m || memcmp(one, two, n) != 0;
}

int
main(void)
{
	static const uint8_t expected[] = {0, 0, 0, 2, 'a', 'b', 0xff, 0xff, 0xff, 0xff};
	static const uint8_t empty[] = {0, 0, 0, 0, 0, 0, 0, 1, 'x'};
	uint8_t		out[64];
	uint8_t		number[8];

	tap_ok(write_two("ab", NULL, out) == 10 && memcmp(out, expected, 10) == 0, "length and bytes, then null");
	tap_ok(write_two("", "x", out) == 9 && memcmp(out, empty, 9) == 0, "an empty field");
	tap_ok(differ("ab", "c", "a", "bc"), "a border that moves is another event");
	tap_ok(differ(NULL, "a", "", "a"), "null is not empty");
	tap_ok(differ("a", NULL, NULL, "a"), "null has a place");
	tap_ok(differ("a", "b", "b", "a"), "order counts");
	tap_ok(!differ("a", "b", "a", "b"), "the same is the same");
	ecp_core_put_int32(number, 1048575);
	tap_ok(memcmp(number, "\x00\x0f\xff\xff", 4) == 0, "a territory");
	ecp_core_put_int32(number, -2);
	tap_ok(memcmp(number, "\xff\xff\xff\xfe", 4) == 0, "a negative number");
	ecp_core_put_int64(number, INT64_MIN);
	tap_ok(memcmp(number, "\x80\0\0\0\0\0\0\0", 8) == 0, "the oldest time");
	ecp_core_put_int64(number, 848635200000000);
	tap_ok(memcmp(number, "\x00\x03\x03\xd4\x47\xa3\xd0\x00", 8) == 0, "2026-11-22");
	return tap_failed != 0;
}
