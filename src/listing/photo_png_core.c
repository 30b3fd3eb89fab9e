/*
 * PNG (ISO/IEC 15948): a signature, then chunks of length, type, data and CRC.
 *
 * Kept are IHDR, PLTE, tRNS, IDAT and IEND; every other chunk goes, as does what
 * follows IEND.  The CRC of each chunk is checked, also of those that go, so
 * that a file that was damaged on its way is found.
 */
#include <string.h>

#include "listing/photo_part_core.h"

#define SIGNATURE_LENGTH 8
#define CHUNK_FRAME 12			/* length, type, CRC */
#define IHDR_LENGTH 13
#define PLTE_MAX 768
#define LENGTH_MAX 0x7fffffff

typedef struct Chunk
{
	const uint8_t *start;		/* of the length */
	const uint8_t *data;
	uint32_t	length;
} Chunk;

/* Where in the file we are. */
typedef enum Stage
{
	STAGE_HEADER,				/* IHDR is to come */
	STAGE_TABLES,				/* before the first IDAT */
	STAGE_PICTURE,				/* among IDAT */
	STAGE_BEHIND				/* after the last IDAT */
} Stage;

typedef struct Reader
{
	EcpPhotoWork *work;
	Stage		stage;
	uint8_t		colour;
	bool		palette;
} Reader;

/* The CRC of ISO 3309, four bits at a time. */
static uint32_t
crc32(const uint8_t *bytes, size_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
	};
	uint32_t	crc = 0xffffffff;

	for (size_t i = 0; i < length; i++)
	{
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static bool
is_type(const Chunk *chunk, const char *type)
{
	return memcmp(chunk->start + 4, type, 4) == 0;
}

static EcpPhotoStatus
read_chunk(EcpPhotoWork *work, Chunk *chunk)
{
	if (ecp_photo_left(work) < CHUNK_FRAME)
		return ECP_PHOTO_CUT;
	chunk->start = work->data + work->at;
	chunk->data = chunk->start + 8;
	chunk->length = ecp_be32(chunk->start);
	if (chunk->length > LENGTH_MAX)
		return ECP_PHOTO_DAMAGED;
	if (ecp_photo_left(work) - CHUNK_FRAME < chunk->length)
		return ECP_PHOTO_CUT;
	if (crc32(chunk->start + 4, (size_t) chunk->length + 4) != ecp_be32(chunk->data + chunk->length))
		return ECP_PHOTO_DAMAGED;
	work->at += CHUNK_FRAME + (size_t) chunk->length;
	return ECP_PHOTO_WHOLE;
}

static void
keep(Reader *reader, const Chunk *chunk)
{
	ecp_photo_write(reader->work, chunk->start, CHUNK_FRAME + (size_t) chunk->length);
}

/* Which depths go with a colour type. */
static bool
is_depth_of(uint8_t depth, uint8_t colour)
{
	switch (colour)
	{
		case 0:
			return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
		case 3:
			return depth == 1 || depth == 2 || depth == 4 || depth == 8;
		case 2:
		case 4:
		case 6:
			return depth == 8 || depth == 16;
		default:
			return false;
	}
}

static EcpPhotoStatus
take_header(Reader *reader, const Chunk *chunk)
{
	if (!is_type(chunk, "IHDR") || chunk->length != IHDR_LENGTH || !is_depth_of(chunk->data[8], chunk->data[9]) ||
		chunk->data[10] != 0 || chunk->data[11] != 0 || chunk->data[12] > 1)
		return ECP_PHOTO_DAMAGED;
	reader->colour = chunk->data[9];
	reader->stage = STAGE_TABLES;
	keep(reader, chunk);
	return ecp_photo_measure(reader->work, ecp_be32(chunk->data), ecp_be32(chunk->data + 4));
}

static EcpPhotoStatus
take_palette(Reader *reader, const Chunk *chunk)
{
	if (reader->stage != STAGE_TABLES || reader->palette || reader->colour == 0 || reader->colour == 4 ||
		chunk->length == 0 || chunk->length > PLTE_MAX || chunk->length % 3 != 0)
		return ECP_PHOTO_DAMAGED;
	reader->palette = true;
	keep(reader, chunk);
	return ECP_PHOTO_WHOLE;
}

static EcpPhotoStatus
take_picture(Reader *reader, const Chunk *chunk)
{
	if (reader->stage == STAGE_BEHIND || (reader->colour == 3 && !reader->palette))
		return ECP_PHOTO_DAMAGED;
	reader->stage = STAGE_PICTURE;
	keep(reader, chunk);
	return ECP_PHOTO_WHOLE;
}

static EcpPhotoStatus
take_chunk(Reader *reader, const Chunk *chunk)
{
	if (reader->stage == STAGE_HEADER)
		return take_header(reader, chunk);
	if (is_type(chunk, "IDAT"))
		return take_picture(reader, chunk);
	if (reader->stage == STAGE_PICTURE)
		reader->stage = STAGE_BEHIND;
	if (is_type(chunk, "PLTE"))
		return take_palette(reader, chunk);
	if (is_type(chunk, "acTL") || is_type(chunk, "fcTL") || is_type(chunk, "fdAT"))
		return ECP_PHOTO_ANIMATED;
	if (is_type(chunk, "eXIf"))
		ecp_photo_orient(reader->work, chunk->data, chunk->length);
	else if (is_type(chunk, "tRNS") && reader->stage == STAGE_TABLES && chunk->length <= 256)
		keep(reader, chunk);
	else if ((chunk->start[4] & 0x20) == 0)
		return ECP_PHOTO_DAMAGED;	/* a part without which it cannot be decoded, and which nobody knows */
	return ECP_PHOTO_WHOLE;
}

EcpPhotoStatus
ecp_photo_png(EcpPhotoWork *work)
{
	Reader		reader = {.work = work};

	ecp_photo_write(work, work->data, SIGNATURE_LENGTH);
	work->at = SIGNATURE_LENGTH;
	for (;;)
	{
		Chunk		chunk;
		EcpPhotoStatus status = read_chunk(work, &chunk);

		if (status != ECP_PHOTO_WHOLE)
			return status;
		if (reader.stage >= STAGE_PICTURE && is_type(&chunk, "IEND"))
		{
			if (chunk.length != 0)
				return ECP_PHOTO_DAMAGED;
			keep(&reader, &chunk);
			return ECP_PHOTO_WHOLE;
		}
		status = take_chunk(&reader, &chunk);
		if (status != ECP_PHOTO_WHOLE)
			return status;
	}
}
