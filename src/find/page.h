/*
 * A page of what was found: the best candidates so far, in order.
 */
#ifndef ECP_PAGE_H
#define ECP_PAGE_H

#include "postgres.h"

#include "fmgr.h"

#include "find/question.h"

/* A lot that answers the question, and what the caller would get. */
typedef struct EcpFound
{
	double		distance;		/* metres to the millimetre; of a question with a place */
	int			rank;			/* 1 where title or organisation match */
	TimestampTz window_end;
	pg_uuid_t	lot;
	int32		price_cents;
	int32		units_left;
} EcpFound;

typedef struct EcpPage
{
	const EcpQuestion *question;
	int			count;
	EcpFound   *found;			/* in order, room for a page */
} EcpPage;

extern void ecp_page_open(EcpPage *page, const EcpQuestion *question);

extern bool ecp_page_is_full(const EcpPage *page);

/* Whether the page has room for it in its order: after the page before, and before the last where it is full. */
extern bool ecp_page_takes(const EcpPage *page, const EcpFound *found);

/* Adds what ecp_page_takes(); the last gives way where the page is full. */
extern void ecp_page_add(EcpPage *page, const EcpFound *found);

/* Gives the page as rows of nearby_lots(), or with the rank as those of search_lots(). */
extern void ecp_page_give(const EcpPage *page, FunctionCallInfo fcinfo);

#endif							/* ECP_PAGE_H */
