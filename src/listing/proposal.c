/*
 * A proposal between a photo and a lot; see proposal.h.
 *
 * Whatever comes from a model is stored where the proposal still waits, and
 * nowhere else: the state in the UPDATE's condition is looked at under the lock
 * of the row.  So a job that is done twice makes one draft, and an answer for
 * what was thrown away changes nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "identity/tenant.h"
#include "listing/proposal.h"

PG_FUNCTION_INFO_V1(ecp_trg_proposal_guard);

#define MODEL_VERSION_MAX 200	/* characters, as of the column; an answer may say anything */
#define COUNT_MAX 1000000000	/* tokens, milliseconds */

static const EcpTransition transitions[] = {
	{"waiting", "asking"}, {"waiting", "draft"}, {"waiting", "failed"}, {"waiting", "discarded"},
	{"asking", "draft"}, {"asking", "failed"}, {"asking", "discarded"},
	{"draft", "confirmed"}, {"draft", "discarded"},
	{"failed", "waiting"}, {"failed", "discarded"}, {NULL, NULL}
};

static EcpPlan note_asking =
ECP_PLAN("UPDATE ecopanier.proposal SET state = 'asking' WHERE territory_id = $1 AND id = $2 AND state IN ('waiting', 'asking')",
		 INT4OID, UUIDOID);

static EcpPlan store_draft =
ECP_PLAN("UPDATE ecopanier.proposal SET state = 'draft', fields = $3, provider = $4, model = $5, model_version = left($6, $7), answered_at = $8 "
		 "WHERE territory_id = $1 AND id = $2 AND state IN ('waiting', 'asking')",
		 INT4OID, UUIDOID, JSONBOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID);

static EcpPlan store_failure =
ECP_PLAN("UPDATE ecopanier.proposal SET state = 'failed', failure = $3, answered_at = $4 "
		 "WHERE territory_id = $1 AND id = $2 AND state IN ('waiting', 'asking')",
		 INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID);

static EcpPlan store_call =
ECP_PLAN("INSERT INTO ecopanier.proposal_call (territory_id, proposal_id, organisation_id, month, at, provider, model, model_version, "
		 "outcome, tokens_in, tokens_out, cost_micro_eur, duration_ms) "
		 "SELECT p.territory_id, p.id, p.organisation_id, date_trunc('month', p.asked_at AT TIME ZONE t.time_zone)::date, $3, $4, $5, left($6, 200), "
		 "left($7, 60), $8, $9, $10, $11 FROM ecopanier.proposal p JOIN ecopanier.territory t ON t.id = p.territory_id "
		 "WHERE p.territory_id = $1 AND p.id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT4OID, INT8OID, INT4OID);

/* What may go but not change: the photo by age, the lot where its draft is thrown away. */
static void
check_only_cleared(const EcpRow *row, const char *name, bool may_begin)
{
	int			column = ecp_row_column(row->desc, name);

	if (ecp_row_differs(row, column) && !row->nulls[column] && !(may_begin && row->old_nulls[column]))
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("\"%s\" of a proposal does not change", name),
				 errhint("Send the photo again with ecopanier.propose_lot().")));
}

Datum
ecp_trg_proposal_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"organisation_id", "member_id", "request_id", "created_at", NULL};
	EcpRow		row;

	(void) ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	if (row.old_values)
	{
		ecp_row_freeze(&row, frozen);
		check_only_cleared(&row, "photo_id", false);
		check_only_cleared(&row, "lot_id", true);
		ecp_transition_check(&row, ecp_row_column(row.desc, "state"), transitions);
	}
	return ecp_row_close(&row);
}

bool
ecp_proposal_asking(int32 territory, const pg_uuid_t *proposal)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(proposal)};

	ecp_plan_run(&note_asking, values, NULL, false, 0);
	return SPI_processed > 0;
}

/* Raises unless the text is one JSON value that the field takes. */
static void
check_proposed(EcpField field, const char *json)
{
	Jsonb	   *value = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	JsonbValue	item;

	if (JB_ROOT_IS_SCALAR(value))
		JsonbExtractScalar(&value->root, &item);
	else
	{
		item.type = jbvBinary;
		item.val.binary.data = &value->root;
		item.val.binary.len = VARSIZE(value) - VARHDRSZ;
	}
	ecp_field_check(field, &item);
}

static Datum
make_fields(const EcpDraft *draft)
{
	StringInfoData object;

	initStringInfo(&object);
	appendStringInfoChar(&object, '{');
	for (int i = 0; i < ECP_FIELDS; i++)
	{
		const EcpProposed *proposed = &draft->fields[i];
		double		confidence = proposed->confidence > 0 ? Min(proposed->confidence, 1) : 0;

		if (proposed->json == NULL)
			continue;
		check_proposed((EcpField) i, proposed->json);
		appendStringInfo(&object, "%s\"%s\": {\"value\": %s, \"confidence\": %.2f, \"source\": \"proposed\"}",
						 object.len > 1 ? ", " : "", ecp_field_name((EcpField) i), proposed->json, confidence);
	}
	appendStringInfoChar(&object, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(object.data));
}

bool
ecp_proposal_draft(int32 territory, const pg_uuid_t *proposal, const EcpDraft *draft)
{
	Datum		values[8] = {Int32GetDatum(territory), UUIDPGetDatum(proposal), make_fields(draft),
	CStringGetTextDatum(draft->provider), CStringGetTextDatum(draft->model), (Datum) 0, Int32GetDatum(MODEL_VERSION_MAX),
	TimestampTzGetDatum(ecp_clock_now())};

	if (draft->model_version)
		values[5] = CStringGetTextDatum(draft->model_version);
	ecp_plan_run(&store_draft, values, draft->model_version ? NULL : "     n  ", false, 0);
	return SPI_processed > 0;
}

bool
ecp_proposal_failed(int32 territory, const pg_uuid_t *proposal, const char *failure)
{
	Datum		values[4] = {Int32GetDatum(territory), UUIDPGetDatum(proposal), CStringGetTextDatum(failure),
	TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&store_failure, values, NULL, false, 0);
	return SPI_processed > 0;
}

void
ecp_proposal_call(int32 territory, const pg_uuid_t *proposal, const EcpModelCall *call)
{
	Datum		values[11] = {Int32GetDatum(territory), UUIDPGetDatum(proposal), TimestampTzGetDatum(ecp_clock_now()),
	CStringGetTextDatum(call->provider), CStringGetTextDatum(call->model), (Datum) 0, CStringGetTextDatum(call->outcome),
	Int32GetDatum(Min(Max(call->tokens_in, 0), COUNT_MAX)), Int32GetDatum(Min(Max(call->tokens_out, 0), COUNT_MAX)),
	Int64GetDatum(Max(call->cost_micro_eur, 0)), Int32GetDatum((int32) Min(Max(call->duration_ms, 0), COUNT_MAX))};

	if (call->model_version)
		values[5] = CStringGetTextDatum(call->model_version);
	ecp_plan_run(&store_call, values, call->model_version ? NULL : "     n     ", false, 0);
}
