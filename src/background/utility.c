/*
 * Statements that the worker has to get out of the way of, or to hear of.
 *
 * DROP DATABASE, ALTER DATABASE ... RENAME and SET TABLESPACE, and CREATE DATABASE
 * ... TEMPLATE refuse while somebody else is connected to the database; they wait
 * five seconds for the others to go.  So the worker is asked to leave before the
 * statement runs, and kept away until its transaction ends.  A new worker that was
 * about to connect waits for the lock that the statement holds on the database.
 * Only who may do it to the database is obeyed: nobody else disturbs the worker.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/syscache.h"

#include "background/utility.h"
#include "background/wake.h"

static ProcessUtility_hook_type next_utility = NULL;

/* The option's value, or NULL. */
static DefElem *
option(List *options, const char *name)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *element = lfirst(cell);

		if (strcmp(element->defname, name) == 0 && element->arg != NULL)
			return element;
	}
	return NULL;
}

static bool
owns(Oid database)
{
	return pg_database_ownercheck(database, GetUserId());
}

static bool
is_template(Oid database)
{
	HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
	bool		result = false;

	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_database) GETSTRUCT(tuple))->datistemplate;
		ReleaseSysCache(tuple);
	}
	return result;
}

static bool
may_create_databases(void)
{
	HeapTuple	tuple;
	bool		result = false;

	if (superuser())
		return true;
	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetUserId()));
	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_authid) GETSTRUCT(tuple))->rolcreatedb;
		ReleaseSysCache(tuple);
	}
	return result;
}

static void
hold(const char *name, bool as_template)
{
	Oid			database = get_database_oid(name, true);

	if (!OidIsValid(database))
		return;
	if (as_template ? may_create_databases() && (is_template(database) || owns(database)) : owns(database))
		ecp_hold_until_end(database);
}

/* Before the statement: who is in its way. */
static void
make_way(Node *statement)
{
	DefElem    *found;

	switch (nodeTag(statement))
	{
		case T_DropdbStmt:
			hold(((DropdbStmt *) statement)->dbname, false);
			break;
		case T_RenameStmt:
			if (((RenameStmt *) statement)->renameType == OBJECT_DATABASE)
				hold(((RenameStmt *) statement)->subname, false);
			break;
		case T_AlterDatabaseStmt:
			if (option(((AlterDatabaseStmt *) statement)->options, "tablespace"))
				hold(((AlterDatabaseStmt *) statement)->dbname, false);
			break;
		case T_CreatedbStmt:
			found = option(((CreatedbStmt *) statement)->options, "template");
			hold(found ? defGetString(found) : "template1", true);
			break;
		default:
			break;
	}
}

/* Before the statement, for the end of its transaction: who hears of it. */
static void
tell(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CreatedbStmt:
		case T_DropdbStmt:
		case T_AlterDatabaseStmt:
			ecp_look_at_end();
			break;
		case T_RenameStmt:
			if (((RenameStmt *) statement)->renameType == OBJECT_DATABASE)
				ecp_look_at_end();
			break;
		case T_DropStmt:
			if (((DropStmt *) statement)->removeType == OBJECT_EXTENSION)
				ecp_wake_changed_at_commit();
			break;
		case T_CreateExtensionStmt:
		case T_AlterExtensionStmt:
		case T_GrantStmt:
		case T_GrantRoleStmt:
		case T_AlterOwnerStmt:
			ecp_wake_changed_at_commit();
			break;
		default:
			break;
	}
}

static bool
commits_prepared(Node *statement)
{
	return IsA(statement, TransactionStmt) && ((TransactionStmt *) statement)->kind == TRANS_STMT_COMMIT_PREPARED;
}

static void
utility(PlannedStmt *planned, const char *text, bool read_only, ProcessUtilityContext context,
		ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver, QueryCompletion *completion)
{
	bool		prepared = commits_prepared(planned->utilityStmt);

	make_way(planned->utilityStmt);
	tell(planned->utilityStmt);
	if (next_utility)
		next_utility(planned, text, read_only, context, parameters, environment, receiver, completion);
	else
		standard_ProcessUtility(planned, text, read_only, context, parameters, environment, receiver, completion);
	if (prepared)
		ecp_slot_wake(MyDatabaseId, ECP_WOKEN_BY_WORK | ECP_WOKEN_BY_CHANGE);
}

void
ecp_utility_init(void)
{
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility;
}
