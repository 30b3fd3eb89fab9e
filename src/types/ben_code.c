/*
 * ben_code.c
 *		The type ben_code: input, output, casts and operators.
 *
 * ben_code_core.h says what a code is; here are only the entry points.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "types/ben_code_core.h"
#include "types/fixed8.h"

PG_FUNCTION_INFO_V1(ecp_ben_code_in);
PG_FUNCTION_INFO_V1(ecp_ben_code_out);
PG_FUNCTION_INFO_V1(ecp_ben_code_recv);
PG_FUNCTION_INFO_V1(ecp_ben_code_send);
PG_FUNCTION_INFO_V1(ecp_ben_code_to_text);
PG_FUNCTION_INFO_V1(ecp_ben_code_from_text);
PG_FUNCTION_INFO_V1(ecp_ben_code_year);

ECP_FIXED8_FUNCTIONS(ben_code)

/* Says in an error's detail what is wrong with a text. */
static int
detail_of(EcpBenCodeVerdict verdict, size_t length)
{
	switch (verdict)
	{
		case ECP_BEN_CODE_BAD_LENGTH:
			return errdetail("A ben_code has %d characters; %zu bytes were given.",
							 ECP_BEN_CODE_LENGTH, length);
		case ECP_BEN_CODE_BAD_YEAR:
			return errdetail("The year is between %d and %d.",
							 ECP_BEN_CODE_YEAR_MIN, ECP_BEN_CODE_YEAR_MAX);
		case ECP_BEN_CODE_BAD_CHARACTER:
			return errdetail("The last five characters are all digits, or all of \"%s\".",
							 ECP_BEN_CODE_ALPHABET);
		default:
			return errdetail("A ben_code is four digits, \"-BEN-\" and five characters.");
	}
}

/* Reads a code or raises 22P02 with the text given. */
static int64
parse_or_raise(const char *text, size_t length)
{
	int64_t		code = 0;
	EcpBenCodeVerdict verdict = ecp_ben_code_parse(text, length, &code);

	if (verdict != ECP_BEN_CODE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "ben_code",
						ecp_types_quotable(text, length)),
				 detail_of(verdict, length),
				 errhint("Copy it as printed: YYYY-BEN-XXXXX in upper case, without spaces; a code with letters has no 0, 1, I, L or O.")));
	return code;
}

Datum
ecp_ben_code_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);

	PG_RETURN_INT64(parse_or_raise(text, strlen(text)));
}

Datum
ecp_ben_code_out(PG_FUNCTION_ARGS)
{
	char	   *text = palloc(ECP_BEN_CODE_LENGTH + 1);

	ecp_ben_code_format(PG_GETARG_INT64(0), text);
	PG_RETURN_CSTRING(text);
}

/* Takes the int64 of ben_code_core.h, most significant byte first. */
Datum
ecp_ben_code_recv(PG_FUNCTION_ARGS)
{
	int64		code = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));

	if (!ecp_ben_code_valid(code))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary value for type %s", "ben_code"),
				 errdetail("No code is stored as %016" INT64_MODIFIER "x.",
						   (uint64) code),
				 errhint("Send the eight bytes that ben_code_send gives, or the text.")));
	PG_RETURN_INT64(code);
}

Datum
ecp_ben_code_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, (uint64) PG_GETARG_INT64(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

Datum
ecp_ben_code_to_text(PG_FUNCTION_ARGS)
{
	char		text[ECP_BEN_CODE_LENGTH + 1];

	ecp_ben_code_format(PG_GETARG_INT64(0), text);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text, ECP_BEN_CODE_LENGTH));
}

Datum
ecp_ben_code_from_text(PG_FUNCTION_ARGS)
{
	text	   *given = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT64(parse_or_raise(VARDATA_ANY(given),
								   VARSIZE_ANY_EXHDR(given)));
}

Datum
ecp_ben_code_year(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(ecp_ben_code_get_year(PG_GETARG_INT64(0)));
}
