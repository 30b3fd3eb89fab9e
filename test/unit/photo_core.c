/*
 * photo_core.c
 *		Unit tests of photos as files.
 *
 * The files of test/lib/data/img, each cut at many places; pictures made here,
 * of one kind of fault each.
 *
 * cores: src/listing/photo_core.c src/listing/photo_jpeg_core.c src/listing/photo_scan_core.c src/listing/photo_png_core.c src/listing/photo_webp_core.c
 */
#define _GNU_SOURCE				/* memmem() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing/photo_core.h"

#include "tap.h"

#define ROOM (ECP_PHOTO_BYTES_MAX + 16)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

typedef struct Bytes
{
	uint8_t    *data;
	size_t		length;
} Bytes;

static const char *const status_names[] = {"whole", "empty", "too large", "unknown", "cut", "damaged", "too wide", "animated"};

static uint8_t *room_in;
static uint8_t *room_out;
static EcpPhotoFacts facts;

/* Cleans a copy of just that length, so that the sanitizer sees each byte beyond it. */
static EcpPhotoStatus
clean(const Bytes *file)
{
	uint8_t    *copy = malloc(file->length + !file->length);
	uint8_t    *out = malloc(file->length + !file->length);
	EcpPhotoStatus status;

	memcpy(copy, file->data, file->length);
	status = ecp_photo_clean(copy, file->length, out, &facts);
	if (status == ECP_PHOTO_WHOLE)
		memcpy(room_out, out, facts.length);
	free(copy);
	free(out);
	return status;
}

static void
expect(const Bytes *file, EcpPhotoStatus wanted, const char *what)
{
	EcpPhotoStatus status = clean(file);

	tap_ok(status == wanted, "%s: %s", what, status_names[status]);
}

static void
put(Bytes *to, const void *data, size_t length)
{
	memcpy(to->data + to->length, data, length);
	to->length += length;
}

static void
put_byte(Bytes *to, unsigned value)
{
	uint8_t		byte = (uint8_t) value;

	put(to, &byte, 1);
}

static void
put_be(Bytes *to, unsigned long value, int bytes)
{
	while (bytes-- > 0)
		put_byte(to, value >> 8 * bytes & 0xff);
}

static void
put_le(Bytes *to, unsigned long value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		put_byte(to, value >> 8 * i & 0xff);
}

static Bytes
begin(void)
{
	return (Bytes) {.data = room_in, .length = 0};
}

static Bytes
read_file(const char *name)
{
	char		path[200];
	Bytes		file = begin();
	FILE	   *from;

	snprintf(path, sizeof(path), "test/lib/data/img/%s", name);
	from = fopen(path, "rb");
	if (from == NULL)
	{
		perror(path);
		exit(1);
	}
	file.length = fread(file.data, 1, ROOM, from);
	fclose(from);
	return file;
}

static bool
holds(const uint8_t *data, size_t length, const char *word)
{
	return memmem(data, length, word, strlen(word)) != NULL;
}

/* A segment of a JPEG. */
static void
segment(Bytes *to, unsigned marker, const void *data, size_t length)
{
	put_byte(to, 0xff);
	put_byte(to, marker);
	put_be(to, length + 2, 2);
	put(to, data, length);
}

/* A JPEG's beginning: quantisation, a frame of one component, tables of one code of one bit, 0, for symbol 0. */
static Bytes
jpeg(unsigned frame, unsigned width, unsigned height)
{
	Bytes		file = begin();
	uint8_t		table[65] = {0};
	uint8_t		size[9] = {8, (uint8_t) (height >> 8), (uint8_t) height, (uint8_t) (width >> 8), (uint8_t) width, 1, 1, 0x11, 0};
	uint8_t		codes[18] = {0, 1};

	put(&file, "\xff\xd8", 2);
	segment(&file, 0xdb, table, sizeof(table));
	segment(&file, frame, size, sizeof(size));
	segment(&file, 0xc4, codes, sizeof(codes));
	codes[0] = 0x10;
	segment(&file, 0xc4, codes, sizeof(codes));
	return file;
}

static void
scan(Bytes *to, unsigned first, unsigned last, unsigned approximation, const char *data, size_t length)
{
	uint8_t		header[6] = {1, 1, 0, (uint8_t) first, (uint8_t) last, (uint8_t) approximation};

	segment(to, 0xda, header, sizeof(header));
	put(to, data, length);
}

static Bytes
whole_jpeg(void)
{
	Bytes		file = jpeg(0xc0, 8, 8);

	scan(&file, 0, 63, 0, "\x3f", 1);
	put(&file, "\xff\xd9", 2);
	return file;
}

/* Puts bytes into a file, which lies in room_in. */
static Bytes
inserted(Bytes file, size_t at, const void *data, size_t length)
{
	memmove(file.data + at + length, file.data + at, file.length - at);
	memcpy(file.data + at, data, length);
	file.length += length;
	return file;
}

static const struct
{
	const char *name;
	EcpPhotoStatus status;
	const char *type;
	unsigned	width;
	int			orientation;
}			files[] = {
	{"bananes.jpg", ECP_PHOTO_WHOLE, "image/jpeg", 348, 0}, {"bananes.webp", ECP_PHOTO_WHOLE, "image/webp", 348, 0},
	{"carottes.jpg", ECP_PHOTO_WHOLE, "image/jpeg", 348, 0}, {"carottes_exif_gps.jpg", ECP_PHOTO_WHOLE, "image/jpeg", 348, 6},
	{"oignons.jpg", ECP_PHOTO_WHOLE, "image/jpeg", 348, 0}, {"tomates.jpg", ECP_PHOTO_WHOLE, "image/jpeg", 348, 0},
	{"tomates.png", ECP_PHOTO_WHOLE, "image/png", 240, 0}, {"faux.jpg", ECP_PHOTO_UNKNOWN, NULL, 0, 0},
	{"vide.jpg", ECP_PHOTO_EMPTY, NULL, 0, 0}, {"lait_tronque.jpg", ECP_PHOTO_CUT, NULL, 0, 0}, {"oignons_corrompu.jpg", ECP_PHOTO_DAMAGED, NULL, 0, 0},
};

static void
test_file(const char *name, EcpPhotoStatus wanted, const char *type, unsigned width, int orientation)
{
	Bytes		file = read_file(name);
	Bytes		cleaned = {malloc(ROOM), 0};
	size_t		taken = 0;

	expect(&file, wanted, name);
	if (wanted != ECP_PHOTO_WHOLE)
	{
		free(cleaned.data);
		return;
	}
	tap_ok(strcmp(facts.media_type, type) == 0 && facts.width == width && facts.height == width && facts.orientation == orientation &&
		   facts.length <= file.length, "%s: type, size and orientation", name);
	put(&cleaned, room_out, facts.length);
	tap_ok(!holds(cleaned.data, cleaned.length, "Exif") && !holds(cleaned.data, cleaned.length, "EcoPanierTest") &&
		   !holds(cleaned.data, cleaned.length, "ICC") && !holds(cleaned.data, cleaned.length, "2026:11:21"), "%s: nothing of the camera", name);
	tap_ok(clean(&cleaned) == ECP_PHOTO_WHOLE && facts.length == cleaned.length && memcmp(room_out, cleaned.data, cleaned.length) == 0 &&
		   facts.orientation == 0, "%s: cleaned again it is the same", name);
	for (size_t length = 0; length < cleaned.length; length += length < 300 || cleaned.length - length < 300 ? 1 : 97)
	{
		Bytes		cut = {cleaned.data, length};

		taken += clean(&cut) == ECP_PHOTO_WHOLE;
	}
	tap_ok(taken == 0, "%s: cut anywhere it is refused", name);
	put(&cleaned, "\xff\xd8 and a film", 14);
	tap_ok(clean(&cleaned) == ECP_PHOTO_WHOLE && facts.length == cleaned.length - 14, "%s: what follows goes", name);
	free(cleaned.data);
}

/* A TIFF header with a directory of one entry. */
static Bytes
tiff(uint8_t *room, bool little, unsigned tag, unsigned type, unsigned count, unsigned value)
{
	Bytes		exif = {room, 0};
	void		(*number) (Bytes *, unsigned long, int) = little ? put_le : put_be;

	put(&exif, "Exif\0\0", 6);
	put(&exif, little ? "II*\0" : "MM\0*", 4);
	number(&exif, 8, 4);
	number(&exif, 1, 2);
	number(&exif, tag, 2);
	number(&exif, type, 2);
	number(&exif, count, 4);
	number(&exif, value, 2);
	number(&exif, 0, 2);
	number(&exif, 0, 4);
	return exif;
}

/* What is read out of a JPEG with this behind its first marker. */
static int
orientation_of(const Bytes *exif)
{
	uint8_t		room[200];
	Bytes		app = {room, 0};
	Bytes		file;

	segment(&app, 0xe1, exif->data, exif->length);
	file = whole_jpeg();
	file = inserted(file, 2, app.data, app.length);
	return clean(&file) == ECP_PHOTO_WHOLE ? facts.orientation : -1;
}

static void
test_orientation(void)
{
	uint8_t		room[100];
	int			wrong = 0;

	for (unsigned value = 0; value <= 9; value++)
		for (int little = 0; little < 2; little++)
		{
			Bytes		exif = tiff(room, little, 0x112, 3, 1, value);

			wrong += orientation_of(&exif) != (value >= 1 && value <= 8 ? (int) value : 0);
		}
	tap_ok(wrong == 0, "orientations 1 to 8, both byte orders; others are none");
	for (int fault = 0; fault < 8; fault++)
	{
		Bytes		exif = tiff(room, true, fault == 0 ? 0x113 : 0x112, fault == 1 ? 4 : 3, fault == 2 ? 2 : 1, 6);

		if (fault == 3)
			memset(exif.data + 10, 0xff, 4);
		else if (fault == 4)
			memset(exif.data + 14, 0xff, 2);
		else if (fault == 5)
			exif.length = 16;
		else if (fault == 6)
			exif.data[8] = 0;
		else if (fault == 7)
			exif.length = 7;
		wrong += orientation_of(&exif) != (fault == 4 ? 6 : 0);
	}
	tap_ok(wrong == 0, "what is no orientation is none, and nothing is read beyond");
}

/* What a segment leaves of itself: bytes that the file has more than without it. */
static long
left_of(unsigned marker, const void *data, size_t length)
{
	static uint8_t room[70000];
	Bytes		app = {room, 0};
	Bytes		file;
	size_t		without;

	segment(&app, marker, data, length);
	file = whole_jpeg();
	clean(&file);
	without = facts.length;
	file = inserted(whole_jpeg(), 2, app.data, app.length);
	if (clean(&file) != ECP_PHOTO_WHOLE || holds(room_out, facts.length, "secret"))
		return -1;
	return (long) (facts.length - without);
}

static void
test_segments(void)
{
	uint8_t		data[200] = "secret";

	for (unsigned marker = 0xe0; marker <= 0xef; marker++)
		tap_ok(left_of(marker, data, 100) == 0, "APP%u goes", marker - 0xe0);
	tap_ok(left_of(0xfe, data, 100) == 0, "a comment goes");
	tap_ok(left_of(0xfe, data, 0) == 0, "an empty one too");
	memcpy(data, "JFIF\0\1\2\1\1\1\1\1\10\10secret", 20);
	tap_ok(left_of(0xe0, data, 100) == 18, "of JFIF its name is left");
	tap_ok(memcmp(room_out + 2, "\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 18) == 0, "without density and thumbnail");
	memcpy(data, "Adobe\0\x64secr\1secret", 18);
	tap_ok(left_of(0xee, data, 100) == 16 && memcmp(room_out + 2, "\xff\xee\0\x0e" "Adobe\0\x64\0\0\0\0\1", 16) == 0, "of Adobe how colours are meant");
}

/* A JPEG of one kind of fault each. */
static void
test_jpeg(void)
{
	Bytes		file = whole_jpeg();

	expect(&file, ECP_PHOTO_WHOLE, "the smallest JPEG");
	for (unsigned frame = 0xc0; frame <= 0xcf; frame++)
	{
		if (frame == 0xc4 || frame == 0xc8 || frame == 0xcc)
			continue;
		file = jpeg(frame, 8, 8);
		scan(&file, 0, frame == 0xc2 ? 0 : 63, 0, "\x3f", 1);
		put(&file, "\xff\xd9", 2);
		expect(&file, frame <= 0xc2 ? ECP_PHOTO_WHOLE : ECP_PHOTO_UNKNOWN, "a frame");
	}
	for (int i = 0; i < 6; i++)
	{
		static const unsigned sides[][3] = {{16384, 1, ECP_PHOTO_WHOLE}, {16385, 1, ECP_PHOTO_TOO_WIDE}, {1, 16384, ECP_PHOTO_WHOLE}, {1, 16385, ECP_PHOTO_TOO_WIDE},
		{0, 8, ECP_PHOTO_DAMAGED}, {10001, 10000, ECP_PHOTO_TOO_WIDE}};
		static char zeros[513];

		file = jpeg(0xc0, sides[i][0], sides[i][1]);
		scan(&file, 0, 63, 0, zeros, 512);
		put(&file, "\xff\xd9", 2);
		expect(&file, (EcpPhotoStatus) sides[i][2], "its sides");
	}
	file = jpeg(0xc0, 16, 8);
	scan(&file, 0, 63, 0, "\x0f", 1);
	put(&file, "\xff\xd9", 2);
	expect(&file, ECP_PHOTO_WHOLE, "two blocks in one byte");
	file = jpeg(0xc0, 8 * 5, 8);
	scan(&file, 0, 63, 0, "\x0f", 1);
	put(&file, "\xff\xd9", 2);
	expect(&file, ECP_PHOTO_DAMAGED, "a fifth is missing");
	file = jpeg(0xc0, 8, 8);
	scan(&file, 0, 63, 0, "\x7f", 1);
	put(&file, "\xff\xd9", 2);
	expect(&file, ECP_PHOTO_DAMAGED, "a code that is none");
	file = jpeg(0xc0, 8, 8);
	scan(&file, 0, 63, 0, "\x3f hidden", 8);
	put(&file, "\xff\xd9", 2);
	expect(&file, ECP_PHOTO_WHOLE, "bytes behind the last block");
	tap_ok(!holds(room_out, facts.length, "hidden"), "go");
	file = jpeg(0xc0, 8, 8);
	put(&file, "\xff\xd9", 2);
	expect(&file, ECP_PHOTO_CUT, "no scan");
	file = begin();
	put(&file, "\xff\xd8\xff\xd9", 4);
	expect(&file, ECP_PHOTO_CUT, "no frame");
}

static void
test_restarts(void)
{
	static const struct
	{
		const char *data;
		size_t		length;
		EcpPhotoStatus status;
	}			scans[] = {
		{"\x3f\xff\xd0\x3f\xff\xd1\x3f", 7, ECP_PHOTO_WHOLE}, {"\x3f\xff\xff\xd0\x3f\xff\xd1\x3f", 8, ECP_PHOTO_WHOLE}, {"\x3f\xff\xd1\x3f\xff\xd2\x3f", 7, ECP_PHOTO_DAMAGED},
		{"\x3f\xff\xd0\x3f\xff\xd0\x3f", 7, ECP_PHOTO_DAMAGED}, {"\x3f\x3f\xff\xd0\x3f", 5, ECP_PHOTO_DAMAGED}, {"\x03", 1, ECP_PHOTO_DAMAGED},
	};

	for (size_t i = 0; i < COUNT_OF(scans); i++)
	{
		Bytes		file = jpeg(0xc0, 24, 8);

		segment(&file, 0xdd, "\0\1", 2);
		scan(&file, 0, 63, 0, scans[i].data, scans[i].length);
		put(&file, "\xff\xd9", 2);
		expect(&file, scans[i].status, "restart markers");
	}
}

/* Of 4 blocks: DC, AC with a band that ends for all, a refinement. */
static void
test_progressive(void)
{
	uint8_t		band[18] = {0x10, 1};
	Bytes		file;

	for (int i = 0; i < 4; i++)
	{
		band[17] = i == 1 ? 0x30 : 0x20;	/* the end of 4 to 7 blocks; of 8 and more */
		file = jpeg(0xc2, 32, 8);
		scan(&file, 0, 0, 0, i == 2 ? "\xff" : "\x0f", 1);
		segment(&file, 0xc4, band, sizeof(band));
		scan(&file, 1, 63, 0, "\x1f", 1);
		if (i == 3)
			scan(&file, 5, 4, 0, "\x1f", 1);
		scan(&file, 1, 63, 0x10, "\x1f", 1);
		put(&file, "\xff\xd9", 2);
		expect(&file, i == 0 ? ECP_PHOTO_WHOLE : ECP_PHOTO_DAMAGED, "a progressive picture");
	}
	file = jpeg(0xc2, 8, 8);
	for (int i = 0; i < 201; i++)
		scan(&file, 0, 0, 0x10, "\x7f", 1);
	put(&file, "\xff\xd9", 2);
	expect(&file, ECP_PHOTO_DAMAGED, "more than 200 scans");
}

int
main(void)
{
	Bytes		file;

	room_in = malloc(ROOM + 100000);
	room_out = malloc(ROOM);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		test_file(files[i].name, files[i].status, files[i].type, files[i].width, files[i].orientation);
	test_orientation();
	test_segments();
	test_jpeg();
	test_restarts();
	test_progressive();
	file = whole_jpeg();
	memset(file.data + file.length, 0, ROOM - file.length);
	file.length = ECP_PHOTO_BYTES_MAX;
	expect(&file, ECP_PHOTO_WHOLE, "7,340,032 bytes");
	file.length++;
	expect(&file, ECP_PHOTO_TOO_LARGE, "one more");
	free(room_in);
	free(room_out);
	return tap_failed != 0;
}
