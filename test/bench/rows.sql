-- A million rows of reservation, 200 a customer, for row security. The rules of claiming are not what is measured, so
-- rows are written without them; two thirds of a row's columns are copied from a claim that was made.
SET client_min_messages = error;
SET synchronous_commit = off;
BEGIN;
ALTER TABLE ecopanier.reservation DISABLE TRIGGER ALL;
CREATE TEMP TABLE one ON COMMIT DROP AS SELECT * FROM ecopanier.reservation LIMIT 1;
CREATE TEMP TABLE customer ON COMMIT DROP AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM ecopanier.member WHERE display_name LIKE 'Customer %';
INSERT INTO ecopanier.reservation
SELECT (jsonb_populate_record(o, jsonb_build_object('id', ecopanier.new_id(1), 'member_id', c.id, 'request_id', NULL, 'pool', 'public', 'state', 'collected'))).*
FROM one o, generate_series(1, :rows) i JOIN customer c ON c.n = 1 + i % 5000;
ALTER TABLE ecopanier.reservation ENABLE TRIGGER ALL;
ALTER TABLE ecopanier.reservation ENABLE ALWAYS TRIGGER reservation_guard;
ALTER TABLE ecopanier.reservation ENABLE ALWAYS TRIGGER reservation_truncate;
COMMIT;
VACUUM ANALYZE ecopanier.reservation;
