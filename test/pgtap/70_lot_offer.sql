-- What a lot says: words and limits, provenance, certificates for labels, what publication names, what stays, lots a day by plan.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

\echo '# the lists'
SELECT results_eq('SELECT code, minimum_celsius, maximum_celsius, standing FROM ecopanier.cold_class ORDER BY position', $$VALUES
	('ambient', NULL::numeric, NULL::numeric, 'decision'), ('perishable', NULL, 8, 'certain'), ('very_perishable', NULL, 4, 'certain'), ('minced_meat', NULL, 2, 'to_check'),
	('melting_ice', 0, 2, 'to_check'), ('frozen', NULL, -18, 'certain'), ('hot', 63, NULL, 'certain')$$, 'the cold chain''s classes with their limits');
SELECT results_eq('SELECT code, requires_certificate FROM ecopanier.label ORDER BY position', $$VALUES ('organic_ab', true), ('organic_eu', true), ('hve', true), ('msc', true),
	('asc', true), ('label_rouge', false), ('aop', false), ('igp', false), ('stg', false), ('fair_trade', false)$$, 'the labels, and which need a certificate');
SELECT is((fixture.attempt('api', 'ecopanier_anon', NULL, format('SELECT count(*) FROM ecopanier.%I WHERE length(concat(label_fr, label_en, label_es, label_ar)) > 8', t))).value, n, t || ' is for everybody to read')
FROM (VALUES ('cold_class', '7'), ('label', '10')) v (t, n);
SELECT is(fixture.try('Adele', 'administrator', format('DELETE FROM ecopanier.%I', t)), '42501', t || ' is changed by nobody') FROM unnest(ARRAY['cold_class', 'label']) t;

\echo '# words, both sides of each bound; a load meets the same'
CREATE TEMP TABLE word (n serial, columns text, given text, expected text);
INSERT INTO word (columns, given, expected) VALUES
('cold_class', '''frozen''', '1 row'), ('cold_class', '''cold''', '23503'), ('cold_class', 'NULL', '1 row'),
('farming_method', '''organic_conversion''', '1 row'), ('farming_method', '''natural''', '23514'),
('nutri_score', '''a''', '1 row'), ('nutri_score', '''e''', '1 row'), ('nutri_score', '''f''', '23514'), ('nutri_score', '''A''', '23514'),
('provenance', '''given''', '1 row'), ('provenance', '''stolen''', '23514'), ('provenance', 'NULL', '23502'),
('origin', 'repeat(''x'', 200)', '1 row'), ('origin', 'repeat(''x'', 201)', '23514'), ('origin', '''''', '23514'), ('origin', ''' Poitou''', '23514'),
('undated', 'true', '1 row'), ('undated, use_by', 'true, ''2026-11-21''', '23514'), ('undated, best_before', 'true, ''2026-11-21''', '23514'),
('use_by, best_before', '''2026-11-21'', ''2026-12-21''', '1 row'),
('labels', '''{aop,organic_ab}''', '1 row'), ('labels', '''{bio}''', '22023'), ('labels', '''{aop,bio}''', '22023'), ('labels', '''{aop,NULL}''', '22023'),
('labels', '''{{aop},{igp}}''', '23514'), ('labels', 'array_fill(''aop''::text, ARRAY[20])', '1 row'), ('labels', 'array_fill(''aop''::text, ARRAY[21])', '23514'), ('labels', 'NULL', '23502'),
('wishes', '''{no_fridge,no_cooking}''', '1 row'), ('wishes', '''{halal}''', '22023'), ('wishes', '''{NULL}''', '22023'), ('wishes', '''{{no_fridge}}''', '23514'),
('allergens', '''{}''', '1 row'), ('allergens', 'NULL', '1 row'), ('allergens', '''{gluten,crustaces,oeufs,poissons,arachides,soja,lait,fruits_a_coque,celeri,moutarde,sesame,sulfites,lupin,mollusques}''', '1 row'),
('allergens', '''{miel}''', '23514'), ('limit_celsius', '4', '42501');
INSERT INTO word (columns, given, expected)
SELECT 'wishes, allergens', format('''{%s}'', ''{%s}''', w, a), CASE WHEN EXISTS (SELECT FROM (VALUES ('no_fish', 'poissons'), ('no_shellfish', 'crustaces'), ('no_shellfish', 'mollusques'),
	('no_egg', 'oeufs'), ('no_milk', 'lait'), ('no_gluten', 'gluten'), ('no_nuts', 'fruits_a_coque'), ('no_peanut', 'arachides'), ('no_soya', 'soja'), ('no_sesame', 'sesame')) x (wish, allergen)
	WHERE x.wish = w AND x.allergen = a) THEN '23514' ELSE '1 row' END
FROM (SELECT code FROM ecopanier.wish) v (w), unnest(ARRAY['gluten', 'crustaces', 'oeufs', 'poissons', 'arachides', 'soja', 'lait', 'fruits_a_coque', 'celeri', 'moutarde', 'sesame', 'sulfites', 'lupin', 'mollusques']) a;
SELECT is(fixture.try('Mona', 'merchant', format('INSERT INTO ecopanier.lot (title, %s) VALUES (''x'', %s)', columns, given)), expected, columns || ': ' || given) FROM word ORDER BY n;
SELECT is(coalesce((fixture.attempt(session_user::text, NULL, NULL, format('INSERT INTO ecopanier.lot (territory_id, organisation_id, title, %s) VALUES (1, fixture.organisation(''Boulangerie''), ''x'', %s)', columns, given))).state, '1 row'),
	expected, 'loaded: ' || columns || ': ' || given) FROM word WHERE columns <> 'limit_celsius' AND columns <> 'wishes, allergens' ORDER BY n;

\echo '# provenance: what is given and never sold'
CREATE FUNCTION fixture.offer(more jsonb, fast boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	columns text;
	outcome record;
BEGIN
	SELECT string_agg(format('%I = %L', key, value), ', ') INTO columns FROM jsonb_each_text(
		'{"public_units": 1, "solidarity_units": 1, "original_price_cents": 1000, "price_cents": 400, "window_start": "2026-11-20T17:00:00Z", "window_end": "2026-11-20T19:00:00Z",
		"category": "dairy", "unit_weight_g": 500, "cold_class": "perishable", "use_by": "2026-11-22", "batch": "L1", "allergens": "{lait}"}' || more);
	SELECT * INTO outcome FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), format($q$
		INSERT INTO ecopanier.lot (title) VALUES ('Offre');
		UPDATE ecopanier.lot SET %s WHERE title = 'Offre';
		UPDATE ecopanier.lot SET state = 'published' WHERE title = 'Offre' RETURNING coalesce(limit_celsius::text, 'none')$q$, columns), keep => fast);
	RETURN coalesce(outcome.state || coalesce(' ' || outcome.detail, ''), outcome.value);
END $$;
SELECT is(fixture.offer(jsonb_build_object('provenance', p)), 'ZE130 The provenance is "' || p || '".', p || ' goods are not sold') FROM unnest(ARRAY['eu_funded', 'seized', 'undersized']) p;
SELECT is(fixture.offer(jsonb_build_object('provenance', p, 'public_units', 0, 'price_cents', NULL)), '8.0', p || ' goods are given') FROM unnest(ARRAY['eu_funded', 'seized', 'undersized', 'given', 'bought']) p;
SELECT is(fixture.offer(jsonb_build_object('provenance', p)), '8.0', p || ' goods may be sold') FROM unnest(ARRAY['given', 'bought']) p;
SELECT fixture.name_lot('seized', fixture.lot(0, 5)) \g /dev/null
SET session_replication_role = replica;
UPDATE ecopanier.lot SET provenance = 'seized' WHERE id = fixture.named('seized');
SELECT throws_ok($$UPDATE ecopanier.lot SET public_units = 1 WHERE id = fixture.named('seized')$$, '23514', NULL, 'nor does a replica''s apply sell them');
RESET session_replication_role;
SELECT is(fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = 1, price_cents = 400 WHERE id = fixture.named('seized')$$), 'ZE130', 'a published lot of them gets no public units');
SELECT throws_ok($$UPDATE ecopanier.lot SET public_units = 1 WHERE id = fixture.named('seized')$$, 'ZE130', NULL, 'not by a load either');
SELECT is(fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('seized'))$$), 'ZE104', 'a customer finds none');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('seized'))$$), 'held', 'a beneficiary does');

\echo '# the limit temperature is that of its class at publication'
SELECT is(fixture.offer(jsonb_build_object('cold_class', c)), l, c) FROM (VALUES ('ambient', 'none'), ('perishable', '8.0'), ('very_perishable', '4.0'), ('minced_meat', '2.0'), ('melting_ice', '2.0'),
	('frozen', '-18.0'), ('hot', '63.0')) v (c, l);

\echo '# certificates: who keeps them'
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);
INSERT INTO step (says, name, role, statement, expected) VALUES
('a station keeps none', 'Sami', 'merchant', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('organic_ab', 'FR-BIO-01/1', '2026-01-01', '2026-11-20')$$, '42501'),
('a customer neither', 'Camille', 'customer', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('organic_ab', 'FR-BIO-01/1', '2026-01-01', '2026-11-20')$$, '42501'),
('nobody for others', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (organisation_id, label, number, valid_from, valid_until) VALUES (fixture.organisation('CCAS'), 'organic_ab', '1', '2026-01-01', '2026-11-20')$$, 'ZE101'),
('nor for who is not there', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (organisation_id, label, number, valid_from, valid_until) VALUES (ecopanier.new_id(1), 'organic_ab', '1', '2026-01-01', '2026-11-20')$$, 'ZE101'),
('a label that there is not', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('bio', '1', '2026-01-01', '2026-11-20')$$, '23503'),
('days in order', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('hve', '1', '2026-11-21', '2026-11-20')$$, '23514'),
('one day is enough', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('hve', '1', '2026-11-20', '2026-11-20')$$, '1 row'),
('with an end', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('hve', '1', '2026-11-20', 'infinity')$$, '23514'),
('and a number', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('hve', '', '2026-11-20', '2026-11-20')$$, '23514'),
('the owner does', 'Mona', 'merchant', $$INSERT INTO ecopanier.organisation_label (label, number, valid_from, valid_until) VALUES ('organic_ab', 'FR-BIO-01/1', '2026-01-01', '2026-11-20')$$, '1 row'),
('an administrator for anybody', 'Adele', 'administrator', $$INSERT INTO ecopanier.organisation_label (organisation_id, label, number, valid_from, valid_until) VALUES (fixture.organisation('CCAS'), 'msc', 'C1', '2026-11-21', '2026-12-31')$$, '1 row'),
('of the own territory', 'Adele', 'administrator', $$INSERT INTO ecopanier.organisation_label (organisation_id, label, number, valid_from, valid_until) VALUES (fixture.organisation('CCAS', 2), 'msc', 'C1', '2026-11-21', '2026-12-31')$$, '23503'),
('staff read the own', 'Sami', 'merchant', $$SELECT string_agg(label || ' ' || number, ', ' ORDER BY label) FROM ecopanier.organisation_label$$, 'hve 1, organic_ab FR-BIO-01/1'),
('administrators all', 'Adele', 'administrator', $$SELECT string_agg(label, ', ' ORDER BY label) FROM ecopanier.organisation_label$$, 'hve, msc, organic_ab'),
('it does not change', 'Mona', 'merchant', $$UPDATE ecopanier.organisation_label SET valid_until = '2027-11-20'$$, '42501'),
('nor go', 'Mona', 'merchant', $$DELETE FROM ecopanier.organisation_label$$, '42501'),
('a station withdraws none', 'Sami', 'merchant', $$UPDATE ecopanier.organisation_label SET withdrawn_at = ecopanier.now() WHERE label = 'hve'$$, '42501'),
('the owner does, now', 'Mona', 'merchant', $$UPDATE ecopanier.organisation_label SET withdrawn_at = '2030-01-01' WHERE label = 'hve' RETURNING withdrawn_at = ecopanier.now()$$, 'true'),
('for good', 'Mona', 'merchant', $$UPDATE ecopanier.organisation_label SET withdrawn_at = NULL WHERE label = 'hve'$$, 'ZE111'),
('the audit knows', 'Adele', 'administrator', $$SELECT string_agg(action, ', ' ORDER BY action) FROM ecopanier.audit_event WHERE action LIKE 'organisation_label%' AND facts::text LIKE '%hve%'$$,
	'organisation_label_insert, organisation_label_update');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;
SELECT is((fixture.attempt(session_user::text, NULL, NULL, statement)).state, 'ZE111', 'a superuser: ' || statement) FROM unnest(ARRAY['UPDATE ecopanier.organisation_label SET number = ''x''',
	'UPDATE ecopanier.organisation_label SET withdrawn_at = NULL WHERE label = ''hve''', 'DELETE FROM ecopanier.organisation_label', 'TRUNCATE ecopanier.organisation_label']) statement;

\echo '# certificates: what they are needed for'
CREATE TEMP TABLE labelled (n serial, says text, change text, expected text);
INSERT INTO labelled (says, change, expected) VALUES
('valid on the day that the window ends', '{"labels": "{organic_ab}"}', '8.0'),
('to the last moment of it', '{"labels": "{organic_ab}", "window_end": "2026-11-20T23:00:00Z"}', '8.0'),
('not a moment longer', '{"labels": "{organic_ab}", "window_end": "2026-11-20T23:00:00.000001Z"}', 'ZE115 Missing: certificate of organic_ab.'),
('one that was withdrawn', '{"labels": "{hve}"}', 'ZE115 Missing: certificate of hve.'),
('one of another organisation', '{"labels": "{msc}", "window_end": "2026-11-21T19:00:00Z"}', 'ZE115 Missing: certificate of msc.'),
('the product''s own label', '{"labels": "{aop,label_rouge,fair_trade}"}', '8.0'),
('several', '{"labels": "{asc,aop,organic_ab,organic_eu}"}', 'ZE115 Missing: certificate of organic_eu, certificate of asc.'),
('organic farming says by which label', '{"farming_method": "organic"}', 'ZE115 Missing: label organic_ab or organic_eu.'),
('and is certified', '{"farming_method": "organic", "labels": "{organic_ab}"}', '8.0'),
('other farming needs none', '{"farming_method": "free_range"}', '8.0'),
('a wish that rests on unknown allergens', '{"allergens": null, "wishes": "{no_milk}", "public_units": 0, "price_cents": null}', 'ZE115 Missing: allergens.'),
('one that does not', '{"allergens": null, "wishes": "{no_cooking}", "public_units": 0, "price_cents": null}', '8.0'),
('a wish that it satisfies', '{"wishes": "{no_gluten,no_fridge}"}', '8.0');
SELECT is(fixture.offer(change::jsonb), expected, says) FROM labelled ORDER BY n;

\echo '# lot_missing() says the same to a form'
CREATE FUNCTION fixture.missing(change jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	columns text;
BEGIN
	SELECT string_agg(format('%I = %L', key, value), ', ') INTO columns FROM jsonb_each_text('{"title": "Manque"}' || change);
	RETURN fixture.try('Mona', 'merchant', format($q$INSERT INTO ecopanier.lot (title) VALUES ('Manque'); UPDATE ecopanier.lot SET %s WHERE title = 'Manque';
		SELECT ecopanier.lot_missing(id)::text FROM ecopanier.lot WHERE title = 'Manque'$q$, columns));
END $$;
SELECT is(fixture.missing('{}'), '{category,window_start,window_end,"public_units or solidarity_units",original_price_cents,"unit_weight_g or meals_per_unit",cold_class,"use_by or best_before or undated",batch}',
	'a lot with a title');
SELECT is(fixture.missing('{"public_units": 1, "solidarity_units": 1, "original_price_cents": 1000, "price_cents": 400, "window_start": "2026-11-20T17:00:00Z", "window_end": "2026-11-20T19:00:00Z",
	"category": "dairy", "unit_weight_g": 500, "cold_class": "perishable", "undated": true, "allergens": "{}", "labels": "{organic_ab,asc}"}'), '{"certificate of asc"}', 'a lot that lacks a certificate');
SELECT is(fixture.missing('{"public_units": 1, "original_price_cents": 1000, "window_end": "2026-11-20T19:00:00Z", "category": "Divers", "meals_per_unit": 1, "cold_class": "hot", "best_before": "2026-01-01", "batch": "x"}'),
	'{category,window_start,price_cents,allergens}', 'a lot for sale');
SELECT fixture.name_lot('mine', fixture.lot(5, 5)) \g /dev/null
INSERT INTO step (says, name, role, statement, expected) VALUES
('a lot that lacks nothing', 'Mona', 'merchant', $$SELECT ecopanier.lot_missing(fixture.named('mine'))::text$$, '{}'),
('a station may ask', 'Sami', 'merchant', $$SELECT ecopanier.lot_missing(fixture.named('mine'))::text$$, '{}'),
('not others', 'Alice', 'association', $$SELECT ecopanier.lot_missing(fixture.named('mine'))$$, 'ZE101'),
('nor of what is not there', 'Mona', 'merchant', $$SELECT ecopanier.lot_missing(ecopanier.new_id(1))$$, 'ZE101'),
('nor of nothing', 'Mona', 'merchant', $$SELECT ecopanier.lot_missing(NULL)$$, 'ZE101'),
('a customer may not', 'Camille', 'customer', $$SELECT ecopanier.lot_missing(fixture.named('mine'))$$, '42501');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# what was published stays'
CREATE TEMP TABLE frozen AS SELECT c FROM unnest(ARRAY['category = ''fruit''', 'cold_class = ''frozen''', 'undated = true, use_by = NULL', 'origin = ''Poitou''', 'farming_method = ''barn''', 'nutri_score = ''a''', 'provenance = ''given''',
	'labels = ''{aop}''', 'wishes = ''{no_pork}''', 'batch = ''L2''', 'use_by = NULL', 'best_before = ''2026-12-01''', 'allergens = NULL', 'allergens = ''{}''',
	'windows = ''{"[2026-11-20 17:00+00,2026-11-20 17:30+00)","[2026-11-20 18:30+00,2026-11-20 19:00+00)"}''', 'price_falls_from = ''2026-11-20 18:00+00'', price_step_minutes = 10, price_step_cents = 10, price_floor_cents = 300']) c;
SELECT is(fixture.try('Mona', 'merchant', format('UPDATE ecopanier.lot SET %s WHERE id = fixture.named(''mine'')', c)), 'ZE111', 'published: ' || c) FROM frozen;
SELECT is((fixture.attempt(session_user::text, NULL, NULL, format('UPDATE ecopanier.lot SET %s WHERE id = fixture.named(''mine'')', c))).state, 'ZE111', 'loaded: ' || c)
FROM (SELECT c FROM frozen UNION ALL SELECT 'limit_celsius = 4') f;
SELECT is(fixture.try('Mona', 'merchant', format('UPDATE ecopanier.lot SET %s WHERE id = fixture.named(''mine'')', c)), '1 row', 'words may: ' || c) FROM unnest(ARRAY['description = ''Tout frais''', 'latitude = 46.6']) c;

\echo '# lots of before 0.4.0 stay as they were published'
SELECT fixture.name_lot('old', fixture.lot(5, 0)), fixture.name_lot('old free', fixture.lot(0, 5)) \g /dev/null
SET session_replication_role = replica;
UPDATE ecopanier.lot SET category = NULL, cold_class = NULL, batch = NULL, allergens = NULL, unit_weight_g = NULL, use_by = NULL WHERE id IN (fixture.named('old'), fixture.named('old free'));
RESET session_replication_role;
INSERT INTO step (says, name, role, statement, expected) VALUES
('they are claimed', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('old'))$$, 'held'),
('get units', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = 6 WHERE id = fixture.named('old')$$, '1 row'),
('free ones too', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET solidarity_units = 6 WHERE id = fixture.named('old free')$$, '1 row'),
('not without a price', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = 1 WHERE id = fixture.named('old free')$$, 'ZE115'),
('and close', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('old')$$, '1 row');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# lots a day, by plan'
CREATE FUNCTION fixture.drafts(many int, territory int DEFAULT 1) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units, original_price_cents, price_cents, unit_weight_g, cold_class, undated, allergens, window_start, window_end)
	SELECT territory, fixture.organisation('Boulangerie', territory), 'Jour ' || n, 'bakery', 1, 1000, 400, 500, 'ambient', true, '{}', '2026-11-20 17:00+00', '2026-11-25 17:00+00' FROM generate_series(1, many) n $$;
SELECT fixture.drafts(200), fixture.drafts(25, 2) \g /dev/null
CREATE FUNCTION fixture.publish(many int) RETURNS text IMMUTABLE LANGUAGE sql AS $$
	SELECT format('UPDATE ecopanier.lot SET state = ''published'' WHERE id IN (SELECT id FROM ecopanier.lot WHERE title LIKE ''Jour %%'' AND state = ''draft'' LIMIT %s)', many) $$;
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('what is loaded is not counted', 'Mona', 'merchant', 'SELECT count(*) FROM ecopanier.lot_day', '0', NULL),
('twenty-one at once are refused', 'Mona', 'merchant', fixture.publish(21), 'ZE129', NULL),
('and none is counted', 'Mona', 'merchant', 'SELECT count(*) FROM ecopanier.lot_day', '0', NULL),
('nineteen', 'Mona', 'merchant', fixture.publish(19), '19 rows', NULL),
('the twentieth', 'Mona', 'merchant', fixture.publish(1), '1 row', NULL),
('no more', 'Mona', 'merchant', fixture.publish(1), 'ZE129', NULL),
('the count is read by staff', 'Sami', 'merchant', 'SELECT concat_ws('' '', day, used, limit_lots, limit_version, plan) FROM ecopanier.lot_day', '2026-11-20 20 20 1 free', NULL),
('not by others', 'Alice', 'association', 'SELECT count(*) FROM ecopanier.lot_day', '0', NULL),
('drafts are free', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title) VALUES ('x')$$, '1 row', NULL),
('a cancelled lot was one of the day', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled' WHERE id = (SELECT id FROM ecopanier.lot WHERE title LIKE 'Jour %' AND state = 'published' LIMIT 1)$$, '1 row', NULL),
('so still no more', 'Mona', 'merchant', fixture.publish(1), 'ZE129', '2026-11-20 22:59:59.999999+00'),
('at midnight of Poitiers a new day begins', 'Mona', 'merchant', fixture.publish(1), '1 row', '2026-11-20 23:00:00+00'),
('of twenty again', 'Mona', 'merchant', fixture.publish(20), 'ZE129', '2026-11-21 12:00:00+00'),
('another plan from the 22nd', 'Adele', 'administrator', $$SELECT ecopanier.set_organisation_plan(fixture.organisation('Boulangerie'), 'standard', 'contract', '2026-11-21 23:00+00')$$, '1', NULL),
('not before', 'Mona', 'merchant', fixture.publish(20), 'ZE129', '2026-11-21 22:59:59.999999+00'),
('a hundred a day', 'Mona', 'merchant', fixture.publish(100), '100 rows', '2026-11-21 23:00:00+00'),
('and not one more', 'Mona', 'merchant', fixture.publish(1), 'ZE129', '2026-11-21 23:00:00+00'),
('the limit is a dated setting', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('lots_per_day_standard', 102, 'decision')$$, '2', '2026-11-22 08:00:00+00'),
('that binds the day it begins on', 'Mona', 'merchant', fixture.publish(2), '2 rows', '2026-11-22 08:00:00+00'),
('to the last', 'Mona', 'merchant', fixture.publish(1), 'ZE129', '2026-11-22 08:00:00+00'),
('lowered', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('lots_per_day_standard', 0, 'decision')$$, '3', '2026-11-22 09:00:00+00'),
('to nothing', 'Mona', 'merchant', fixture.publish(1), 'ZE129', '2026-11-23 09:00:00+00');
INSERT INTO step (says, name, role, statement, expected, at, territory) VALUES
('another territory has its own day', 'Mona', 'merchant', fixture.publish(20), '20 rows', '2026-11-20 19:59:59.999999+00', 2),
('which ends', 'Mona', 'merchant', fixture.publish(1), 'ZE129', '2026-11-20 19:59:59.999999+00', 2),
('at its own midnight', 'Mona', 'merchant', fixture.publish(1), '1 row', '2026-11-20 20:00:00+00', 2);
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
SELECT is((a).detail || ' ' || (a).hint, 'The plan "standard" allows 0 a day. Keep the draft and publish it tomorrow, or ask for another plan.', 'the refusal tells plan and limit')
FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), fixture.publish(1), '2026-11-23 09:00:00+00') a;
SELECT is(count(*), 0::bigint, 'days that hold more than their limit') FROM ecopanier.lot_day WHERE used > limit_lots;
SELECT throws_ok(statement, code, NULL, 'a superuser: ' || statement) FROM (VALUES ('UPDATE ecopanier.lot_day SET used = 1', 'ZE112'), ('DELETE FROM ecopanier.lot_day', 'ZE112'), ('TRUNCATE ecopanier.lot_day', 'ZE111'),
	('INSERT INTO ecopanier.lot_day VALUES (1, fixture.organisation(''CCAS''), ''2026-11-20'', 1, 20, 1, ''free'')', 'ZE112')) v (statement, code);
SELECT ecopanier.rebuild_open_lots() \g /dev/null
SELECT is(coalesce(string_agg(invariant, ' '), 'none'), 'none', 'invariants') FROM ecopanier.self_check() WHERE violations <> 0;
SELECT * FROM finish();
