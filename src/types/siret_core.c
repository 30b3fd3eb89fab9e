/*
 * siret_core.c
 *		Reading, checking and writing SIRET numbers; no server needed.
 *
 * siret_core.h says what makes a number valid.
 */
#include "types/siret_core.h"

#define SIRET_LIMIT			INT64_C(100000000000000)
#define SIREN_FACTOR		INT64_C(100000)
#define LA_POSTE_SIREN		INT64_C(356000000)
#define LA_POSTE_HEAD		INT64_C(35600000000048)

static int
digit_sum(int64_t number)
{
	int			sum = 0;

	for (; number > 0; number /= 10)
		sum += (int) (number % 10);
	return sum;
}

/* Adds the digits, every second one from the right doubled, nines cast out. */
static int
luhn_sum(int64_t number)
{
	int			sum = 0;

	for (bool doubled = false; number > 0; number /= 10, doubled = !doubled)
	{
		int			digit = (int) (number % 10);

		if (doubled)
			digit = digit < 5 ? digit * 2 : digit * 2 - 9;
		sum += digit;
	}
	return sum;
}

/* Judges a number, from the wire say; any number is safe to pass. */
EcpSiretVerdict
ecp_siret_check(int64_t siret)
{
	int64_t		siren = siret / SIREN_FACTOR;
	bool		sound;

	if (siret < 0 || siret >= SIRET_LIMIT)
		return ECP_SIRET_BAD_LENGTH;
	if (siren == 0)
		return ECP_SIRET_BAD_SIREN;
	if (siren == LA_POSTE_SIREN && siret != LA_POSTE_HEAD)
		sound = digit_sum(siret) % 5 == 0;
	else
		sound = luhn_sum(siret) % 10 == 0;
	return sound ? ECP_SIRET_OK : ECP_SIRET_BAD_SUM;
}

/*
 * Reads the text of a SIRET, which need not end in a zero byte; *siret is set
 * only when the verdict is ECP_SIRET_OK.
 */
EcpSiretVerdict
ecp_siret_parse(const char *text, size_t length, int64_t *siret)
{
	int64_t		number = 0;
	EcpSiretVerdict verdict;

	if (length != ECP_SIRET_LENGTH)
		return ECP_SIRET_BAD_LENGTH;
	for (int i = 0; i < ECP_SIRET_LENGTH; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return ECP_SIRET_BAD_CHARACTER;
		number = number * 10 + (text[i] - '0');
	}
	verdict = ecp_siret_check(number);
	if (verdict == ECP_SIRET_OK)
		*siret = number;
	return verdict;
}

/* Writes 14 digits and a final zero byte; the SIREN is the first nine. */
void
ecp_siret_format(int64_t siret, char text[ECP_SIRET_LENGTH + 1])
{
	uint64_t	rest = (uint64_t) siret;

	for (int i = ECP_SIRET_LENGTH - 1; i >= 0; i--)
	{
		text[i] = (char) ('0' + rest % 10);
		rest /= 10;
	}
	text[ECP_SIRET_LENGTH] = '\0';
}
