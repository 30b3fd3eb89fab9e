/*
 * Public holidays of France, computed.
 *
 * National days: Code du travail, art. L3133-1.  Alsace and Moselle (57, 67,
 * 68): Good Friday, which the ordinance of 16 August 1892 gives to communes
 * with a Protestant church, and 26 December; art. L3134-13.  Overseas: the
 * abolition of slavery, law 83-550 and decree 83-1003 with its changes; art.
 * L3422-2.  Wallis and Futuna, Polynesia and New Caledonia have codes of their
 * own; the days that both the open data of etalab ("jours-feries-france") or
 * the "holidays" library and the collectivities' calendars name are here.
 * Customary days (Mi-Careme, Good Friday and 21 July in the Antilles) are not
 * holidays by law: a shop that closes then says so by an exception.
 *
 * A day has the years in which it is a holiday; before 1947 the history of 1
 * May is simplified.
 */
#include "organisation/holiday_core.h"

#include <stddef.h>
#include <string.h>

typedef struct Rule
{
	const char *departments;	/* codes between spaces, NULL: everywhere */
	int			month;			/* 0: days from Easter Sunday */
	int			day;
	int			since;
	int			until;			/* 0: open */
	const char *code;
	const char *name;
} Rule;

static const Rule rules[] = {
	{NULL, 1, 1, 0, 0, "new_year", "Jour de l'an"},
	{NULL, 0, 1, 0, 0, "easter_monday", "Lundi de Pâques"},
	{NULL, 5, 1, 1947, 0, "labour_day", "Fête du Travail"},
	{NULL, 5, 8, 1953, 1959, "victory_1945", "Victoire de 1945"},
	{NULL, 5, 8, 1982, 0, "victory_1945", "Victoire de 1945"},
	{NULL, 0, 39, 0, 0, "ascension", "Ascension"},
	{NULL, 0, 50, 0, 0, "whit_monday", "Lundi de Pentecôte"},
	{NULL, 7, 14, 0, 0, "national_day", "Fête nationale"},
	{NULL, 8, 15, 0, 0, "assumption", "Assomption"},
	{NULL, 11, 1, 0, 0, "all_saints", "Toussaint"},
	{NULL, 11, 11, 1922, 0, "armistice_1918", "Armistice de 1918"},
	{NULL, 12, 25, 0, 0, "christmas", "Noël"},
	{" 57 67 68 987 ", 0, -2, 0, 0, "good_friday", "Vendredi saint"},
	{" 57 67 68 ", 12, 26, 0, 0, "second_christmas_day", "Saint-Étienne"},
	{" 971 ", 5, 27, 1984, 0, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 972 ", 5, 22, 1984, 0, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 973 ", 6, 10, 1984, 0, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 974 ", 12, 20, 1983, 0, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 976 ", 4, 27, 1984, 0, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 977 ", 10, 9, 1984, 0, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 978 ", 5, 27, 1984, 2017, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 978 ", 5, 28, 2018, 0, "abolition_of_slavery", "Abolition de l'esclavage"},
	{" 986 ", 4, 28, 1962, 0, "saint_peter_chanel", "Saint Pierre Chanel"},
	{" 986 ", 7, 29, 1962, 0, "territory_day", "Fête du territoire"},
	{" 987 ", 3, 5, 1984, 0, "gospel_day", "Arrivée de l'Évangile"},
	{" 987 ", 6, 29, 1985, 2024, "autonomy_day", "Fête de l'autonomie"},
	{" 988 ", 9, 24, 1999, 0, "citizenship_day", "Fête de la citoyenneté"},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static int
month_length(int year, int month)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

/* The algorithm of Meeus, Jones and Butcher. */
void
ecp_easter(int year, int *month, int *day)
{
	int			golden = year % 19;
	int			century = year / 100;
	int			rest = year % 100;
	int			epact = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
	int			weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
	int			correction = (golden + 11 * epact + 22 * weekday) / 451;
	int			sum = epact + weekday - 7 * correction + 114;

	*month = sum / 31;
	*day = sum % 31 + 1;
}

bool
ecp_is_department(const char *code)
{
	size_t		len = strlen(code);

	if (len == 3)
		return code[0] == '9' && (code[1] == '7' || code[1] == '8') && code[2] >= '0' && code[2] <= '9';
	return len == 2 && code[0] >= '0' && code[0] <= '9' &&
		((code[1] >= '0' && code[1] <= '9') || (code[0] == '2' && (code[1] == 'A' || code[1] == 'B')));
}

static bool
is_in_force(const Rule *rule, int year, const char *department)
{
	const char *place;
	size_t		len;

	if (year < rule->since || (rule->until != 0 && year > rule->until))
		return false;
	if (rule->departments == NULL)
		return true;
	if (department == NULL || !ecp_is_department(department))
		return false;
	len = strlen(department);
	for (place = strstr(rule->departments, department); place; place = strstr(place + 1, department))
		if (place[-1] == ' ' && place[len] == ' ')
			return true;
	return false;
}

/* The day of a rule in a year; one that counts from Easter stays within the year. */
static EcpHoliday
place_rule(const Rule *rule, int year)
{
	EcpHoliday	holiday = {rule->month, rule->day, rule->code, rule->name};

	if (rule->month != 0)
		return holiday;
	ecp_easter(year, &holiday.month, &holiday.day);
	holiday.day += rule->day;
	if (holiday.day < 1)
	{
		holiday.month--;
		holiday.day += month_length(year, holiday.month);
	}
	while (holiday.day > month_length(year, holiday.month))
	{
		holiday.day -= month_length(year, holiday.month);
		holiday.month++;
	}
	return holiday;
}

int
ecp_holidays(int year, const char *department, EcpHoliday holidays[ECP_HOLIDAY_MAX])
{
	int			count = 0;

	for (size_t i = 0; i < RULES; i++)
	{
		EcpHoliday	holiday;
		int			at;

		if (!is_in_force(&rules[i], year, department))
			continue;
		holiday = place_rule(&rules[i], year);
		for (at = count++; at > 0 && (holidays[at - 1].month > holiday.month ||
									  (holidays[at - 1].month == holiday.month && holidays[at - 1].day > holiday.day)); at--)
			holidays[at] = holidays[at - 1];
		holidays[at] = holiday;
	}
	return count;
}
