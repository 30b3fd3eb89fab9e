/*
 * Judging what a model says; see answer_core.h.
 */
#include "listing/answer_core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 32			/* characters of a number that is read */
#define HOUR_MS 3600000

/* Reads one character; its bytes, 0 where they are not UTF-8. */
static size_t
read_character(const unsigned char *p, size_t left, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t		bytes = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	if (bytes == 0 || bytes > left)
		return 0;
	*out = bytes == 1 ? *p : *p & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++)
	{
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*out = *out << 6 | (p[i] & 0x3f);
	}
	if (*out < least[bytes] || *out > 0x10ffff || (*out >= 0xd800 && *out <= 0xdfff))
		return 0;
	return bytes;
}

typedef struct Range
{
	uint32_t	first;
	uint32_t	last;
} Range;

static bool
is_in(uint32_t c, const Range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* What parts words: control characters, blanks and line ends of all kinds. */
static bool
is_space(uint32_t c)
{
	static const Range spaces[] = {
		{0x00, 0x20}, {0x7f, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
		{0x205f, 0x205f}, {0x3000, 0x3000}
	};

	return is_in(c, spaces, sizeof(spaces) / sizeof(spaces[0]));
}

/* What is not seen, or changes how others are seen. */
static bool
is_hidden(uint32_t c)
{
	static const Range hidden[] = {
		{0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
		{0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f}, {0x2800, 0x2800}, {0x3164, 0x3164}, {0xe000, 0xf8ff}, {0xfdd0, 0xfdef},
		{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
		{0xe0000, 0x10ffff}
	};

	return is_in(c, hidden, sizeof(hidden) / sizeof(hidden[0])) || (c & 0xfffe) == 0xfffe;
}

EcpNote
ecp_core_answer_text(const char *text, size_t len, size_t max, char *out, size_t *out_len)
{
	size_t		characters = 0;
	size_t		bytes;
	bool		space = false;

	*out_len = 0;
	for (size_t at = 0; at < len; at += bytes)
	{
		uint32_t	c = 0;

		bytes = read_character((const unsigned char *) text + at, len - at, &c);
		if (bytes == 0)
			bytes = 1;
		else if (is_space(c))
			space = characters > 0;
		else if (!is_hidden(c))
		{
			if (characters + space >= max)
				return ECP_NOTE_SHORTENED;
			if (space)
				out[(*out_len)++] = ' ';
			memcpy(out + *out_len, text + at, bytes);
			*out_len += bytes;
			characters += 1 + (size_t) space;
			space = false;
		}
	}
	return *out_len > 0 ? ECP_NOTE_NONE : ECP_NOTE_UNREADABLE;
}

/* Reads a number of JSON, which may be too large to be finite. */
static bool
read_number(const char *text, size_t len, double *out)
{
	char		copy[NUMBER_MAX + 1];
	char	   *end;

	if (len == 0 || len > NUMBER_MAX || (text[0] != '-' && (text[0] < '0' || text[0] > '9')))
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0' || strchr("0123456789+-.eE", text[i]) == NULL)
			return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*out = strtod(copy, &end);
	return *end == '\0';
}

EcpNote
ecp_core_answer_whole(const char *text, size_t len, int64_t least, int64_t most, int64_t *out)
{
	double		number;

	if (!read_number(text, len, &number))
		return ECP_NOTE_UNREADABLE;
	number = round(number);
	*out = number < (double) least ? least : number > (double) most ? most : (int64_t) number;
	return number < (double) least || number > (double) most ? ECP_NOTE_CLAMPED : ECP_NOTE_NONE;
}

double
ecp_core_answer_confidence(const char *text, size_t len)
{
	double		number;

	if (!read_number(text, len, &number) || number <= 0)
		return 0;
	return number < 1 ? number : 1;
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 2000-01-01 of a day from then on; false where the calendar does not have it. */
static bool
count_days(int year, int month, int day, int32_t *out)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

	if (year < 2000 || month < 1 || month > 12 || day < 1 ||
		day > before[month] - before[month - 1] + (month == 2 && is_leap(year)))
		return false;
	year -= 2000;
	*out = year * 365 + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
	*out += before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
	return true;
}

EcpNote
ecp_core_answer_date(const char *text, size_t len, int32_t first, int32_t last, int32_t *out)
{
	static const char shape[] = "0000-00-00";
	int			parts[3] = {0, 0, 0};
	int			part = 0;

	if (len != sizeof(shape) - 1)
		return ECP_NOTE_UNREADABLE;
	for (size_t i = 0; i < len; i++)
	{
		bool		digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == '0' ? !digit : text[i] != shape[i])
			return ECP_NOTE_UNREADABLE;
		if (digit)
			parts[part] = parts[part] * 10 + text[i] - '0';
		else
			part++;
	}
	if (!count_days(parts[0], parts[1], parts[2], out))
		return parts[0] < 2000 && parts[0] >= 1900 ? ECP_NOTE_PAST : ECP_NOTE_UNREADABLE;
	return *out < first ? ECP_NOTE_PAST : *out > last ? ECP_NOTE_FAR : ECP_NOTE_NONE;
}

EcpNote
ecp_core_answer_price(int64_t original, int64_t least, int64_t most, int64_t *price)
{
	int64_t		highest = original * (100 - least) / 100;
	int64_t		lowest = (original * (100 - most) + 99) / 100;

	if (lowest > highest)
		return ECP_NOTE_UNREADABLE;
	if (*price >= lowest && *price <= highest)
		return ECP_NOTE_NONE;
	*price = *price < lowest ? lowest : highest;
	return ECP_NOTE_CLAMPED;
}

int64_t
ecp_core_answer_delay(const char *text, size_t len)
{
	double		seconds;

	if (len < 2 || text[len - 1] != 's' || text[0] == '-' || memchr(text, 'e', len) || memchr(text, 'E', len) ||
		!read_number(text, len - 1, &seconds))
		return -1;
	return seconds * 1000 < HOUR_MS ? (int64_t) ceil(seconds * 1000) : HOUR_MS;
}
