/*
 * Lists of allergens.
 */
#ifndef ECP_ALLERGEN_H
#define ECP_ALLERGEN_H

#include "postgres.h"

#include "utils/array.h"

#include "common/trigger.h"

/* One bit for each code of the list, in the order of the law; false where one is none of the 14. */
extern bool ecp_allergen_bits_of(ArrayType *codes, int32 *bits);

/* Raises 22023 where a lot's list, new or changed, is not a plain one without doubles; it is shown to everybody. */
extern void ecp_allergens_check(const EcpRow *row);

#endif							/* ECP_ALLERGEN_H */
