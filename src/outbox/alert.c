/*
 * Alerts: where people want to hear of free baskets.
 *
 * The place is the person's own choice and is stored rounded to about 100 m, so
 * that it tells no door.  It is kept for this purpose alone: without consent to
 * alerts none is stored, and with its withdrawal it goes.  Who is told of what
 * is in nearby.c.
 */
#include "postgres.h"

#include <math.h>

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
#include "identity/setting.h"
#include "identity/tenant.h"
#include "privacy/consent.h"
#include "privacy/person.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_alert_guard);
PG_FUNCTION_INFO_V1(ecp_trg_alert_withdrawn);
PG_FUNCTION_INFO_V1(ecp_set_alert);
PG_FUNCTION_INFO_V1(ecp_remove_alert);
PG_FUNCTION_INFO_V1(ecp_my_alert);

#define LATITUDE_MAX 85.0
#define LONGITUDE_MAX 180.0
#define RADIUS_MIN 100			/* metres */
#define RADIUS_MAX 20000

static EcpPlan store =
ECP_PLAN("INSERT INTO ecopanier.alert AS a (territory_id, member_id, kind, latitude, longitude, radius_m) VALUES ($1, $2, 'nearby', $3, $4, $5) "
		 "ON CONFLICT (territory_id, member_id) WHERE kind = 'nearby' DO UPDATE SET latitude = excluded.latitude, "
		 "longitude = excluded.longitude, radius_m = excluded.radius_m RETURNING a.id",
		 INT4OID, UUIDOID, FLOAT8OID, FLOAT8OID, INT4OID);

static EcpPlan remove_own =
ECP_PLAN("DELETE FROM ecopanier.alert WHERE territory_id = $1 AND member_id = $2 AND kind = 'nearby'",
		 INT4OID, UUIDOID);

static EcpPlan read_own =
ECP_PLAN("SELECT latitude, longitude, radius_m, updated_at FROM ecopanier.alert WHERE territory_id = $1 AND member_id = $2 AND kind = 'nearby'",
		 INT4OID, UUIDOID);

static EcpPlan remove_all =
ECP_PLAN("DELETE FROM ecopanier.alert WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

/* Raises unless the caller is the row's person, who consents where the row is to stay. */
static void
check_person(EcpRow *row, const EcpCaller *caller, bool goes)
{
	int			member = ecp_row_column(row->desc, "member_id");
	EcpOwner	saved;
	bool		consents;

	if (caller->kind != ECP_CALLER_PERSON || row->nulls[member] ||
		!ecp_id_equal(DatumGetUUIDP(row->values[member]), &caller->member))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("an alert is kept by its person alone"),
				 errhint("The person signs in and calls ecopanier.set_alert().")));
	if (goes)
		return;
	ecp_plan_begin(&saved);
	consents = ecp_consent_given(caller->territory, &caller->member, "alerts");
	ecp_plan_end(&saved);
	if (!consents)
		ereport(ERROR,
				(errcode(ECP_ERR_CONSENT_MISSING),
				 errmsg("there is no consent to alerts"),
				 errhint("Show the text of ecopanier.consent_text and call ecopanier.give_consent() first.")));
}

static void
round_degrees(EcpRow *row, const char *name)
{
	int			column = ecp_row_column(row->desc, name);

	if (!row->nulls[column])
		ecp_row_set(row, column, Float8GetDatum(rint(DatumGetFloat8(row->values[column]) * 1000) / 1000));
}

Datum
ecp_trg_alert_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"member_id", "kind", NULL};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	bool		goes = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
	int			member = ecp_row_column(row.desc, "member_id");

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	else if (caller && !goes && row.nulls[member])
		ecp_row_set(&row, member, UUIDPGetDatum(&caller->member));
	if (caller)
		check_person(&row, caller, goes);
	if (goes)
		return ecp_row_close(&row);
	round_degrees(&row, "latitude");
	round_degrees(&row, "longitude");
	if (caller)
		ecp_row_set(&row, ecp_row_column(row.desc, "updated_at"), TimestampTzGetDatum(ecp_clock_now()));
	return ecp_row_close(&row);
}

/* AFTER UPDATE of consent, at the end of the transaction: another consent may stand by then. */
Datum
ecp_trg_alert_withdrawn(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		values[2];

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	values[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	values[1] = row.values[ecp_row_column(row.desc, "member_id")];
	ecp_plan_begin(&saved);
	if (!ecp_consent_given(DatumGetInt32(values[0]), DatumGetUUIDP(values[1]), "alerts"))
		ecp_plan_run(&remove_all, values, NULL, false, 0);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

static void
check_area(FunctionCallInfo fcinfo)
{
	double		latitude;
	double		longitude;
	int32		radius;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an area needs latitude, longitude and radius"),
				 errhint("Give degrees and metres.")));
	latitude = PG_GETARG_FLOAT8(0);
	longitude = PG_GETARG_FLOAT8(1);
	radius = PG_GETARG_INT32(2);
	if (!(fabs(latitude) <= LATITUDE_MAX) || !(fabs(longitude) <= LONGITUDE_MAX) || radius < RADIUS_MIN || radius > RADIUS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the area is out of range"),
				 errhint("Latitude is -85 to 85 degrees, longitude -180 to 180 degrees, the radius %d to %d metres.", RADIUS_MIN, RADIUS_MAX),
				 errhidestmt(true), errhidecontext(true)));
}

Datum
ecp_set_alert(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();
	Datum		values[5] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};
	EcpOwner	saved;
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	int			i;

	check_area(fcinfo);
	for (i = 0; i < 3; i++)
		values[i + 2] = PG_GETARG_DATUM(i);
	ecp_plan_begin(&saved);
	ecp_plan_run(&store, values, NULL, false, 0);
	*id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(id);
}

Datum
ecp_remove_alert(PG_FUNCTION_ARGS pg_attribute_unused())
{
	const EcpCaller *caller = ecp_person_require_caller();
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};
	EcpOwner	saved;
	bool		removed;

	ecp_plan_begin(&saved);
	ecp_plan_run(&remove_own, values, NULL, false, 0);
	removed = SPI_processed > 0;
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(removed);
}

Datum
ecp_my_alert(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};
	Datum		row[6];
	bool		nulls[6] = {false};
	EcpOwner	saved;
	bool		found;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&read_own, values, NULL, true, 1);
	found = SPI_processed > 0;
	for (i = 0; found && i < 4; i++)
		row[i] = ecp_plan_known(0, i + 1);
	row[4] = BoolGetDatum(ecp_consent_given(caller->territory, &caller->member, "alerts"));
	row[5] = Int32GetDatum((int32) ecp_setting_at(caller->territory, "alerts_per_day", ecp_clock_now()).value);
	if (found)
		tuplestore_putvalues(set->setResult, set->setDesc, row, nulls);
	ecp_plan_end(&saved);
	return (Datum) 0;
}
