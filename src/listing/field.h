/*
 * The fields of a lot that a proposal may hold: which there are, and what each
 * takes.  Answers of models and corrections of people pass the same check.
 */
#ifndef ECP_FIELD_H
#define ECP_FIELD_H

#include "postgres.h"

#include "utils/jsonb.h"

typedef enum EcpField
{
	ECP_FIELD_TITLE,			/* text, 1 to 200 characters */
	ECP_FIELD_DESCRIPTION,		/* text, up to 5,000 characters */
	ECP_FIELD_CATEGORY,			/* a code of food_core.h */
	ECP_FIELD_PUBLIC_UNITS,		/* whole numbers, as in lot */
	ECP_FIELD_SOLIDARITY_UNITS,
	ECP_FIELD_ORIGINAL_PRICE_CENTS,
	ECP_FIELD_PRICE_CENTS,
	ECP_FIELD_UNIT_WEIGHT_G,
	ECP_FIELD_MEALS_PER_UNIT,	/* a number with up to two decimals */
	ECP_FIELD_USE_BY,			/* "2026-11-30" */
	ECP_FIELD_BEST_BEFORE,
	ECP_FIELD_BATCH,			/* text, up to 100 characters */
	ECP_FIELD_ALLERGENS,		/* array of codes of food_core.h, empty for none; left out where unknown */
	ECP_FIELD_WINDOW_START,		/* "2026-11-20T17:00:00+01:00", with the zone */
	ECP_FIELD_WINDOW_END,
	ECP_FIELD_COLD_CLASS,		/* a code; whether it is known says the guard of lot, as of those below */
	ECP_FIELD_UNDATED,			/* true or false */
	ECP_FIELD_ORIGIN,			/* text, up to 200 characters */
	ECP_FIELD_FARMING_METHOD,	/* a code */
	ECP_FIELD_NUTRI_SCORE,
	ECP_FIELD_PROVENANCE,
	ECP_FIELD_LABELS,			/* array of codes */
	ECP_FIELD_WISHES
} EcpField;

#define ECP_FIELDS 23

/* Name of the field: the column of lot. */
extern const char *ecp_field_name(EcpField field);

/* The field of that name, -1 where there is none. */
extern int	ecp_field_find(const char *name, int length);

/* Raises 22023, naming the field and what it takes, unless the value is one that the field takes; not for null. */
extern void ecp_field_check(EcpField field, const JsonbValue *value);

#endif							/* ECP_FIELD_H */
