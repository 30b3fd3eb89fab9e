/*
 * Whether a row of open_lot answers a question.
 */
#ifndef ECP_MATCH_H
#define ECP_MATCH_H

#include "postgres.h"

#include "find/page.h"
#include "find/question.h"
#include "find/reader.h"
#include "market/food_core.h"

/* Columns of open_lot in the order of its migration. */
typedef enum EcpOpenColumn
{
	OPEN_TERRITORY, OPEN_LOT, OPEN_ORGANISATION, OPEN_WINDOW_START, OPEN_WINDOW_END, OPEN_SPOT, OPEN_LATITUDE, OPEN_LONGITUDE,
	OPEN_PRICE,					/* and the four columns of the price's schedule */
	OPEN_USE_BY = OPEN_PRICE + 5, OPEN_ALLERGENS, OPEN_CATEGORY, OPEN_COLD_CLASS, OPEN_WINDOWS, OPEN_WISHES, OPEN_TITLE_WORDS,
	OPEN_WORDS
} EcpOpenColumn;

typedef struct EcpMatch
{
	const EcpQuestion *question;
	int			rank;			/* of a question with words and no place: 1 those by title, 0 the others */
	EcpReader	stock;
	int32		costs[ECP_CATEGORIES + 1];	/* of a free unit by category; -1 not asked yet */
	int64		tested;			/* rows whose words were looked at */
	int64		matched;		/* those of them that have the words, of rank 1: in the title */
	MemoryContext row_context;	/* for one row */
	int			stock_columns[2];	/* public_left, solidarity_left */
} EcpMatch;

extern void ecp_match_open(EcpMatch *match, const EcpQuestion *question);
extern void ecp_match_close(EcpMatch *match);

/* Whether a lot of this category is asked for. */
extern bool ecp_match_category(const EcpQuestion *question, Datum category, bool isnull);

/* Adds the row to the page where it belongs there. */
extern void ecp_match_row(EcpMatch *match, EcpPage *page, const Datum *values, const bool *nulls);

#endif							/* ECP_MATCH_H */
