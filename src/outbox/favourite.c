/*
 * Favourites: shops whose new baskets people want to hear of.
 *
 * A person keeps them as they like; told is who consents to alerts, of a lot
 * that the person may claim, once of a lot and no more often a day than
 * alerts_per_day, baskets nearby included: alert_told counts both.  A consumer of
 * events does it when a lot is published, one statement for a batch, so that the
 * number of followers costs rows and no statements.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "event/append.h"
#include "identity/setting.h"
#include "identity/tenant.h"
#include "outbox/consumer.h"
#include "privacy/person.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_favourite_guard);
PG_FUNCTION_INFO_V1(ecp_add_favourite);
PG_FUNCTION_INFO_V1(ecp_remove_favourite);
PG_FUNCTION_INFO_V1(ecp_my_favourites);

#define FAVOURITES_MAX 100		/* a person */

/* Against somebody's other favourites being added at the same time; then rows that came since are counted, and the statement's own. */
static EcpPlan lock_person =
ECP_PLAN("SELECT FROM ecopanier.member WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan count_own =
ECP_PLAN("SELECT count(*) FROM ecopanier.favourite WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan find_shop =
ECP_PLAN("SELECT FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 AND state = 'active'",
		 INT4OID, UUIDOID);

static EcpPlan add =
ECP_PLAN("INSERT INTO ecopanier.favourite (territory_id, member_id, organisation_id) SELECT $1, $2, $3 WHERE NOT EXISTS "
		 "(SELECT FROM ecopanier.favourite WHERE territory_id = $1 AND member_id = $2 AND organisation_id = $3) ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan remove_one =
ECP_PLAN("DELETE FROM ecopanier.favourite WHERE territory_id = $1 AND member_id = $2 AND organisation_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan list_own =
ECP_PLAN("SELECT f.organisation_id, o.name, f.created_at FROM ecopanier.favourite f "
		 "JOIN ecopanier.organisation o ON o.territory_id = f.territory_id AND o.id = f.organisation_id AND o.state = 'active' "
		 "WHERE f.territory_id = $1 AND f.member_id = $2 ORDER BY o.name, o.id",
		 INT4OID, UUIDOID);

/*
 * $1 territory, $2 events, $3 now, $4 alerts a day.  OFFSET 0 has an event found by its key.  What a person may claim: a customer what is
 * sold, a beneficiary whose right is in force also what is free, in a round too.
 */
static EcpPlan tell_people =
ECP_PLAN("WITH news AS MATERIALIZED (SELECT l.id, l.organisation_id, ($3 AT TIME ZONE t.time_zone)::date AS today, k.public_left > 0 AS sold, "
		 "  k.solidarity_left > 0 OR EXISTS (SELECT FROM ecopanier.allotment_round g WHERE g.territory_id = l.territory_id AND g.lot_id = l.id "
		 "  AND g.state = 'open' AND g.closes_at > $3) AS free FROM unnest($2) u (id) "
		 "CROSS JOIN LATERAL (SELECT v.subject_id FROM ecopanier.event v WHERE v.territory_id = $1 AND v.id = u.id AND v.kind = 'lot.published' OFFSET 0) e "
		 "JOIN ecopanier.territory t ON t.id = $1 "
		 "JOIN ecopanier.lot l ON l.territory_id = $1 AND l.id = e.subject_id AND l.state = 'published' AND l.window_end > $3 "
		 "AND (l.use_by IS NULL OR l.use_by >= ($3 AT TIME ZONE t.time_zone)::date) "
		 "JOIN ecopanier_private.lot_stock k ON k.territory_id = $1 AND k.lot_id = l.id), "
		 "followers AS (SELECT n.id AS lot_id, n.today, f.member_id, row_number() OVER (PARTITION BY f.member_id ORDER BY n.id) AS place, "
		 "(SELECT count(*) FROM ecopanier_private.alert_told o WHERE o.territory_id = $1 AND o.member_id = f.member_id AND o.day = n.today) AS told "
		 "FROM news n JOIN ecopanier.favourite f ON f.territory_id = $1 AND f.organisation_id = n.organisation_id "
		 "WHERE (SELECT count(*) FROM ecopanier_private.consent_in_force c WHERE c.territory_id = $1 AND c.member_id = f.member_id AND c.purpose = 'alerts') > 0 "
		 "AND (SELECT count(*) FROM ecopanier_private.alert_told o WHERE o.territory_id = $1 AND o.member_id = f.member_id AND o.lot_id = n.id) = 0 "
		 "AND ((n.sold AND EXISTS (SELECT FROM ecopanier.member_role r WHERE r.territory_id = $1 AND r.member_id = f.member_id AND r.role = 'customer')) "
		 "  OR ((n.sold OR n.free) AND (SELECT n.today BETWEEN b.valid_from AND b.valid_until FROM ecopanier.beneficiary b "
		 "  WHERE b.territory_id = $1 AND b.member_id = f.member_id AND b.state = 'verified')))) "
		 "INSERT INTO ecopanier_private.alert_told (territory_id, member_id, lot_id, day, at) "
		 "SELECT $1, m.id, w.lot_id, w.today, $3 FROM followers w "
		 "JOIN ecopanier.member m ON m.territory_id = $1 AND m.id = w.member_id AND m.state = 'active' AND NOT m.erased "
		 "WHERE w.place + w.told <= $4 ORDER BY m.id, w.place FOR KEY SHARE OF m ON CONFLICT DO NOTHING RETURNING lot_id, member_id",
		 INT4OID, UUIDARRAYOID, TIMESTAMPTZOID, INT4OID);

static void
consume(int32 territory, ArrayType *events)
{
	TimestampTz now = ecp_clock_now();
	Datum		values[4] = {Int32GetDatum(territory), PointerGetDatum(events), TimestampTzGetDatum(now),
	Int32GetDatum((int32) ecp_setting_at(territory, "alerts_per_day", now).value)};
	SPITupleTable *told;
	uint64		count;

	ecp_plan_run(&tell_people, values, NULL, false, 0);
	told = SPI_tuptable;
	count = SPI_processed;
	for (uint64 i = 0; i < count; i++)
	{
		bool		isnull;

		ecp_event_append(territory, "lot.favourite", DatumGetUUIDP(SPI_getbinval(told->vals[i], told->tupdesc, 1, &isnull)), NULL,
						 DatumGetUUIDP(SPI_getbinval(told->vals[i], told->tupdesc, 2, &isnull)), NULL);
	}
}

const EcpConsumer ecp_favourite_consumer = {"favourites", consume};

/* Raises unless the caller may have one more, of a shop that is there; inside SPI. */
static void
check_new(const EcpCaller *caller, Datum organisation)
{
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};

	ecp_plan_run(&lock_person, values, NULL, false, 1);
	ecp_plan_run_present(&count_own, values, NULL, false, 1);
	if (DatumGetInt64(ecp_plan_known(0, 1)) >= FAVOURITES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("there are %d favourites", FAVOURITES_MAX),
				 errhint("Remove one first.")));
	values[1] = organisation;
	ecp_plan_run(&find_shop, values, NULL, false, 1);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("Choose one that offers baskets.")));
}

/* A person keeps the own ones. */
Datum
ecp_trg_favourite_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"member_id", "organisation_id", "created_at", NULL};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	int			member = ecp_row_column(row.desc, "member_id");
	int			organisation = ecp_row_column(row.desc, "organisation_id");
	EcpOwner	saved;

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (caller == NULL)
		return ecp_row_close(&row);
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event) && row.nulls[member])
		ecp_row_set(&row, member, UUIDPGetDatum(&caller->member));
	if (caller->kind != ECP_CALLER_PERSON || !ecp_id_equal(DatumGetUUIDP(row.values[member]), &caller->member))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("favourites are kept by their person alone"),
				 errhint("The person signs in and calls ecopanier.add_favourite().")));
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event) && !row.nulls[organisation])
	{
		ecp_plan_begin(&saved);
		check_new(caller, row.values[organisation]);
		ecp_plan_end(&saved);
	}
	return ecp_row_close(&row);
}

/* Runs a plan on the caller's favourite; whether it changed anything. */
static bool
run_on_own(FunctionCallInfo fcinfo, EcpPlan *plan)
{
	const EcpCaller *caller = ecp_person_require_caller();
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), PG_GETARG_DATUM(0)};
	EcpOwner	saved;
	bool		changed;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the organisation is missing"),
				 errhint("Give the organisation_id of a lot.")));
	ecp_plan_begin(&saved);
	ecp_plan_run(plan, values, NULL, false, 0);
	changed = SPI_processed > 0;
	ecp_plan_end(&saved);
	return changed;
}

Datum
ecp_add_favourite(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(run_on_own(fcinfo, &add));
}

Datum
ecp_remove_favourite(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(run_on_own(fcinfo, &remove_one));
}

Datum
ecp_my_favourites(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};
	EcpOwner	saved;

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&list_own, values, NULL, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		row[3] = {ecp_plan_known(i, 1), ecp_plan_known(i, 2), ecp_plan_known(i, 3)};
		bool		nulls[3] = {false};

		tuplestore_putvalues(set->setResult, set->setDesc, row, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}
