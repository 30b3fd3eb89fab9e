/*
 * French words without accents, case and endings.
 *
 * A document and a query go through the same two steps.  First they are folded:
 * decomposed as Unicode says (NFKD), accents dropped, ligatures written out,
 * apostrophes made blanks.  Then the server's configuration "french" leaves out
 * words that tell nothing and cuts endings.  Folding comes first, so that
 * "gelees" finds "gelées": the stems of both are cut from the same letters.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/unicode_norm.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "tsearch/ts_utils.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "find/words.h"

PG_FUNCTION_INFO_V1(ecp_search_words);

/* Letters that Unicode does not take apart, and signs that part words. */
static const struct
{
	pg_wchar	letter;
	const char *folded;
}			folds[] = {
	{0x00C6, "AE"}, {0x00D0, "D"}, {0x00D8, "O"}, {0x00DE, "TH"}, {0x00DF, "ss"}, {0x00E6, "ae"}, {0x00F0, "d"}, {0x00F8, "o"},
	{0x00FE, "th"}, {0x0110, "D"}, {0x0111, "d"}, {0x0131, "i"}, {0x0141, "L"}, {0x0142, "l"}, {0x0152, "OE"}, {0x0153, "oe"},
	{'\'', " "}, {'`', " "}, {0x00AB, " "}, {0x00B4, " "}, {0x00BB, " "}, {0x02B9, " "}, {0x02BC, " "}, {0x2010, "-"}, {0x2011, "-"},
	{0x2018, " "}, {0x2019, " "}, {0x201A, " "}, {0x201B, " "}, {0x201C, "\""}, {0x201D, "\""}, {0x201E, "\""}, {0x2032, " "},
	{0x2044, "/"}
};

static void
append_folded(StringInfo folded, pg_wchar letter)
{
	unsigned char bytes[MAX_MULTIBYTE_CHAR_LEN + 1] = {0};
	size_t		i;

	if (letter >= 0x0300 && letter <= 0x036F)
		return;					/* an accent */
	for (i = 0; i < lengthof(folds); i++)
		if (folds[i].letter == letter)
		{
			appendStringInfoString(folded, folds[i].folded);
			return;
		}
	if (letter >= 0x80 && GetDatabaseEncoding() != PG_UTF8)
		letter = ' ';			/* no letter of French; it might not exist there */
	unicode_to_utf8(letter, bytes);
	appendBinaryStringInfo(folded, (char *) bytes, pg_utf_mblen(bytes));
}

/* Appends a text of the database's encoding, folded. */
static void
fold(StringInfo folded, const char *given, int length)
{
	char	   *utf8 = pg_server_to_any(given, length, PG_UTF8);
	pg_wchar   *letters;
	pg_wchar   *letter;

	if (utf8 != given)
		length = strlen(utf8);
	letters = palloc((length + 1) * sizeof(pg_wchar));
	letters[pg_encoding_mb2wchar_with_len(PG_UTF8, utf8, letters, length)] = 0;
	for (letter = unicode_normalize(UNICODE_NFKD, letters); *letter; letter++)
		append_folded(folded, *letter);
}

/* Looked up each time: somebody may make it anew. */
static Datum
french(void)
{
	return ObjectIdGetDatum(get_ts_config_oid(list_make2(makeString("pg_catalog"), makeString("french")), false));
}

Datum
ecp_search_words(PG_FUNCTION_ARGS)
{
	Datum	   *parts;
	bool	   *nulls;
	int			count;
	int			i;
	StringInfoData folded;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &parts, &nulls, &count);
	initStringInfo(&folded);
	for (i = 0; i < count; i++)
		if (!nulls[i])
		{
			text	   *part = DatumGetTextPP(parts[i]);

			fold(&folded, VARDATA_ANY(part), VARSIZE_ANY_EXHDR(part));
			appendStringInfoChar(&folded, '\n');
		}
	PG_RETURN_DATUM(DirectFunctionCall2(to_tsvector_byid, french(), CStringGetTextDatum(folded.data)));
}

TSQuery
ecp_words_asked(const char *query)
{
	StringInfoData folded;

	initStringInfo(&folded);
	fold(&folded, query, strlen(query));
	return DatumGetTSQuery(DirectFunctionCall2(websearch_to_tsquery_byid, french(), CStringGetTextDatum(folded.data)));
}

bool
ecp_words_match(Datum words, TSQuery query)
{
	return DatumGetBool(DirectFunctionCall2(ts_match_vq, words, TSQueryGetDatum(query)));
}
