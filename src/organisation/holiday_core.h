/*
 * Public holidays of France, computed.
 */
#ifndef ECP_HOLIDAY_CORE_H
#define ECP_HOLIDAY_CORE_H

#include <stdbool.h>

#define ECP_HOLIDAY_YEAR_MIN 1900
#define ECP_HOLIDAY_YEAR_MAX 2100
#define ECP_HOLIDAY_MAX 20		/* no department has more in a year */

typedef struct EcpHoliday
{
	int			month;
	int			day;
	const char *code;
	const char *name;			/* French, UTF-8 */
} EcpHoliday;

/* Easter Sunday of the Gregorian calendar. */
extern void ecp_easter(int year, int *month, int *day);

/* Whether a text has the form of the INSEE code of a department or overseas collectivity. */
extern bool ecp_is_department(const char *code);

/*
 * The holidays of a year in a department, in order of their days; returns how
 * many.  department: an INSEE code; NULL or one without days of its own gets
 * the national ones.
 */
extern int	ecp_holidays(int year, const char *department, EcpHoliday holidays[ECP_HOLIDAY_MAX]);

#endif							/* ECP_HOLIDAY_CORE_H */
