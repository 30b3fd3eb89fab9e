-- A million rows of reservation, 200 a customer, for row security. The rules of claiming are not what is measured, so
-- rows are written without them, most of a row's columns copied from a claim that was made.
SET client_min_messages = error;
SET synchronous_commit = off;
BEGIN;
ALTER TABLE ecopanier.reservation DISABLE TRIGGER ALL;
CREATE TEMP TABLE one ON COMMIT DROP AS SELECT * FROM ecopanier.reservation LIMIT 1;
CREATE TEMP TABLE customer ON COMMIT DROP AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM ecopanier.member WHERE display_name LIKE 'Customer %';
SELECT format('INSERT INTO ecopanier.reservation SELECT %s FROM one o, generate_series(1, %s) i JOIN customer c ON c.n = 1 + i %% 5000',
	string_agg(CASE attname WHEN 'id' THEN 'ecopanier.new_id(1)' WHEN 'member_id' THEN 'c.id' WHEN 'request_id' THEN 'NULL'
		WHEN 'pool' THEN '''public''' WHEN 'state' THEN '''collected''' ELSE 'o.' || quote_ident(attname) END, ', ' ORDER BY attnum), :rows)
FROM pg_attribute WHERE attrelid = 'ecopanier.reservation'::regclass AND attnum > 0 AND NOT attisdropped \gexec
ALTER TABLE ecopanier.reservation ENABLE TRIGGER ALL;
ALTER TABLE ecopanier.reservation ENABLE ALWAYS TRIGGER reservation_guard;
ALTER TABLE ecopanier.reservation ENABLE ALWAYS TRIGGER reservation_truncate;
COMMIT;
VACUUM ANALYZE ecopanier.reservation;
