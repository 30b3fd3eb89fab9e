-- A chain of :events events in a territory of its own, one in ten with a reason: made, linked by turns of the schedule,
-- verified. Prints the seconds of processor time of the backend (user and system) that each took, and what was found.
\set QUIET on
\pset tuples_only on
\pset format unaligned
\pset fieldsep '\t'
CREATE FUNCTION bench.processor() RETURNS numeric LANGUAGE sql VOLATILE AS
$$ SELECT (f[12]::numeric + f[13]::numeric) / 100 FROM (SELECT string_to_array(split_part(pg_read_file('/proc/self/stat'), ') ', 2), ' ') AS f) s $$;
CREATE PROCEDURE bench.link(events int) LANGUAGE plpgsql AS $$
BEGIN
	FOR turn IN 0 .. events / 100000 LOOP
		PERFORM ecopanier.tick();
		COMMIT;
	END LOOP;
END $$;
SELECT bench.processor() AS started \gset
INSERT INTO ecopanier.audit_event (territory_id, action, subject_id, reason, facts)
SELECT 20, 'bench', gen_random_uuid(), CASE WHEN n % 10 = 0 THEN 'a reason of a few words' END, '{"state": ["applied", "verified"]}'
FROM generate_series(1, :events) n;
SELECT bench.processor() AS made \gset
CALL bench.link(:events);
VACUUM ANALYZE ecopanier.audit_event, ecopanier_private.audit_link, ecopanier_private.audit_pending;
SELECT bench.processor() AS linked \gset
SELECT detail FROM ecopanier.verify_audit(20) WHERE finding = 'summary' \gset
SELECT bench.processor() AS verified \gset
SELECT round(:made - :started, 1), round(:linked - :made, 1), round(:verified - :linked, 1), :'detail';
