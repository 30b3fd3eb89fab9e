/*
 * The flat reader: a JSON object of plain texts, whole numbers and words, as
 * claims mostly are, read at a tenth of the cost of the server's parser.  It
 * takes nothing that the parser would not take, and leaves all else to it:
 * escapes, control characters, nesting, fractions, a name twice, many names,
 * whatever is not JSON.  Nothing here needs a server.
 */
#ifndef ECP_JSON_CORE_H
#define ECP_JSON_CORE_H

#include <stdbool.h>
#include <stddef.h>

#define ECP_JSON_FLAT_NAMES 16

typedef enum EcpJsonKind
{
	ECP_JSON_ABSENT,
	ECP_JSON_NULL,
	ECP_JSON_BOOL,
	ECP_JSON_NUMBER,
	ECP_JSON_STRING,
	ECP_JSON_COMPOUND			/* an object or an array */
} EcpJsonKind;

/* A part of the document; of a text what stands between its quotes. */
typedef struct EcpJsonSpan
{
	const char *start;
	size_t		length;
	EcpJsonKind kind;
} EcpJsonSpan;

typedef struct EcpJsonMember
{
	EcpJsonSpan name;
	EcpJsonSpan value;
} EcpJsonMember;

/*
 * Reads the whole document: how many members it has, in order, from 1; or 0
 * where the parser has to.  Bytes beyond ASCII are taken as they are.
 */
extern int	ecp_core_json_flat(const char *json, size_t length, EcpJsonMember members[ECP_JSON_FLAT_NAMES]);

#endif							/* ECP_JSON_CORE_H */
