/*
 * Closed lists of words for food: categories and allergens.  Nothing here needs
 * a server.
 */
#ifndef ECP_FOOD_CORE_H
#define ECP_FOOD_CORE_H

#include <stdbool.h>
#include <stddef.h>

/* A kind of food, for lot.category, with what people read in the languages of the message catalogue. */
typedef struct EcpCategory
{
	const char *code;
	const char *label[4];		/* fr, en, es, ar; UTF-8 */
} EcpCategory;

#define ECP_CATEGORIES 14
#define ECP_ALLERGENS 14		/* EU regulation 1169/2011, annex II */

extern const EcpCategory ecp_categories[ECP_CATEGORIES];
extern const char *const ecp_allergens[ECP_ALLERGENS];

/* Which one it is, -1 where it is none. */
extern int	ecp_category_find(const char *code, size_t length);
extern int	ecp_allergen_find(const char *code, size_t length);

#endif							/* ECP_FOOD_CORE_H */
