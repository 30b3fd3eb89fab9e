/*
 * The key of a row in a tenant's table; see row_identity.h.
 */
#include "postgres.h"

#include "utils/rel.h"
#include "utils/uuid.h"

#include "territory/id.h"
#include "territory/row_identity.h"

static int
find_column(TupleDesc desc, const char *name)
{
	int			i;

	for (i = 0; i < desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return i;
	return -1;
}

static void
fill_id(EcpRow *row, int column, int32 territory)
{
	pg_uuid_t  *id;

	if (row->nulls[column])
	{
		id = palloc(sizeof(pg_uuid_t));
		ecp_new_id(territory, id);
		ecp_row_set(row, column, UUIDPGetDatum(id));
		return;
	}
	id = DatumGetUUIDP(row->values[column]);
	if (ecp_territory_of(id) != territory)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the id of a row in \"%s\" does not carry its territory %d",
						RelationGetRelationName(row->trigger->tg_relation), territory),
				 errhint("Leave the id out, or make it with ecopanier.new_id(%d).", territory)));
}

void
ecp_row_identity(EcpRow *row, int32 default_territory)
{
	static const char *const with_id[] = {"territory_id", "id", NULL};
	static const char *const without_id[] = {"territory_id", NULL};
	int			territory = ecp_row_column(row->desc, "territory_id");
	int			id = find_column(row->desc, "id");

	if (row->old_values)
	{
		ecp_row_freeze(row, id >= 0 ? with_id : without_id);
		return;
	}
	if (row->nulls[territory] && default_territory != 0)
		ecp_row_set(row, territory, Int32GetDatum(default_territory));
	if (row->nulls[territory] || id < 0)
		return;					/* NOT NULL speaks for itself */
	fill_id(row, id, DatumGetInt32(row->values[territory]));
}
