/*
 * csv_core.c
 *		Unit tests of the reader of comma separated values.
 *
 * cores: src/territory/csv_core.c
 */
#include <stdlib.h>
#include <string.h>

#include "territory/csv_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * What was read, as text: "2-3[a|b]" is a record of lines 2 to 3 with fields a
 * and b, "4?" a line given up for a quote never closed, "5!" for a stray one.
 */
typedef struct Case
{
	const char *about;
	const char *text;
	const char *read;
} Case;

static const Case cases[] = {
	{"nothing", "", ""},
	{"a byte order mark alone", "\xEF\xBB\xBF", ""},
	{"half a byte order mark is text", "\xEF\xBB", "1-1[\xEF\xBB]"},
	{"the byte order mark is no part of the first field", "\xEF\xBB\xBF" "a,b\n", "1-1[a|b]"},
	{"a byte order mark before a quote", "\xEF\xBB\xBF\"a\"\n", "1-1[a]"},
	{"a second byte order mark is text", "\xEF\xBB\xBF\xEF\xBB\xBF", "1-1[\xEF\xBB\xBF]"},
	{"one field without an end of line", "a", "1-1[a]"},
	{"empty fields", ",,\n", "1-1[||]"},
	{"an empty last field without an end of line", "a,", "1-1[a|]"},
	{"LF", "a,b\nc,d\n", "1-1[a|b]2-2[c|d]"},
	{"CRLF", "a,b\r\nc,d\r\n", "1-1[a|b]2-2[c|d]"},
	{"a CR at the very end ends a line", "a\r", "1-1[a]"},
	{"a CR elsewhere is text", "a\rb,c\r\r\n", "1-1[a\rb|c\r]"},
	{"empty lines are passed over and counted", "\na\n\n\r\nb\n\n", "2-2[a]5-5[b]"},
	{"spaces are text", " a , b \n \n", "1-1[ a | b ]2-2[ ]"},
	{"a quoted field", "\"a\",b\n", "1-1[a|b]"},
	{"an empty quoted field", "\"\"\n", "1-1[]"},
	{"a quoted comma", "\"a,b\",c\n", "1-1[a,b|c]"},
	{"a doubled quote", "\"say \"\"no\"\"\",c\n", "1-1[say \"no\"|c]"},
	{"nothing but doubled quotes", "\"\"\"\"\"\"\n", "1-1[\"\"]"},
	{"a quoted line break", "\"a\nb\",c\nd,e\n", "1-2[a\nb|c]3-3[d|e]"},
	{"a quoted CRLF", "\"a\r\n\r\nb\"\r\nd\r\n", "1-3[a\r\n\r\nb]4-4[d]"},
	{"a closing quote at the very end", "a,\"b\"", "1-1[a|b]"},
	{"a quote never closed costs its line alone", "a\n\"b,c\nd,e\n", "1-1[a]2?3-3[d|e]"},
	{"a quote opened at the very end", "a\nb,\"", "1-1[a]2?"},
	{"a doubled quote does not close", "\"a\"\"\nb\n", "1?2-2[b]"},
	{"text behind a closing quote", "\"a\"b,c\nd\n", "1!2-2[d]"},
	{"a space behind a closing quote", "\"a\" ,c\n", "1!"},
	{"a quote inside a bare field", "a\"b,c\nd\n", "1!2-2[d]"},
	{"a stray quote is given up up to its first line", "x,\"a\nb\"c\nd\n", "1!2!3-3[d]"},
	{"a quote that meets another far below", "a,\"b\nc,d\ne,f\n\"g\",h\n", "1!2-2[c|d]3-3[e|f]4-4[g|h]"},
	{"a stray quote in a CRLF file", "a\"\r\nb\r\n", "1!2-2[b]"}
};

/* Appends what the reader says about the text. */
static void
read_all(const char *text, size_t length, char *out)
{
	EcpCsvReader reader;
	EcpCsvRecord record;
	EcpCsvStatus status;

	ecp_csv_start(&reader, text, length);
	*out = '\0';
	while ((status = ecp_csv_next(&reader, &record)) != ECP_CSV_END)
	{
		if (status != ECP_CSV_RECORD)
		{
			out += sprintf(out, "%d%c", record.line, status == ECP_CSV_UNTERMINATED ? '?' : '!');
			continue;
		}
		out += sprintf(out, "%d-%d[", record.line, record.last_line);
		for (int i = 0; i < record.nfields; i++)
		{
			if (i > 0)
				*out++ = '|';
			out += ecp_csv_copy_field(&record.fields[i], out);
		}
		out += sprintf(out, "]");
	}
}

static void
check_cases(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
	{
		size_t		length = strlen(cases[i].text);
		char	   *text = malloc(length + 1);
		char		read[512];

		/* without a zero byte behind, so that reading too far is noticed */
		text = realloc(text, length > 0 ? length : 1);
		memcpy(text, cases[i].text, length);
		read_all(text, length, read);
		tap_ok(strcmp(read, cases[i].read) == 0, "%s", cases[i].about);
		free(text);
	}
}

static void
check_spans(void)
{
	static const char text[] = "a,b\r\n\"c\nd\",e\r\nf\"\r\n";
	EcpCsvReader reader;
	EcpCsvRecord record;

	ecp_csv_start(&reader, text, sizeof(text) - 1);
	ecp_csv_next(&reader, &record);
	tap_ok(record.start == text && record.length == 3, "a record's text is without the end of its line");
	ecp_csv_next(&reader, &record);
	tap_ok(record.start == text + 5 && record.length == 7, "a record's text runs over its lines");
	ecp_csv_next(&reader, &record);
	tap_ok(record.start == text + 14 && record.length == 2 && record.line == 4 && record.last_line == 4 &&
		   record.nfields == 0, "a line given up has its text and no fields");
	tap_ok(ecp_csv_next(&reader, &record) == ECP_CSV_END && ecp_csv_next(&reader, &record) == ECP_CSV_END,
		   "the end stays the end");
}

static void
check_many_fields(void)
{
	char		text[2 * ECP_CSV_MAX_FIELDS];
	EcpCsvReader reader;
	EcpCsvRecord record;

	memset(text, ',', sizeof(text));
	ecp_csv_start(&reader, text, sizeof(text));
	ecp_csv_next(&reader, &record);
	tap_ok(record.nfields == 2 * ECP_CSV_MAX_FIELDS + 1, "fields beyond those kept are counted");
}

static void
check_zero_bytes(void)
{
	EcpCsvReader reader;
	EcpCsvRecord record;

	ecp_csv_start(&reader, "a\0b,\0\n", 6);
	tap_ok(ecp_csv_next(&reader, &record) == ECP_CSV_RECORD && record.nfields == 2 &&
		   record.fields[0].length == 3 && record.fields[1].length == 1, "a zero byte is text");
}

/*
 * Repeats of lines that are given up, a million bytes each: searching the rest
 * of the text for each of them would not end in the suite's time.
 */
static void
check_long_searches(void)
{
	static const char *const lines[] = {"\"\n", "\"a\"\"\n", "a,\"\n\"\"\n", "\"\"\"\"\"\n", "a\"\n\"\n\"\",\"\n"};

	for (size_t i = 0; i < COUNT_OF(lines); i++)
	{
		size_t		line = strlen(lines[i]);
		size_t		length = 1000000 / line * line;
		char	   *text = malloc(length);
		int			records = 0;
		EcpCsvReader reader;
		EcpCsvRecord record;

		for (size_t at = 0; at < length; at += line)
			memcpy(text + at, lines[i], line);
		ecp_csv_start(&reader, text, length);
		while (ecp_csv_next(&reader, &record) != ECP_CSV_END)
			records++;
		tap_ok(records >= (int) (length / line / 2) && reader.position == length, "long searches, pattern %d", (int) i);
		free(text);
	}
}

int
main(void)
{
	check_cases();
	check_spans();
	check_many_fields();
	check_zero_bytes();
	check_long_searches();
	return tap_failed != 0;
}
