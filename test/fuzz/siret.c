/*
 * siret.c
 *		Fuzz target: any bytes as text and as a number of the wire, against a
 *		second writing of the rule that works on the text.
 *
 * seconds: 2
 * cores: src/types/siret_core.c
 */
#include <stdlib.h>
#include <string.h>

#include "types/siret_core.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool truth)
{
	if (!truth)
		abort();
}

static bool
is_siret(const char *text, size_t size)
{
	static const int doubled[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
	int			plain = 0;
	int			luhn = 0;

	if (size != ECP_SIRET_LENGTH)
		return false;
	for (size_t i = 0; i < size; i++)
	{
		if (strchr("0123456789", text[i]) == NULL || text[i] == '\0')
			return false;
		plain += text[i] - '0';
		luhn += i % 2 == 0 ? doubled[text[i] - '0'] : text[i] - '0';
	}
	if (memcmp(text, "000000000", ECP_SIREN_LENGTH) == 0)
		return false;
	if (memcmp(text, "356000000", ECP_SIREN_LENGTH) == 0 &&
		memcmp(text + ECP_SIREN_LENGTH, "00048", 5) != 0)
		return plain % 5 == 0;
	return luhn % 10 == 0;
}

static void
try_text(const char *text, size_t size)
{
	char		back[ECP_SIRET_LENGTH + 1];
	int64_t		siret;
	bool		good = ecp_siret_parse(text, size, &siret) == ECP_SIRET_OK;

	demand(good == is_siret(text, size));
	if (!good)
		return;
	ecp_siret_format(siret, back);
	demand(memcmp(text, back, ECP_SIRET_LENGTH) == 0);
	demand(ecp_siret_check(siret) == ECP_SIRET_OK);
}

/* A number of 14 digits is judged as its text is. */
static void
try_number(int64_t number)
{
	char		text[ECP_SIRET_LENGTH + 1];

	ecp_siret_format(number, text);
	if (number >= 0 && number < INT64_C(100000000000000))
		demand((ecp_siret_check(number) == ECP_SIRET_OK) ==
			   is_siret(text, ECP_SIRET_LENGTH));
	else
		demand(ecp_siret_check(number) != ECP_SIRET_OK);
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
	number %= UINT64_C(100000000000000);
	try_number((int64_t) number);
	try_number((int64_t) (INT64_C(35600000000000) + (int64_t) (number % 100000)));
	return 0;
}
