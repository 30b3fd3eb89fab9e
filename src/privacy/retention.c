/*
 * Retention: people go when their period after the last contact is over, by
 * what they were.
 *
 *   social     whose right has ended
 *   refused    whose right was refused and never verified
 *   applied    whose application nobody decided on
 *   customer   who only buys
 *
 * Staff, collectors, administrators and whoever holds a right in force stay;
 * who was staff once is like a customer.  The last contact is the latest of
 * the moments that the register lists, so that no request writes anything for
 * it.  Each person is locked and looked at again before they go: a right may
 * have been renewed while the run was on.  Who is due follows from the rows and the
 * clock alone: a run that comes late does what the missed ones would have.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/due.h"
#include "common/erasing.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/setting.h"
#include "privacy/person.h"
#include "privacy/retention.h"

PG_FUNCTION_INFO_V1(ecp_retention);

static const char *const rules[] = {"social", "refused", "applied", "customer", NULL};

static EcpPlan list_territories =
ECP_PLAN("SELECT id FROM ecopanier.territory ORDER BY id");

static EcpPlan list_contacts =
ECP_PLAN("SELECT string_agg(contact, ' UNION ALL ') FROM ecopanier_private.personal_statement WHERE contact IS NOT NULL");

static EcpPlan list_traces =
ECP_PLAN("SELECT expire FROM ecopanier_private.personal_statement WHERE is_trace ORDER BY position");

static EcpPlan months_ago =
ECP_PLAN("SELECT ($1 AT TIME ZONE time_zone - make_interval(months => $2)) AT TIME ZONE time_zone FROM ecopanier.territory WHERE id = $3",
		 TIMESTAMPTZOID, INT4OID, INT4OID);

/*
 * $1 territory, $2 rule, $3 the moment before which the last contact must lie,
 * $4 now, $5 the one person who is looked at, or the one after whom to go on;
 * %1$s is the list of contacts, %2$s narrows it to that person or to those after
 * the other, %3$s is how many.
 */
static const char due_text[] =
"WITH contact AS (SELECT member_id, max(at) AS last FROM (%1$s) c %2$s GROUP BY member_id), "
"person AS (SELECT m.id, CASE WHEN b.member_id IS NULL THEN 'customer' "
"  WHEN b.state = 'verified' AND b.valid_until >= ($4 AT TIME ZONE t.time_zone)::date THEN NULL "
"  WHEN b.ben_code IS NOT NULL THEN 'social' WHEN b.state = 'refused' THEN 'refused' ELSE 'applied' END AS rule, "
"  greatest(CASE WHEN b.valid_until IS NOT NULL THEN least(b.valid_until, '9999-12-31')::timestamp AT TIME ZONE t.time_zone END, c.last) AS last "
"  FROM ecopanier.member m JOIN ecopanier.territory t ON t.id = m.territory_id "
"  JOIN contact c ON c.member_id = m.id LEFT JOIN ecopanier.beneficiary b ON b.territory_id = m.territory_id AND b.member_id = m.id "
"  WHERE m.territory_id = $1 AND NOT m.erased "
"  AND NOT EXISTS (SELECT FROM ecopanier.service_account s WHERE s.territory_id = m.territory_id AND s.id = m.id) "
"  AND NOT EXISTS (SELECT FROM ecopanier.organisation_staff s WHERE s.territory_id = m.territory_id AND s.member_id = m.id) "
"  AND NOT EXISTS (SELECT FROM ecopanier.member_role r WHERE r.territory_id = m.territory_id AND r.member_id = m.id "
"    AND r.role IN ('collector', 'administrator'))) "
"SELECT id FROM person WHERE rule = $2 AND last <= $3 ORDER BY id %3$s";

static const Oid due_types[] = {INT4OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID};

/* One line of the report. */
static void
report(ReturnSetInfo *result, int32 territory, const char *rule, int32 months, int64 done, int64 postponed)
{
	Datum		values[5] = {Int32GetDatum(territory), CStringGetTextDatum(rule), Int32GetDatum(months),
	Int64GetDatum(done), Int64GetDatum(postponed)};
	bool		nulls[5] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* The period in force, and the moment that it reaches back to. */
static TimestampTz
reach_back(int32 territory, const char *rule, int32 *months)
{
	TimestampTz now = ecp_clock_now();
	Datum		values[3] = {TimestampTzGetDatum(now), (Datum) 0, Int32GetDatum(territory)};

	*months = (int32) ecp_setting_at(territory, psprintf("retention_%s_months", rule), now).value;
	values[1] = Int32GetDatum(*months);
	ecp_plan_run(&months_ago, values, NULL, true, 1);
	return DatumGetTimestampTz(ecp_plan_known(0, 1));
}

/* The people who are due, copied: those after the given one, if any, up to batch where it is not 0. */
static pg_uuid_t *
find_due(int32 territory, const char *rule, TimestampTz limit, const char *contacts, const pg_uuid_t *after, int batch, uint64 *count)
{
	Datum		values[5] = {Int32GetDatum(territory), CStringGetTextDatum(rule), TimestampTzGetDatum(limit),
	TimestampTzGetDatum(ecp_clock_now()), UUIDPGetDatum(after)};
	char	   *text = psprintf(due_text, contacts, after ? "WHERE c.member_id > $5" : "", batch > 0 ? psprintf("LIMIT %d", batch) : "");
	pg_uuid_t  *due;
	uint64		i;

	ecp_plan_run(ecp_person_plan(text, 5, due_types), values, after ? NULL : "    n", false, 0);
	*count = SPI_processed;
	due = palloc_extended(Max(*count, 1) * sizeof(pg_uuid_t), MCXT_ALLOC_HUGE);
	for (i = 0; i < *count; i++)
		due[i] = *DatumGetUUIDP(ecp_plan_known(i, 1));
	SPI_freetuptable(SPI_tuptable);
	return due;
}

/* Whether a person, who is locked, is due under the rule by what is committed now. */
static bool
still_due(int32 territory, const char *rule, TimestampTz limit, const char *contacts, const pg_uuid_t *person)
{
	Datum		values[5] = {Int32GetDatum(territory), CStringGetTextDatum(rule), TimestampTzGetDatum(limit),
	TimestampTzGetDatum(ecp_clock_now()), UUIDPGetDatum(person)};
	bool		due;

	ecp_plan_run(ecp_person_plan(psprintf(due_text, contacts, "WHERE c.member_id = $5", ""), 5, due_types), values, NULL, false, 1);
	due = SPI_processed > 0;
	SPI_freetuptable(SPI_tuptable);
	return due;
}

/* One person who goes. */
typedef struct Leaver
{
	int32		territory;
	const pg_uuid_t *person;
	const char *facts;
} Leaver;

static void
erase(void *arg)
{
	const Leaver *leaver = arg;

	ecp_person_erase(leaver->territory, leaver->person);
	ecp_audit_facts(NULL, leaver->territory, "person_erase", NULL, NULL, leaver->facts);
}

/* Whether the person is gone; one whose erasure fails keeps nobody else. */
static bool
try_erase(int32 territory, const pg_uuid_t *person, const char *facts)
{
	Leaver		leaver = {territory, person, facts};
	char	   *error;

	if (ecp_attempt(erase, &leaver, &error))
		return true;
	ereport(WARNING,
			(errmsg("a person whose period is over could not be erased: %s", error),
			 errhint("The next turn tries again; ecopanier.erase_person() shows the error to an administrator.")));
	return false;
}

/* What became of the people who were due under a rule. */
typedef struct Batch
{
	int32		months;
	uint64		found;
	int64		done;
	int64		postponed;
	pg_uuid_t	last;			/* the last one found */
} Batch;

/* Erases those after the given one (NULL: from the first), up to batch of them where it is not 0. */
static void
apply_rule(Batch *batch, int32 territory, const char *rule, const char *contacts, const pg_uuid_t *after, int limit)
{
	MemoryContext each = AllocSetContextCreate(CurrentMemoryContext, "ecopanier retention", ALLOCSET_SMALL_SIZES);
	char	   *facts = psprintf("{\"asked_by\": \"retention\", \"rule\": \"%s\"}", rule);
	TimestampTz before;
	pg_uuid_t  *due;
	uint64		i;

	memset(batch, 0, sizeof(Batch));
	before = reach_back(territory, rule, &batch->months);
	due = find_due(territory, rule, before, contacts, after, limit, &batch->found);
	for (i = 0; i < batch->found; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(each);

		CHECK_FOR_INTERRUPTS();
		if (ecp_person_lock(territory, &due[i]) && still_due(territory, rule, before, contacts, &due[i]))
		{
			if (ecp_person_obligations(territory, &due[i]) || !try_erase(territory, &due[i], facts))
				batch->postponed++;
			else
				batch->done++;
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(each);
	}
	if (batch->found > 0)
		batch->last = due[batch->found - 1];
}

static void
expire_traces(void *arg)
{
	static const Oid types[] = {INT4OID, TIMESTAMPTZOID};
	Datum	   *values = arg;
	int64		done = 0;
	uint64		count;
	uint64		i;
	EcpPlan   **plans;

	ecp_plan_run(&list_traces, NULL, NULL, true, 0);
	count = SPI_processed;
	plans = palloc(Max(count, 1) * sizeof(EcpPlan *));
	for (i = 0; i < count; i++)
		plans[i] = ecp_person_plan(ecp_plan_text(i, 1), 2, types);
	for (i = 0; i < count; i++)
	{
		ecp_plan_run(plans[i], values, NULL, false, 0);
		done += SPI_processed;
	}
	values[2] = Int64GetDatum(done);
}

/* How many traces went. */
static int64
apply_traces(int32 territory, int32 *months)
{
	Datum		values[3] = {Int32GetDatum(territory), (Datum) 0, (Datum) 0};

	values[1] = TimestampTzGetDatum(reach_back(territory, "trace", months));
	ecp_erasing_run(expire_traces, values);
	return DatumGetInt64(values[2]);
}

/* The statement that lists every contact of a territory's people, from the register. */
static char *
read_contacts(void)
{
	ecp_plan_run(&list_contacts, NULL, NULL, true, 1);
	return ecp_plan_text(0, 1);
}

/* The territories, copied. */
static int32 *
read_territories(uint64 *count)
{
	int32	   *territories;
	uint64		i;

	ecp_plan_run(&list_territories, NULL, NULL, true, 0);
	*count = SPI_processed;
	territories = palloc(Max(*count, 1) * sizeof(int32));
	for (i = 0; i < *count; i++)
		territories[i] = DatumGetInt32(ecp_plan_known(i, 1));
	return territories;
}

/* All rules for one territory, with a line of the report each. */
static void
apply_all(ReturnSetInfo *result, int32 territory, const char *contacts)
{
	Batch		batch;
	int32		months;
	int64		traces;
	int			rule;

	for (rule = 0; rules[rule]; rule++)
	{
		apply_rule(&batch, territory, rules[rule], contacts, NULL, 0);
		report(result, territory, rules[rule], batch.months, batch.done, batch.postponed);
	}
	traces = apply_traces(territory, &months);
	report(result, territory, "trace", months, traces, 0);
}

Datum
ecp_retention(PG_FUNCTION_ARGS)
{
	EcpOwner	saved;
	int32	   *territories;
	char	   *contacts;
	uint64		count;
	uint64		i;

	ecp_require_installed();
	ecp_require_superuser("retention()");
	ecp_person_require_read_committed();
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	territories = read_territories(&count);
	contacts = read_contacts();
	for (i = 0; i < count; i++)
		apply_all((ReturnSetInfo *) fcinfo->resultinfo, territories[i], contacts);
	ecp_plan_end(&saved);
	return (Datum) 0;
}

/*
 * The day's turn of each territory, as a step of the schedule: from three in
 * the morning, local time.  How far a turn has come is a row, so that a batch
 * can be committed and those whose erasure has to wait are not met twice a day.
 */
#define HOUR "3 hours"

static EcpPlan due_turns =
ECP_PLAN("SELECT t.id, coalesce(u.rule, 0), u.after, l.day FROM ecopanier.territory t "
		 "CROSS JOIN LATERAL (SELECT ($1 AT TIME ZONE t.time_zone - interval '" HOUR "')::date AS day) l "
		 "LEFT JOIN ecopanier_private.retention_turn u ON u.territory_id = t.id AND u.day = l.day "
		 "WHERE u.rule IS DISTINCT FROM 5 ORDER BY t.id",
		 TIMESTAMPTZOID);

static EcpPlan note_turn =
ECP_PLAN("INSERT INTO ecopanier_private.retention_turn AS u (territory_id, day, rule, after) VALUES ($1, $2, $3, $4) "
		 "ON CONFLICT (territory_id) DO UPDATE SET day = EXCLUDED.day, rule = EXCLUDED.rule, after = EXCLUDED.after",
		 INT4OID, DATEOID, INT4OID, UUIDOID);

static EcpPlan next_turn =
ECP_PLAN("SELECT min(CASE WHEN u.day = l.day AND u.rule = 5 THEN (l.day + 1 + interval '" HOUR "') AT TIME ZONE t.time_zone ELSE '-infinity' END) "
		 "FROM ecopanier.territory t "
		 "CROSS JOIN LATERAL (SELECT ($1 AT TIME ZONE t.time_zone - interval '" HOUR "')::date AS day) l "
		 "LEFT JOIN ecopanier_private.retention_turn u ON u.territory_id = t.id",
		 TIMESTAMPTZOID);

typedef struct Turn
{
	int32		territory;
	int32		rule;			/* the number of the rule that is at work; after the rules the traces, then 5: done */
	bool		has_after;
	pg_uuid_t	after;
	Datum		day;
} Turn;

/* The turns that are not done, copied. */
static Turn *
read_turns(uint64 *count)
{
	Datum		now = TimestampTzGetDatum(ecp_clock_now());
	Turn	   *turns;
	uint64		i;

	ecp_plan_run(&due_turns, &now, NULL, false, 0);
	*count = SPI_processed;
	turns = palloc(Max(*count, 1) * sizeof(Turn));
	for (i = 0; i < *count; i++)
	{
		bool		isnull;
		Datum		after = ecp_plan_value(i, 3, &isnull);

		turns[i].territory = DatumGetInt32(ecp_plan_known(i, 1));
		turns[i].rule = DatumGetInt32(ecp_plan_known(i, 2));
		turns[i].has_after = !isnull;
		if (!isnull)
			turns[i].after = *DatumGetUUIDP(after);
		turns[i].day = ecp_plan_known(i, 4);
	}
	return turns;
}

/* Goes on with a turn by one batch; how much it did, the step forward counted. */
static int64
go_on(Turn *turn, const char *contacts, int limit)
{
	Datum		values[4] = {Int32GetDatum(turn->territory), turn->day};
	Batch		batch = {0};
	int64		done = 1;

	if (rules[turn->rule] == NULL)
	{
		int32		months;

		done += apply_traces(turn->territory, &months);
	}
	else
		apply_rule(&batch, turn->territory, rules[turn->rule], contacts, turn->has_after ? &turn->after : NULL, limit);
	if (batch.found < (uint64) limit)
		turn->rule++;
	values[2] = Int32GetDatum(turn->rule);
	values[3] = UUIDPGetDatum(&batch.last);
	ecp_plan_run(&note_turn, values, batch.found < (uint64) limit ? "   n" : NULL, false, 0);
	return done + batch.done;
}

int64
ecp_retention_due(int limit)
{
	char	   *contacts;
	Turn	   *turns;
	int64		done = 0;
	uint64		count;
	uint64		i;

	turns = read_turns(&count);
	if (count == 0)
		return 0;
	ecp_person_require_read_committed();
	contacts = read_contacts();
	for (i = 0; i < count; i++)
		done += go_on(&turns[i], contacts, limit);
	return done;
}

TimestampTz
ecp_retention_next(void)
{
	return ecp_due_next(&next_turn);
}
