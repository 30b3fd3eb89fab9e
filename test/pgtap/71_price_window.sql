-- A price that falls, and several pickup windows: what a lot takes, the price at each moment, which window counts, the use-by date of the last one.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

\echo '# the pure price'
CREATE TEMP TABLE fall (n serial, says text, price int, floor int, step int, minutes int, at text, expected int);
INSERT INTO fall (says, price, floor, step, minutes, at, expected) VALUES
('a microsecond before the first fall', 700, 300, 100, 30, '16:59:59.999999', 700), ('at the first fall', 700, 300, 100, 30, '17:00', 600),
('a microsecond before the second', 700, 300, 100, 30, '17:29:59.999999', 600), ('at the second', 700, 300, 100, 30, '17:30', 500),
('whole steps end at the floor', 700, 300, 100, 30, '18:30', 300), ('and stay there', 700, 300, 100, 30, '23:59', 300),
('a last step that is smaller', 700, 350, 100, 30, '18:30', 350), ('a step that is larger than all', 700, 300, 500, 30, '17:00', 300),
('a floor that is the price', 700, 700, 1, 1, '23:59', 700);
SELECT is(ecopanier.price_on_schedule(price, '2026-11-20 17:00+00', minutes, step, floor, ('2026-11-20 ' || at || '+00')::timestamptz), expected, says) FROM fall ORDER BY n;
SELECT is(ecopanier.price_on_schedule(700, '2026-11-20 17:00+00', 30, 100, 300, 'infinity'), 300, 'at the end of time');
SELECT is(ecopanier.price_on_schedule(700, '2026-11-20 17:00+00', 30, 100, 300, '-infinity'), 700, 'at its beginning');
SELECT is(ecopanier.price_on_schedule(700, NULL, NULL, NULL, NULL, '2026-11-20 18:00+00'), 700, 'without a schedule it stays');
SELECT is(ecopanier.price_on_schedule(NULL, NULL, NULL, NULL, NULL, '2026-11-20 18:00+00'), NULL, 'no price has none');
-- The night of 25 hours: steps are of minutes that pass, not of what the clock on the wall shows.
SELECT is(ecopanier.price_on_schedule(700, '2026-10-25 02:00+02', 60, 100, 300, '2026-10-25 02:00+01'), 500, 'an hour is an hour in autumn');
SELECT is(ecopanier.price_on_schedule(700, '2027-03-28 01:00+01', 60, 100, 300, '2027-03-28 03:00+02'), 500, 'and in spring');
-- Generated schedules: the price never rises, keeps its bounds, and is the floor in the end.
SELECT setseed(0.7107) \g /dev/null
CREATE TEMP TABLE schedule AS SELECT n, p AS price, (random() * p)::int AS floor, 1 + (random() * 300)::int AS step, 1 + (random() * 240)::int AS minutes
FROM (SELECT n, 1 + (random() * 5000)::int AS p FROM generate_series(1, 500) n) g;
CREATE TEMP TABLE path AS SELECT n, m, price, floor, ecopanier.price_on_schedule(price, '2026-11-20 17:00+00', minutes, step, floor,
	timestamptz '2026-11-20 16:30+00' + m * interval '1 minute') AS cents FROM schedule, generate_series(0, 2000, 13) m;
SELECT is(count(*), 0::bigint, 'no price rises') FROM (SELECT cents, lag(cents) OVER (PARTITION BY n ORDER BY m) AS before FROM path) p WHERE cents > before;
SELECT is(count(*), 0::bigint, 'none leaves its bounds') FROM path WHERE cents NOT BETWEEN floor AND price;
SELECT is(count(*), 0::bigint, 'all come to their floor') FROM schedule WHERE floor <> ecopanier.price_on_schedule(price, '2026-11-20 17:00+00', minutes, step, floor, '2036-11-20 17:00+00');

\echo '# the price of a lot'
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
\set columns 'title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, cold_class, undated, allergens, window_start, window_end'
\set values '''bakery'', 9, 3, 1000, 600, 500, ''ambient'', true, ''{}'', ''2026-11-20 17:00+00'', ''2026-11-20 21:00+00'''
SELECT 'INSERT INTO ecopanier.lot (' || :'columns' || ', price_falls_from, price_step_minutes, price_step_cents, price_floor_cents) VALUES (%L, ' || :'values' || ', %s)' AS falling \gset
INSERT INTO step (says, name, role, statement, expected) VALUES
('a schedule', 'Mona', 'merchant', format(:'falling', 'falls', '''2026-11-20 18:00+00'', 60, 100, 300'), '1 row'),
('a part of one', 'Mona', 'merchant', format(:'falling', 'x', '''2026-11-20 18:00+00'', 60, 100, NULL'), '23514'),
('one without its beginning', 'Mona', 'merchant', format(:'falling', 'x', 'NULL, 60, 100, 300'), '23514'),
('a step of no minute', 'Mona', 'merchant', format(:'falling', 'x', '''2026-11-20 18:00+00'', 0, 100, 300'), '23514'),
('of a week', 'Mona', 'merchant', format(:'falling', 'week', '''2026-11-20 18:00+00'', 10080, 100, 300'), '1 row'),
('of more', 'Mona', 'merchant', format(:'falling', 'x', '''2026-11-20 18:00+00'', 10081, 100, 300'), '23514'),
('a step of no cent', 'Mona', 'merchant', format(:'falling', 'x', '''2026-11-20 18:00+00'', 60, 0, 300'), '23514'),
('that rises', 'Mona', 'merchant', format(:'falling', 'x', '''2026-11-20 18:00+00'', 60, -1, 300'), '23514'),
('a floor above the price', 'Mona', 'merchant', format(:'falling', 'x', '''2026-11-20 18:00+00'', 60, 100, 601'), '23514'),
('a floor 70 percent off', 'Mona', 'merchant', format(:'falling', '70', '''2026-11-20 18:00+00'', 60, 100, 300'), '1 row'),
('a cent lower (D4)', 'Mona', 'merchant', format(:'falling', 'x', '''2026-11-20 18:00+00'', 60, 100, 299'), 'ZE109'),
('at no finite time', 'Mona', 'merchant', format(:'falling', 'x', '''infinity'', 60, 100, 300'), '23514'),
('the lot is published', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'published' WHERE title = 'falls'$$, '1 row'),
('its schedule is frozen', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET price_floor_cents = 400 WHERE title = 'falls'$$, 'ZE111'),
('its beginning too', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET price_falls_from = '2026-11-20 19:00+00' WHERE title = 'falls'$$, 'ZE111');
:walk
SELECT fixture.name_lot('falls', id) FROM ecopanier.lot WHERE title = 'falls' \g /dev/null
SELECT fixture.name_lot('draft', id) FROM ecopanier.lot WHERE title = '70' \g /dev/null
SELECT fixture.name_lot('free', fixture.lot(0, 2)), fixture.name_lot('there', fixture.lot(2, 2, 2)) \g /dev/null
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('its price now', 'Camille', 'customer', $$SELECT ecopanier.price_at(fixture.named('falls'))$$, '600', NULL),
('a second before it falls', 'Camille', 'customer', $$SELECT ecopanier.price_at(fixture.named('falls'))$$, '600', '2026-11-20 17:59:59+00'),
('when it falls', 'Camille', 'customer', $$SELECT ecopanier.price_at(fixture.named('falls'))$$, '500', '2026-11-20 18:00+00'),
('later', 'Benoit', 'beneficiary', $$SELECT ecopanier.price_at(fixture.named('falls'), '2026-11-20 20:00+00')$$, '300', NULL),
('of a lot without a price', 'Camille', 'customer', $$SELECT (ecopanier.price_at(fixture.named('free')) IS NULL)::text$$, 'true', NULL),
('a draft is not seen', 'Camille', 'customer', $$SELECT ecopanier.price_at(fixture.named('draft'))$$, 'ZE101', NULL),
('but by its staff', 'Sami', 'merchant', $$SELECT ecopanier.price_at(fixture.named('draft'))$$, '600', NULL),
('and administrators', 'Adele', 'administrator', $$SELECT ecopanier.price_at(fixture.named('draft'))$$, '600', NULL),
('staff of others see nothing', 'Alice', 'association', $$SELECT ecopanier.price_at(fixture.named('falls'))$$, 'ZE101', NULL),
('no lot of another territory', 'Camille', 'customer', $$SELECT ecopanier.price_at(fixture.named('there'))$$, 'ZE101', NULL),
('nor an unknown one', 'Camille', 'customer', $$SELECT ecopanier.price_at(ecopanier.new_id(1))$$, 'ZE101', NULL),
('nor none', 'Camille', 'customer', $$SELECT ecopanier.price_at(NULL)$$, 'ZE101', NULL),
-- The claim keeps the price of its moment.
('claimed before', 'Camille', 'customer', $$SELECT amount_cents FROM ecopanier.reserve(fixture.named('falls'), 2)$$, '1200', '2026-11-20 17:59:59+00'),
('claimed when it falls', 'Charlie', 'customer', $$SELECT amount_cents FROM ecopanier.reserve(fixture.named('falls'), 2)$$, '1000', '2026-11-20 18:00+00'),
('claimed at the floor', 'Claude', 'customer', $$SELECT amount_cents FROM ecopanier.reserve(fixture.named('falls'), 1)$$, '300', '2026-11-20 20:00+00'),
('the first still costs the same', 'Camille', 'customer', $$SELECT amount_cents FROM ecopanier.reservation$$, '1200', '2026-11-20 20:30+00');
:walk

\echo '# windows'
SELECT 'INSERT INTO ecopanier.lot (title, windows) VALUES (%L, %L)' AS windowed \gset
CREATE FUNCTION pg_temp.w(VARIADIC spans text[]) RETURNS text LANGUAGE sql AS $$ SELECT '{' || string_agg(
	CASE WHEN s ~ '^[0-9]' THEN format('"[2026-11-20 %s+00,2026-11-20 %s+00)"', split_part(s, '-', 1), split_part(s, '-', 2)) ELSE s END, ',' ORDER BY n) || '}' FROM unnest(spans) WITH ORDINALITY u (s, n) $$;
CREATE TEMP TABLE window_case (n serial, says text, given text, expected text);
INSERT INTO window_case (says, given, expected) VALUES
('one window is no list', pg_temp.w('17:00-18:00'), '17:00 18:00 0'), ('two', pg_temp.w('17:00-18:00', '19:00-20:00'), '17:00 20:00 2'),
('two that touch', pg_temp.w('17:00-18:00', '18:00-20:00'), '17:00 20:00 2'), ('in no order', pg_temp.w('19:00-20:00', '17:00-18:00'), '22023'),
('two that overlap', pg_temp.w('17:00-18:01', '18:00-20:00'), '22023'), ('the same twice', pg_temp.w('17:00-18:00', '17:00-18:00'), '22023'),
('with its last moment', '{"[2026-11-20 17:00+00,2026-11-20 18:00+00]"}', '22023'), ('without its first', '{"(2026-11-20 17:00+00,2026-11-20 18:00+00)"}', '22023'),
('without end', '{"[2026-11-20 17:00+00,)"}', '22023'), ('infinite', '{"[2026-11-20 17:00+00,infinity)"}', '22023'),
('an empty one', '{empty}', '22023'), ('an empty list', '{}', '22023'), ('nothing among them', '{NULL}', '22023'),
('two-dimensional', '{{"[2026-11-20 17:00+00,2026-11-20 18:00+00)"}}', '22023'),
('twenty', (SELECT pg_temp.w(VARIADIC array_agg(format('17:%s-17:%s', lpad((2 * i)::text, 2, '0'), lpad((2 * i + 1)::text, 2, '0')) ORDER BY i)) FROM generate_series(0, 19) i), '17:00 17:39 20'),
('twenty-one', (SELECT pg_temp.w(VARIADIC array_agg(format('17:%s-17:%s', lpad((2 * i)::text, 2, '0'), lpad((2 * i + 1)::text, 2, '0')) ORDER BY i)) FROM generate_series(0, 20) i), '22023'),
('of another century', '{"[1999-11-20 17:00+00,1999-11-20 18:00+00)"}', '23514');
SELECT is(fixture.try('Mona', 'merchant', format($$WITH n AS (INSERT INTO ecopanier.lot (title, windows) VALUES ('w', %L) RETURNING *)
	SELECT to_char(window_start AT TIME ZONE 'UTC', 'HH24:MI ') || to_char(window_end AT TIME ZONE 'UTC', 'HH24:MI ') || coalesce(cardinality(windows), 0) FROM n$$, given)),
	expected, says) FROM window_case ORDER BY n;
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('a draft with two', 'Mona', 'merchant', format($$INSERT INTO ecopanier.lot (%s, use_by, batch, windows) VALUES ('two', %s, '2026-11-20', 'L1', %L)$$, replace(:'columns', ', window_start, window_end', ''),
	replace(replace(:'values', ', ''2026-11-20 17:00+00'', ''2026-11-20 21:00+00''', ''), 'true', 'false'), pg_temp.w('17:00-18:00', '20:00-21:00')), '1 row', NULL),
('its start alone is not moved', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET window_start = '2026-11-20 16:30+00' WHERE title = 'two'$$, '23514', NULL),
('its windows are', 'Mona', 'merchant', format($$UPDATE ecopanier.lot SET windows = %L WHERE title = 'two' RETURNING window_start AT TIME ZONE 'UTC'$$, pg_temp.w('17:30-18:00', '20:00-21:00')), '2026-11-20 17:30:00', NULL),
('one left', 'Mona', 'merchant', format($$UPDATE ecopanier.lot SET windows = %L WHERE title = 'two' RETURNING (windows IS NULL)::text$$, pg_temp.w('17:00-18:00')), 'true', NULL),
-- The use-by date is held against the last window, in the territory's calendar: 23:00 UTC is the next day in Poitiers.
('the last ends at midnight', 'Mona', 'merchant', format($$UPDATE ecopanier.lot SET windows = %L WHERE title = 'two'$$, pg_temp.w('17:00-18:00', '22:00-23:00')), '1 row', NULL),
('in time for the use-by date', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'published' WHERE title = 'two'; SELECT 'done'$$, 'done', NULL);
:walk
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('a minute later it would not be', 'Mona', 'merchant', format($$WITH n AS (INSERT INTO ecopanier.lot (%s, use_by, batch, windows) VALUES ('late', %s, '2026-11-20', 'L1', %L) RETURNING 1) SELECT 1 FROM n$$,
	replace(:'columns', ', window_start, window_end', ''), replace(replace(:'values', ', ''2026-11-20 17:00+00'', ''2026-11-20 21:00+00''', ''), 'true', 'false'), pg_temp.w('17:00-18:00', '22:00-23:01')), '1', NULL),
('so it is not published', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'published' WHERE title = 'late'$$, 'ZE108', NULL),
('published windows are frozen', 'Mona', 'merchant', format($$UPDATE ecopanier.lot SET windows = %L WHERE title = 'two'$$, pg_temp.w('17:00-18:00', '21:00-23:00')), 'ZE111', NULL),
('people read them a row each', 'Camille', 'customer', $$SELECT string_agg(concat_ws(' ', number, to_char(starts_at AT TIME ZONE 'UTC', 'HH24:MI'), to_char(ends_at AT TIME ZONE 'UTC', 'HH24:MI')), ', ' ORDER BY number)
	FROM ecopanier.lot_window w JOIN ecopanier.lot l ON l.id = w.lot_id WHERE l.title = 'two'$$, '1 17:00 18:00, 2 22:00 23:00', NULL),
('of a lot with one too', 'Camille', 'customer', $$SELECT concat_ws(' ', number, to_char(starts_at AT TIME ZONE 'UTC', 'HH24:MI'), to_char(ends_at AT TIME ZONE 'UTC', 'HH24:MI'))
	FROM ecopanier.lot_window WHERE lot_id = fixture.named('falls')$$, '1 17:00 21:00', NULL),
('not of drafts', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.lot_window WHERE lot_id = fixture.named('draft')$$, '0', NULL);
:walk
SELECT fixture.name_lot('two', id) FROM ecopanier.lot WHERE title = 'two' \g /dev/null
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('the first window counts', 'Camille', 'customer', $$SELECT window_end AT TIME ZONE 'UTC' FROM ecopanier.reserve(fixture.named('two'), 1)$$, '2026-11-20 18:00:00', NULL),
('until it is over', 'Camille', 'customer', $$SELECT window_end AT TIME ZONE 'UTC' FROM ecopanier.reserve(fixture.named('two'), 1)$$, '2026-11-20 18:00:00', '2026-11-20 17:59:59+00'),
('then the next', 'Camille', 'customer', $$SELECT window_end AT TIME ZONE 'UTC' FROM ecopanier.reserve(fixture.named('two'), 1)$$, '2026-11-20 23:00:00', '2026-11-20 18:00+00'),
('between the two', 'Benoit', 'beneficiary', $$SELECT window_start AT TIME ZONE 'UTC' FROM ecopanier.reserve(fixture.named('two'), 1)$$, '2026-11-20 22:00:00', '2026-11-20 20:00+00'),
('the one that is asked for', 'Camille', 'customer', $$SELECT window_start AT TIME ZONE 'UTC' FROM ecopanier.reserve(fixture.named('two'), 1, NULL, NULL, '2026-11-20 22:00+00')$$, '2026-11-20 22:00:00', NULL),
('none starts then', 'Camille', 'customer', $$SELECT 1 FROM ecopanier.reserve(fixture.named('two'), 1, NULL, NULL, '2026-11-20 17:00:01+00')$$, '22023', NULL),
('not one that is over', 'Camille', 'customer', $$SELECT 1 FROM ecopanier.reserve(fixture.named('two'), 1, NULL, NULL, '2026-11-20 17:00+00')$$, 'ZE103', '2026-11-20 18:00+00'),
('nor after the last', 'Camille', 'customer', $$SELECT 1 FROM ecopanier.reserve(fixture.named('two'), 1)$$, 'ZE103', '2026-11-20 23:00+00');
:walk
-- Timeless: a superuser's plain statements meet the same.
SELECT throws_ok($$UPDATE ecopanier.lot SET windows = NULL, window_end = '2026-11-20 18:00+00' WHERE title = 'two'$$, 'ZE111');
SELECT throws_ok($$INSERT INTO ecopanier.lot (territory_id, organisation_id, title, windows) VALUES (1, fixture.organisation('Boulangerie'), 'x', '{empty}')$$, '22023');
SET session_replication_role = replica;
SELECT throws_ok($$INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, windows) VALUES (1, ecopanier.new_id(1), fixture.organisation('Boulangerie'), 'x', '{empty}')$$, '23514', NULL, 'a replica meets the CHECK');
RESET session_replication_role;
SELECT is(string_agg(invariant, ' '), NULL, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
BEGIN;
ALTER TABLE ecopanier.reservation DISABLE TRIGGER USER;
UPDATE ecopanier.reservation SET window_start = '2026-11-20 17:01+00' WHERE window_start = '2026-11-20 17:00+00' AND lot_id = fixture.named('two');
SELECT violations AS found FROM ecopanier.self_check() WHERE invariant = 'claim_of_no_window' \gset
ROLLBACK;
SELECT is(:found > 0, true, 'it finds a claim of no window');
SELECT * FROM finish();
