/*
 * Cards of people without a phone: giving them, ending them, their PINs and
 * pictures.
 *
 * A card carries a random secret in a QR, of which the database keeps a keyed
 * hash; its PIN is computed and stored nowhere.  Both are answered once, to
 * the staff who hand the card over.  What a kiosk does with a card is in
 * kiosk.c.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "crypto/card.h"
#include "crypto/keys.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "pickup/kiosk.h"
#include "pickup/qr.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_trg_card_guard);
PG_FUNCTION_INFO_V1(ecp_trg_card_holder_moved);
PG_FUNCTION_INFO_V1(ecp_issue_card);
PG_FUNCTION_INFO_V1(ecp_revoke_card);
PG_FUNCTION_INFO_V1(ecp_reissue_card_pin);
PG_FUNCTION_INFO_V1(ecp_release_card);
PG_FUNCTION_INFO_V1(ecp_card_qr);
PG_FUNCTION_INFO_V1(ecp_card_qr_png);

/* The lock makes the giving of cards to one person serial. */
static EcpPlan lock_person =
ECP_PLAN("SELECT organisation_id, state FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

/* Who holds the person of a card; locked as lock_person does, before the card is. */
static EcpPlan lock_holder =
ECP_PLAN("SELECT b.organisation_id FROM ecopanier.card c "
		 "JOIN ecopanier.beneficiary b ON b.territory_id = c.territory_id AND b.member_id = c.member_id "
		 "WHERE c.territory_id = $1 AND c.id = $2 FOR NO KEY UPDATE OF b",
		 INT4OID, UUIDOID);

static EcpPlan replace_card =
ECP_PLAN("UPDATE ecopanier.card SET revoked_at = $3, revoked_by = $4, revoke_reason = $5 "
		 "WHERE territory_id = $1 AND member_id = $2 AND revoked_at IS NULL RETURNING id",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, UUIDOID, TEXTOID);

static EcpPlan insert_card =
ECP_PLAN("WITH card AS (INSERT INTO ecopanier.card (territory_id, id, member_id, organisation_id, key_id, issued_at, issued_by) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7)) "
		 "INSERT INTO ecopanier_private.card_secret (territory_id, card_id, hash) VALUES ($1, $2, $8)",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TIMESTAMPTZOID, UUIDOID, BYTEAOID);

static EcpPlan lock_card =
ECP_PLAN("SELECT member_id, organisation_id, revoked_at IS NULL, key_id, pin_version FROM ecopanier.card "
		 "WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

static EcpPlan revoke_card =
ECP_PLAN("UPDATE ecopanier.card SET revoked_at = $3, revoked_by = $4, revoke_reason = $5 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, UUIDOID, TEXTOID);

static EcpPlan new_pin =
ECP_PLAN("UPDATE ecopanier.card SET pin_version = pin_version + 1 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan next_round =
ECP_PLAN("INSERT INTO ecopanier_private.card_round AS r (territory_id, card_id, organisation_id, round) SELECT $1, $2, $3, 2 "
		 "WHERE EXISTS (SELECT FROM ecopanier_private.kiosk_try k JOIN ecopanier.card c "
		 "ON c.territory_id = k.territory_id AND c.id = k.card_id "
		 "WHERE k.territory_id = $1 AND k.card_id = $2 AND k.organisation_id = $3) "
		 "ON CONFLICT (territory_id, card_id, organisation_id) DO UPDATE SET round = r.round + 1",
		 INT4OID, UUIDOID, UUIDOID);

/* A card as lock_card reads it. */
typedef struct Card
{
	pg_uuid_t	member;
	pg_uuid_t	organisation;
	bool		in_force;
	char	   *key_id;
	int32		pin_version;
} Card;

Datum
ecp_trg_card_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"territory_id", "id", "member_id", "organisation_id", "key_id", "issued_at", NULL};
	static const char *const ended[] = {"revoked_at", "revoke_reason", "pin_version", NULL};
	EcpRow		row;
	int			version;

	(void) ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	version = ecp_row_column(row.desc, "pin_version");
	if (row.old_values)
	{
		ecp_row_freeze(&row, frozen);
		if (!row.old_nulls[ecp_row_column(row.desc, "revoked_at")])
			ecp_row_freeze(&row, ended);
		if (!row.nulls[version] && DatumGetInt32(row.values[version]) < DatumGetInt32(row.old_values[version]))
			ereport(ERROR,
					(errcode(ECP_ERR_HISTORY_KEPT),
					 errmsg("the PIN of a card is never an earlier one again"),
					 errhint("Use ecopanier.reissue_card_pin().")));
	}
	return ecp_row_close(&row);
}

static void
raise_unknown_card(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_NOT_FOUND),
			 errmsg("there is no such card"),
			 errhint("The cards that you can read stand in ecopanier.card.")));
}

/* Raises unless the caller may give the person a card; inside SPI. */
static void
check_person(const EcpCaller *caller, Datum member)
{
	Datum		values[2] = {Int32GetDatum(caller->territory), member};
	bool		isnull = true;
	Datum		organisation = (Datum) 0;

	ecp_plan_run(&lock_person, values, NULL, false, 1);
	if (SPI_processed == 1)
		organisation = ecp_plan_value(0, 1, &isnull);
	if (isnull || !ecp_caller_is_staff(caller, DatumGetUUIDP(organisation), ECP_FUNCTION_MANAGER))
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_FOUND),
				 errmsg("there is no such person"),
				 errhint("The people whom your organisation registered stand in ecopanier.beneficiary.")));
	if (strcmp(ecp_plan_text(0, 2), "verified") != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_VERIFIED),
				 errmsg("the person has no verified right"),
				 errhint("Verify the right first.")));
}

/* Ends the person's card in force, and what was begun with it.  caller may be NULL.  Inside SPI. */
static void
end_old_card(const EcpCaller *caller, int32 territory, Datum member, const char *reason)
{
	Datum		values[5] = {Int32GetDatum(territory), member, TimestampTzGetDatum(ecp_clock_now()),
		caller ? UUIDPGetDatum(&caller->member) : (Datum) 0, CStringGetTextDatum(reason)};
	pg_uuid_t	old;

	ecp_plan_run(&replace_card, values, caller ? NULL : "   n ", false, 0);
	if (SPI_processed == 0)
		return;
	old = *DatumGetUUIDP(ecp_plan_known(0, 1));
	ecp_kiosk_end_card(territory, &old);
}

/* The organisation that gave the card knows secret and PIN, so it ends where another holds the person. */
Datum
ecp_trg_card_holder_moved(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	ecp_plan_begin(&saved);
	end_old_card(ecp_caller_or_loader(), DatumGetInt32(row.values[ecp_row_column(row.desc, "territory_id")]),
				 row.values[ecp_row_column(row.desc, "member_id")], "moved");
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}

Datum
ecp_issue_card(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	TupleDesc	desc;
	Datum		values[8];
	bool		nulls[3] = {0};
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	bytea	   *hash = palloc0(VARHDRSZ + ECP_CARD_HASH_BYTES);
	const char *key_id;
	char	   *card;
	char		pin[ECP_PIN_LEN + 1];
	TimestampTz now = ecp_clock_now();

	ecp_require_installed();
	caller = ecp_caller_require();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "issue_card() must return a composite");
	key_id = ecp_key_current();
	ecp_new_id(caller->territory, id);
	SET_VARSIZE(hash, VARHDRSZ + ECP_CARD_HASH_BYTES);
	card = ecp_card_make(id, key_id, (uint8 *) VARDATA(hash));
	ecp_plan_begin(&saved);
	check_person(caller, PG_ARGISNULL(0) ? UUIDPGetDatum(id) : PG_GETARG_DATUM(0));
	end_old_card(caller, caller->territory, PG_GETARG_DATUM(0), "replaced");
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(id);
	values[2] = PG_GETARG_DATUM(0);
	values[3] = UUIDPGetDatum(&caller->organisation);
	values[4] = CStringGetTextDatum(key_id);
	values[5] = TimestampTzGetDatum(now);
	values[6] = UUIDPGetDatum(&caller->member);
	values[7] = PointerGetDatum(hash);
	ecp_plan_run(&insert_card, values, NULL, false, 0);
	ecp_plan_end(&saved);
	ecp_card_pin(id, key_id, 1, pin);
	values[0] = UUIDPGetDatum(id);
	values[1] = CStringGetTextDatum(card);
	values[2] = CStringGetTextDatum(pin);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* Reads and locks a card of the caller's territory; raises where there is none.  Inside SPI. */
static void
find_card(const EcpCaller *caller, Datum id, Card *card)
{
	Datum		values[2] = {Int32GetDatum(caller->territory), id};

	ecp_plan_run(&lock_card, values, NULL, false, 1);
	if (SPI_processed == 0)
		raise_unknown_card();
	card->member = *DatumGetUUIDP(ecp_plan_known(0, 1));
	card->organisation = *DatumGetUUIDP(ecp_plan_known(0, 2));
	card->in_force = DatumGetBool(ecp_plan_known(0, 3));
	card->key_id = ecp_plan_text(0, 4);
	card->pin_version = DatumGetInt32(ecp_plan_known(0, 5));
}

/* Raises unless the caller leads the organisation that holds the card's person; inside SPI. */
static void
check_holder(const EcpCaller *caller, Datum id)
{
	Datum		values[2] = {Int32GetDatum(caller->territory), id};
	Datum		organisation = (Datum) 0;
	bool		isnull = true;

	ecp_plan_run(&lock_holder, values, NULL, false, 1);
	if (SPI_processed == 1)
		organisation = ecp_plan_value(0, 1, &isnull);
	if (isnull || !ecp_caller_is_staff(caller, DatumGetUUIDP(organisation), ECP_FUNCTION_MANAGER))
		raise_unknown_card();
}

static void
check_in_force(const Card *card)
{
	if (!card->in_force)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the card has ended"),
				 errhint("Give another with ecopanier.issue_card().")));
}

/* Why a card ends: a word, so that nothing personal is written. */
static char *
revoke_reason(FunctionCallInfo fcinfo)
{
	static const char *const reasons[] = {"lost", "stolen", "damaged", "returned", "replaced", "other"};
	char	   *reason = PG_ARGISNULL(1) ? pstrdup("") : text_to_cstring(PG_GETARG_TEXT_PP(1));

	if (strspn(reason, " \t\r\n") == strlen(reason))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a card does not end without a reason"),
				 errhint("Give lost, stolen, damaged, replaced, returned or other.")));
	for (int i = 0; i < (int) lengthof(reasons); i++)
		if (strcmp(reason, reasons[i]) == 0)
			return reason;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a card does not end for this reason"),
			 errhint("Give lost, stolen, damaged, replaced, returned or other.")));
}

Datum
ecp_revoke_card(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Card		card;
	char	   *reason;
	Datum		values[5];

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		raise_unknown_card();
	reason = revoke_reason(fcinfo);
	ecp_plan_begin(&saved);
	find_card(caller, PG_GETARG_DATUM(0), &card);
	if (!ecp_id_equal(&card.member, &caller->member) && caller->role != ECP_ROLE_ADMINISTRATOR &&
		!ecp_caller_is_staff(caller, &card.organisation, ECP_FUNCTION_STATION))
		raise_unknown_card();
	check_in_force(&card);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	values[3] = UUIDPGetDatum(&caller->member);
	values[4] = CStringGetTextDatum(reason);
	ecp_plan_run(&revoke_card, values, NULL, false, 0);
	ecp_kiosk_end_card(caller->territory, PG_GETARG_UUID_P(0));
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

Datum
ecp_reissue_card_pin(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Card		card;
	Datum		values[2];
	char		pin[ECP_PIN_LEN + 1];

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		raise_unknown_card();
	ecp_plan_begin(&saved);
	check_holder(caller, PG_GETARG_DATUM(0));
	find_card(caller, PG_GETARG_DATUM(0), &card);
	if (!ecp_caller_is_staff(caller, &card.organisation, ECP_FUNCTION_MANAGER))
		raise_unknown_card();
	check_in_force(&card);
	ecp_card_pin(PG_GETARG_UUID_P(0), card.key_id, card.pin_version + 1, pin);
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_run(&new_pin, values, NULL, false, 0);
	ecp_plan_end(&saved);
	PG_RETURN_TEXT_P(cstring_to_text(pin));
}

Datum
ecp_release_card(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[3];
	char	   *reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		raise_unknown_card();
	reason = PG_ARGISNULL(1) ? pstrdup("") : text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (strspn(reason, " \t\r\n") == strlen(reason))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a lock is not released without a reason"),
				 errhint("Say how the person was recognised; it is kept in the audit.")));
	if (!caller->has_organisation || caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a card is released by managers of the association whose kiosk locked it"),
				 errhint("Sign in as one.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = UUIDPGetDatum(&caller->organisation);
	ecp_plan_begin(&saved);
	ecp_plan_run(&next_round, values, NULL, false, 0);
	if (SPI_processed == 0)
		raise_unknown_card();
	ecp_audit(caller, caller->territory, "card_release", PG_GETARG_UUID_P(0), reason);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* The card to draw, NULL where the text is none. */
static char *
card_to_draw(FunctionCallInfo fcinfo)
{
	text	   *card = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	EcpCardCore parts;

	if (card == NULL || !ecp_core_card_read(VARDATA_ANY(card), VARSIZE_ANY_EXHDR(card), &parts))
		return NULL;
	return text_to_cstring(card);
}

Datum
ecp_card_qr(PG_FUNCTION_ARGS)
{
	char	   *card = card_to_draw(fcinfo);

	if (card == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(ecp_qr_svg(card)));
}

Datum
ecp_card_qr_png(PG_FUNCTION_ARGS)
{
	char	   *card = card_to_draw(fcinfo);
	int			module_px = PG_ARGISNULL(1) ? ECP_QR_MODULE_PX : PG_GETARG_INT32(1);

	if (card == NULL || module_px < ECP_QR_MODULE_PX_MIN || module_px > ECP_QR_MODULE_PX_MAX)
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P(ecp_qr_png(card, module_px));
}
