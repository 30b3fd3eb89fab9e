/*
 * The coded picture of a JPEG (ITU-T T.81, annexes F and G); see photo_scan_core.h.
 *
 * Codes and the bits behind them are read and counted as a decoder does.  Not
 * walked are refinements of AC coefficients, whose codes depend on what earlier
 * scans said: of those the restart markers alone are looked at.
 */
#include <string.h>

#include "listing/photo_scan_core.h"

#define COEFFICIENTS 64

typedef struct Bits
{
	const uint8_t *data;
	size_t		length;
	size_t		at;
	uint64_t	held;			/* the lowest count bits are still to be read */
	uint64_t	stuffed;		/* a bit for each byte held, the last one lowest: whether a zero byte followed it */
	int			count;
} Bits;

typedef struct Walk
{
	const EcpJpeg *jpeg;
	const EcpScan *scan;
	Bits		bits;
	uint32_t	skip;			/* blocks that an end of band still covers */
} Walk;

bool
ecp_huffman_build(EcpHuffman *table, const uint8_t *counts, const uint8_t *symbols)
{
	uint32_t	code = 0;
	int			index = 0;

	memset(table, 0, sizeof(*table));
	for (int length = 1; length <= 16; length++, code <<= 1)
	{
		table->offset[length] = index - (int32_t) code;
		for (int i = 0; i < counts[length - 1]; i++, code++, index++)
		{
			if (index >= 256 || code >= 1U << length)
				return false;
			table->symbols[index] = symbols[index];
			if (length <= ECP_HUFFMAN_LOOK)
				for (uint32_t rest = 0; rest < 1U << (ECP_HUFFMAN_LOOK - length); rest++)
					table->look[code << (ECP_HUFFMAN_LOOK - length) | rest] = (uint16_t) (length << 8 | symbols[index]);
		}
		table->beyond[length] = code << (16 - length);
	}
	table->count = index;
	table->defined = index > 0;
	return index > 0;
}

/* Takes bytes in until a marker, the end of the file, or no room. */
static void
fill(Bits *bits)
{
	while (bits->count <= 48 && bits->at < bits->length)
	{
		uint8_t		byte = bits->data[bits->at];
		bool		stuffed = byte == 0xff;

		if (stuffed && (bits->length - bits->at < 2 || bits->data[bits->at + 1] != 0))
			return;
		bits->held = bits->held << 8 | byte;
		bits->stuffed = bits->stuffed << 1 | stuffed;
		bits->count += 8;
		bits->at += stuffed ? 2 : 1;
	}
}

/* Skips bits; false where there are not as many. */
static bool
skip_bits(Bits *bits, int count)
{
	if (bits->count < count)
		fill(bits);
	if (bits->count < count)
		return false;
	bits->count -= count;
	return true;
}

/* Reads up to 16 bits, -1 where there are not as many. */
static int
read_bits(Bits *bits, int count)
{
	if (!skip_bits(bits, count))
		return -1;
	return (int) (bits->held >> bits->count & ((1U << count) - 1));
}

/* Reads a code's symbol, -1 where there is none. */
static int
read_symbol(Bits *bits, const EcpHuffman *table)
{
	uint32_t	ahead;
	uint32_t	look;

	if (bits->count < 16)
		fill(bits);
	ahead = bits->count >= 16 ? (uint32_t) (bits->held >> (bits->count - 16)) & 0xffff
		: (uint32_t) (bits->held << (16 - bits->count)) & 0xffff;
	look = table->look[ahead >> (16 - ECP_HUFFMAN_LOOK)];
	if (look != 0)
		return skip_bits(bits, (int) (look >> 8)) ? (int) (look & 0xff) : -1;
	for (int length = ECP_HUFFMAN_LOOK + 1; length <= 16; length++)
		if (ahead < table->beyond[length])
		{
			int32_t		index = (int32_t) (ahead >> (16 - length)) + table->offset[length];

			return index >= 0 && index < table->count && skip_bits(bits, length) ? table->symbols[index] : -1;
		}
	return -1;
}

/* Gives whole bytes that were taken in and not read back. */
static void
unread(Bits *bits)
{
	for (; bits->count >= 8; bits->count -= 8)
	{
		bits->at -= bits->stuffed & 1 ? 2 : 1;
		bits->stuffed >>= 1;
	}
	bits->count = 0;
}

static bool
walk_dc(Walk *walk, int component)
{
	int			size;

	if (walk->scan->high > 0)
		return skip_bits(&walk->bits, 1);
	size = read_symbol(&walk->bits, &walk->jpeg->dc[walk->scan->dc[component]]);
	return size >= 0 && size <= 16 && skip_bits(&walk->bits, size);
}

/* The coefficients of a block, up to an end of block or, in a progressive picture, of a band of blocks. */
static bool
walk_ac(Walk *walk, int component, int first, int last)
{
	const EcpHuffman *table = &walk->jpeg->ac[walk->scan->ac[component]];

	for (int k = first; k <= last;)
	{
		int			symbol = read_symbol(&walk->bits, table);
		int			run = symbol >> 4;
		int			size = symbol & 15;

		if (symbol < 0)
			return false;
		if (size == 0 && run < 15)
		{
			int			more = run > 0 ? read_bits(&walk->bits, run) : 0;

			if (more < 0 || (run > 0 && !walk->jpeg->progressive))
				return false;
			walk->skip = (1U << run) - 1 + (uint32_t) more;
			return true;
		}
		k += size == 0 ? 16 : run + 1;
		if (k > last + 1 || !skip_bits(&walk->bits, size))
			return false;
	}
	return true;
}

static bool
walk_block(Walk *walk, int component)
{
	if (!walk->jpeg->progressive)
		return walk_dc(walk, component) && walk_ac(walk, component, 1, COEFFICIENTS - 1);
	return walk->scan->first == 0 ? walk_dc(walk, component) : walk_ac(walk, component, walk->scan->first, walk->scan->last);
}

static bool
walk_unit(Walk *walk)
{
	const EcpScan *scan = walk->scan;

	if (scan->ncomponents == 1)
		return walk_block(walk, 0);
	for (int i = 0; i < scan->ncomponents; i++)
	{
		const EcpComponent *component = &walk->jpeg->components[scan->which[i]];

		for (int j = 0; j < component->h * component->v; j++)
			if (!walk_block(walk, i))
				return false;
	}
	return true;
}

/* Units between two restart markers; blocks that an end of band covers are passed at once. */
static bool
walk_units(Walk *walk, uint64_t units)
{
	walk->skip = 0;
	while (units > 0)
	{
		if (!walk_unit(walk))
			return false;
		units--;
		if (walk->skip > units)
			return false;
		units -= walk->skip;
		walk->skip = 0;
	}
	return true;
}

static uint32_t
divide_up(uint32_t value, uint32_t by)
{
	return (value + by - 1) / by;
}

/* How many units (blocks of one component, or groups of several) the scan has. */
static uint64_t
count_units(const EcpJpeg *jpeg, const EcpScan *scan)
{
	uint32_t	h = 1;
	uint32_t	v = 1;

	for (int i = 0; i < jpeg->ncomponents; i++)
	{
		h = jpeg->components[i].h > h ? jpeg->components[i].h : h;
		v = jpeg->components[i].v > v ? jpeg->components[i].v : v;
	}
	if (scan->ncomponents == 1)
	{
		const EcpComponent *one = &jpeg->components[scan->which[0]];

		return (uint64_t) divide_up(divide_up(jpeg->width * one->h, h), 8) * divide_up(divide_up(jpeg->height * one->v, v), 8);
	}
	return (uint64_t) divide_up(jpeg->width, 8 * h) * divide_up(jpeg->height, 8 * v);
}

/* Takes the restart marker that is due, 0 to 7 in turn. */
static bool
take_restart(Bits *bits, int number)
{
	unread(bits);
	while (bits->length - bits->at >= 2 && bits->data[bits->at] == 0xff && bits->data[bits->at + 1] == 0xff)
		bits->at++;
	if (bits->length - bits->at < 2 || bits->data[bits->at] != 0xff || bits->data[bits->at + 1] != 0xd0 + number)
		return false;
	bits->at += 2;
	return true;
}

/* To the next marker that ends a scan; restart markers come in turn. */
static bool
pass_unwalked(Bits *bits)
{
	int			number = 0;

	for (; bits->length - bits->at >= 2; bits->at++)
	{
		uint8_t		next = bits->data[bits->at + 1];

		if (bits->data[bits->at] != 0xff || next == 0 || next == 0xff)
			continue;
		if (next < 0xd0 || next > 0xd7)
			return true;
		if (next != 0xd0 + number)
			return false;
		number = (number + 1) & 7;
	}
	return false;
}

/* Whether the tables are there that the scan names. */
static bool
has_tables(const Walk *walk)
{
	const EcpJpeg *jpeg = walk->jpeg;
	const EcpScan *scan = walk->scan;
	bool		dc = !jpeg->progressive || (scan->first == 0 && scan->high == 0);
	bool		ac = !jpeg->progressive || scan->first > 0;

	for (int i = 0; i < scan->ncomponents; i++)
		if ((dc && !jpeg->dc[scan->dc[i]].defined) || (ac && !jpeg->ac[scan->ac[i]].defined))
			return false;
	return true;
}

static bool
walk_scan(Walk *walk)
{
	uint64_t	units = count_units(walk->jpeg, walk->scan);
	int			number = 0;

	if (walk->jpeg->progressive && walk->scan->first > 0 && walk->scan->high > 0)
		return pass_unwalked(&walk->bits);
	if (!has_tables(walk))
		return false;
	while (units > 0)
	{
		uint64_t	now = walk->jpeg->restart > 0 && walk->jpeg->restart < units ? walk->jpeg->restart : units;

		if (!walk_units(walk, now))
			return false;
		units -= now;
		if (units > 0 && !take_restart(&walk->bits, number))
			return false;
		number = (number + 1) & 7;
	}
	unread(&walk->bits);
	return true;
}

EcpPhotoStatus
ecp_scan_walk(const EcpJpeg *jpeg, const EcpScan *scan, const uint8_t *data, size_t length, size_t *used)
{
	Walk		walk = {.jpeg = jpeg, .scan = scan, .bits = {.data = data, .length = length}};
	bool		walked = walk_scan(&walk);

	*used = walk.bits.at;
	if (walked)
		return ECP_PHOTO_WHOLE;
	return length - walk.bits.at < 2 ? ECP_PHOTO_CUT : ECP_PHOTO_DAMAGED;
}
