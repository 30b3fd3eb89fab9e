CREATE FUNCTION ecopanier.install(dry_run boolean DEFAULT false)
RETURNS SETOF text
LANGUAGE c VOLATILE STRICT
AS 'MODULE_PATHNAME', 'ecp_install';
COMMENT ON FUNCTION ecopanier.install(boolean) IS
'Makes or upgrades the tables, triggers, policies and views: runs each migration that has not run, in order.
dry_run: return the SQL that would run instead of running it.
Returns one line for each migration run, none when everything is in place.
Errors: 42501 not a superuser; ZE002 the extension is older than the library (run ALTER EXTENSION ecopanier UPDATE);
ZE002 a migration that ran differs from the library''s, which it names.';
REVOKE ALL ON FUNCTION ecopanier.install(boolean) FROM PUBLIC;

CREATE FUNCTION ecopanier.uninstall(confirm text DEFAULT NULL)
RETURNS SETOF text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_uninstall';
COMMENT ON FUNCTION ecopanier.uninstall(text) IS
'Drops all that install() made, data included.
confirm: the name of this database; without it nothing is dropped.
Returns what would go or went, one line a relation with its rows, and how to export first.
Errors: 42501 not a superuser; 22023 confirm is another name.';
REVOKE ALL ON FUNCTION ecopanier.uninstall(text) FROM PUBLIC;
