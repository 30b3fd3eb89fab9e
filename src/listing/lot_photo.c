/*
 * Photos of lots.
 *
 * A photo is cleaned like that of a proposal, whoever writes it.  The guard
 * locks the lot, so that none comes or goes while the lot is being published,
 * and two that come at once get two numbers.  They go when their time is over,
 * with the photos of proposals (photo.c), and not before.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"

#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/tenant.h"
#include "listing/listing.h"
#include "listing/photo.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_lot_photo_guard);
PG_FUNCTION_INFO_V1(ecp_add_lot_photo);
PG_FUNCTION_INFO_V1(ecp_remove_lot_photo);
PG_FUNCTION_INFO_V1(ecp_lot_photos);
PG_FUNCTION_INFO_V1(ecp_lot_photo);

#define PHOTOS_MAX 6			/* a lot, as of the column's CHECK */

static EcpPlan lock_lot =
ECP_PLAN("SELECT organisation_id, state = 'draft' FROM ecopanier.lot WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan find_number =
ECP_PLAN("SELECT min(n) FROM generate_series(1, $3) n WHERE NOT EXISTS "
		 "(SELECT FROM ecopanier.lot_photo p WHERE p.territory_id = $1 AND p.lot_id = $2 AND p.number = n)",
		 INT4OID, UUIDOID, INT4OID);

static EcpPlan find_same =
ECP_PLAN("SELECT number FROM ecopanier.lot_photo WHERE territory_id = $1 AND lot_id = $2 AND sha256 = $3",
		 INT4OID, UUIDOID, BYTEAOID);

static EcpPlan add =
ECP_PLAN("INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) VALUES ($1, $2, $3) RETURNING number",
		 INT4OID, UUIDOID, BYTEAOID);

static EcpPlan drop =
ECP_PLAN("DELETE FROM ecopanier.lot_photo WHERE territory_id = $1 AND lot_id = $2 AND number = $3",
		 INT4OID, UUIDOID, INT4OID);

/* As the policies of lot say it: $3 the organisation of staff, null for people; $4 administrators. */
#define READABLE \
	"FROM ecopanier.lot l JOIN ecopanier.lot_photo p ON p.territory_id = l.territory_id AND p.lot_id = l.id " \
	"WHERE l.territory_id = $1 AND l.id = $2 AND ($4 OR CASE WHEN $3 IS NULL THEN l.state <> 'draft' ELSE l.organisation_id = $3 END)"

static EcpPlan list_photos =
ECP_PLAN("SELECT p.number, p.media_type, p.width, p.height, p.orientation, octet_length(p.bytes), encode(p.sha256, 'hex') " READABLE " ORDER BY p.number",
		 INT4OID, UUIDOID, UUIDOID, BOOLOID);

static EcpPlan read_photo =
ECP_PLAN("SELECT p.media_type, p.bytes " READABLE " AND p.number = $5",
		 INT4OID, UUIDOID, UUIDOID, BOOLOID, INT4OID);

static void
raise_unknown(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such lot or photo"),
			 errhint("ecopanier.lot_photos() lists the photos of a lot.")));
}

static void
raise_published(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_HISTORY_KEPT),
			 errmsg("the photos of a lot that was published do not change"),
			 errhint("Cancel the lot and make another one.")));
}

/* Locks a lot; whether there is one, whose and whether it is a draft. */
static bool
lock(Datum territory, Datum lot, pg_uuid_t *organisation, bool *draft)
{
	Datum		values[2] = {territory, lot};

	ecp_plan_run(&lock_lot, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	*organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	*draft = DatumGetBool(ecp_plan_known(0, 2));
	return true;
}

/* Whose the photo is, and its number where none is given. */
static void
fill_key(EcpRow *row, const pg_uuid_t *organisation)
{
	int			number = ecp_row_column(row->desc, "number");
	Datum		values[3] = {ecp_row_value(row, "territory_id"), ecp_row_value(row, "lot_id"), Int32GetDatum(PHOTOS_MAX)};
	bool		none;
	Datum		lowest;

	ecp_row_set(row, ecp_row_column(row->desc, "organisation_id"), UUIDPGetDatum(organisation));
	if (!row->nulls[number])
		return;
	ecp_plan_run(&find_number, values, NULL, false, 1);
	lowest = ecp_plan_value(0, 1, &none);
	if (none)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("the lot has %d photos", PHOTOS_MAX),
				 errhint("Remove one with ecopanier.remove_lot_photo().")));
	ecp_row_set(row, number, lowest);
}

Datum
ecp_trg_lot_photo_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"territory_id", "lot_id", "number", "organisation_id", "media_type", "width", "height", "orientation",
	"sha256", "bytes", "created_at", NULL};
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, trigger);
	bool		goes = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
	bool		draft = false;
	bool		found;
	pg_uuid_t  *organisation = palloc(sizeof(pg_uuid_t));
	EcpOwner	saved;

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (row.old_values || ecp_row_lacks(&row, "lot_id"))
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	ecp_plan_begin(&saved);
	found = lock(ecp_row_value(&row, "territory_id"), ecp_row_value(&row, "lot_id"), organisation, &draft);
	if (!goes && !found)
		raise_unknown();
	if (found && !draft && (goes ? !ecp_context_is_scheduled() : caller != NULL))
		raise_published();
	if (!goes)
		fill_key(&row, organisation);
	ecp_plan_end(&saved);
	if (!goes)
		ecp_photo_fill(&row);
	return ecp_row_close(&row);
}

/* Locks a lot of the caller's organisation, whose manager or owner the caller is. */
static void
lock_own(const EcpCaller *caller, FunctionCallInfo fcinfo)
{
	pg_uuid_t	organisation;
	bool		draft;

	if (PG_ARGISNULL(0) || !lock(Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), &organisation, &draft) ||
		!ecp_id_equal(&organisation, &caller->organisation))
		raise_unknown();
	if (!draft)
		raise_published();
}

static const EcpCaller *
require_manager(void)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_listing_require_staff(caller, ECP_FUNCTION_MANAGER);
	return caller;
}

static void
require_argument(FunctionCallInfo fcinfo, int argument, const char *what)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the %s is missing", what),
				 errhint("Give the lot and the %s.", what)));
}

Datum
ecp_add_lot_photo(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_manager();
	Datum		values[3] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0)};
	EcpOwner	saved;
	bytea	   *photo;
	int32		number;

	require_argument(fcinfo, 1, "photo");
	photo = PG_GETARG_BYTEA_PP(1);
	values[2] = PointerGetDatum(ecp_photo_digest(photo));
	ecp_plan_begin(&saved);
	lock_own(caller, fcinfo);
	ecp_plan_run(&find_same, values, NULL, false, 1);
	if (SPI_processed == 0)
	{
		values[2] = PointerGetDatum(photo);
		ecp_plan_run(&add, values, NULL, false, 0);
	}
	number = DatumGetInt32(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_INT32(number);
}

Datum
ecp_remove_lot_photo(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_manager();
	Datum		values[3] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	EcpOwner	saved;
	bool		removed;

	require_argument(fcinfo, 1, "number");
	ecp_plan_begin(&saved);
	lock_own(caller, fcinfo);
	ecp_plan_run(&drop, values, NULL, false, 0);
	removed = SPI_processed > 0;
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(removed);
}

/* Runs a statement with READABLE for the caller; $5 is the number. */
static void
run_for(EcpPlan *plan, FunctionCallInfo fcinfo, Datum number)
{
	const EcpCaller *caller = ecp_caller_require();
	bool		staff = caller->role == ECP_ROLE_MERCHANT || caller->role == ECP_ROLE_ASSOCIATION;
	Datum		values[5] = {Int32GetDatum(caller->territory), PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0),
	UUIDPGetDatum(&caller->organisation), BoolGetDatum(caller->role == ECP_ROLE_ADMINISTRATOR), number};
	char		nulls[] = "     ";

	if (PG_ARGISNULL(0) || (staff && !caller->has_organisation))
		nulls[1] = 'n';
	if (!staff)
		nulls[2] = 'n';
	ecp_plan_run(plan, values, nulls, true, 0);
}

Datum
ecp_lot_photos(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;
	uint64		count;
	uint64		i;

	ecp_require_installed();
	(void) ecp_caller_require();
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	run_for(&list_photos, fcinfo, (Datum) 0);
	count = SPI_processed;
	for (i = 0; i < count; i++)
		tuplestore_puttuple(set->setResult, SPI_tuptable->vals[i]);
	ecp_plan_end(&saved);
	return (Datum) 0;
}

/* Has an API server send what the transaction gives under this media type. */
static void
name_type(const char *media_type)
{
	char	   *headers = psprintf("[{\"Content-Type\": \"%s\"}]", media_type);

	(void) set_config_option("response.headers", headers, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

Datum
ecp_lot_photo(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	MemoryContext results = CurrentMemoryContext;
	MemoryContext old;
	char	   *media_type;
	bytea	   *bytes;

	ecp_require_installed();
	(void) ecp_caller_require();
	ecp_plan_begin(&saved);
	run_for(&read_photo, fcinfo, PG_ARGISNULL(1) ? Int32GetDatum(1) : PG_GETARG_DATUM(1));
	if (SPI_processed == 0)
		raise_unknown();
	old = MemoryContextSwitchTo(results);
	media_type = ecp_plan_text(0, 1);
	bytes = DatumGetByteaPCopy(ecp_plan_known(0, 2));
	MemoryContextSwitchTo(old);
	ecp_plan_end(&saved);
	name_type(media_type);
	PG_RETURN_BYTEA_P(bytes);
}
