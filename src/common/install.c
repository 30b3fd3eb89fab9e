/*
 * install() and uninstall(): the tables.
 *
 * The extension owns code only.  What holds data (tables, triggers, policies,
 * views) is made here, by numbered migrations compiled into the library, as
 * ordinary objects of ecopanier_owner: so that pg_dump keeps their rows, a
 * restore makes their triggers after the rows, and a replica or a distributed
 * engine treats them like any other table.
 *
 * The bootstrap makes the private schema and the table of migrations; it runs
 * as the superuser, because a schema owned by a role that the extension makes
 * cannot be restored.  Each migration then runs as ecopanier_owner and is
 * recorded with the SHA-256 of its text.  All of it is one transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"

PG_FUNCTION_INFO_V1(ecp_install);
PG_FUNCTION_INFO_V1(ecp_uninstall);
PG_FUNCTION_INFO_V1(ecp_version);

static const char bootstrap_sql[] =
"CREATE SCHEMA ecopanier_private;\n"
"COMMENT ON SCHEMA ecopanier_private IS 'What only the rules of ecopanier read and write.';\n"
"GRANT USAGE, CREATE ON SCHEMA ecopanier_private TO ecopanier_owner;\n"
"CREATE TABLE ecopanier.migration (\n"
"\tnumber int PRIMARY KEY,\n"
"\tname text NOT NULL,\n"
"\tchecksum text NOT NULL,\n"
"\tversion text NOT NULL,\n"
"\tapplied_at timestamptz NOT NULL DEFAULT pg_catalog.now()\n"
");\n"
"ALTER TABLE ecopanier.migration OWNER TO ecopanier_owner;\n"
"ALTER TABLE ecopanier.migration ENABLE ROW LEVEL SECURITY;\n"
"COMMENT ON TABLE ecopanier.migration IS 'The migrations that install() has run in this database.';\n"
"COMMENT ON COLUMN ecopanier.migration.number IS 'Order of the migration, from 1.';\n"
"COMMENT ON COLUMN ecopanier.migration.name IS 'What the migration makes.';\n"
"COMMENT ON COLUMN ecopanier.migration.checksum IS 'SHA-256 of its text, hexadecimal.';\n"
"COMMENT ON COLUMN ecopanier.migration.version IS 'Release of the library that ran it.';\n"
"COMMENT ON COLUMN ecopanier.migration.applied_at IS 'When it ran.';\n";

static EcpPlan recorded =
ECP_PLAN("SELECT number, checksum FROM ecopanier.migration ORDER BY number");

static EcpPlan newest =
ECP_PLAN("SELECT coalesce(max(number), 0) FROM ecopanier.migration");

static EcpPlan record =
ECP_PLAN("INSERT INTO ecopanier.migration (number, name, checksum, version) VALUES ($1, $2, $3, $4)",
		 INT4OID, TEXTOID, TEXTOID, TEXTOID);

static void (*last_step) (void) = NULL;
static bool installing = false; /* the migrations run now */
static bool by_hand = false;	/* a superuser runs what install(dry_run => true) printed */
static bool ready = false;		/* ecp_require_installed() has passed */
static Oid	migration_relation = InvalidOid;

/* The table of migrations changed its shape or went: check again. */
static void
forget_ready(Datum arg pg_attribute_unused(), Oid relation)
{
	if (relation == InvalidOid || relation == migration_relation)
		ready = false;
}

static Oid
find_migration_relation(void)
{
	Oid			schema = get_namespace_oid("ecopanier", true);

	return OidIsValid(schema) ? get_relname_relid("migration", schema) : InvalidOid;
}

void
ecp_install_init(void)
{
	DefineCustomBoolVariable("ecopanier.migrating",
							 "Set by the script of install(dry_run => true): the triggers see a bulk load, though tables are still missing.",
							 NULL, &by_hand, false, PGC_SUSET,
							 GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
}

void
ecp_install_then(void (*step) (void))
{
	last_step = step;
}

bool
ecp_is_installing(void)
{
	return installing || (by_hand && superuser_arg(GetSessionUserId()));
}

bool
ecp_is_installed(void)
{
	return OidIsValid(find_migration_relation());
}

static int
newest_migration(void)
{
	EcpOwner	saved;
	int			number;

	ecp_plan_begin(&saved);
	ecp_plan_run(&newest, NULL, NULL, true, 1);
	number = DatumGetInt32(ecp_plan_known(0, 1));
	ecp_plan_end(&saved);
	return number;
}

/* Finds the table of migrations, so that the answer to a look at it may be kept; false where there is none. */
static bool
watch_migrations(void)
{
	static bool registered = false;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(forget_ready, (Datum) 0);
		registered = true;
	}
	migration_relation = find_migration_relation();
	return OidIsValid(migration_relation);
}

bool
ecp_is_ready(void)
{
	if (unlikely(!ready) && watch_migrations())
		ready = newest_migration() == ecp_migration_count;
	return ready;
}

static void
check_installed(void)
{
	int			number;

	if (!watch_migrations())
		ereport(ERROR,
				(errcode(ECP_ERR_NOT_INSTALLED),
				 errmsg("ecopanier has no tables in this database"),
				 errhint("Run SELECT ecopanier.install(); as a superuser.")));
	number = newest_migration();
	if (number < ecp_migration_count)
		ereport(ERROR,
				(errcode(ECP_ERR_OUTDATED),
				 errmsg("the tables of ecopanier are older than its library"),
				 errdetail("Migration %d of %d has run.", number, ecp_migration_count),
				 errhint("Run ALTER EXTENSION ecopanier UPDATE; SELECT ecopanier.install(); as a superuser.")));
	if (number > ecp_migration_count)
		ereport(ERROR,
				(errcode(ECP_ERR_OUTDATED),
				 errmsg("the library of ecopanier is older than its tables"),
				 errdetail("Migration %d has run, the library knows %d.", number, ecp_migration_count),
				 errhint("Install the newer library, then reconnect.")));
	ready = true;
}

void
ecp_require_installed(void)
{
	if (unlikely(!ready))
		check_installed();
}

char *
ecp_migration_checksum(const EcpMigration *migration)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *text = palloc(2 * sizeof(digest) + 1);
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) migration->sql, strlen(migration->sql)) < 0 ||
		pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute a checksum: %s", pg_cryptohash_error(hash));
	pg_cryptohash_free(hash);
	text[hex_encode((const char *) digest, sizeof(digest), text)] = '\0';
	return text;
}

/* The extension's SQL must be of the library's release before tables use it. */
static void
require_same_version(Oid extension)
{
	static EcpPlan installed_version =
	ECP_PLAN("SELECT extversion FROM pg_catalog.pg_extension WHERE oid = $1",
			 OIDOID);
	Datum		value = ObjectIdGetDatum(extension);
	char	   *version;

	ecp_plan_run(&installed_version, &value, NULL, false, 1);
	version = ecp_plan_text(0, 1);
	if (strcmp(version, ecp_library_version) != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_OUTDATED),
				 errmsg("the extension is of release %s, its library of release %s", version, ecp_library_version),
				 errhint("Run ALTER EXTENSION ecopanier UPDATE; first, and reconnect.")));
}

/* Runs SQL of ours; its notices stay quiet, its errors do not. */
static void
run_script(const char *sql, const char *what)
{
	int			result = SPI_execute(sql, false, 0);

	if (result < 0)
		elog(ERROR, "could not run %s: %s", what, SPI_result_code_string(result));
}

/* How many migrations have run; raises where one of them is not the library's. */
static int
check_recorded(void)
{
	uint64		row;

	ecp_plan_run(&recorded, NULL, NULL, false, 0);
	for (row = 0; row < SPI_processed; row++)
	{
		int			number = DatumGetInt32(ecp_plan_known(row, 1));
		char	   *checksum = ecp_plan_text(row, 2);
		const EcpMigration *migration;

		if (number != (int) row + 1 || number > ecp_migration_count)
			ereport(ERROR,
					(errcode(ECP_ERR_OUTDATED),
					 errmsg("migration %d has run but is not known to library %s", number, ecp_library_version),
					 errhint("Install the library of the release that ran it.")));
		migration = &ecp_migrations[number - 1];
		if (strcmp(checksum, ecp_migration_checksum(migration)) != 0)
			ereport(ERROR,
					(errcode(ECP_ERR_OUTDATED),
					 errmsg("migration %d \"%s\" has run with another text", number, migration->name),
					 errdetail("Recorded checksum %s, the library's is %s.", checksum, ecp_migration_checksum(migration)),
					 errhint("Install the library of the release that ran it, or restore the tables from a dump.")));
	}
	return (int) SPI_processed;
}

static void
add_line(ReturnSetInfo *result, char *line)
{
	Datum		value = CStringGetTextDatum(line);
	bool		isnull = false;

	tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
}

/* What psql runs to the same effect as run_migration(). */
static char *
migration_script(const EcpMigration *migration)
{
	return psprintf("-- migration %d %s\n"
					"SET ecopanier.migrating = on;\n"
					"SET ROLE ecopanier_owner;\n"
					"SET search_path = pg_catalog, ecopanier;\n"
					"%s"
					"INSERT INTO ecopanier.migration (number, name, checksum, version) VALUES (%d, '%s', '%s', '%s');\n"
					"RESET search_path;\n"
					"RESET ROLE;\n"
					"RESET ecopanier.migrating;\n",
					migration->number, migration->name, migration->sql,
					migration->number, migration->name, ecp_migration_checksum(migration), ecp_library_version);
}

/* Runs a migration as the owner; its triggers see a bulk load, though tables are still missing. */
static void
run_migration(const EcpMigration *migration)
{
	EcpOwner	saved;
	Datum		values[4];

	ecp_owner_enter(&saved);
	PG_TRY();
	{
		installing = true;
		run_script(migration->sql, migration->name);
	}
	PG_FINALLY();
	{
		installing = false;
	}
	PG_END_TRY();
	values[0] = Int32GetDatum(migration->number);
	values[1] = CStringGetTextDatum(migration->name);
	values[2] = CStringGetTextDatum(ecp_migration_checksum(migration));
	values[3] = CStringGetTextDatum(ecp_library_version);
	ecp_plan_run(&record, values, NULL, false, 0);
	ecp_owner_leave(&saved);
	CommandCounterIncrement();
}

static void
run_pending(bool dry_run, ReturnSetInfo *result)
{
	bool		installed = ecp_is_installed();
	int			done = 0;
	int			i;

	if (installed)
		done = check_recorded();
	else if (dry_run)
		add_line(result, pstrdup(bootstrap_sql));
	else
		run_script(bootstrap_sql, "bootstrap");

	for (i = done; i < ecp_migration_count; i++)
	{
		const EcpMigration *migration = &ecp_migrations[i];

		if (dry_run)
			add_line(result, migration_script(migration));
		else
		{
			run_migration(migration);
			add_line(result, psprintf("migration %d %s: done", migration->number, migration->name));
		}
	}
	if (!dry_run && last_step)
		last_step();
	else if (dry_run && done < ecp_migration_count)
		add_line(result, pstrdup("-- names this database and enters its first key\nSELECT ecopanier.install();"));
}

Datum
ecp_install(PG_FUNCTION_ARGS)
{
	bool		dry_run = PG_GETARG_BOOL(0);
	Oid			extension = get_extension_oid("ecopanier", false);

	ecp_require_superuser("install()");
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	SPI_connect();
	if (!dry_run)
		LockDatabaseObject(ExtensionRelationId, extension, 0, ShareUpdateExclusiveLock);
	require_same_version(extension);
	run_pending(dry_run, (ReturnSetInfo *) fcinfo->resultinfo);
	SPI_finish();
	return (Datum) 0;
}

/* One line for each relation that goes, with its rows. */
static void
list_relations(ReturnSetInfo *result)
{
	uint64		row;
	SPITupleTable *relations;

	run_script("SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind "
			   "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			   "WHERE n.nspname IN ('ecopanier', 'ecopanier_private') AND c.relkind IN ('r', 'p', 'v', 'm') "
			   "AND c.relowner = 'ecopanier_owner'::pg_catalog.regrole ORDER BY 2 DESC, 1", "the list of relations");
	relations = SPI_tuptable;
	for (row = 0; row < relations->numvals; row++)
	{
		char	   *name = SPI_getvalue(relations->vals[row], relations->tupdesc, 1);
		char	   *kind = SPI_getvalue(relations->vals[row], relations->tupdesc, 2);

		if (kind[0] == 'v')
			add_line(result, psprintf("view %s", name));
		else
		{
			run_script(psprintf("SELECT pg_catalog.count(*) FROM %s", name), "a count");
			add_line(result, psprintf("table %s: %s rows", name, ecp_plan_text(0, 1)));
		}
	}
}

/* Drops our relations of the public schema, then the private schema; what goes along is no news. */
static void
drop_relations(void)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	run_script("DO $uninstall$\n"
			   "DECLARE relation pg_catalog.text;\n"
			   "BEGIN\n"
			   "FOR relation IN SELECT pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',\n"
			   "  CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, n.nspname, c.relname)\n"
			   " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
			   " WHERE n.nspname = 'ecopanier' AND c.relkind IN ('r', 'p', 'v')\n"
			   " AND c.relowner = 'ecopanier_owner'::pg_catalog.regrole ORDER BY c.relkind DESC\n"
			   "LOOP EXECUTE relation; END LOOP;\n"
			   "END $uninstall$;\n"
			   "DROP SCHEMA ecopanier_private CASCADE", "uninstall");
	AtEOXact_GUC(true, level);
}

Datum
ecp_uninstall(PG_FUNCTION_ARGS)
{
	char	   *database = get_database_name(MyDatabaseId);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	ecp_require_superuser("uninstall()");
	if (!PG_ARGISNULL(0) && strcmp(text_to_cstring(PG_GETARG_TEXT_PP(0)), database) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("uninstall() needs the name of this database as confirmation"),
				 errhint("To drop all data of ecopanier: SELECT ecopanier.uninstall(pg_catalog.current_database());")));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!ecp_is_installed())
		return (Datum) 0;
	SPI_connect();
	list_relations(result);
	if (PG_ARGISNULL(0))
	{
		add_line(result, psprintf("nothing was dropped; export first: pg_dump -Fc -n ecopanier -n ecopanier_private -e ecopanier -f ecopanier.dump %s",
								  quote_identifier(database)));
		add_line(result, pstrdup("then drop: SELECT ecopanier.uninstall(pg_catalog.current_database());"));
	}
	else
		drop_relations();
	SPI_finish();
	return (Datum) 0;
}

Datum
ecp_version(PG_FUNCTION_ARGS pg_attribute_unused())
{
	PG_RETURN_TEXT_P(cstring_to_text(ecp_library_version));
}
