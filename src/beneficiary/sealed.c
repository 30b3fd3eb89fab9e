/*
 * Civil identities, sealed by clients to a public key of the association that
 * holds the person.  The server keeps bytes that it cannot open: no function
 * takes a secret key or a name.
 *
 * One row a person and key: a second reader, or a new key, is a second row, made
 * by a client that opens the first one (sealed_identities(), store_identity()).
 * When another organisation comes to hold the person, the rows go: the old one
 * has no purpose for them any more, and the new one cannot open them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "beneficiary/holder.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/transition.h"
#include "common/trigger.h"
#include "crypto/sealed_key.h"
#include "identity/context.h"
#include "identity/tenant.h"

PG_FUNCTION_INFO_V1(ecp_trg_organisation_key_guard);
PG_FUNCTION_INFO_V1(ecp_trg_organisation_key_sound);
PG_FUNCTION_INFO_V1(ecp_trg_sealed_identity_guard);
PG_FUNCTION_INFO_V1(ecp_trg_beneficiary_moved);
PG_FUNCTION_INFO_V1(ecp_add_organisation_key);
PG_FUNCTION_INFO_V1(ecp_retire_organisation_key);
PG_FUNCTION_INFO_V1(ecp_store_identity);
PG_FUNCTION_INFO_V1(ecp_sealed_identity);
PG_FUNCTION_INFO_V1(ecp_sealed_identities);
PG_FUNCTION_INFO_V1(ecp_forget_identities);

#define SEALED_MIN 49			/* a box costs 48 bytes and holds one at least */
#define SEALED_MAX 4096
#define PAGE_MAX 1000

static const EcpTransition transitions[] = {{"active", "retired"}, {NULL, NULL}};

static EcpPlan insert_key =
ECP_PLAN("INSERT INTO ecopanier.organisation_key (territory_id, organisation_id, public_key, label) VALUES ($1, $2, $3, $4) RETURNING id",
		 INT4OID, UUIDOID, BYTEAOID, TEXTOID);

static EcpPlan retire_key =
ECP_PLAN("UPDATE ecopanier.organisation_key SET state = 'retired' WHERE territory_id = $1 AND id = $2 AND organisation_id = $3",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan lock_key =
ECP_PLAN("SELECT state FROM ecopanier.organisation_key WHERE territory_id = $1 AND id = $2 AND organisation_id = $3 FOR SHARE",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan store =
ECP_PLAN("INSERT INTO ecopanier_private.sealed_identity (territory_id, member_id, key_id, organisation_id, sealed) "
		 "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (territory_id, member_id, key_id) DO UPDATE SET sealed = excluded.sealed",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, BYTEAOID);

static EcpPlan read_person =
ECP_PLAN("SELECT s.key_id, k.public_key, k.label, k.state, s.sealed, s.sealed_at FROM ecopanier_private.sealed_identity s "
		 "JOIN ecopanier.organisation_key k ON k.territory_id = s.territory_id AND k.id = s.key_id "
		 "WHERE s.territory_id = $1 AND s.member_id = $2 AND s.organisation_id = $3 ORDER BY s.sealed_at, s.key_id",
		 INT4OID, UUIDOID, UUIDOID);

static EcpPlan read_page =
ECP_PLAN("SELECT member_id, sealed, sealed_at FROM ecopanier_private.sealed_identity "
		 "WHERE territory_id = $1 AND key_id = $2 AND member_id > coalesce($3, '00000000-0000-0000-0000-000000000000') "
		 "ORDER BY member_id LIMIT $4",
		 INT4OID, UUIDOID, UUIDOID, INT4OID);

static EcpPlan forget_resealed =
ECP_PLAN("DELETE FROM ecopanier_private.sealed_identity s WHERE s.territory_id = $1 AND s.key_id = $2 "
		 "AND EXISTS (SELECT FROM ecopanier_private.sealed_identity n JOIN ecopanier.organisation_key k "
		 "ON k.territory_id = n.territory_id AND k.id = n.key_id AND k.state = 'active' "
		 "WHERE n.territory_id = s.territory_id AND n.member_id = s.member_id)",
		 INT4OID, UUIDOID);

static EcpPlan forget_person =
ECP_PLAN("DELETE FROM ecopanier_private.sealed_identity WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan hide_household =
ECP_PLAN("UPDATE ecopanier.household SET organisation_id = NULL WHERE territory_id = $1 AND member_id = $2 AND organisation_id IS NOT NULL",
		 INT4OID, UUIDOID);

static void
raise_unknown_key(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("the organisation has no such key"),
			 errhint("See ecopanier.organisation_key, or register one with ecopanier.add_organisation_key()."),
			 errhidestmt(true), errhidecontext(true)));
}

/* The caller, a person who leads the organisation acted for. */
static const EcpCaller *
require_leader(void)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (caller->kind != ECP_CALLER_PERSON || caller->role != ECP_ROLE_ASSOCIATION || !caller->has_organisation ||
		caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("identities and their keys are for owners and managers of associations"),
				 errhint("Sign in as owner or manager of the association.")));
	return caller;
}

/* Who registers and retires keys; what of a key never changes. */
Datum
ecp_trg_organisation_key_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"organisation_id", "public_key", "created_at", "created_by", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			organisation = ecp_row_column(row.desc, "organisation_id");
	int			state = ecp_row_column(row.desc, "state");

	if (caller && (caller->kind != ECP_CALLER_PERSON || row.nulls[organisation] ||
				   !ecp_caller_is_staff(caller, DatumGetUUIDP(row.values[organisation]), ECP_FUNCTION_MANAGER)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("keys of an organisation are kept by its owners and managers"),
				 errhint("Sign in as owner or manager of the organisation.")));
	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	else if (caller)
	{
		ecp_row_set(&row, state, CStringGetTextDatum("active"));
		ecp_row_set(&row, ecp_row_column(row.desc, "created_by"), UUIDPGetDatum(&caller->member));
	}
	if (row.old_values && !row.nulls[state])
		ecp_transition_check(&row, state, transitions);
	return ecp_row_close(&row);
}

/* Always, whoever writes: nothing may be sealed to a key that keeps no secret. */
Datum
ecp_trg_organisation_key_sound(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	int			column;
	bytea	   *key;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	column = ecp_row_column(row.desc, "public_key");
	if (row.nulls[column])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	key = DatumGetByteaPP(row.values[column]);
	if (VARSIZE_ANY_EXHDR(key) != ECP_SEALED_KEY_BYTES || !ecp_sealed_key_is_sound((uint8 *) VARDATA_ANY(key)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is not a public key"),
				 errhint("Give the 32 bytes of an X25519 public key, made by one of the clients in doc/clients.")));
	return ecp_row_close(&row);
}

/* Raises unless the key is the organisation's and in use; keeps it so. */
static void
check_key(const EcpCaller *caller, Datum key)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), key, UUIDPGetDatum(&caller->organisation)};

	ecp_plan_run(&lock_key, values, NULL, false, 1);
	if (SPI_processed == 0)
		raise_unknown_key();
	if (strcmp(ecp_plan_text(0, 1), "active") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the key is retired"),
				 errhint("Seal to an active key of ecopanier.organisation_key."),
				 errhidestmt(true), errhidecontext(true)));
}

/* Sealed bytes look random; what reads as text was not sealed. */
static void
check_sealed(const bytea *sealed)
{
	int			len = VARSIZE_ANY_EXHDR(sealed);

	if (len >= SEALED_MIN && len <= SEALED_MAX && !pg_verify_mbstr(PG_UTF8, VARDATA_ANY(sealed), len, true))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("this is not a sealed identity"),
			 errhint("Seal it in the client: %d to %d bytes, not text; see doc/clients.", SEALED_MIN, SEALED_MAX),
			 errhidestmt(true), errhidecontext(true)));
}

/* Leaders of the organisation that holds the person seal to one of its keys in use. */
Datum
ecp_trg_sealed_identity_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"member_id", "key_id", "organisation_id", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			member = ecp_row_column(row.desc, "member_id");
	int			key = ecp_row_column(row.desc, "key_id");
	int			organisation = ecp_row_column(row.desc, "organisation_id");
	int			sealed = ecp_row_column(row.desc, "sealed");
	EcpOwner	saved;

	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	if (row.nulls[member] || row.nulls[key] || row.nulls[organisation] || row.nulls[sealed])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	check_sealed(DatumGetByteaPP(row.values[sealed]));
	if (caller == NULL)
		return ecp_row_close(&row);
	if (!ecp_caller_is_staff(caller, DatumGetUUIDP(row.values[organisation]),
							 caller->kind == ECP_CALLER_SERVICE ? ECP_FUNCTION_NONE : ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("identities are sealed by owners and managers of the association"),
				 errhint("Sign in as owner or manager of the association."),
				 errhidestmt(true), errhidecontext(true)));
	ecp_plan_begin(&saved);
	ecp_holder_check(caller, DatumGetUUIDP(row.values[member]));
	check_key(caller, row.values[key]);
	ecp_plan_end(&saved);
	ecp_row_set(&row, ecp_row_column(row.desc, "sealed_at"), TimestampTzGetDatum(ecp_clock_now()));
	ecp_row_set(&row, ecp_row_column(row.desc, "sealed_by"), UUIDPGetDatum(&caller->member));
	return ecp_row_close(&row);
}

/* AFTER trigger of beneficiary: what one organisation was trusted with is not for the next. */
Datum
ecp_trg_beneficiary_moved(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		values[2];

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	if (!ecp_row_differs(&row, ecp_row_column(row.desc, "organisation_id")))
		return PointerGetDatum(NULL);
	values[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	values[1] = row.values[ecp_row_column(row.desc, "member_id")];
	ecp_plan_begin(&saved);
	ecp_plan_run(&forget_person, values, NULL, false, 0);
	ecp_plan_run(&hide_household, values, NULL, false, 0);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

Datum
ecp_add_organisation_key(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_leader();
	EcpOwner	saved;
	Datum		values[4];
	pg_uuid_t  *id;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a key needs its 32 bytes and a label"),
				 errhint("The label tells readers' keys apart, for example \"office, November 2026\".")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&caller->organisation);
	values[2] = PG_GETARG_DATUM(0);
	values[3] = PG_GETARG_DATUM(1);
	ecp_plan_begin(&saved);
	ecp_plan_run(&insert_key, values, NULL, false, 0);
	id = SPI_palloc(sizeof(pg_uuid_t));
	*id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	PG_RETURN_UUID_P(id);
}

Datum
ecp_retire_organisation_key(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_leader();
	EcpOwner	saved;
	Datum		values[3];

	if (PG_ARGISNULL(0))
		raise_unknown_key();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = UUIDPGetDatum(&caller->organisation);
	ecp_plan_begin(&saved);
	ecp_plan_run(&retire_key, values, NULL, false, 0);
	if (SPI_processed == 0)
		raise_unknown_key();
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_store_identity(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = ecp_holder_require(ECP_FUNCTION_MANAGER, ECP_SCOPE_ENROL);
	EcpOwner	saved;
	Datum		values[5];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a sealed identity needs a member, a key and the sealed bytes"),
				 errhint("See doc/clients.")));
	if (!caller->has_organisation)
		raise_unknown_key();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = UUIDPGetDatum(&caller->organisation);
	values[4] = PG_GETARG_DATUM(2);
	ecp_plan_begin(&saved);
	ecp_plan_run(&store, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* Puts the rows of the last result into the set that the function returns. */
static void
return_rows(FunctionCallInfo fcinfo, int columns)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[6];
		bool		nulls[6];

		for (int column = 0; column < columns; column++)
			values[column] = ecp_plan_value(i, column + 1, &nulls[column]);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
}

Datum
ecp_sealed_identity(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_leader();
	pg_uuid_t	nobody = {0};
	pg_uuid_t  *member = PG_ARGISNULL(0) ? &nobody : PG_GETARG_UUID_P(0);
	EcpOwner	saved;
	Datum		values[3];

	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(member);
	values[2] = UUIDPGetDatum(&caller->organisation);
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_holder_check(caller, member);
	ecp_plan_run(&read_person, values, NULL, false, 0);
	return_rows(fcinfo, 6);
	ecp_plan_end(&saved);
	return (Datum) 0;
}

/* Raises unless the key is the organisation's, in use or not. */
static void
check_own_key(FunctionCallInfo fcinfo, const EcpCaller *caller)
{
	Datum		values[3] = {Int32GetDatum(caller->territory), PG_GETARG_DATUM(0), UUIDPGetDatum(&caller->organisation)};

	if (!PG_ARGISNULL(0))
		ecp_plan_run(&lock_key, values, NULL, false, 1);
	if (PG_ARGISNULL(0) || SPI_processed == 0)
		raise_unknown_key();
}

Datum
ecp_sealed_identities(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_leader();
	int			limit = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
	EcpOwner	saved;
	Datum		values[4];

	if (limit < 1 || limit > PAGE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a page of %d rows is out of range", limit),
				 errhint("Ask for 1 to %d rows, and go on after the last member.", PAGE_MAX)));
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	check_own_key(fcinfo, caller);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = PG_GETARG_DATUM(1);
	values[3] = Int32GetDatum(limit);
	ecp_plan_run(&read_page, values, PG_ARGISNULL(1) ? "  n " : "    ", false, 0);
	return_rows(fcinfo, 3);
	ecp_plan_end(&saved);
	return (Datum) 0;
}

Datum
ecp_forget_identities(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller = require_leader();
	EcpOwner	saved;
	Datum		values[2];
	int64		gone;

	ecp_plan_begin(&saved);
	check_own_key(fcinfo, caller);
	if (strcmp(ecp_plan_text(0, 1), "retired") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the key is in use"),
				 errhint("Retire it first with ecopanier.retire_organisation_key().")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_run(&forget_resealed, values, NULL, false, 0);
	gone = (int64) SPI_processed;
	ecp_plan_end(&saved);
	PG_RETURN_INT64(gone);
}
