/*
 * Which addresses may be called; see address_core.h.
 *
 * IPv4: all but the blocks of IANA's special-purpose registry and one address of
 * a cloud.  IPv6: only global unicast (2000::/3), and of that not what the registry
 * sets aside.
 */
#include <stdint.h>
#include <string.h>

#include "background/address_core.h"

typedef struct Block
{
	unsigned char bytes[16];
	int			bits;
} Block;

static const Block refused_v4[] = {
	{{0}, 8},					/* this network */
	{{10}, 8},					/* private */
	{{100, 64}, 10},			/* shared, CGNAT; the metadata of one cloud */
	{{127}, 8},					/* loopback */
	{{168, 63, 129, 16}, 32},	/* a cloud's own services */
	{{169, 254}, 16},			/* link-local; metadata */
	{{172, 16}, 12},			/* private */
	{{192, 0, 0}, 24},			/* protocol assignments; the metadata of one cloud */
	{{192, 0, 2}, 24},			/* documentation */
	{{192, 88, 99}, 24},		/* 6to4 relays, retired */
	{{192, 168}, 16},			/* private */
	{{198, 18}, 15},			/* benchmarks */
	{{198, 51, 100}, 24},		/* documentation */
	{{203, 0, 113}, 24},		/* documentation */
	{{224}, 4},					/* multicast */
	{{240}, 4},					/* reserved, broadcast */
};

static const Block refused_v6[] = {
	{{0x20, 0x01, 0x00}, 23},	/* protocol assignments: Teredo, benchmarks, ORCHID */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x3f, 0xff, 0x00}, 20},	/* documentation */
};

static const Block global_unicast = {{0x20}, 3};
static const Block mapped = {{[10] = 0xff, [11] = 0xff}, 96};	/* ::ffff:0:0 */
static const Block translated = {{0x00, 0x64, 0xff, 0x9b}, 96}; /* 64:ff9b:: */
static const Block six_to_four = {{0x20, 0x02}, 16};

static bool
is_within(const unsigned char *bytes, const Block *block)
{
	int			whole = block->bits / 8;
	int			rest = block->bits % 8;
	unsigned char mask = (unsigned char) (0xff00 >> rest);

	return memcmp(bytes, block->bytes, (size_t) whole) == 0 &&
		(rest == 0 || ((bytes[whole] ^ block->bytes[whole]) & mask) == 0);
}

static bool
is_in_any(const unsigned char *bytes, const Block *blocks, size_t count)
{
	size_t		i;

	for (i = 0; i < count; i++)
		if (is_within(bytes, &blocks[i]))
			return true;
	return false;
}

static bool
is_public_v4(const unsigned char *bytes)
{
	return !is_in_any(bytes, refused_v4, sizeof(refused_v4) / sizeof(Block));
}

bool
ecp_address_is_public(const unsigned char *bytes, size_t length)
{
	if (length == 4)
		return is_public_v4(bytes);
	if (length != 16)
		return false;
	if (is_within(bytes, &mapped) || is_within(bytes, &translated))
		return is_public_v4(bytes + 12);
	if (is_within(bytes, &six_to_four))
		return is_public_v4(bytes + 2);
	return is_within(bytes, &global_unicast) && !is_in_any(bytes, refused_v6, sizeof(refused_v6) / sizeof(Block));
}
