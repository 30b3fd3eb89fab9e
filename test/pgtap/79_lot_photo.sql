-- Photos of lots: cleaned, numbered, of drafts alone, read by who may read the lot, taken along from a proposal.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE TABLE fixture.file (name text PRIMARY KEY, bytes bytea);
GRANT SELECT ON fixture.file TO PUBLIC;
\set file `base64 -w0 test/lib/data/img/carottes_exif_gps.jpg`
INSERT INTO fixture.file VALUES ('gps', decode(:'file', 'base64'));
\set file `base64 -w0 test/lib/data/img/tomates.png`
INSERT INTO fixture.file VALUES ('png', decode(:'file', 'base64'));
\set file `base64 -w0 test/lib/data/img/bananes.webp`
INSERT INTO fixture.file VALUES ('webp', decode(:'file', 'base64'));
\set file `base64 -w0 test/lib/data/img/lait_tronque.jpg`
INSERT INTO fixture.file VALUES ('cut', decode(:'file', 'base64'));
\set file `base64 -w0 test/lib/data/img/bananes.jpg`
INSERT INTO fixture.file VALUES ('seventh', decode(:'file', 'base64')), ('empty', ''), ('large', decode(repeat('ff', 7340033), 'hex')),
	('pixel', '\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082');
CREATE FUNCTION fixture.file(which text) RETURNS bytea STABLE LANGUAGE sql AS $$ SELECT bytes FROM fixture.file WHERE name = which $$;
CREATE TABLE fixture.draft (name text PRIMARY KEY, id uuid);
GRANT SELECT ON fixture.draft TO PUBLIC;
CREATE FUNCTION fixture.draft(which text) RETURNS uuid STABLE LANGUAGE sql AS $$ SELECT id FROM fixture.draft WHERE name = which $$;
CREATE FUNCTION fixture.make(which text, shop text, territory int DEFAULT 1) RETURNS void LANGUAGE sql AS
$$ WITH l AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, original_price_cents, price_cents)
	VALUES (territory, fixture.organisation(shop, territory), 'Pain', 1, 1000, 400) RETURNING id) INSERT INTO fixture.draft SELECT which, id FROM l $$;
SELECT fixture.make('bread', 'Boulangerie'), fixture.make('empty', 'Boulangerie'), fixture.make('other', 'CCAS'), fixture.make('elsewhere', 'Boulangerie', 2) \g /dev/null
INSERT INTO fixture.draft VALUES ('sold', fixture.lot(2, 0));
CREATE FUNCTION fixture.add(name text, role text, lot text, file text, keep boolean DEFAULT true) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, role, format('SELECT ecopanier.add_lot_photo(fixture.draft(%L), fixture.file(%L))', lot, file), keep => keep) $$;

\echo '# added to a draft'
SELECT is(fixture.add('Mona', 'merchant', lot, file), expected, concat_ws(' ', lot, file)) FROM (VALUES
	('bread', 'gps', '1'), ('bread', 'png', '2'), ('bread', 'webp', '3'), ('bread', 'gps', '1'), ('bread', 'cut', 'ZE126'), ('bread', 'empty', 'ZE126'), ('bread', 'large', 'ZE126'),
	('bread', 'none', '22004'), ('other', 'gps', 'ZE101'), ('elsewhere', 'gps', 'ZE101'), ('unknown', 'gps', 'ZE101'), ('sold', 'gps', 'ZE111')) v (lot, file, expected);
SELECT is(fixture.add(name, role, 'bread', 'pixel', false), expected, format('by %s', name)) FROM (VALUES ('Mona', 'merchant', '4'), ('Sami', 'merchant', '42501'), 
	('Alice', 'association', 'ZE101'), ('Camille', 'customer', '42501'), ('Adele', 'administrator', '42501')) v (name, role, expected);
SELECT results_eq('SELECT concat_ws('' '', number, media_type, width, height, orientation, sha256 = sha256(bytes)) FROM ecopanier.lot_photo ORDER BY number',
	ARRAY['1 image/jpeg 348 348 6 t', '2 image/png 240 240 1 t', '3 image/webp 348 348 1 t'], 'each by what its bytes are; a retry adds none');
SELECT is(count(*), 0::bigint, 'nothing of where and by what they were taken') FROM ecopanier.lot_photo
WHERE encode(bytes, 'escape') ~ 'Exif|EcoPanierTest|2026:11:21|GPS|http' OR encode(bytes, 'hex') ~ '3000000001000000330000000100000060090000';
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM (VALUES
	($$INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) VALUES (1, fixture.draft('empty'), fixture.file('cut'))$$, 'ZE126'),
	($$SET LOCAL session_replication_role = replica; INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) VALUES (1, fixture.draft('empty'), fixture.file('cut'));$$, 'ZE126'),
	($$INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) VALUES (1, ecopanier.new_id(1), fixture.file('gps'))$$, 'ZE101'),
	($$INSERT INTO ecopanier.lot_photo (territory_id, lot_id, number, bytes) VALUES (1, fixture.draft('empty'), 7, fixture.file('gps'))$$, '23514'),
	($$INSERT INTO ecopanier.lot_photo (territory_id, lot_id, number, bytes) VALUES (1, fixture.draft('empty'), 0, fixture.file('gps'))$$, '23514'),
	($$INSERT INTO ecopanier.lot_photo (territory_id, lot_id, number, bytes) VALUES (1, fixture.draft('empty'), 6, fixture.file('gps'))$$, NULL),
	($$UPDATE ecopanier.lot_photo SET orientation = 2$$, 'ZE111'), ($$TRUNCATE ecopanier.lot_photo$$, 'ZE111')) v (statement, expected);
SELECT is(fixture.try('Mona', 'merchant', statement), '42501', statement) FROM unnest(ARRAY[
	$$INSERT INTO ecopanier.lot_photo (lot_id, bytes) VALUES (fixture.draft('bread'), fixture.file('pixel'))$$, 'UPDATE ecopanier.lot_photo SET number = 4', 'DELETE FROM ecopanier.lot_photo']) statement;
SELECT is((fixture.attempt('postgres', NULL, NULL, $$INSERT INTO ecopanier.lot_photo (territory_id, lot_id, number, bytes, orientation)
	SELECT 1, fixture.draft('empty'), n, set_byte(fixture.file('pixel'), 0, 137), 1 FROM generate_series(1, 2) n$$)).state, '23505', 'the same picture stands once in a lot');

\echo '# removed from a draft'
SELECT is(fixture.try(name, role, format('SELECT ecopanier.remove_lot_photo(fixture.draft(%L), %s)', lot, number), keep => true), expected, concat_ws(' ', name, lot, number)) FROM (VALUES
	('Sami', 'merchant', 'bread', '2', '42501'), ('Alice', 'association', 'bread', '2', 'ZE101'), ('Mona', 'merchant', 'unknown', '2', 'ZE101'), ('Mona', 'merchant', 'bread', 'NULL', '22004'),
	('Mona', 'merchant', 'bread', '0', 'false'), ('Mona', 'merchant', 'bread', '7', 'false'), ('Mona', 'merchant', 'bread', '2', 'true'), ('Mona', 'merchant', 'bread', '2', 'false')) v (name, role, lot, number, expected);
SELECT is(fixture.add('Mona', 'merchant', 'bread', 'pixel'), '2', 'the number that is free is given again');
INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) SELECT 1, fixture.draft('empty'), fixture.file(f) FROM unnest(ARRAY['gps', 'png', 'webp', 'pixel']) f;

\echo '# up to six'
-- Two rows of bytes that nobody looks at fill the numbers up.
DELETE FROM ecopanier.lot_photo WHERE lot_id = fixture.draft('empty') AND number = 1;
ALTER TABLE ecopanier.lot_photo DISABLE TRIGGER lot_photo_guard;
INSERT INTO ecopanier.lot_photo (territory_id, lot_id, number, organisation_id, media_type, width, height, sha256, bytes)
SELECT 1, fixture.draft('empty'), n, fixture.organisation('Boulangerie'), 'image/png', 1, 1, sha256(n::text::bytea), '\x00' FROM unnest('{1,5}'::int[]) n;
ALTER TABLE ecopanier.lot_photo ENABLE ALWAYS TRIGGER lot_photo_guard;
SELECT is(fixture.add('Mona', 'merchant', 'empty', 'gps'), '6', 'a sixth');
DELETE FROM ecopanier.lot_photo WHERE lot_id = fixture.draft('empty') AND number = 4;
SELECT is(fixture.add('Mona', 'merchant', 'empty', 'pixel'), '4', 'the lowest number that is free');
SELECT is(fixture.add('Mona', 'merchant', 'empty', 'seventh'), '23514', 'a seventh is one too many');
SELECT is(fixture.add('Mona', 'merchant', 'empty', 'png'), '2', 'one that is there keeps its number');

\echo '# read by who may read the lot'
CREATE FUNCTION fixture.look(name text, role text, lot text, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, role, format('SELECT string_agg(number || '' '' || media_type, '', '' ORDER BY number) FROM ecopanier.lot_photos(fixture.draft(%L))', lot), territory)
	|| ' ' || fixture.try(name, role, format('SELECT sha256(ecopanier.lot_photo(fixture.draft(%L)))::text = (''\x'' || encode(sha256, ''hex'')) FROM fixture.one WHERE lot_id = fixture.draft(%1$L)', lot), territory) $$;
CREATE VIEW fixture.one AS SELECT lot_id, sha256 FROM ecopanier.lot_photo WHERE number = 1;
GRANT SELECT ON fixture.one TO PUBLIC;
CREATE TABLE fixture.reader (name text, role text, territory int, drafts boolean, published boolean);
INSERT INTO fixture.reader VALUES ('Mona', 'merchant', 1, true, true), ('Sami', 'merchant', 1, true, true), ('Adele', 'administrator', 1, true, true), 
	('Alice', 'association', 1, false, false), ('Camille', 'customer', 1, false, true), ('Benoit', 'beneficiary', 1, false, true), ('Camille', 'customer', 2, false, false), ('Adele', 'administrator', 2, false, false);
CREATE FUNCTION fixture.pictures(lot text, right_given boolean) RETURNS text LANGUAGE sql AS
$$ SELECT CASE WHEN right_given THEN '1 image/jpeg, 2 image/png, 3 image/webp true' ELSE NULL END $$;
SELECT is(coalesce(fixture.look(name, role, 'bread', territory), '1 row ZE101'), coalesce(fixture.pictures('bread', drafts), '1 row ZE101'), format('a draft: %s of %s', name, territory)) FROM fixture.reader;
SELECT is(fixture.try(name, role, $$SELECT ecopanier.lot_photo(fixture.draft('bread'))$$, territory), 'ZE101', format('a draft for %s of %s', name, territory)) FROM fixture.reader WHERE NOT drafts;
UPDATE ecopanier.lot SET category = 'bakery', solidarity_units = 0, window_start = '2026-11-20 17:00+00', window_end = '2026-11-20 19:00+00', cold_class = 'ambient', undated = true, unit_weight_g = 500,
	allergens = '{gluten}', state = 'published' WHERE id = fixture.draft('bread');
SELECT is(coalesce(fixture.look(name, role, 'bread', territory), '1 row ZE101'), coalesce(fixture.pictures('bread', published), '1 row ZE101'), format('published: %s of %s', name, territory)) FROM fixture.reader;
SELECT is(fixture.try('Camille', 'customer', statement), expected, statement) FROM (VALUES ($$SELECT ecopanier.lot_photo(fixture.draft('bread'), 4)$$, 'ZE101'), ($$SELECT ecopanier.lot_photo(fixture.draft('unknown'))$$, 'ZE101'),
	($$SELECT ecopanier.lot_photo(fixture.draft('bread'), NULL) = ecopanier.lot_photo(fixture.draft('bread'))$$, 'true'), ('SELECT count(*) FROM ecopanier.lot_photos(NULL)', '0'),
	($$SELECT octets || ' ' || (sha256 = encode(sha256(ecopanier.lot_photo(fixture.draft('bread'), 2)), 'hex')) FROM ecopanier.lot_photos(fixture.draft('bread')) WHERE number = 2$$,
		(SELECT length(bytes) || ' true' FROM ecopanier.lot_photo WHERE lot_id = fixture.draft('bread') AND number = 2)),
	('SELECT count(*) FROM ecopanier.lot_photo', '42501')) v (statement, expected);
SELECT is((fixture.attempt('api', 'ecopanier_customer', fixture.claims('Camille', 'customer'), $$SELECT current_setting('response.headers')
	FROM (SELECT ecopanier.lot_photo(fixture.draft('bread'), 3) AS bytes OFFSET 0) p WHERE length(bytes) > 0$$)).value, '[{"Content-Type": "image/webp"}]', 'an API server is told the type');

\echo '# kept from publication on'
SELECT is(fixture.add('Mona', 'merchant', 'bread', 'png'), 'ZE111', 'none is added');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT ecopanier.remove_lot_photo(fixture.draft('bread'), 1)$$), 'ZE111', 'none is removed');
SELECT is((fixture.attempt('postgres', NULL, NULL, $$DELETE FROM ecopanier.lot_photo WHERE lot_id = fixture.draft('bread')$$)).state, 'ZE111', 'by a superuser neither');
SELECT is((fixture.attempt('postgres', NULL, NULL, $$INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) VALUES (1, fixture.draft('sold'), fixture.file('gps'))$$)).state, NULL, 'a load brings those of history');
SELECT is(fixture.try('Mona', 'merchant', $$DELETE FROM ecopanier.lot WHERE id = fixture.draft('empty')$$, keep => true), '1 row', 'a draft is thrown away');
SELECT is(count(*), 0::bigint, 'and its photos with it') FROM ecopanier.lot_photo WHERE lot_id = fixture.draft('empty');

\echo '# from a proposal'
SELECT fixture.try('Mona', 'merchant', 'SELECT state FROM ecopanier.propose_lot(fixture.file(''gps''))', keep => true) \g /dev/null
UPDATE ecopanier.proposal SET state = 'asking' WHERE state = 'waiting';
UPDATE ecopanier.proposal SET state = 'draft', fields = '{"title": {"value": "Carottes", "confidence": 0.9, "source": "proposed"}}', answered_at = ecopanier.now();
SELECT matches(fixture.try('Mona', 'merchant', 'SELECT ecopanier.confirm_proposal((SELECT id FROM ecopanier.proposal))', keep => true), '^[0-9a-f-]{36}$', 'confirmed');
SELECT results_eq($$SELECT concat_ws(' ', p.number, p.media_type, p.orientation, p.bytes = f.bytes, p.sha256 = f.sha256) FROM ecopanier.lot_photo p JOIN ecopanier.lot l ON l.id = p.lot_id, ecopanier.photo f WHERE l.title = 'Carottes'$$,
	ARRAY['1 image/jpeg 6 t t'], 'the photo is the first of the lot, the way up it was');

\echo '# how long'
CREATE FUNCTION fixture.photos_at(at text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ecopanier.clock', at, true), ecopanier.tick();
	RETURN (SELECT coalesce(string_agg(DISTINCT l.state, ' ' ORDER BY l.state), 'none') FROM ecopanier.lot_photo p JOIN ecopanier.lot l ON l.id = p.lot_id);
END $$;
SELECT is((SELECT count(DISTINCT created_at) || ' ' || min(created_at AT TIME ZONE 'UTC') FROM ecopanier.lot_photo), '1 2026-11-20 16:00:00', 'all came at one moment');
SELECT matches(fixture.photos_at('2027-11-20 15:59:59+00'), 'closed', 'a second before 365 days those of lots that are over are there');
SELECT is(fixture.photos_at('2027-11-20 16:00:00+00'), 'none', 'then they go, of drafts too');
SELECT * FROM finish();
