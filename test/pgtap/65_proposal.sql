-- A listing from a photo: what is stored of a file, who may ask, how often, what becomes of a draft, what is kept.
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
\set file `base64 -w0 test/lib/data/img/oignons_corrompu.jpg`
INSERT INTO fixture.file VALUES ('damaged', decode(:'file', 'base64'));
\set file `base64 -w0 test/lib/data/img/faux.jpg`
INSERT INTO fixture.file VALUES ('fake', decode(:'file', 'base64')), ('empty', ''), ('large', decode(repeat('ff', 7340033), 'hex')),
	('pixel', '\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082');
CREATE FUNCTION fixture.file(which text) RETURNS bytea STABLE LANGUAGE sql AS $$ SELECT bytes FROM fixture.file WHERE name = which $$;

\echo '# what is stored of a file'
SELECT is(fixture.try('Mona', 'merchant', format('SELECT state FROM ecopanier.propose_lot(fixture.file(%L))', name), keep => true), expected, name)
FROM (VALUES ('gps', 'waiting'), ('png', 'waiting'), ('webp', 'waiting'), ('pixel', 'waiting'), ('cut', 'ZE126'), ('damaged', 'ZE126'), ('fake', 'ZE126'),
	('empty', 'ZE126'), ('large', 'ZE126')) v (name, expected);
SELECT results_eq('SELECT concat_ws('' '', media_type, width, height, orientation) FROM ecopanier.photo ORDER BY media_type, width',
	ARRAY['image/jpeg 348 348 6', 'image/png 1 1 1', 'image/png 240 240 1', 'image/webp 348 348 1'], 'the type is that of the bytes, the orientation is a value');
SELECT ok(encode(fixture.file('gps'), 'escape') LIKE '%Exif%' AND encode(fixture.file('gps'), 'escape') LIKE '%EcoPanierTest%' AND encode(fixture.file('gps'), 'hex') LIKE '%3000000001000000330000000100000060090000%', 'the file says where and by what it was taken');
SELECT is(count(*), 0::bigint, 'nothing of it is in the database') FROM ecopanier.photo
WHERE encode(bytes, 'escape') ~ 'Exif|EcoPanierTest|2026:11:21|GPS|http' OR encode(bytes, 'hex') ~ '3000000001000000330000000100000060090000';
SELECT is(count(*), 4::bigint, 'the digest is that of what is stored') FROM ecopanier.photo WHERE sha256 = sha256(bytes);
INSERT INTO ecopanier.photo (territory_id, organisation_id, member_id, bytes, orientation)
SELECT 1, fixture.organisation('Boulangerie'), fixture.id('Mona'), fixture.file(f), 3 FROM unnest(ARRAY['gps', 'pixel']) f;
SELECT results_eq($$SELECT orientation, length(bytes) < length(fixture.file('gps')) FROM ecopanier.photo WHERE id NOT IN (SELECT photo_id FROM ecopanier.proposal) ORDER BY orientation$$,
	'VALUES (3, true), (6, true)', 'a load is cleaned alike; what the bytes do not say is taken as given');
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM (VALUES
	($$INSERT INTO ecopanier.photo (territory_id, organisation_id, member_id, bytes) SELECT 1, fixture.organisation('Boulangerie'), fixture.id('Mona'), fixture.file('damaged')$$, 'ZE126'),
	($$SET LOCAL session_replication_role = replica; INSERT INTO ecopanier.photo (territory_id, organisation_id, member_id, bytes) SELECT 1, fixture.organisation('Boulangerie'), fixture.id('Mona'), fixture.file('fake');$$, 'ZE126'),
	($$UPDATE ecopanier.photo SET bytes = fixture.file('gps')$$, 'ZE111'), ($$UPDATE ecopanier.photo SET orientation = 2$$, 'ZE111')) v (statement, expected);
DELETE FROM ecopanier.photo WHERE id NOT IN (SELECT photo_id FROM ecopanier.proposal);
SELECT is(attstorage, 'e', 'bytes are not compressed again') FROM pg_attribute WHERE attrelid = 'ecopanier.photo'::regclass AND attname = 'bytes';
SELECT is(string_agg(DISTINCT concat_ws(' ', state, endpoint, attempts), ', ') || ' ' || count(*), 'queued https://generativelanguage.googleapis.com 0 4', 'a job each')
FROM ecopanier_private.listing_job j WHERE EXISTS (SELECT FROM ecopanier.proposal p WHERE (p.territory_id, p.id) = (j.territory_id, j.id));

\echo '# who'
SELECT is(fixture.try(name, role, $$SELECT state FROM ecopanier.propose_lot(fixture.file('pixel'))$$), expected, format('%s as %s', name, role))
FROM (VALUES ('Mona', 'merchant', 'waiting'), ('Sami', 'merchant', '42501'), ('Alice', 'association', 'waiting'), ('Camille', 'customer', '42501'),
	('Benoit', 'beneficiary', '42501'), ('Adele', 'administrator', '42501')) v (name, role, expected);
SELECT is((fixture.attempt('api', 'ecopanier_anon', '{"role": "ecopanier_anon"}', $$SELECT state FROM ecopanier.propose_lot(fixture.file('pixel'))$$)).state, '42501', 'nobody');
SELECT is(fixture.try(name, role, statement), expected, format('%s: %s', name, statement)) FROM (VALUES
	('Mona', 'merchant', 'SELECT count(*) FROM ecopanier.my_proposals()', '4'), ('Sami', 'merchant', 'SELECT count(*) FROM ecopanier.my_proposals()', '4'),
	('Mona', 'merchant', $$SELECT count(*) FROM ecopanier.my_proposals('2026-11-20 16:00:00.000001+00')$$, '0'),
	('Mona', 'merchant', $$SELECT count(*) FROM ecopanier.my_proposals('2026-11-20 16:00+00', 3)$$, '3'),
	('Mona', 'merchant', 'SELECT count(*) FROM ecopanier.my_proposals(at_most => 500)', '4'),
	('Mona', 'merchant', 'SELECT count(*) FROM ecopanier.my_proposals(at_most => 501)', '22023'), ('Mona', 'merchant', 'SELECT count(*) FROM ecopanier.my_proposals(at_most => 0)', '22023'),
	('Alice', 'association', 'SELECT count(*) FROM ecopanier.my_proposals()', '0'), ('Alice', 'association', 'SELECT count(*) FROM ecopanier.photo', '0'),
	('Sami', 'merchant', 'SELECT count(*) FROM ecopanier.photo', '4'), ('Adele', 'administrator', 'SELECT count(*) FROM ecopanier.photo', '42501'),
	('Adele', 'administrator', 'SELECT count(*) FROM ecopanier.proposal', '42501'), ('Camille', 'customer', 'SELECT count(*) FROM ecopanier.photo', '42501'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.proposal (state) VALUES ('draft')$$, '42501'), ('Mona', 'merchant', $$UPDATE ecopanier.proposal SET state = 'draft'$$, '42501'),
	('Mona', 'merchant', 'DELETE FROM ecopanier.photo', '42501')) v (name, role, statement, expected);
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM (VALUES
	('DELETE FROM ecopanier.proposal', 'ZE111'), ('TRUNCATE ecopanier.proposal CASCADE', 'ZE111'), ('UPDATE ecopanier.listing_month SET used = 0', 'ZE112'),
	('DELETE FROM ecopanier.listing_month', 'ZE112'), ('TRUNCATE ecopanier.listing_month', 'ZE111'), ('DELETE FROM ecopanier.proposal_call', NULL),
	($$UPDATE ecopanier.proposal SET organisation_id = fixture.organisation('CCAS')$$, 'ZE111'), ('UPDATE ecopanier.proposal SET request_id = id', 'ZE111'),
	('UPDATE ecopanier.proposal SET photo_id = id', 'ZE111'), ('UPDATE ecopanier.proposal SET lot_id = id', '23514'), ('INSERT INTO ecopanier_private.listing_job SELECT * FROM ecopanier_private.listing_job', '23505'))
	v (statement, expected);

\echo '# a request is made once'
CREATE FUNCTION fixture.request(name text, file text, n int, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT fixture.try(name, CASE name WHEN 'Alice' THEN 'association' ELSE 'merchant' END, format('SELECT proposal FROM ecopanier.propose_lot(fixture.file(%L), %L)',
		file, md5(n::text)::uuid), territory, keep => true) $$;
SELECT fixture.request('Mona', 'gps', 1) AS first \gset
SELECT isnt(:'first'::text, 'ZE126', 'made');
SELECT is(fixture.request('Mona', 'gps', 1), :'first'::text, 'the same photo is the same proposal');
SELECT is(fixture.request('Mona', 'pixel', 1), 'ZE110', 'another photo is another request');
SELECT is(fixture.request('Mona', 'fake', 1), 'ZE126', 'a file that is none is said to be so');
SELECT isnt(fixture.request('Mona', 'gps', 2), :'first'::text, 'another number is another proposal');
SELECT isnt(fixture.request('Alice', 'gps', 1), :'first'::text, 'numbers are a member''s own');
SELECT is(fixture.try('Mona', 'merchant', 'SELECT used FROM ecopanier.listing_allowance()'), '6', 'each counted once');
SELECT is(regexp_replace(replace(fixture.try('Mona', 'merchant', format($$SELECT set_config('request.headers', %L, true); SELECT proposal FROM ecopanier.propose_lot_from(fixture.file('gps'))$$, h)),
	:'first', 'the first'), '^[0-9a-f-]{36}$', 'another'), expected, 'the number may come in a header: ' || h)
FROM (VALUES (format('{"idempotency-key": "%s"}', md5('1')::uuid), 'the first'), ('{"idempotency-key": "x"}', '22P02'), ('{"idempotency-key": 1}', 'another'), ('{}', 'another'), ('[', 'another'), ('', 'another')) v (h, expected);

\echo '# the allowance of a month'
CREATE FUNCTION fixture.allow(t int, plan text, photos int) RETURNS void LANGUAGE sql AS
$$ INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (t, 'photos_per_month_' || plan, photos, '2026-01-01', 'test') $$;
SELECT fixture.allow(t, 'free', 7) FROM generate_series(1, 2) t \g /dev/null
CREATE FUNCTION fixture.propose(name text DEFAULT 'Mona', territory int DEFAULT 1, at text DEFAULT NULL, keep boolean DEFAULT true) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, CASE name WHEN 'Alice' THEN 'association' ELSE 'merchant' END, $q$SELECT state FROM ecopanier.propose_lot(fixture.file('pixel'))$q$, territory, at, keep) $$;
SELECT is(fixture.propose(keep => false), 'waiting', 'what is rolled back');
SELECT is(fixture.propose(keep => false), 'waiting', 'counts nothing');
SELECT is(fixture.propose(), 'waiting', 'the seventh of seven');
SELECT is(fixture.propose(), 'ZE125', 'not the eighth');
SELECT is(fixture.request('Mona', 'gps', 1), :'first'::text, 'a retry is answered all the same');
SELECT is(hint || ' ' || detail, 'Counting begins again on 2026-12-01; until then write the lot by hand. The plan "free" allows 7 a month.', 'the refusal says until when')
FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), $$SELECT ecopanier.propose_lot(fixture.file('pixel'))$$);
SELECT is(fixture.propose('Alice'), 'waiting', 'another organisation has its own');
SELECT is(fixture.try('Mona', 'merchant', 'SELECT concat_ws('' '', plan, month, used, limit_photos, begins_again) FROM ecopanier.listing_allowance()'),
	'free 2026-11-01 7 7 2026-12-01', 'it can be looked up');
SELECT is(fixture.propose(at => '2026-11-30 22:59:59.999999+00'), 'ZE125', 'the month lasts to the last microsecond of Paris');
SELECT is(fixture.propose(at => '2026-11-30 23:00:00+00'), 'waiting', 'and begins at midnight there');
SELECT is(string_agg(fixture.propose('Mona', 2, '2026-11-30 19:59:59.999999+00'), ' '), repeat('waiting ', 7) || 'ZE125', 'in Saint-Denis')
FROM generate_series(1, 8);
SELECT is(fixture.propose('Mona', 2, '2026-11-30 20:00:00+00'), 'waiting', 'December begins four hours earlier');
SELECT is(fixture.propose('Mona', 2, '2026-11-30 19:59:00+00'), 'ZE125', 'November stays counted');
SELECT results_eq($$SELECT territory_id, month, used FROM ecopanier.listing_month WHERE organisation_id IN (fixture.organisation('Boulangerie', 1), fixture.organisation('Boulangerie', 2)) ORDER BY 1, 2$$,
	$$VALUES (1, date '2026-11-01', 7), (1, '2026-12-01', 1), (2, '2026-11-01', 7), (2, '2026-12-01', 1)$$, 'each month by the calendar of its territory');
SELECT is(fixture.try(name, role, statement, keep => true), expected, format('%s: %s', name, statement)) FROM (VALUES
	('Mona', 'merchant', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'large', 'x')$$, '42501'),
	('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie', 2), 'large', 'x')$$, 'ZE101'),
	('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'huge', 'x')$$, '23514'),
	('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'large', ' ')$$, '23514'),
	('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), NULL, 'x')$$, '22004'),
	('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'large', 'x', '2026-11-20 15:59:59+00')$$, '22023'),
	('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'large', 'x', 'infinity')$$, '22023'),
	('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'standard', 'contract', '2026-11-20 17:00+00')$$, '1'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.organisation_plan (organisation_id, plan, source) VALUES (fixture.organisation('Boulangerie'), 'large', 'x')$$, '42501'),
	('Mona', 'merchant', 'SELECT string_agg(plan, '' '') FROM ecopanier.organisation_plan', 'standard'), ('Alice', 'association', 'SELECT count(*) FROM ecopanier.organisation_plan', '0'))
	v (name, role, statement, expected);
SELECT is(fixture.propose(at => '2026-11-20 16:59:59+00'), 'ZE125', 'a plan that is not in force yet allows nothing');
SELECT is(fixture.propose(at => '2026-11-20 17:00:00+00'), 'waiting', 'one that is does, in the same month');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'free', 'end')$$, 1, '2026-11-20 18:00+00', true), '2', 'the next row');
SELECT is(fixture.propose(at => '2026-11-20 18:00:00+00'), 'ZE125', 'back to a plan below what is used');
SELECT fixture.allow(1, 'free', 0) \g /dev/null
SELECT is(fixture.propose('Alice', 1, '2026-12-05 12:00+00'), 'ZE125', 'none is none, from the first');
SELECT fixture.allow(1, 'free', 1000) \g /dev/null
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, 'ZE111', statement)
FROM unnest(ARRAY['UPDATE ecopanier.organisation_plan SET plan = ''large''', 'DELETE FROM ecopanier.organisation_plan', 'TRUNCATE ecopanier.organisation_plan']) statement;
SELECT is(ecopanier.message('ZE125', 'fr', '{"until": "1er décembre"}'), 'Le nombre de photos de votre formule est atteint pour ce mois. Il repart le 1er décembre. Vous pouvez créer l''annonce à la main.', 'in French');

\echo '# which state follows which'
CREATE FUNCTION fixture.with_state(s text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	p uuid := fixture.try('Mona', 'merchant', $q$SELECT proposal FROM ecopanier.propose_lot(fixture.file('pixel'))$q$, keep => true);
BEGIN
	IF s IN ('draft', 'confirmed') THEN
		UPDATE ecopanier.proposal SET state = 'draft', answered_at = ecopanier.now(),
			fields = '{"title": {"value": "Pommes", "confidence": 0.9, "source": "proposed"}, "allergens": {"value": [], "confidence": 0.5, "source": "proposed"},
				"original_price_cents": {"value": 1000, "confidence": 0.4, "source": "proposed"}, "price_cents": {"value": 400, "confidence": 0.4, "source": "proposed"},
				"use_by": {"value": "2026-11-25", "confidence": 0.7, "source": "proposed"}}' WHERE id = p;
	END IF;
	IF s <> 'waiting' AND s <> 'draft' THEN
		UPDATE ecopanier.proposal SET state = s, failure = CASE s WHEN 'failed' THEN 'model_busy' END, answered_at = CASE WHEN s IN ('failed', 'confirmed') THEN ecopanier.now() END,
			decided_at = CASE WHEN s IN ('confirmed', 'discarded') THEN ecopanier.now() END WHERE id = p;
	END IF;
	RETURN p;
END $$;
CREATE TABLE fixture.proposal (state text PRIMARY KEY, id uuid);
GRANT SELECT ON fixture.proposal TO PUBLIC;
INSERT INTO fixture.proposal SELECT s, fixture.with_state(s) FROM unnest(ARRAY['waiting', 'asking', 'draft', 'confirmed', 'discarded', 'failed']) s;
CREATE FUNCTION fixture.proposal(s text) RETURNS uuid STABLE LANGUAGE sql AS $$ SELECT id FROM fixture.proposal WHERE state = s $$;
SELECT is((SELECT string_agg(f.state || ' ' || t.state, ', ' ORDER BY f.state, t.state) FROM fixture.proposal f, fixture.proposal t, LATERAL fixture.attempt('postgres', NULL, NULL, format(
	$$UPDATE ecopanier.proposal SET state = %L, failure = %L, fields = '{}', answered_at = '2026-11-20', decided_at = %L WHERE id = %L$$, t.state,
	CASE t.state WHEN 'failed' THEN 'model_busy' END, CASE WHEN t.state IN ('confirmed', 'discarded') THEN '2026-11-20' END, f.id)) a WHERE f.state <> t.state AND a.state IS NULL),
	'asking discarded, asking draft, asking failed, draft confirmed, draft discarded, failed discarded, failed waiting, waiting asking, waiting discarded, waiting draft, waiting failed',
	'these and no others');
SELECT is((fixture.attempt('postgres', NULL, NULL, format('UPDATE ecopanier.proposal SET %s WHERE id = fixture.proposal(%L)', change, s))).state, '23514', s || ': ' || change)
FROM (VALUES ('draft', 'fields = NULL'), ('failed', 'failure = NULL'), ('failed', 'failure = ''because'''), ('draft', 'failure = ''model_busy'''), ('draft', 'answered_at = NULL'),
	('confirmed', 'decided_at = NULL'), ('draft', 'decided_at = now()'), ('draft', 'fields = ''[]''')) v (s, change);

\echo '# each failure tells what to do'
SELECT is_empty($$SELECT c FROM (SELECT m[1] AS c FROM pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''([a-z_]+)''::text', 'g') m WHERE conname = 'proposal_failure_check') f,
	unnest(ARRAY['fr', 'en', 'es', 'ar']) l WHERE coalesce(length(ecopanier.message(c, l)), 0) < 30 OR (l <> 'fr' AND ecopanier.message(c, l) = ecopanier.message(c, 'fr'))$$, 'in four languages');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT failure || ': ' || advice FROM ecopanier.my_proposals() WHERE state = 'failed'$$),
	'model_busy: La lecture des photos est très demandée en ce moment. Réessayez dans une heure, ou créez l''annonce à la main.', 'in the reader''s language');
UPDATE ecopanier.member SET language = 'es' WHERE id = fixture.id('Mona');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT advice FROM ecopanier.my_proposals() WHERE state = 'failed'$$),
	'La lectura de fotos está muy solicitada ahora. Inténtelo de nuevo en una hora o cree el anuncio a mano.', 'whichever it is');

\echo '# asked again'
SELECT is(fixture.try('Mona', 'merchant', format('SELECT state FROM ecopanier.ask_again(fixture.proposal(%L))', state)), CASE state WHEN 'failed' THEN 'waiting' ELSE 'ZE107' END, state)
FROM fixture.proposal;
SELECT is(fixture.try(name, role, $$SELECT state FROM ecopanier.ask_again(fixture.proposal('failed'))$$), expected, name)
FROM (VALUES ('Sami', 'merchant', '42501'), ('Alice', 'association', 'ZE101')) v (name, role, expected);
UPDATE ecopanier_private.listing_job SET state = 'dead', attempts = 6, last_error = 'x' WHERE id = fixture.proposal('failed');
SELECT fixture.try('Mona', 'merchant', 'SELECT used FROM ecopanier.listing_allowance()') AS used \gset
SELECT is(fixture.try('Mona', 'merchant', $$SELECT concat_ws(' ', state, failure, advice, answered_at, asked_at AT TIME ZONE 'UTC') FROM ecopanier.ask_again(fixture.proposal('failed'))$$, 1, '2026-11-20 17:30+00', true),
	'waiting 2026-11-20 17:30:00', 'it waits once more');
SELECT is(concat_ws(' ', j.state, j.attempts, j.last_error, p.asked_times), 'queued 0 2', 'one job, as new') FROM ecopanier_private.listing_job j JOIN ecopanier.proposal p USING (territory_id, id)
WHERE id = fixture.proposal('failed');
SELECT is(fixture.try('Mona', 'merchant', 'SELECT used FROM ecopanier.listing_allowance()'), (:used + 1)::text, 'and counts');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT state FROM ecopanier.ask_again(fixture.proposal('failed'))$$), 'ZE107', 'not twice');
UPDATE ecopanier.proposal SET state = 'failed', failure = 'model_silent', answered_at = '2026-11-20 17:31+00' WHERE id = fixture.proposal('failed');
SELECT fixture.allow(1, 'free', 1) \g /dev/null
SELECT is(fixture.try('Mona', 'merchant', $$SELECT state FROM ecopanier.ask_again(fixture.proposal('failed'))$$), 'ZE125', 'within the allowance');
SELECT fixture.allow(1, 'free', 1000) \g /dev/null

\echo '# confirmed by a person'
CREATE FUNCTION fixture.confirm(corrections text, keep boolean DEFAULT false, of text DEFAULT 'draft') RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try('Mona', 'merchant', format('SELECT ecopanier.confirm_proposal(fixture.proposal(%L), %L)', of, corrections), keep => keep) $$;
SELECT is(fixture.confirm(corrections), '22023', corrections) FROM unnest(ARRAY['[]', '1', 'null', '"x"', '{"titre": "x"}', '{"state": "published"}', '{"organisation_id": null}',
	'{"title": ""}', '{"title": " x"}', '{"title": "x\ny"}', '{"title": 1}', '{"title": null}', '{"title": ["x"]}', '{"category": "food"}', '{"public_units": -1}', '{"public_units": 100001}',
	'{"public_units": 1.5}', '{"public_units": "1"}', '{"public_units": 1e400}', '{"original_price_cents": 0}', '{"original_price_cents": 1000001}', '{"price_cents": true}',
	'{"unit_weight_g": 0}', '{"meals_per_unit": 0.001}', '{"meals_per_unit": 1000000}', '{"use_by": "30/11/2026"}', '{"use_by": "2026-02-30"}', '{"use_by": "tomorrow"}', '{"use_by": "1999-12-31"}',
	'{"use_by": "2026-11-30T00:00"}', '{"best_before": "infinity"}', '{"batch": ""}', '{"allergens": "lait"}', '{"allergens": ["milk"]}', '{"allergens": ["lait", "lait"]}', '{"allergens": [null]}',
	'{"allergens": [["lait"]]}', '{"allergens": {"lait": 1}}', '{"window_start": "2026-11-20T17:00:00"}', '{"window_start": "now"}', '{"window_start": "2026-11-20 17:00:00+01"}',
	'{"window_end": "2026-11-20T24:00:00Z"}', '{"window_end": "2026-11-20T23:60:00Z"}', '{"window_end": "2026-11-20T23:00:00+15:00"}',
	'{"cold_class": "Cold"}', '{"cold_class": ""}', '{"cold_class": 4}', '{"undated": "true"}', '{"undated": 1}', '{"origin": ""}', '{"origin": " Poitou"}', '{"nutri_score": "A"}', '{"provenance": ["given"]}',
	'{"labels": "aop"}', '{"labels": ["aop", "aop"]}', '{"labels": [null]}', '{"labels": [["aop"]]}', '{"labels": {"aop": 1}}', '{"wishes": ["no pork"]}',
	format('{"wishes": %s}', (SELECT jsonb_agg(repeat('x', n)) FROM generate_series(1, 21) n))]) corrections;
SELECT is(message, 'a proposal has no field "titre"', 'the field is named') FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'),
	$$SELECT ecopanier.confirm_proposal(fixture.proposal('draft'), '{"titre": "x"}')$$);
SELECT is(message || ': ' || hint, '"price_cents" does not take this value: It takes a whole number of cents from 0 to 1000000.', 'and what it takes') FROM fixture.attempt('api', 'ecopanier_merchant',
	fixture.claims('Mona', 'merchant'), $$SELECT ecopanier.confirm_proposal(fixture.proposal('draft'), '{"price_cents": 3.5}')$$);
SELECT is(fixture.confirm(corrections), expected, corrections) FROM (VALUES ('{"price_cents": 299}', 'ZE109'), ('{"price_cents": 701}', 'ZE109'), ('{"price_cents": 1001}', 'ZE109'),
	('{"window_start": "2026-11-20T19:00:00Z", "window_end": "2026-11-20T18:00:00Z"}', '23514'), ('{"cold_class": "cool"}', '23503'), ('{"provenance": "found"}', '23514'),
	('{"public_units": 1, "provenance": "eu_funded"}', 'ZE130'), ('{"nutri_score": "f"}', '23514'), ('{"labels": ["unknown_label"]}', '22023'), ('{"wishes": ["unknown_wish"]}', '22023')) v (corrections, expected);
SELECT is((SELECT state || coalesce(lot_id::text, '') FROM ecopanier.proposal WHERE id = fixture.proposal('draft')), 'draft', 'the lot''s own rules refuse, and nothing changed');
SELECT is(fixture.try(name, role, $$SELECT ecopanier.confirm_proposal(fixture.proposal('draft'))$$), expected, name)
FROM (VALUES ('Sami', 'merchant', '42501'), ('Alice', 'association', 'ZE101'), ('Camille', 'customer', '42501'), ('Adele', 'administrator', '42501')) v (name, role, expected);
SELECT is(fixture.confirm('{}', of => state), 'ZE107', state) FROM fixture.proposal WHERE state <> 'draft';
SELECT is(fixture.try('Mona', 'merchant', 'SELECT ecopanier.confirm_proposal(NULL, ''{}'')'), 'ZE101', 'no id');
SELECT matches(fixture.try('Mona', 'merchant', $$SELECT ecopanier.confirm_proposal(fixture.proposal('draft'), NULL)$$), '^[0-9a-f-]{36}$', 'no corrections are none');
SELECT matches(fixture.confirm(corrections), '^[0-9a-f-]{36}$', corrections) FROM unnest(ARRAY['{"price_cents": 300}', '{"price_cents": 700}', format('{"title": "%s"}', repeat('é', 200)),
	'{"use_by": "2028-02-29"}', '{"public_units": 100000}', '{"meals_per_unit": 0.01}', '{"meals_per_unit": 2.50}', '{"allergens": null}', '{"public_units": null}', '{"description": "a\nb"}',
	'{"window_start": "2026-11-20T17:00Z", "window_end": "2026-11-20T19:30:15+02:00"}', format('{"wishes": %s}', (SELECT jsonb_agg(code) FROM ecopanier.wish)), '{"labels": []}',
	'{"origin": null, "undated": null}']) corrections;
SELECT fixture.confirm('{"title": "Pommes du verger", "category": "fruit", "public_units": 3, "price_cents": 400, "allergens": null, "description": "Bien mûres",
	"window_start": "2026-11-20T18:00:00+01:00", "window_end": "2026-11-20T20:00:00+01:00", "use_by": "2026-11-24"}', true) AS lot \gset
SELECT is(concat_ws('/', state, title, category, public_units, solidarity_units, original_price_cents, price_cents, use_by, allergens IS NULL, description, window_start AT TIME ZONE 'UTC',
	organisation_id = fixture.organisation('Boulangerie'), published_at), 'draft/Pommes du verger/fruit/3/0/1000/400/2026-11-24/t/Bien mûres/2026-11-20 17:00:00/t',
	'the lot is a draft of the shop') FROM ecopanier.lot WHERE id = :'lot';
SELECT is(jsonb_object_agg(name, value), '{"title": {"value": "Pommes du verger", "confidence": 0.9, "source": "person", "proposed": "Pommes"},
	"allergens": {"value": null, "confidence": 0.5, "source": "person", "proposed": []}, "original_price_cents": {"value": 1000, "confidence": 0.4, "source": "proposed"},
	"price_cents": {"value": 400, "confidence": 0.4, "source": "proposed"}, "use_by": {"value": "2026-11-24", "confidence": 0.7, "source": "person", "proposed": "2026-11-25"},
	"category": {"value": "fruit", "confidence": null, "source": "person"}, "public_units": {"value": 3, "confidence": null, "source": "person"},
	"description": {"value": "Bien mûres", "confidence": null, "source": "person"}, "window_start": {"value": "2026-11-20T18:00:00+01:00", "confidence": null, "source": "person"},
	"window_end": {"value": "2026-11-20T20:00:00+01:00", "confidence": null, "source": "person"}}', 'who said what is kept, and what was proposed')
FROM ecopanier.proposal p, jsonb_each(p.fields) f (name, value) WHERE p.id = fixture.proposal('draft');
SELECT is(fixture.confirm('{"title": "Autre"}'), :'lot'::text, 'a second time it is the same lot');
SELECT is(count(*), 1::bigint, 'and one lot') FROM ecopanier.lot WHERE title LIKE 'Pommes%' OR title = 'Autre';
SELECT is(concat_ws(' ', action, reason, (facts->'state')::text), 'proposal_update ["draft", "confirmed"]', 'the audit notes it') FROM ecopanier.audit_event WHERE action = 'proposal_update' AND subject_id = fixture.proposal('draft');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT ecopanier.discard_proposal(fixture.proposal('draft'))$$), 'ZE107', 'what became a lot is not discarded');
SELECT is(fixture.try('Mona', 'merchant', format('UPDATE ecopanier.lot SET state = ''published'', allergens = ''{}'', cold_class = ''ambient'', unit_weight_g = 500, batch = ''L1''
	WHERE id = %L', :'lot')), '1 row', 'it can be published, in a step of its own');
SELECT is(fixture.try('Mona', 'merchant', format('DELETE FROM ecopanier.lot WHERE id = %L', :'lot'), keep => true), '1 row', 'the draft of the lot can be thrown away');
SELECT is(concat_ws(' ', state, lot_id), 'confirmed', 'the proposal stays') FROM ecopanier.proposal WHERE id = fixture.proposal('draft');
SELECT is(fixture.confirm('{}'), 'ZE107', 'and makes no second lot');
UPDATE fixture.proposal SET id = fixture.with_state('draft') WHERE state = 'draft';
UPDATE ecopanier.proposal SET fields = '{}' WHERE id = fixture.proposal('draft');
SELECT is(fixture.confirm('{"category": "fruit"}'), '22023', 'without a title there is no lot');
SELECT matches(fixture.confirm('{"title": "Radis"}'), '^[0-9a-f-]{36}$', 'with one there is, whatever else the model said');

\echo '# discarded by a person'
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.discard_proposal(fixture.proposal(%L), ''flou'')', state)), CASE state WHEN 'confirmed' THEN 'ZE107' ELSE '' END, state)
FROM fixture.proposal;
SELECT is(fixture.try(name, role, $$SELECT ecopanier.discard_proposal(fixture.proposal('draft'))$$), expected, name)
FROM (VALUES ('Sami', 'merchant', '42501'), ('Alice', 'association', 'ZE101')) v (name, role, expected);
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.discard_proposal(fixture.proposal(''draft''), repeat(''é'', %s))', n)), expected, n || ' characters')
FROM (VALUES (1000, ''), (1001, '22023')) v (n, expected);
SELECT fixture.try('Mona', 'merchant', format('SELECT ecopanier.discard_proposal(fixture.proposal(%L), ''flou'')', s), keep => true) FROM unnest(ARRAY['waiting', 'failed']) s \g /dev/null
SELECT is(string_agg(concat_ws(' ', state, failure, reason, decided_by = fixture.id('Mona')), ', '), 'discarded flou t, discarded flou t', 'with who and why')
FROM ecopanier.proposal WHERE id IN (fixture.proposal('waiting'), fixture.proposal('failed'));
SELECT fixture.try('Mona', 'merchant', $$SELECT ecopanier.discard_proposal(fixture.proposal('failed'), 'encore')$$, keep => true) \g /dev/null
SELECT is(reason, 'flou', 'the first reason stays') FROM ecopanier.proposal WHERE id = fixture.proposal('failed');

\echo '# what photos, tokens and money were used'
INSERT INTO ecopanier.proposal_call (territory_id, proposal_id, organisation_id, month, provider, model, outcome, tokens_in, tokens_out, cost_micro_eur)
SELECT 1, fixture.proposal('draft'), fixture.organisation('Boulangerie'), '2026-11-01', 'gemini', 'm', o, 1000, 100, 250 FROM unnest(ARRAY['retry', 'draft']) o;
SELECT is(fixture.try(name, role, $$SELECT string_agg(concat_ws(' ', calls, drafts, tokens_in, tokens_out, cost_micro_eur), ', ') FROM ecopanier.listing_usage WHERE calls > 0$$, t), expected, name || ' in ' || t)
FROM (VALUES ('Mona', 'merchant', 1, '2 1 2000 200 500'), ('Adele', 'administrator', 1, '2 1 2000 200 500'), ('Alice', 'association', 1, '1 row'), ('Adele', 'administrator', 2, '1 row')) v (name, role, t, expected);
SELECT is(fixture.try('Camille', 'customer', 'SELECT count(*) FROM ecopanier.listing_usage'), '42501', 'nobody else');
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, 'ZE111', statement) FROM unnest(ARRAY['DELETE FROM ecopanier.proposal_call', 'UPDATE ecopanier.proposal_call SET tokens_in = 0']) statement;

\echo '# how long photos are kept'
CREATE FUNCTION fixture.photos_at(at text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ecopanier.clock', at, true), ecopanier.tick();
	RETURN (SELECT string_agg(f.state || CASE WHEN p.photo_id IS NULL THEN ' none' ELSE '' END, ', ' ORDER BY f.state) FROM fixture.proposal f JOIN ecopanier.proposal p USING (id));
END $$;
SELECT is((SELECT string_agg(state || ' ' || (decided_at IS NOT NULL), ', ' ORDER BY state) FROM ecopanier.proposal WHERE id IN (SELECT id FROM fixture.proposal)),
	'asking false, confirmed true, discarded true, discarded true, discarded true, draft false', 'one is asked about, others are decided');
SELECT is(fixture.photos_at('2026-12-20 15:59:59+00'), 'asking, confirmed, discarded, draft, failed, waiting', 'a second before 30 days all are there');
SELECT is(fixture.photos_at('2026-12-20 16:00:00+00'), 'asking, confirmed, discarded none, draft none, failed none, waiting none', 'then those go that became nothing');
SELECT is(count(*), 0::bigint, 'with their bytes') FROM ecopanier.photo f WHERE NOT EXISTS (SELECT FROM ecopanier.proposal p WHERE p.photo_id = f.id);
SELECT is(fixture.try('Mona', 'merchant', $$SELECT concat_ws(' ', state, photo) FROM ecopanier.my_proposals() WHERE proposal = fixture.proposal('draft')$$), 'draft', 'the draft stays');
SELECT is(fixture.photos_at('2027-11-20 15:59:59+00'), 'asking, confirmed, discarded none, draft none, failed none, waiting none', 'a lot''s photo stays for 365 days');
SELECT is(fixture.photos_at('2027-11-20 16:00:00+00'), 'asking, confirmed none, discarded none, draft none, failed none, waiting none', 'and then goes');
UPDATE ecopanier.proposal SET state = 'failed', failure = 'model_busy', answered_at = '2026-11-20 16:00+00' WHERE id = fixture.proposal('asking');
SELECT is(fixture.photos_at('2027-11-20 16:00:00+00'), 'asking none, confirmed none, discarded none, draft none, failed none, waiting none', 'a failed one''s too');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT state FROM ecopanier.ask_again(fixture.proposal('asking'))$$), 'ZE107', 'without a photo nothing is asked again');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is(missing, NULL, 'the register knows each column of a person') FROM ecopanier_private.personal_gap WHERE missing ~ 'photo|proposal|listing|plan';
\echo '# all that a lot says'
UPDATE fixture.proposal SET id = fixture.with_state('draft') WHERE state = 'draft';
SELECT fixture.confirm('{"title": "Fromage", "cold_class": "ambient", "undated": true, "use_by": null, "origin": "Poitou", "nutri_score": "b", "provenance": "given", "labels": ["aop"],
	"wishes": ["no_pork", "no_milk"]}', true) AS lot \gset
SELECT is(concat_ws('/', cold_class, undated, origin, farming_method IS NULL, nutri_score, provenance, labels, wishes), 'ambient/t/Poitou/t/b/given/{aop}/{no_pork,no_milk}',
	'can be said with the corrections') FROM ecopanier.lot WHERE id::text = :'lot';
SELECT * FROM finish();
