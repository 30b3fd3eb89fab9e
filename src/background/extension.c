/*
 * The extension as the worker finds it.
 *
 * The worker is a superuser's process in a database where anybody may have made a
 * schema of our name.  So it runs nothing by that name alone: the extension is
 * looked up, locked by its OID as DROP and ALTER EXTENSION lock it, looked up again,
 * since it may have gone while we waited, and its schema has to be the one that the
 * name means.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "background/extension.h"

/* OID and schema of the extension; false where there is none. */
static bool
find_extension(Oid *extension, Oid *schema)
{
	Relation	relation = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("ecopanier"));
	scan = systable_beginscan(relation, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		Form_pg_extension row = (Form_pg_extension) GETSTRUCT(tuple);

		*extension = row->oid;
		*schema = row->extnamespace;
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

bool
ecp_extension_lock(void)
{
	Oid			extension;
	Oid			again;
	Oid			schema;

	if (!find_extension(&extension, &schema))
		return false;
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	return find_extension(&again, &schema) && again == extension &&
		get_namespace_oid("ecopanier", true) == schema;
}
