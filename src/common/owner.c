/*
 * Switching to the owner of the tables and back; see owner.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "common/owner.h"

static Oid	owner_oid = InvalidOid;
static OverrideSearchPath owner_path;	/* no schemas: to be looked up */

/* A role or a schema changed: look both up again when next needed. */
static void
forget_owner(Datum arg pg_attribute_unused(), int cacheid pg_attribute_unused(),
			 uint32 hashvalue pg_attribute_unused())
{
	owner_oid = InvalidOid;
}

static void
look_up_owner(void)
{
	static bool registered = false;
	MemoryContext old;

	if (!registered)
	{
		CacheRegisterSyscacheCallback(AUTHOID, forget_owner, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_owner, (Datum) 0);
		registered = true;
	}
	old = MemoryContextSwitchTo(TopMemoryContext);
	list_free(owner_path.schemas);
	owner_path.schemas = list_make2_oid(PG_CATALOG_NAMESPACE,
										get_namespace_oid("ecopanier", false));
	MemoryContextSwitchTo(old);
	owner_oid = get_role_oid("ecopanier_owner", false);
}

Oid
ecp_owner_oid(void)
{
	if (!OidIsValid(owner_oid))
		look_up_owner();
	return owner_oid;
}

void
ecp_owner_enter(EcpOwner *saved)
{
	Oid			owner = ecp_owner_oid();

	GetUserIdAndSecContext(&saved->user, &saved->security);
	SetUserIdAndSecContext(owner, saved->security | SECURITY_LOCAL_USERID_CHANGE);
	PushOverrideSearchPath(&owner_path);
}

void
ecp_owner_leave(const EcpOwner *saved)
{
	PopOverrideSearchPath();
	SetUserIdAndSecContext(saved->user, saved->security);
}

void
ecp_owner_commit(void)
{
	Oid			owner = ecp_owner_oid();
	EcpOwner	saved;

	GetUserIdAndSecContext(&saved.user, &saved.security);
	SetUserIdAndSecContext(owner, saved.security | SECURITY_LOCAL_USERID_CHANGE);
	CommitTransactionCommand();
	SetUserIdAndSecContext(saved.user, saved.security);
}

void
ecp_require_superuser(const char *function)
{
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("%s is for superusers", function),
				 errhint("Ask those who run the database.")));
}
