/*
 * One person, one right (rule D1).
 *
 * Who holds a verified or suspended right stands in right_holder, whose
 * primary key is the MAC of the person's tag: a second one cannot be written,
 * anywhere in the database, and of two at once the later waits for the
 * earlier's end.  Triggers of beneficiary and person_tag keep the table, so
 * that a plain INSERT or UPDATE of a superuser meets it as well.
 *
 * A holder whose last day is past by the calendar of its own territory gives
 * way.  Its row of beneficiary is locked and ended first, and only then is its
 * place taken; a renewal at the same time is seen, or sees this.
 *
 * Who could put another tag in place of one could give a person a second right
 * under it.  So a tag stays once the person had a right, which the code tells
 * that comes with the first one; an administrator replaces it, with a reason.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "beneficiary/right.h"
#include "beneficiary/tag.h"
#include "common/clock.h"
#include "common/derived.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/lookup.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "crypto/keys.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_set_tag);
PG_FUNCTION_INFO_V1(ecp_replace_tag);
PG_FUNCTION_INFO_V1(ecp_trg_right_holder_follow);
PG_FUNCTION_INFO_V1(ecp_trg_right_holder_guard);

#define REASON_MAX 1000			/* characters */

static EcpPlan store_tag =
ECP_PLAN("INSERT INTO ecopanier_private.person_tag AS t (territory_id, member_id, mac, key_id) VALUES ($1, $2, $3, $4) "
		 "ON CONFLICT (territory_id, member_id) DO UPDATE SET mac = EXCLUDED.mac, key_id = EXCLUDED.key_id "
		 "WHERE t.mac <> EXCLUDED.mac AND ($5 OR NOT EXISTS (SELECT FROM ecopanier.beneficiary b "
		 "WHERE b.territory_id = $1 AND b.member_id = $2 AND b.ben_code IS NOT NULL))",
		 INT4OID, UUIDOID, BYTEAOID, TEXTOID, BOOLOID);

static EcpPlan any_key =
ECP_PLAN("SELECT key_id FROM ecopanier_private.person_tag ORDER BY territory_id, member_id LIMIT 1");

static EcpPlan find_tag =
ECP_PLAN("SELECT mac FROM ecopanier_private.person_tag WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

/* The lock keeps the person with the organisation until the end. */
static EcpPlan lock_person =
ECP_PLAN("SELECT 1 FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2 AND state <> 'transferred' "
		 "AND ($3 IS NULL OR organisation_id = $3) FOR NO KEY UPDATE",
		 INT4OID, UUIDOID, UUIDOID);

/* Without a condition on the state, for which a plan of a small table would read all rights in force. */
static EcpPlan find_state =
ECP_PLAN("SELECT state IN ('verified', 'suspended') FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan drop_place =
ECP_PLAN("DELETE FROM ecopanier_private.right_holder WHERE territory_id = $1 AND member_id = $2 AND ($3 IS NULL OR mac <> $3)",
		 INT4OID, UUIDOID, BYTEAOID);

static EcpPlan take_place =
ECP_PLAN("INSERT INTO ecopanier_private.right_holder (mac, territory_id, member_id) VALUES ($3, $1, $2) ON CONFLICT (mac) DO NOTHING",
		 INT4OID, UUIDOID, BYTEAOID);

static EcpPlan find_place =
ECP_PLAN("SELECT territory_id, member_id FROM ecopanier_private.right_holder WHERE mac = $1",
		 BYTEAOID);

static EcpPlan find_holder =
ECP_PLAN("SELECT h.territory_id, h.member_id FROM ecopanier_private.person_tag t JOIN ecopanier_private.right_holder h ON h.mac = t.mac "
		 "WHERE t.territory_id = $1 AND t.member_id = $2",
		 INT4OID, UUIDOID);

/* One after the other: a join of all would be planned for small tables in a batch that makes them large. */
static EcpPlan find_others =
ECP_PLAN("SELECT territory_id, member_id FROM ecopanier_private.person_tag WHERE mac = $1",
		 BYTEAOID);

static EcpPlan last_claim =
ECP_PLAN("SELECT max(day) FROM ecopanier_private.free_quota WHERE territory_id = $1 AND member_id = $2 AND used > 0 AND day >= $3",
		 INT4OID, UUIDOID, DATEOID);

static EcpPlan lock_holder =
ECP_PLAN("SELECT 1 FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan end_stale =
ECP_PLAN("UPDATE ecopanier.beneficiary b SET state = 'expired' FROM ecopanier.territory t "
		 "WHERE b.territory_id = $1 AND b.member_id = $2 AND t.id = b.territory_id AND b.state IN ('verified', 'suspended') "
		 "AND b.valid_until < ($3 AT TIME ZONE t.time_zone)::date",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpDerived holders = {0};

static bytea *
make_bytea(const uint8 *bytes, int length)
{
	bytea	   *made = palloc(VARHDRSZ + length);

	SET_VARSIZE(made, VARHDRSZ + length);
	memcpy(VARDATA(made), bytes, length);
	return made;
}

void
ecp_person_tag_read(Datum tag, bool isnull, uint8 out[ECP_TAG_BYTES])
{
	bytea	   *given = isnull ? NULL : DatumGetByteaPP(tag);

	if (given == NULL || VARSIZE_ANY_EXHDR(given) != ECP_TAG_BYTES)
		ereport(ERROR,
				(errcode(isnull ? ERRCODE_NULL_VALUE_NOT_ALLOWED : ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a tag has %d bytes", ECP_TAG_BYTES),
				 errhint("The client computes it from the civil facts; see doc/clients."),
				 errhidestmt(true)));
	memcpy(out, VARDATA_ANY(given), ECP_TAG_BYTES);
}

const char *
ecp_person_tag_key(void)
{
	ecp_plan_run(&any_key, NULL, NULL, false, 1);
	return SPI_processed > 0 ? ecp_plan_text(0, 1) : ecp_key_oldest();
}

/* Stores the MAC; in place of another that stands, only where may_replace.  False where another stays. */
static bool
store(int32 territory, const pg_uuid_t *member, const uint8 tag[ECP_TAG_BYTES], bool may_replace)
{
	const char *key = ecp_person_tag_key();
	uint8		mac[ECP_TAG_MAC_BYTES];
	Datum		values[5];

	ecp_tag_mac(tag, key, mac);
	values[0] = Int32GetDatum(territory);
	values[1] = UUIDPGetDatum(member);
	values[2] = PointerGetDatum(make_bytea(mac, sizeof(mac)));
	values[3] = CStringGetTextDatum(key);
	values[4] = BoolGetDatum(may_replace);
	ecp_plan_run(&store_tag, values, NULL, false, 0);
	if (SPI_processed > 0)
		return true;
	ecp_plan_run(&find_tag, values, NULL, false, 1);
	return SPI_processed > 0 && memcmp(VARDATA_ANY(DatumGetByteaPP(ecp_plan_known(0, 1))), mac, ECP_TAG_MAC_BYTES) == 0;
}

void
ecp_person_tag_store(int32 territory, const pg_uuid_t *member, const uint8 tag[ECP_TAG_BYTES])
{
	if (!store(territory, member, tag, false))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the person has another tag, under which a right was verified"),
				 errhint("An administrator replaces it, with a reason, with ecopanier.replace_tag()."),
				 errhidestmt(true)));
}

bool
ecp_person_tag_exists(int32 territory, const pg_uuid_t *member)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(member)};

	ecp_plan_run(&find_tag, values, NULL, false, 1);
	return SPI_processed > 0;
}

bool
ecp_person_tag_holder(int32 territory, const pg_uuid_t *member, int32 *holder_territory, pg_uuid_t *holder_member)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(member)};

	ecp_plan_run(&find_holder, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	*holder_territory = DatumGetInt32(ecp_plan_known(0, 1));
	*holder_member = *DatumGetUUIDP(ecp_plan_known(0, 2));
	return true;
}

DateADT
ecp_person_tag_free_day(int32 territory, const pg_uuid_t *member, DateADT from)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(member), DateADTGetDatum(from)};
	DateADT		first = from;
	Datum		mac;
	SPITupleTable *others;
	uint64		count;

	ecp_plan_run(&find_tag, values, NULL, false, 1);
	if (SPI_processed == 0)
		return from;
	mac = ecp_plan_known(0, 1);
	ecp_plan_run(&find_others, &mac, NULL, false, 0);
	others = SPI_tuptable;
	count = SPI_processed;
	for (uint64 i = 0; i < count; i++)
	{
		bool		none;
		Datum		last;

		values[0] = SPI_getbinval(others->vals[i], others->tupdesc, 1, &none);
		values[1] = SPI_getbinval(others->vals[i], others->tupdesc, 2, &none);
		if (DatumGetInt32(values[0]) == territory && ecp_id_equal(DatumGetUUIDP(values[1]), member))
			continue;
		ecp_plan_run(&last_claim, values, NULL, false, 1);
		last = ecp_plan_value(0, 1, &none);
		if (!none && DatumGetDateADT(last) >= first)
			first = DatumGetDateADT(last) + 1;
	}
	return first;
}

static void
check_other(const EcpCaller *caller, const pg_uuid_t *member)
{
	if (ecp_id_equal(&caller->member, member))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("nobody decides on the own right"),
				 errhint("Another member of staff decides."),
				 errhidestmt(true)));
}

void
ecp_right_set_tag(const EcpCaller *caller, const pg_uuid_t *member, const uint8 tag[ECP_TAG_BYTES])
{
	Datum		values[3] = {Int32GetDatum(caller->territory), UUIDPGetDatum(member), UUIDPGetDatum(&caller->organisation)};

	if (caller->kind == ECP_CALLER_SERVICE && (caller->scopes & ECP_SCOPE_VERIFY) == 0)
		ecp_caller_require_scope(caller, ECP_SCOPE_ENROL);
	else if (caller->kind != ECP_CALLER_SERVICE)
		ecp_right_check_registrar(caller);
	check_other(caller, member);
	ecp_right_require_present();
	ecp_plan_run(&lock_person, values, caller->role == ECP_ROLE_ADMINISTRATOR ? "  n" : NULL, false, 1);
	if (SPI_processed == 0)
		ecp_right_raise_unknown();
	ecp_person_tag_store(caller->territory, member, tag);
}

Datum
ecp_set_tag(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	uint8		tag[ECP_TAG_BYTES];

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_right_raise_unknown();
	ecp_person_tag_read(PG_GETARG_DATUM(1), PG_ARGISNULL(1), tag);
	ecp_plan_begin(&saved);
	ecp_right_set_tag(caller, PG_GETARG_UUID_P(0), tag);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_replace_tag(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	uint8		tag[ECP_TAG_BYTES];
	char	   *reason;
	Datum		values[3];

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (PG_ARGISNULL(0))
		ecp_right_raise_unknown();
	ecp_person_tag_read(PG_GETARG_DATUM(1), PG_ARGISNULL(1), tag);
	reason = PG_ARGISNULL(2) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (reason[strspn(reason, " \t\n")] == '\0')
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a tag is not replaced without a reason"),
				 errhint("Say what was wrong, and nothing of the facts.")));
	if (pg_mbstrlen(reason) > REASON_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason is too long"),
				 errhint("It takes at most %d characters.", REASON_MAX)));
	check_other(caller, PG_GETARG_UUID_P(0));
	ecp_right_require_present();
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_person, values, "  n", false, 1);
	if (SPI_processed == 0)
		ecp_right_raise_unknown();
	(void) store(caller->territory, PG_GETARG_UUID_P(0), tag, true);
	ecp_audit(caller, caller->territory, "tag_replace", PG_GETARG_UUID_P(0), reason);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

static void
raise_already_verified(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_ALREADY_VERIFIED),
			 errmsg("the person holds a verified right already"),
			 errhint("Ask for it with ecopanier.request_transfer(); who holds it is not told."),
			 errhidestmt(true), errhidecontext(true)));
}

/* Ends a holder whose last day is past; the lock comes before the look.  False where there is nothing to end. */
static bool
end_if_stale(int32 territory, pg_uuid_t *member)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(member), TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&lock_holder, values, NULL, false, 1);
	ecp_right_run(ECP_RIGHT_EXPIRY, &end_stale, values, NULL);
	return SPI_processed > 0;
}

/* Takes the place of this MAC for the person, or raises ZE119. */
static void
take(Datum *values)
{
	pg_uuid_t	member;
	pg_uuid_t	stays = {{0}};
	int32		territory;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		ecp_derived_run(&holders, &take_place, values, NULL);
		if (SPI_processed == 1)
			return;
		ecp_plan_run(&find_place, &values[2], NULL, false, 1);
		if (SPI_processed == 0)
			continue;			/* given up in between */
		territory = DatumGetInt32(ecp_plan_known(0, 1));
		member = *DatumGetUUIDP(ecp_plan_known(0, 2));
		if (territory == DatumGetInt32(values[0]) && ecp_id_equal(&member, DatumGetUUIDP(values[1])))
			return;
		if (ecp_id_equal(&member, &stays))
			raise_already_verified();
		if (!end_if_stale(territory, &member))
			stays = member;		/* unless it gave the place up while the lock was awaited */
	}
}

/*
 * Makes right_holder say of a person what beneficiary and person_tag do.  The
 * person's row is locked, by the caller's write or here, so that of a tag and a
 * decision at once the later sees the earlier.
 */
static void
follow(Datum territory, Datum member)
{
	Datum		values[3] = {territory, member, (Datum) 0};
	bool		holds;

	ecp_plan_run(&find_state, values, NULL, false, 1);
	holds = SPI_processed > 0 && DatumGetBool(ecp_plan_known(0, 1));
	if (holds)
	{
		ecp_plan_run(&find_tag, values, NULL, false, 1);
		holds = SPI_processed > 0;
	}
	if (holds)
		values[2] = PointerGetDatum(DatumGetByteaPCopy(ecp_plan_known(0, 1)));
	ecp_derived_run(&holders, &drop_place, values, holds ? NULL : "  n");
	if (holds)
		take(values);
}

/* Whether the row, before or after, has to do with a right in force. */
static bool
concerns_right(const EcpRow *row)
{
	int			state;

	if (strcmp(RelationGetRelationName(row->trigger->tg_relation), "beneficiary") != 0)
		return true;
	state = ecp_row_column(row->desc, "state");
	if (row->old_values)
		return ecp_row_differs(row, state);
	return ecp_text_is(row->values[state], row->nulls[state], "verified") ||
		ecp_text_is(row->values[state], row->nulls[state], "suspended");
}

/* AFTER trigger of beneficiary and of person_tag. */
Datum
ecp_trg_right_holder_follow(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	Datum		key[2];

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	if (!concerns_right(&row))
		return PointerGetDatum(NULL);
	ecp_right_require_present();
	key[0] = row.values[ecp_row_column(row.desc, "territory_id")];
	key[1] = row.values[ecp_row_column(row.desc, "member_id")];
	ecp_plan_begin(&saved);
	if (strcmp(RelationGetRelationName(row.trigger->tg_relation), "beneficiary") != 0)
		ecp_plan_run(&lock_holder, key, NULL, false, 1);
	follow(key[0], key[1]);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

/* right_holder is written by follow() alone, a replica apart. */
Datum
ecp_trg_right_holder_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);

	ecp_derived_require(&holders, trigger, "Write ecopanier.beneficiary instead.");
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}
