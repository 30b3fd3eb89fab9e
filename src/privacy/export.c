/*
 * Everything about a person as one JSON document.
 *
 * The register says which tables hold something and which of their columns are
 * told; each line becomes a part of the document.  What only the person may
 * read (contacts, sealed identities) is left out for an administrator.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "beneficiary/contact.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "privacy/person.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_export_person);
PG_FUNCTION_INFO_V1(ecp_read_person);
PG_FUNCTION_INFO_V1(ecp_export_schema);

static EcpPlan list_parts =
ECP_PLAN("SELECT section, read, opened, guarded FROM ecopanier_private.personal_statement WHERE section IS NOT NULL ORDER BY section");

static EcpPlan read_schema =
ECP_PLAN("SELECT schema FROM ecopanier_private.personal_schema");

/* A line of list_parts, copied. */
typedef struct Part
{
	char	   *section;
	char	   *read;
	bool		opened;
	bool		guarded;
} Part;

static Part *
read_parts(uint64 *count)
{
	Part	   *parts;
	uint64		i;

	ecp_plan_run(&list_parts, NULL, NULL, true, 0);
	*count = SPI_processed;
	parts = palloc(*count * sizeof(Part));
	for (i = 0; i < *count; i++)
	{
		parts[i].section = ecp_plan_text(i, 1);
		parts[i].read = ecp_plan_text(i, 2);
		parts[i].opened = DatumGetBool(ecp_plan_known(i, 3));
		parts[i].guarded = DatumGetBool(ecp_plan_known(i, 4));
	}
	return parts;
}

/* Reads a part; "person" is one object, the others are lists. */
static char *
read_part(const Part *part, Datum *values)
{
	static const Oid types[] = {INT4OID, UUIDOID};
	char	   *list;

	ecp_plan_run(ecp_person_plan(part->read, 2, types), values, NULL, true, 1);
	list = ecp_plan_text(0, 1);
	if (strcmp(part->section, "person") != 0)
		return list;
	list[strlen(list) - 1] = '\0';
	return list + 1;
}

/* The contacts, which the person alone is told. */
static void
append_contacts(StringInfo document, int32 territory, const pg_uuid_t *member)
{
	const char *comma = "";
	char		updated[MAXDATELEN + 1];
	TimestampTz moment;
	int			kind;

	appendStringInfoChar(document, '[');
	for (kind = 0; kind < ECP_CONTACT_KINDS; kind++)
	{
		EcpContactOwner owner = {.territory = territory, .member = *member, .kind = kind};
		char	   *text = ecp_contact_read(&owner, &moment);

		if (text == NULL)
			continue;
		JsonEncodeDateTime(updated, TimestampTzGetDatum(moment), TIMESTAMPTZOID, NULL);
		appendStringInfo(document, "%s{\"kind\": \"%s\", \"updated_at\": \"%s\", \"contact\": ",
						 comma, ecp_contact_kind_name(kind), updated);
		escape_json(document, text);
		appendStringInfoChar(document, '}');
		comma = ", ";
	}
	appendStringInfoChar(document, ']');
}

/* The document, in the current context; inside SPI as the owner. */
static char *
make_document(int32 territory, const pg_uuid_t *member, bool own)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(member)};
	char		now[MAXDATELEN + 1];
	StringInfoData document;
	Part	   *parts;
	uint64		count;
	uint64		i;

	initStringInfo(&document);
	JsonEncodeDateTime(now, TimestampTzGetDatum(ecp_clock_now()), TIMESTAMPTZOID, NULL);
	appendStringInfo(&document, "{\"schema\": \"urn:ecopanier:person:1\", \"generated_at\": \"%s\"", now);
	parts = read_parts(&count);
	for (i = 0; i < count; i++)
	{
		if (parts[i].guarded && !own)
			continue;
		appendStringInfoString(&document, ", ");
		escape_json(&document, parts[i].section);
		appendStringInfoString(&document, ": ");
		if (parts[i].opened)
			append_contacts(&document, territory, member);
		else
			appendStringInfoString(&document, read_part(&parts[i], values));
	}
	appendStringInfoChar(&document, '}');
	return document.data;
}

/* The person's document for the caller, noted in the audit as the action. */
static Datum
give_document(const EcpCaller *caller, const pg_uuid_t *member, const char *action)
{
	MemoryContext context = CurrentMemoryContext;
	bool		own = ecp_id_equal(member, &caller->member);
	EcpOwner	saved;
	char	   *document;

	ecp_plan_begin(&saved);
	ecp_person_find(caller->territory, member);
	if (!own)
		ecp_access_require(caller, member);
	ecp_audit(caller, caller->territory, action, member, NULL);
	document = MemoryContextStrdup(context, make_document(caller->territory, member, own));
	ecp_plan_end(&saved);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(document));
}

Datum
ecp_export_person(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_caller();

	if (PG_ARGISNULL(0) || (caller->role != ECP_ROLE_ADMINISTRATOR && !ecp_id_equal(PG_GETARG_UUID_P(0), &caller->member)))
		ecp_raise_unknown_person();
	return give_document(caller, PG_GETARG_UUID_P(0), "person_export");
}

Datum
ecp_read_person(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require_admin();

	if (PG_ARGISNULL(0))
		ecp_raise_unknown_person();
	return give_document(caller, PG_GETARG_UUID_P(0), "person_read");
}

Datum
ecp_export_schema(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	Datum		schema;

	ecp_require_installed();
	ecp_plan_begin(&saved);
	ecp_plan_run(&read_schema, NULL, NULL, true, 1);
	schema = SPI_datumTransfer(ecp_plan_known(0, 1), false, -1);
	ecp_plan_end(&saved);
	PG_RETURN_DATUM(schema);
}
