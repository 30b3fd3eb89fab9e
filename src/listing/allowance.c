/*
 * Plans and the allowance of photos; see allowance.h.
 *
 * The month is that of the territory's calendar, the limit the one in force at
 * the moment of the call.  Counting is part of the caller's transaction: what is
 * rolled back counted nothing.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/derived.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/tenant.h"
#include "listing/allowance.h"
#include "listing/listing.h"
#include "organisation/plan.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_trg_organisation_plan_guard);
PG_FUNCTION_INFO_V1(ecp_trg_listing_month_guard);
PG_FUNCTION_INFO_V1(ecp_set_organisation_plan);
PG_FUNCTION_INFO_V1(ecp_listing_allowance);

static EcpPlan begin_month =
ECP_PLAN("INSERT INTO ecopanier.listing_month (territory_id, organisation_id, month, limit_photos, limit_version, plan) "
		 "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, DATEOID, INT4OID, INT4OID, TEXTOID);

static EcpPlan lock_month =
ECP_PLAN("SELECT used FROM ecopanier.listing_month WHERE territory_id = $1 AND organisation_id = $2 AND month = $3 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID, DATEOID);

static EcpPlan read_month =
ECP_PLAN("SELECT used FROM ecopanier.listing_month WHERE territory_id = $1 AND organisation_id = $2 AND month = $3",
		 INT4OID, UUIDOID, DATEOID);

static EcpPlan count_photo =
ECP_PLAN("UPDATE ecopanier.listing_month SET used = used + 1, limit_photos = $4, limit_version = $5, plan = $6 "
		 "WHERE territory_id = $1 AND organisation_id = $2 AND month = $3",
		 INT4OID, UUIDOID, DATEOID, INT4OID, INT4OID, TEXTOID);

/* The lock on the organisation makes the numbering serial. */
static EcpPlan next_version =
ECP_PLAN("WITH serial AS MATERIALIZED (SELECT id FROM ecopanier.organisation WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE) "
		 "SELECT coalesce((SELECT max(version) FROM ecopanier.organisation_plan WHERE territory_id = $1 AND organisation_id = id), 0) + 1 FROM serial",
		 INT4OID, UUIDOID);

static EcpPlan insert_plan =
ECP_PLAN("INSERT INTO ecopanier.organisation_plan (territory_id, organisation_id, plan, source, valid_from) VALUES ($1, $2, $3, $4, $5) RETURNING version",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);

static EcpDerived counts = {0};

Datum
ecp_trg_listing_month_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	ecp_derived_require(&counts, trigger, "Change the plan with ecopanier.set_organisation_plan().");
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

/* Plan, month and limit as they are now. */
static void
read_rule(const EcpCaller *caller, EcpAllowance *allowance)
{
	TimestampTz now = ecp_clock_now();
	DateADT		today = ecp_local_day(caller->territory, now);
	EcpPlanLimit rule = ecp_organisation_limit(caller->territory, &caller->organisation, "photos_per_month", now);
	int			year;
	int			month;
	int			day;

	strlcpy(allowance->plan, rule.plan, sizeof(allowance->plan));
	allowance->limit = rule.limit.value;
	allowance->limit_version = rule.limit.version;
	j2date(today + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	allowance->month = today - (day - 1);
	allowance->begins_again = allowance->month + day_tab[isleap(year)][month - 1];
	allowance->used = 0;
}

void
ecp_allowance_lock(const EcpCaller *caller, EcpAllowance *allowance)
{
	Datum		values[6] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation)};

	read_rule(caller, allowance);
	values[2] = DateADTGetDatum(allowance->month);
	values[3] = Int32GetDatum((int32) allowance->limit);
	values[4] = Int32GetDatum(allowance->limit_version);
	values[5] = CStringGetTextDatum(allowance->plan);
	ecp_derived_run(&counts, &begin_month, values, NULL);
	ecp_plan_run(&lock_month, values, NULL, false, 1);
	allowance->used = DatumGetInt32(ecp_plan_known(0, 1));
}

void
ecp_allowance_count(const EcpCaller *caller, const EcpAllowance *allowance)
{
	Datum		values[6] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation), DateADTGetDatum(allowance->month),
	Int32GetDatum((int32) allowance->limit), Int32GetDatum(allowance->limit_version), CStringGetTextDatum(allowance->plan)};
	int			year;
	int			month;
	int			day;

	j2date(allowance->begins_again + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (allowance->used >= allowance->limit)
		ereport(ERROR,
				(errcode(ECP_ERR_ALLOWANCE_REACHED),
				 errmsg("the photos of this month are used up"),
				 errdetail("The plan \"%s\" allows %lld a month.", allowance->plan, (long long) allowance->limit),
				 errhint("Counting begins again on %04d-%02d-%02d; until then write the lot by hand.", year, month, day)));
	ecp_derived_run(&counts, &count_photo, values, NULL);
}

/* A member sets a plan as an administrator, from now on or later. */
static void
check_author(EcpRow *row, const EcpCaller *caller)
{
	int			valid_from = ecp_row_column(row->desc, "valid_from");

	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (!row->nulls[valid_from] && (DatumGetTimestampTz(row->values[valid_from]) < ecp_clock_now() ||
									TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(row->values[valid_from]))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a plan begins neither in the past nor never"),
				 errhint("Leave valid_from out, or give a later time.")));
	ecp_row_set(row, ecp_row_column(row->desc, "author_id"), UUIDPGetDatum(&caller->member));
}

Datum
ecp_trg_organisation_plan_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			territory = ecp_row_column(row.desc, "territory_id");
	int			organisation = ecp_row_column(row.desc, "organisation_id");
	Datum		values[2] = {row.values[territory], row.values[organisation]};
	EcpOwner	saved;

	if (caller)
		check_author(&row, caller);
	if (row.nulls[territory] || row.nulls[organisation])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	ecp_plan_begin(&saved);
	ecp_plan_run(&next_version, values, NULL, false, 1);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such organisation"),
				 errhint("The organisations stand in ecopanier.organisation.")));
	ecp_row_set(&row, ecp_row_column(row.desc, "version"), ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	return ecp_row_close(&row);
}

Datum
ecp_set_organisation_plan(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[5];
	int32		version;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a plan needs an organisation, a name and a source"),
				 errhint("The source says why: a contract, a decision.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = PG_GETARG_DATUM(2);
	values[4] = PG_ARGISNULL(3) ? TimestampTzGetDatum(ecp_clock_now()) : PG_GETARG_DATUM(3);
	ecp_plan_begin(&saved);
	ecp_plan_run(&insert_plan, values, NULL, false, 0);
	version = DatumGetInt32(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_INT32(version);
}

Datum
ecp_listing_allowance(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	EcpAllowance allowance;
	TupleDesc	desc;
	Datum		values[5];
	bool		nulls[5] = {false};

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_listing_require_staff(caller, ECP_FUNCTION_READER);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "an allowance must be a composite");
	ecp_plan_begin(&saved);
	read_rule(caller, &allowance);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->organisation);
	values[2] = DateADTGetDatum(allowance.month);
	ecp_plan_run(&read_month, values, NULL, true, 1);
	if (SPI_processed > 0)
		allowance.used = DatumGetInt32(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	values[0] = CStringGetTextDatum(allowance.plan);
	values[1] = DateADTGetDatum(allowance.month);
	values[2] = Int32GetDatum(allowance.used);
	values[3] = Int32GetDatum((int32) allowance.limit);
	values[4] = DateADTGetDatum(allowance.begins_again);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
