/*
 * Many lots in one call: publish_lots().
 *
 * Each row is an INSERT or an UPDATE like anybody's, in a subtransaction of its
 * own: what is wrong with one is told in its row, the others are kept.  A plain
 * INSERT of many rows is all or nothing instead.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "common/attempt.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "market/lot_answer.h"
#include "market/lot_columns.h"
#include "market/offerer.h"

PG_FUNCTION_INFO_V1(ecp_publish_lots);

#define SIZE_MAX_BYTES (2 * 1024 * 1024)	/* of all rows, as jsonb */

#define COLUMNS(prefix) ECP_LOT_SAME(prefix) ", " ECP_LOT_DATED(prefix)

static EcpPlan find_surplus =
ECP_PLAN("SELECT k FROM jsonb_object_keys($1) k WHERE k <> ALL (string_to_array('id, " COLUMNS("") "', ', ')) ORDER BY 1 LIMIT 1",
		 JSONBOID);

/* What a row does not say is as if it were left out of an INSERT. */
static EcpPlan insert_lot =
ECP_PLAN("INSERT INTO ecopanier.lot (state, " COLUMNS("") ") SELECT 'published', " COLUMNS("n.") " FROM jsonb_populate_record(NULL::ecopanier.lot, "
		 "'{\"public_units\": 0, \"solidarity_units\": 0, \"undated\": false, \"provenance\": \"bought\", \"labels\": [], \"wishes\": []}' || $1) n "
		 "RETURNING id, state",
		 JSONBOID);

/* A draft keeps what the row does not say. */
static EcpPlan publish_draft =
ECP_PLAN("UPDATE ecopanier.lot l SET (" COLUMNS("") ") = (SELECT " COLUMNS("n.") " FROM jsonb_populate_record(l, $1) n), state = 'published' "
		 "WHERE l.territory_id = $2 AND l.id = ($1 ->> 'id')::uuid AND l.organisation_id = $3 RETURNING l.id, l.state",
		 JSONBOID, INT4OID, UUIDOID);

/* A row at work. */
typedef struct Row
{
	const EcpCaller *caller;
	Datum		object;
	pg_uuid_t	lot;
	char	   *state;
} Row;

static void
check_row(Jsonb *object)
{
	Datum		value = JsonbPGetDatum(object);

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a lot is not a JSON object"),
				 errhint("Give its columns by name, or the id of a draft.")));
	ecp_plan_run(&find_surplus, &value, NULL, true, 1);
	if (SPI_processed > 0)
	{
		char	   *name = ecp_plan_text(0, 1);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a lot has no field \"%.*s\"", pg_mbcliplen(name, strlen(name), NAMEDATALEN), name),
				 errhint("The comment on ecopanier.publish_lots() says what a row takes.")));
	}
}

/* Publishes one row, a new lot or a draft. */
static void
publish_row(void *arg)
{
	Row		   *row = arg;
	Jsonb	   *object = DatumGetJsonbP(row->object);
	Datum		values[3] = {row->object, Int32GetDatum(row->caller->territory), UUIDPGetDatum(&row->caller->organisation)};
	JsonbValue	id;

	check_row(object);
	if (getKeyJsonValueFromContainer(&object->root, "id", 2, &id) == NULL)
		ecp_plan_run(&insert_lot, values, NULL, false, 0);
	else
		ecp_plan_run(&publish_draft, values, NULL, false, 0);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such lot"),
				 errhint("Give the id of a draft of the own organisation.")));
	row->lot = *DatumGetUUIDP(ecp_plan_known(0, 1));
	row->state = ecp_plan_text(0, 2);
}

/* Publishes all rows; the answer. */
static char *
publish_all(const EcpCaller *caller, Jsonb *lots)
{
	StringInfoData answer;
	JsonbIterator *iterator = JsonbIteratorInit(&lots->root);
	JsonbIteratorToken token;
	JsonbValue	item;
	int			number = 0;

	ecp_lot_answer_begin(&answer);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		Row			row = {.caller = caller};
		EcpLotOutcome outcome = {0};

		if (token != WJB_ELEM)
			continue;
		CHECK_FOR_INTERRUPTS();
		row.object = JsonbPGetDatum(JsonbValueToJsonb(&item));
		outcome.number = ++number;
		outcome.error = ecp_attempt_error(publish_row, &row);
		if (outcome.error && !ecp_is_of_row(outcome.error->sqlerrcode))
			ReThrowError((ErrorData *) outcome.error);
		if (outcome.error == NULL)
		{
			outcome.lot = &row.lot;
			outcome.state = row.state;
		}
		ecp_lot_answer_add(&answer, &outcome);
	}
	ecp_lot_answer_end(&answer);
	return answer.data;
}

static Jsonb *
read_lots(FunctionCallInfo fcinfo)
{
	Jsonb	   *lots;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the lots are missing"),
				 errhint("Give a JSON array of up to %d lots.", ECP_LOT_ROWS_MAX)));
	lots = PG_GETARG_JSONB_P(0);
	if (!JB_ROOT_IS_ARRAY(lots) || JB_ROOT_IS_SCALAR(lots) || JB_ROOT_COUNT(lots) > ECP_LOT_ROWS_MAX || VARSIZE(lots) > SIZE_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lots are given as a JSON array of up to %d lots and two megabytes", ECP_LOT_ROWS_MAX),
				 errhint("Send more in several calls.")));
	return lots;
}

Datum
ecp_publish_lots(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Jsonb	   *lots;
	char	   *asked;
	char	   *answer;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_offerer_require(caller);
	lots = read_lots(fcinfo);
	asked = psprintf("publish_lots %s", JsonbToCString(NULL, &lots->root, VARSIZE(lots)));
	ecp_plan_begin(&saved);
	if (ecp_lot_request_begin(caller, PG_GETARG_DATUM(1), PG_ARGISNULL(1), asked, &answer))
	{
		answer = publish_all(caller, lots);
		ecp_lot_request_end(caller, PG_GETARG_DATUM(1), PG_ARGISNULL(1), answer);
	}
	ecp_lot_answer_return(fcinfo, answer);
	ecp_plan_end(&saved);
	return (Datum) 0;
}
