/*
 * json.c
 *		Fuzz target: any bytes as a JSON document. What the flat reader takes, the
 *		server's own parser takes too, with the same names, kinds and values, no
 *		name twice; and what it took is written with other spaces and read again.
 *
 * cores: src/common/json_core.c -lpgcommon -lpgport
 */
#include "postgres_fe.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

#include "common/json_core.h"
#include "fuzz.h"

#define NAMES_MAX 512
#define ROOM (1 << 20)

/* What the parser allocates ends with the input. */
static char room[ROOM] __attribute__((aligned(16)));
static size_t taken;

/* What the parser says of the document's members. */
typedef struct Parsed
{
	JsonLexContext *lex;
	int			depth;
	int			count;
	bool		flat;			/* an object without an object or array in it */
	const char *names[NAMES_MAX];
	const char *values[NAMES_MAX];	/* NULL: null */
	JsonTokenType types[NAMES_MAX];
} Parsed;

void *
palloc(Size size)
{
	char	   *given = room + taken;

	taken += (size + 15) / 16 * 16;
	demand(taken <= ROOM);
	return given;
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void *
repalloc(void *pointer, Size size)
{
	size_t		behind = (size_t) (room + taken - (char *) pointer);

	return memcpy(palloc(size), pointer, behind < size ? behind : size);
}

char *
pstrdup(const char *text)
{
	return strcpy(palloc(strlen(text) + 1), text);
}

void
pfree(void *pointer)
{
	(void) pointer;
}

static void
object_start(void *state)
{
	Parsed	   *parsed = state;

	if (parsed->depth++ > 0)
		parsed->flat = false;
}

static void
array_start(void *state)
{
	Parsed	   *parsed = state;

	parsed->depth++;
	parsed->flat = false;
}

static void
compound_end(void *state)
{
	((Parsed *) state)->depth--;
}

static void
field_start(void *state, char *name, bool isnull)
{
	Parsed	   *parsed = state;

	(void) isnull;
	if (parsed->depth == 1)
		parsed->names[parsed->count++] = name;
}

static void
scalar(void *state, char *token, JsonTokenType type)
{
	Parsed	   *parsed = state;

	if (parsed->depth != 1 || parsed->count == 0)
		parsed->flat = false;
	else
	{
		parsed->values[parsed->count - 1] = type == JSON_TOKEN_NULL ? NULL : token;
		parsed->types[parsed->count - 1] = type;
	}
}

/* Whether the document is JSON, by the server's parser. */
static bool
parse(const char *json, size_t size, Parsed *parsed)
{
	JsonSemAction actions = {
		.semstate = parsed, .object_start = object_start, .object_end = compound_end, .array_start = array_start,
		.array_end = compound_end, .object_field_start = field_start, .scalar = scalar
	};

	taken = 0;
	memset(parsed, 0, sizeof(*parsed));
	parsed->flat = true;
	parsed->lex = makeJsonLexContextCstringLen((char *) json, (int) size, PG_UTF8, true);
	return pg_parse_json(parsed->lex, &actions) == JSON_SUCCESS;
}

static bool
same_text(const EcpJsonSpan *span, const char *text)
{
	return span->length == strlen(text) && memcmp(span->start, text, span->length) == 0;
}

/* The reader's value is the parser's. */
static void
try_value(const EcpJsonSpan *value, const char *text, JsonTokenType type)
{
	switch (type)
	{
		case JSON_TOKEN_STRING:
			demand(value->kind == ECP_JSON_STRING && same_text(value, text));
			break;
		case JSON_TOKEN_NUMBER:
			demand(value->kind == ECP_JSON_NUMBER && same_text(value, text));
			break;
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
			demand(value->kind == ECP_JSON_BOOL && same_text(value, text));
			break;
		default:
			demand(type == JSON_TOKEN_NULL && value->kind == ECP_JSON_NULL && text == NULL);
	}
}

/* What the flat reader takes and a plain enough document that it leaves; which of both. */
static int
try_document(const char *json, size_t size)
{
	EcpJsonMember members[ECP_JSON_FLAT_NAMES];
	Parsed		parsed;
	int			count = ecp_core_json_flat(json, size, members);

	if (count == 0)
		return 0;
	demand(count <= ECP_JSON_FLAT_NAMES);
	demand(parse(json, size, &parsed) && parsed.flat && parsed.count == count);
	for (int i = 0; i < count; i++)
	{
		demand(same_text(&members[i].name, parsed.names[i]));
		try_value(&members[i].value, parsed.values[i], parsed.types[i]);
		for (int j = 0; j < i; j++)
			demand(strcmp(parsed.names[i], parsed.names[j]) != 0);
	}
	return count;
}

/* The same members with other spaces are as many; cut short, or with more behind, they are none. */
static void
try_again(const char *json, size_t size)
{
	EcpJsonMember members[ECP_JSON_FLAT_NAMES];
	int			count = ecp_core_json_flat(json, size, members);
	size_t		most = 3 * size + 8 * ECP_JSON_FLAT_NAMES + 8;
	char	   *text = fuzz_room(most);
	char	   *end = text;

	for (int i = 0; i < count; i++)
	{
		const EcpJsonMember *member = &members[i];
		const char *quote = member->value.kind == ECP_JSON_STRING ? "\"" : "";

		end += sprintf(end, "%s\"%.*s\"\t: %s%.*s%s\n", i == 0 ? "{" : " ,", (int) member->name.length, member->name.start,
					   quote, (int) member->value.length, member->value.start, quote);
	}
	end += sprintf(end, "}");
	demand(try_document(text, (size_t) (end - text)) == count);
	for (char *cut = text; cut < end; cut++)
		demand(ecp_core_json_flat(text, (size_t) (cut - text), members) == 0);
	*end++ = '}';
	demand(ecp_core_json_flat(text, (size_t) (end - text), members) == 0);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = fuzz_copy(data, size);

	if (try_document(exact, size) > 0)
		try_again(exact, size);
	free(exact);
	return 0;
}
