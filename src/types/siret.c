/*
 * siret.c
 *		The type siret: input, output, casts and operators.
 *
 * siret_core.h says what a number must satisfy; here are only the entry
 * points.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "types/fixed8.h"
#include "types/siret_core.h"

PG_FUNCTION_INFO_V1(ecp_siret_in);
PG_FUNCTION_INFO_V1(ecp_siret_out);
PG_FUNCTION_INFO_V1(ecp_siret_recv);
PG_FUNCTION_INFO_V1(ecp_siret_send);
PG_FUNCTION_INFO_V1(ecp_siret_to_text);
PG_FUNCTION_INFO_V1(ecp_siret_from_text);
PG_FUNCTION_INFO_V1(ecp_siret_siren);

ECP_FIXED8_FUNCTIONS(siret)

/* Says in an error's detail what is wrong with a text. */
static int
detail_of(EcpSiretVerdict verdict, size_t length)
{
	switch (verdict)
	{
		case ECP_SIRET_BAD_LENGTH:
			return errdetail("A SIRET has %d digits; %zu bytes were given.",
							 ECP_SIRET_LENGTH, length);
		case ECP_SIRET_BAD_SIREN:
			return errdetail("SIREN 000000000 was never given to a company.");
		case ECP_SIRET_BAD_SUM:
			return errdetail("The check sum of the digits is wrong.");
		default:
			return errdetail("A SIRET is digits only.");
	}
}

/* Reads a SIRET or raises 22P02 with the text given. */
static int64
parse_or_raise(const char *text, size_t length)
{
	int64_t		siret = 0;
	EcpSiretVerdict verdict = ecp_siret_parse(text, length, &siret);

	if (verdict != ECP_SIRET_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "siret",
						ecp_types_quotable(text, length)),
				 detail_of(verdict, length),
				 errhint("Write the 14 digits as the company register does, without spaces; a digit may be wrong, or two exchanged.")));
	return siret;
}

Datum
ecp_siret_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);

	PG_RETURN_INT64(parse_or_raise(text, strlen(text)));
}

Datum
ecp_siret_out(PG_FUNCTION_ARGS)
{
	char	   *text = palloc(ECP_SIRET_LENGTH + 1);

	ecp_siret_format(PG_GETARG_INT64(0), text);
	PG_RETURN_CSTRING(text);
}

/* Takes the number as an int64, most significant byte first. */
Datum
ecp_siret_recv(PG_FUNCTION_ARGS)
{
	int64		siret = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));

	if (ecp_siret_check(siret) != ECP_SIRET_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary value for type %s", "siret"),
				 errdetail("The number " INT64_FORMAT " is not a SIRET.", siret),
				 errhint("Send the number as eight bytes, or the text.")));
	PG_RETURN_INT64(siret);
}

Datum
ecp_siret_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, (uint64) PG_GETARG_INT64(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

Datum
ecp_siret_to_text(PG_FUNCTION_ARGS)
{
	char		text[ECP_SIRET_LENGTH + 1];

	ecp_siret_format(PG_GETARG_INT64(0), text);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text, ECP_SIRET_LENGTH));
}

Datum
ecp_siret_from_text(PG_FUNCTION_ARGS)
{
	text	   *given = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT64(parse_or_raise(VARDATA_ANY(given),
								   VARSIZE_ANY_EXHDR(given)));
}

Datum
ecp_siret_siren(PG_FUNCTION_ARGS)
{
	char		text[ECP_SIRET_LENGTH + 1];

	ecp_siret_format(PG_GETARG_INT64(0), text);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text, ECP_SIREN_LENGTH));
}
