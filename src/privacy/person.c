/*
 * Who may ask about a person, and the statements of the register.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "common/errors.h"
#include "common/install.h"
#include "privacy/person.h"

#define IS_PERSON "WHERE m.territory_id = $1 AND m.id = $2 AND NOT m.erased " \
	"AND NOT EXISTS (SELECT FROM ecopanier.service_account s WHERE s.territory_id = m.territory_id AND s.id = m.id)"

static EcpPlan find_person =
ECP_PLAN("SELECT 1 FROM ecopanier.member m " IS_PERSON, INT4OID, UUIDOID);

static EcpPlan lock_person =
ECP_PLAN("SELECT 1 FROM ecopanier.member m " IS_PERSON " FOR UPDATE OF m", INT4OID, UUIDOID);

/* The statements of the register that this backend has planned: EcpPlan *, in TopMemoryContext. */
static List *plans = NIL;

const EcpCaller *
ecp_person_require_caller(void)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (caller->kind != ECP_CALLER_PERSON)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("this is for the person alone"),
				 errhint("The person signs in and calls this.")));
	return caller;
}

const EcpCaller *
ecp_person_require_admin(void)
{
	const EcpCaller *caller = ecp_person_require_caller();

	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	return caller;
}

void
ecp_raise_unknown_person(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such person"),
			 errhint("A person asks for themself; an administrator for people of the own territory.")));
}

static bool
run_find(EcpPlan *plan, int32 territory, const pg_uuid_t *member, bool read_only)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(member)};
	bool		found;

	ecp_plan_run(plan, values, NULL, read_only, 1);
	found = SPI_processed == 1;
	SPI_freetuptable(SPI_tuptable);
	return found;
}

void
ecp_person_find(int32 territory, const pg_uuid_t *member)
{
	if (!run_find(&find_person, territory, member, true))
		ecp_raise_unknown_person();
}

bool
ecp_person_lock(int32 territory, const pg_uuid_t *member)
{
	return run_find(&lock_person, territory, member, false);
}

EcpPlan *
ecp_person_plan(const char *text, int nargs, const Oid *types)
{
	MemoryContext old;
	ListCell   *cell;
	EcpPlan    *plan;

	foreach(cell, plans)
	{
		plan = lfirst(cell);
		if (strcmp(plan->text, text) == 0)
			return plan;
	}
	old = MemoryContextSwitchTo(TopMemoryContext);
	plan = palloc0(sizeof(EcpPlan));
	plan->text = pstrdup(text);
	plan->nargs = nargs;
	memcpy(plan->types, types, nargs * sizeof(Oid));
	plans = lappend(plans, plan);
	MemoryContextSwitchTo(old);
	return plan;
}
