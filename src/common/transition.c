/*
 * Which states follow which; see transition.h.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/rel.h"

#include "common/errors.h"
#include "common/transition.h"

void
ecp_transition_check(const EcpRow *row, int column, const EcpTransition *table)
{
	char	   *from;
	char	   *to;

	if (!ecp_row_differs(row, column) || row->nulls[column])
		return;
	from = TextDatumGetCString(row->old_values[column]);
	to = TextDatumGetCString(row->values[column]);
	for (; table->from; table++)
		if (strcmp(table->from, from) == 0 && strcmp(table->to, to) == 0)
			return;
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("a row of \"%s\" cannot go from \"%s\" to \"%s\"",
					RelationGetRelationName(row->trigger->tg_relation), from, to),
			 errhint("Read the row again: somebody may have been faster.")));
}
