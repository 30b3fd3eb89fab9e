/*
 * Free baskets that were not fetched, and what follows for the person (rule D15).
 *
 * A territory turns it on; by default nothing follows.  A free claim that lapsed
 * or was cancelled late counts, from the moment at which that was so (the end of
 * its window, not when a worker came by), for the days of no_show_days, where the
 * policy was on at that moment: nobody answers for what had no consequence when
 * it was done.  From no_show_reduce_at of them on the day's limit is lower, until
 * fewer are left.  Each one that is at least the no_show_pause_at-th within those
 * days pauses free claims from its moment on, and the pause ends by the clock
 * alone.  What is paid for is never touched.
 *
 * It is computed of the claims whenever it is asked, so there is no flag on a
 * person that could outlive its reason.  The person alone reads it: no merchant,
 * no station, no association.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/reason.h"
#include "identity/context.h"
#include "identity/setting.h"
#include "market/no_show.h"
#include "market/receipt.h"

PG_FUNCTION_INFO_V1(ecp_my_standing);
PG_FUNCTION_INFO_V1(ecp_forgive_no_show);

/* Those of the moments after $3, up to $4, the newest first. */
static EcpPlan list_no_shows =
ECP_PLAN("SELECT n.id, n.at FROM (SELECT r.id, CASE r.state WHEN 'lapsed' THEN greatest(r.window_end, r.grace_until) ELSE r.cancelled_at END AS at "
		 "FROM ecopanier.reservation r WHERE r.territory_id = $1 AND r.member_id = $2 AND (r.late_cancel OR r.state = 'lapsed') "
		 "AND r.pool = 'solidarity' AND r.forgiven_at IS NULL) n WHERE n.at > $3 AND n.at <= $4 ORDER BY n.at DESC, n.id",
		 INT4OID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID);

/* $1 territory, $2 member, $3 language or null, $4 code, $5 until or null, $6 how many, $7 days, $8 from how many on */
static EcpPlan say_why =
ECP_PLAN("SELECT ecopanier.message($4, coalesce($3, m.language), jsonb_build_object("
		 "'until', to_char($5 AT TIME ZONE t.time_zone, 'DD/MM/YYYY HH24:MI'), 'count', $6, 'days', $7, 'from', $8)) "
		 "FROM ecopanier.territory t JOIN ecopanier.member m ON m.territory_id = t.id AND m.id = $2 WHERE t.id = $1",
		 INT4OID, UUIDOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT4OID, INT4OID, INT4OID);

static EcpPlan lock_no_show =
ECP_PLAN("SELECT forgiven_at IS NULL FROM ecopanier.reservation WHERE territory_id = $1 AND id = $2 FOR NO KEY UPDATE",
		 INT4OID, UUIDOID);

/* The guard of reservation refuses what is none. */
static EcpPlan forgive =
ECP_PLAN("UPDATE ecopanier.reservation SET forgiven_at = $3 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

typedef struct NoShow
{
	pg_uuid_t	id;
	TimestampTz at;
} NoShow;

/* The policy in force. */
typedef struct Policy
{
	EcpSetting	on;
	EcpSetting	reduced_units;
	int			reduce_at;
	int			pause_at;
	int64		days;			/* microseconds, as the next */
	int64		pause;
} Policy;

static Policy
read_policy(int32 territory, TimestampTz moment)
{
	Policy		policy = {.on = ecp_setting_at(territory, "no_show_policy", moment)};

	if (policy.on.value == 0)
		return policy;
	policy.reduced_units = ecp_setting_at(territory, "no_show_reduced_units", moment);
	policy.reduce_at = (int) ecp_setting_at(territory, "no_show_reduce_at", moment).value;
	policy.pause_at = (int) ecp_setting_at(territory, "no_show_pause_at", moment).value;
	policy.days = ecp_setting_at(territory, "no_show_days", moment).value * USECS_PER_DAY;
	policy.pause = ecp_setting_at(territory, "no_show_pause_days", moment).value * USECS_PER_DAY;
	return policy;
}

/*
 * Those that can matter still, the newest first; how many.  They are asked of the
 * present: a transaction that keeps an older snapshot claims by it no more than others.
 */
static int
read_no_shows(int32 territory, const pg_uuid_t *member, TimestampTz moment, const Policy *policy, NoShow **no_shows)
{
	Datum		values[4] = {Int32GetDatum(territory), UUIDPGetDatum(member),
	TimestampTzGetDatum(moment - policy->days - policy->pause), TimestampTzGetDatum(moment)};
	int			found;
	int			count = 0;

	ecp_plan_run_present(&list_no_shows, values, NULL, true, 0);
	found = (int) SPI_processed;
	*no_shows = palloc(Max(found, 1) * sizeof(NoShow));
	for (int i = 0; i < found; i++)
	{
		(*no_shows)[i].id = *DatumGetUUIDP(ecp_plan_known(i, 1));
		(*no_shows)[i].at = DatumGetTimestampTz(ecp_plan_known(i, 2));
	}
	for (int i = 0; i < found; i++)
		if (ecp_setting_at(territory, "no_show_policy", (*no_shows)[i].at).value == 1)
			(*no_shows)[count++] = (*no_shows)[i];
	return count;
}

/* How many there were in the days up to one of them, itself included. */
static int
count_up_to(const NoShow *no_shows, int count, int last, int64 days)
{
	int			i = last;

	while (i < count && no_shows[i].at > no_shows[last].at - days)
		i++;
	return i - last;
}

/* What follows from them. */
static void
judge(const NoShow *no_shows, int count, TimestampTz moment, const Policy *policy, EcpStanding *standing)
{
	while (standing->no_shows < count && no_shows[standing->no_shows].at > moment - policy->days)
		standing->no_shows++;
	standing->reduced = standing->no_shows >= policy->reduce_at;
	if (standing->reduced)
		standing->reduced_until = no_shows[policy->reduce_at - 1].at + policy->days;
	for (int i = 0; i < count && !standing->paused; i++)
		if (no_shows[i].at > moment - policy->pause && count_up_to(no_shows, count, i, policy->days) >= policy->pause_at)
		{
			standing->paused = true;
			standing->paused_until = no_shows[i].at + policy->pause;
		}
}

/* The same as ecp_no_show_standing(), with the rows. */
static Policy
read_standing(int32 territory, const pg_uuid_t *member, TimestampTz moment, EcpStanding *standing, NoShow **no_shows)
{
	Policy		policy = read_policy(territory, moment);

	memset(standing, 0, sizeof(*standing));
	if (policy.on.value == 0)
		return policy;
	standing->counted = true;
	standing->version = policy.on.version;
	standing->reduced_units = (int32) policy.reduced_units.value;
	standing->reduced_version = policy.reduced_units.version;
	judge(*no_shows, read_no_shows(territory, member, moment, &policy, no_shows), moment, &policy, standing);
	return policy;
}

void
ecp_no_show_standing(int32 territory, const pg_uuid_t *member, TimestampTz moment, EcpStanding *standing)
{
	NoShow	   *no_shows = NULL;

	(void) read_standing(territory, member, moment, standing, &no_shows);
	if (no_shows)
		pfree(no_shows);
}

void
ecp_no_show_check(const EcpStanding *standing)
{
	if (standing->paused)
		ereport(ERROR,
				(errcode(ECP_ERR_CLAIMS_PAUSED),
				 errmsg("free claims are paused"),
				 errdetail("They are possible again from %s.", timestamptz_to_str(standing->paused_until)),
				 errhint("ecopanier.my_standing() says why; lots at a price are not touched.")));
}

/* The no-shows that count now, as uuid[]. */
static Datum
make_array(const NoShow *no_shows, int count)
{
	Datum	   *items = palloc(Max(count, 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
		items[i] = UUIDPGetDatum(&no_shows[i].id);
	return PointerGetDatum(construct_array(items, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

/* The sentence, outside SPI's memory. */
static Datum
make_sentence(const EcpCaller *caller, const Datum *language, const char *code, const EcpStanding *standing, const Policy *policy,
			  TimestampTz until)
{
	Datum		values[8] = {Int32GetDatum(caller->territory), UUIDPGetDatum(&caller->member), language ? *language : (Datum) 0,
		CStringGetTextDatum(code), TimestampTzGetDatum(until), Int32GetDatum(standing->no_shows),
	Int32GetDatum((int32) (policy->days / USECS_PER_DAY)), Int32GetDatum(policy->reduce_at)};
	char		nulls[9] = "        ";

	nulls[2] = language ? ' ' : 'n';
	nulls[4] = until == 0 ? 'n' : ' ';
	ecp_plan_run(&say_why, values, nulls, true, 1);
	if (SPI_processed != 1)
		elog(ERROR, "the caller is nobody");
	return SPI_datumTransfer(ecp_plan_known(0, 1), false, -1);
}

/* What follows, in a word and as a code of message(); when it ends, 0 where nothing does. */
static TimestampTz
name_effect(const EcpStanding *standing, const char **effect, const char **code)
{
	if (standing->paused)
	{
		*effect = "paused";
		*code = "ZE128";
		return standing->paused_until;
	}
	*effect = standing->reduced ? "reduced" : "none";
	*code = standing->reduced ? "standing_reduced" : standing->no_shows > 0 ? "standing_counted" : "standing_clear";
	return standing->reduced ? standing->reduced_until : 0;
}

Datum
ecp_my_standing(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	TupleDesc	desc;
	EcpStanding standing;
	NoShow	   *no_shows = NULL;
	Policy		policy;
	TimestampTz until;
	const char *effect;
	const char *code;
	Datum		language = PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0);
	Datum		values[6];
	bool		nulls[6] = {0};

	ecp_require_installed();
	caller = ecp_caller_require();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "a standing must be a composite");
	ecp_plan_begin(&saved);
	policy = read_standing(caller->territory, &caller->member, ecp_clock_now(), &standing, &no_shows);
	until = name_effect(&standing, &effect, &code);
	values[5] = make_sentence(caller, PG_ARGISNULL(0) ? NULL : &language, code, &standing, &policy, until);
	values[2] = SPI_datumTransfer(make_array(no_shows, standing.no_shows), false, -1);
	ecp_plan_end(&saved);
	values[0] = CStringGetTextDatum(effect);
	values[1] = Int32GetDatum(standing.no_shows);
	values[3] = TimestampTzGetDatum(until);
	nulls[3] = until == 0;
	values[4] = CStringGetTextDatum(code);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

void
ecp_no_show_raise_none(void)
{
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("there is nothing to forgive"),
			 errhint("Free baskets that lapsed or were cancelled late are forgiven, once.")));
	pg_unreachable();
}

Datum
ecp_forgive_no_show(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[3];
	char	   *reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (PG_ARGISNULL(0))
		ecp_raise_unknown_reservation();
	reason = ecp_reason_argument(fcinfo, 1);
	if (reason == NULL)
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("nothing is forgiven without a reason"),
				 errhint("Give the reason; the audit keeps it.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_no_show, values, NULL, false, 1);
	if (SPI_processed == 0)
		ecp_raise_unknown_reservation();
	if (!DatumGetBool(ecp_plan_known(0, 1)))
		ecp_no_show_raise_none();
	ecp_plan_run(&forgive, values, NULL, false, 0);
	ecp_audit(caller, caller->territory, "no_show_forgiven", PG_GETARG_UUID_P(0), reason);
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}
