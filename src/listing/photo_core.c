/*
 * Photos as files; see photo_core.h.
 */
#include <string.h>

#include "listing/photo_part_core.h"

#define TIFF_HEADER 8
#define TIFF_ENTRY 12
#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3

uint32_t
ecp_be16(const uint8_t *bytes)
{
	return (uint32_t) bytes[0] << 8 | bytes[1];
}

uint32_t
ecp_be32(const uint8_t *bytes)
{
	return ecp_be16(bytes) << 16 | ecp_be16(bytes + 2);
}

uint32_t
ecp_le16(const uint8_t *bytes)
{
	return (uint32_t) bytes[1] << 8 | bytes[0];
}

uint32_t
ecp_le24(const uint8_t *bytes)
{
	return (uint32_t) bytes[2] << 16 | ecp_le16(bytes);
}

uint32_t
ecp_le32(const uint8_t *bytes)
{
	return ecp_le16(bytes + 2) << 16 | ecp_le16(bytes);
}

size_t
ecp_photo_left(const EcpPhotoWork *work)
{
	return work->length - work->at;
}

void
ecp_photo_write(EcpPhotoWork *work, const uint8_t *bytes, size_t length)
{
	size_t		room = work->length - work->written;

	if (length > room)
		length = room;
	memcpy(work->out + work->written, bytes, length);
	work->written += length;
}

EcpPhotoStatus
ecp_photo_measure(EcpPhotoWork *work, uint32_t width, uint32_t height)
{
	if (width == 0 || height == 0)
		return ECP_PHOTO_DAMAGED;
	if (width > ECP_PHOTO_SIDE_MAX || height > ECP_PHOTO_SIDE_MAX || (uint64_t) width * height > ECP_PHOTO_PIXELS_MAX)
		return ECP_PHOTO_TOO_WIDE;
	work->facts->width = width;
	work->facts->height = height;
	return ECP_PHOTO_WHOLE;
}

/* Reads one entry of the first directory: the orientation, or 0. */
static int
read_entry(const uint8_t *entry, bool little)
{
	uint32_t	(*get16) (const uint8_t *) = little ? ecp_le16 : ecp_be16;
	uint32_t	(*get32) (const uint8_t *) = little ? ecp_le32 : ecp_be32;
	uint32_t	value = get16(entry + 8);

	if (get16(entry) != TAG_ORIENTATION || get16(entry + 2) != TYPE_SHORT || get32(entry + 4) != 1)
		return 0;
	return value >= 1 && value <= 8 ? (int) value : 0;
}

void
ecp_photo_orient(EcpPhotoWork *work, const uint8_t *tiff, size_t length)
{
	bool		little;
	uint32_t	offset;
	uint32_t	count;

	if (work->facts->orientation != 0 || length < TIFF_HEADER)
		return;
	little = memcmp(tiff, "II\x2a\0", 4) == 0;
	if (!little && memcmp(tiff, "MM\0\x2a", 4) != 0)
		return;
	offset = little ? ecp_le32(tiff + 4) : ecp_be32(tiff + 4);
	if (offset > length || length - offset < 2)
		return;
	count = little ? ecp_le16(tiff + offset) : ecp_be16(tiff + offset);
	for (size_t at = (size_t) offset + 2; count > 0 && length - at >= TIFF_ENTRY; at += TIFF_ENTRY, count--)
		if (work->facts->orientation == 0)
			work->facts->orientation = read_entry(tiff + at, little);
}

EcpPhotoStatus
ecp_photo_clean(const uint8_t *data, size_t length, uint8_t *out, EcpPhotoFacts *facts)
{
	EcpPhotoWork work = {.data = data, .length = length, .out = out, .facts = facts};
	EcpPhotoStatus status = ECP_PHOTO_UNKNOWN;

	*facts = (EcpPhotoFacts) {0};
	if (length == 0)
		return ECP_PHOTO_EMPTY;
	if (length > ECP_PHOTO_BYTES_MAX)
		return ECP_PHOTO_TOO_LARGE;
	if (length >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)
	{
		facts->media_type = "image/jpeg";
		status = ecp_photo_jpeg(&work);
	}
	else if (length >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0)
	{
		facts->media_type = "image/png";
		status = ecp_photo_png(&work);
	}
	else if (length >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0)
	{
		facts->media_type = "image/webp";
		status = ecp_photo_webp(&work);
	}
	facts->length = status == ECP_PHOTO_WHOLE ? work.written : 0;
	return status;
}
