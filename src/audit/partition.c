/*
 * The monthly partitions of audit_event; see partition.h.
 *
 * They lie in ecopanier_private: who reads does so through audit_event, whose
 * policies hold.  Months are those of UTC.  A partition is made as a table of
 * its own and then attached, so that writers are not stopped; attaching locks
 * the default partition, which is why it is done months ahead, and hardly waits:
 * others would have to wait behind it.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "audit/partition.h"
#include "common/clock.h"
#include "common/owner.h"
#include "common/plan.h"

#define MONTHS_AHEAD 2
#define LOCK_WAIT "500ms"		/* a transaction that has ended for all others may still be giving its locks back */

PG_FUNCTION_INFO_V1(ecp_audit_partitions);

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "could not run \"%s\": %s", sql, SPI_result_code_string(SPI_result));
}

/* The first moment of a month, counted from January of the year 0. */
static char *
month_start(int month)
{
	return psprintf("%04d-%02d-01 00:00:00+00", month / 12, month % 12 + 1);
}

/* Whether the default partition holds events of the month; they stay there. */
static bool
is_in_default(int month)
{
	run(psprintf("SELECT FROM ecopanier_private.audit_event_default WHERE at >= '%s' AND at < '%s' LIMIT 1",
				 month_start(month), month_start(month + 1)));
	return SPI_processed > 0;
}

/* Locks what attaching a partition needs; raises 55P03. */
static void
lock_tables(void)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("lock_timeout", LOCK_WAIT, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	run("LOCK TABLE ONLY ecopanier.audit_event IN SHARE UPDATE EXCLUSIVE MODE");
	run("LOCK TABLE ecopanier_private.audit_event_default IN ACCESS EXCLUSIVE MODE");
	AtEOXact_GUC(true, level);
}

static bool
make_partition(const char *name, int month)
{
	lock_tables();
	if (is_in_default(month))
		return false;
	run(psprintf("CREATE TABLE ecopanier_private.%s "
				 "(LIKE ecopanier.audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)", name));
	run(psprintf("COMMENT ON TABLE ecopanier_private.%s IS 'Events of %04d-%02d, UTC.'", name, month / 12, month % 12 + 1));
	run(psprintf("ALTER TABLE ecopanier_private.%s ENABLE ROW LEVEL SECURITY", name));
	run(psprintf("CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON ecopanier_private.%s "
				 "FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard()", name));
	run(psprintf("ALTER TABLE ecopanier_private.%s ENABLE ALWAYS TRIGGER audit_event_truncate", name));
	run(psprintf("ALTER TABLE ecopanier.audit_event ATTACH PARTITION ecopanier_private.%s FOR VALUES FROM ('%s') TO ('%s')",
				 name, month_start(month), month_start(month + 1)));
	return true;
}

/* The month of the clock, counted from January of the year 0. */
static int
this_month(void)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (timestamp2tm(ecp_clock_now(), NULL, &tm, &fsec, NULL, NULL) != 0)
		elog(ERROR, "the clock is out of range");
	return tm.tm_year * 12 + tm.tm_mon - 1;
}

static char *
partition_name(int month)
{
	return psprintf("audit_event_%04d_%02d", month / 12, month % 12 + 1);
}

/* Whether a month has no partition and can have one. */
static bool
is_missing(int month)
{
	return !OidIsValid(get_relname_relid(partition_name(month), get_namespace_oid("ecopanier_private", false))) && !is_in_default(month);
}

int64
ecp_audit_partitions_due(int limit pg_attribute_unused())
{
	int			first = this_month();
	int64		made = 0;
	int			month;

	for (month = first; month <= first + MONTHS_AHEAD; month++)
		if (is_missing(month))
			made += make_partition(partition_name(month), month);
	return made;
}

TimestampTz
ecp_audit_partitions_next(void)
{
	int			first = this_month();
	int			month;

	for (month = first; month <= first + MONTHS_AHEAD; month++)
		if (is_missing(month))
			return DT_NOBEGIN;
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(month_start(first + 1)),
												   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* SQL: audit_partitions(). */
Datum
ecp_audit_partitions(PG_FUNCTION_ARGS pg_attribute_unused())
{
	EcpOwner	saved;
	int64		made;

	ecp_plan_begin(&saved);
	made = ecp_audit_partitions_due(0);
	ecp_plan_end(&saved);
	PG_RETURN_INT64(made);
}
