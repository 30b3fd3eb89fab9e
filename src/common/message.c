/*
 * message.c
 *	  What a person is told: the catalogue's sentences with their values.
 *
 * lc_messages belongs to the operator and is one per server, so the texts of
 * ereport() cannot serve readers of four languages.  A client shows
 * message(code, language, args) instead, with the code that it received.
 *
 * A template is text with optional parts, [...], that hold placeholders,
 * %{name}; message_catalogue.c says why.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "common/errors.h"
#include "common/message_catalogue.h"

/*
 * Marks around a value in a text that runs from right to left.  Without them
 * the parts of "2026-11-22" change places after an Arabic word.
 */
#define FIRST_STRONG_ISOLATE	"\u2068"
#define POP_DIRECTIONAL_ISOLATE	"\u2069"

typedef struct EcpErrorEntry
{
	char		code[6];
	const char *name;
	const char *meaning;
} EcpErrorEntry;

#define ERROR_ENTRY(NAME, a, b, c, d, e, name, meaning) \
	{{a, b, c, d, e, '\0'}, name, meaning},

static const EcpErrorEntry error_entries[] = {ECP_ERRORS(ERROR_ENTRY)};

#undef ERROR_ENTRY

PG_FUNCTION_INFO_V1(ecp_message);
PG_FUNCTION_INFO_V1(ecp_message_catalogue);
PG_FUNCTION_INFO_V1(ecp_error_code);

/* The entries of refusals and verdicts, then those of events; NULL after the last. */
static const EcpMessage *
message_at(int i)
{
	if (i < ecp_message_count)
		return &ecp_messages[i];
	return i < ecp_message_count + ecp_notice_count ? &ecp_notices[i - ecp_message_count] : NULL;
}

/* Finds a code's entry, or raises 22023. */
static const EcpMessage *
find_message(const text *code)
{
	const char *wanted = VARDATA_ANY(code);
	size_t		length = VARSIZE_ANY_EXHDR(code);
	const EcpMessage *message;

	for (int i = 0; (message = message_at(i)) != NULL; i++)
	{
		if (strlen(message->code) == length && memcmp(message->code, wanted, length) == 0)
			return message;
	}

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("no message has the code \"%.*s\"",
					pg_mbcliplen(wanted, length, 64), wanted),
			 errhint("ecopanier.message_catalogue() lists the codes.")));
	return NULL;				/* keeps the compiler quiet */
}

/*
 * Finds a language by its primary subtag, so that fr, fr-FR and FR_fr are the
 * same; the first language serves for NULL and for those without a catalogue.
 */
static int
find_language(const text *tag)
{
	const char *wanted;
	size_t		length;
	size_t		primary = 0;

	if (tag == NULL)
		return 0;

	wanted = VARDATA_ANY(tag);
	length = VARSIZE_ANY_EXHDR(tag);
	while (primary < length && wanted[primary] != '-' && wanted[primary] != '_')
		primary++;

	for (int i = 0; i < ECP_MESSAGE_LANGUAGES; i++)
	{
		const char *known = ecp_message_languages[i].code;

		if (strlen(known) == primary && pg_strncasecmp(known, wanted, primary) == 0)
			return i;
	}
	return 0;
}

/* Gives a template in the database's encoding. */
static char *
server_text(const char *utf8)
{
	return pg_any_to_server(utf8, strlen(utf8), PG_UTF8);
}

/* Adds a placeholder's value; says false where args has none, or an empty one. */
static bool
append_value(StringInfo out, const char *name, int length, Jsonb *args, bool right_to_left)
{
	JsonbValue *value = NULL;
	bool		isolate = right_to_left && GetDatabaseEncoding() == PG_UTF8;

	if (args != NULL)
		value = getKeyJsonValueFromContainer(&args->root, name, length, NULL);
	if (value == NULL || value->type == jbvNull ||
		(value->type == jbvString && value->val.string.len == 0))
		return false;

	if (isolate)
		appendStringInfoString(out, FIRST_STRONG_ISOLATE);
	if (value->type == jbvString)
		appendBinaryStringInfo(out, value->val.string.val, value->val.string.len);
	else if (value->type == jbvNumeric)
		appendStringInfoString(out, DatumGetCString(DirectFunctionCall1(numeric_out,
																		NumericGetDatum(value->val.numeric))));
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("value of \"%.*s\" is neither a string nor a number", length, name),
				 errhint("Format it as the person should read it.")));
	if (isolate)
		appendStringInfoString(out, POP_DIRECTIONAL_ISOLATE);
	return true;
}

/*
 * Writes a template with its values.  A value is copied as it is: brackets and
 * placeholders in it mean nothing.
 */
static void
render(StringInfo out, const char *template, Jsonb *args, bool right_to_left)
{
	int			part_start = 0;
	bool		part_complete = true;

	for (const char *p = template; *p != '\0'; p++)
	{
		if (*p == '[')
		{
			part_start = out->len;
			part_complete = true;
		}
		else if (*p == ']')
		{
			if (!part_complete)
			{
				out->len = part_start;
				out->data[out->len] = '\0';
			}
		}
		else if (p[0] == '%' && p[1] == '{')
		{
			const char *name = p + 2;
			const char *end = strchr(name, '}');

			if (end == NULL)
				elog(ERROR, "unterminated placeholder in \"%s\"", template);
			if (!append_value(out, name, end - name, args, right_to_left))
				part_complete = false;
			p = end;
		}
		else
			appendStringInfoChar(out, *p);
	}
}

/* message(code, language, args): NULL for a NULL code alone. */
Datum
ecp_message(PG_FUNCTION_ARGS)
{
	const EcpMessage *message;
	Jsonb	   *args = NULL;
	int			language;
	StringInfoData out;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	message = find_message(PG_GETARG_TEXT_PP(0));
	language = find_language(PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1));

	if (!PG_ARGISNULL(2))
		args = PG_GETARG_JSONB_P(2);
	if (args != NULL && !JB_ROOT_IS_OBJECT(args))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("args is not a JSON object"),
				 errhint("Give the values by name, for example {\"left\": 3}.")));

	if (message->text[language] == NULL)
		elog(ERROR, "no message for \"%s\" in language \"%s\"",
			 message->code, ecp_message_languages[language].code);

	initStringInfo(&out);
	render(&out, server_text(message->text[language]), args,
		   ecp_message_languages[language].right_to_left);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* Adds a row of texts to a set-returning function's result. */
static void
put_texts(ReturnSetInfo *result, const char *a, const char *b, const char *c)
{
	Datum		values[3] = {CStringGetTextDatum(a), CStringGetTextDatum(b), CStringGetTextDatum(c)};
	bool		nulls[3] = {false, false, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* message_catalogue(): each template in each language, in the order written. */
Datum
ecp_message_catalogue(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const EcpMessage *message;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; (message = message_at(i)) != NULL; i++)
	{
		for (int j = 0; j < ECP_MESSAGE_LANGUAGES; j++)
		{
			const char *template = message->text[j];

			if (template != NULL)
				put_texts(result, message->code, ecp_message_languages[j].code,
						  server_text(template));
		}
	}
	return (Datum) 0;
}

/* error_code(): the codes of class ZE with their names and meanings. */
Datum
ecp_error_code(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < (int) lengthof(error_entries); i++)
		put_texts(result, error_entries[i].code, error_entries[i].name,
				  error_entries[i].meaning);
	return (Datum) 0;
}
