/*
 * The header Retry-After; see retry_after_core.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "background/retry_after_core.h"

static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

typedef struct Moment
{
	int			year;
	int			day;
	int			hour;
	int			minute;
	int			second;
	char		month[4];
} Moment;

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar. */
static int64_t
days_since_1970(int year, int month, int day)
{
	int64_t		y = month <= 2 ? year - 1 : year;
	int64_t		m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool
seconds_of(const Moment *moment, int64_t *seconds)
{
	const char *month = strstr(months, moment->month);

	if (strlen(moment->month) != 3 || month == NULL || (month - months) % 3 != 0)
		return false;
	if (moment->year < 1970 || moment->day < 1 || moment->day > 31 || moment->hour > 23 || moment->minute > 59 || moment->second > 60 ||
		moment->hour < 0 || moment->minute < 0 || moment->second < 0)
		return false;
	*seconds = days_since_1970(moment->year, (int) (month - months) / 3 + 1, moment->day) * 86400 +
		moment->hour * 3600 + moment->minute * 60 + moment->second;
	return true;
}

/* Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT; Sun Nov  6 08:49:37 1994 */
static bool
parse_date(const char *text, int64_t now, int64_t *seconds)
{
	Moment		m = {0};
	int			end = 0;

	if (sscanf(text, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &m.day, m.month, &m.year, &m.hour, &m.minute, &m.second, &end) == 6 &&
		end > 0 && text[end] == '\0')
		return seconds_of(&m, seconds);
	memset(&m, 0, sizeof(m));
	end = 0;
	if (sscanf(text, "%*[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &m.day, m.month, &m.year, &m.hour, &m.minute, &m.second, &end) == 6 &&
		end > 0 && text[end] == '\0')
	{
		m.year += 2000;			/* a date more than 50 years ahead is of the last century */
		if (!seconds_of(&m, seconds))
			return false;
		if (*seconds - now > INT64_C(50) * 31556952)
			m.year -= 100;
		return seconds_of(&m, seconds);
	}
	memset(&m, 0, sizeof(m));
	end = 0;
	return sscanf(text, "%*3[A-Za-z] %3s %2d %2d:%2d:%2d %4d%n", m.month, &m.day, &m.hour, &m.minute, &m.second, &m.year, &end) == 6 &&
		end > 0 && text[end] == '\0' && seconds_of(&m, seconds);
}

int64_t
ecp_retry_after_ms(const char *text, int64_t now)
{
	size_t		digits = strspn(text, "0123456789");
	int64_t		wait = 0;

	if (digits > 0 && text[digits] == '\0')
	{
		for (; *text != '\0' && wait <= ECP_RETRY_AFTER_MAX_MS / 1000; text++)
			wait = wait * 10 + (*text - '0');
	}
	else
	{
		if (!parse_date(text, now, &wait))
			return -1;
		wait = wait < now ? 0 : wait - now;
	}
	return wait > ECP_RETRY_AFTER_MAX_MS / 1000 ? ECP_RETRY_AFTER_MAX_MS : wait * 1000;
}
