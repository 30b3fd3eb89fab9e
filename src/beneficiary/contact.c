/*
 * Storing contacts and giving them to the person; see contact.h.
 *
 * A function that holds a contact raises without it, and hides the statement.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "beneficiary/contact.h"
#include "beneficiary/contact_core.h"
#include "beneficiary/holder.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/keys.h"
#include "crypto/secret.h"

PG_FUNCTION_INFO_V1(ecp_set_contact);
PG_FUNCTION_INFO_V1(ecp_set_beneficiary_contact);
PG_FUNCTION_INFO_V1(ecp_my_contacts);
PG_FUNCTION_INFO_V1(ecp_remove_contact);
PG_FUNCTION_INFO_V1(ecp_reseal_contacts);

EcpContactConsent ecp_contact_consent = NULL;

static EcpPlan store =
ECP_PLAN("INSERT INTO ecopanier_private.contact AS c (territory_id, member_id, kind, key_id, sealed, updated_at) "
		 "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (territory_id, member_id, kind) "
		 "DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, updated_at = excluded.updated_at",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID);

static EcpPlan read_contact =
ECP_PLAN("SELECT key_id, sealed, updated_at FROM ecopanier_private.contact WHERE territory_id = $1 AND member_id = $2 AND kind = $3",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan remove_one =
ECP_PLAN("DELETE FROM ecopanier_private.contact WHERE territory_id = $1 AND member_id = $2 AND kind = $3",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan lock_old =
ECP_PLAN("SELECT territory_id, member_id, kind, key_id, sealed FROM ecopanier_private.contact WHERE key_id <> $1 FOR UPDATE",
		 TEXTOID);

static EcpPlan reseal =
ECP_PLAN("UPDATE ecopanier_private.contact SET key_id = $4, sealed = $5 WHERE territory_id = $1 AND member_id = $2 AND kind = $3",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID, BYTEAOID);

/* Writes the normal form into out. */
static bool
normalise(EcpContactKind kind, const char *text, size_t len, char *out)
{
	return kind == ECP_CONTACT_MAIL ? ecp_core_mail(text, len, out) : ecp_core_phone(text, len, out);
}

bool
ecp_contact_is_valid(EcpContactKind kind, const char *text, size_t len)
{
	char	   *normal = ecp_secret_alloc(ECP_CONTACT_TEXT_MAX + 1);
	bool		valid = normalise(kind, text, len, normal);

	ecp_secret_wipe(normal);
	return valid;
}

static void
raise_no_contact(EcpContactKind kind)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 kind == ECP_CONTACT_MAIL ? errmsg("this is not a mail address") : errmsg("this is not a phone number"),
			 kind == ECP_CONTACT_MAIL ? errhint("Give name@example.org.") :
			 errhint("Give ten digits as in France, or + and the number with its country code."),
			 errhidestmt(true), errhidecontext(true)));
}

void
ecp_contact_store(int32 territory, const pg_uuid_t *member, EcpContactKind kind, const char *text, size_t len)
{
	EcpContactOwner owner = {.territory = territory,.member = *member,.kind = kind};
	char	   *normal = ecp_secret_alloc(ECP_CONTACT_TEXT_MAX + 1);
	const char *key_id = ecp_key_current();
	Datum		values[6];

	if (!normalise(kind, text, len, normal))
		raise_no_contact(kind);
	values[0] = Int32GetDatum(territory);
	values[1] = UUIDPGetDatum(member);
	values[2] = CStringGetTextDatum(ecp_contact_kind_name(kind));
	values[3] = CStringGetTextDatum(key_id);
	values[4] = PointerGetDatum(ecp_contact_seal(&owner, key_id, normal, strlen(normal)));
	values[5] = TimestampTzGetDatum(ecp_clock_now());
	ecp_secret_wipe(normal);
	ecp_plan_run(&store, values, NULL, false, 0);
}

static void
raise_damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("a stored contact does not open"),
			 errhint("Store it again."),
			 errhidestmt(true), errhidecontext(true)));
}

char *
ecp_contact_read(const EcpContactOwner *owner, TimestampTz *updated)
{
	Datum		values[3];
	char	   *key_id;
	char	   *text;

	values[0] = Int32GetDatum(owner->territory);
	values[1] = UUIDPGetDatum(&owner->member);
	values[2] = CStringGetTextDatum(ecp_contact_kind_name(owner->kind));
	ecp_plan_run(&read_contact, values, NULL, true, 1);
	if (SPI_processed == 0)
		return NULL;
	key_id = ecp_plan_text(0, 1);
	*updated = DatumGetTimestampTz(ecp_plan_known(0, 3));
	text = ecp_contact_unseal(owner, key_id, DatumGetByteaPP(ecp_plan_known(0, 2)));
	if (text == NULL)
		raise_damaged();
	return text;
}

char *
ecp_contact_open(int32 territory, const pg_uuid_t *member, EcpContactKind kind, const char *purpose)
{
	EcpContactOwner owner = {.territory = territory,.member = *member,.kind = kind};
	TimestampTz updated;

	if (ecp_contact_consent == NULL || !ecp_contact_consent(territory, member, purpose))
		return NULL;
	return ecp_contact_read(&owner, &updated);
}

/* The kind that an argument names; it may hold a contact by mistake, so it is not repeated. */
static EcpContactKind
get_kind(FunctionCallInfo fcinfo, int argument)
{
	char	   *name = PG_ARGISNULL(argument) ? pstrdup("") : text_to_cstring(PG_GETARG_TEXT_PP(argument));
	int			kind;

	for (kind = 0; kind < ECP_CONTACT_KINDS; kind++)
		if (strcmp(name, ecp_contact_kind_name(kind)) == 0)
			return kind;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no such kind of contact"),
			 errhint("A contact is a \"mail\" or a \"phone\"."),
			 errhidestmt(true), errhidecontext(true)));
}

static void
store_argument(FunctionCallInfo fcinfo, const EcpCaller *caller, const pg_uuid_t *member, int argument)
{
	EcpContactKind kind = get_kind(fcinfo, argument);
	text	   *value;

	if (PG_ARGISNULL(argument + 1))
		raise_no_contact(kind);
	value = PG_GETARG_TEXT_PP(argument + 1);
	ecp_contact_store(caller->territory, member, kind, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

Datum
ecp_set_contact(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require();
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	store_argument(fcinfo, caller, &caller->member, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_set_beneficiary_contact(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_holder_require(ECP_FUNCTION_STATION, ECP_SCOPE_ENROL);
	pg_uuid_t	nobody = {0};
	pg_uuid_t  *member = PG_ARGISNULL(0) ? &nobody : PG_GETARG_UUID_P(0);
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	ecp_holder_check(caller, member);
	store_argument(fcinfo, caller, member, 1);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_my_contacts(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require();
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;
	int			kind;

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	for (kind = 0; kind < ECP_CONTACT_KINDS; kind++)
	{
		EcpContactOwner owner = {.territory = caller->territory,.member = caller->member,.kind = kind};
		TimestampTz updated;
		char	   *text = ecp_contact_read(&owner, &updated);
		Datum		values[3];
		bool		nulls[3] = {false};

		if (text == NULL)
			continue;
		values[0] = CStringGetTextDatum(ecp_contact_kind_name(kind));
		values[1] = CStringGetTextDatum(text);
		values[2] = TimestampTzGetDatum(updated);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}

Datum
ecp_remove_contact(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_person_require();
	EcpOwner	saved;
	Datum		values[3];
	bool		removed;

	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->member);
	values[2] = CStringGetTextDatum(ecp_contact_kind_name(get_kind(fcinfo, 0)));
	ecp_plan_begin(&saved);
	ecp_plan_run(&remove_one, values, NULL, false, 0);
	removed = SPI_processed > 0;
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(removed);
}

/* Puts the contacts that the last query found under the current key; returns how many. */
static int64
reseal_found(const char *key_id)
{
	SPITupleTable *found = SPI_tuptable;
	uint64		count = SPI_processed;
	uint64		i;

	for (i = 0; i < count; i++)
	{
		HeapTuple	row = found->vals[i];
		bool		isnull;
		Datum		values[5];
		EcpContactOwner owner;
		char	   *kind = SPI_getvalue(row, found->tupdesc, 3);
		char	   *text;

		values[0] = SPI_getbinval(row, found->tupdesc, 1, &isnull);
		values[1] = SPI_getbinval(row, found->tupdesc, 2, &isnull);
		values[2] = SPI_getbinval(row, found->tupdesc, 3, &isnull);
		owner.territory = DatumGetInt32(values[0]);
		owner.member = *DatumGetUUIDP(values[1]);
		owner.kind = strcmp(kind, "mail") == 0 ? ECP_CONTACT_MAIL : ECP_CONTACT_PHONE;
		text = ecp_contact_unseal(&owner, SPI_getvalue(row, found->tupdesc, 4),
								  DatumGetByteaPP(SPI_getbinval(row, found->tupdesc, 5, &isnull)));
		if (text == NULL)
			raise_damaged();
		values[3] = CStringGetTextDatum(key_id);
		values[4] = PointerGetDatum(ecp_contact_seal(&owner, key_id, text, strlen(text)));
		ecp_plan_run(&reseal, values, NULL, false, 0);
		CHECK_FOR_INTERRUPTS();
	}
	return (int64) count;
}

Datum
ecp_reseal_contacts(PG_FUNCTION_ARGS pg_attribute_unused())
{
	EcpOwner	saved;
	Datum		values[1];
	const char *key_id;
	int64		count;

	ecp_require_installed();
	ecp_require_superuser("reseal_contacts");
	ecp_plan_begin(&saved);
	key_id = ecp_key_current();
	values[0] = CStringGetTextDatum(key_id);
	ecp_plan_run(&lock_old, values, NULL, false, 0);
	count = reseal_found(key_id);
	ecp_plan_end(&saved);
	PG_RETURN_INT64(count);
}
