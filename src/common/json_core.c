/*
 * The flat reader; see json_core.h.
 */
#include <string.h>

#include "common/json_core.h"

#define MAX_DIGITS 15

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Reads a text without escapes; the character after it, or NULL. */
static const char *
read_text(const char *p, const char *end, EcpJsonSpan *out)
{
	if (p == end || *p++ != '"')
		return NULL;
	out->kind = ECP_JSON_STRING;
	out->start = p;
	while (p < end && *p != '"' && *p != '\\' && (unsigned char) *p >= ' ')
		p++;
	out->length = (size_t) (p - out->start);
	return p < end && *p == '"' ? p + 1 : NULL;
}

/* Reads a whole number, or a word; the character after it, or NULL. */
static const char *
read_scalar(const char *p, const char *end, EcpJsonSpan *out)
{
	static const struct
	{
		const char *text;
		EcpJsonKind kind;
	}			words[] = {{"true", ECP_JSON_BOOL}, {"false", ECP_JSON_BOOL}, {"null", ECP_JSON_NULL}};

	out->start = p;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
	{
		out->length = strlen(words[i].text);
		out->kind = words[i].kind;
		if ((size_t) (end - p) > out->length && memcmp(p, words[i].text, out->length) == 0)
			return p + out->length;
	}
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	out->length = (size_t) (p - out->start);
	out->kind = ECP_JSON_NUMBER;
	if (out->length == 0 || out->length > MAX_DIGITS || (*out->start == '0' && out->length > 1))
		return NULL;
	return p;
}

/* Reads a name and its value; what comes behind, or NULL. */
static const char *
read_member(const char *p, const char *end, EcpJsonMember *out)
{
	p = read_text(skip_space(p, end), end, &out->name);
	if (p == NULL || (p = skip_space(p, end)) == end || *p != ':')
		return NULL;
	p = skip_space(p + 1, end);
	p = p < end && *p == '"' ? read_text(p, end, &out->value) : read_scalar(p, end, &out->value);
	return p ? skip_space(p, end) : NULL;
}

/* Whether the last of the names is among the others. */
static bool
is_twice(const EcpJsonMember *members, int count)
{
	const EcpJsonSpan *last = &members[count - 1].name;

	for (int i = 0; i < count - 1; i++)
		if (members[i].name.length == last->length && memcmp(members[i].name.start, last->start, last->length) == 0)
			return true;
	return false;
}

int
ecp_core_json_flat(const char *json, size_t length, EcpJsonMember members[ECP_JSON_FLAT_NAMES])
{
	const char *end = json + length;
	const char *p = skip_space(json, end);
	int			count = 0;

	if (p == end || *p != '{')
		return 0;
	do
	{
		p = read_member(p + 1, end, &members[count]);
		if (p == NULL || is_twice(members, ++count))
			return 0;
	} while (p < end && *p == ',' && count < ECP_JSON_FLAT_NAMES);
	return p < end && *p == '}' && skip_space(p + 1, end) == end ? count : 0;
}
