/*
 * The rows of audit_event: what they are as bytes, and the guards of the table.
 *
 * An event is appended and no more: its guard says who acted, gives id and
 * time, and makes the MAC, in the transaction of the fact and without waiting
 * for anybody.  A row of audit_pending beside it tells the linker (link.c) that
 * it has no place in the chain yet.
 *
 * The reason is free text and may name a person.  MAC and chain cover its
 * digest, so an erasure takes the text and its salt away, the one change that
 * an event may meet, and the chain holds.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "audit/event.h"
#include "audit/event_core.h"
#include "background/wake.h"
#include "common/clock.h"
#include "common/erasing.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "crypto/audit_mac.h"
#include "crypto/reason_core.h"
#include "identity/context.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_audit_event_guard);
PG_FUNCTION_INFO_V1(ecp_trg_audit_event_history);
PG_FUNCTION_INFO_V1(ecp_trg_audit_event_pending);
PG_FUNCTION_INFO_V1(ecp_trg_audit_guard);
PG_FUNCTION_INFO_V1(ecp_audit_mac_sql);
PG_FUNCTION_INFO_V1(ecp_audit_reason_digest_sql);

enum
{
	COLUMN_TERRITORY,
	COLUMN_ID,
	COLUMN_AT,
	COLUMN_ACTOR_KIND,
	COLUMN_ACTOR,
	COLUMN_LOGIN,
	COLUMN_ORGANISATION,
	COLUMN_ACTION,
	COLUMN_SUBJECT,
	COLUMN_REASON_DIGEST,
	COLUMN_FACTS,
	COLUMN_KEY,				/* the last one that is covered */
	COLUMN_MAC,
	COLUMN_REASON,
	COLUMN_SALT,
	COLUMN_COUNT
};

static const char *const column_names[] = {
	"territory_id", "id", "at", "actor_kind", "actor_id", "actor_login", "organisation_id", "action",
	"subject_id", "reason_digest", "facts", "key_id", "mac", "reason", "reason_salt", NULL
};

static int	positions[COLUMN_COUNT];
static EcpColumns columns = {.names = column_names, .positions = positions};

static EcpPlan insert_pending =
ECP_PLAN("INSERT INTO ecopanier_private.audit_pending (territory_id, at, id) VALUES ($1, $2, $3)",
		 INT4OID, TIMESTAMPTZOID, UUIDOID);

static void
set_field(EcpEventField *field, const void *data, Size len)
{
	field->data = data;
	field->len = len;
}

/* Text or bytea. */
static void
set_text(EcpEventField *field, Datum value)
{
	text	   *plain = DatumGetTextPP(value);

	set_field(field, VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain));
}

/* One field of a column's value; numbers are written to space, eight bytes. */
static void
set_value(EcpEventField *field, int column, Datum value, uint8 *space)
{
	switch (column)
	{
		case COLUMN_TERRITORY:
			ecp_core_put_int32(space, DatumGetInt32(value));
			set_field(field, space, 4);
			break;
		case COLUMN_AT:
			ecp_core_put_int64(space, DatumGetTimestampTz(value));
			set_field(field, space, 8);
			break;
		case COLUMN_ID:
		case COLUMN_ACTOR:
		case COLUMN_ORGANISATION:
		case COLUMN_SUBJECT:
			set_field(field, DatumGetUUIDP(value)->data, UUID_LEN);
			break;
		case COLUMN_LOGIN:
			set_field(field, NameStr(*DatumGetName(value)), strlen(NameStr(*DatumGetName(value))));
			break;
		case COLUMN_FACTS:
			{
				Jsonb	   *facts = DatumGetJsonbP(value);
				char	   *text = JsonbToCString(NULL, &facts->root, VARSIZE(facts));

				set_field(field, text, strlen(text));
			}
			break;
		default:
			set_text(field, value);
	}
}

void
ecp_event_bytes(StringInfo out, const Datum *values, const bool *nulls)
{
	EcpEventField fields[ECP_EVENT_COLUMNS] = {0};
	uint8		spaces[ECP_EVENT_COLUMNS][8];
	Size		size;
	int			i;

	for (i = 0; i < ECP_EVENT_COLUMNS; i++)
		if (!nulls[i])
			set_value(&fields[i], i, values[i], spaces[i]);
	size = ecp_core_event_size(fields, ECP_EVENT_COLUMNS);
	resetStringInfo(out);
	enlargeStringInfo(out, (int) size);
	ecp_core_event_write(fields, ECP_EVENT_COLUMNS, (uint8 *) out->data);
	out->len = (int) size;
}

/* The MAC of values in the order of the columns, as a bytea. */
static Datum
make_mac(const Datum *values, const bool *nulls)
{
	StringInfoData bytes;
	bytea	   *mac = palloc(VARHDRSZ + ECP_AUDIT_MAC_BYTES);

	initStringInfo(&bytes);
	ecp_event_bytes(&bytes, values, nulls);
	SET_VARSIZE(mac, VARHDRSZ + ECP_AUDIT_MAC_BYTES);
	ecp_audit_mac(TextDatumGetCString(values[COLUMN_KEY]), (uint8 *) bytes.data, bytes.len, (uint8 *) VARDATA(mac));
	pfree(bytes.data);
	return PointerGetDatum(mac);
}

static void
fill_if_null(EcpRow *row, int column, Datum value)
{
	if (row->nulls[positions[column]])
		ecp_row_set(row, positions[column], value);
}

/* A statement of a member's names no other actor than that member, and no other time than now. */
static void
stamp_caller(EcpRow *row, const EcpCaller *caller)
{
	NameData   *login = palloc0(sizeof(NameData));

	namestrcpy(login, GetUserNameFromId(GetSessionUserId(), false));
	ecp_row_set_null(row, positions[COLUMN_ID]);
	ecp_row_set_null(row, positions[COLUMN_KEY]);
	ecp_row_set(row, positions[COLUMN_AT], TimestampTzGetDatum(ecp_clock_now()));
	ecp_row_set(row, positions[COLUMN_ACTOR_KIND], CStringGetTextDatum(ecp_caller_kind_name(caller->kind)));
	ecp_row_set(row, positions[COLUMN_ACTOR], UUIDPGetDatum(&caller->member));
	ecp_row_set(row, positions[COLUMN_LOGIN], NameGetDatum(login));
	if (caller->has_organisation)
		ecp_row_set(row, positions[COLUMN_ORGANISATION], UUIDPGetDatum(&caller->organisation));
	else
		ecp_row_set_null(row, positions[COLUMN_ORGANISATION]);
}

/* Gives salt and digest of the reason, null where there is none. */
static void
seal_reason(EcpRow *row)
{
	bytea	   *salt = palloc(VARHDRSZ + ECP_REASON_SALT_BYTES);
	bytea	   *digest = palloc(VARHDRSZ + ECP_REASON_DIGEST_BYTES);
	text	   *reason;

	if (row->nulls[positions[COLUMN_REASON]])
	{
		ecp_row_set_null(row, positions[COLUMN_SALT]);
		ecp_row_set_null(row, positions[COLUMN_REASON_DIGEST]);
		return;
	}
	reason = DatumGetTextPP(row->values[positions[COLUMN_REASON]]);
	SET_VARSIZE(salt, VARHDRSZ + ECP_REASON_SALT_BYTES);
	SET_VARSIZE(digest, VARHDRSZ + ECP_REASON_DIGEST_BYTES);
	if (!pg_strong_random(VARDATA(salt), ECP_REASON_SALT_BYTES))
		elog(ERROR, "no random bytes");
	ecp_core_reason_digest((uint8 *) VARDATA(salt), VARDATA_ANY(reason), VARSIZE_ANY_EXHDR(reason), (uint8 *) VARDATA(digest));
	ecp_row_set(row, positions[COLUMN_SALT], PointerGetDatum(salt));
	ecp_row_set(row, positions[COLUMN_REASON_DIGEST], PointerGetDatum(digest));
}

EcpReasonState
ecp_event_reason(const Datum values[3], const bool nulls[3])
{
	uint8		digest[ECP_REASON_DIGEST_BYTES];
	text	   *reason;
	bytea	   *salt;
	bytea	   *kept;

	if (nulls[0] && nulls[1])
		return nulls[2] ? ECP_REASON_FITS : ECP_REASON_WITHHELD;
	if (nulls[0] || nulls[1] || nulls[2])
		return ECP_REASON_DIFFERS;
	reason = DatumGetTextPP(values[0]);
	salt = DatumGetByteaPP(values[1]);
	kept = DatumGetByteaPP(values[2]);
	if (VARSIZE_ANY_EXHDR(salt) != ECP_REASON_SALT_BYTES || VARSIZE_ANY_EXHDR(kept) != ECP_REASON_DIGEST_BYTES)
		return ECP_REASON_DIFFERS;
	ecp_core_reason_digest((uint8 *) VARDATA_ANY(salt), VARDATA_ANY(reason), VARSIZE_ANY_EXHDR(reason), digest);
	return memcmp(digest, VARDATA_ANY(kept), ECP_REASON_DIGEST_BYTES) == 0 ? ECP_REASON_FITS : ECP_REASON_DIFFERS;
}

/* Gives id, key, MAC and the digest of the reason where they are missing. */
static void
seal_row(EcpRow *row)
{
	Datum		values[ECP_EVENT_COLUMNS];
	bool		nulls[ECP_EVENT_COLUMNS];
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	int			i;

	if (row->nulls[positions[COLUMN_ID]])
	{
		ecp_new_id(DatumGetInt32(row->values[positions[COLUMN_TERRITORY]]), id);
		ecp_row_set(row, positions[COLUMN_ID], UUIDPGetDatum(id));
	}
	if (!row->nulls[positions[COLUMN_KEY]] && !row->nulls[positions[COLUMN_MAC]])
		return;					/* a row that comes back as it was */
	seal_reason(row);
	ecp_row_set(row, positions[COLUMN_KEY], CStringGetTextDatum(ecp_key_current()));
	for (i = 0; i < ECP_EVENT_COLUMNS; i++)
	{
		values[i] = row->values[positions[i]];
		nulls[i] = row->nulls[positions[i]];
	}
	ecp_row_set(row, positions[COLUMN_MAC], make_mac(values, nulls));
}

/*
 * BEFORE INSERT: what ecp_audit() appends gets id, time, key and MAC.  Anybody
 * else's row is stamped with who is calling; a superuser's load without a
 * caller may bring rows back as they were.
 */
Datum
ecp_trg_audit_event_guard(PG_FUNCTION_ARGS)
{
	EcpRow		row;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	ecp_columns_find(&columns, row.trigger->tg_relation);
	if (row.nulls[positions[COLUMN_TERRITORY]] || row.nulls[positions[COLUMN_AT]])
		return ecp_row_close(&row); /* NOT NULL speaks for itself */
	if (!ecp_audit_is_appending())
	{
		const EcpCaller *caller = ecp_caller_or_loader();

		if (caller)
			stamp_caller(&row, caller);
		fill_if_null(&row, COLUMN_ACTOR_KIND, CStringGetTextDatum("load"));
	}
	seal_row(&row);
	return ecp_row_close(&row);
}

/* Whether an UPDATE takes reason and salt away and does nothing else. */
static bool
takes_reason_away(const EcpRow *row)
{
	int			reason = positions[COLUMN_REASON];
	int			salt = positions[COLUMN_SALT];
	int			i;

	for (i = 0; i < row->desc->natts; i++)
		if (i != reason && i != salt && ecp_row_differs(row, i))
			return false;
	return row->nulls[reason] && row->nulls[salt];
}

/* BEFORE UPDATE OR DELETE, ENABLE ALWAYS: binds the superuser too. */
Datum
ecp_trg_audit_event_history(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;

	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) && ecp_is_erasing())
	{
		ecp_row_open(&row, trigger);
		ecp_columns_find(&columns, trigger->tg_relation);
		if (takes_reason_away(&row))
			return ecp_row_close(&row);
	}
	ereport(ERROR,
			(errcode(ECP_ERR_HISTORY_KEPT),
			 errmsg("events of the audit are neither changed nor deleted"),
			 errhint("ecopanier.erase_person() takes the reasons of a person's events away.")));
	return PointerGetDatum(NULL);
}

/* AFTER INSERT: the event waits for its link. */
Datum
ecp_trg_audit_event_pending(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		values[3];

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	ecp_columns_find(&columns, row.trigger->tg_relation);
	values[0] = row.values[positions[COLUMN_TERRITORY]];
	values[1] = row.values[positions[COLUMN_AT]];
	values[2] = row.values[positions[COLUMN_ID]];
	ecp_plan_begin(&saved);
	ecp_plan_run(&insert_pending, values, NULL, false, 0);
	ecp_wake_at_commit();
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* For statements on the tables beside: the audit itself writes them, or a superuser loads. */
Datum
ecp_trg_audit_guard(PG_FUNCTION_ARGS)
{
	(void) ecp_trigger_data(fcinfo);
	if (!ecp_audit_is_appending())
		(void) ecp_caller_or_loader();
	return PointerGetDatum(NULL);
}

/* SQL: audit_mac(record), for the migration that takes the entries of release 0.1.0 over. */
Datum
ecp_audit_mac_sql(PG_FUNCTION_ARGS)
{
	static const Oid types[ECP_EVENT_COLUMNS] = {INT4OID, UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID, NAMEOID, UUIDOID,
	TEXTOID, UUIDOID, BYTEAOID, JSONBOID, TEXTOID};
	HeapTupleHeader event = PG_GETARG_HEAPTUPLEHEADER(0);
	TupleDesc	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(event), HeapTupleHeaderGetTypMod(event));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(event), .t_data = event};
	Datum		values[ECP_EVENT_COLUMNS];
	bool		nulls[ECP_EVENT_COLUMNS];
	bool		fits = desc->natts == ECP_EVENT_COLUMNS;
	int			i;

	for (i = 0; fits && i < ECP_EVENT_COLUMNS; i++)
		fits = TupleDescAttr(desc, i)->atttypid == types[i];
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the row is not an event of the audit"),
				 errhint("Give the columns of audit_event in their order, all but reason, reason_salt and mac.")));
	heap_deform_tuple(&tuple, desc, values, nulls);
	ReleaseTupleDesc(desc);
	if (nulls[COLUMN_KEY])
		PG_RETURN_NULL();
	PG_RETURN_DATUM(make_mac(values, nulls));
}

/* SQL: audit_reason_digest(salt, reason), for the same migration. */
Datum
ecp_audit_reason_digest_sql(PG_FUNCTION_ARGS)
{
	bytea	   *salt = PG_GETARG_BYTEA_PP(0);
	text	   *reason = PG_GETARG_TEXT_PP(1);
	bytea	   *digest = palloc(VARHDRSZ + ECP_REASON_DIGEST_BYTES);

	if (VARSIZE_ANY_EXHDR(salt) != ECP_REASON_SALT_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a salt has %d bytes", ECP_REASON_SALT_BYTES),
				 errhint("Give that many random bytes.")));
	SET_VARSIZE(digest, VARHDRSZ + ECP_REASON_DIGEST_BYTES);
	ecp_core_reason_digest((uint8 *) VARDATA_ANY(salt), VARDATA_ANY(reason), VARSIZE_ANY_EXHDR(reason), (uint8 *) VARDATA(digest));
	PG_RETURN_BYTEA_P(digest);
}
