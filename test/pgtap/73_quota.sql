-- What a claim chooses (pool, window), what it costs, and what it counts up to: units or points, households, the evening, at each boundary.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);
CREATE PROCEDURE pg_temp.walk() LANGUAGE plpgsql AS $$
DECLARE
	line record;
BEGIN
	FOR line IN SELECT * FROM step ORDER BY n LOOP
		INSERT INTO said SELECT line.n, tap.is(fixture.try(line.name, line.role, line.statement, line.territory, line.at, keep => true), line.expected, line.says);
	END LOOP;
	TRUNCATE step;
END $$;
CREATE TEMP TABLE said (n int, line text);
\set walk 'CALL pg_temp.walk(); SELECT line FROM said ORDER BY n; TRUNCATE said;'

-- A third territory, west of the others, and lots to claim on any day of the year in all three.
INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (3, 'les-abymes', 'Les Abymes', 'America/Guadeloupe');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (3, 'tag_required', 0, '-infinity', 'test');
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 3, n FROM unnest(ARRAY['Benoit', 'Camille', 'Adele', 'Mona']) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (3, fixture.id('Benoit', 3), 'beneficiary'),
	(3, fixture.id('Camille', 3), 'customer'), (3, fixture.id('Adele', 3), 'administrator');
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (3, 'merchant', 'Boulangerie'), (3, 'social_service', 'CCAS');
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
VALUES (3, fixture.id('Benoit', 3), fixture.organisation('CCAS', 3), 'verified', '2026-01-01', '2026-12-31');
CREATE FUNCTION fixture.long_lot(lot_name text, category text, territory int DEFAULT 1) RETURNS uuid LANGUAGE sql AS $$
	WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g,
		cold_class, undated, allergens, window_start, window_end, state)
	VALUES (territory, fixture.organisation('Boulangerie', territory), 'Longue', category, 1000, 1000, 1000, 400, 500, 'ambient', true, '{}',
		'2027-02-01', '2027-02-02', 'published') RETURNING id)
	SELECT fixture.name_lot(lot_name, id) FROM made $$;
SELECT fixture.long_lot('long' || t, 'grocery', t), fixture.long_lot('bread' || t, 'bakery', t) FROM generate_series(1, 3) t \g /dev/null
CREATE FUNCTION fixture.set(setting text, number numeric, territory int DEFAULT 1, since timestamptz DEFAULT '-infinity') RETURNS void LANGUAGE sql AS
$$ INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (territory, setting, number, since, 'test') $$;

\echo '# the pool'
SELECT fixture.name_lot('mixed', fixture.lot(20, 20)) \g /dev/null
\set number '''00000000-0000-4000-8000-00000000b001'''
INSERT INTO step (says, name, role, statement, expected) VALUES
('a beneficiary may pay like a customer', 'Benoit', 'beneficiary', $$SELECT concat_ws(' ', state, quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'), 2, NULL, 'public')$$, 'held 2 800'),
('which counts no free unit', 'Benoit', 'beneficiary', $$SELECT fixture.used('Benoit') || ' ' || fixture.units_left('mixed')$$, '0 18/20'),
('and carries nothing of a quota', 'Benoit', 'beneficiary',
 $$SELECT num_nonnulls(claim_day, quota_limit, quota_version, quota_cost, quota_basis)::text FROM ecopanier.reservation WHERE pool = 'public'$$, '0'),
('more than the free limit too', 'Benoit', 'beneficiary', $$SELECT quantity::text FROM ecopanier.reserve(fixture.named('mixed'), 5, NULL, 'public')$$, '5'),
('free units by name', 'Benoit', 'beneficiary', $$SELECT concat_ws(' ', quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'solidarity')$$, '1 0'),
('and by default', 'Benoit', 'beneficiary', $$SELECT concat_ws(' ', quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, NULL)$$, '1 0'),
('both were counted', 'Benoit', 'beneficiary', $$SELECT fixture.used('Benoit') || ' ' || fixture.units_left('mixed')$$, '2 13/18'),
('a third free one is refused', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'solidarity')$$, 'ZE105'),
('a paid one is not', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'public')$$, 'held'),
('by INSERT the same', 'Basma', 'beneficiary', $$INSERT INTO ecopanier.reservation (lot_id, quantity, pool) VALUES (fixture.named('mixed'), 3, 'public') RETURNING amount_cents$$, '1200'),
('a right is not asked for', 'Bruno', 'beneficiary', $$SELECT amount_cents::text FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'public')$$, '400'),
('but for free ones', 'Bruno', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'solidarity')$$, 'ZE106'),
('a customer never has free units', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'solidarity')$$, '42501'),
('nor by INSERT', 'Camille', 'customer', $$INSERT INTO ecopanier.reservation (lot_id, pool) VALUES (fixture.named('mixed'), 'solidarity')$$, '42501'),
('public ones by name', 'Camille', 'customer', $$SELECT amount_cents::text FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'public')$$, '400'),
('there are two pools', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, NULL, 'all')$$, '23514'),
('a number of a request', 'Basma', 'beneficiary', format($$SELECT concat_ws(' ', quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'), 1, %L, 'public')$$, :number), '1 400'),
('answers the same', 'Basma', 'beneficiary', format($$SELECT concat_ws(' ', quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'), 1, %L, 'public')$$, :number), '1 400'),
('and who says less', 'Basma', 'beneficiary', format($$SELECT concat_ws(' ', quantity, amount_cents) FROM ecopanier.reserve(fixture.named('mixed'), 1, %L)$$, :number), '1 400'),
('another pool is another request', 'Basma', 'beneficiary', format($$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, %L, 'solidarity')$$, :number), 'ZE110'),
('another window too', 'Basma', 'beneficiary', format($$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, %L, 'public', '2026-11-20 18:00+00')$$, :number), 'ZE110'),
('its own is not', 'Basma', 'beneficiary', format($$SELECT state FROM ecopanier.reserve(fixture.named('mixed'), 1, %L, 'public', '2026-11-20 17:00+00')$$, :number), 'held'),
('it was one claim', 'Basma', 'beneficiary', $$SELECT count(*)::text FROM ecopanier.reservation WHERE request_id IS NOT NULL$$, '1');
:walk

\echo '# the window'
WITH loaded AS (
	INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g,
		cold_class, undated, allergens, windows, state)
	VALUES (1, fixture.organisation('Boulangerie'), 'Deux fois', 'grocery', 50, 50, 1000, 400, 500, 'ambient', true, '{}',
		ARRAY[tstzrange('2026-11-20 17:00+00', '2026-11-20 18:00+00'), tstzrange('2026-11-21 08:00+00', '2026-11-21 10:00+00')], 'published') RETURNING id)
SELECT fixture.name_lot('twice', id) FROM loaded \g /dev/null
CREATE FUNCTION fixture.spans(claim text) RETURNS text LANGUAGE sql AS $$ SELECT format($q$SELECT to_char(window_start AT TIME ZONE 'UTC', 'DD HH24:MI') || to_char(window_end AT TIME ZONE 'UTC', '-HH24:MI') FROM ecopanier.reserve(%s)$q$, claim) $$;
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('the first by default', 'Camille', 'customer', fixture.spans($$fixture.named('twice')$$), '20 17:00-18:00', NULL),
('the second by name', 'Camille', 'customer', fixture.spans($$fixture.named('twice'), 1, NULL, NULL, '2026-11-21 08:00+00'$$), '21 08:00-10:00', NULL),
('none that there is not', 'Camille', 'customer', fixture.spans($$fixture.named('twice'), 1, NULL, NULL, '2026-11-20 17:30+00'$$), '22023', NULL),
('a moment before its end', 'Camille', 'customer', fixture.spans($$fixture.named('twice'), 1, NULL, 'public', '2026-11-20 17:00+00'$$), '20 17:00-18:00', '2026-11-20 17:59:59.999999+00'),
('at its end it is over', 'Camille', 'customer', fixture.spans($$fixture.named('twice'), 1, NULL, 'public', '2026-11-20 17:00+00'$$), 'ZE103', '2026-11-20 18:00+00'),
('and the next one is the default', 'Camille', 'customer', fixture.spans($$fixture.named('twice')$$), '21 08:00-10:00', '2026-11-20 18:00+00'),
('to the end of the last', 'Camille', 'customer', fixture.spans($$fixture.named('twice')$$), '21 08:00-10:00', '2026-11-21 09:59:59.999999+00'),
('and not after', 'Camille', 'customer', fixture.spans($$fixture.named('twice')$$), 'ZE103', '2026-11-21 10:00+00'),
('a lot with one window takes its start', 'Camille', 'customer', fixture.spans($$fixture.named('mixed'), 1, NULL, NULL, '2026-11-20 17:00+00'$$), '20 17:00-19:00', NULL),
('and no other', 'Camille', 'customer', fixture.spans($$fixture.named('mixed'), 1, NULL, NULL, '2026-11-20 18:00+00'$$), '22023', NULL),
('by INSERT the same', 'Camille', 'customer', $$INSERT INTO ecopanier.reservation (lot_id, window_start) VALUES (fixture.named('twice'), '2026-11-21 08:00+00') RETURNING window_end = '2026-11-21 10:00+00'$$, 'true', NULL);
:walk

-- The cut-off counts from the claim's own window: free claims of the second one, cancelled at moments around both.
CREATE FUNCTION fixture.cancelled(window_start timestamptz, at text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	claim uuid;
	said text;
BEGIN
	claim := fixture.try('Bilal', 'beneficiary', format('SELECT reservation FROM ecopanier.reserve(fixture.named(''twice''), 1, NULL, ''solidarity'', %L)', window_start),
		at => '2026-11-19 10:00+00', keep => true);
	said := fixture.try('Bilal', 'beneficiary', format('SELECT ecopanier.cancel(%L)', claim), at => at, keep => true);
	RAISE EXCEPTION SQLSTATE 'UNDO1' USING MESSAGE = concat_ws(' ', nullif(said, ''), (SELECT concat_ws(' ', state, late_cancel) FROM ecopanier.reservation WHERE id = claim),
		fixture.units_left('twice'), fixture.used('Bilal', '2026-11-19'));
EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
	RETURN SQLERRM;
END $$;
SELECT fixture.units_left('twice') AS whole \gset
SELECT is(fixture.cancelled(w, at), format('cancelled %s %s %s', CASE WHEN late THEN 't' ELSE 'f' END, :'whole', CASE WHEN late THEN 1 ELSE 0 END), format('window of %s, cancelled at %s', w, at))
FROM (VALUES (timestamptz '2026-11-20 17:00+00', '2026-11-20 16:30+00', false), ('2026-11-20 17:00+00', '2026-11-20 16:30:00.000001+00', true),
	('2026-11-21 08:00+00', '2026-11-20 16:30:00.000001+00', false), ('2026-11-21 08:00+00', '2026-11-20 17:30+00', false),
	('2026-11-21 08:00+00', '2026-11-21 07:30+00', false), ('2026-11-21 08:00+00', '2026-11-21 07:30:00.000001+00', true)) v (w, at, late);
-- A claim of the first window lapses at its end, and its units are there for those who come to the second.
SELECT fixture.try('Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('twice'), 2)$$, keep => true) \g /dev/null
SELECT is(fixture.try('Bilal', 'beneficiary', $$SELECT fixture.units_left('twice')$$), '44/48', 'two free units are held');
SET ecopanier.clock = '2026-11-20 18:00+00';
SELECT ecopanier.lapse_due() \g /dev/null
SET ecopanier.clock = '2026-11-20 16:00+00';
SELECT is(string_agg(format('%s %s', pool, state), ', ' ORDER BY pool, state), 'public held, public held, public held, public held, public lapsed, public lapsed, solidarity lapsed',
	'at the end of the first window its claims lapse, not those of the second') FROM ecopanier.reservation WHERE lot_id = fixture.named('twice');
SELECT is(fixture.used('Bilal'), 2, 'the day''s quota is not given back');
SELECT is(fixture.units_left('twice'), '46/50', 'the units are back');

\echo '# the price is frozen at the claim'
WITH loaded AS (
	INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g,
		cold_class, undated, allergens, window_start, window_end, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents, state)
	VALUES (1, fixture.organisation('Boulangerie'), 'Baisse', 'grocery', 500, 50, 1000, 600, 500, 'ambient', true, '{}',
		'2026-11-20 17:00+00', '2026-11-20 19:00+00', '2026-11-20 16:00+00', 30, 100, 350, 'published') RETURNING id)
SELECT fixture.name_lot('falls', id) FROM loaded \g /dev/null
SELECT is(fixture.try('Camille', 'customer', $$SELECT amount_cents::text FROM ecopanier.reserve(fixture.named('falls'), 3)$$, at => at, keep => true), (3 * cents)::text, 'three units at ' || at)
FROM (VALUES ('2026-11-20 15:59:59.999999+00', 600), ('2026-11-20 16:00+00', 500), ('2026-11-20 16:29:59.999999+00', 500), ('2026-11-20 16:30+00', 400),
	('2026-11-20 17:00+00', 350), ('2026-11-20 18:59:59.999999+00', 350)) v (at, cents);
SELECT is(fixture.try('Basma', 'beneficiary', $$SELECT amount_cents::text FROM ecopanier.reserve(fixture.named('falls'), 1, NULL, 'public')$$, at => '2026-11-20 16:30+00'), '400', 'a beneficiary''s too');
SELECT is(fixture.try('Basma', 'beneficiary', $$SELECT amount_cents::text FROM ecopanier.reserve(fixture.named('falls'), 1)$$, at => '2026-11-20 16:30+00'), '0', 'a free unit stays free');
SELECT is(string_agg(amount_cents::text, ' ' ORDER BY claimed_at), '1800 1500 1500 1200 1050 1050', 'and stay what they were') FROM ecopanier.reservation WHERE lot_id = fixture.named('falls');

\echo '# the limit at each boundary'
-- The most free units that one claim may have: that many are given and one more is refused.
CREATE FUNCTION fixture.most(at text, territory int DEFAULT 1, lot text DEFAULT 'long', name text DEFAULT 'Benoit') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	most int := 0;
	said text;
BEGIN
	LOOP
		said := fixture.try(name, 'beneficiary', format('SELECT state FROM ecopanier.reserve(fixture.named(%L), %s)', lot || territory, most + 1), territory, at);
		EXIT WHEN said <> 'held';
		most := most + 1;
	END LOOP;
	RETURN most || CASE said WHEN 'ZE105' THEN '' ELSE ' ' || said END;
END $$;
CREATE FUNCTION fixture.clean() RETURNS void LANGUAGE sql AS $$ UPDATE ecopanier.reservation SET state = 'cancelled' WHERE state = 'held' $$;
SELECT fixture.clean() \g /dev/null
SELECT is(fixture.most('2026-05-05 12:00+00', t), '2', 'two by default in ' || t) FROM generate_series(1, 3) t;

-- After 19 h one more. Local moments in each time zone; the spring day lacks 02:00 to 03:00 in Poitiers, the autumn one has it twice.
SELECT fixture.set('quota_relax_hour', 19, t), fixture.set('quota_relax_units', 1, t) FROM generate_series(1, 3) t \g /dev/null
CREATE TEMP TABLE moment (n serial, says text, territory int, at text, expected text);
INSERT INTO moment (says, territory, at, expected)
SELECT format('%s in %s', local, t.name), t.id, ((local::timestamp) AT TIME ZONE t.time_zone)::text, e
FROM ecopanier.territory t, (VALUES ('2026-06-10 18:59:59.999999', '2'), ('2026-06-10 19:00', '3'), ('2026-06-10 23:59:59.999999', '3'), ('2026-06-11 00:00', '2'),
	('2026-03-29 00:00', '2'), ('2026-03-29 18:59:59.999999', '2'), ('2026-03-29 19:00', '3'), ('2026-03-29 23:59:59.999999', '3'), ('2026-03-30 00:00', '2'),
	('2026-10-25 00:00', '2'), ('2026-10-25 18:59:59.999999', '2'), ('2026-10-25 19:00', '3'), ('2026-10-25 23:59:59.999999', '3'), ('2026-10-26 00:00', '2')) v (local, e);
SELECT is(fixture.most(at, territory), expected, says) FROM moment ORDER BY n;
TRUNCATE moment;
-- The same moments by the clock of the world: midnight and 19 h are five, seven and no hours apart.
INSERT INTO moment (says, territory, at, expected) VALUES
('the 23-hour day: 19 h comes an hour sooner', 1, '2026-03-29 17:00+00', '3'), ('and not before', 1, '2026-03-29 16:59:59.999999+00', '2'),
('it ends an hour sooner', 1, '2026-03-29 22:00+00', '2'), ('and not before', 1, '2026-03-29 21:59:59.999999+00', '3'),
('the 25-hour day: 19 h by winter time', 1, '2026-10-25 18:00+00', '3'), ('not by summer time', 1, '2026-10-25 17:30+00', '2'),
('Reunion has neither: 19 h', 2, '2026-10-25 15:00+00', '3'), ('before', 2, '2026-10-25 14:59:59.999999+00', '2'), ('midnight', 2, '2026-10-25 20:00+00', '2'), ('before', 2, '2026-10-25 19:59:59.999999+00', '3'),
('Guadeloupe neither: 19 h', 3, '2026-03-29 23:00+00', '3'), ('before', 3, '2026-03-29 22:59:59.999999+00', '2'), ('midnight', 3, '2026-03-30 04:00+00', '2'), ('before', 3, '2026-03-30 03:59:59.999999+00', '3');
SELECT is(fixture.most(at, territory), expected, says) FROM moment ORDER BY n;
TRUNCATE moment;
-- The hour that comes twice, and the one that does not come, in Poitiers.
SELECT fixture.set('quota_relax_hour', 2) \g /dev/null
INSERT INTO moment (says, territory, at, expected) VALUES
('before two, summer time', 1, '2026-10-24 23:59:59.999999+00', '2'), ('two, summer time', 1, '2026-10-25 00:00+00', '3'), ('two again, winter time', 1, '2026-10-25 01:00+00', '3'), ('three', 1, '2026-10-25 02:00+00', '3'),
('before two in spring', 1, '2026-03-29 00:59:59.999999+00', '2'), ('three, which comes right after', 1, '2026-03-29 01:00+00', '3');
SELECT is(fixture.most(at, territory), expected, says) FROM moment ORDER BY n;
TRUNCATE moment;
SELECT fixture.set('quota_relax_hour', 0) \g /dev/null
SELECT is(fixture.most('2026-05-05 22:00+00'), '3', 'from 0 h on: the whole day');
SELECT fixture.set('quota_relax_hour', 23) \g /dev/null
SELECT is(fixture.most(at), expected, '23 h is the last that there is: ' || at) FROM (VALUES ('2026-05-05 20:59:59.999999+00', '2'), ('2026-05-05 21:00+00', '3')) v (at, expected);
SELECT is(fixture.try('Adele', 'administrator', $$SELECT ecopanier.set_setting('quota_relax_hour', 25, 'test')$$), '22023', '25 h is none');
SELECT fixture.set('quota_relax_hour', 24) \g /dev/null
SELECT is(fixture.most('2026-05-05 21:59:59.999999+00'), '2', '24 h is never');

-- Over the day: the two of the day, a third in the evening, none after it, two on the next day; what it followed from is on the claims.
SELECT fixture.set('quota_relax_hour', 19) \g /dev/null
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('two at noon', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 2)$$, 'held', '2026-10-25 11:00+00'),
('no third before 19 h', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'ZE105', '2026-10-25 17:59:59.999999+00'),
('a third at 19 h', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'held', '2026-10-25 18:00+00'),
('no fourth in the 25th hour', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'ZE105', '2026-10-25 22:59:59.999999+00'),
('two after midnight', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 2)$$, 'held', '2026-10-25 23:00+00'),
('the claims tell which rule let them in', 'Basma', 'beneficiary',
 $$SELECT string_agg(concat_ws(' ', claim_day, quota_limit, quota_basis), '; ' ORDER BY claimed_at) FROM ecopanier.reservation WHERE pool = 'solidarity' AND state = 'held'$$,
 '2026-10-25 2; 2026-10-25 3 {"base": 2, "kind": "units", "relaxed": 1, "versions": {"quota_relax_hour": 7, "quota_relax_units": 2}}; 2026-10-26 2', NULL);
:walk
SELECT fixture.clean(), fixture.set('quota_relax_hour', 24, t) FROM generate_series(1, 3) t \g /dev/null

\echo '# households'
SELECT fixture.set('quota_household_units', 1) \g /dev/null
SELECT is(fixture.most('2026-05-05 12:00+00'), '2', 'of somebody who said nothing: nothing is added');
CREATE FUNCTION fixture.most_of_household(people int, at text DEFAULT '2026-05-05 12:00+00') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM fixture.try('Benoit', 'beneficiary', format('SELECT ecopanier.set_household(0, %s, 0, 0, 1, %s)', people / 2, people - 1 - people / 2), keep => true);
	RETURN fixture.most(at);
END $$;
SELECT is(fixture.most_of_household(people), expected, format('a household of %s', people))
FROM (VALUES (1, '2'), (2, '3'), (4, '5'), (5, '6'), (6, '6'), (20, '6')) v (people, expected);
SELECT fixture.set('quota_household_most', 0) \g /dev/null
SELECT is(fixture.most_of_household(4), '2', 'none counts');
SELECT fixture.set('quota_household_most', 3), fixture.set('quota_household_units', 2) \g /dev/null
SELECT is(fixture.most_of_household(people), expected, format('two for each, three at most, of %s', people)) FROM (VALUES (1, '2'), (2, '4'), (3, '6'), (4, '8'), (5, '8')) v (people, expected);
SELECT fixture.set('free_units_per_day', 0) \g /dev/null
SELECT is(fixture.most_of_household(4), '0', 'a territory that gives none gives none');
SELECT fixture.set('free_units_per_day', 2), fixture.set('quota_relax_hour', 19) \g /dev/null
SELECT is(fixture.most_of_household(3, at), expected, 'with the evening: ' || at) FROM (VALUES ('2026-05-05 16:59:59.999999+00', '6'), ('2026-05-05 17:00+00', '7')) v (at, expected);
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.restrict_beneficiary(fixture.id('Benoit'), 4, 'own limit')$$, keep => true) IS NOT NULL, true, 'a right is restricted to four');
SELECT is(fixture.most('2026-05-05 17:00+00'), '4', 'which holds in the end');
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('four', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 4)$$, 'held', '2026-05-05 17:00+00'),
('and why', 'Benoit', 'beneficiary', $$SELECT quota_limit || ' ' || (quota_basis - 'versions') FROM ecopanier.reservation WHERE claim_day = '2026-05-05'$$,
 '4 {"base": 2, "kind": "units", "right": 4, "relaxed": 1, "household": 4}', NULL),
('the household moves out', 'Benoit', 'beneficiary', $$SELECT ecopanier.remove_household()$$, 'true', NULL),
('the claim stays as it was', 'Benoit', 'beneficiary', $$SELECT quota_limit || ' ' || (quota_basis - 'versions') FROM ecopanier.reservation WHERE claim_day = '2026-05-05'$$,
 '4 {"base": 2, "kind": "units", "right": 4, "relaxed": 1, "household": 4}', NULL);
:walk
SELECT fixture.clean(), fixture.set('quota_household_units', 0), fixture.set('quota_relax_hour', 24),
	fixture.try('Alice', 'association', $$SELECT ecopanier.restrict_beneficiary(fixture.id('Benoit'), NULL, 'no more')$$, keep => true) \g /dev/null

\echo '# points'
SELECT fixture.set('quota_kind', 1, 1, '2026-06-01 00:00+02'), fixture.set('quota_points_per_day', 10) \g /dev/null
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('a loaf counts three', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('bakery', 3, 'decision')$$, '1', '2026-05-01'),
('from a day on four', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('bakery', 4, 'decision', '2026-07-01 00:00+02')$$, '2', '2026-05-01'),
('not before now', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('bakery', 4, 'decision', '2026-04-30')$$, '22023', '2026-05-01'),
('nor never', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('bakery', 4, 'decision', 'infinity')$$, '22023', '2026-05-01'),
('one point at least', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('bakery', 0, 'decision')$$, '23514', '2026-05-01'),
('a thousand at most', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('dairy', 1000, 'decision')$$, '1', '2026-05-01'),
('and no more', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('dairy', 1001, 'decision')$$, '23514', '2026-05-01'),
('of a category of lots', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('gold', 1, 'decision')$$, '22023', '2026-05-01'),
('with a reason', 'Adele', 'administrator', $$SELECT ecopanier.set_category_points('bakery', 1, ' ')$$, '23514', '2026-05-01'),
('not by others', 'Alice', 'association', $$SELECT ecopanier.set_category_points('bakery', 1, 'decision')$$, '42501', '2026-05-01'),
('who can read it', 'Benoit', 'beneficiary', $$SELECT string_agg(points::text, ' ' ORDER BY version) FROM ecopanier.category_points WHERE category = 'bakery'$$, '3 4', NULL),
('but its author', 'Benoit', 'beneficiary', $$SELECT author_id FROM ecopanier.category_points$$, '42501', NULL);
:walk
SELECT is((fixture.attempt('postgres', NULL, NULL, s)).state, 'ZE111', s) FROM unnest(ARRAY[$$UPDATE ecopanier.category_points SET points = 1$$, $$DELETE FROM ecopanier.category_points$$, $$TRUNCATE ecopanier.category_points$$]) s;
INSERT INTO moment (says, territory, at, expected) VALUES
('the last moment of units', 1, '2026-05-31 21:59:59.999999+00', '2'), ('the first of points', 1, '2026-05-31 22:00+00', '3'),
('the last moment of three points', 1, '2026-06-30 21:59:59.999999+00', '3'), ('the first of four', 1, '2026-06-30 22:00+00', '2');
SELECT is(fixture.most(at, 1, 'bread'), expected, says) FROM moment ORDER BY n;
TRUNCATE moment;
SELECT is(fixture.most('2026-06-10 12:00+00'), '10', 'a category without points counts one');
SELECT is(fixture.most('2026-06-10 12:00+00', 2, 'bread'), '2', 'the other territory counts units');
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('two loaves are six', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('bread1'), 2)$$, 'held', '2026-06-10 12:00+00'),
('three more things are three', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 3)$$, 'held', '2026-06-10 12:01+00'),
('nine of ten', 'Benoit', 'beneficiary', $$SELECT fixture.used('Benoit', '2026-06-10')$$, '9', NULL),
('a loaf is too much', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('bread1'))$$, 'ZE105', '2026-06-10 12:02+00'),
('two things too', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'), 2)$$, 'ZE105', '2026-06-10 12:02+00'),
('one is the last point', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'held', '2026-06-10 12:03+00'),
('paid units count nothing', 'Benoit', 'beneficiary', $$SELECT amount_cents::text FROM ecopanier.reserve(fixture.named('bread1'), 4, NULL, 'public')$$, '1600', '2026-06-10 12:04+00'),
('the claims tell', 'Benoit', 'beneficiary', $$SELECT string_agg(concat_ws(' ', quantity, quota_cost, quota_limit, quota_version, quota_basis), '; ' ORDER BY claimed_at) FROM ecopanier.reservation
	WHERE claim_day = '2026-06-10' AND quota_cost = 6$$,
 '2 6 10 2 {"base": 10, "kind": "points", "points": 3, "versions": {"quota_kind": 2, "category_points": 1, "free_units_per_day": 3}}', NULL),
('the loaves are cancelled in time', 'Benoit', 'beneficiary', $$SELECT ecopanier.cancel(id) FROM ecopanier.reservation WHERE quota_cost = 6$$, '', '2026-06-10 13:00+00'),
('which gives their points back', 'Benoit', 'beneficiary', $$SELECT fixture.used('Benoit', '2026-06-10')$$, '4', NULL),
('and room for two others', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('bread1'), 2)$$, 'held', '2026-06-10 13:01+00');
:walk
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.restrict_beneficiary(fixture.id('Bilal'), 1, 'own limit')$$, keep => true) IS NOT NULL, true, 'a right of one of two units');
SELECT is(fixture.most('2026-06-12 12:00+00', name => 'Bilal'), '5', 'is half of the points');
SELECT fixture.set('quota_points_per_day', 11) \g /dev/null
SELECT is(fixture.most('2026-06-12 12:00+00', name => 'Bilal'), '5', 'rounded down');
SELECT fixture.set('quota_points_per_day', 0) \g /dev/null
SELECT is(fixture.most('2026-06-12 12:00+00'), '0', 'no points, nothing');
SELECT fixture.set('quota_points_per_day', 10) \g /dev/null
-- Units in the morning, points from noon on: what was counted stays, and counts.
SELECT fixture.set('quota_kind', 0, 1, '2026-08-01'), fixture.set('quota_kind', 1, 1, '2026-08-02 12:00+02') \g /dev/null
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('two units in the morning', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('bread1'), 2)$$, 'held', '2026-08-02 08:00+00'),
('two loaves at noon', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('bread1'), 2)$$, 'held', '2026-08-02 10:00+00'),
('are the ten', 'Basma', 'beneficiary', $$SELECT fixture.used('Basma', '2026-08-02')$$, '10', NULL),
('and no more', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('long1'))$$, 'ZE105', '2026-08-02 11:00+00');
:walk

\echo '# generated: random parameters, people and moments; what is given is what the rules say'
SELECT setseed(0.73);
CREATE TEMP TABLE drawn AS SELECT n, (random() * 5)::int AS units, random() < 0.4 AS points, (random() * 30)::int AS per_day, 1 + (random() * 4)::int AS cost, (random() * 2)::int AS household,
	(random() * 4)::int AS most, (random() * 6)::int AS further, (random() * 24)::int AS hour, (random() * 3)::int AS relaxed, CASE WHEN random() < 0.4 THEN (random() * 4)::int END AS own,
	timestamptz '2026-09-01 00:00+00' + (n * interval '1 day') + (random() * 86399) * interval '1 second' AS at
	FROM generate_series(1, 60) n;
CREATE FUNCTION pg_temp.play(d drawn) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM fixture.set('free_units_per_day', d.units), fixture.set('quota_kind', d.points::int, 1, '2026-09-01'), fixture.set('quota_points_per_day', d.per_day),
		fixture.set('quota_household_units', d.household), fixture.set('quota_household_most', d.most), fixture.set('quota_relax_hour', d.hour), fixture.set('quota_relax_units', d.relaxed);
	INSERT INTO ecopanier.category_points (territory_id, category, points, valid_from, source) VALUES (1, 'grocery', d.cost, '2026-08-30', 'test');
	UPDATE ecopanier.beneficiary SET units_per_day = d.own WHERE member_id = fixture.id('Benoit');
	PERFORM fixture.try('Benoit', 'beneficiary', format('SELECT ecopanier.set_household(%s, 0, 0, 0, 1, 0)', d.further), keep => true);
	RETURN fixture.most(d.at::text);
END $$;
CREATE FUNCTION pg_temp.expected(d drawn) RETURNS text LANGUAGE sql AS $$
	SELECT (least(whole, CASE WHEN d.own IS NULL OR d.points AND d.own >= d.units THEN whole WHEN d.points THEN d.per_day * d.own / d.units ELSE d.own END) / CASE WHEN d.points THEN d.cost ELSE 1 END)::text
	FROM (SELECT CASE WHEN base = 0 THEN 0 ELSE base + d.household * least(d.most, d.further)
		+ CASE WHEN extract(hour FROM d.at AT TIME ZONE 'Europe/Paris') >= d.hour THEN d.relaxed ELSE 0 END END AS whole
		FROM (SELECT CASE WHEN d.points THEN d.per_day ELSE d.units END AS base) b) w $$;
SELECT is(pg_temp.play(d), pg_temp.expected(d), format('drawn %s', to_jsonb(d) - 'n')) FROM drawn d ORDER BY n;
SELECT cmp_ok(count(DISTINCT pg_temp.expected(d)), '>=', 8::bigint, 'the answers were of many kinds') FROM drawn d;

\echo '# what follows can be computed again'
SELECT is(ecopanier.rebuild_quota(), 0::bigint, 'the counters are what the claims say');
SELECT is(coalesce(string_agg(invariant, ' '), 'none'), 'none', 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is((fixture.attempt('postgres', NULL, NULL, 'ALTER TABLE ecopanier.reservation DISABLE TRIGGER USER; ' || statement || '; SELECT string_agg(invariant, '' '' ORDER BY invariant) FROM ecopanier.self_check() WHERE violations > 0')).value,
	found, says)
FROM (VALUES
	('a price of another moment', $$UPDATE ecopanier.reservation SET amount_cents = amount_cents - 100 WHERE lot_id = fixture.named('falls') AND amount_cents = 1800$$, 'price_of_another_moment'),
	('a limit that did not follow', $$UPDATE ecopanier.reservation SET quota_limit = quota_limit + 1 WHERE quota_basis ? 'relaxed' AND claim_day = '2026-10-25'$$, 'quota_limit_unfounded'),
	('a plain one too', $$UPDATE ecopanier.reservation SET quota_limit = 3 WHERE quota_basis IS NULL AND claim_day = '2026-10-26'$$, 'quota_limit_unfounded'),
	('a version that there is not', $$UPDATE ecopanier.reservation SET quota_version = 999 WHERE claim_day = '2026-10-26'$$, 'quota_limit_unfounded'),
	('other points', $$UPDATE ecopanier.reservation SET quota_cost = quota_cost - 1 WHERE claim_day = '2026-06-10' AND quota_cost = 3$$, 'quota_cost_unfounded quota_matches_claims'),
	('points of a plain claim', $$UPDATE ecopanier.reservation SET quota_cost = quantity WHERE claim_day = '2026-10-26'$$, 'quota_cost_unfounded')) v (says, statement, found);
SELECT is((fixture.attempt('postgres', NULL, NULL, $$ALTER TABLE ecopanier_private.free_quota DISABLE TRIGGER USER; UPDATE ecopanier_private.free_quota SET used = used + 1 WHERE day = '2026-06-10';
	ALTER TABLE ecopanier_private.free_quota ENABLE TRIGGER USER; SELECT ecopanier.rebuild_quota()$$)).value, '1', 'rebuild_quota() counts points');
SELECT is((fixture.attempt('postgres', NULL, NULL, format('UPDATE ecopanier.reservation SET %s WHERE claim_day = ''2026-06-10''', c))).state, 'ZE111', c || ' is refused, to a superuser too')
FROM unnest(ARRAY['quota_cost = 1', 'quota_basis = NULL', 'quota_limit = 99', 'pool = ''public''', 'window_start = ''2027-02-02''', 'amount_cents = 1']) c;
SELECT * FROM finish();
