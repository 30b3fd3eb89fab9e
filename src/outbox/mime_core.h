/*
 * A mail as the bytes that go to the server (RFC 5322, 2045-2049, 2183).  Pure.
 *
 *   multipart/mixed                       where there is a picture
 *     multipart/alternative
 *       text/plain; charset=utf-8
 *       text/html; charset=utf-8
 *     image/png                           inline, as cid:ECP_MIME_PICTURE_ID of the HTML
 *
 * The bytes depend on what is given alone: a second attempt writes the same.
 */
#ifndef ECP_MIME_CORE_H
#define ECP_MIME_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Before the @ of the picture's Content-ID; the domain follows. */
#define ECP_MIME_PICTURE_ID "qr"

typedef struct EcpMime
{
	const char *id;				/* letters, digits and hyphens: of Message-ID and boundaries */
	const char *domain;			/* letters, digits, hyphens and dots */
	int64_t		date;			/* seconds since 1970 */
	const char *from_name;		/* UTF-8; control characters become blanks, here and in subject */
	const char *from;			/* addresses are ASCII, without blanks and what has a meaning in headers */
	const char *to;				/* UTF-8 after the @ is allowed, and then not shown */
	const char *subject;
	const char *language;		/* letters and hyphens */
	const char *page;			/* URL of List-Unsubscribe, ASCII; or NULL */
	const char *text;			/* UTF-8, line ends as LF or CRLF */
	const char *html;
	const char *picture_name;	/* letters, digits, hyphens and dots */
	const uint8_t *picture;		/* NULL: none */
	size_t		picture_length;
} EcpMime;

/*
 * Writes the mail into out, which has so much room, and returns how many bytes
 * it has, written or not; 0 where a part may not stand in a header.
 */
extern size_t ecp_mime_write(const EcpMime *mime, char *out, size_t room);

#endif							/* ECP_MIME_CORE_H */
