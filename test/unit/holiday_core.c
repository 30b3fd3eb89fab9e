/*
 * holiday_core.c
 *		Unit tests of the public holidays.
 *
 * Easter: the dates that the church calendars print.  The holidays of a year:
 * as the State's calendars print them.
 *
 * cores: src/organisation/holiday_core.c
 */
#include <stdio.h>
#include <string.h>

#include "organisation/holiday_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Year, month, day; the earliest (1818) and latest (1943, 2038) that there can be are among them. */
static const int easters[][3] = {
	{1818, 3, 22}, {1886, 4, 25}, {1900, 4, 15}, {1913, 3, 23}, {1940, 3, 24}, {1943, 4, 25}, {1945, 4, 1}, {1954, 4, 18},
	{1961, 4, 2}, {1968, 4, 14}, {1974, 4, 14}, {1981, 4, 19}, {1989, 3, 26}, {1999, 4, 4}, {2000, 4, 23}, {2001, 4, 15},
	{2002, 3, 31}, {2003, 4, 20}, {2004, 4, 11}, {2005, 3, 27}, {2006, 4, 16}, {2007, 4, 8}, {2008, 3, 23}, {2009, 4, 12},
	{2010, 4, 4}, {2011, 4, 24}, {2012, 4, 8}, {2013, 3, 31}, {2014, 4, 20}, {2015, 4, 5}, {2016, 3, 27}, {2017, 4, 16},
	{2018, 4, 1}, {2019, 4, 21}, {2020, 4, 12}, {2021, 4, 4}, {2022, 4, 17}, {2023, 4, 9}, {2024, 3, 31}, {2025, 4, 20},
	{2026, 4, 5}, {2027, 3, 28}, {2028, 4, 16}, {2029, 4, 1}, {2030, 4, 21}, {2035, 3, 25}, {2038, 4, 25}, {2049, 4, 18},
	{2076, 4, 19}, {2100, 3, 28},
};

/* Year, department, the days as "MMDD" in order. */
static const struct
{
	int			year;
	const char *department;
	const char *days;
}			years[] = {
	{2026, NULL, "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "86", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "2A", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2024, NULL, "0101 0401 0501 0508 0509 0520 0714 0815 1101 1111 1225"},
	{2008, NULL, "0101 0324 0501 0501 0508 0512 0714 0815 1101 1111 1225"},
	{2026, "56", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "57", "0101 0403 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225 1226"},
	{2026, "67", "0101 0403 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225 1226"},
	{2026, "68", "0101 0403 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225 1226"},
	{2018, "68", "0101 0330 0402 0501 0508 0510 0521 0714 0815 1101 1111 1225 1226"},
	{2026, "69", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "66", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "97", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "970", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "971", "0101 0406 0501 0508 0514 0525 0527 0714 0815 1101 1111 1225"},
	{2026, "972", "0101 0406 0501 0508 0514 0522 0525 0714 0815 1101 1111 1225"},
	{2026, "973", "0101 0406 0501 0508 0514 0525 0610 0714 0815 1101 1111 1225"},
	{2026, "974", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1220 1225"},
	{2026, "975", "0101 0406 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "976", "0101 0406 0427 0501 0508 0514 0525 0714 0815 1101 1111 1225"},
	{2026, "977", "0101 0406 0501 0508 0514 0525 0714 0815 1009 1101 1111 1225"},
	{2026, "978", "0101 0406 0501 0508 0514 0525 0528 0714 0815 1101 1111 1225"},
	{2017, "978", "0101 0417 0501 0508 0525 0527 0605 0714 0815 1101 1111 1225"},
	{2018, "978", "0101 0402 0501 0508 0510 0521 0528 0714 0815 1101 1111 1225"},
	{2026, "986", "0101 0406 0428 0501 0508 0514 0525 0714 0729 0815 1101 1111 1225"},
	{2024, "987", "0101 0305 0329 0401 0501 0508 0509 0520 0629 0714 0815 1101 1111 1225"},
	{2025, "987", "0101 0305 0418 0421 0501 0508 0529 0609 0714 0815 1101 1111 1225"},
	{2026, "988", "0101 0406 0501 0508 0514 0525 0714 0815 0924 1101 1111 1225"},
	/* the first and last years of a day */
	{1900, NULL, "0101 0416 0524 0604 0714 0815 1101 1225"},
	{1921, NULL, "0101 0328 0505 0516 0714 0815 1101 1225"},
	{1922, NULL, "0101 0417 0525 0605 0714 0815 1101 1111 1225"},
	{1946, NULL, "0101 0422 0530 0610 0714 0815 1101 1111 1225"},
	{1947, NULL, "0101 0407 0501 0515 0526 0714 0815 1101 1111 1225"},
	{1981, NULL, "0101 0420 0501 0528 0608 0714 0815 1101 1111 1225"},
	{1982, NULL, "0101 0412 0501 0508 0520 0531 0714 0815 1101 1111 1225"},
	{1982, "974", "0101 0412 0501 0508 0520 0531 0714 0815 1101 1111 1225"},
	{1983, "974", "0101 0404 0501 0508 0512 0523 0714 0815 1101 1111 1220 1225"},
	{2100, NULL, "0101 0329 0501 0506 0508 0517 0714 0815 1101 1111 1225"},
};

static const struct
{
	const char *code;
	bool		is;
}			codes[] = {
	{"01", true}, {"95", true}, {"2A", true}, {"2B", true}, {"971", true}, {"988", true}, {"", false}, {"1", false}, {"2C", false},
	{"A2", false}, {"3A", false}, {"2a", false}, {"961", false}, {"991", false}, {"97x", false}, {"9711", false}, {" 57", false}, {"57 ", false},
};

static void
test_year(int year, const char *department, const char *days)
{
	EcpHoliday	holidays[ECP_HOLIDAY_MAX];
	int			count = ecp_holidays(year, department, holidays);
	char		got[ECP_HOLIDAY_MAX * 12 + 1] = "";

	for (int i = 0; i < count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%02d%02d", i ? " " : "", holidays[i].month, holidays[i].day);
	tap_ok(strcmp(got, days) == 0, "%d in %s: %s", year, department ? department : "France", got);
}

/* Day of the week by Sakamoto's method, 0 for Sunday. */
static int
weekday_of(int year, int month, int day)
{
	static const int shifts[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

	if (month < 3)
		year--;
	return (year + year / 4 - year / 100 + year / 400 + shifts[month - 1] + day) % 7;
}

int
main(void)
{
	int			wrong = 0;

	for (size_t i = 0; i < COUNT_OF(easters); i++)
	{
		int			month;
		int			day;

		ecp_easter(easters[i][0], &month, &day);
		tap_ok(month == easters[i][1] && day == easters[i][2], "Easter %d is on %02d-%02d", easters[i][0], month, day);
	}
	for (size_t i = 0; i < COUNT_OF(years); i++)
		test_year(years[i].year, years[i].department, years[i].days);
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		tap_ok(ecp_is_department(codes[i].code) == codes[i].is, "\"%s\" is %sa department", codes[i].code, codes[i].is ? "" : "not ");
	for (int year = ECP_HOLIDAY_YEAR_MIN; year <= ECP_HOLIDAY_YEAR_MAX; year++)
	{
		EcpHoliday	holidays[ECP_HOLIDAY_MAX];
		int			count = ecp_holidays(year, "57", holidays);

		for (int i = 0; i < count; i++)
		{
			int			weekday = weekday_of(year, holidays[i].month, holidays[i].day);

			if (strcmp(holidays[i].code, "easter_monday") == 0 || strcmp(holidays[i].code, "whit_monday") == 0)
				wrong += weekday != 1;
			if (strcmp(holidays[i].code, "ascension") == 0)
				wrong += weekday != 4;
			if (strcmp(holidays[i].code, "good_friday") == 0)
				wrong += weekday != 5;
		}
	}
	tap_ok(wrong == 0, "from 1900 to 2100 the movable days fall on their days of the week");
	return tap_failed != 0;
}
