/*
 * qr.c
 *	  Drawing a text as a QR code, as SVG or as PNG.
 *
 * A module is one square of the code, dark or light.  The quiet zone is the
 * light border without which a reader does not find the code.  Error
 * correction is level M: a screen is clean, and a smaller code has larger
 * modules, which a cheap camera reads better.
 *
 * The text is a secret of its holder.  It appears in no message raised here
 * and in no title or comment of a picture.
 *
 * libqrencode allocates with malloc(), and an ereport() jumps past its
 * clean-up; so the modules are copied at once into memory that was taken
 * beforehand.  All that libpng and zlib allocate comes from a memory context,
 * so that an error may leave them at any point and nothing is lost.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include <png.h>
#include <qrencode.h>

#include "pickup/qr.h"

/* Modules on a side of the largest QR code there is, version 40. */
#define QR_WIDTH_MAX	(17 + 4 * QRSPEC_VERSION_MAX)

typedef struct EcpQrCode
{
	int			width;			/* modules on a side, quiet zone left out */
	bool		dark[QR_WIDTH_MAX * QR_WIDTH_MAX];	/* row by row */
} EcpQrCode;

/* Says whether a module is dark; the quiet zone counts, and is not. */
static bool
is_dark(const EcpQrCode *code, int x, int y)
{
	x -= ECP_QR_QUIET_ZONE;
	y -= ECP_QR_QUIET_ZONE;
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->dark[y * code->width + x];
}

/* Gives the modules on a side with the quiet zone. */
static int
full_width(const EcpQrCode *code)
{
	return code->width + 2 * ECP_QR_QUIET_ZONE;
}

/* Raises what libqrencode reported through errno. */
static void
report_encoding_failure(int reason)
{
	if (reason == ENOMEM)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	if (reason == ERANGE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("text is too long for a QR code")));
	if (reason == EINVAL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an empty text has no QR code")));
	elog(ERROR, "could not encode a QR code: error %d", reason);
}

/* Encodes a text in the smallest QR code that holds it. */
static EcpQrCode *
encode(const char *text)
{
	EcpQrCode  *code = palloc(sizeof(EcpQrCode));
	QRcode	   *raw;

	errno = 0;
	raw = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (raw == NULL)
		report_encoding_failure(errno);

	code->width = raw->width;
	for (int i = 0; i < raw->width * raw->width; i++)
		code->dark[i] = raw->data[i] & 1;
	QRcode_free(raw);

	return code;
}

/* Adds the dark runs of one row to a path, as strokes one module thick. */
static void
append_row(StringInfo path, const EcpQrCode *code, int y)
{
	int			width = full_width(code);
	int			pen = -1;		/* where the last stroke ended, if any */

	for (int x = 0; x < width; x++)
	{
		int			start = x;

		while (x < width && is_dark(code, x, y))
			x++;
		if (x == start)
			continue;

		if (pen < 0)
			appendStringInfo(path, "M%d %d.5h%d", start, y, x - start);
		else
			appendStringInfo(path, "m%d 0h%d", start - pen, x - start);
		pen = x;
	}
}

/* Draws a text as SVG: a white square, and one path for all dark modules. */
char *
ecp_qr_svg(const char *text)
{
	EcpQrCode  *code = encode(text);
	int			width = full_width(code);
	StringInfoData svg;

	initStringInfo(&svg);
	appendStringInfo(&svg,
					 "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
					 " viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
					 "<title>QR code</title>"
					 "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>"
					 "<path stroke=\"#000\" d=\"",
					 width, width, width, width);
	for (int y = 0; y < width; y++)
		append_row(&svg, code, y);
	appendStringInfoString(&svg, "\"/></svg>");

	pfree(code);
	return svg.data;
}

/* libpng's allocator: the memory context given to it; NULL when memory ends. */
static png_voidp
png_alloc(png_structp png, png_alloc_size_t size)
{
	return MemoryContextAllocExtended(png_get_mem_ptr(png), size,
									  MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
}

static void
png_release(png_structp png pg_attribute_unused(), png_voidp pointer)
{
	if (pointer != NULL)
		pfree(pointer);
}

/* Leaves libpng by ereport(): its memory belongs to a context, so none leaks. */
static void
png_failed(png_structp png pg_attribute_unused(), png_const_charp message)
{
	ereport(ERROR,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg_internal("could not draw a PNG: %s", message)));
}

static void
png_warned(png_structp png pg_attribute_unused(), png_const_charp message)
{
	elog(DEBUG1, "libpng: %s", message);
}

static void
png_append(png_structp png, png_bytep data, size_t length)
{
	StringInfo	out = png_get_io_ptr(png);

	if (length > MaxAllocSize)
		png_error(png, "chunk too large");
	appendBinaryStringInfo(out, (char *) data, (int) length);
}

static void
png_flushed(png_structp png pg_attribute_unused())
{
	/* Everything is in memory already. */
}

/* Fills one line of pixels, one bit each; a set bit is white. */
static void
paint_row(uint8 *row, size_t row_bytes, const EcpQrCode *code, int y, int module_px)
{
	int			pixels = full_width(code) * module_px;

	memset(row, 0xFF, row_bytes);
	for (int i = 0; i < pixels; i++)
	{
		if (is_dark(code, i / module_px, y))
			row[i / 8] &= ~(0x80 >> (i % 8));
	}
}

/* Writes the picture to a buffer; libpng's memory stays in the given context. */
static void
write_png(StringInfo out, const EcpQrCode *code, int module_px, MemoryContext context)
{
	int			width = full_width(code);
	int			pixels = width * module_px;
	size_t		row_bytes = (pixels + 7) / 8;
	uint8	   *row = MemoryContextAlloc(context, row_bytes);
	png_structp png;
	png_infop	info;

	png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING,
									NULL, png_failed, png_warned,
									context, png_alloc, png_release);
	info = png == NULL ? NULL : png_create_info_struct(png);
	if (info == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));

	png_set_write_fn(png, out, png_append, png_flushed);
	png_set_IHDR(png, info, pixels, pixels, 1, PNG_COLOR_TYPE_GRAY,
				 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
				 PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int y = 0; y < width; y++)
	{
		paint_row(row, row_bytes, code, y, module_px);
		for (int i = 0; i < module_px; i++)
			png_write_row(png, row);
	}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
}

/* Draws a text as a black and white PNG; module_px is a module's side. */
bytea *
ecp_qr_png(const char *text, int module_px)
{
	MemoryContext context;
	StringInfoData out;
	EcpQrCode  *code;

	if (module_px < ECP_QR_MODULE_PX_MIN || module_px > ECP_QR_MODULE_PX_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a module of %d pixels is out of range", module_px),
				 errhint("Give a value from %d to %d.",
						 ECP_QR_MODULE_PX_MIN, ECP_QR_MODULE_PX_MAX)));

	code = encode(text);

	/* The picture is built behind its own varlena header. */
	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);

	context = AllocSetContextCreate(CurrentMemoryContext, "ecopanier PNG",
									ALLOCSET_DEFAULT_SIZES);
	write_png(&out, code, module_px, context);
	MemoryContextDelete(context);
	pfree(code);

	SET_VARSIZE(out.data, out.len);
	return (bytea *) out.data;
}
