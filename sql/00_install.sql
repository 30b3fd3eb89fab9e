--
-- CREATE EXTENSION, install(), and what is said before and after. The other files use what is made here.
--
CREATE EXTENSION ecopanier;
SHOW client_min_messages;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on

-- before install() there are types and functions, no tables, and the API says what to do
SELECT '2026-BEN-A7K2M'::ecopanier.ben_code, ecopanier.version() ~ '^\d+\.\d+\.\d+$' AS version;
SELECT to_regclass('ecopanier.territory'), to_regnamespace('ecopanier_private');
SELECT ecopanier.reserve('00000000-0000-8000-8000-000000000000');
\echo :LAST_ERROR_SQLSTATE
SELECT ecopanier.create_territory('grand-poitiers', 'Grand Poitiers', 'Europe/Paris');
SELECT ecopanier.whoami();

-- a dry run shows the SQL of every migration, makes nothing, and can be run by hand
CREATE TEMP TABLE dry AS SELECT line FROM ecopanier.install(dry_run => true) AS line;
SELECT count(*) > 3 AS some, count(*) FILTER (WHERE line LIKE '%CREATE TABLE ecopanier.reservation %') AS reservation,
	bool_and(line ~ '^(CREATE SCHEMA|-- )') AS headed FROM dry;
SELECT to_regclass('ecopanier.territory'), to_regnamespace('ecopanier_private');

-- only a superuser installs
SET ROLE ecopanier_owner;
SELECT * FROM ecopanier.install();
RESET ROLE;
GRANT EXECUTE ON FUNCTION ecopanier.install(boolean) TO ecopanier_owner;
SET ROLE ecopanier_owner;
SELECT * FROM ecopanier.install();
RESET ROLE;
REVOKE EXECUTE ON FUNCTION ecopanier.install(boolean) FROM ecopanier_owner;
SELECT to_regclass('ecopanier.territory'), to_regnamespace('ecopanier_private');

-- one line a migration, each recorded
CREATE TEMP TABLE done AS SELECT line FROM ecopanier.install() AS line;
SELECT count(*) = (SELECT count(*) - 2 FROM dry) AS as_announced, bool_and(line ~ '^migration \d+ \w+: done$') AS told FROM done;
SELECT count(*) = (SELECT count(*) FROM done) AS recorded, min(number), max(number) = count(*) AS numbered,
	bool_and(checksum ~ '^[0-9a-f]{64}$') AS checksums, bool_and(version = ecopanier.version()) AS version FROM ecopanier.migration;

-- again there is nothing to do, dry or not
SELECT * FROM ecopanier.install();
SELECT * FROM ecopanier.install(dry_run => true);
SELECT ecopanier.whoami() IS NULL AS nobody, to_regclass('ecopanier.territory') AS territory;

-- what install() made is nobody's member: a dump keeps it; all of it belongs to ecopanier_owner
SELECT count(*) FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'ecopanier')
	AND classid = 'pg_class'::regclass AND objid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'S'));
SELECT DISTINCT relowner::regrole FROM pg_class c WHERE relkind IN ('r', 'p', 'v', 'S')
	AND relnamespace IN ('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace);

-- a migration that ran with another text stops install() and is named
BEGIN;
UPDATE ecopanier.migration SET checksum = repeat('0', 64) WHERE number = 1;
DO $$
BEGIN
	PERFORM ecopanier.install();
EXCEPTION WHEN SQLSTATE 'ZE002' THEN
	RAISE NOTICE '%', SQLERRM;
END $$;
ROLLBACK;

-- tables of a newer library are not touched by an older one
BEGIN;
INSERT INTO ecopanier.migration SELECT max(number) + 1, 'later', repeat('0', 64), '9.9.9' FROM ecopanier.migration;
DO $$
BEGIN
	PERFORM ecopanier.install();
EXCEPTION WHEN SQLSTATE 'ZE002' THEN
	RAISE NOTICE '%', regexp_replace(SQLERRM, '\d[\d.]*', 'N', 'g');
END $$;
ROLLBACK;

-- the extension is not dropped under its tables
DO $$
BEGIN
	DROP EXTENSION ecopanier;
EXCEPTION WHEN dependent_objects_still_exist THEN
	RAISE NOTICE '%', SQLERRM;
END $$;

-- uninstall() names what would go; it drops when told the database's name, and install() begins anew
SELECT count(*) FILTER (WHERE line ~ '^table ecopanier\.territory: 0 rows$') AS territory,
	count(*) FILTER (WHERE line LIKE 'nothing was dropped; export first: pg_dump %') AS export FROM ecopanier.uninstall() AS line;
SELECT * FROM ecopanier.uninstall('another');
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT count(*) > 3 AS some FROM ecopanier.uninstall(current_database());
SELECT to_regclass('ecopanier.territory'), to_regnamespace('ecopanier_private');
SELECT count(*) = (SELECT count(*) FROM done) AS again FROM ecopanier.install();
ROLLBACK;
