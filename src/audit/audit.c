/*
 * Writing the audit; see audit.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "audit/event.h"
#include "common/clock.h"
#include "common/erasing.h"
#include "common/install.h"
#include "common/json.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"

PG_FUNCTION_INFO_V1(ecp_trg_audit_change);

/* Id, key and MAC come from the table's guard. */
static EcpPlan insert_event =
ECP_PLAN("INSERT INTO ecopanier.audit_event (territory_id, at, actor_kind, actor_id, actor_login, organisation_id, "
		 "action, subject_id, reason, facts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)",
		 INT4OID, TIMESTAMPTZOID, TEXTOID, UUIDOID, NAMEOID, UUIDOID, TEXTOID, UUIDOID, TEXTOID, TEXTOID);

/* Few events have a reason, and these have an index of their own. */
static EcpPlan forget_reasons =
ECP_PLAN("UPDATE ecopanier.audit_event SET reason = NULL, reason_salt = NULL WHERE territory_id = $1 AND reason IS NOT NULL "
		 "AND (subject_id = $2 OR subject_id = ANY ($3) OR strpos(lower(concat(facts, reason)), $2::text) > 0)",
		 INT4OID, UUIDOID, UUIDARRAYOID);

static bool appending = false;	/* insert_event runs */

bool
ecp_audit_is_appending(void)
{
	return appending;
}

static void
run_insert(Datum *values, const char *nulls)
{
	PG_TRY();
	{
		appending = true;
		ecp_plan_run(&insert_event, values, nulls, false, 0);
	}
	PG_FINALLY();
	{
		appending = false;
	}
	PG_END_TRY();
}

/* What acted, as audit_event.actor_kind has it. */
static const char *
kind_of(const EcpCaller *caller)
{
	if (caller)
		return ecp_caller_kind_name(caller->kind);
	return ecp_context_is_scheduled() ? "schedule" : "load";
}

/* Appends an event; actor, organisation, subject, reason, facts: NULL where there is none. */
static void
append_event(int32 territory, const char *kind, const pg_uuid_t *actor, const char *login, const pg_uuid_t *organisation,
			 const char *action, const pg_uuid_t *subject, const char *reason, const char *facts)
{
	NameData	name = {{0}};
	Datum		values[10] = {0};
	char		nulls[11] = "          ";

	namestrcpy(&name, login);
	values[0] = Int32GetDatum(territory);
	values[1] = TimestampTzGetDatum(ecp_clock_now());
	values[2] = CStringGetTextDatum(kind);
	values[3] = UUIDPGetDatum(actor);
	nulls[3] = actor ? ' ' : 'n';
	values[4] = NameGetDatum(&name);
	values[5] = UUIDPGetDatum(organisation);
	nulls[5] = organisation ? ' ' : 'n';
	values[6] = CStringGetTextDatum(action);
	values[7] = UUIDPGetDatum(subject);
	nulls[7] = subject ? ' ' : 'n';
	values[8] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	nulls[8] = reason ? ' ' : 'n';
	values[9] = facts ? CStringGetTextDatum(facts) : (Datum) 0;
	nulls[9] = facts ? ' ' : 'n';
	run_insert(values, nulls);
}

void
ecp_audit_facts(const EcpCaller *caller, int32 territory, const char *action, const pg_uuid_t *subject,
				const char *reason, const char *facts)
{
	append_event(territory, kind_of(caller), caller ? &caller->member : NULL, GetUserNameFromId(GetSessionUserId(), false),
				 caller && caller->has_organisation ? &caller->organisation : NULL, action, subject, reason, facts);
}

void
ecp_audit_unnamed(int32 territory, const char *action, const char *facts)
{
	append_event(territory, ecp_caller_kind_name(ECP_CALLER_PERSON), NULL, "ecopanier_owner", NULL, action, NULL, NULL, facts);
}

void
ecp_audit(const EcpCaller *caller, int32 territory, const char *action, const pg_uuid_t *subject, const char *reason)
{
	ecp_audit_facts(caller, territory, action, subject, reason, NULL);
}

void
ecp_audit_forget(int32 territory, const pg_uuid_t *member, Datum about)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(member), about};

	ecp_plan_run(&forget_reasons, values, NULL, false, 0);
	if (SPI_processed > 0)
		ecp_audit_unnamed(territory, "reasons_withheld", psprintf("{\"reasons\": " UINT64_FORMAT "}", SPI_processed));
}

/* Appends "name": value of one column, for an UPDATE "name": [before, after] where it changed; always: and where not. */
static void
append_fact(StringInfo facts, const EcpRow *row, int column, bool always)
{
	Form_pg_attribute attribute = TupleDescAttr(row->desc, column);
	bool		differs = row->old_values && ecp_row_differs(row, column);

	if (row->old_values ? !differs && !always : row->nulls[column])
		return;
	appendStringInfoString(facts, facts->len > 1 ? ", " : "");
	escape_json(facts, NameStr(attribute->attname));
	appendStringInfoString(facts, ": ");
	if (differs)
	{
		appendStringInfoChar(facts, '[');
		ecp_json_append_value(facts, attribute->atttypid, row->old_values[column], row->old_nulls[column]);
		appendStringInfoString(facts, ", ");
	}
	ecp_json_append_value(facts, attribute->atttypid, row->values[column], row->nulls[column]);
	if (differs)
		appendStringInfoChar(facts, ']');
}

/* The noted columns as a JSON object, their reason apart; NULL where an UPDATE changed none of them. */
static char *
facts_of(const EcpRow *row, const char **reason)
{
	const Trigger *definition = row->trigger->tg_trigger;
	StringInfoData facts;
	bool		worth = row->old_values == NULL || definition->tgnargs < 2;
	int			i;

	*reason = NULL;
	initStringInfo(&facts);
	appendStringInfoChar(&facts, '{');
	for (i = 1; i < definition->tgnargs; i++)
	{
		bool		always = definition->tgargs[i][0] == '+';
		const char *name = definition->tgargs[i] + always;
		int			column = ecp_row_column(row->desc, name);
		bool		differs = row->old_values && ecp_row_differs(row, column);

		worth |= differs;
		if (strcmp(name, "reason") != 0)
			append_fact(&facts, row, column, always);
		else if (!row->nulls[column] && (row->old_values == NULL || differs))
			*reason = TextDatumGetCString(row->values[column]);
	}
	appendStringInfoChar(&facts, '}');
	return worth ? facts.data : NULL;
}

/* What was done, as <table>_<insert, update or delete>. */
static const char *
action_of(const TriggerData *trigger)
{
	const char *command = TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? "insert" :
		TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? "update" : "delete";

	return psprintf("%s_%s", RelationGetRelationName(trigger->tg_relation), command);
}

/* The row's territory; 0, the installation, where the table knows none. */
static int32
territory_of(const EcpRow *row)
{
	int			i;

	for (i = 0; i < row->desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(row->desc, i)->attname), "territory_id") == 0)
			return DatumGetInt32(row->values[i]);
	return 0;
}

/*
 * AFTER trigger, for each row: notes the change.  Who may write is the guard's
 * question; whoever could is noted, with or without a caller.
 */
Datum
ecp_trg_audit_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const Trigger *definition = trigger->tg_trigger;
	const pg_uuid_t *subject = NULL;
	const char *reason;
	EcpOwner	saved;
	EcpRow		row;
	char	   *facts;

	if (ecp_is_erasing() || ecp_is_installing())
		return PointerGetDatum(NULL);	/* one event tells of an erasure, without whom; "migration" of migrations */
	ecp_row_open(&row, trigger);
	facts = facts_of(&row, &reason);
	if (facts == NULL)
		return PointerGetDatum(NULL);
	if (definition->tgnargs > 0 && definition->tgargs[0][0] != '\0')
	{
		int			column = ecp_row_column(row.desc, definition->tgargs[0]);

		if (!row.nulls[column])
			subject = DatumGetUUIDP(row.values[column]);
	}
	ecp_plan_begin(&saved);
	ecp_audit_facts(ecp_caller(), territory_of(&row), action_of(trigger), subject, reason, facts);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
