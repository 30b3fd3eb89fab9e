/*
 * Reading a few fields out of untrusted JSON; see json.h.
 *
 * The server's parser recurses, and checks its stack by raising an error; so a
 * plain scan refuses deep nesting before the parser sees it.  What the parser
 * allocates lives in a context of its own, dropped at the end, and copies of
 * values in it are zeroed, because key files are read with the same code.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "common/json.h"

/* What the parser's callbacks share. */
typedef struct Reader
{
	JsonLexContext *lex;
	MemoryContext result;		/* where picked values go */
	bool		array;			/* reading elements, not fields */
	EcpJsonField *slots;
	int			nslots;
	int			used;			/* elements read */
	const char *names[ECP_JSON_MAX_NAMES];
	int			nnames;
	EcpJsonField *current;		/* slot of the value being read, or NULL */
	const char *start;			/* where that value starts */
	int			depth;
	bool		bad;
} Reader;

/* The four hexadecimal digits after "\u" name a character beyond ASCII. */
static bool
escape_beyond_ascii(const char *digits, const char *end)
{
	return end - digits < 4 || digits[0] != '0' || digits[1] != '0' || digits[2] < '0' || digits[2] > '7';
}

/* Refuses what would make the server's parser raise: depth, and escapes it cannot convert. */
bool
ecp_json_is_safe(const char *json, int len)
{
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	bool		in_string = false;
	int			depth = 0;
	const char *end = json + len;

	for (const char *p = json; p < end; p++)
	{
		if (in_string && *p == '\\')
		{
			p++;
			if (p < end && *p == 'u' && !utf8 && escape_beyond_ascii(p + 1, end))
				return false;
		}
		else if (*p == '"')
			in_string = !in_string;
		else if (!in_string && (*p == '{' || *p == '['))
		{
			if (++depth > ECP_JSON_MAX_DEPTH)
				return false;
		}
		else if (!in_string && (*p == '}' || *p == ']'))
			depth--;
	}
	return true;
}

static EcpJsonKind
kind_of(JsonTokenType token)
{
	switch (token)
	{
		case JSON_TOKEN_STRING:
			return ECP_JSON_STRING;
		case JSON_TOKEN_NUMBER:
			return ECP_JSON_NUMBER;
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
			return ECP_JSON_BOOL;
		case JSON_TOKEN_NULL:
			return ECP_JSON_NULL;
		default:
			return ECP_JSON_COMPOUND;
	}
}

static void
object_start(void *state)
{
	Reader	   *reader = state;

	if (reader->depth++ == 0 && reader->array)
		reader->bad = true;
}

static void
array_start(void *state)
{
	Reader	   *reader = state;

	if (reader->depth++ == 0 && !reader->array)
		reader->bad = true;
}

static void
compound_end(void *state)
{
	((Reader *) state)->depth--;
}

/* Notes that the value about to be read belongs to a slot. */
static void
value_start(Reader *reader, EcpJsonField *slot)
{
	reader->current = slot;
	reader->start = reader->lex->token_start;
	slot->kind = kind_of(reader->lex->token_type);
}

/* Completes a compound value: a scalar was completed by scalar(). */
static void
value_end(Reader *reader)
{
	if (reader->depth != 1 || reader->current == NULL)
		return;
	if (reader->current->kind == ECP_JSON_COMPOUND)
	{
		reader->current->value = reader->start;
		reader->current->length = reader->lex->prev_token_terminator - reader->start;
	}
	reader->current = NULL;
}

static void
field_start(void *state, char *name, bool isnull)
{
	Reader	   *reader = state;

	(void) isnull;
	if (reader->depth != 1 || reader->bad)
		return;
	for (int i = 0; i < reader->nnames; i++)
		if (strcmp(reader->names[i], name) == 0)
			reader->bad = true;
	if (reader->nnames == ECP_JSON_MAX_NAMES)
		reader->bad = true;
	if (reader->bad)
		return;
	reader->names[reader->nnames++] = name;
	for (int i = 0; i < reader->nslots; i++)
		if (strcmp(reader->slots[i].name, name) == 0)
			value_start(reader, &reader->slots[i]);
}

static void
field_end(void *state, char *name, bool isnull)
{
	(void) name;
	(void) isnull;
	value_end(state);
}

static void
element_start(void *state, bool isnull)
{
	Reader	   *reader = state;

	(void) isnull;
	if (reader->depth != 1 || reader->bad)
		return;
	if (reader->used == reader->nslots)
		reader->bad = true;
	else
		value_start(reader, &reader->slots[reader->used++]);
}

static void
element_end(void *state, bool isnull)
{
	(void) isnull;
	value_end(state);
}

static void
scalar(void *state, char *token, JsonTokenType type)
{
	Reader	   *reader = state;
	size_t		length = strlen(token);

	if (reader->depth == 0)
		reader->bad = true;
	else if (reader->depth == 1 && reader->current != NULL && type != JSON_TOKEN_NULL)
	{
		reader->current->value = MemoryContextStrdup(reader->result, token);
		reader->current->length = length;
	}
	explicit_bzero(token, length);
}

/* Runs the parser over the document; the reader says what to keep. */
static EcpJsonStatus
parse(const char *json, int len, Reader *reader)
{
	MemoryContext work;
	MemoryContext old;
	JsonSemAction actions = {
		.semstate = reader,
		.object_start = object_start,
		.object_end = compound_end,
		.array_start = array_start,
		.array_end = compound_end,
		.scalar = scalar
	};

	for (int i = 0; i < reader->nslots; i++)
	{
		reader->slots[i].kind = ECP_JSON_ABSENT;
		reader->slots[i].value = NULL;
		reader->slots[i].length = 0;
	}
	if (!ecp_json_is_safe(json, len))
		return ECP_JSON_BAD;
	if (reader->array)
	{
		actions.array_element_start = element_start;
		actions.array_element_end = element_end;
	}
	else
	{
		actions.object_field_start = field_start;
		actions.object_field_end = field_end;
	}
	work = AllocSetContextCreate(CurrentMemoryContext, "ecopanier json", ALLOCSET_SMALL_SIZES);
	reader->result = old = MemoryContextSwitchTo(work);
	reader->lex = makeJsonLexContextCstringLen(unconstify(char *, json), len, GetDatabaseEncoding(), true);
	enlargeStringInfo(reader->lex->strval, len);	/* grows no more: no stray copy of a secret */
	if (pg_parse_json(reader->lex, &actions) != JSON_SUCCESS)
		reader->bad = true;
	explicit_bzero(reader->lex->strval->data, reader->lex->strval->maxlen);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	return reader->bad ? ECP_JSON_BAD : ECP_JSON_OK;
}

/* Gives the field the member's value. */
static void
take_member(EcpJsonField *field, const EcpJsonSpan *value)
{
	field->kind = value->kind;
	if (value->kind == ECP_JSON_NULL)
		return;
	field->value = pnstrdup(value->start, value->length);
	field->length = (int) value->length;
}

/* Reads a flat document; false, with nothing copied, where the parser has to. */
static bool
read_flat(const char *json, int len, EcpJsonField *fields, int n)
{
	EcpJsonMember members[ECP_JSON_FLAT_NAMES];
	int			count = ecp_core_json_flat(json, len, members);

	for (int i = 0; count > 0 && i < n; i++)
	{
		size_t		length = strlen(fields[i].name);

		fields[i] = (EcpJsonField) {.name = fields[i].name, .kind = ECP_JSON_ABSENT};
		for (int j = 0; j < count; j++)
			if (members[j].name.length == length && memcmp(members[j].name.start, fields[i].name, length) == 0)
				take_member(&fields[i], &members[j].value);
	}
	return count > 0;
}

EcpJsonStatus
ecp_json_fields(const char *json, int len, EcpJsonField *fields, int n)
{
	Reader		reader = {.slots = fields, .nslots = n};

	if (read_flat(json, len, fields, n))
		return ECP_JSON_OK;
	return parse(json, len, &reader);
}

EcpJsonStatus
ecp_json_elements(const char *json, int len, EcpJsonField *elements, int max, int *count)
{
	Reader		reader = {.array = true, .slots = elements, .nslots = max};
	EcpJsonStatus status = parse(json, len, &reader);

	*count = reader.used;
	return status;
}

void
ecp_json_append_value(StringInfo json, Oid type, Datum value, bool isnull)
{
	char		time[MAXDATELEN + 1];
	Oid			output;
	bool		varlena;

	if (isnull)
	{
		appendStringInfoString(json, "null");
		return;
	}
	switch (type)
	{
		case BOOLOID:
			appendStringInfoString(json, DatumGetBool(value) ? "true" : "false");
			break;
		case INT4OID:
			appendStringInfo(json, "%d", DatumGetInt32(value));
			break;
		case DATEOID:
		case TIMESTAMPTZOID:
			escape_json(json, JsonEncodeDateTime(time, value, type, NULL));
			break;
		default:
			getTypeOutputInfo(type, &output, &varlena);
			escape_json(json, OidOutputFunctionCall(output, value));
	}
}
