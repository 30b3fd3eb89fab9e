/*
 * Kiosks: signing in with a card, the session, its end.
 *
 * A kiosk is a login or device of an association whose staff function is at
 * least "station".  A person puts a card under its reader and types the PIN;
 * what follows is done with a token of a few minutes, bound to this
 * association and this login.
 *
 * Two rules shape the code.  Whoever holds a secret raises nothing: a refusal
 * is a value, counted in frozen rows (kiosk_try.c).  And refusals of forged
 * secrets do the work of genuine ones: a card or session is looked up as the
 * nearest one at or below the id that was given, so a statement always finds a
 * row and reads as much, and only the comparison tells; hash, PIN and rights are
 * all looked at before the verdict.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/due.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/card.h"
#include "crypto/keys.h"
#include "identity/context.h"
#include "identity/setting.h"
#include "pickup/kiosk.h"
#include "pickup/kiosk_try.h"
#include "territory/id.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_kiosk_login);
PG_FUNCTION_INFO_V1(ecp_kiosk_logout);
PG_FUNCTION_INFO_V1(ecp_end_kiosk_sessions);

static EcpPlan find_kiosk =
ECP_PLAN("SELECT o.kind IN ('association', 'social_service'), m.language FROM ecopanier.organisation o "
		 "JOIN ecopanier.member m ON m.territory_id = o.territory_id AND m.id = $3 "
		 "WHERE o.territory_id = $1 AND o.id = $2",
		 INT4OID, UUIDOID, UUIDOID);

/* The row of a table whose id is the given one, else the next below, else the first; two probes in each case. */
#define NEAREST(table) \
	"(SELECT id FROM ((SELECT id FROM " table " WHERE territory_id = $1 AND id <= $2 ORDER BY id DESC LIMIT 1) " \
	"UNION ALL (SELECT id FROM " table " WHERE territory_id = $1 ORDER BY id LIMIT 1)) x ORDER BY id DESC LIMIT 1) n "

/* Whether the person m may claim free units on day $3. */
#define MAY_CLAIM \
	"(m.state = 'active' AND p.role IS NOT NULL AND coalesce(b.state = 'verified' AND b.valid_from <= $3 AND b.valid_until >= $3, false))"

#define PERSON_OF_CARD \
	"JOIN ecopanier.member m ON m.territory_id = c.territory_id AND m.id = c.member_id " \
	"LEFT JOIN ecopanier.member_role p ON p.territory_id = m.territory_id AND p.member_id = m.id AND p.role = 'beneficiary' " \
	"LEFT JOIN ecopanier.beneficiary b ON b.territory_id = m.territory_id AND b.member_id = m.id "

static EcpPlan find_card =
ECP_PLAN("SELECT c.id, c.key_id, c.pin_version, s.hash, coalesce(r.round, 1), c.member_id, m.language, "
		 "c.revoked_at IS NULL AND " MAY_CLAIM ", r.xmin, c.xmin "
		 "FROM " NEAREST("ecopanier.card") "JOIN ecopanier.card c ON c.territory_id = $1 AND c.id = n.id "
		 "JOIN ecopanier_private.card_secret s ON s.territory_id = c.territory_id AND s.card_id = c.id " PERSON_OF_CARD
		 "LEFT JOIN ecopanier_private.card_round r ON r.territory_id = c.territory_id AND r.card_id = c.id AND r.organisation_id = $4",
		 INT4OID, UUIDOID, DATEOID, UUIDOID);

static EcpPlan insert_session =
ECP_PLAN("INSERT INTO ecopanier_private.kiosk_session (territory_id, id, card_id, member_id, organisation_id, station_id, started_at) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7)",
		 INT4OID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan find_session =
ECP_PLAN("SELECT s.id, s.organisation_id, s.station_id, s.started_at, m.language, "
		 "s.ended_at IS NULL AND c.revoked_at IS NULL AND " MAY_CLAIM
		 " FROM " NEAREST("ecopanier_private.kiosk_session") "JOIN ecopanier_private.kiosk_session s ON s.territory_id = $1 AND s.id = n.id "
		 "JOIN ecopanier.card c ON c.territory_id = s.territory_id AND c.id = s.card_id " PERSON_OF_CARD,
		 INT4OID, UUIDOID, DATEOID);

static EcpPlan end_session =
ECP_PLAN("UPDATE ecopanier_private.kiosk_session SET ended_at = $3 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan end_of_card =
ECP_PLAN("UPDATE ecopanier_private.kiosk_session SET ended_at = $3 WHERE territory_id = $1 AND card_id = $2 AND ended_at IS NULL",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

static EcpPlan end_of_organisation =
ECP_PLAN("UPDATE ecopanier_private.kiosk_session SET ended_at = $3 WHERE territory_id = $1 AND organisation_id = $2 AND ended_at IS NULL",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

/* The longest session of all is an hour, the largest value of the setting kiosk_session. */
static EcpPlan remove_ended =
ECP_PLAN("DELETE FROM ecopanier_private.kiosk_session WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM ecopanier.territory t "
		 "CROSS JOIN LATERAL (SELECT s.ctid FROM ecopanier_private.kiosk_session s WHERE s.territory_id = t.id "
		 "AND (s.ended_at IS NOT NULL OR s.started_at < $1 - interval '1 hour') LIMIT $2) d))",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan next_removal =
ECP_PLAN("SELECT min(CASE WHEN ended_at IS NOT NULL THEN '-infinity' ELSE started_at + interval '1 hour' END) "
		 "FROM ecopanier_private.kiosk_session",
		 TIMESTAMPTZOID);

static EcpPlan say =
ECP_PLAN("SELECT ecopanier.message($1, $2)", TEXTOID, TEXTOID);

/* The card nearest to the one that was shown. */
typedef struct Shown
{
	pg_uuid_t	id;
	pg_uuid_t	member;
	char	   *key_id;
	char	   *language;
	uint8		hash[ECP_CARD_HASH_BYTES];
	int32		pin_version;
	int32		round;
	bool		fresh_round;	/* begun in this transaction: it may be taken back */
	bool		usable;			/* in force, given for good, and its person may claim */
} Shown;

void
ecp_kiosk_require_writes(void)
{
	if (XactReadOnly || IsInParallelMode() || IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(XactReadOnly ? ERRCODE_READ_ONLY_SQL_TRANSACTION : ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("a kiosk needs a READ COMMITTED transaction that may write"),
				 errhint("Begin with ISOLATION LEVEL READ COMMITTED READ WRITE."),
				 errhidestmt(true), errhidecontext(true)));
}

bool
ecp_kiosk_find(EcpKiosk *kiosk)
{
	const EcpCaller *caller = ecp_caller();
	Datum		values[3];

	memset(kiosk, 0, sizeof(*kiosk));
	kiosk->state = "not_signed_in";
	kiosk->language = "fr";
	if (caller == NULL || caller->kind != ECP_CALLER_PERSON || caller->role != ECP_ROLE_ASSOCIATION ||
		!caller->has_organisation || caller->function < ECP_FUNCTION_STATION)
		return false;
	kiosk->station = *caller;
	values[0] = Int32GetDatum(caller->territory);
	values[1] = UUIDPGetDatum(&kiosk->station.organisation);
	values[2] = UUIDPGetDatum(&kiosk->station.member);
	ecp_plan_run(&find_kiosk, values, NULL, false, 1);
	if (SPI_processed != 1 || !DatumGetBool(ecp_plan_known(0, 1)))
		return false;
	kiosk->language = ecp_plan_text(0, 2);
	kiosk->state = "refused";
	return true;
}

/* When a session expires that is used now. */
static TimestampTz
next_expiry(const EcpKiosk *kiosk)
{
	TimestampTz now = ecp_clock_now();
	int64		idle = ecp_setting_at(kiosk->station.territory, "kiosk_idle", now).value;
	int64		whole = ecp_setting_at(kiosk->station.territory, "kiosk_session", now).value;

	return Min(now + idle * USECS_PER_SEC, kiosk->session.started + whole * USECS_PER_SEC);
}

/* The person is signed in: what this use may do, and until when. */
static void
admit(EcpKiosk *kiosk, char *language)
{
	kiosk->state = "ok";
	kiosk->language = language;
	kiosk->session.expires = next_expiry(kiosk);
	kiosk->person.kind = ECP_CALLER_KIOSK;
	kiosk->person.territory = kiosk->station.territory;
	kiosk->person.member = kiosk->session.member;
	kiosk->person.role = ECP_ROLE_BENEFICIARY;
	kiosk->person.expires = kiosk->session.expires;
}

/* Reads the card nearest to the one named; a territory without cards has a blank one. */
static void
read_shown(const EcpKiosk *kiosk, const pg_uuid_t *named, Shown *shown)
{
	TimestampTz now = ecp_clock_now();
	Datum		values[4] = {Int32GetDatum(kiosk->station.territory), UUIDPGetDatum(named),
		DateADTGetDatum(ecp_local_day(kiosk->station.territory, now)), UUIDPGetDatum(&kiosk->station.organisation)};
	bool		isnull;
	Datum		xmin;
	TransactionId given;

	memset(shown, 0, sizeof(*shown));
	shown->key_id = pstrdup(ecp_key_current());
	ecp_plan_run(&find_card, values, NULL, false, 1);
	if (SPI_processed != 1)
		return;
	shown->id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	shown->key_id = ecp_plan_text(0, 2);
	shown->pin_version = DatumGetInt32(ecp_plan_known(0, 3));
	memcpy(shown->hash, VARDATA_ANY(DatumGetByteaPP(ecp_plan_known(0, 4))), ECP_CARD_HASH_BYTES);
	shown->round = DatumGetInt32(ecp_plan_known(0, 5));
	shown->member = *DatumGetUUIDP(ecp_plan_known(0, 6));
	shown->language = ecp_plan_text(0, 7);
	/* A card or PIN that was given in this transaction may be taken back, and the event of its giving with it. */
	given = DatumGetTransactionId(ecp_plan_known(0, 10));
	shown->usable = DatumGetBool(ecp_plan_known(0, 8)) && !TransactionIdIsCurrentTransactionId(given);
	xmin = ecp_plan_value(0, 9, &isnull);
	shown->fresh_round = !isnull && TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin));
}

/* Begins the session of a person whose card and PIN were right. */
static void
begin_session(EcpKiosk *kiosk, const Shown *shown)
{
	Datum		values[7] = {Int32GetDatum(kiosk->station.territory), UUIDPGetDatum(&kiosk->session.session),
		UUIDPGetDatum(&shown->id), UUIDPGetDatum(&shown->member), UUIDPGetDatum(&kiosk->station.organisation),
	UUIDPGetDatum(&kiosk->station.member), TimestampTzGetDatum(ecp_clock_now())};

	ecp_new_id(kiosk->station.territory, &kiosk->session.session);
	kiosk->session.organisation = kiosk->station.organisation;
	kiosk->session.member = shown->member;
	kiosk->session.started = ecp_clock_now();
	ecp_plan_run(&insert_session, values, NULL, false, 0);
	admit(kiosk, shown->language);
}

/*
 * Judges card and PIN.  The secret has 128 bits and is compared first, so that
 * who does not have the card charges nothing to it; the try is charged before
 * the PIN is compared.
 */
static void
try_card(EcpKiosk *kiosk, const text *card, const text *pin)
{
	const char *given = card ? VARDATA_ANY(card) : "";
	size_t		len = card ? VARSIZE_ANY_EXHDR(card) : 0;
	int64		limit = ecp_setting_at(kiosk->station.territory, "card_tries", ecp_clock_now()).value;
	EcpKioskSeries series = {{{0}}, 0, 0};
	pg_uuid_t	named;
	Shown		shown;
	bool		genuine;
	bool		right;
	int64		tries;

	ecp_card_named(given, len, &named);
	read_shown(kiosk, &named, &shown);
	genuine = ecp_card_matches(given, len, &shown.id, shown.key_id, shown.hash);
	if (genuine)
		series = (EcpKioskSeries) {shown.id, shown.pin_version, shown.round};
	tries = ecp_kiosk_charge(&kiosk->station, &series, "login");
	right = ecp_card_pin_matches(&shown.id, shown.key_id, shown.pin_version,
								 pin ? VARDATA_ANY(pin) : "", pin ? VARSIZE_ANY_EXHDR(pin) : 0);
	if (tries == ECP_KIOSK_FULL || (genuine && (tries > limit || shown.fresh_round)))
		kiosk->state = "locked";
	else if (genuine && right && shown.usable)
	{
		(void) ecp_kiosk_charge(&kiosk->station, &series, "right");
		begin_session(kiosk, &shown);
	}
}

Datum
ecp_kiosk_answer(FunctionCallInfo fcinfo, const EcpKiosk *kiosk, const char *state, const char *code,
				 const pg_uuid_t *reservation)
{
	TupleDesc	desc;
	Datum		values[6] = {0};
	bool		nulls[6] = {false, true, true, true, true, true};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "a kiosk must be answered with a composite");
	values[0] = CStringGetTextDatum(state);
	if (code)
	{
		bool		known = code[0] == 'Z' || strncmp(code, "kiosk_", 6) == 0 || strcmp(code, "not_signed_in") == 0;
		Datum		words[2] = {CStringGetTextDatum(known ? code : "kiosk_not_possible"), CStringGetTextDatum(kiosk->language)};

		ecp_plan_run(&say, words, NULL, true, 1);
		values[1] = CStringGetTextDatum(code);
		values[2] = ecp_plan_known(0, 1);
		nulls[1] = nulls[2] = false;
	}
	if (strcmp(kiosk->state, "ok") == 0 && kiosk->session.expires != 0)
	{
		values[3] = CStringGetTextDatum(ecp_session_sign(&kiosk->session));
		values[4] = TimestampTzGetDatum(kiosk->session.expires);
		nulls[3] = nulls[4] = false;
	}
	if (reservation)
	{
		values[5] = UUIDPGetDatum(reservation);
		nulls[5] = false;
	}
	return SPI_datumTransfer(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)), false, -1);
}

const char *
ecp_kiosk_code(const char *state)
{
	if (strcmp(state, "ok") == 0)
		return NULL;
	if (strcmp(state, "locked") == 0)
		return "kiosk_locked";
	return strcmp(state, "refused") == 0 ? "kiosk_refused" : "not_signed_in";
}

Datum
ecp_kiosk_login(PG_FUNCTION_ARGS)
{
	EcpKiosk	kiosk;
	EcpOwner	saved;
	Datum		answer;

	ecp_require_installed();
	ecp_kiosk_require_writes();
	ecp_plan_begin(&saved);
	if (ecp_kiosk_find(&kiosk))
		try_card(&kiosk, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1));
	answer = ecp_kiosk_answer(fcinfo, &kiosk, kiosk.state, ecp_kiosk_code(kiosk.state), NULL);
	ecp_plan_end(&saved);
	return answer;
}

/*
 * Whether the row that find_session read is the token's session and goes on
 * here; started becomes the row's.
 */
static bool
session_holds(const EcpKiosk *kiosk, EcpSession *token, bool signed_here)
{
	TimestampTz now = ecp_clock_now();
	pg_uuid_t  *id;
	pg_uuid_t  *organisation;
	pg_uuid_t  *station;
	bool		usable;

	if (SPI_processed != 1)
		return false;
	id = DatumGetUUIDP(ecp_plan_known(0, 1));
	organisation = DatumGetUUIDP(ecp_plan_known(0, 2));
	station = DatumGetUUIDP(ecp_plan_known(0, 3));
	token->started = DatumGetTimestampTz(ecp_plan_known(0, 4));
	usable = DatumGetBool(ecp_plan_known(0, 6));
	return signed_here & usable & ecp_id_equal(id, &token->session) &
		ecp_id_equal(organisation, &token->organisation) & ecp_id_equal(organisation, &kiosk->station.organisation) &
		ecp_id_equal(station, &kiosk->station.member) & (now < token->expires) &
		(now < token->started + ecp_setting_at(kiosk->station.territory, "kiosk_session", now).value * USECS_PER_SEC);
}

bool
ecp_kiosk_open(EcpKiosk *kiosk, const text *token)
{
	static const EcpKioskSeries nobody = {{{0}}, 0, 0};
	EcpSession	session;
	bool		signed_here;
	bool		holds;
	char	   *language;
	Datum		values[3];

	if (!ecp_kiosk_find(kiosk))
		return false;
	signed_here = ecp_session_open(token ? VARDATA_ANY(token) : "", token ? VARSIZE_ANY_EXHDR(token) : 0, &session);
	values[0] = Int32GetDatum(kiosk->station.territory);
	values[1] = UUIDPGetDatum(&session.session);
	values[2] = DateADTGetDatum(ecp_local_day(kiosk->station.territory, ecp_clock_now()));
	ecp_plan_run(&find_session, values, NULL, false, 1);
	language = SPI_processed == 1 ? ecp_plan_text(0, 5) : NULL;
	holds = session_holds(kiosk, &session, signed_here);
	if (holds)
	{
		kiosk->session = session;
		admit(kiosk, language);
	}
	else
		(void) ecp_kiosk_charge(&kiosk->station, &nobody, "token");
	return holds;
}

Datum
ecp_kiosk_logout(PG_FUNCTION_ARGS)
{
	EcpKiosk	kiosk;
	EcpOwner	saved;
	Datum		answer;
	Datum		values[3];

	ecp_require_installed();
	ecp_kiosk_require_writes();
	ecp_plan_begin(&saved);
	if (ecp_kiosk_open(&kiosk, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0)))
	{
		values[0] = Int32GetDatum(kiosk.station.territory);
		values[1] = UUIDPGetDatum(&kiosk.session.session);
		values[2] = TimestampTzGetDatum(ecp_clock_now());
		ecp_plan_run(&end_session, values, NULL, false, 0);
		kiosk.session.expires = 0;
	}
	answer = ecp_kiosk_answer(fcinfo, &kiosk, kiosk.state, ecp_kiosk_code(kiosk.state), NULL);
	ecp_plan_end(&saved);
	return answer;
}

Datum
ecp_end_kiosk_sessions(PG_FUNCTION_ARGS pg_attribute_unused())
{
	EcpKiosk	kiosk;
	EcpOwner	saved;
	Datum		values[3];
	int64		ended;

	ecp_require_installed();
	(void) ecp_caller_require();
	ecp_plan_begin(&saved);
	if (!ecp_kiosk_find(&kiosk))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("sessions are ended by staff of the kiosk's association"),
				 errhint("Sign in for the association; a reader does not.")));
	values[0] = Int32GetDatum(kiosk.station.territory);
	values[1] = UUIDPGetDatum(&kiosk.station.organisation);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_run(&end_of_organisation, values, NULL, false, 0);
	ended = (int64) SPI_processed;
	ecp_plan_end(&saved);
	PG_RETURN_INT64(ended);
}

void
ecp_kiosk_end_card(int32 territory, const pg_uuid_t *card)
{
	Datum		values[3] = {Int32GetDatum(territory), UUIDPGetDatum(card), TimestampTzGetDatum(ecp_clock_now())};

	ecp_plan_run(&end_of_card, values, NULL, false, 0);
}

int64
ecp_kiosk_end_due(int limit)
{
	return ecp_due_run(&remove_ended, limit);
}

TimestampTz
ecp_kiosk_end_next(void)
{
	return ecp_due_next(&next_removal);
}
