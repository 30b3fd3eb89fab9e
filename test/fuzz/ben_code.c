/*
 * ben_code.c
 *		Fuzz target: any bytes as text, as a number of the wire and as a draw,
 *		against a second writing of the rule that works on the text.
 *
 * seconds: 2
 * cores: src/types/ben_code_core.c
 */
#include <stdlib.h>
#include <string.h>

#include "types/ben_code_core.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool truth)
{
	if (!truth)
		abort();
}

static bool
is_ben_code(const char *text, size_t size)
{
	const char *last = text + 9;
	size_t		digits = 0;
	size_t		clear = 0;

	if (size != ECP_BEN_CODE_LENGTH || memcmp(text + 4, "-BEN-", 5) != 0 ||
		memcmp(text, "2000", 4) < 0 || memcmp(text, "2255", 4) > 0)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	for (size_t i = 0; i < 5; i++)
	{
		bool		digit = last[i] >= '0' && last[i] <= '9';
		bool		letter = last[i] >= 'A' && last[i] <= 'Z';

		digits += digit;
		clear += (digit || letter) && memchr("01ILO", last[i], 5) == NULL;
	}
	return digits == 5 || clear == 5;
}

static void
try_text(const char *text, size_t size)
{
	char		back[ECP_BEN_CODE_LENGTH + 1];
	int64_t		code;
	bool		good = ecp_ben_code_parse(text, size, &code) == ECP_BEN_CODE_OK;

	demand(good == is_ben_code(text, size));
	if (!good)
		return;
	ecp_ben_code_format(code, back);
	demand(memcmp(back, text, size) == 0 && ecp_ben_code_valid(code));
}

/* What is valid is written so that it reads back as the same number. */
static void
try_number(int64_t number)
{
	char		text[ECP_BEN_CODE_LENGTH + 1];
	int64_t		again = -1;
	EcpBenCodeVerdict verdict;

	ecp_ben_code_format(number, text);
	try_text(text, ECP_BEN_CODE_LENGTH);
	verdict = ecp_ben_code_parse(text, ECP_BEN_CODE_LENGTH, &again);
	if (ecp_ben_code_valid(number))
		demand(verdict == ECP_BEN_CODE_OK && again == number);
	else
		demand(verdict != ECP_BEN_CODE_OK || again != number);
}

/* A draw is a code of its year with at least one letter. */
static void
try_draw(uint64_t number)
{
	char		text[ECP_BEN_CODE_LENGTH + 1];
	int64_t		code;
	int			year = 2000 + (int) (number >> 56);

	demand(ecp_ben_code_pick(year, number % ECP_BEN_CODE_CAPACITY, &code));
	demand(ecp_ben_code_valid(code) && ecp_ben_code_get_year(code) == year);
	ecp_ben_code_format(code, text);
	demand(strspn(text + 9, "0123456789") < 5);
	demand(!ecp_ben_code_pick(year, number, &code) ||
		   number < ECP_BEN_CODE_CAPACITY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = malloc(size + !size);	/* ends where the input ends */
	uint64_t	number = 0;

	demand(exact != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	try_text(exact, size);
	free(exact);

	for (size_t i = 0; i < sizeof(number) && i < size; i++)
		number = number << 8 | data[i];
	try_number((int64_t) number);
	try_number((int64_t) (number >> 16));
	try_draw(number);
	return 0;
}
