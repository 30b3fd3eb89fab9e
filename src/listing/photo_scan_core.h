/*
 * The coded picture of a JPEG: walked code by code, without computing a pixel, so
 * that a picture that ends too early or was damaged is found before it is stored.
 */
#ifndef ECP_PHOTO_SCAN_CORE_H
#define ECP_PHOTO_SCAN_CORE_H

#include "listing/photo_core.h"

#define ECP_HUFFMAN_LOOK 9		/* bits that one look tells */
#define ECP_JPEG_COMPONENTS 4
#define ECP_JPEG_TABLES 4

typedef struct EcpHuffman
{
	bool		defined;
	uint16_t	look[1 << ECP_HUFFMAN_LOOK];	/* length << 8 | symbol; 0 for longer codes */
	uint32_t	beyond[17];		/* by length: one more than the last code, aligned to 16 bits */
	int32_t		offset[17];		/* symbol index less code */
	uint8_t		symbols[256];
	int			count;
} EcpHuffman;

typedef struct EcpComponent
{
	uint8_t		id;
	uint8_t		h;				/* sampling, 1..4 */
	uint8_t		v;
} EcpComponent;

typedef struct EcpJpeg
{
	uint32_t	width;
	uint32_t	height;
	bool		progressive;
	int			ncomponents;	/* 0 before the frame's header */
	EcpComponent components[ECP_JPEG_COMPONENTS];
	uint32_t	restart;		/* units between restart markers, 0 for none */
	EcpHuffman	dc[ECP_JPEG_TABLES];
	EcpHuffman	ac[ECP_JPEG_TABLES];
} EcpJpeg;

typedef struct EcpScan
{
	int			ncomponents;
	int			which[ECP_JPEG_COMPONENTS];	/* index of components */
	uint8_t		dc[ECP_JPEG_COMPONENTS];
	uint8_t		ac[ECP_JPEG_COMPONENTS];
	uint8_t		first;			/* spectral selection */
	uint8_t		last;
	uint8_t		high;			/* successive approximation; above 0: a refinement */
} EcpScan;

/* Builds a table of 16 counts and their symbols; false where they are no prefix code. */
extern bool ecp_huffman_build(EcpHuffman *table, const uint8_t *counts, const uint8_t *symbols);

/*
 * Walks the coded data of a scan from its first byte; *used: how many bytes it
 * takes.  ECP_PHOTO_WHOLE, ECP_PHOTO_CUT where the data end with the file, else
 * ECP_PHOTO_DAMAGED.
 */
extern EcpPhotoStatus ecp_scan_walk(const EcpJpeg *jpeg, const EcpScan *scan, const uint8_t *data, size_t length, size_t *used);

#endif							/* ECP_PHOTO_SCAN_CORE_H */
