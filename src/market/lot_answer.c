/*
 * Calls about many lots; see lot_answer.h.
 *
 * An answer is kept as it was given, errors included: a client that did not
 * hear it asks again with the same number and learns what came of it, without
 * making a lot twice.  To try refused rows again is a new request.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "common/due.h"
#include "common/errors.h"
#include "common/plan.h"
#include "market/lot_answer.h"

#define ANSWER_COLUMNS 8

static EcpPlan insert_request =
ECP_PLAN("INSERT INTO ecopanier_private.lot_request (territory_id, organisation_id, request_id, asked) "
		 "VALUES ($1, $2, $3, sha256(convert_to($4, 'UTF8'))) ON CONFLICT DO NOTHING",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID);

static EcpPlan find_request =
ECP_PLAN("SELECT asked = sha256(convert_to($4, 'UTF8')), answer::text FROM ecopanier_private.lot_request "
		 "WHERE territory_id = $1 AND organisation_id = $2 AND request_id = $3",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID);

static EcpPlan keep_answer =
ECP_PLAN("UPDATE ecopanier_private.lot_request SET answer = $4::jsonb WHERE territory_id = $1 AND organisation_id = $2 AND request_id = $3",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID);

static EcpPlan read_answer =
ECP_PLAN("SELECT number, lot_id, state, code, message, detail, hint, source_lot_id FROM jsonb_to_recordset($1::jsonb) "
		 "x (number int, lot_id uuid, state text, code text, message text, detail text, hint text, source_lot_id uuid) ORDER BY number",
		 TEXTOID);

#define KEPT "interval '30 days'"

static EcpPlan purge =
ECP_PLAN("DELETE FROM ecopanier_private.lot_request WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT r.ctid FROM ecopanier_private.lot_request r WHERE r.territory_id = t.id AND r.at <= $1 - " KEPT " ORDER BY r.at LIMIT $2) d))",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_purge =
ECP_PLAN("SELECT min(d.at) + " KEPT " FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT r.at FROM ecopanier_private.lot_request r WHERE r.territory_id = t.id ORDER BY r.at LIMIT 1) d",
		 TIMESTAMPTZOID);

void
ecp_lot_answer_begin(StringInfo answer)
{
	initStringInfo(answer);
	appendStringInfoChar(answer, '[');
}

void
ecp_lot_answer_end(StringInfo answer)
{
	appendStringInfoChar(answer, ']');
}

/* Appends a member of an object, nothing where the text is NULL. */
static void
append_text(StringInfo answer, const char *name, const char *text)
{
	if (text == NULL)
		return;
	appendStringInfo(answer, ", \"%s\": ", name);
	escape_json(answer, text);
}

static void
append_id(StringInfo answer, const char *name, const pg_uuid_t *id)
{
	if (id)
		append_text(answer, name, DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(id))));
}

void
ecp_lot_answer_add(StringInfo answer, const EcpLotOutcome *outcome)
{
	const ErrorData *error = outcome->error;

	appendStringInfo(answer, "%s{\"number\": %d", answer->len > 1 ? ", " : "", outcome->number);
	append_id(answer, "lot_id", outcome->lot);
	append_text(answer, "state", outcome->state);
	append_id(answer, "source_lot_id", outcome->source);
	if (error)
	{
		append_text(answer, "code", unpack_sql_state(error->sqlerrcode));
		append_text(answer, "message", error->message);
		append_text(answer, "detail", error->detail);
		append_text(answer, "hint", error->hint ? error->hint : "Compare its values with the columns of ecopanier.lot.");
	}
	appendStringInfoChar(answer, '}');
}

bool
ecp_lot_request_begin(const EcpCaller *caller, Datum request, bool isnull, const char *asked, char **answer)
{
	Datum		values[4] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation), request};

	if (isnull)
		return true;
	values[3] = CStringGetTextDatum(asked);
	ecp_plan_run(&insert_request, values, NULL, false, 0);
	if (SPI_processed > 0)
		return true;
	ecp_plan_run(&find_request, values, NULL, false, 1);
	if (SPI_processed == 0)
		elog(ERROR, "a request with this request_id came and went");
	if (!DatumGetBool(ecp_plan_known(0, 1)))
		ereport(ERROR,
				(errcode(ECP_ERR_REQUEST_REUSED),
				 errmsg("the request_id was used for another request"),
				 errhint("Make a new request_id for each request.")));
	*answer = ecp_plan_text(0, 2);
	return false;
}

void
ecp_lot_request_end(const EcpCaller *caller, Datum request, bool isnull, const char *answer)
{
	Datum		values[4] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->organisation), request};

	if (isnull)
		return;
	values[3] = CStringGetTextDatum(answer);
	ecp_plan_run(&keep_answer, values, NULL, false, 0);
}

void
ecp_lot_answer_return(FunctionCallInfo fcinfo, const char *answer)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		text = CStringGetTextDatum(answer);

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_run(&read_answer, &text, NULL, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[ANSWER_COLUMNS];
		bool		nulls[ANSWER_COLUMNS];

		for (int c = 0; c < ANSWER_COLUMNS; c++)
			values[c] = ecp_plan_value(i, c + 1, &nulls[c]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

int64
ecp_lot_request_due(int limit)
{
	return ecp_due_run(&purge, limit);
}

TimestampTz
ecp_lot_request_next(void)
{
	return ecp_due_next(&next_purge);
}
