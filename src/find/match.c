/*
 * Whether a row of open_lot answers a question: what costs little first, then
 * words, then what is left of the lot.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "common/trigger.h"
#include "find/match.h"
#include "find/words.h"
#include "market/price.h"
#include "market/quota.h"
#include "market/window.h"

static EcpPlan read_stock =
ECP_PLAN("SELECT * FROM ecopanier_private.lot_stock WHERE territory_id = $1 AND lot_id = $2",
		 INT4OID, UUIDOID);

void
ecp_match_open(EcpMatch *match, const EcpQuestion *question)
{
	match->question = question;
	match->rank = 0;
	match->tested = 0;
	match->matched = 0;
	memset(match->costs, -1, sizeof(match->costs));
	match->row_context = AllocSetContextCreate(CurrentMemoryContext, "row of open_lot", ALLOCSET_SMALL_SIZES);
	ecp_reader_open(&match->stock, "ecopanier_private", "lot_stock", "lot_stock_pkey", &read_stock);
	match->stock_columns[0] = ecp_row_column(RelationGetDescr(match->stock.table), "public_left") + 1;
	match->stock_columns[1] = ecp_row_column(RelationGetDescr(match->stock.table), "solidarity_left") + 1;
}

void
ecp_match_close(EcpMatch *match)
{
	ecp_reader_close(&match->stock);
	MemoryContextDelete(match->row_context);
}

static bool
is_code(const EcpCodes *codes, Datum value)
{
	text	   *held = DatumGetTextPP(value);
	int			i;

	for (i = 0; i < codes->count; i++)
	{
		text	   *code = DatumGetTextPP(codes->codes[i]);

		if (VARSIZE_ANY_EXHDR(code) == VARSIZE_ANY_EXHDR(held) &&
			memcmp(VARDATA_ANY(code), VARDATA_ANY(held), VARSIZE_ANY_EXHDR(code)) == 0)
			return true;
	}
	return false;
}

/* Whether the lot satisfies all that is wished. */
static bool
satisfies(const EcpCodes *wished, Datum wishes, bool isnull)
{
	EcpCodes	held;
	bool	   *nulls;
	int			i;

	if (isnull)
		return false;
	deconstruct_array(DatumGetArrayTypeP(wishes), TEXTOID, -1, false, TYPALIGN_INT, &held.codes, &nulls, &held.count);
	for (i = 0; i < wished->count; i++)
		if (!is_code(&held, wished->codes[i]))
			return false;
	return true;
}

bool
ecp_match_category(const EcpQuestion *question, Datum category, bool isnull)
{
	return question->categories.count == 0 || (!isnull && is_code(&question->categories, category));
}

static bool
matches_food(const EcpQuestion *question, const Datum *values, const bool *nulls)
{
	if (!nulls[OPEN_USE_BY] && DatumGetDateADT(values[OPEN_USE_BY]) < question->today)
		return false;
	if (!ecp_match_category(question, values[OPEN_CATEGORY], nulls[OPEN_CATEGORY]))
		return false;
	if (question->cold_classes.count > 0 && (nulls[OPEN_COLD_CLASS] || !is_code(&question->cold_classes, values[OPEN_COLD_CLASS])))
		return false;
	if (question->without != 0 && (nulls[OPEN_ALLERGENS] || (DatumGetInt32(values[OPEN_ALLERGENS]) & question->without) != 0))
		return false;
	return question->wished.count == 0 || satisfies(&question->wished, values[OPEN_WISHES], nulls[OPEN_WISHES]);
}

/* Whether a pickup window that is not over is open now, or overlaps the time asked for. */
static bool
matches_window(const EcpQuestion *question, const Datum *values, const bool *nulls)
{
	EcpWindow	windows[ECP_WINDOWS_MAX] = {{DatumGetTimestampTz(values[OPEN_WINDOW_START]), DatumGetTimestampTz(values[OPEN_WINDOW_END])}};
	int			count = 1;
	int			i;

	if (windows[0].end <= question->now)
		return false;
	if (!question->open_now && !question->has_window)
		return true;
	if (!nulls[OPEN_WINDOWS])
		count = ecp_windows_read(values[OPEN_WINDOWS], windows);
	for (i = 0; i < count; i++)
		if (windows[i].end > question->now && (!question->open_now || windows[i].start <= question->now) &&
			windows[i].end > question->window_from && windows[i].start < question->window_until)
			return true;
	return false;
}

static bool
matches_words(EcpMatch *match, const Datum *values)
{
	const EcpQuestion *question = match->question;
	bool		has_words;
	bool		has_title;

	if (question->words == NULL)
		return true;
	has_words = ecp_words_match(values[OPEN_WORDS], question->words);
	has_title = has_words && !question->has_place && ecp_words_match(values[OPEN_TITLE_WORDS], question->words);
	match->tested++;
	match->matched += match->rank == ECP_RANK_TITLE ? has_title : has_words;
	return has_words && (question->has_place || has_title == (match->rank == ECP_RANK_TITLE));
}

/* Whether the caller may claim a free unit of the category now: where the quota is in points, its points are left. */
static bool
may_take_free(EcpMatch *match, const Datum *values, const bool *nulls)
{
	const EcpQuestion *question = match->question;
	text	   *code = nulls[OPEN_CATEGORY] ? NULL : DatumGetTextPP(values[OPEN_CATEGORY]);
	int			category = code ? ecp_category_find(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)) : -1;
	int32	   *cost = &match->costs[category + 1];

	if (!question->takes_free)
		return false;
	if (*cost < 0)
	{
		EcpQuota	quota;

		ecp_quota_of(question->territory, &question->member, code ? text_to_cstring(code) : NULL, question->now, &quota);
		*cost = quota.cost;
	}
	return *cost <= question->free_left;
}

/* What the caller would get: a free unit, else one at the present price. */
static bool
read_offer(EcpMatch *match, const Datum *values, const bool *nulls, EcpFound *found)
{
	const EcpQuestion *question = match->question;
	bool		free = may_take_free(match, values, nulls);
	bool		priced = !nulls[OPEN_PRICE];
	int32		price = priced ? ecp_lot_price_at(&values[OPEN_PRICE], &nulls[OPEN_PRICE], question->now) : 0;
	bool		isnull;

	priced = priced && price <= question->most_cents;
	if (!(priced || free) || !ecp_reader_find(&match->stock, question->territory, &found->lot))
		return false;
	found->price_cents = 0;
	found->units_left = DatumGetInt32(slot_getattr(match->stock.slot, match->stock_columns[1], &isnull));
	if (free && found->units_left > 0)
		return true;
	found->price_cents = price;
	found->units_left = DatumGetInt32(slot_getattr(match->stock.slot, match->stock_columns[0], &isnull));
	return priced && found->units_left > 0;
}

/* The distance as it is told: to the millimetre, so that a client can give it back. */
static bool
read_distance(const EcpQuestion *question, const Datum *values, const bool *nulls, EcpFound *found)
{
	EcpPlace	place;

	found->distance = 0;
	if (!question->has_place)
		return true;
	if (nulls[OPEN_LATITUDE] || nulls[OPEN_LONGITUDE])
		return false;
	place.latitude = DatumGetFloat8(values[OPEN_LATITUDE]);
	place.longitude = DatumGetFloat8(values[OPEN_LONGITUDE]);
	found->distance = rint(ecp_distance(&question->centre, place) * 1000) / 1000;
	return found->distance <= question->radius;
}

void
ecp_match_row(EcpMatch *match, EcpPage *page, const Datum *values, const bool *nulls)
{
	const EcpQuestion *question = match->question;
	EcpFound	found;
	MemoryContext old;

	if (DatumGetInt32(values[OPEN_TERRITORY]) != question->territory)
		return;
	old = MemoryContextSwitchTo(match->row_context);
	found.lot = *DatumGetUUIDP(values[OPEN_LOT]);
	found.rank = match->rank;
	found.window_end = DatumGetTimestampTz(values[OPEN_WINDOW_END]);
	if (matches_food(question, values, nulls) && matches_window(question, values, nulls) &&
		read_distance(question, values, nulls, &found) && ecp_page_takes(page, &found) &&
		matches_words(match, values) && read_offer(match, values, nulls, &found))
		ecp_page_add(page, &found);
	MemoryContextSwitchTo(old);
	MemoryContextReset(match->row_context);
}
