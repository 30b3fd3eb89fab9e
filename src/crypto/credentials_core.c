/*
 * The credentials file as text; see credentials_core.h.
 */
#include "crypto/credentials_core.h"

#include <string.h>

/* A line, split; both lengths are 0 where it is empty or a comment. */
typedef struct Line
{
	const char *name;
	size_t		name_len;
	const char *value;
	size_t		value_len;
} Line;

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The end of the line that begins at p: its newline, or the end of the text. */
static const char *
line_end(const char *p, const char *end)
{
	const char *newline = p < end ? memchr(p, '\n', (size_t) (end - p)) : NULL;

	return newline ? newline : end;
}

/* Splits the line between p and end; false where it is not one. */
static bool
read_line(const char *p, const char *end, Line *out)
{
	memset(out, 0, sizeof(*out));
	while (end > p && is_blank(end[-1]))
		end--;
	if (p == end || *p == '#')
		return true;
	out->name = p;
	while (p < end && is_name(*p))
		p++;
	out->name_len = (size_t) (p - out->name);
	while (p < end && is_blank(*p))
		p++;
	out->value = p;
	out->value_len = (size_t) (end - p);
	for (; p < end; p++)
		if ((unsigned char) *p < ' ' || *p == 0x7f)
			return false;
	return out->name_len > 0 && out->name_len <= ECP_CREDENTIAL_NAME_MAX &&
		out->value > out->name + out->name_len &&
		out->value_len > 0 && out->value_len <= ECP_CREDENTIAL_VALUE_MAX;
}

/* Finds the first line of a name, up to end. */
static bool
find(const char *p, const char *end, const char *name, size_t name_len, Line *out)
{
	while (p < end)
	{
		const char *stop = line_end(p, end);

		if (read_line(p, stop, out) && out->name_len == name_len && memcmp(out->name, name, name_len) == 0)
			return true;
		p = stop + 1;
	}
	return false;
}

int
ecp_core_credentials_fault(const char *text, size_t len)
{
	const char *end = text + len;
	int			number = 0;
	Line		line;
	Line		other;

	for (const char *p = text; p < end; p = line_end(p, end) + 1)
	{
		number++;
		if (!read_line(p, line_end(p, end), &line))
			return number;
		if (line.name_len > 0 && find(text, p, line.name, line.name_len, &other))
			return number;
	}
	return 0;
}

bool
ecp_core_credential(const char *text, size_t len, const char *name, const char **value, size_t *value_len)
{
	size_t		name_len = strlen(name);
	Line		line;

	if (name_len == 0 || !find(text, text + len, name, name_len, &line))
		return false;
	*value = line.value;
	*value_len = line.value_len;
	return true;
}
