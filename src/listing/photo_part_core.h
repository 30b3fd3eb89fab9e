/*
 * What the readers of JPEG, PNG and WebP share.
 */
#ifndef ECP_PHOTO_PART_CORE_H
#define ECP_PHOTO_PART_CORE_H

#include "listing/photo_core.h"

/* The file that is read, and what is written of it; at is never beyond length, nor written beyond what was read. */
typedef struct EcpPhotoWork
{
	const uint8_t *data;
	size_t		length;
	size_t		at;
	uint8_t    *out;
	size_t		written;
	EcpPhotoFacts *facts;
} EcpPhotoWork;

extern EcpPhotoStatus ecp_photo_jpeg(EcpPhotoWork *work);
extern EcpPhotoStatus ecp_photo_png(EcpPhotoWork *work);
extern EcpPhotoStatus ecp_photo_webp(EcpPhotoWork *work);

/* How many bytes are left. */
extern size_t ecp_photo_left(const EcpPhotoWork *work);

/* Appends bytes; an internal slip that would pass the room is cut instead. */
extern void ecp_photo_write(EcpPhotoWork *work, const uint8_t *bytes, size_t length);

/* Notes width and height; whether they are within what is taken. */
extern EcpPhotoStatus ecp_photo_measure(EcpPhotoWork *work, uint32_t width, uint32_t height);

/* Reads the orientation out of EXIF (a TIFF header and what follows), where none was found before. */
extern void ecp_photo_orient(EcpPhotoWork *work, const uint8_t *tiff, size_t length);

extern uint32_t ecp_be16(const uint8_t *bytes);
extern uint32_t ecp_be32(const uint8_t *bytes);
extern uint32_t ecp_le16(const uint8_t *bytes);
extern uint32_t ecp_le24(const uint8_t *bytes);
extern uint32_t ecp_le32(const uint8_t *bytes);

#endif							/* ECP_PHOTO_PART_CORE_H */
