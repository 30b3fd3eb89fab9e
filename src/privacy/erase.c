/*
 * Erasing a person.
 *
 * What identifies goes from every table, as the register says: rows are
 * deleted or their columns blanked.  Claims stay, since stock, quota, sums and
 * impact follow from them, on the id of a member row that says nothing any
 * more; no table leads from that id to a person.  The audit keeps its events but
 * for the reasons that tell of the person, and gains one that names nobody.
 *
 * The member row is locked first, FOR UPDATE.  Whatever is written about the
 * person takes a KEY SHARE lock on it, by its foreign key or its guard: what
 * came before is seen here.  What waits for the erasure goes on when it has
 * committed, and looks again: a claim in market/count.c, rows of other tables in
 * person_guard() below.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "audit/audit.h"
#include "common/erasing.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "privacy/person.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_member_erased);
PG_FUNCTION_INFO_V1(ecp_trg_person_guard);
PG_FUNCTION_INFO_V1(ecp_erase_person);

#define REASON_MAX 1000			/* characters */

static EcpPlan list_erasures =
ECP_PLAN("SELECT erase FROM ecopanier_private.personal_statement WHERE erase IS NOT NULL ORDER BY position");

static EcpPlan list_open =
ECP_PLAN("SELECT string_agg(what, ', ') FROM ("
		 "SELECT 'reservation ' || id AS what FROM ecopanier.reservation "
		 "  WHERE territory_id = $1 AND member_id = $2 AND state IN ('held', 'awaiting_payment') "
		 "UNION ALL SELECT 'transfer ' || id FROM ecopanier_private.right_transfer WHERE state = 'pending' "
		 "  AND ((territory_id = $1 AND member_id = $2) OR (holder_territory_id = $1 AND holder_member_id = $2)) "
		 "UNION ALL SELECT 'only owner of organisation ' || s.organisation_id FROM ecopanier.organisation_staff s "
		 "  JOIN ecopanier.organisation o ON o.territory_id = s.territory_id AND o.id = s.organisation_id AND o.state <> 'closed' "
		 "  WHERE s.territory_id = $1 AND s.member_id = $2 AND s.function = 'owner' "
		 "  AND NOT EXISTS (SELECT FROM ecopanier.organisation_staff t WHERE t.territory_id = s.territory_id "
		 "    AND t.organisation_id = s.organisation_id AND t.function = 'owner' AND t.member_id <> s.member_id) "
		 "UNION ALL SELECT 'only administrator of the territory' FROM ecopanier.member_role a "
		 "  WHERE a.territory_id = $1 AND a.member_id = $2 AND a.role = 'administrator' "
		 "  AND NOT EXISTS (SELECT FROM ecopanier.member_role b JOIN ecopanier.member m ON m.territory_id = b.territory_id "
		 "    AND m.id = b.member_id AND m.state = 'active' WHERE b.territory_id = $1 AND b.role = 'administrator' AND b.member_id <> $2) "
		 "ORDER BY 1) o",
		 INT4OID, UUIDOID);

/* Two who leave at once must not each count on the other to stay. */
static EcpPlan lock_territory =
ECP_PLAN("SELECT FROM ecopanier.territory WHERE id = $1 FOR NO KEY UPDATE",
		 INT4OID);

/* Rows about the person that events of the audit are about; read before they go. */
static EcpPlan list_subjects =
ECP_PLAN("SELECT ARRAY(SELECT id FROM ecopanier.reservation WHERE territory_id = $1 AND member_id = $2 "
		 "UNION ALL SELECT id FROM ecopanier.card WHERE territory_id = $1 AND member_id = $2)",
		 INT4OID, UUIDOID);

/* Whether a reason holds the person's name as a word, code or id. */
static EcpPlan names_person =
ECP_PLAN("SELECT EXISTS (SELECT FROM ecopanier.member m LEFT JOIN ecopanier.beneficiary b ON b.territory_id = m.territory_id AND b.member_id = m.id "
		 "WHERE m.territory_id = $1 AND m.id = $2 AND (lower($3) ~ ('(^|[^[:alnum:]])' "
		 "  || regexp_replace(lower(m.display_name), '([^[:alnum:][:space:]])', '\\\\\\1', 'g') || '($|[^[:alnum:]])') "
		 "  OR strpos(upper($3), b.ben_code::text) > 0 OR strpos(lower($3), m.id::text) > 0))",
		 INT4OID, UUIDOID, TEXTOID);

/* Waits for an erasure, and sees it. */
static EcpPlan find_living =
ECP_PLAN("SELECT FROM ecopanier.member WHERE territory_id = $1 AND id = $2 AND NOT erased FOR KEY SHARE", INT4OID, UUIDOID);

typedef struct Erasure
{
	Datum		values[2];		/* territory, person */
	EcpPlan   **plans;
	uint64		count;
} Erasure;

void
ecp_person_require_read_committed(void)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("people are erased in READ COMMITTED transactions"),
				 errhint("Another isolation level would not see what is claimed meanwhile: begin again without one.")));
}

char *
ecp_person_obligations(int32 territory, const pg_uuid_t *member)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(member)};

	char	   *open;

	ecp_plan_run(&lock_territory, values, NULL, false, 1);
	ecp_plan_run(&list_open, values, NULL, false, 1);
	open = ecp_plan_text(0, 1);
	SPI_freetuptable(SPI_tuptable);
	return open;
}

static void
run_erasure(void *arg)
{
	Erasure    *erasure = arg;
	uint64		i;

	ecp_plan_run(&list_subjects, erasure->values, NULL, false, 1);
	ecp_audit_forget(DatumGetInt32(erasure->values[0]), DatumGetUUIDP(erasure->values[1]), ecp_plan_known(0, 1));
	for (i = 0; i < erasure->count; i++)
		ecp_plan_run(erasure->plans[i], erasure->values, NULL, false, 0);
}

void
ecp_person_erase(int32 territory, const pg_uuid_t *member)
{
	static const Oid types[] = {INT4OID, UUIDOID};
	Erasure		erasure = {{Int32GetDatum(territory), UUIDPGetDatum(member)}, NULL, 0};
	uint64		i;

	ecp_plan_run(&list_erasures, NULL, NULL, true, 0);
	erasure.count = SPI_processed;
	erasure.plans = palloc(erasure.count * sizeof(EcpPlan *));
	for (i = 0; i < erasure.count; i++)
		erasure.plans[i] = ecp_person_plan(ecp_plan_text(i, 1), 2, types);
	ecp_erasing_run(run_erasure, &erasure);
}

/* What is left of an erased person never changes; nobody else is marked as erased. */
Datum
ecp_trg_member_erased(PG_FUNCTION_ARGS)
{
	static const char *const all[] = {"territory_id", "id", "display_name", "language", "state", "erased", "created_at", NULL};
	EcpRow		row;
	int			erased;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	erased = ecp_row_column(row.desc, "erased");
	if (DatumGetBool(row.old_values[erased]))
		ecp_row_freeze(&row, all);
	else if (ecp_row_differs(&row, erased) && !ecp_is_erasing() && !ecp_trigger_is_replica())
		ereport(ERROR,
				(errcode(ECP_ERR_DERIVED),
				 errmsg("column \"erased\" of \"member\" is not written directly"),
				 errhint("Call ecopanier.erase_person().")));
	return ecp_row_close(&row);
}

/* Raises where a row that is written is about an erased person; the arguments name the columns of territory and person. */
Datum
ecp_trg_person_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	HeapTuple	tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	EcpOwner	saved;
	Datum		values[2];
	bool		found;
	int			i;

	for (i = 0; i < 2; i++)
	{
		bool		isnull;

		values[i] = heap_getattr(tuple, ecp_row_column(desc, trigger->tg_trigger->tgargs[i]) + 1, desc, &isnull);
		if (isnull)
			return PointerGetDatum(NULL);
	}
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_living, values, NULL, false, 1);
	found = SPI_processed == 1;
	ecp_plan_end(&saved);
	if (!found)
		ecp_raise_unknown_person();
	return PointerGetDatum(NULL);
}

/* An administrator says why, in words that do not name the person. */
static void
check_reason(FunctionCallInfo fcinfo, const EcpCaller *caller)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	char	   *reason = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));

	if (reason == NULL || strspn(reason, " \t\r\n") == strlen(reason))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("an administrator does not erase a person without a reason"),
				 errhint("Say why, without naming the person.")));
	if (pg_mbstrlen(reason) > REASON_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason is too long"),
				 errhint("It takes at most %d characters.", REASON_MAX)));
	ecp_plan_run(&names_person, values, NULL, true, 1);
	if (DatumGetBool(ecp_plan_known(0, 1)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason names the person"),
				 errhint("The audit keeps the reason and says that somebody was erased, not who.")));
}

static void
check_nothing_open(const EcpCaller *caller, const pg_uuid_t *member)
{
	char	   *open = ecp_person_obligations(caller->territory, member);

	if (open)
		ereport(ERROR,
				(errcode(ECP_ERR_OPEN_OBLIGATION),
				 errmsg("something of the person is still open"),
				 errdetail("Open: %s.", open),
				 errhint("Baskets are picked up or cancelled, ownership and administration are given to somebody else; then erase.")));
}

Datum
ecp_erase_person(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();
	EcpCaller	who = *caller;
	EcpOwner	saved;
	pg_uuid_t  *member;
	bool		own;

	if (PG_ARGISNULL(0))
		ecp_raise_unknown_person();
	member = PG_GETARG_UUID_P(0);
	own = ecp_id_equal(member, &who.member);
	if (!own && who.role != ECP_ROLE_ADMINISTRATOR)
		ecp_raise_unknown_person();
	ecp_person_require_read_committed();
	ecp_plan_begin(&saved);
	if (!ecp_person_lock(who.territory, member))
		ecp_raise_unknown_person();
	if (!own)
		check_reason(fcinfo, &who);
	check_nothing_open(&who, member);
	ecp_person_erase(who.territory, member);
	if (own)
		ecp_audit_unnamed(who.territory, "person_erase", "{\"asked_by\": \"the person\"}");
	else
		ecp_audit_facts(&who, who.territory, "person_erase", NULL, text_to_cstring(PG_GETARG_TEXT_PP(1)),
						"{\"asked_by\": \"an administrator\"}");
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
