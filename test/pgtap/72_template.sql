-- Templates, repetition, many lots in one call: who writes, what is made for which day and when, what goes wrong, what a retry answers.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);
CREATE TEMP TABLE said (n int, line text);
CREATE PROCEDURE pg_temp.walk() LANGUAGE plpgsql AS $$
DECLARE
	line record;
BEGIN
	FOR line IN SELECT * FROM step ORDER BY n LOOP
		INSERT INTO said SELECT line.n, tap.is(fixture.try(line.name, line.role, line.statement, line.territory, line.at, keep => true), line.expected, line.says);
	END LOOP;
	TRUNCATE step;
END $$;
\set walk 'CALL pg_temp.walk(); SELECT line FROM said ORDER BY n; TRUNCATE said;'
CREATE FUNCTION pg_temp.at(moment text) RETURNS text LANGUAGE sql AS $$ SELECT set_config('ecopanier.clock', moment, false) $$;
CREATE FUNCTION pg_temp.turn() RETURNS bigint LANGUAGE sql AS $$ SELECT done FROM ecopanier.tick() WHERE step = 'templates' $$;
CREATE FUNCTION pg_temp.due() RETURNS text LANGUAGE sql AS $$ SELECT coalesce(next_due::text, 'never') FROM ecopanier.schedule() WHERE step = 'templates' $$;
CREATE FUNCTION pg_temp.next(template_title text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(next_day || ' ' || (next_start AT TIME ZONE 'UTC'), 'never') FROM ecopanier.lot_template WHERE title = template_title $$;
-- What was made of templates, by title: day, state, window in UTC.
CREATE FUNCTION pg_temp.made(template_title text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', to_char(l.template_day, 'MM-DD'), l.state, to_char(l.window_start AT TIME ZONE 'UTC', 'HH24:MI'), to_char(l.window_end AT TIME ZONE 'UTC', 'HH24:MI')), ', ' ORDER BY l.template_day)
	FROM ecopanier.lot l JOIN ecopanier.lot_template m ON m.territory_id = l.territory_id AND m.id = l.template_id WHERE m.title = template_title $$;
-- A complete template of bread, as columns and values to be changed.
CREATE FUNCTION fixture.bread(title text, changes jsonb DEFAULT '{}') RETURNS text IMMUTABLE LANGUAGE sql AS $$
	SELECT format('INSERT INTO ecopanier.lot_template (%s) VALUES (%s)', string_agg(quote_ident(key), ', ' ORDER BY key), string_agg(quote_nullable(value), ', ' ORDER BY key))
	FROM jsonb_each_text(jsonb_build_object('title', title, 'category', 'bakery', 'public_units', 4, 'solidarity_units', 2, 'original_price_cents', 800, 'price_cents', 400,
		'unit_weight_g', 600, 'cold_class', 'ambient', 'allergens', '{gluten}', 'use_by_days', 1, 'batch_pattern', 'P{date}', 'starts_at', '{18:00}', 'ends_at', '{19:30}') || changes) $$;
CREATE FUNCTION fixture.set(setting text, number numeric, territory int DEFAULT 1, since timestamptz DEFAULT '-infinity') RETURNS void LANGUAGE sql AS
$$ INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (territory, setting, number, since, 'test') $$;

\echo '# who writes templates, and what they take'
INSERT INTO step (says, name, role, statement, expected) VALUES
('a customer writes none', 'Camille', 'customer', fixture.bread('x'), '42501'),
('nor does a station', 'Sami', 'merchant', fixture.bread('x'), '42501'),
('an owner does', 'Mona', 'merchant', fixture.bread('Bread'), '1 row'),
('an association too', 'Alice', 'association', fixture.bread('Soup', '{"public_units": 0, "price_cents": null}'), '1 row'),
('each reads the own', 'Alice', 'association', $$SELECT string_agg(title, ' ') FROM ecopanier.lot_template$$, 'Soup'),
('administrators read all', 'Adele', 'administrator', $$SELECT string_agg(title, ' ' ORDER BY title) FROM ecopanier.lot_template$$, 'Bread Soup'),
('customers none', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.lot_template$$, '42501'),
('a station changes none', 'Sami', 'merchant', $$UPDATE ecopanier.lot_template SET title = 'y'$$, '42501'),
('others change none', 'Alice', 'association', $$UPDATE ecopanier.lot_template SET title = 'y' WHERE title = 'Bread'$$, '0 rows'),
('what is derived is not written', 'Mona', 'merchant', $$UPDATE ecopanier.lot_template SET next_day = '2026-11-30'$$, '42501'),
('nor for another organisation', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot_template (organisation_id, title, starts_at, ends_at) VALUES (fixture.organisation('CCAS'), 'x', '{18:00}', '{19:00}')$$, '42501'),
-- What would be refused each day is refused at once, with all that is missing.
('an incomplete one is refused', 'Mona', 'merchant', fixture.bread('x', '{"batch_pattern": null, "cold_class": null}'), 'ZE115'),
('but for drafts', 'Mona', 'merchant', fixture.bread('Drafts', '{"batch_pattern": null, "cold_class": null, "publish": false}'), '1 row'),
('which are not then published', 'Mona', 'merchant', $$UPDATE ecopanier.lot_template SET publish = true WHERE title = 'Drafts'$$, 'ZE115'),
('a price out of range', 'Mona', 'merchant', fixture.bread('x', '{"price_cents": 600}'), 'ZE109'),
('a use-by date before the day ends', 'Mona', 'merchant', fixture.bread('x', '{"use_by_days": -1}'), '23514'),
('the same day', 'Mona', 'merchant', fixture.bread('Today', '{"use_by_days": 0}'), '1 row'),
('a category that is none', 'Mona', 'merchant', fixture.bread('x', '{"category": "Pain"}'), 'ZE115'),
('no weekday', 'Mona', 'merchant', fixture.bread('x', '{"weekdays": "{}"}'), '23514'),
('an eighth', 'Mona', 'merchant', fixture.bread('x', '{"weekdays": "{8}"}'), '23514'),
('an end before its start', 'Mona', 'merchant', fixture.bread('x', '{"ends_at": "{17:00}"}'), '23514'),
('until midnight', 'Mona', 'merchant', fixture.bread('Late', '{"ends_at": "{24:00}", "use_by_days": 1}'), '1 row'),
('more starts than ends', 'Mona', 'merchant', fixture.bread('x', '{"starts_at": "{17:00,18:00}"}'), '23514'),
('windows that overlap', 'Mona', 'merchant', fixture.bread('x', '{"starts_at": "{17:00,18:00}", "ends_at": "{18:01,19:00}"}'), '23514'),
('undated with a date', 'Mona', 'merchant', fixture.bread('x', '{"undated": true}'), '23514'),
('a part of a falling price', 'Mona', 'merchant', fixture.bread('x', '{"price_falls_at": "18:30"}'), '23514'),
('active for ever', 'Mona', 'merchant', fixture.bread('x', '{"active_until": "infinity"}'), '23514'),
('since ever', 'Mona', 'merchant', fixture.bread('x', '{"active_from": "-infinity"}'), '22023'),
('trying made no lot', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.lot$$, '0'),
('one without lots is thrown away', 'Mona', 'merchant', $$DELETE FROM ecopanier.lot_template WHERE title IN ('Drafts', 'Today', 'Late')$$, '3 rows');
:walk
DELETE FROM ecopanier.lot_template WHERE title = 'Soup';
SELECT is((SELECT detail FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), fixture.bread('x', '{"batch_pattern": null, "cold_class": null}'))), 'Missing: cold_class, batch.', 'all that is missing is named');
SELECT is(count(*), 0::bigint, 'nor did anything else stay of it') FROM ecopanier.event WHERE kind LIKE 'lot.%';

\echo '# the day''s lot is made ahead, once'
-- Bread: 18:00 in Poitiers is 17:00 UTC; it was written at 16:00 UTC, an hour before.
SELECT is(pg_temp.next('Bread'), '2026-11-20 2026-11-20 17:00:00', 'today''s lot comes first');
SELECT is(pg_temp.due(), '2026-11-20 16:00:00+00', 'and is due when the template is written');
SELECT is(pg_temp.turn(), 1::bigint, 'it is made');
SELECT is(pg_temp.made('Bread'), '11-20 published 17:00 18:30', 'and published');
SELECT is(pg_temp.turn(), 0::bigint, 'once');
SELECT is(concat_ws(' ', title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, allergens, use_by, batch, cold_class, published_at),
	'Bread bakery 4 2 800 400 600 {gluten} 2026-11-21 P2026-11-20 ambient 2026-11-20 16:00:00+00', 'as the template says') FROM ecopanier.lot;
SELECT is(pg_temp.due(), '2026-11-21 05:00:00+00', 'the next is due twelve hours before its window');
SELECT pg_temp.at('2026-11-21 04:59:59.999999+00') \g /dev/null
SELECT is(pg_temp.turn(), 0::bigint, 'not before');
SELECT pg_temp.at('2026-11-21 05:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 1::bigint, 'then it is made');
SELECT is(published_at, '2026-11-21 05:00:00+00', 'at its moment') FROM ecopanier.lot WHERE template_day = '2026-11-21';
SELECT fixture.set('template_lead_minutes', 60, 1, '2026-11-21 06:00+00') \g /dev/null
SELECT pg_temp.at('2026-11-21 06:00:00+00') \g /dev/null
SELECT is(pg_temp.due(), '2026-11-22 16:00:00+00', 'the lead is a dated setting of the territory');
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('a lot can be made earlier by hand', 'Mona', 'merchant', $$SELECT (ecopanier.lot_from_template(id, '2026-11-22') IS NOT NULL)::text FROM ecopanier.lot_template$$, 'true', '2026-11-21 06:00+00'),
('again it is the same', 'Mona', 'merchant', $$SELECT (ecopanier.lot_from_template(m.id, '2026-11-22') = l.id)::text FROM ecopanier.lot_template m JOIN ecopanier.lot l ON l.template_day = '2026-11-22'$$, 'true', '2026-11-21 06:00+00'),
('today by default', 'Mona', 'merchant', $$SELECT (ecopanier.lot_from_template(m.id) = l.id)::text FROM ecopanier.lot_template m JOIN ecopanier.lot l ON l.template_day = '2026-11-21'$$, 'true', '2026-11-21 06:00+00'),
('not for yesterday', 'Mona', 'merchant', $$SELECT ecopanier.lot_from_template(id, '2026-11-20') FROM ecopanier.lot_template$$, '22023', '2026-11-21 06:00+00'),
('nor too far ahead', 'Mona', 'merchant', $$SELECT ecopanier.lot_from_template(id, '2027-11-23') FROM ecopanier.lot_template$$, '22023', '2026-11-21 06:00+00'),
('not by a station', 'Sami', 'merchant', $$SELECT ecopanier.lot_from_template(ecopanier.new_id(1))$$, '42501', '2026-11-21 06:00+00'),
('nor of others', 'Alice', 'association', $$SELECT ecopanier.lot_from_template(ecopanier.new_id(1))$$, 'ZE101', '2026-11-21 06:00+00'),
('a template with lots stays', 'Mona', 'merchant', $$DELETE FROM ecopanier.lot_template$$, 'ZE111', '2026-11-21 06:00+00');
:walk
SELECT pg_temp.at('2026-11-22 16:00:00+00') \g /dev/null
SELECT is(pg_temp.turn() || ' ' || pg_temp.made('Bread'), '1 11-20 closed 17:00 18:30, 11-21 closed 17:00 18:30, 11-22 published 17:00 18:30', 'the schedule goes past what was made by hand');
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('the days are changed', 'Mona', 'merchant', $$UPDATE ecopanier.lot_template SET weekdays = '{1,3}', starts_at = '{18:00,20:00}', ends_at = '{19:00,20:30}', price_cents = 320 WHERE title = 'Bread'$$, '1 row', '2026-11-22 16:00+00'),
('it ends', 'Mona', 'merchant', $$UPDATE ecopanier.lot_template SET active_until = '2026-11-30'$$, '1 row', '2026-11-22 16:00+00');
:walk
SELECT is(pg_temp.next('Bread'), '2026-11-23 2026-11-23 17:00:00', 'today was made, so Monday is next');
SELECT pg_temp.at('2026-12-08 00:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 3::bigint, 'Monday, Wednesday, Monday, and then it is over');
SELECT is(string_agg(to_char(template_day, 'MM-DD ') || cardinality(windows) || ' ' || price_cents || ' ' || (published_at AT TIME ZONE 'UTC'), ', ' ORDER BY template_day),
	'11-23 2 320 2026-11-23 16:00:00, 11-25 2 320 2026-11-25 16:00:00, 11-30 2 320 2026-11-30 16:00:00', 'each bears the moment at which it was due') FROM ecopanier.lot WHERE template_day > '2026-11-22';
SELECT is(pg_temp.next('Bread') || ' ' || pg_temp.due(), 'never never', 'nothing more is due');

\echo '# days without a lot'
SELECT pg_temp.at('2026-12-08 08:00:00+00') \g /dev/null
INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
SELECT 1, fixture.organisation('Boulangerie'), w, '07:00', '17:00' FROM generate_series(1, 6) w;
INSERT INTO ecopanier.organisation_opening_exception (territory_id, organisation_id, first_day, last_day, opens_at, closes_at) VALUES
(1, fixture.organisation('Boulangerie'), '2026-12-10', '2026-12-11', NULL, NULL), (1, fixture.organisation('Boulangerie'), '2026-12-13', '2026-12-13', '08:00', '12:00');
SELECT is(fixture.try('Mona', 'merchant', fixture.bread('Open'), at => '2026-12-08 08:00+00', keep => true), '1 row', 'a template for all days');
SELECT pg_temp.at('2026-12-15 23:30:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 8::bigint, 'each day is gone through');
SELECT is(pg_temp.made('Open'), '12-08 closed 17:00 18:30, 12-09 closed 17:00 18:30, 12-12 closed 17:00 18:30, 12-13 closed 17:00 18:30, 12-14 closed 17:00 18:30, 12-15 closed 17:00 18:30',
	'none on closed days; a window after closing time counts, and a Sunday that is opened');
SELECT is(last_day || ' ' || coalesce(last_error_code, 'no error'), '2026-12-15 no error', 'which is no error') FROM ecopanier.lot_template WHERE title = 'Open';
SELECT pg_temp.at('2026-12-26 23:30:00+00') \g /dev/null
SELECT is(pg_temp.turn() || ' ' || right(pg_temp.made('Open'), 50), '11 12-24 closed 17:00 18:30, 12-26 closed 17:00 18:30', 'none on Christmas, nor on a Sunday');
UPDATE ecopanier.organisation SET state = 'suspended', state_reason = 'why' WHERE territory_id = 1 AND name = 'Boulangerie';
SELECT pg_temp.at('2026-12-28 23:30:00+00') \g /dev/null
SELECT is(pg_temp.turn() || ' ' || right(pg_temp.made('Open'), 24), '2 12-26 closed 17:00 18:30', 'none of an organisation that is not active');
UPDATE ecopanier.organisation SET state = 'active', state_reason = NULL WHERE territory_id = 1 AND name = 'Boulangerie';
SELECT is(fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot_template SET active_until = '2026-12-28' WHERE title = 'Open'$$, at => '2026-12-28 23:30+00', keep => true), '1 row', 'it is ended');
DELETE FROM ecopanier.organisation_opening WHERE territory_id = 1;

\echo '# nights of 23 and 25 hours, and Réunion'
SELECT pg_temp.at('2027-03-26 12:00:00+00'), fixture.set('template_lead_minutes', 720, 1, '2027-01-01'), fixture.set('template_lead_minutes', 720, 2, '2027-01-01') \g /dev/null
SELECT is(fixture.try('Mona', 'merchant', fixture.bread('Night', '{"starts_at": "{01:30,02:15,03:30}", "ends_at": "{02:00,02:45,04:00}", "active_until": "2027-03-29"}'), at => '2027-03-26 12:00+00', keep => true), '1 row', 'windows in the night');
SELECT pg_temp.at('2027-03-29 12:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 3::bigint, 'three nights');
CREATE FUNCTION pg_temp.windows(template_title text, day date) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(to_char(w.starts_at AT TIME ZONE 'UTC', 'HH24:MI-') || to_char(w.ends_at AT TIME ZONE 'UTC', 'HH24:MI'), ' ' ORDER BY w.number)
	FROM ecopanier.lot l JOIN ecopanier.lot_template m ON m.id = l.template_id JOIN ecopanier.lot_window w ON w.lot_id = l.id WHERE m.title = template_title AND l.template_day = day $$;
SELECT is(pg_temp.windows('Night', '2027-03-27'), '00:30-01:00 01:15-01:45 02:30-03:00', 'a night before');
SELECT is(pg_temp.windows('Night', '2027-03-28'), '00:30-01:00 01:30-02:00', 'what lies in the hour that is left out is left out');
SELECT is(pg_temp.windows('Night', '2027-03-29'), '23:30-00:00 00:15-00:45 01:30-02:00', 'a night after');
SELECT pg_temp.at('2027-10-29 12:00:00+00') \g /dev/null
SELECT is(fixture.try('Mona', 'merchant', fixture.bread('Autumn', '{"starts_at": "{01:30,03:30}", "ends_at": "{02:30,04:00}", "active_until": "2027-11-01", "price_falls_at": "01:00", "price_step_minutes": 60, "price_step_cents": 50, "price_floor_cents": 250}'),
	at => '2027-10-29 12:00+00', keep => true), '1 row', 'and in autumn');
SELECT pg_temp.at('2027-11-01 12:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 3::bigint, 'three nights');
SELECT is(pg_temp.windows('Autumn', '2027-10-30'), '23:30-00:30 01:30-02:00', 'a night before');
SELECT is(pg_temp.windows('Autumn', '2027-10-31'), '23:30-01:30 02:30-03:00', 'two hours pass between half past one and half past two');
SELECT is(string_agg((price_falls_from AT TIME ZONE 'UTC')::text, ' ' ORDER BY template_day), '2027-10-29 23:00:00 2027-10-30 23:00:00 2027-11-01 00:00:00', 'the price falls at the local time')
FROM ecopanier.lot WHERE price_falls_from IS NOT NULL;
SELECT is(string_agg(ecopanier.price_at(id, '2027-10-31 01:30+00')::text, ' ' ORDER BY template_day), '250 250 400', 'by hours that pass') FROM ecopanier.lot WHERE price_falls_from IS NOT NULL;
SELECT is(fixture.try('Mona', 'merchant', fixture.bread('Pain de l''île', '{"starts_at": "{01:00}", "ends_at": "{02:00}", "active_until": "2027-11-03", "batch_pattern": "L{year}-{dayofyear}"}'), 2, '2027-11-01 12:00+00', keep => true), '1 row', 'in Réunion, four hours ahead');
SELECT is(pg_temp.next('Pain de l''île'), '2027-11-02 2027-11-01 21:00:00', 'its day begins at eight in the evening, UTC');
SELECT is(pg_temp.turn() || ' ' || pg_temp.made('Pain de l''île'), '1 11-02 published 21:00 22:00', 'the window opens within twelve hours');
SELECT is(use_by || ' ' || batch, '2027-11-03 L2027-306', 'dates and batch are of the local day') FROM ecopanier.lot WHERE territory_id = 2;

\echo '# what goes wrong is data'
SELECT pg_temp.at('2027-11-10 08:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 1::bigint, 'Réunion''s last day is over');
UPDATE ecopanier.beneficiary SET valid_until = '2028-12-31';
-- Loaded templates are not tried: one lacks a batch, one its units; the third is sound.
INSERT INTO ecopanier.lot_template (territory_id, organisation_id, title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, use_by_days, batch_pattern, starts_at, ends_at)
SELECT 1, fixture.organisation('Boulangerie'), t, c, 2, 400, 500, 'ambient', 1, CASE WHEN t <> 'No batch' THEN 'L' END, '{12:00}', '{13:00}'
FROM (VALUES ('No batch', 'bakery'), ('Sound', 'bakery'), ('No lot', 'bakery')) v (t, c);
UPDATE ecopanier.lot_template SET latitude = 46.58, original_price_cents = 400, price_cents = 399, public_units = 1 WHERE title = 'No lot';
SELECT is(pg_temp.turn(), 3::bigint, 'the step goes through all');
SELECT is(string_agg(title || ' ' || coalesce(last_error_code || ' ' || last_error || ' ' || last_error_day, '-'), ', ' ORDER BY title),
	'No batch ZE115 the lot is not complete: Missing: batch. 2027-11-10, No lot ZE109 the discount is out of range: A unit of 400 cents is sold for 120 to 280 cents. 2027-11-10, Sound -',
	'and notes on each what went wrong') FROM ecopanier.lot_template WHERE next_day = '2027-11-11';
SELECT is(concat_ws(' / ', pg_temp.made('No batch'), pg_temp.made('Sound'), coalesce(pg_temp.made('No lot'), 'none')), '11-10 draft 11:00 12:00 / 11-10 published 11:00 12:00 / none',
	'what cannot be published is a draft, where that can be');
SELECT is(string_agg(kind || ' ' || (facts ->> 'code') || ' ' || (facts ->> 'day'), ', ' ORDER BY facts ->> 'code'), 'template.failed ZE109 2027-11-10, template.failed ZE115 2027-11-10', 'two events tell of it') FROM ecopanier.event WHERE kind = 'template.failed';
SELECT is(string_agg(m.display_name || ' ' || (n.args ->> 'lot') || ' ' || (n.args ->> 'day'), ', ' ORDER BY n.args ->> 'lot'), 'Mona No batch 10/11/2027, Mona No lot 10/11/2027', 'to managers and owners, not to stations')
FROM ecopanier.notification n JOIN ecopanier.member m ON m.id = n.member_id WHERE n.kind = 'template.failed';
SELECT is(count(DISTINCT ecopanier.message(k, l)), 8::bigint, 'in four languages') FROM unnest(ARRAY['template.failed', 'template.failed.title']) k, unnest(ARRAY['fr', 'en', 'es', 'ar']) l;
SELECT is(fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot_template SET batch_pattern = 'L{date}' WHERE title = 'No batch'$$, at => '2027-11-10 08:00+00', keep => true), '1 row', 'it is put right');
SELECT pg_temp.at('2027-11-11 08:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 3::bigint, 'the next day');
SELECT is(coalesce(last_error_code, 'no error'), 'no error', 'it goes through') FROM ecopanier.lot_template WHERE title = 'No batch';
-- The limit of the plan binds what templates make.
SELECT fixture.set('lots_per_day_free', 3, 1, '2027-11-12') \g /dev/null
INSERT INTO ecopanier.lot_template (territory_id, organisation_id, title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, undated, starts_at, ends_at, active_from, active_until)
SELECT 1, fixture.organisation('Boulangerie'), 'Plan ' || i, 'bakery', 2, 400, 500, 'ambient', true, ARRAY[time '13:00' + i * interval '1 minute'], '{14:00}', '2027-11-12', '2027-11-14' FROM generate_series(1, 3) i;
DELETE FROM ecopanier.lot_template WHERE title = 'No lot';
SELECT pg_temp.at('2027-11-12 08:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 5::bigint, 'two of every day, three of these');
SELECT is(string_agg(title || ' ' || coalesce(last_error_code, '-'), ', ' ORDER BY title), 'Plan 1 -, Plan 2 ZE129, Plan 3 ZE129', 'the earlier windows come first, what is above the limit is told')
FROM ecopanier.lot_template WHERE title LIKE 'Plan%';
-- Two days slept through: the same as if each had been awake for, the limit of each day included.
SELECT pg_temp.at('2027-11-15 08:00:00+00') \g /dev/null
SELECT is(pg_temp.turn(), 12::bigint, 'three days of two, two days of three');
SELECT is(string_agg(to_char(template_day, 'MM-DD ') || n, ', ' ORDER BY template_day), '11-12 3, 11-13 3, 11-14 3, 11-15 2', 'three lots a day were published') FROM (
	SELECT template_day, count(*) AS n FROM ecopanier.lot WHERE template_day >= '2027-11-12' AND territory_id = 1 AND state <> 'draft' GROUP BY 1) d;
SELECT is(string_agg(invariant, ' '), NULL, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;

\echo '# sleeping and waking make the same'
CREATE FUNCTION pg_temp.live(hours int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz := '2028-01-03 00:00+00';
	result text;
BEGIN
	BEGIN
		WHILE moment <= '2028-01-17 00:00+00' LOOP
			PERFORM set_config('ecopanier.clock', moment::text, true);
			PERFORM ecopanier.tick();
			moment := moment + make_interval(hours => hours);
		END LOOP;
		PERFORM set_config('ecopanier.clock', '2028-01-17 00:00+00', true);
		PERFORM ecopanier.tick();
		SELECT string_agg(concat_ws(' ', title, state, template_day, published_at, created_at, window_start, window_end, batch, use_by), E'\n' ORDER BY template_day, title)
		|| (SELECT string_agg(concat_ws(' ', m.title, m.next_day, m.last_day, m.last_error_code, m.last_error_day, m.last_error_at), E'\n' ORDER BY m.title) FROM ecopanier.lot_template m)
		INTO result FROM ecopanier.lot WHERE template_day >= '2028-01-01';
		RAISE EXCEPTION SQLSTATE 'UNDO2';
	EXCEPTION WHEN SQLSTATE 'UNDO2' THEN
		RETURN result;
	END;
END $$;
SELECT pg_temp.at('2028-01-02 12:00:00+00') \g /dev/null
SELECT pg_temp.turn() \g /dev/null
INSERT INTO ecopanier.lot_template (territory_id, organisation_id, title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, undated, starts_at, ends_at, weekdays, active_from)
SELECT 1, fixture.organisation('Boulangerie'), 'Life ' || i, 'bakery', 2, 400, 500, 'ambient', true, ARRAY[time '07:00' + i * interval '97 minutes'], ARRAY[time '08:30' + i * interval '97 minutes'],
	CASE i % 3 WHEN 0 THEN '{1,2,3,4,5,6,7}'::int[] WHEN 1 THEN '{1,4,7}' ELSE '{2,5}' END, '2028-01-03' FROM generate_series(1, 8) i;
CREATE TEMP TABLE life AS SELECT h, pg_temp.live(h) AS state FROM unnest(ARRAY[1, 5, 26, 400]) h;
SELECT is(count(DISTINCT state), 1::bigint, 'each hour, every five, every 26, or once in two weeks') FROM life;
SELECT cmp_ok(length(max(state)), '>', 3000, 'which was something') FROM life;
SELECT cmp_ok(max(state), '~', 'ZE129', 'and met the limit of the day') FROM life;

\echo '# the same as yesterday'
TRUNCATE step;
SELECT pg_temp.at('2026-11-20 16:00:00+00') \g /dev/null
UPDATE ecopanier.lot_template SET active_until = '2026-11-19';
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'merchant', 'Epicerie');
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES (1, fixture.organisation('Epicerie'), fixture.id('Charlie'), 'manager');
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Charlie'), 'merchant');
SELECT pg_temp.at('2026-10-24 06:00:00+00') \g /dev/null
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, cold_class, undated, use_by, best_before, batch, allergens,
	windows, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents, state)
SELECT 1, fixture.organisation('Epicerie'), t, 'grocery', 3, 1, 1000, 600, 500, 'ambient', u, d, d + 5, b, '{}', '{"[2026-10-24 15:00+00,2026-10-24 16:00+00)","[2026-10-24 17:00+00,2026-10-24 18:00+00)"}',
	'2026-10-24 17:30+00', 30, 100, 300, s
FROM (VALUES ('Dated', false, date '2026-10-25', 'L7', 'published'), ('Undated', true, NULL, NULL, 'published'), ('Draft', true, NULL, NULL, 'draft')) v (t, u, d, b, s);
SELECT is(fixture.try('Charlie', 'merchant', fixture.bread('Daily', '{"active_until": "2026-10-24"}'), at => '2026-10-24 06:00+00', keep => true), '1 row', 'a template of yesterday');
SELECT is(pg_temp.turn(), 1::bigint, 'and its lot');
\set repeated '''SELECT string_agg(concat_ws('''' '''', l.title, r.state, r.code, r.detail), '''', '''' ORDER BY l.title) FROM ecopanier.repeat_lots(%s) r LEFT JOIN ecopanier.lot l ON l.id = r.source_lot_id'''
-- In that night the clock goes back: 17:00 on the wall is 15:00 UTC before, 16:00 UTC after.
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('what is repeated', 'Charlie', 'merchant', format(:repeated, 'request_id => ''01a206f0-1304-8000-8061-dbcffb84d001'''), 'Daily draft, Dated draft, Undated draft', '2026-10-25 08:00+00'),
('windows are at the same local times', 'Charlie', 'merchant', $$SELECT string_agg(DISTINCT concat_ws(' ', window_start AT TIME ZONE 'UTC', window_end AT TIME ZONE 'UTC', upper(windows[1]) AT TIME ZONE 'UTC', price_falls_from AT TIME ZONE 'UTC'), ', ')
	FROM ecopanier.lot WHERE window_start > '2026-10-25' AND template_id IS NULL$$, '2026-10-25 16:00:00 2026-10-25 19:00:00 2026-10-25 17:00:00 2026-10-25 18:30:00', NULL),
('dates move by a day, batches are of their day', 'Charlie', 'merchant', $$SELECT string_agg(concat_ws(' ', title, use_by, best_before, coalesce(batch, 'no batch')), ', ' ORDER BY title) FROM ecopanier.lot WHERE window_start > '2026-10-25'$$,
	'Daily 2026-10-26 P2026-10-25, Dated 2026-10-26 2026-10-31 no batch, Undated no batch', NULL),
('a retry answers the same', 'Charlie', 'merchant', format(:repeated, 'request_id => ''01a206f0-1304-8000-8061-dbcffb84d001'''), 'Daily draft, Dated draft, Undated draft', '2026-10-25 09:00+00'),
('on the next day too', 'Charlie', 'merchant', format(:repeated, 'request_id => ''01a206f0-1304-8000-8061-dbcffb84d001'''), 'Daily draft, Dated draft, Undated draft', '2026-10-26 09:00+00'),
('and makes nothing', 'Charlie', 'merchant', $$SELECT count(*) FROM ecopanier.lot WHERE window_start > '2026-10-25'$$, '3', NULL),
('for something else it is refused', 'Charlie', 'merchant', $$SELECT count(*) FROM ecopanier.repeat_lots(publish => true, request_id => '01a206f0-1304-8000-8061-dbcffb84d001')$$, 'ZE110', '2026-10-25 09:00+00'),
('drafts and what is not there are not repeated', 'Charlie', 'merchant', $$SELECT count(*) FROM ecopanier.repeat_lots()$$, '0', '2026-10-26 09:00+00'),
('others repeat their own', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.repeat_lots()$$, '0', '2026-10-25 09:00+00'),
('published where that is possible', 'Charlie', 'merchant', format(:repeated, '''2026-10-24'', ''2026-10-26'', true'),
	'Daily published, Dated draft ZE115 Missing: batch., Undated published', '2026-10-25 09:00+00'),
('a template''s lot of the day is there', 'Charlie', 'merchant', format(:repeated, '''2026-10-24'', ''2026-10-26'', true'),
	'Daily published, Dated draft ZE115 Missing: batch., Undated published', '2026-10-25 09:00+00'),
('once', 'Charlie', 'merchant', $$SELECT string_agg(title || ' ' || n, ', ' ORDER BY title) FROM (SELECT title, count(*) AS n FROM ecopanier.lot WHERE window_start > '2026-10-26' GROUP BY 1) c$$, 'Daily 1, Dated 2, Undated 2', NULL),
('not a day on itself', 'Charlie', 'merchant', $$SELECT count(*) FROM ecopanier.repeat_lots('2026-10-25', '2026-10-25')$$, '22023', '2026-10-25 09:00+00'),
('not on yesterday', 'Charlie', 'merchant', $$SELECT count(*) FROM ecopanier.repeat_lots('2026-10-23', '2026-10-24')$$, '22023', '2026-10-25 09:00+00'),
('nor by a station', 'Sami', 'merchant', $$SELECT count(*) FROM ecopanier.repeat_lots()$$, '42501', '2026-10-25 09:00+00');
:walk

\echo '# many lots in one call'
SELECT pg_temp.at('2026-11-20 16:00:00+00') \g /dev/null
CREATE FUNCTION fixture.good(more jsonb) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT '{"category": "bakery", "public_units": 2, "original_price_cents": 1000, "price_cents": 500, "unit_weight_g": 500, "cold_class": "ambient", "undated": true, "allergens": ["gluten"],
		"windows": ["[2026-11-20 17:00+00,2026-11-20 18:00+00)"]}'::jsonb || more $$;
CREATE FUNCTION fixture.publish(VARIADIC lots jsonb[]) RETURNS text IMMUTABLE LANGUAGE sql AS $$
	SELECT format('SELECT string_agg(concat_ws('' '', number, state, code, detail), '', '' ORDER BY number) FROM ecopanier.publish_lots(%L)', jsonb_agg(l ORDER BY n)) FROM unnest(lots) WITH ORDINALITY u (l, n) $$;
INSERT INTO step (says, name, role, statement, expected) VALUES
('a draft to be completed', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, use_by, window_start, window_end)
	VALUES ('Half', 'bakery', 1, 500, 300, 'ambient', '2026-11-21', '2026-11-20 17:00+00', '2026-11-20 18:00+00')$$, '1 row');
:walk
SELECT fixture.name_lot('half', id) FROM ecopanier.lot WHERE title = 'Half' \g /dev/null
SELECT fixture.name_lot('there', fixture.lot(1, 1, 2)), fixture.name_lot('closed', fixture.lot(1, 1)) \g /dev/null
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('closed');
INSERT INTO step (says, name, role, statement, expected) VALUES
('each row stands by itself', 'Mona', 'merchant', fixture.publish(fixture.good('{"title": "One"}'), '{"title": "Two"}', fixture.good('{"title": "Three", "price_cents": 900}'),
	fixture.good('{"title": "Four", "windows": ["[2026-11-20 14:00+00,2026-11-20 15:00+00)"]}'), fixture.good('{"title": "Five", "public_units": "many"}'), '5', 'null', '[]',
	fixture.good('{"title": "Six", "state": "closed"}'), fixture.good('{"title": "Seven", "organisation_id": "x"}'), fixture.good('{"title": "Eight", "template_day": "2026-11-20"}'), fixture.good('{}'),
	fixture.good('{"title": "Nine", "allergens": ["poison"]}'), fixture.good('{"title": "Ten"}')),
 '1 published, 2 ZE115 Missing: category, window_start, window_end, public_units or solidarity_units, original_price_cents, unit_weight_g or meals_per_unit, cold_class, use_by or best_before or undated, batch.,'
 ' 3 ZE109 A unit of 1000 cents is sold for 300 to 700 cents., 4 ZE103, 5 22P02, 6 22023, 7 22023, 8 22023, 9 22023, 10 22023, 11 22023, 12 23502, 13 23514, 14 published'),
('what is good is there', 'Mona', 'merchant', $$SELECT string_agg(title || ' ' || state || ' ' || public_units || '/' || solidarity_units, ', ' ORDER BY title) FROM ecopanier.lot WHERE title IN ('One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Nine', 'Ten')$$,
 'One published 2/0, Ten published 2/0'),
('each refusal has a hint', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots('[{"title": "x"}, {"public_units": "y"}, 5, {"id": "z"}, {"allergens": ["q"]}]') WHERE hint IS NULL OR message IS NULL OR code IS NULL$$, '0'),
('drafts by their ids', 'Mona', 'merchant', fixture.publish(jsonb_build_object('id', fixture.named('half')), jsonb_build_object('id', fixture.named('there')), jsonb_build_object('id', ecopanier.new_id(1)), '{"id": null}', '{"id": "x"}',
	jsonb_build_object('id', fixture.named('closed'))), '1 ZE115 Missing: batch., 2 ZE101, 3 ZE101, 4 ZE101, 5 22P02, 6 ZE107'),
('with what they are still to get', 'Mona', 'merchant', fixture.publish(jsonb_build_object('id', fixture.named('half'), 'batch', 'L9', 'description', 'half')), '1 published'),
('and keep the rest', 'Mona', 'merchant', $$SELECT concat_ws(' ', title, state, solidarity_units, batch, description, use_by) FROM ecopanier.lot WHERE id = fixture.named('half')$$, 'Half published 1 L9 half 2026-11-21'),
('published is published', 'Mona', 'merchant', fixture.publish(jsonb_build_object('id', fixture.named('half'))), '1 published'),
('and frozen', 'Mona', 'merchant', fixture.publish(jsonb_build_object('id', fixture.named('half'), 'batch', 'L10')), '1 ZE111'),
('another organisation has its own', 'Charlie', 'merchant', fixture.publish(jsonb_build_object('id', fixture.named('half')), fixture.good('{"title": "Eleven"}')), '1 ZE101, 2 published'),
('nothing', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots('[]')$$, '0'),
('no array', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots('{}')$$, '22023'),
('a scalar', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots('1')$$, '22023'),
('null', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots(NULL)$$, '22004'),
('five hundred', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots((SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 500)))$$, '500'),
('one more', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots((SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 501)))$$, '22023'),
('more than two megabytes', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots(jsonb_build_array(jsonb_build_object('title', repeat('x', 2200000))))$$, '22023'),
('not by a station', 'Sami', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots('[]')$$, '42501'),
('nor a customer', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.publish_lots('[]')$$, '42501'),
-- A retry.
('a request with a number', 'Mona', 'merchant', format($$SELECT string_agg(concat_ws(' ', number, state, code), ', ' ORDER BY number) FROM ecopanier.publish_lots(%L, '01a206f0-1304-8000-8061-dbcffb84d002')$$,
	jsonb_build_array(fixture.good('{"title": "Once"}'), '{}'::jsonb)), '1 published, 2 ZE115'),
('answers the same', 'Mona', 'merchant', format($$SELECT string_agg(concat_ws(' ', number, state, code), ', ' ORDER BY number) FROM ecopanier.publish_lots(%L, '01a206f0-1304-8000-8061-dbcffb84d002')$$,
	jsonb_build_array(fixture.good('{"title": "Once"}'), '{}'::jsonb)), '1 published, 2 ZE115'),
('and publishes once', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.lot WHERE title = 'Once'$$, '1'),
('other lots are another request', 'Mona', 'merchant', format($$SELECT 1 FROM ecopanier.publish_lots(%L, '01a206f0-1304-8000-8061-dbcffb84d002')$$, jsonb_build_array(fixture.good('{"title": "Twice"}'))), 'ZE110'),
('so is another function', 'Mona', 'merchant', $$SELECT 1 FROM ecopanier.repeat_lots(request_id => '01a206f0-1304-8000-8061-dbcffb84d002')$$, 'ZE110'),
('numbers are of the organisation', 'Charlie', 'merchant', $$SELECT count(*) FROM ecopanier.publish_lots('[]', '01a206f0-1304-8000-8061-dbcffb84d002')$$, '0'),
-- A plain INSERT is all or nothing.
('a plain INSERT of a good row and a bad one', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, public_units, original_price_cents, price_cents) VALUES ('Plain', 1, 1000, 500), ('Plain', 1, 1000, 900)$$, 'ZE109'),
('makes none', 'Mona', 'merchant', $$SELECT count(*) FROM ecopanier.lot WHERE title = 'Plain'$$, '0');
:walk
SELECT is(count(*), 3::bigint, 'answers are kept') FROM ecopanier_private.lot_request;
SELECT pg_temp.at('2026-12-20 16:00:00+00') \g /dev/null
SELECT is(done, 3::bigint, 'for thirty days') FROM ecopanier.tick() WHERE step = 'lot_requests';
SELECT is(string_agg(invariant, ' '), NULL, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
