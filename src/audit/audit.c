/*
 * Writing the audit; see audit.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "audit/audit.h"
#include "common/erasing.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"

PG_FUNCTION_INFO_V1(ecp_trg_audit_change);

static EcpPlan insert_event =
ECP_PLAN("INSERT INTO ecopanier.audit_event (territory_id, id, actor_kind, actor_id, organisation_id, action, subject_id, reason, facts) "
		 "VALUES ($1, ecopanier.new_id($1), $2, $3, $4, $5, $6, $7, $8::jsonb)",
		 INT4OID, TEXTOID, UUIDOID, UUIDOID, TEXTOID, UUIDOID, TEXTOID, TEXTOID);

static const char *const kinds[ECP_CALLER_KINDS] = {"person", "service", "kiosk"};

void
ecp_audit_facts(const EcpCaller *caller, int32 territory, const char *action, const pg_uuid_t *subject,
				const char *reason, const char *facts)
{
	Datum		values[8] = {0};
	char		nulls[9] = "        ";

	values[0] = Int32GetDatum(territory);
	values[1] = CStringGetTextDatum(caller ? kinds[caller->kind] : "load");
	values[2] = caller ? UUIDPGetDatum(&caller->member) : (Datum) 0;
	nulls[2] = caller ? ' ' : 'n';
	values[3] = caller ? UUIDPGetDatum(&caller->organisation) : (Datum) 0;
	nulls[3] = caller && caller->has_organisation ? ' ' : 'n';
	values[4] = CStringGetTextDatum(action);
	values[5] = UUIDPGetDatum(subject);
	nulls[5] = subject ? ' ' : 'n';
	values[6] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	nulls[6] = reason ? ' ' : 'n';
	values[7] = facts ? CStringGetTextDatum(facts) : (Datum) 0;
	nulls[7] = facts ? ' ' : 'n';
	ecp_plan_run(&insert_event, values, nulls, false, 0);
}

void
ecp_audit(const EcpCaller *caller, int32 territory, const char *action, const pg_uuid_t *subject, const char *reason)
{
	ecp_audit_facts(caller, territory, action, subject, reason, NULL);
}

/* Appends "name": "value" of one column, where it is not null. */
static void
append_fact(StringInfo facts, const EcpRow *row, const char *name)
{
	int			column = ecp_row_column(row->desc, name);
	Oid			output;
	bool		varlena;

	if (row->nulls[column])
		return;
	appendStringInfoString(facts, facts->len > 1 ? ", " : "");
	escape_json(facts, name);
	appendStringInfoString(facts, ": ");
	getTypeOutputInfo(TupleDescAttr(row->desc, column)->atttypid, &output, &varlena);
	escape_json(facts, OidOutputFunctionCall(output, row->values[column]));
}

/* What was done, as <table>_<insert, update or delete>. */
static const char *
action_of(const TriggerData *trigger)
{
	const char *command = TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? "insert" :
		TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? "update" : "delete";

	return psprintf("%s_%s", RelationGetRelationName(trigger->tg_relation), command);
}

/*
 * AFTER trigger, for each row: notes the change.  Arguments: the column of the
 * subject, then the columns whose values are noted; name none that is personal.
 */
Datum
ecp_trg_audit_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const Trigger *definition = trigger->tg_trigger;
	const EcpCaller *caller = ecp_caller_or_loader();
	EcpOwner	saved;
	EcpRow		row;
	StringInfoData facts;
	pg_uuid_t  *subject = NULL;
	int			i;

	if (ecp_is_erasing())
		return PointerGetDatum(NULL);	/* one event tells it, without whom */
	ecp_row_open(&row, trigger);
	initStringInfo(&facts);
	appendStringInfoChar(&facts, '{');
	for (i = 1; i < definition->tgnargs; i++)
		append_fact(&facts, &row, definition->tgargs[i]);
	appendStringInfoChar(&facts, '}');
	if (definition->tgnargs > 0)
	{
		int			column = ecp_row_column(row.desc, definition->tgargs[0]);

		if (!row.nulls[column])
			subject = DatumGetUUIDP(row.values[column]);
	}
	ecp_plan_begin(&saved);
	ecp_audit_facts(caller, DatumGetInt32(row.values[ecp_row_column(row.desc, "territory_id")]), action_of(trigger),
					subject, NULL, facts.data);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
