-- CREATE EXTENSION keeps notices of its script quiet; this one is meant to be read.
DO $notice$
BEGIN
	PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
	RAISE NOTICE 'ecopanier: run SELECT ecopanier.install(); to make the tables';
	PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
END
$notice$;
