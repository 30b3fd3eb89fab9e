/*
 * Lists of allergens; see allergen.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"

#include "common/trigger.h"
#include "market/allergen.h"
#include "market/food_core.h"

bool
ecp_allergen_bits_of(ArrayType *codes, int32 *bits)
{
	Datum	   *values;
	bool	   *nulls;
	int			count;
	int			i;

	*bits = 0;
	deconstruct_array(codes, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	for (i = 0; i < count; i++)
	{
		text	   *code = nulls[i] ? NULL : DatumGetTextPP(values[i]);
		int			allergen = code ? ecp_allergen_find(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code)) : -1;

		if (allergen < 0)
			return false;
		*bits |= 1 << allergen;
	}
	return true;
}

void
ecp_allergens_check(const EcpRow *row)
{
	int			at = ecp_row_column(row->desc, "allergens");
	ArrayType  *codes;
	int32		bits;

	if (row->nulls[at] || (row->old_values && !ecp_row_differs(row, at)))
		return;
	codes = DatumGetArrayTypeP(row->values[at]);
	if (ARR_NDIM(codes) == 0)
		return;
	if (ARR_NDIM(codes) > 1 || ARR_LBOUND(codes)[0] != 1 || ARR_DIMS(codes)[0] > ECP_ALLERGENS ||
		(ecp_allergen_bits_of(codes, &bits) && pg_popcount32(bits) != ARR_DIMS(codes)[0]))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the allergens are no plain list of codes"),
				 errhint("Give some of the 14, each once; an empty list where there is none, null where nobody knows.")));
}
