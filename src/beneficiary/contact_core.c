/*
 * Mail addresses and phone numbers; see contact_core.h.
 */
#include "beneficiary/contact_core.h"

#include <string.h>

#define LOCAL_MAX 64
#define LABEL_MAX 63
#define DIGITS_MAX 20			/* more than any number has, with prefixes */
#define E164_MIN 7
#define E164_MAX 15

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Drops the blanks around. */
static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && is_blank((*text)[0]))
	{
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*text)[*len - 1]))
		(*len)--;
}

/* Words of RFC 5322's atoms with single dots between them. */
static bool
is_local_part(const char *text, size_t len)
{
	if (len == 0 || len > LOCAL_MAX || text[0] == '.' || text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (text[i] == '.' && text[i + 1] == '.')
			return false;
		if (text[i] == '\0' || (!is_digit(text[i]) && !is_letter(text[i]) && strchr(".!#$%&'*+-/=?^_`{|}~", text[i]) == NULL))
			return false;
	}
	return true;
}

static bool
is_label(const char *text, size_t len, bool *numeric)
{
	if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	*numeric = true;
	for (size_t i = 0; i < len; i++)
	{
		bool		international = (unsigned char) text[i] >= 0x80;

		if (!is_digit(text[i]) && !is_letter(text[i]) && text[i] != '-' && !international)
			return false;
		*numeric = *numeric && is_digit(text[i]);
	}
	return true;
}

/* Two labels or more, the last of them not a number. */
static bool
is_domain(const char *text, size_t len)
{
	size_t		labels = 0;
	bool		numeric = false;

	while (labels == 0 || len > 0)
	{
		const char *dot = memchr(text, '.', len);
		size_t		label = dot ? (size_t) (dot - text) : len;

		if (!is_label(text, label, &numeric))
			return false;
		labels++;
		if (dot && label + 1 == len)
			return false;
		text += dot ? label + 1 : label;
		len -= dot ? label + 1 : label;
	}
	return labels >= 2 && !numeric;
}

bool
ecp_core_mail(const char *text, size_t len, char out[ECP_CONTACT_TEXT_MAX + 1])
{
	const char *at;
	size_t		local;

	trim(&text, &len);
	at = memchr(text, '@', len);
	if (at == NULL || len > ECP_MAIL_MAX)
		return false;
	local = (size_t) (at - text);
	if (!is_local_part(text, local) || !is_domain(at + 1, len - local - 1))
		return false;
	memcpy(out, text, len);
	for (size_t i = local + 1; i < len; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] += 'a' - 'A';
	out[len] = '\0';
	return true;
}

/* Length of what may stand between digits: blanks, dots, hyphens, slashes, brackets, no-break spaces; 0 where it is none. */
static size_t
separator(const char *text, size_t len)
{
	if (text[0] != '\0' && strchr(" .-/()", text[0]) != NULL)
		return 1;
	if (len >= 2 && memcmp(text, "\xC2\xA0", 2) == 0)
		return 2;
	return len >= 3 && memcmp(text, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

/* Reads the digits, and whether a plus sign stands before them; a zero in brackets, as in +33 (0)6, is dropped. */
static bool
read_digits(const char *text, size_t len, char digits[DIGITS_MAX + 1], bool *plus)
{
	size_t		count = 0;

	*plus = len > 0 && text[0] == '+';
	for (size_t i = *plus; i < len;)
	{
		size_t		skip = separator(text + i, len - i);

		if (*plus && len - i >= 3 && memcmp(text + i, "(0)", 3) == 0)
			skip = 3;
		if (skip == 0 && (!is_digit(text[i]) || count == DIGITS_MAX))
			return false;
		if (skip == 0)
			digits[count++] = text[i];
		i += skip ? skip : 1;
	}
	digits[count] = '\0';
	return true;
}

/* Writes a French number of nine digits, without its zero, with the code of where it belongs. */
static void
write_french(const char *nine, char *out)
{
	static const char *const overseas[][2] = {
		{"262", "262"}, {"263", "262"}, {"269", "262"}, {"639", "262"}, {"692", "262"}, {"693", "262"},
		{"590", "590"}, {"690", "590"}, {"691", "590"}, {"594", "594"}, {"694", "594"},
		{"596", "596"}, {"696", "596"}, {"697", "596"}
	};
	const char *code = "33";

	for (size_t i = 0; i < sizeof(overseas) / sizeof(overseas[0]); i++)
		if (strncmp(nine, overseas[i][0], 3) == 0)
			code = overseas[i][1];
	out[0] = '+';
	strcpy(out + 1, code);
	strcat(out, nine);
}

bool
ecp_core_phone(const char *text, size_t len, char out[ECP_CONTACT_TEXT_MAX + 1])
{
	char		digits[DIGITS_MAX + 1];
	char	   *number = digits;
	size_t		count;
	bool		plus;

	trim(&text, &len);
	if (!read_digits(text, len, digits, &plus))
		return false;
	if (!plus && strncmp(number, "00", 2) == 0)
	{
		plus = true;
		number += 2;
	}
	count = strlen(number);
	if (!plus && (count != 10 || number[0] != '0'))
		return false;
	if (!plus || strncmp(number, "33", 2) == 0)
	{
		number += plus ? 2 : 1;
		if (strlen(number) != 9 || number[0] == '0')
			return false;
		write_french(number, out);
		return true;
	}
	if (number[0] == '0' || count < E164_MIN || count > E164_MAX)
		return false;
	out[0] = '+';
	strcpy(out + 1, number);
	return true;
}
