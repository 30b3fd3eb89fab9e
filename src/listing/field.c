/*
 * The fields of a lot that a proposal may hold; see field.h.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/numeric.h"

#include "listing/field.h"
#include "market/food_core.h"

typedef enum Kind
{
	KIND_TEXT,
	KIND_CATEGORY,
	KIND_NUMBER,
	KIND_DAY,
	KIND_MOMENT,
	KIND_ALLERGENS,
	KIND_FLAG,
	KIND_CODE,
	KIND_CODES
} Kind;

typedef struct Definition
{
	const char *name;
	Kind		kind;
	int			minimum;		/* characters of a text; hundredths of a number */
	int			maximum;
	int			step;			/* hundredths that a number is a multiple of */
	const char *takes;
} Definition;

#define HUNDREDTHS 100
#define CODE_MAX 40
#define CODES_MAX 20

static const Definition definitions[ECP_FIELDS] = {
	[ECP_FIELD_TITLE] = {"title", KIND_TEXT, 1, 200, 0, "a text of 1 to 200 characters in one line, without a blank at either end"},
	[ECP_FIELD_DESCRIPTION] = {"description", KIND_TEXT, 0, 5000, 0, "a text of up to 5000 characters"},
	[ECP_FIELD_CATEGORY] = {"category", KIND_CATEGORY, 0, 0, 0, "a code of ecopanier.food_categories()"},
	[ECP_FIELD_PUBLIC_UNITS] = {"public_units", KIND_NUMBER, 0, 10000000, HUNDREDTHS, "a whole number from 0 to 100000"},
	[ECP_FIELD_SOLIDARITY_UNITS] = {"solidarity_units", KIND_NUMBER, 0, 10000000, HUNDREDTHS, "a whole number from 0 to 100000"},
	[ECP_FIELD_ORIGINAL_PRICE_CENTS] = {"original_price_cents", KIND_NUMBER, 100, 100000000, HUNDREDTHS, "a whole number of cents from 1 to 1000000"},
	[ECP_FIELD_PRICE_CENTS] = {"price_cents", KIND_NUMBER, 0, 100000000, HUNDREDTHS, "a whole number of cents from 0 to 1000000"},
	[ECP_FIELD_UNIT_WEIGHT_G] = {"unit_weight_g", KIND_NUMBER, 100, 100000000, HUNDREDTHS, "a whole number of grams from 1 to 1000000"},
	[ECP_FIELD_MEALS_PER_UNIT] = {"meals_per_unit", KIND_NUMBER, 1, 99999999, 1, "a number from 0.01 to 999999.99 with at most two decimals"},
	[ECP_FIELD_USE_BY] = {"use_by", KIND_DAY, 0, 0, 0, "a day from 2000 to 2099 such as \"2026-11-30\""},
	[ECP_FIELD_BEST_BEFORE] = {"best_before", KIND_DAY, 0, 0, 0, "a day from 2000 to 2099 such as \"2026-11-30\""},
	[ECP_FIELD_BATCH] = {"batch", KIND_TEXT, 1, 100, 0, "a text of 1 to 100 characters in one line, without a blank at either end"},
	[ECP_FIELD_ALLERGENS] = {"allergens", KIND_ALLERGENS, 0, 0, 0, "an array of codes of ecopanier.lot.allergens, each once; [] for none"},
	[ECP_FIELD_WINDOW_START] = {"window_start", KIND_MOMENT, 0, 0, 0, "a moment with its zone such as \"2026-11-20T17:00:00+01:00\""},
	[ECP_FIELD_WINDOW_END] = {"window_end", KIND_MOMENT, 0, 0, 0, "a moment with its zone such as \"2026-11-20T17:00:00+01:00\""},
	[ECP_FIELD_COLD_CLASS] = {"cold_class", KIND_CODE, 0, 0, 0, "a code of ecopanier.cold_class"},
	[ECP_FIELD_UNDATED] = {"undated", KIND_FLAG, 0, 0, 0, "true or false"},
	[ECP_FIELD_ORIGIN] = {"origin", KIND_TEXT, 1, 200, 0, "a text of 1 to 200 characters in one line, without a blank at either end"},
	[ECP_FIELD_FARMING_METHOD] = {"farming_method", KIND_CODE, 0, 0, 0, "a code as in ecopanier.lot.farming_method"},
	[ECP_FIELD_NUTRI_SCORE] = {"nutri_score", KIND_CODE, 0, 0, 0, "a letter from \"a\" to \"e\""},
	[ECP_FIELD_PROVENANCE] = {"provenance", KIND_CODE, 0, 0, 0, "a code as in ecopanier.lot.provenance"},
	[ECP_FIELD_LABELS] = {"labels", KIND_CODES, 0, 0, 0, "an array of codes of ecopanier.label, each once"},
	[ECP_FIELD_WISHES] = {"wishes", KIND_CODES, 0, 0, 0, "an array of codes of ecopanier.wish, each once"},
};

const char *
ecp_field_name(EcpField field)
{
	return definitions[field].name;
}

int
ecp_field_find(const char *name, int length)
{
	for (int i = 0; i < ECP_FIELDS; i++)
		if ((int) strlen(definitions[i].name) == length && memcmp(definitions[i].name, name, length) == 0)
			return i;
	return -1;
}

/* Line ends and tabs are for descriptions, other control characters for nothing. */
static bool
is_text(const Definition *definition, const char *text, int length)
{
	int			characters = pg_mbstrlen_with_len(text, length);
	bool		lines = definition->minimum == 0;

	if (characters < definition->minimum || characters > definition->maximum)
		return false;
	if (!lines && (text[0] == ' ' || text[length - 1] == ' '))
		return false;
	for (int i = 0; i < length; i++)
		if (((unsigned char) text[i] < ' ' || text[i] == 0x7f) && !(lines && strchr("\n\r\t", text[i]) && text[i] != '\0'))
			return false;
	return true;
}

/* Compared as numeric: a number of any size is judged, none is cut. */
static bool
is_number(const Definition *definition, Numeric number)
{
	Datum		hundredths;
	Datum		whole;

	if (numeric_is_nan(number) || numeric_is_inf(number))
		return false;
	hundredths = DirectFunctionCall2(numeric_mul, NumericGetDatum(number), NumericGetDatum(int64_to_numeric(HUNDREDTHS)));
	whole = DirectFunctionCall2(numeric_mod, hundredths, NumericGetDatum(int64_to_numeric(definition->step)));
	return DatumGetBool(DirectFunctionCall2(numeric_ge, hundredths, NumericGetDatum(int64_to_numeric(definition->minimum)))) &&
		DatumGetBool(DirectFunctionCall2(numeric_le, hundredths, NumericGetDatum(int64_to_numeric(definition->maximum)))) &&
		DatumGetBool(DirectFunctionCall2(numeric_eq, whole, NumericGetDatum(int64_to_numeric(0))));
}

/* A number of just so many digits, -1 where it is none. */
static int
digits(const char *text, int count)
{
	int			value = 0;

	for (int i = 0; i < count; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static bool
is_day(const char *text, int length)
{
	int			year;
	int			month;
	int			day;

	if (length != 10 || text[4] != '-' || text[7] != '-')
		return false;
	year = digits(text, 4);
	month = digits(text + 5, 2);
	day = digits(text + 8, 2);
	return year >= 2000 && year <= 2099 && month >= 1 && month <= MONTHS_PER_YEAR && day >= 1 &&
		day <= day_tab[isleap(year)][month - 1];
}

/* Z, or an offset in hours and minutes. */
static bool
is_zone(const char *text, int length)
{
	if (length == 1)
		return text[0] == 'Z';
	return length == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' &&
		digits(text + 1, 2) >= 0 && digits(text + 1, 2) <= 14 && digits(text + 4, 2) >= 0 && digits(text + 4, 2) <= 59;
}

static bool
is_moment(const char *text, int length)
{
	if (length < 17 || !is_day(text, 10) || text[10] != 'T' || text[13] != ':' ||
		digits(text + 11, 2) < 0 || digits(text + 11, 2) > 23 || digits(text + 14, 2) < 0 || digits(text + 14, 2) > 59)
		return false;
	if (text[16] != ':')
		return is_zone(text + 16, length - 16);
	return length >= 20 && digits(text + 17, 2) >= 0 && digits(text + 17, 2) <= 59 && is_zone(text + 19, length - 19);
}

/* A word of lower case; whether anybody knows it is not said here. */
static bool
is_code(const char *text, int length)
{
	if (length < 1 || length > CODE_MAX)
		return false;
	for (int i = 0; i < length; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') || text[i] == '_'))
			return false;
	return true;
}

/* The words of an array of strings, or whatever else it holds, one after the other; false at its end. */
static bool
next_element(JsonbIterator **iterator, JsonbValue *element)
{
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(iterator, element, true)) != WJB_DONE)
		if (token == WJB_ELEM)
			return true;
	return false;
}

static bool
are_allergens(JsonbContainer *array)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbValue	element;
	bool		seen[ECP_ALLERGENS] = {false};

	while (next_element(&iterator, &element))
	{
		int			which = element.type == jbvString ? ecp_allergen_find(element.val.string.val, element.val.string.len) : -1;

		if (which < 0 || seen[which])
			return false;
		seen[which] = true;
	}
	return true;
}

static bool
are_codes(JsonbContainer *array)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbValue	seen[CODES_MAX];
	int			count = 0;

	if (JsonContainerSize(array) > CODES_MAX)
		return false;
	while (next_element(&iterator, &seen[count < CODES_MAX ? count : CODES_MAX - 1]))
	{
		const JsonbValue *last = &seen[count];

		if (last->type != jbvString || !is_code(last->val.string.val, last->val.string.len))
			return false;
		for (int i = 0; i < count; i++)
			if (seen[i].val.string.len == last->val.string.len &&
				memcmp(seen[i].val.string.val, last->val.string.val, last->val.string.len) == 0)
				return false;
		count++;
	}
	return true;
}

static bool
is_array(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) && !JsonContainerIsScalar(value->val.binary.data);
}

static bool
takes(const Definition *definition, const JsonbValue *value)
{
	const char *text = value->type == jbvString ? value->val.string.val : NULL;
	int			length = value->type == jbvString ? value->val.string.len : 0;

	switch (definition->kind)
	{
		case KIND_TEXT:
			return text && is_text(definition, text, length);
		case KIND_CATEGORY:
			return text && ecp_category_find(text, length) >= 0;
		case KIND_NUMBER:
			return value->type == jbvNumeric && is_number(definition, value->val.numeric);
		case KIND_DAY:
			return text && is_day(text, length);
		case KIND_MOMENT:
			return text && is_moment(text, length);
		case KIND_ALLERGENS:
			return is_array(value) && are_allergens(value->val.binary.data);
		case KIND_FLAG:
			return value->type == jbvBool;
		case KIND_CODE:
			return text && is_code(text, length);
		case KIND_CODES:
			return is_array(value) && are_codes(value->val.binary.data);
	}
	return false;
}

void
ecp_field_check(EcpField field, const JsonbValue *value)
{
	if (!takes(&definitions[field], value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" does not take this value", definitions[field].name),
				 errhint("It takes %s.", definitions[field].takes)));
}
