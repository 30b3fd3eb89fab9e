/*
 * The order of an allotment round; see order_core.h.
 *
 * The criteria are compared one after the other, and each looks at what the
 * ones before it left equal: the help of late, the time since the last help,
 * the distance, and a ticket that nobody can foresee or choose.  Pseudonyms
 * differ, so no two contenders are equal and the order of the input is
 * forgotten.
 */
#include "allotment/order_core.h"

#include <stdlib.h>
#include <string.h>

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Days that order the waiting: never is longer than any number. */
static int64_t
waited(const EcpContender *contender)
{
	return contender->waiting_days < 0 ? INT64_MAX : contender->waiting_days;
}

static int
compare(const void *a, const void *b)
{
	const EcpContender *x = a;
	const EcpContender *y = b;
	int			order;

	if ((order = compare_numbers(y->allowed > 0, x->allowed > 0)) != 0)
		return order;
	if (x->allowed <= 0)
		return memcmp(x->pseudonym, y->pseudonym, sizeof(x->pseudonym));
	if ((order = compare_numbers(x->help_units, y->help_units)) != 0)
		return order;
	if ((order = compare_numbers(waited(y), waited(x))) != 0)
		return order;
	if ((order = compare_numbers(x->distance_band, y->distance_band)) != 0)
		return order;
	if ((order = memcmp(x->ticket, y->ticket, sizeof(x->ticket))) != 0)
		return order;
	return memcmp(x->pseudonym, y->pseudonym, sizeof(x->pseudonym));
}

int64_t
ecp_core_allot(EcpContender *contenders, int count, int64_t units)
{
	int64_t		given = 0;
	int			taking = 0;
	int			i;

	qsort(contenders, (size_t) count, sizeof(EcpContender), compare);
	for (i = 0; i < count; i++)
	{
		contenders[i].allotted = 0;
		contenders[i].place = contenders[i].allowed > 0 ? ++taking : 0;
	}
	while (given < units)
	{
		int64_t		before = given;

		for (i = 0; i < taking && given < units; i++)
		{
			if (contenders[i].allotted == contenders[i].allowed)
				continue;
			contenders[i].allotted++;
			given++;
		}
		if (given == before)
			break;
	}
	return given;
}

int32_t
ecp_core_allotment_band(double metres)
{
	static const double bounds[ECP_ALLOTMENT_FAR] = {1000, 2000, 5000, 10000};
	int32_t		band = 0;

	while (band < ECP_ALLOTMENT_FAR && !(metres < bounds[band]))
		band++;
	return band;
}
