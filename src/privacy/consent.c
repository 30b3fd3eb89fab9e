/*
 * Consent: the person alone gives it, to the newest text of a purpose, and
 * takes it back at any time.  Each time is a row; an open row is in force
 * while its version is not below what the purpose requires.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/erasing.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "privacy/consent.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_consent_text_guard);
PG_FUNCTION_INFO_V1(ecp_trg_consent_guard);
PG_FUNCTION_INFO_V1(ecp_give_consent);
PG_FUNCTION_INFO_V1(ecp_withdraw_consent);
PG_FUNCTION_INFO_V1(ecp_my_consents);
PG_FUNCTION_INFO_V1(ecp_consent_proof);

static EcpPlan digest_text =
ECP_PLAN("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", TEXTOID);

static EcpPlan find_text =
ECP_PLAN("SELECT sha256, version = (SELECT max(n.version) FROM ecopanier.consent_text n WHERE n.purpose = $1) "
		 "FROM ecopanier.consent_text WHERE purpose = $1 AND version = $2 AND language = $3",
		 TEXTOID, INT4OID, TEXTOID);

static EcpPlan find_open =
ECP_PLAN("SELECT id, version FROM ecopanier.consent WHERE territory_id = $1 AND member_id = $2 AND purpose = $3 AND withdrawn_at IS NULL "
		 "FOR NO KEY UPDATE",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan end_open =
ECP_PLAN("UPDATE ecopanier.consent SET withdrawn_at = ecopanier.now() "
		 "WHERE territory_id = $1 AND member_id = $2 AND purpose = $3 AND withdrawn_at IS NULL",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan insert_consent =
ECP_PLAN("INSERT INTO ecopanier.consent (purpose, version, language) VALUES ($1, $2, $3) "
		 "ON CONFLICT (territory_id, member_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id",
		 TEXTOID, INT4OID, TEXTOID);

static EcpPlan in_force =
ECP_PLAN("SELECT FROM ecopanier_private.consent_in_force WHERE territory_id = $1 AND member_id = $2 AND purpose = $3",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan list_own =
ECP_PLAN("SELECT p.name, p.description, (SELECT max(t.version) FROM ecopanier.consent_text t WHERE t.purpose = p.name), "
		 "coalesce(c.version >= p.required_version, false), c.version, c.language, c.given_at "
		 "FROM ecopanier.consent_purpose p LEFT JOIN ecopanier.consent c ON c.territory_id = $1 AND c.member_id = $2 "
		 "AND c.purpose = p.name AND c.withdrawn_at IS NULL ORDER BY p.name",
		 INT4OID, UUIDOID);

/* The audit is partitioned by its time, which is that of the consent. */
static EcpPlan prove_own =
ECP_PLAN("SELECT c.id, c.version, c.language, t.body, c.text_sha256, "
		 "c.text_sha256 = encode(sha256(convert_to(t.body, 'UTF8')), 'hex'), c.given_at, c.withdrawn_at, "
		 "ARRAY(SELECT a.id FROM ecopanier.audit_event a WHERE a.territory_id = c.territory_id AND a.subject_id = c.id "
		 "  AND a.at IN (c.given_at, c.withdrawn_at) ORDER BY a.at) "
		 "FROM ecopanier.consent c JOIN ecopanier.consent_text t ON (t.purpose, t.version, t.language) = (c.purpose, c.version, c.language) "
		 "WHERE c.territory_id = $1 AND c.member_id = $2 AND c.purpose = $3 ORDER BY c.given_at DESC, c.version DESC",
		 INT4OID, UUIDOID, TEXTOID);

bool
ecp_consent_given(int32 territory, const pg_uuid_t *member, const char *purpose)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(member), CStringGetTextDatum(purpose)};

	ecp_plan_run(&in_force, values, NULL, true, 1);
	return SPI_processed == 1;
}

/* Texts are the operator's: superusers add them, and the digest is computed. */
Datum
ecp_trg_consent_text_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	int			body;

	if (!superuser_arg(GetOuterUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("texts of consent are added by superusers"),
				 errhint("Ask those who run the database.")));
	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	body = ecp_row_column(row.desc, "body");
	if (row.nulls[body])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	ecp_plan_begin(&saved);
	ecp_plan_run(&digest_text, &row.values[body], NULL, true, 1);
	ecp_row_set(&row, ecp_row_column(row.desc, "sha256"), SPI_datumTransfer(ecp_plan_known(0, 1), false, -1));
	ecp_plan_end(&saved);
	return ecp_row_close(&row);
}

/* Consent is a person's own act: not a service's, not one of three minutes at a kiosk. */
static void
require_person(const EcpCaller *caller)
{
	if (caller->kind != ECP_CALLER_PERSON)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("consent is given and withdrawn by the person alone"),
				 errhint("The person signs in and calls this.")));
}

/* Finds the text, notes its digest; raises where it is not the newest. */
static void
fill_text(EcpRow *row)
{
	int			digest = ecp_row_column(row->desc, "text_sha256");
	int			columns[3] = {ecp_row_column(row->desc, "purpose"), ecp_row_column(row->desc, "version"),
	ecp_row_column(row->desc, "language")};
	Datum		values[3];
	EcpOwner	saved;
	int			i;

	for (i = 0; i < 3; i++)
	{
		if (row->nulls[columns[i]])
			return;				/* NOT NULL speaks for itself */
		values[i] = row->values[columns[i]];
	}
	ecp_plan_begin(&saved);
	ecp_plan_run(&find_text, values, NULL, true, 1);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no such text to agree to"),
				 errhint("The texts stand in ecopanier.consent_text.")));
	if (!DatumGetBool(ecp_plan_known(0, 2)))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("there is a newer text for this purpose"),
				 errhint("Show the newest version of ecopanier.consent_text and give consent to it.")));
	ecp_row_set(row, digest, SPI_datumTransfer(ecp_plan_known(0, 1), false, -1));
	ecp_plan_end(&saved);
}

static void
fill_consent(EcpRow *row, const EcpCaller *caller)
{
	if (caller)
	{
		require_person(caller);
		ecp_row_set(row, ecp_row_column(row->desc, "member_id"), UUIDPGetDatum(&caller->member));
		ecp_row_set(row, ecp_row_column(row->desc, "given_through"), CStringGetTextDatum("person"));
		ecp_row_set(row, ecp_row_column(row->desc, "given_at"), TimestampTzGetDatum(ecp_clock_now()));
		ecp_row_set_null(row, ecp_row_column(row->desc, "withdrawn_at"));
	}
	fill_text(row);
}

/* An update withdraws, once and now. */
static void
check_withdrawal(EcpRow *row, const EcpCaller *caller)
{
	static const char *const frozen[] = {"territory_id", "id", "member_id", "purpose", "version", "language",
	"text_sha256", "given_through", "given_at", NULL};
	static const char *const end[] = {"withdrawn_at", NULL};
	int			withdrawn = ecp_row_column(row->desc, "withdrawn_at");

	ecp_row_freeze(row, frozen);
	if (!row->old_nulls[withdrawn])
		ecp_row_freeze(row, end);
	if (caller == NULL)
		return;
	require_person(caller);
	if (!ecp_id_equal(DatumGetUUIDP(row->values[ecp_row_column(row->desc, "member_id")]), &caller->member))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("consent is given and withdrawn by the person alone"),
				 errhint("The person signs in and calls this.")));
	if (!row->nulls[withdrawn] && row->old_nulls[withdrawn])
		ecp_row_set(row, withdrawn, TimestampTzGetDatum(ecp_clock_now()));
}

Datum
ecp_trg_consent_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	const EcpCaller *caller = NULL;
	EcpRow		row;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		if (ecp_is_erasing())
			return PointerGetDatum(trigger->tg_trigtuple);
		ereport(ERROR,
				(errcode(ECP_ERR_HISTORY_KEPT),
				 errmsg("consents are not deleted"),
				 errhint("Withdraw with ecopanier.withdraw_consent().")));
	}
	if (ecp_trigger_is_replica())
		ecp_row_open(&row, trigger);
	else
		caller = ecp_tenant_open(&row, trigger);
	if (row.old_values)
		check_withdrawal(&row, caller);
	else if (!ecp_trigger_is_replica())
		fill_consent(&row, caller);
	return ecp_row_close(&row);
}

/* The calling person; raises for whoever else calls. */
static const EcpCaller *
require_caller(void)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	require_person(caller);
	return caller;
}

static void
require_purpose(bool isnull)
{
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("consent is about a purpose and a text"),
				 errhint("The purposes and texts stand in ecopanier.consent_purpose and ecopanier.consent_text.")));
}

/* The id of the open consent to this version, copied; NULL where there is none. */
static pg_uuid_t *
find_same(Datum *keys, int32 version)
{
	pg_uuid_t  *id;

	ecp_plan_run(&find_open, keys, NULL, false, 1);
	if (SPI_processed == 0 || DatumGetInt32(ecp_plan_known(0, 2)) != version)
		return NULL;
	id = SPI_palloc(sizeof(pg_uuid_t));
	*id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	return id;
}

Datum
ecp_give_consent(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_caller();
	EcpOwner	saved;
	Datum		keys[3];
	Datum		values[3];
	pg_uuid_t  *id;

	require_purpose(PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2));
	keys[0] = Int32GetDatum(caller->territory);
	keys[1] = UUIDPGetDatum(&caller->member);
	keys[2] = values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	values[2] = PG_GETARG_DATUM(2);
	ecp_plan_begin(&saved);
	id = find_same(keys, PG_GETARG_INT32(1));
	if (id == NULL)
	{
		ecp_plan_run(&end_open, keys, NULL, false, 0);
		ecp_plan_run(&insert_consent, values, NULL, false, 0);
		if (SPI_processed == 1)
		{
			id = SPI_palloc(sizeof(pg_uuid_t));
			*id = *DatumGetUUIDP(ecp_plan_known(0, 1));
		}
		else
			id = find_same(keys, PG_GETARG_INT32(1));	/* the same, at the same moment */
	}
	ecp_plan_end(&saved);
	if (id == NULL)
		elog(ERROR, "a consent came and went");
	PG_RETURN_UUID_P(id);
}

Datum
ecp_withdraw_consent(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_caller();
	EcpOwner	saved;
	Datum		keys[3];
	bool		found;

	require_purpose(PG_ARGISNULL(0));
	keys[0] = Int32GetDatum(caller->territory);
	keys[1] = UUIDPGetDatum(&caller->member);
	keys[2] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&end_open, keys, NULL, false, 0);
	found = SPI_processed > 0;
	ecp_plan_end(&saved);
	PG_RETURN_BOOL(found);
}

/* Returns the rows of a plan as they are. */
static void
return_rows(FunctionCallInfo fcinfo, EcpPlan *plan, Datum *values)
{
	ReturnSetInfo *result;
	EcpOwner	saved;
	uint64		row;

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	ecp_plan_begin(&saved);
	ecp_plan_run(plan, values, NULL, true, 0);
	for (row = 0; row < SPI_processed; row++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[row]);
	ecp_plan_end(&saved);
}

Datum
ecp_my_consents(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_caller();
	Datum		values[2] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member)};

	return_rows(fcinfo, &list_own, values);
	return (Datum) 0;
}

Datum
ecp_consent_proof(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_caller();
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), (Datum) 0};

	require_purpose(PG_ARGISNULL(0));
	values[2] = PG_GETARG_DATUM(0);
	return_rows(fcinfo, &prove_own, values);
	return (Datum) 0;
}
