/*
 * nearby_lots() and search_lots().
 *
 * Both fill a page with the best rows of open_lot, in an order of their own, and
 * read what the rows show by key.  Row security is passed by: it would turn the
 * indexes off; instead the territory is part of every condition, and what a
 * caller may claim is decided in match.c.
 *
 * Near a place, rows come in the order of distance in a flat picture of the
 * earth (distance_core.h), which is nearly that of the true distances.  They are
 * put in order by these, and reading ends when no later row can be nearer than
 * the last of a full page, or within the radius: what is returned is in order
 * and complete.  Beyond the 180th meridian the picture goes on at its other side.
 *
 * Words are found in two ways.  Frequent words are in a part of all rows, so
 * that reading rows in the order that is asked for, near ones or those whose
 * window ends first, soon fills the page.  It goes on until it has read as many
 * rows as have the words, by what was seen so far: then they are rare, or what
 * has them is not offered, and all rows that have them are read by the index on
 * words instead.  So neither costs more than twice what the other would have.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "find/match.h"
#include "find/page.h"
#include "find/question.h"
#include "find/reader.h"

PG_FUNCTION_INFO_V1(ecp_nearby_lots);
PG_FUNCTION_INFO_V1(ecp_search_lots);

#define ROWS_AT_LEAST 2000		/* read in order before words count as rare */
#define BATCH 200

static EcpPlan find_words =
ECP_PLAN("SELECT o.* FROM ecopanier_private.open_lot o WHERE o.territory_id = $1 AND o.words @@ $2",
		 INT4OID, TSQUERYOID);

static EcpPlan find_title_words =
ECP_PLAN("SELECT o.* FROM ecopanier_private.open_lot o WHERE o.territory_id = $1 AND o.title_words @@ $2 AND o.words @@ $2",
		 INT4OID, TSQUERYOID);

/* Reads the row that the reader has found, and matches it. */
static void
match_found(EcpMatch *match, EcpPage *page, EcpReader *lots)
{
	if (!ecp_reader_fetch(lots))
		return;
	slot_getallattrs(lots->slot);
	ecp_match_row(match, page, lots->slot->tts_values, lots->slot->tts_isnull);
}

/* Whether what the index includes says that the row is of another category: most rows are then not read. */
static bool
is_of_another(const EcpMatch *match, EcpReader *lots)
{
	Datum		category;
	bool		isnull;

	return ecp_reader_included(lots, &category, &isnull) && !ecp_match_category(match->question, category, isnull);
}

/* How far in the picture to read: to the radius, or to the last of a full page. */
static double
reach(const EcpPage *page)
{
	const EcpQuestion *question = page->question;
	double		distance = question->radius;

	if (ecp_page_is_full(page))
		distance = Min(distance, page->found[page->count - 1].distance);
	return ecp_distance_in_picture(&question->centre, distance);
}

/* Whether reading in order has cost as much as reading all rows with the words would. */
static bool
is_in_vain(const EcpMatch *match, const EcpReader *lots, int64 rows)
{
	if (match->question->words == NULL || rows < ROWS_AT_LEAST)
		return false;
	return match->tested == 0 ||
		(double) rows * match->tested > (double) lots->table->rd_rel->reltuples * match->matched;
}

/* Reads around one spot, up to the radius; false where that is in vain. */
static bool
read_around(EcpMatch *match, EcpPage *page, EcpReader *lots, EcpSpot spot, int64 *rows)
{
	double		most = reach(page);
	double		last = -1;		/* of the full page by which most was set */
	double		distance;

	ecp_reader_near(lots, spot.x, spot.y, match->question->categories.count > 0);
	while (ecp_reader_next(lots, &distance) && distance <= most)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_in_vain(match, lots, (*rows)++))
			return false;
		if (is_of_another(match, lots))
			continue;
		match_found(match, page, lots);
		if (ecp_page_is_full(page) && page->found[page->count - 1].distance != last)
		{
			last = page->found[page->count - 1].distance;
			most = reach(page);
		}
	}
	return true;
}

/* Reads rows by distance; false where that is in vain. */
static bool
read_near(EcpMatch *match, EcpPage *page)
{
	const EcpQuestion *question = match->question;
	EcpSpot		spot = ecp_spot(question->territory, question->centre.place);
	EcpReader	lots;
	int64		rows = 0;
	bool		done;

	ecp_reader_open(&lots, "ecopanier_private", "open_lot", "open_lot_spot_index", NULL);
	done = read_around(match, page, &lots, spot, &rows);
	if (done && ecp_distance_in_picture(&question->centre, question->radius) > ecp_distance_to_edge(&question->centre))
	{
		spot.x += question->centre.place.longitude > 0 ? -ECP_PICTURE_WIDTH : ECP_PICTURE_WIDTH;
		done = read_around(match, page, &lots, spot, &rows);
	}
	ecp_reader_close(&lots);
	return done;
}

/* Reads rows by the end of their window until the page is full; false where that is in vain. */
static bool
read_by_window(EcpMatch *match, EcpPage *page)
{
	const EcpQuestion *question = match->question;
	EcpReader	lots;
	int64		rows = 0;
	bool		done = true;

	ecp_reader_open(&lots, "ecopanier_private", "open_lot", "open_lot_window_index", NULL);
	ecp_reader_from(&lots, question->territory,
					question->has_after && question->after_rank == match->rank ?
					Max(question->now, question->after_window_end) : question->now);
	while (done && !ecp_page_is_full(page) && ecp_reader_next(&lots, NULL))
	{
		CHECK_FOR_INTERRUPTS();
		done = !is_in_vain(match, &lots, rows++);
		if (done)
			match_found(match, page, &lots);
	}
	ecp_reader_close(&lots);
	return done;
}

/* Reads all rows that have the words. */
static void
read_by_words(EcpMatch *match, EcpPage *page)
{
	const EcpQuestion *question = match->question;
	Datum		values[2] = {Int32GetDatum(question->territory), TSQueryGetDatum(question->words)};
	Portal		portal = ecp_plan_cursor(match->rank == ECP_RANK_TITLE ? &find_title_words : &find_words, values);
	int			columns = portal->tupDesc->natts;
	Datum	   *row = palloc(columns * sizeof(Datum));
	bool	   *nulls = palloc(columns * sizeof(bool));
	SPITupleTable *rows;
	uint64		count;
	uint64		i;

	do
	{
		SPI_cursor_fetch(portal, true, BATCH);
		rows = SPI_tuptable;
		count = SPI_processed;
		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < count; i++)
		{
			heap_deform_tuple(rows->vals[i], rows->tupdesc, row, nulls);
			ecp_match_row(match, page, row, nulls);
		}
		SPI_freetuptable(rows);
	} while (count == BATCH);
	SPI_cursor_close(portal);
}

/* Those of the present rank; a page that reading in order began is begun again. */
static void
read_rank(EcpMatch *match, EcpPage *page)
{
	int			before = page->count;

	match->tested = match->matched = 0;
	if (read_by_window(match, page))
		return;
	page->count = before;
	read_by_words(match, page);
}

static void
read_words(EcpMatch *match, EcpPage *page)
{
	const EcpQuestion *question = match->question;

	if (question->words->size == 0)
		return;
	if (!question->has_place)
	{
		for (match->rank = question->has_after ? question->after_rank : ECP_RANK_TITLE; match->rank >= 0 && !ecp_page_is_full(page); match->rank--)
			read_rank(match, page);
		return;
	}
	if (read_near(match, page))
		return;
	page->count = 0;
	read_by_words(match, page);
}

static Datum
find(FunctionCallInfo fcinfo, bool has_words)
{
	EcpQuestion question;
	EcpMatch	match;
	EcpPage		page;
	EcpOwner	saved;

	ecp_require_installed();
	ecp_plan_begin(&saved);
	ecp_question_read(&question, fcinfo, has_words);
	ecp_page_open(&page, &question);
	ecp_match_open(&match, &question);
	if (has_words)
		read_words(&match, &page);
	else
		read_near(&match, &page);
	ecp_match_close(&match);
	ecp_page_give(&page, fcinfo);
	ecp_plan_end(&saved);
	return (Datum) 0;
}

Datum
ecp_nearby_lots(PG_FUNCTION_ARGS)
{
	return find(fcinfo, false);
}

Datum
ecp_search_lots(PG_FUNCTION_ARGS)
{
	return find(fcinfo, true);
}
