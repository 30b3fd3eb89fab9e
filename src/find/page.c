/*
 * A page of what was found; see page.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "common/trigger.h"
#include "find/page.h"
#include "find/reader.h"

/* Columns of the answer before distance_m and rank; those that are not the lot's stand in their place by name. */
static const char *const answer_columns[] = {
	"territory_id", "id", "organisation_id", NULL, "title", "description", "category", NULL, "original_price_cents", NULL,
	"unit_weight_g", "use_by", "best_before", "allergens", "window_start", "window_end", "commune_insee", "latitude", "longitude",
	"meals_per_unit", "undated", "cold_class", "limit_celsius", "origin", "farming_method", "nutri_score", "labels", "wishes", "windows"
};

#define ANSWER_COLUMNS ((int) lengthof(answer_columns))
#define ORGANISATION_ID 2
#define ORGANISATION_NAME 3
#define PRICE_CENTS 7
#define UNITS_LEFT 9

static EcpPlan read_lot =
ECP_PLAN("SELECT * FROM ecopanier.lot WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan read_organisation =
ECP_PLAN("SELECT * FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

void
ecp_page_open(EcpPage *page, const EcpQuestion *question)
{
	page->question = question;
	page->count = 0;
	page->found = palloc(question->page_size * sizeof(EcpFound));
}

bool
ecp_page_is_full(const EcpPage *page)
{
	return page->count == page->question->page_size;
}

/* Below zero where a comes before b: by distance, else by rank and the end of the window; then by lot. */
static int
compare(const EcpQuestion *question, const EcpFound *a, const EcpFound *b)
{
	if (question->has_place && a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (!question->has_place && a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	if (!question->has_place && a->window_end != b->window_end)
		return a->window_end < b->window_end ? -1 : 1;
	return memcmp(a->lot.data, b->lot.data, UUID_LEN);
}

bool
ecp_page_takes(const EcpPage *page, const EcpFound *found)
{
	const EcpQuestion *question = page->question;
	EcpFound	before = {question->after_distance, question->after_rank, question->after_window_end, question->after_lot, 0, 0};

	if (question->has_after && compare(question, found, &before) <= 0)
		return false;
	return !ecp_page_is_full(page) || compare(question, found, &page->found[page->count - 1]) < 0;
}

void
ecp_page_add(EcpPage *page, const EcpFound *found)
{
	int			at = page->count;

	if (ecp_page_is_full(page))
		at--;
	else
		page->count++;
	for (; at > 0 && compare(page->question, found, &page->found[at - 1]) < 0; at--)
		page->found[at] = page->found[at - 1];
	page->found[at] = *found;
}

/* Positions of the answer's columns in lot, of the organisation's name. */
static void
find_columns(Relation lot, Relation organisation, int *positions)
{
	int			i;

	for (i = 0; i < ANSWER_COLUMNS; i++)
		positions[i] = answer_columns[i] ? ecp_row_column(RelationGetDescr(lot), answer_columns[i]) + 1 : 0;
	positions[ORGANISATION_NAME] = ecp_row_column(RelationGetDescr(organisation), "name") + 1;
}

void
ecp_page_give(const EcpPage *page, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const EcpQuestion *question = page->question;
	int			positions[lengthof(answer_columns)];
	EcpReader	lots;
	EcpReader	organisations;
	int			row;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	ecp_reader_open(&lots, "ecopanier", "lot", "lot_pkey", &read_lot);
	ecp_reader_open(&organisations, "ecopanier", "organisation", "organisation_pkey", &read_organisation);
	find_columns(lots.table, organisations.table, positions);
	for (row = 0; row < page->count; row++)
	{
		const EcpFound *found = &page->found[row];
		Datum		values[lengthof(answer_columns) + 2];
		bool		nulls[lengthof(answer_columns) + 2] = {false};

		if (!ecp_reader_find(&lots, question->territory, &found->lot))
			elog(ERROR, "open_lot has a lot that does not exist; run ecopanier.rebuild_open_lots()");
		for (i = 0; i < ANSWER_COLUMNS; i++)
			if (answer_columns[i])
				values[i] = slot_getattr(lots.slot, positions[i], &nulls[i]);
		if (!ecp_reader_find(&organisations, question->territory, DatumGetUUIDP(values[ORGANISATION_ID])))
			elog(ERROR, "a lot has no organisation");
		values[ORGANISATION_NAME] = slot_getattr(organisations.slot, positions[ORGANISATION_NAME], &nulls[ORGANISATION_NAME]);
		values[PRICE_CENTS] = Int32GetDatum(found->price_cents);
		values[UNITS_LEFT] = Int32GetDatum(found->units_left);
		values[ANSWER_COLUMNS] = Float8GetDatum(found->distance);
		nulls[ANSWER_COLUMNS] = !question->has_place;
		values[ANSWER_COLUMNS + 1] = Int32GetDatum(found->rank);
		nulls[ANSWER_COLUMNS + 1] = question->has_place;
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	ecp_reader_close(&organisations);
	ecp_reader_close(&lots);
}
