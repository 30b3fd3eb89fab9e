/*
 * JPEG (ITU-T T.81): markers with segments, and coded data behind each SOS.
 *
 * Kept are tables, frame header and scans.  Of the application segments two are
 * written anew, without what else they hold, since they say how colours are
 * meant: APP0 JFIF and APP14 Adobe.  All others go, as do comments, and what
 * follows the end of the picture, such as a second picture or a film.
 *
 * Taken are baseline, extended and progressive pictures in Huffman coding: what
 * cameras and browsers write.
 */
#include <string.h>

#include "listing/photo_part_core.h"
#include "listing/photo_scan_core.h"

#define SCANS_MAX 200

enum
{
	SOF0 = 0xc0, SOF1 = 0xc1, SOF2 = 0xc2, DHT = 0xc4, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, DQT = 0xdb, DRI = 0xdd,
	APP0 = 0xe0, APP1 = 0xe1, APP14 = 0xee, APP15 = 0xef, COM = 0xfe
};

typedef struct Segment
{
	const uint8_t *data;		/* behind the length */
	size_t		length;
} Segment;

typedef struct Reader
{
	EcpPhotoWork *work;
	EcpJpeg		jpeg;
	unsigned	seen;			/* components that a scan began, as bits */
	int			scans;
	bool		jfif;
	bool		adobe;
} Reader;

/* Takes the next marker's code, with any fill before it; 0 where the file ends. */
static int
read_marker(EcpPhotoWork *work)
{
	int			code;

	while (ecp_photo_left(work) >= 2 && work->data[work->at + 1] == 0xff)
		work->at++;
	if (ecp_photo_left(work) < 2)
		return 0;
	code = work->data[work->at + 1];
	work->at += 2;
	return code;
}

static EcpPhotoStatus
read_segment(EcpPhotoWork *work, Segment *segment)
{
	size_t		length;

	if (ecp_photo_left(work) < 2)
		return ECP_PHOTO_CUT;
	length = ecp_be16(work->data + work->at);
	if (length < 2)
		return ECP_PHOTO_DAMAGED;
	if (ecp_photo_left(work) < length)
		return ECP_PHOTO_CUT;
	segment->data = work->data + work->at + 2;
	segment->length = length - 2;
	work->at += length;
	return ECP_PHOTO_WHOLE;
}

static void
write_marker(Reader *reader, int code)
{
	const uint8_t marker[2] = {0xff, (uint8_t) code};

	ecp_photo_write(reader->work, marker, 2);
}

/* Writes a segment as it came. */
static EcpPhotoStatus
keep(Reader *reader, int code, const Segment *segment)
{
	write_marker(reader, code);
	ecp_photo_write(reader->work, segment->data - 2, segment->length + 2);
	return ECP_PHOTO_WHOLE;
}

static EcpPhotoStatus
take_quantisation(Reader *reader, const Segment *segment)
{
	size_t		at = 0;

	while (at < segment->length)
	{
		size_t		size = segment->data[at] >> 4 == 0 ? 65 : 129;

		if (segment->data[at] >> 4 > 1 || (segment->data[at] & 15) > 3 || segment->length - at < size)
			return ECP_PHOTO_DAMAGED;
		at += size;
	}
	return keep(reader, DQT, segment);
}

static EcpPhotoStatus
take_huffman(Reader *reader, const Segment *segment)
{
	size_t		at = 0;

	while (at < segment->length)
	{
		const uint8_t *table = segment->data + at;
		size_t		symbols = 0;

		if (segment->length - at < 17 || table[0] >> 4 > 1 || (table[0] & 15) >= ECP_JPEG_TABLES)
			return ECP_PHOTO_DAMAGED;
		for (int i = 1; i <= 16; i++)
			symbols += table[i];
		if (symbols > 256 || segment->length - at - 17 < symbols ||
			!ecp_huffman_build(table[0] >> 4 == 0 ? &reader->jpeg.dc[table[0] & 15] : &reader->jpeg.ac[table[0] & 15], table + 1, table + 17))
			return ECP_PHOTO_DAMAGED;
		at += 17 + symbols;
	}
	return keep(reader, DHT, segment);
}

static EcpPhotoStatus
take_frame(Reader *reader, int code, const Segment *segment)
{
	EcpJpeg    *jpeg = &reader->jpeg;
	const uint8_t *data = segment->data;
	EcpPhotoStatus status;

	if (jpeg->ncomponents > 0 || segment->length < 6 || (data[5] != 1 && data[5] != 3 && data[5] != 4) ||
		segment->length != 6 + 3 * (size_t) data[5] || (data[0] != 8 && !(code == SOF1 && data[0] == 12)))
		return ECP_PHOTO_DAMAGED;
	status = ecp_photo_measure(reader->work, ecp_be16(data + 3), ecp_be16(data + 1));
	if (status != ECP_PHOTO_WHOLE)
		return status;
	jpeg->width = reader->work->facts->width;
	jpeg->height = reader->work->facts->height;
	jpeg->progressive = code == SOF2;
	jpeg->ncomponents = data[5];
	for (int i = 0; i < jpeg->ncomponents; i++)
	{
		const uint8_t *from = data + 6 + 3 * i;

		jpeg->components[i] = (EcpComponent) {from[0], from[1] >> 4, from[1] & 15};
		if (from[1] >> 4 < 1 || from[1] >> 4 > 4 || (from[1] & 15) < 1 || (from[1] & 15) > 4 || from[2] > 3)
			return ECP_PHOTO_DAMAGED;
	}
	return keep(reader, code, segment);
}

/* Reads a scan's header against the frame's. */
static bool
read_scan(Reader *reader, const Segment *segment, EcpScan *scan)
{
	const EcpJpeg *jpeg = &reader->jpeg;
	int			blocks = 0;

	*scan = (EcpScan) {0};
	if (segment->length < 1 || segment->data[0] < 1 || segment->data[0] > jpeg->ncomponents ||
		segment->length != 4 + 2 * (size_t) segment->data[0])
		return false;
	scan->ncomponents = segment->data[0];
	for (int i = 0; i < scan->ncomponents; i++)
	{
		const uint8_t *from = segment->data + 1 + 2 * i;
		int			which = i > 0 ? scan->which[i - 1] + 1 : 0; /* in the order of the frame */

		while (which < jpeg->ncomponents && jpeg->components[which].id != from[0])
			which++;
		if (which == jpeg->ncomponents || from[1] >> 4 >= ECP_JPEG_TABLES || (from[1] & 15) >= ECP_JPEG_TABLES)
			return false;
		scan->which[i] = which;
		scan->dc[i] = from[1] >> 4;
		scan->ac[i] = from[1] & 15;
		blocks += jpeg->components[which].h * jpeg->components[which].v;
	}
	scan->first = segment->data[segment->length - 3];
	scan->last = segment->data[segment->length - 2];
	scan->high = segment->data[segment->length - 1] >> 4;
	if (jpeg->progressive && (scan->last > 63 || scan->first > scan->last || (scan->first == 0 && scan->last != 0) ||
							  (scan->first > 0 && scan->ncomponents != 1)))
		return false;
	return scan->ncomponents == 1 || blocks <= 10;
}

/* To the marker behind a scan: what stands between is no part of the picture. */
static void
pass_to_marker(EcpPhotoWork *work)
{
	while (ecp_photo_left(work) >= 2)
	{
		uint8_t		next = work->data[work->at + 1];

		if (work->data[work->at] == 0xff && next != 0 && next != 0xff && !(next >= 0xd0 && next <= 0xd7))
			return;
		work->at++;
	}
}

static EcpPhotoStatus
take_scan(Reader *reader, const Segment *segment)
{
	EcpPhotoWork *work = reader->work;
	EcpScan		scan;
	EcpPhotoStatus status;
	size_t		used;

	if (reader->jpeg.ncomponents == 0 || ++reader->scans > SCANS_MAX || !read_scan(reader, segment, &scan))
		return ECP_PHOTO_DAMAGED;
	status = ecp_scan_walk(&reader->jpeg, &scan, work->data + work->at, ecp_photo_left(work), &used);
	if (status != ECP_PHOTO_WHOLE)
		return status;
	keep(reader, SOS, segment);
	ecp_photo_write(work, work->data + work->at, used);
	work->at += used;
	pass_to_marker(work);
	for (int i = 0; i < scan.ncomponents; i++)
		if (scan.first == 0)
			reader->seen |= 1U << scan.which[i];
	return ECP_PHOTO_WHOLE;
}

static void
take_application(Reader *reader, int code, const Segment *segment)
{
	static const uint8_t jfif[] = {0xff, APP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
	uint8_t		adobe[] = {0xff, APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};

	if (code == APP0 && segment->length >= 14 && memcmp(segment->data, jfif + 4, 5) == 0 && !reader->jfif)
	{
		ecp_photo_write(reader->work, jfif, sizeof(jfif));
		reader->jfif = true;
	}
	else if (code == APP14 && segment->length >= 12 && memcmp(segment->data, adobe + 4, 5) == 0 && !reader->adobe)
	{
		adobe[15] = segment->data[11] <= 2 ? segment->data[11] : 0;
		ecp_photo_write(reader->work, adobe, sizeof(adobe));
		reader->adobe = true;
	}
	else if (code == APP1 && segment->length > 6 && memcmp(segment->data, "Exif\0", 5) == 0)
		ecp_photo_orient(reader->work, segment->data + 6, segment->length - 6);
}

static EcpPhotoStatus
take_segment(Reader *reader, int code, const Segment *segment)
{
	switch (code)
	{
		case DQT:
			return take_quantisation(reader, segment);
		case DHT:
			return take_huffman(reader, segment);
		case SOF0:
		case SOF1:
		case SOF2:
			return take_frame(reader, code, segment);
		case SOS:
			return take_scan(reader, segment);
		case DRI:
			if (segment->length != 2)
				return ECP_PHOTO_DAMAGED;
			reader->jpeg.restart = ecp_be16(segment->data);
			return keep(reader, DRI, segment);
		default:
			if (code >= APP0 && code <= APP15)
				take_application(reader, code, segment);
			else if (code != COM)
				return code > 0xc0 && code < 0xd0 ? ECP_PHOTO_UNKNOWN : ECP_PHOTO_DAMAGED;
			return ECP_PHOTO_WHOLE;
	}
}

EcpPhotoStatus
ecp_photo_jpeg(EcpPhotoWork *work)
{
	Reader		reader = {.work = work};

	work->at = 2;
	write_marker(&reader, SOI);
	for (;;)
	{
		Segment		segment;
		EcpPhotoStatus status;
		int			code;

		if (ecp_photo_left(work) > 0 && work->data[work->at] != 0xff)
			return ECP_PHOTO_DAMAGED;
		code = read_marker(work);
		if (code == 0)
			return ECP_PHOTO_CUT;
		if (code == EOI)
			break;
		status = read_segment(work, &segment);
		if (status == ECP_PHOTO_WHOLE)
			status = take_segment(&reader, code, &segment);
		if (status != ECP_PHOTO_WHOLE)
			return status;
	}
	write_marker(&reader, EOI);
	if (reader.jpeg.ncomponents == 0 || reader.seen != (1U << reader.jpeg.ncomponents) - 1)
		return ECP_PHOTO_CUT;
	return ECP_PHOTO_WHOLE;
}
