/*
 * Judging what a model says about a photo, value by value.
 *
 * Whatever stands in an answer was perhaps written by somebody who held a sheet
 * of paper into the picture.  So texts lose what is not seen on a screen, numbers
 * and prices are put into their ranges, and dates are taken within theirs.
 * Nothing here needs a server.
 */
#ifndef ECP_ANSWER_CORE_H
#define ECP_ANSWER_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a value is not the one that the model gave. */
typedef enum EcpNote
{
	ECP_NOTE_NONE,
	ECP_NOTE_SHORTENED,
	ECP_NOTE_CLAMPED,
	ECP_NOTE_UNREADABLE,		/* from here on there is no value */
	ECP_NOTE_PAST,
	ECP_NOTE_FAR
} EcpNote;

/*
 * Copies a UTF-8 text as one line of at most max characters into out, which has
 * room for len bytes: blanks, line ends and control characters become one space
 * between words; what steers or hides text goes (marks of direction, of zero
 * width, tags, variation selectors, private use), as do bytes that are not UTF-8.
 */
extern EcpNote ecp_core_answer_text(const char *text, size_t len, size_t max, char *out, size_t *out_len);

/* Rounds a JSON number into a range. */
extern EcpNote ecp_core_answer_whole(const char *text, size_t len, int64_t least, int64_t most, int64_t *out);

/* A JSON number from 0 to 1; 0 where it is none, the end where it is beyond. */
extern double ecp_core_answer_confidence(const char *text, size_t len);

/* Reads 2026-11-22 as days since 2000-01-01 and holds it against the first and last day that are taken. */
extern EcpNote ecp_core_answer_date(const char *text, size_t len, int32_t first, int32_t last, int32_t *out);

/* Puts a price of cents into least to most percent off the original price (rule D4). */
extern EcpNote ecp_core_answer_price(int64_t original, int64_t least, int64_t most, int64_t *price);

/* Reads a protobuf duration such as "47s" or "1.5s" as milliseconds, rounded up; -1 where it is none, at most an hour. */
extern int64_t ecp_core_answer_delay(const char *text, size_t len);

#endif							/* ECP_ANSWER_CORE_H */
