/*
 * Reading a few fields out of untrusted JSON, and writing values of rows.
 *
 * The server's own parser does the reading; what is added is that bad input is
 * an answer and never an error.  A document is refused as a whole where any
 * part of it is not JSON, where it nests deeper than ECP_JSON_MAX_DEPTH, where
 * one of its top-level names stands twice (readers differ on which one counts)
 * or where it has more than ECP_JSON_MAX_NAMES of them.
 */
#ifndef ECP_JSON_H
#define ECP_JSON_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "common/json_core.h"

#define ECP_JSON_MAX_DEPTH 32
#define ECP_JSON_MAX_NAMES 128

typedef enum EcpJsonStatus
{
	ECP_JSON_OK,
	ECP_JSON_BAD
} EcpJsonStatus;

/*
 * The caller sets name; the reader sets the rest.  value is NULL for absent
 * and null.  For a string, number or bool it is palloc'd in the caller's
 * context, unescaped, and ends in a zero byte that length does not count.  For
 * a compound it points into the document, without a zero byte.
 */
typedef struct EcpJsonField
{
	const char *name;
	EcpJsonKind kind;
	const char *value;
	int			length;
} EcpJsonField;

/*
 * Picks the named fields of an object.  The text must be valid in the
 * database's encoding; escapes beyond ASCII are refused where that is not
 * UTF-8, since the server raises on those it cannot convert.
 */
extern EcpJsonStatus ecp_json_fields(const char *json, int len, EcpJsonField *fields, int n);

/*
 * Whether the server's parser reads or refuses this document without raising:
 * not too deep, no escape that it cannot convert.
 */
extern bool ecp_json_is_safe(const char *json, int len);

/* Reads the elements of an array, at most max of them, under the same rules. */
extern EcpJsonStatus ecp_json_elements(const char *json, int len, EcpJsonField *elements, int max, int *count);

/* Writes a value of a row as JSON, the same in every session but for the offset of a time: numbers, booleans, else text. */
extern void ecp_json_append_value(StringInfo json, Oid type, Datum value, bool isnull);

#endif							/* ECP_JSON_H */
