/*
 * types_core.c
 *		Unit tests of the arithmetic behind ben_code and siret.
 *
 * cores: src/types/ben_code_core.c src/types/siret_core.c
 */
#include <stdlib.h>
#include <string.h>

#include "types/ben_code_core.h"
#include "types/siret_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

typedef struct BenCodeCase
{
	const char *text;
	EcpBenCodeVerdict verdict;
} BenCodeCase;

static const BenCodeCase ben_code_cases[] = {
	{"2026-BEN-A7K2M", ECP_BEN_CODE_OK},
	{"2000-BEN-22222", ECP_BEN_CODE_OK},
	{"2255-BEN-ZZZZZ", ECP_BEN_CODE_OK},
	{"2024-BEN-00000", ECP_BEN_CODE_OK},
	{"2024-BEN-01199", ECP_BEN_CODE_OK},
	{"2024-BEN-99999", ECP_BEN_CODE_OK},
	{"2024-BEN-2222A", ECP_BEN_CODE_OK},
	{"", ECP_BEN_CODE_BAD_LENGTH},
	{"2026-BEN-A7K2", ECP_BEN_CODE_BAD_LENGTH},
	{"2026-BEN-A7K2MM", ECP_BEN_CODE_BAD_LENGTH},
	{"2026-BEN-A7K2M ", ECP_BEN_CODE_BAD_LENGTH},
	{" 026-BEN-A7K2M", ECP_BEN_CODE_BAD_SHAPE},
	{"+026-BEN-A7K2M", ECP_BEN_CODE_BAD_SHAPE},
	{"2026-ben-A7K2M", ECP_BEN_CODE_BAD_SHAPE},
	{"2026_BEN_A7K2M", ECP_BEN_CODE_BAD_SHAPE},
	{"2026-BEM-A7K2M", ECP_BEN_CODE_BAD_SHAPE},
	{"1999-BEN-A7K2M", ECP_BEN_CODE_BAD_YEAR},
	{"2256-BEN-A7K2M", ECP_BEN_CODE_BAD_YEAR},
	{"0000-BEN-A7K2M", ECP_BEN_CODE_BAD_YEAR},
	{"2026-BEN-a7k2m", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-A0K2M", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-A1K2M", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-AOK2M", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-AIK2M", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-ALK2M", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-A7K2 ", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-1234A", ECP_BEN_CODE_BAD_CHARACTER},
	{"2026-BEN-A7K\xC3\x89", ECP_BEN_CODE_BAD_CHARACTER},
};

typedef struct SiretCase
{
	const char *text;
	EcpSiretVerdict verdict;
} SiretCase;

static const SiretCase siret_cases[] = {
	{"73282932000074", ECP_SIRET_OK},
	{"35600000000048", ECP_SIRET_OK},	/* La Poste, head office: Luhn */
	{"35600000000001", ECP_SIRET_OK},	/* La Poste: digit sum 15 */
	{"35600000000006", ECP_SIRET_OK},	/* 20 */
	{"35600000099999", ECP_SIRET_BAD_SUM},	/* 59 */
	{"35600000000047", ECP_SIRET_OK},	/* 25 */
	{"35600000000014", ECP_SIRET_BAD_SUM},	/* Luhn is right, 19 is not */
	{"35600000000049", ECP_SIRET_BAD_SUM},	/* 27 */
	{"00552017600016", ECP_SIRET_OK},
	{"99999999999993", ECP_SIRET_OK},
	{"73282932000075", ECP_SIRET_BAD_SUM},
	{"73282932000047", ECP_SIRET_BAD_SUM},
	{"00000000000000", ECP_SIRET_BAD_SIREN},
	{"00000000000018", ECP_SIRET_BAD_SIREN},
	{"", ECP_SIRET_BAD_LENGTH},
	{"7328293200007", ECP_SIRET_BAD_LENGTH},
	{"732829320000740", ECP_SIRET_BAD_LENGTH},
	{"732 829 320 00074", ECP_SIRET_BAD_LENGTH},
	{"7328293200007A", ECP_SIRET_BAD_CHARACTER},
	{"-7328293200007", ECP_SIRET_BAD_CHARACTER},
	{" 7328293200007", ECP_SIRET_BAD_CHARACTER},
};

static void
check_ben_code_cases(void)
{
	for (size_t i = 0; i < COUNT_OF(ben_code_cases); i++)
	{
		const BenCodeCase *c = &ben_code_cases[i];
		char		text[ECP_BEN_CODE_LENGTH + 1];
		int64_t		code = -1;
		EcpBenCodeVerdict verdict = ecp_ben_code_parse(c->text,
													   strlen(c->text), &code);

		tap_ok(verdict == c->verdict, "ben_code \"%s\" gives verdict %d",
			   c->text, c->verdict);
		if (c->verdict != ECP_BEN_CODE_OK)
		{
			tap_ok(code == -1, "\"%s\" leaves the result alone", c->text);
			continue;
		}
		ecp_ben_code_format(code, text);
		tap_ok(strcmp(text, c->text) == 0 && ecp_ben_code_valid(code) &&
			   ecp_ben_code_get_year(code) == atoi(c->text),
			   "ben_code \"%s\" comes back with its year", c->text);
	}
}

/* The order of the numbers is the order of the texts, for each good pair. */
static void
check_ben_code_order(void)
{
	int			wrong = 0;

	for (size_t i = 0; i < COUNT_OF(ben_code_cases); i++)
		for (size_t j = 0; j < COUNT_OF(ben_code_cases); j++)
		{
			const char *a = ben_code_cases[i].text;
			const char *b = ben_code_cases[j].text;
			int64_t		x;
			int64_t		y;
			int			order = strcmp(a, b);

			if (ecp_ben_code_parse(a, strlen(a), &x) != ECP_BEN_CODE_OK ||
				ecp_ben_code_parse(b, strlen(b), &y) != ECP_BEN_CODE_OK)
				continue;
			wrong += ((x > y) - (x < y)) != ((order > 0) - (order < 0));
		}
	tap_ok(wrong == 0, "ben_code sorts as its text");
}

static void
check_ben_code_wire(void)
{
	int64_t		good;

	if (ecp_ben_code_parse("2255-BEN-ZZZZZ", ECP_BEN_CODE_LENGTH, &good) != ECP_BEN_CODE_OK)
		good = -1;
	tap_ok(ecp_ben_code_valid(good), "the greatest code is valid");
	tap_ok(!ecp_ben_code_valid(good + 1), "one past it is not");
	tap_ok(!ecp_ben_code_valid(good | INT64_C(1) << 48), "a bit above the year is refused");
	tap_ok(!ecp_ben_code_valid(good | INT64_MIN), "a sign is refused");
	tap_ok(!ecp_ben_code_valid(good - ('Z' - 'O')), "a letter out of the alphabet is refused");
	tap_ok(!ecp_ben_code_valid(0) && !ecp_ben_code_valid(-1) &&
		   !ecp_ben_code_valid(INT64_MIN) && !ecp_ben_code_valid(INT64_MAX),
		   "0, -1 and both ends of int64 are refused");
}

static bool
picked(uint64_t number, const char *expected)
{
	char		text[ECP_BEN_CODE_LENGTH + 1];
	int64_t		code;

	if (!ecp_ben_code_pick(2026, number, &code))
		return false;
	ecp_ben_code_format(code, text);
	return strcmp(text, expected) == 0;
}

static void
check_pick_ends(void)
{
	int64_t		code = -1;

	tap_ok(picked(0, "2026-BEN-A2222"), "pick: the first number");
	tap_ok(picked(UINT64_C(23) * 31 * 31 * 31 * 31, "2026-BEN-2A222"),
		   "pick: the first code with a digit ahead of its letter");
	tap_ok(picked(ECP_BEN_CODE_CAPACITY - 1, "2026-BEN-9999Z"), "pick: the last number");
	tap_ok(!ecp_ben_code_pick(2026, ECP_BEN_CODE_CAPACITY, &code), "pick: the capacity is out of range");
	tap_ok(!ecp_ben_code_pick(2026, UINT64_MAX, &code), "pick: the greatest number is out of range");
	tap_ok(!ecp_ben_code_pick(1999, 0, &code) && !ecp_ben_code_pick(2256, 0, &code),
		   "pick: a year out of range");
	tap_ok(ecp_ben_code_pick(2000, 0, &code) && ecp_ben_code_get_year(code) == 2000 &&
		   ecp_ben_code_pick(2255, 0, &code) && ecp_ben_code_get_year(code) == 2255,
		   "pick: both years at the ends");
}

/* A code's place among all strings of the alphabet, or -1 when all digits. */
static int
place_of(int64_t code)
{
	char		text[ECP_BEN_CODE_LENGTH + 1];
	bool		letter = false;
	int			place = 0;

	ecp_ben_code_format(code, text);
	for (const char *c = text + ECP_BEN_CODE_LENGTH - 5; *c != '\0'; c++)
	{
		place = place * 31 + (int) (strchr(ECP_BEN_CODE_ALPHABET, *c) - ECP_BEN_CODE_ALPHABET);
		letter = letter || *c >= 'A';
	}
	return letter ? place : -1;
}

/* Draws every number of a year: no code twice, none all digits. */
static void
check_pick_all(void)
{
	char	   *seen = calloc(31 * 31 * 31 * 31, 31);
	uint64_t	refused = 0;
	uint64_t	repeated = 0;

	if (seen == NULL)
	{
		tap_ok(false, "pick: memory for all codes of a year");
		return;
	}
	for (uint64_t number = 0; number < ECP_BEN_CODE_CAPACITY; number++)
	{
		int64_t		code;
		int			place;

		if (!ecp_ben_code_pick(2026, number, &code) || !ecp_ben_code_valid(code) ||
			(place = place_of(code)) < 0)
			refused++;
		else if (seen[place]++)
			repeated++;
	}
	tap_ok(refused == 0, "pick: each number gives a valid code that is not all digits");
	tap_ok(repeated == 0, "pick: no code comes twice");
	free(seen);
}

static void
check_siret_cases(void)
{
	for (size_t i = 0; i < COUNT_OF(siret_cases); i++)
	{
		const SiretCase *c = &siret_cases[i];
		char		text[ECP_SIRET_LENGTH + 1];
		int64_t		siret = -1;
		EcpSiretVerdict verdict = ecp_siret_parse(c->text, strlen(c->text), &siret);

		tap_ok(verdict == c->verdict, "siret \"%s\" gives verdict %d", c->text, c->verdict);
		if (c->verdict != ECP_SIRET_OK)
		{
			tap_ok(siret == -1, "\"%s\" leaves the result alone", c->text);
			continue;
		}
		ecp_siret_format(siret, text);
		tap_ok(strcmp(text, c->text) == 0 && ecp_siret_check(siret) == ECP_SIRET_OK,
			   "siret \"%s\" comes back", c->text);
	}
}

/* Luhn finds any one digit that changed, anywhere in the number. */
static void
check_siret_one_digit(void)
{
	const char *good = "73282932000074";
	int			accepted = 0;

	for (int i = 0; i < ECP_SIRET_LENGTH; i++)
		for (char digit = '0'; digit <= '9'; digit++)
		{
			char		text[ECP_SIRET_LENGTH + 1];
			int64_t		siret;

			strcpy(text, good);
			text[i] = digit;
			if (ecp_siret_parse(text, ECP_SIRET_LENGTH, &siret) == ECP_SIRET_OK)
				accepted++;
		}
	tap_ok(accepted == ECP_SIRET_LENGTH, "of all changes of one digit only those to itself pass");
}

static void
check_siret_wire(void)
{
	tap_ok(ecp_siret_check(-1) != ECP_SIRET_OK && ecp_siret_check(INT64_MIN) != ECP_SIRET_OK,
		   "a negative number is no siret");
	tap_ok(ecp_siret_check(INT64_C(100000000000008)) == ECP_SIRET_BAD_LENGTH &&
		   ecp_siret_check(INT64_MAX) == ECP_SIRET_BAD_LENGTH, "15 digits are no siret");
}

int
main(void)
{
	check_ben_code_cases();
	check_ben_code_order();
	check_ben_code_wire();
	check_pick_ends();
	check_pick_all();
	check_siret_cases();
	check_siret_one_digit();
	check_siret_wire();
	return tap_failed != 0;
}
