/*
 * Photos as files: whether the bytes are a whole JPEG, PNG or WebP picture, and
 * the same picture without anything else.
 *
 * What is left is written anew from the parts that a decoder needs: no EXIF,
 * XMP, IPTC, place, maker's notes, thumbnail, comment, text, time, colour
 * profile, second picture, film behind the picture.  The orientation alone is
 * read out and told.  Nothing here needs a server, or allocates.
 */
#ifndef ECP_PHOTO_CORE_H
#define ECP_PHOTO_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECP_PHOTO_BYTES_MAX 7340032 /* 7 MB */
#define ECP_PHOTO_SIDE_MAX 16384
#define ECP_PHOTO_PIXELS_MAX 100000000

typedef enum EcpPhotoStatus
{
	ECP_PHOTO_WHOLE,
	ECP_PHOTO_EMPTY,
	ECP_PHOTO_TOO_LARGE,		/* bytes */
	ECP_PHOTO_UNKNOWN,			/* neither JPEG, PNG nor WebP, or a kind of them that is not taken */
	ECP_PHOTO_CUT,				/* ends too early */
	ECP_PHOTO_DAMAGED,
	ECP_PHOTO_TOO_WIDE,			/* pixels */
	ECP_PHOTO_ANIMATED
} EcpPhotoStatus;

typedef struct EcpPhotoFacts
{
	const char *media_type;
	uint32_t	width;
	uint32_t	height;
	int			orientation;	/* 1..8, 0 where the file does not say */
	size_t		length;			/* bytes written */
} EcpPhotoFacts;

/* Writes what is left of the file to out, which has room for as many bytes as are given. */
extern EcpPhotoStatus ecp_photo_clean(const uint8_t *data, size_t length, uint8_t *out, EcpPhotoFacts *facts);

#endif							/* ECP_PHOTO_CORE_H */
