/*
 * photo.c
 *		Fuzz target: any bytes as a photo.  What is left of one is whole, not
 *		longer, the same when cleaned again, and the same when something is hidden
 *		in it first; without its last byte it is refused.  Of PNG the CRCs are put
 *		right first, which chance would not.
 *
 * cores: src/listing/photo_core.c src/listing/photo_jpeg_core.c src/listing/photo_scan_core.c src/listing/photo_png_core.c src/listing/photo_webp_core.c
 */
#include "listing/photo_core.h"
#include "fuzz.h"

static uint32_t
get_be(const uint8_t *bytes)
{
	return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

/* The CRC of ISO 3309, a bit at a time. */
static uint32_t
crc32(const uint8_t *bytes, size_t length)
{
	uint32_t	crc = 0xffffffff;

	for (size_t i = 0; i < length; i++)
	{
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void
set_crc(uint8_t *chunk, size_t length)
{
	uint32_t	crc = crc32(chunk + 4, length + 4);

	for (int i = 0; i < 4; i++)
		chunk[8 + length + i] = (uint8_t) (crc >> (24 - 8 * i));
}

static void
mend_png(uint8_t *data, size_t size)
{
	size_t		at = 8;

	if (size < 8 || memcmp(data, "\x89PNG", 4) != 0)
		return;
	while (size - at >= 12 && get_be(data + at) <= size - at - 12)
	{
		size_t		length = get_be(data + at);

		set_crc(data + at, length);
		at += 12 + length;
	}
}

/* Hides a comment in a cleaned file; where it stands depends on the kind. */
static size_t
hide(const uint8_t *data, size_t size, const char *type, uint8_t *out)
{
	static const uint8_t comment[] = {0xff, 0xfe, 0, 8, 's', 'e', 'c', 'r', 'e', 't'};
	uint8_t		text[] = {0, 0, 0, 6, 't', 'E', 'X', 't', 's', 0, 'c', 'r', 'e', 't', 0, 0, 0, 0};
	static const uint8_t exif[] = {'E', 'X', 'I', 'F', 6, 0, 0, 0, 's', 'e', 'c', 'r', 'e', 't'};
	const uint8_t *what = type[6] == 'j' ? comment : type[6] == 'p' ? text : exif;
	size_t		length = type[6] == 'j' ? sizeof(comment) : type[6] == 'p' ? sizeof(text) : sizeof(exif);
	size_t		at = type[6] == 'j' ? 2 : type[6] == 'p' ? 33 : size;

	set_crc(text, 6);
	memcpy(out, data, at);
	memcpy(out + at, what, length);
	memcpy(out + at + length, data + at, size - at);
	if (type[6] == 'w')
	{
		uint32_t	riff = (uint32_t) (size + length - 8);

		for (int i = 0; i < 4; i++)
			out[4 + i] = (uint8_t) (riff >> 8 * i);
	}
	return size + length;
}

static void
demand_same(const uint8_t *data, size_t size, const uint8_t *cleaned, const EcpPhotoFacts *first)
{
	uint8_t    *again = fuzz_room(size);
	EcpPhotoFacts facts;

	demand(ecp_photo_clean(data, size, again, &facts) == ECP_PHOTO_WHOLE && facts.length == first->length &&
		   memcmp(again, cleaned, first->length) == 0);
	demand(facts.width == first->width && facts.height == first->height && facts.media_type == first->media_type && facts.orientation == 0);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t    *file = (uint8_t *) fuzz_copy(data, size);
	uint8_t    *cleaned = fuzz_room(size);
	uint8_t    *hidden;
	EcpPhotoFacts facts;
	EcpPhotoFacts other;

	mend_png(file, size);
	if (ecp_photo_clean(file, size, cleaned, &facts) != ECP_PHOTO_WHOLE)
		demand(facts.length == 0);
	else
	{
		demand(facts.length > 0 && facts.length <= size && facts.orientation >= 0 && facts.orientation <= 8);
		demand(facts.width >= 1 && facts.width <= ECP_PHOTO_SIDE_MAX && facts.height >= 1 && facts.height <= ECP_PHOTO_SIDE_MAX &&
			   (uint64_t) facts.width * facts.height <= ECP_PHOTO_PIXELS_MAX);
		demand_same(cleaned, facts.length, cleaned, &facts);
		hidden = fuzz_room(facts.length + 32);
		demand_same(hidden, hide(cleaned, facts.length, facts.media_type, hidden), cleaned, &facts);
		demand(ecp_photo_clean(cleaned, facts.length - 1, hidden, &other) != ECP_PHOTO_WHOLE);
		free(hidden);
	}
	free(cleaned);
	free(file);
	return 0;
}
