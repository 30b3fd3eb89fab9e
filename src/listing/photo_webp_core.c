/*
 * WebP (RFC 9649): RIFF chunks of type, length and data, padded to even lengths.
 *
 * Kept are the picture (VP8 or VP8L) and, for VP8, its alpha channel (ALPH) with
 * the extended header (VP8X) that it needs, written anew with nothing but the
 * alpha flag.  Every other chunk goes, as does what follows the RIFF.
 */
#include <string.h>

#include "listing/photo_part_core.h"

#define RIFF_HEADER 12
#define CHUNK_HEADER 8
#define VP8X_LENGTH 10
#define FLAG_ALPHA 0x10
#define FLAG_ANIMATION 0x02

typedef struct Chunk
{
	const uint8_t *start;		/* of the type */
	const uint8_t *data;
	uint32_t	length;
} Chunk;

typedef struct Reader
{
	EcpPhotoWork *work;
	bool		extended;
	uint32_t	canvas_width;
	uint32_t	canvas_height;
	bool		done;			/* the picture is written */
	Chunk		alpha;			/* start is NULL where there is none */
} Reader;

static bool
is_type(const Chunk *chunk, const char *type)
{
	return memcmp(chunk->start, type, 4) == 0;
}

static EcpPhotoStatus
read_chunk(EcpPhotoWork *work, size_t end, Chunk *chunk)
{
	size_t		left = end - work->at;
	size_t		padded;

	if (left < CHUNK_HEADER)
		return ECP_PHOTO_CUT;
	chunk->start = work->data + work->at;
	chunk->data = chunk->start + CHUNK_HEADER;
	chunk->length = ecp_le32(chunk->start + 4);
	padded = (size_t) chunk->length + (chunk->length & 1);
	if (left - CHUNK_HEADER < padded)
		return ECP_PHOTO_CUT;
	work->at += CHUNK_HEADER + padded;
	return ECP_PHOTO_WHOLE;
}

/* Writes a chunk with a zero byte where its length is odd. */
static void
keep(Reader *reader, const Chunk *chunk)
{
	static const uint8_t zero = 0;

	ecp_photo_write(reader->work, chunk->start, CHUNK_HEADER + (size_t) chunk->length);
	if (chunk->length & 1)
		ecp_photo_write(reader->work, &zero, 1);
}

static EcpPhotoStatus
take_extended(Reader *reader, const Chunk *chunk)
{
	if (chunk->length != VP8X_LENGTH)
		return ECP_PHOTO_DAMAGED;
	if (chunk->data[0] & FLAG_ANIMATION)
		return ECP_PHOTO_ANIMATED;
	reader->extended = true;
	reader->canvas_width = ecp_le24(chunk->data + 4) + 1;
	reader->canvas_height = ecp_le24(chunk->data + 7) + 1;
	return ecp_photo_measure(reader->work, reader->canvas_width, reader->canvas_height);
}

/* The size of the picture must be that of the canvas where there is one. */
static EcpPhotoStatus
measure(Reader *reader, uint32_t width, uint32_t height)
{
	if (reader->extended && (width != reader->canvas_width || height != reader->canvas_height))
		return ECP_PHOTO_DAMAGED;
	return ecp_photo_measure(reader->work, width, height);
}

/* A key frame of VP8 (RFC 6386, 9.1): tag, start code, size; its first partition lies within. */
static EcpPhotoStatus
measure_lossy(Reader *reader, const Chunk *chunk)
{
	uint32_t	tag;

	if (chunk->length < 10)
		return ECP_PHOTO_DAMAGED;
	tag = ecp_le24(chunk->data);
	if ((tag & 1) != 0 || (tag >> 1 & 7) > 3 || (tag >> 4 & 1) == 0 || memcmp(chunk->data + 3, "\x9d\x01\x2a", 3) != 0 ||
		tag >> 5 > chunk->length - 10)
		return ECP_PHOTO_DAMAGED;
	return measure(reader, ecp_le16(chunk->data + 6) & 0x3fff, ecp_le16(chunk->data + 8) & 0x3fff);
}

/* VP8L: a signature, then 14 bits of width and height less one, alpha, version 0. */
static EcpPhotoStatus
measure_lossless(Reader *reader, const Chunk *chunk)
{
	uint32_t	bits;

	if (chunk->length < 6 || chunk->data[0] != 0x2f)
		return ECP_PHOTO_DAMAGED;
	bits = ecp_le32(chunk->data + 1);
	if (bits >> 29 != 0)
		return ECP_PHOTO_DAMAGED;
	return measure(reader, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
}

static void
write_extended(Reader *reader)
{
	uint32_t	width = reader->canvas_width - 1;
	uint32_t	height = reader->canvas_height - 1;
	const uint8_t header[CHUNK_HEADER + VP8X_LENGTH] = {'V', 'P', '8', 'X', VP8X_LENGTH, 0, 0, 0, FLAG_ALPHA, 0, 0, 0,
	width & 0xff, width >> 8 & 0xff, width >> 16, height & 0xff, height >> 8 & 0xff, height >> 16};

	ecp_photo_write(reader->work, header, sizeof(header));
}

static EcpPhotoStatus
take_picture(Reader *reader, const Chunk *chunk, bool lossy)
{
	EcpPhotoStatus status;

	if (reader->done)
		return ECP_PHOTO_DAMAGED;
	status = lossy ? measure_lossy(reader, chunk) : measure_lossless(reader, chunk);
	if (status != ECP_PHOTO_WHOLE)
		return status;
	if (lossy && reader->alpha.start)
	{
		write_extended(reader);
		keep(reader, &reader->alpha);
	}
	keep(reader, chunk);
	reader->done = true;
	return ECP_PHOTO_WHOLE;
}

static EcpPhotoStatus
take_chunk(Reader *reader, const Chunk *chunk, bool first)
{
	static const uint8_t exif[] = {'E', 'x', 'i', 'f', 0, 0};

	if (is_type(chunk, "VP8 ") || is_type(chunk, "VP8L"))
		return take_picture(reader, chunk, chunk->start[3] == ' ');
	if (first)
		return is_type(chunk, "VP8X") ? take_extended(reader, chunk) : ECP_PHOTO_DAMAGED;
	if (is_type(chunk, "ANIM") || is_type(chunk, "ANMF"))
		return ECP_PHOTO_ANIMATED;
	if (is_type(chunk, "VP8X"))
		return ECP_PHOTO_DAMAGED;
	if (is_type(chunk, "ALPH"))
	{
		if (reader->done || reader->alpha.start || !reader->extended || chunk->length == 0)
			return ECP_PHOTO_DAMAGED;
		reader->alpha = *chunk;
	}
	else if (is_type(chunk, "EXIF"))
	{
		size_t		skip = chunk->length >= sizeof(exif) && memcmp(chunk->data, exif, sizeof(exif)) == 0 ? sizeof(exif) : 0;

		ecp_photo_orient(reader->work, chunk->data + skip, chunk->length - skip);
	}
	return ECP_PHOTO_WHOLE;
}

EcpPhotoStatus
ecp_photo_webp(EcpPhotoWork *work)
{
	Reader		reader = {.work = work};
	uint32_t	riff = ecp_le32(work->data + 4);
	size_t		end = (size_t) riff + 8;

	if (end > work->length)
		return ECP_PHOTO_CUT;
	if (riff < 4 || (riff & 1) != 0)
		return ECP_PHOTO_DAMAGED;
	ecp_photo_write(work, work->data, RIFF_HEADER);
	for (work->at = RIFF_HEADER; work->at < end;)
	{
		bool		first = work->at == RIFF_HEADER;
		Chunk		chunk;
		EcpPhotoStatus status = read_chunk(work, end, &chunk);

		if (status == ECP_PHOTO_WHOLE)
			status = take_chunk(&reader, &chunk, first);
		if (status != ECP_PHOTO_WHOLE)
			return status;
	}
	if (!reader.done)
		return ECP_PHOTO_CUT;
	riff = (uint32_t) work->written - 8;
	for (int i = 0; i < 4; i++)
		work->out[4 + i] = (uint8_t) (riff >> 8 * i);
	return ECP_PHOTO_WHOLE;
}
