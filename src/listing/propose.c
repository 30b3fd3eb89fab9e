/*
 * From a photo to a job: propose_lot(), ask_again(), my_proposals().
 *
 * Locks are taken in one order: the organisation's count of the month, then the
 * proposal.  Under the first a request_id is looked up once more, so that a
 * request that is sent twice at once counts once.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/json.h"
#include "common/owner.h"
#include "common/plan.h"
#include "listing/allowance.h"
#include "listing/listing.h"
#include "listing/photo.h"
#include "listing/settings.h"

PG_FUNCTION_INFO_V1(ecp_propose_lot);
PG_FUNCTION_INFO_V1(ecp_propose_lot_from);
PG_FUNCTION_INFO_V1(ecp_ask_again);
PG_FUNCTION_INFO_V1(ecp_my_proposals);

#define REQUEST_HEADER "idempotency-key"
#define LIST_MAX 500

/* The columns of the type listing; $1 territory, $2 the reader. */
#define LISTING_COLUMNS \
	"p.id, p.state, p.failure, ecopanier.message(p.failure, (SELECT m.language FROM ecopanier.member m WHERE m.territory_id = $1 AND m.id = $2)), " \
	"p.fields, p.photo_id, p.lot_id, p.created_at, p.asked_at, p.answered_at, p.decided_at"

static EcpPlan read_listing =
ECP_PLAN("SELECT ROW(" LISTING_COLUMNS ")::ecopanier.listing FROM ecopanier.proposal p WHERE p.territory_id = $1 AND p.id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan list_listings =
ECP_PLAN("SELECT " LISTING_COLUMNS " FROM ecopanier.proposal p WHERE p.territory_id = $1 AND p.organisation_id = $3 AND p.created_at >= $4 "
		 "ORDER BY p.created_at DESC, p.id DESC LIMIT $5",
		 INT4OID, UUIDOID, UUIDOID, TIMESTAMPTZOID, INT4OID);

static EcpPlan find_request =
ECP_PLAN("SELECT p.id, f.sha256, p.organisation_id FROM ecopanier.proposal p "
		 "LEFT JOIN ecopanier.photo f ON f.territory_id = p.territory_id AND f.id = p.photo_id "
		 "WHERE p.territory_id = $1 AND p.member_id = $2 AND p.request_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan insert_proposal =
ECP_PLAN("WITH f AS (INSERT INTO ecopanier.photo (territory_id, organisation_id, member_id, bytes) VALUES ($1, $2, $3, $4) RETURNING id), "
		 "p AS (INSERT INTO ecopanier.proposal (territory_id, organisation_id, member_id, photo_id, request_id) "
		 "SELECT $1, $2, $3, f.id, $5 FROM f RETURNING id), "
		 "j AS (INSERT INTO ecopanier_private.listing_job (territory_id, id, endpoint) SELECT $1, p.id, $6 FROM p) "
		 "SELECT id FROM p",
		 INT4OID, UUIDOID, UUIDOID, BYTEAOID, UUIDOID, TEXTOID);

static EcpPlan lock_failed =
ECP_PLAN("SELECT state, photo_id IS NOT NULL FROM ecopanier.proposal WHERE territory_id = $1 AND id = $2 AND organisation_id = $3 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan wait_again =
ECP_PLAN("UPDATE ecopanier.proposal SET state = 'waiting', failure = NULL, answered_at = NULL, asked_at = $3, asked_times = asked_times + 1 "
		 "WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan queue_again =
ECP_PLAN("INSERT INTO ecopanier_private.listing_job AS j (territory_id, id, endpoint) VALUES ($1, $2, $3) ON CONFLICT (territory_id, id) DO UPDATE "
		 "SET state = 'queued', endpoint = excluded.endpoint, attempts = 0, next_at = excluded.next_at, claimed_at = NULL, last_error = NULL "
		 "WHERE j.state IN ('done', 'dead')",
		 INT4OID, UUIDOID, TEXTOID);

void
ecp_listing_require_staff(const EcpCaller *caller, EcpFunction least)
{
	if ((caller->role != ECP_ROLE_MERCHANT && caller->role != ECP_ROLE_ASSOCIATION) || !caller->has_organisation || caller->function < least)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg(least >= ECP_FUNCTION_MANAGER ? "listings are made by managers and owners of an organisation" :
						"listings are read by staff of an organisation"),
				 errhint("Sign in for the organisation.")));
}

void
ecp_listing_raise_unknown(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such proposal"),
			 errhint("ecopanier.my_proposals() lists those of the own organisation.")));
}

/* The proposal as the caller reads it, out of SPI. */
static Datum
read_answer(const EcpCaller *caller, const pg_uuid_t *proposal)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), UUIDPGetDatum(proposal)};

	ecp_plan_run(&read_listing, values, NULL, false, 1);
	return SPI_datumTransfer(ecp_plan_known(0, 1), false, -1);
}

/*
 * Finds the proposal that a request number was used for; raises where that was
 * for another photo or organisation.  A photo that is gone by age is not compared.
 */
static bool
find_by_request(const EcpCaller *caller, bytea *photo, const pg_uuid_t *request, pg_uuid_t *proposal)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), UUIDPGetDatum(request)};
	Datum		stored;
	bool		gone;
	bool		same;

	ecp_plan_run(&find_request, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	*proposal = *DatumGetUUIDP(ecp_plan_known(0, 1));
	same = memcmp(DatumGetUUIDP(ecp_plan_known(0, 3)), &caller->organisation, UUID_LEN) == 0;
	stored = ecp_plan_value(0, 2, &gone);
	if (same && !gone)
		same = DatumGetBool(DirectFunctionCall2(byteaeq, stored, PointerGetDatum(ecp_photo_digest(photo))));
	if (!same)
		ereport(ERROR,
				(errcode(ECP_ERR_REQUEST_REUSED),
				 errmsg("the request_id was used for another request"),
				 errhint("Make a new request_id for each request.")));
	return true;
}

/* Stores photo, proposal and job, or finds what the same request made before; inside SPI. */
static void
propose(const EcpCaller *caller, bytea *photo, const pg_uuid_t *request, pg_uuid_t *proposal)
{
	EcpAllowance allowance;
	Datum		values[6] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation), UUIDPGetDatum(&caller->member),
	PointerGetDatum(photo), UUIDPGetDatum(request), CStringGetTextDatum(ecp_model_endpoint())};

	if (request && find_by_request(caller, photo, request, proposal))
		return;
	ecp_allowance_lock(caller, &allowance);
	if (request && find_by_request(caller, photo, request, proposal))
		return;
	ecp_allowance_count(caller, &allowance);
	ecp_plan_run(&insert_proposal, values, request ? NULL : "    n ", false, 0);
	*proposal = *DatumGetUUIDP(ecp_plan_known(0, 1));
}

static Datum
propose_for_caller(bytea *photo, const pg_uuid_t *request)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	pg_uuid_t	proposal;
	Datum		answer;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_listing_require_staff(caller, ECP_FUNCTION_MANAGER);
	if (photo == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("there is no photo"),
				 errhint("Give the bytes of a JPEG, PNG or WebP file.")));
	ecp_photo_check_size(photo);
	ecp_plan_begin(&saved);
	propose(caller, photo, request, &proposal);
	answer = read_answer(caller, &proposal);
	ecp_plan_end(&saved);
	return answer;
}

Datum
ecp_propose_lot(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(propose_for_caller(PG_ARGISNULL(0) ? NULL : PG_GETARG_BYTEA_PP(0), PG_ARGISNULL(1) ? NULL : PG_GETARG_UUID_P(1)));
}

/* The request's number out of its headers, NULL where there is none. */
static pg_uuid_t *
read_request_header(void)
{
	const char *headers = GetConfigOption("request.headers", true, false);
	EcpJsonField field = {.name = REQUEST_HEADER};

	if (headers == NULL || ecp_json_fields(headers, strlen(headers), &field, 1) != ECP_JSON_OK || field.kind != ECP_JSON_STRING)
		return NULL;
	return DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(field.value)));
}

Datum
ecp_propose_lot_from(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(propose_for_caller(PG_ARGISNULL(0) ? NULL : PG_GETARG_BYTEA_PP(0), read_request_header()));
}

/* Raises unless the locked proposal failed and has its photo. */
static void
check_failed(void)
{
	char	   *state = ecp_plan_text(0, 1);

	if (strcmp(state, "failed") != 0 || !DatumGetBool(ecp_plan_known(0, 2)))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the proposal cannot be asked for again"),
				 errhint("One that failed can, while its photo is kept; else send the photo with ecopanier.propose_lot().")));
}

Datum
ecp_ask_again(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	EcpAllowance allowance;
	Datum		values[3];
	Datum		answer;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_listing_require_staff(caller, ECP_FUNCTION_MANAGER);
	if (PG_ARGISNULL(0))
		ecp_listing_raise_unknown();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = UUIDPGetDatum(&caller->organisation);
	ecp_plan_begin(&saved);
	ecp_allowance_lock(caller, &allowance);
	ecp_plan_run(&lock_failed, values, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_listing_raise_unknown();
	check_failed();
	ecp_allowance_count(caller, &allowance);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_run(&wait_again, values, NULL, false, 0);
	values[2] = CStringGetTextDatum(ecp_model_endpoint());
	ecp_plan_run(&queue_again, values, NULL, false, 0);
	answer = read_answer(caller, PG_GETARG_UUID_P(0));
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(answer);
}

Datum
ecp_my_proposals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[5];
	int32		limit = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_listing_require_staff(caller, ECP_FUNCTION_READER);
	if (limit < 1 || limit > LIST_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("at_most is from 1 to %d", LIST_MAX),
				 errhint("Ask for fewer, and go on with since.")));
	InitMaterializedSRF(fcinfo, 0);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->member);
	values[2] = UUIDPGetDatum(&caller->organisation);
	values[3] = PG_ARGISNULL(0) ? TimestampTzGetDatum(DT_NOBEGIN) : PG_GETARG_DATUM(0);
	values[4] = Int32GetDatum(limit);
	ecp_plan_begin(&saved);
	ecp_plan_run(&list_listings, values, NULL, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	ecp_plan_end(&saved);
	return (Datum) 0;
}
