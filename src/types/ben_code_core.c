/*
 * ben_code_core.c
 *		Reading, writing and drawing beneficiary codes; no server needed.
 *
 * ben_code_core.h says what a code is and how it lies in an int64.
 */
#include "types/ben_code_core.h"

#include <string.h>

#define YEAR_DIGITS		4
#define SUFFIX_LENGTH	5
#define SUFFIX_START	(ECP_BEN_CODE_LENGTH - SUFFIX_LENGTH)
#define SUFFIX_BITS		(8 * SUFFIX_LENGTH)

#define ALPHABET_SIZE	(sizeof(ECP_BEN_CODE_ALPHABET) - 1)
#define DIGIT_COUNT		8		/* 2 to 9 lead the alphabet */
#define LETTER_COUNT	(ALPHABET_SIZE - DIGIT_COUNT)

static const char middle[] = "-BEN-";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_in_alphabet(char c)
{
	return c != '\0' && strchr(ECP_BEN_CODE_ALPHABET, c) != NULL;
}

/* Tells whether five characters are all digits or all of the alphabet. */
static bool
is_suffix(const char *suffix)
{
	bool		digits = true;
	bool		alphabet = true;

	for (int i = 0; i < SUFFIX_LENGTH; i++)
	{
		digits = digits && is_digit(suffix[i]);
		alphabet = alphabet && is_in_alphabet(suffix[i]);
	}
	return digits || alphabet;
}

/* Puts a year in range and five characters together. */
static int64_t
pack(int year, const char *suffix)
{
	int64_t		code = year - ECP_BEN_CODE_YEAR_MIN;

	for (int i = 0; i < SUFFIX_LENGTH; i++)
		code = (code << 8) | (unsigned char) suffix[i];
	return code;
}

static void
unpack_suffix(int64_t code, char suffix[SUFFIX_LENGTH])
{
	for (int i = SUFFIX_LENGTH - 1; i >= 0; i--)
	{
		suffix[i] = (char) (code & 0xFF);
		code >>= 8;
	}
}

/*
 * Reads the text of a code, which need not end in a zero byte; *code is set
 * only when the verdict is ECP_BEN_CODE_OK.
 */
EcpBenCodeVerdict
ecp_ben_code_parse(const char *text, size_t length, int64_t *code)
{
	int			year = 0;

	if (length != ECP_BEN_CODE_LENGTH)
		return ECP_BEN_CODE_BAD_LENGTH;
	for (int i = 0; i < YEAR_DIGITS; i++)
	{
		if (!is_digit(text[i]))
			return ECP_BEN_CODE_BAD_SHAPE;
		year = year * 10 + (text[i] - '0');
	}
	if (memcmp(text + YEAR_DIGITS, middle, sizeof(middle) - 1) != 0)
		return ECP_BEN_CODE_BAD_SHAPE;
	if (year < ECP_BEN_CODE_YEAR_MIN || year > ECP_BEN_CODE_YEAR_MAX)
		return ECP_BEN_CODE_BAD_YEAR;
	if (!is_suffix(text + SUFFIX_START))
		return ECP_BEN_CODE_BAD_CHARACTER;
	*code = pack(year, text + SUFFIX_START);
	return ECP_BEN_CODE_OK;
}

/* Writes a code and a final zero byte; any number is safe to pass. */
void
ecp_ben_code_format(int64_t code, char text[ECP_BEN_CODE_LENGTH + 1])
{
	int			year = ecp_ben_code_get_year(code);

	for (int i = YEAR_DIGITS - 1; i >= 0; i--)
	{
		text[i] = (char) ('0' + year % 10);
		year /= 10;
	}
	memcpy(text + YEAR_DIGITS, middle, sizeof(middle) - 1);
	unpack_suffix(code, text + SUFFIX_START);
	text[ECP_BEN_CODE_LENGTH] = '\0';
}

/* Tells whether a number, from the wire say, stands for a code. */
bool
ecp_ben_code_valid(int64_t code)
{
	char		suffix[SUFFIX_LENGTH];

	if (code < 0 ||
		code >> SUFFIX_BITS > ECP_BEN_CODE_YEAR_MAX - ECP_BEN_CODE_YEAR_MIN)
		return false;
	unpack_suffix(code, suffix);
	return is_suffix(suffix);
}

int
ecp_ben_code_get_year(int64_t code)
{
	return ECP_BEN_CODE_YEAR_MIN + (int) ((code >> SUFFIX_BITS) & 0xFF);
}

/*
 * Gives the code that a number below ECP_BEN_CODE_CAPACITY stands for in a
 * year; false when the year or the number is out of range.
 *
 * No two numbers give the same code, and every code of the alphabet with at
 * least one letter is given, so a number drawn evenly gives an even code.
 * Codes are counted by where their first letter is: digits before it, any
 * character after it.
 */
bool
ecp_ben_code_pick(int year, uint64_t number, int64_t *code)
{
	char		suffix[SUFFIX_LENGTH];
	uint64_t	span = LETTER_COUNT;
	int			first = 0;

	if (year < ECP_BEN_CODE_YEAR_MIN || year > ECP_BEN_CODE_YEAR_MAX ||
		number >= ECP_BEN_CODE_CAPACITY)
		return false;

	for (int i = 1; i < SUFFIX_LENGTH; i++)
		span *= ALPHABET_SIZE;
	while (number >= span)
	{
		number -= span;
		span = span / ALPHABET_SIZE * DIGIT_COUNT;
		first++;
	}

	for (int i = SUFFIX_LENGTH - 1; i >= 0; i--)
	{
		uint64_t	base = i > first ? ALPHABET_SIZE :
			i == first ? LETTER_COUNT : DIGIT_COUNT;
		uint64_t	index = number % base;

		number /= base;
		if (i == first)
			index += DIGIT_COUNT;
		suffix[i] = ECP_BEN_CODE_ALPHABET[index];
	}
	*code = pack(year, suffix);
	return true;
}
