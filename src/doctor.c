/*
 * doctor(): is this installation sound, and if not, what to do.
 *
 * It runs before install() too, and says so; every line is a fact looked up
 * now, none is remembered.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/resowner.h"

#include "background/status.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/keys.h"

PG_FUNCTION_INFO_V1(ecp_doctor);

typedef enum Finding
{
	FINDING_OK,
	FINDING_WARNING,
	FINDING_ERROR
} Finding;

static EcpPlan extension_version =
ECP_PLAN("SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'ecopanier'");

static EcpPlan migrations_run =
ECP_PLAN("SELECT number, checksum FROM ecopanier.migration ORDER BY number");

static EcpPlan wrong_owners =
ECP_PLAN("SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid::regclass::text) FROM pg_catalog.pg_class c "
		 "WHERE c.relnamespace IN ('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace) AND c.relkind IN ('r', 'p', 'v') "
		 "AND c.relowner <> 'ecopanier_owner'::regrole");

static EcpPlan disabled_triggers =
ECP_PLAN("SELECT string_agg(t.tgname, ', ' ORDER BY t.tgname) FROM pg_catalog.pg_trigger t "
		 "JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid "
		 "WHERE c.relnamespace IN ('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace) AND t.tgenabled IN ('D', 'R')");

static EcpPlan open_tables =
ECP_PLAN("SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid::regclass::text) FROM pg_catalog.pg_class c "
		 "WHERE c.relnamespace IN ('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace) AND c.relkind IN ('r', 'p') "
		 "AND NOT c.relrowsecurity");

static EcpPlan lost_keys =
ECP_PLAN("SELECT id FROM ecopanier.key_ring ORDER BY created_at");

static EcpPlan lost_time_zones =
ECP_PLAN("SELECT string_agg(t.time_zone, ', ') FROM ecopanier.territory t "
		 "WHERE t.time_zone NOT IN (SELECT name FROM pg_catalog.pg_timezone_names)");

static EcpPlan inheriting_authenticators =
ECP_PLAN("SELECT string_agg(r.rolname, ', ') FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member "
		 "WHERE m.roleid = 'ecopanier_authenticator'::regrole AND (r.rolinherit OR r.rolsuper)");

static EcpPlan unregistered_data =
ECP_PLAN("SELECT string_agg(missing, ', ' ORDER BY missing) FROM ecopanier_private.personal_gap");

static void
add(ReturnSetInfo *result, const char *item, Finding finding, const char *detail, const char *remedy)
{
	static const char *const words[] = {"ok", "warning", "error"};
	Datum		values[4] = {CStringGetTextDatum(item), CStringGetTextDatum(words[finding]),
	CStringGetTextDatum(detail), CStringGetTextDatum(finding == FINDING_OK ? "" : remedy)};
	bool		nulls[4] = {false, false, false, finding == FINDING_OK};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* One line from a query that lists what is wrong, null where nothing is. */
static void
add_list(ReturnSetInfo *result, const char *item, EcpPlan *plan, Finding finding, const char *fine, const char *remedy)
{
	char	   *wrong;

	ecp_plan_run(plan, NULL, NULL, true, 1);
	wrong = ecp_plan_text(0, 1);
	add(result, item, wrong ? finding : FINDING_OK, wrong ? wrong : fine, remedy);
}

static void
check_version(ReturnSetInfo *result)
{
	char	   *version;

	ecp_plan_run(&extension_version, NULL, NULL, true, 1);
	version = ecp_plan_text(0, 1);
	add(result, "library", strcmp(version, ecp_library_version) == 0 ? FINDING_OK : FINDING_ERROR,
		psprintf("library %s, extension %s", ecp_library_version, version),
		"Run ALTER EXTENSION ecopanier UPDATE; and reconnect.");
}

static void
check_migrations(ReturnSetInfo *result)
{
	uint64		row;
	uint64		same = 0;

	ecp_plan_run(&migrations_run, NULL, NULL, true, 0);
	for (row = 0; row < SPI_processed; row++)
	{
		int			number = DatumGetInt32(ecp_plan_known(row, 1));

		if (number >= 1 && number <= ecp_migration_count &&
			strcmp(ecp_plan_text(row, 2), ecp_migration_checksum(&ecp_migrations[number - 1])) == 0)
			same++;
	}
	add(result, "migrations", same == (uint64) ecp_migration_count && same == SPI_processed ? FINDING_OK : FINDING_ERROR,
		psprintf("%d in the library, " UINT64_FORMAT " have run, " UINT64_FORMAT " of them with the same text",
				 ecp_migration_count, SPI_processed, same),
		"Run SELECT ecopanier.install();, or install the library of the release that ran them.");
}

/*
 * How many of the ids the key file lacks; -1 with the complaint where the file
 * cannot be used at all.
 */
static int
count_lost_keys(char **ids, uint64 count, char **complaint)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int lost = 0;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		uint64		i;

		for (i = 0; i < count; i++)
			lost += !ecp_key_is_in_file(ids[i]);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		*complaint = error->message;
		lost = -1;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return lost;
}

static void
check_keys(ReturnSetInfo *result)
{
	uint64		row;
	uint64		rows;
	char	  **ids;
	char	   *complaint = NULL;
	int			lost;

	ecp_plan_run(&lost_keys, NULL, NULL, true, 0);
	rows = SPI_processed;
	ids = palloc(Max(rows, 1) * sizeof(char *));
	for (row = 0; row < rows; row++)
		ids[row] = ecp_plan_text(row, 1);
	lost = count_lost_keys(ids, rows, &complaint);
	add(result, "keys", rows > 0 && lost == 0 ? FINDING_OK : FINDING_ERROR,
		complaint ? complaint :
		psprintf(UINT64_FORMAT " in the key ring, %d of them missing in the key file", rows, lost),
		"Restore the key file from its backup, mode 0600; doc/operations.md, Keys.");
}

/* A default that lies in the data directory goes along with a stolen base backup. */
static void
check_key_file_place(ReturnSetInfo *result)
{
	const char *file = GetConfigOption("ecopanier.key_file", true, false);
	bool		inside = file == NULL || file[0] != '/' || strncmp(file, DataDir, strlen(DataDir)) == 0;

	add(result, "key file", inside ? FINDING_WARNING : FINDING_OK, file ? file : "",
		"It lies in the data directory, so a base backup holds it: set ecopanier.key_file to a place elsewhere.");
}

static void
check_setting(ReturnSetInfo *result, const char *item, const char *name, const char *good, const char *remedy)
{
	const char *value = GetConfigOption(name, true, false);

	add(result, item, value && strcmp(value, good) == 0 ? FINDING_OK : FINDING_WARNING,
		psprintf("%s is %s", name, value ? value : "not set"), remedy);
}

static void
check_preload(ReturnSetInfo *result)
{
	const char *shared = GetConfigOption("shared_preload_libraries", true, false);
	const char *session = GetConfigOption("session_preload_libraries", true, false);
	bool		preloaded = (shared && strstr(shared, "ecopanier")) || (session && strstr(session, "ecopanier"));

	add(result, "preload", preloaded ? FINDING_OK : FINDING_WARNING,
		preloaded ? "the library is preloaded" : "the library is loaded at the first call",
		"Put ecopanier into shared_preload_libraries: connections start faster.");
}

static void
check_worker(ReturnSetInfo *result)
{
	bool		good;
	char	   *found = ecp_worker_describe(&good);

	add(result, "worker", good ? FINDING_OK : FINDING_WARNING, found,
		"doc/operations.md, The worker; without one, run SELECT ecopanier.tick() every minute: messages are then not sent.");
}

static void
check_clock(ReturnSetInfo *result)
{
	const char *clock = GetConfigOption("ecopanier.clock", true, false);
	bool		set = clock && clock[0] != '\0';

	add(result, "clock", set ? FINDING_WARNING : FINDING_OK, set ? clock : "the statement's time",
		"ecopanier.clock is for tests: RESET it in this session, role, database or configuration.");
}

static void
check_tables(ReturnSetInfo *result)
{
	check_migrations(result);
	check_keys(result);
	add_list(result, "owners", &wrong_owners, FINDING_ERROR, "all tables belong to ecopanier_owner",
			 "ALTER TABLE ... OWNER TO ecopanier_owner: another owner changes what row security means.");
	add_list(result, "triggers", &disabled_triggers, FINDING_ERROR, "all triggers are enabled",
			 "ALTER TABLE ... ENABLE TRIGGER: the rules are in them.");
	add_list(result, "row security", &open_tables, FINDING_ERROR, "on for all tables",
			 "ALTER TABLE ... ENABLE ROW LEVEL SECURITY.");
	add_list(result, "personal data", &unregistered_data, FINDING_ERROR, "every column that leads to a person is in the register",
			 "Add a line to ecopanier_private.personal_data, so that it is exported and erased.");
	add_list(result, "time zones", &lost_time_zones, FINDING_ERROR, "all known to the server",
			 "Install the server's time zone data.");
}

Datum
ecp_doctor(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;

	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	check_version(result);
	if (ecp_is_installed())
		check_tables(result);
	else
		add(result, "migrations", FINDING_ERROR, "install() has not run in this database", "Run SELECT ecopanier.install();");
	add_list(result, "authenticators", &inheriting_authenticators, FINDING_WARNING, "all are NOINHERIT and no superusers",
			 "ALTER ROLE ... NOINHERIT: an API server's login has no rights before it switches role.");
	check_key_file_place(result);
	check_preload(result);
	check_worker(result);
	check_setting(result, "log of parameters", "log_parameter_max_length_on_error", "0",
				  "Set it to 0: parameters hold PINs and tokens.");
	check_setting(result, "log of statements", "log_parameter_max_length", "0",
				  "Set it to 0: parameters of logged statements hold PINs and tokens.");
	check_clock(result);
	ecp_plan_end(&saved);
	return (Datum) 0;
}
