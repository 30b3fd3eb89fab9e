--
-- Keys: the ring, its rotation, and who may do what.
--
\set SHOW_CONTEXT never

-- install() has put one key into the ring and named the installation
SELECT count(*) AS keys, count(*) FILTER (WHERE is_current) AS current FROM ecopanier.key_ring;
SELECT count(*) AS installations FROM ecopanier_private.installation;

-- rotation adds one and makes it current; the older one stays
CREATE TEMP TABLE before AS SELECT * FROM ecopanier.key_ring;
SELECT ecopanier.rotate_key() AS fresh \gset
SELECT :'fresh' ~ '^[0-9a-f]{16}$' AS an_id, is_current,
	NOT EXISTS (SELECT FROM before b WHERE b.id = k.id OR b.public_key = k.public_key) AS new
	FROM ecopanier.key_ring k WHERE id = :'fresh';
SELECT count(*) AS kept, bool_or(k.is_current) AS current
	FROM ecopanier.key_ring k JOIN before b USING (id, public_key, algorithm, created_at);

-- a rotation that is rolled back leaves the ring as it was
BEGIN;
SELECT ecopanier.rotate_key() <> :'fresh' AS another;
ROLLBACK;
SELECT id = :'fresh' AS unchanged FROM ecopanier.key_ring WHERE is_current;

-- the file lists the ring's keys
SELECT count(*) AS in_file FROM ecopanier.key_ring
	WHERE pg_read_file(current_setting('ecopanier.key_file')) ~ ('\n' || id || ' \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [A-Za-z0-9+/]{43}=\n') \gset
SELECT :in_file = count(*) AS all_in_file FROM ecopanier.key_ring;

-- public keys, the current one first, as everybody reads them
SELECT count(*) = (SELECT count(*) FROM ecopanier.key_ring) AS all_listed,
	bool_and(public_key ~ '^[A-Za-z0-9_-]{43}$') AS base64url, array_agg(DISTINCT algorithm) AS algorithms,
	(array_agg(key_id))[1] = :'fresh' AS current_first, count(DISTINCT installation) AS installations
	FROM ecopanier.pickup_public_keys();
SELECT bool_and(decode(translate(p.public_key, '-_', '+/') || '=', 'base64') = k.public_key) AS same_bytes
	FROM ecopanier.pickup_public_keys() p JOIN ecopanier.key_ring k ON k.id = p.key_id;
SET ROLE ecopanier_anon;
SELECT count(*) > 0 AS anon_reads FROM ecopanier.pickup_public_keys() WHERE is_current;
SELECT count(*) > 0 AS anon_reads_table FROM ecopanier.key_ring;
SELECT ecopanier.rotate_key();
UPDATE ecopanier.key_ring SET is_current = false;
SELECT * FROM ecopanier_private.installation;
SHOW ecopanier.key_file;
RESET ROLE;
SET ROLE ecopanier_admin;
SELECT ecopanier.rotate_key();
RESET ROLE;
SET ROLE ecopanier_owner;
SELECT ecopanier.rotate_key();
RESET ROLE;

-- a session points at no other file, and a standby or a reader rotates nothing
SET ecopanier.key_file = '/tmp/mine';
SET ecopanier.jwt_keys_file = '/tmp/mine';
BEGIN READ ONLY;
SELECT ecopanier.rotate_key();
ROLLBACK;

\set VERBOSITY terse
-- the table holds ids and keys of the right form, and one current key
INSERT INTO ecopanier.key_ring (id, public_key, created_at) VALUES ('0123456789ABCDEF', decode(repeat('00', 32), 'hex'), 'epoch');
INSERT INTO ecopanier.key_ring (id, public_key, created_at) VALUES ('0123456789abcdef', '\x00', 'epoch');
INSERT INTO ecopanier.key_ring (id, public_key, created_at, is_current) VALUES ('0123456789abcdef', decode(repeat('00', 32), 'hex'), 'epoch', true);
INSERT INTO ecopanier_private.installation (id) VALUES ('00000000-0000-4000-8000-000000000000');

-- the trigger function is nothing to call
SELECT ecopanier.trg_key_ring_forget();
-- install() again changes neither ring nor installation
CREATE TEMP TABLE ring AS SELECT * FROM ecopanier.key_ring;
SELECT count(*) AS migrations FROM ecopanier.install();
SELECT count(*) AS changed FROM (TABLE ring EXCEPT TABLE ecopanier.key_ring UNION ALL TABLE ecopanier.key_ring EXCEPT TABLE ring) AS difference;
