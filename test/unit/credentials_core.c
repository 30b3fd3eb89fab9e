/*
 * credentials_core.c
 *		Unit tests of the credentials file's text.
 *
 * cores: src/crypto/credentials_core.c
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/credentials_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A text and the line that is wrong in it, 0 where none is. */
static const struct
{
	const char *text;
	int			fault;
	const char *says;
}			texts[] = {
	{"", 0, "an empty file"},
	{"\n\n# a comment\n   \n", 0, "comments and empty lines"},
	{"gemini_api_key AIza-1\n", 0, "one line"},
	{"gemini_api_key AIza-1", 0, "a last line without newline"},
	{"a 1\r\nb 2\r\n", 0, "lines of another system"},
	{"a\tx y  z \nb  2\n", 0, "a value with blanks in it"},
	{"a 1\nb 2\na 3\n", 3, "a name twice"},
	{"a 1\nb\n", 2, "a name without value"},
	{"a 1\nb   \n", 2, "a name with blanks behind it"},
	{" a 1\n", 1, "a blank before the name"},
	{"A 1\n", 1, "a capital letter in a name"},
	{"a-b 1\n", 1, "a hyphen in a name"},
	{"a=1\n", 1, "an equals sign"},
	{"a 1\x01\n", 1, "a control character"},
	{"a 1\x7f" "2\n", 1, "a delete character"},
	{"a 1\r2\n", 1, "a carriage return inside a value"},
	{"a caf\xc3\xa9\n", 0, "bytes beyond ASCII"}
};

static void
test_texts(void)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		tap_ok(ecp_core_credentials_fault(texts[i].text, strlen(texts[i].text)) == texts[i].fault,
			   "%s: line %d", texts[i].says, texts[i].fault);
	tap_ok(ecp_core_credentials_fault("a 1\0x\n", 6) == 1, "a zero byte: line 1");
}

/* Whether the value of a name is this; NULL: there is none. */
static bool
holds(const char *text, const char *name, const char *expected)
{
	const char *value;
	size_t		len;

	if (!ecp_core_credential(text, strlen(text), name, &value, &len))
		return expected == NULL;
	return expected != NULL && len == strlen(expected) && memcmp(value, expected, len) == 0;
}

static void
test_values(void)
{
	const char *text = "# ab 0\nab 1\na \t x y  \r\nabc 3";

	tap_ok(holds(text, "ab", "1"), "a value is found by its whole name");
	tap_ok(holds(text, "a", "x y"), "blanks around a value do not count, those inside do");
	tap_ok(holds(text, "abc", "3"), "the last line is found");
	tap_ok(holds(text, "b", NULL) && holds(text, "", NULL) && holds(text, "# ab", NULL), "other names have no value");
	tap_ok(holds("", "a", NULL), "an empty file has no value");
}

static void
test_lengths(void)
{
	char		text[ECP_CREDENTIAL_NAME_MAX + ECP_CREDENTIAL_VALUE_MAX + 4];

	for (int more = 0; more < 2; more++)
	{
		memset(text, 'a', sizeof(text));
		text[ECP_CREDENTIAL_NAME_MAX + more] = ' ';
		tap_ok(ecp_core_credentials_fault(text, ECP_CREDENTIAL_NAME_MAX + more + 2) == more, "a name of %d bytes",
			   ECP_CREDENTIAL_NAME_MAX + more);
		memset(text, 'a', sizeof(text));
		text[1] = ' ';
		tap_ok(ecp_core_credentials_fault(text, ECP_CREDENTIAL_VALUE_MAX + more + 2) == more, "a value of %d bytes",
			   ECP_CREDENTIAL_VALUE_MAX + more);
	}
}

int
main(void)
{
	test_texts();
	test_values();
	test_lengths();
	return tap_failed != 0;
}
