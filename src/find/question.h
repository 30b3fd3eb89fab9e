/*
 * What somebody looks for: the arguments of nearby_lots() and search_lots(),
 * checked, and what the caller may claim.
 */
#ifndef ECP_QUESTION_H
#define ECP_QUESTION_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "tsearch/ts_type.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/uuid.h"

#include "find/distance_core.h"

/* A list of texts, as a filter holds it; count 0 filters nothing. */
typedef struct EcpCodes
{
	Datum	   *codes;
	int			count;
} EcpCodes;

#define ECP_RANK_TITLE 1

typedef struct EcpQuestion
{
	int32		territory;
	TimestampTz now;
	DateADT		today;			/* in the territory */
	pg_uuid_t	member;
	bool		takes_free;		/* a beneficiary who may claim free units now */
	int64		free_left;		/* of the day's quota: units or points */

	bool		has_place;
	EcpCentre	centre;
	double		radius;			/* metres */
	TSQuery		words;			/* NULL: any */

	EcpCodes	categories;
	EcpCodes	cold_classes;
	EcpCodes	wished;			/* all of them */
	int32		without;		/* bits of allergens */
	int32		most_cents;		/* INT_MAX: any */
	bool		has_window;
	TimestampTz window_from;
	TimestampTz window_until;
	bool		open_now;

	int			page_size;
	bool		has_after;		/* the last row of the page before */
	double		after_distance;
	int			after_rank;		/* ECP_RANK_TITLE: the title has the words; 0: what else is said of the lot */
	TimestampTz after_window_end;
	pg_uuid_t	after_lot;
} EcpQuestion;

/*
 * Reads who asks, and the arguments from the latitude on, which is number
 * first; has_words: a query comes before and rank and window_end within.
 * Raises 42501, 22004 and 22023.  Inside SPI as the owner.
 */
extern void ecp_question_read(EcpQuestion *question, FunctionCallInfo fcinfo, bool has_words);

#endif							/* ECP_QUESTION_H */
