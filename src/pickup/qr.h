/*
 * qr.h
 *	  Drawing a text as a QR code, as SVG or as PNG.
 */
#ifndef ECP_PICKUP_QR_H
#define ECP_PICKUP_QR_H

/* The white border that the standard asks for, in modules. */
#define ECP_QR_QUIET_ZONE	4

/* Side of a module in a PNG, in pixels: the usual value and the limits. */
#define ECP_QR_MODULE_PX		8
#define ECP_QR_MODULE_PX_MIN	2
#define ECP_QR_MODULE_PX_MAX	32

/*
 * Both return a value allocated in the current memory context.  They raise
 * 22023 for a text that is empty or too long for any QR code, and 53200 when
 * memory ends.
 */
extern char *ecp_qr_svg(const char *text);
extern bytea *ecp_qr_png(const char *text, int module_px);

#endif							/* ECP_PICKUP_QR_H */
