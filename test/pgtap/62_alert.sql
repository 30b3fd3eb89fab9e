-- Alerts: areas of the own, with consent; free baskets nearby, once a lot and person, so many a day, and only what can still be claimed.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
\i test/lib/turn.sql
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, territory int DEFAULT 1);
CREATE FUNCTION pg_temp.walk() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE s step;
BEGIN
	FOR s IN SELECT * FROM step ORDER BY n LOOP
		RETURN NEXT tap.is(fixture.now_try(s.name, s.role, s.statement, s.territory), s.expected, s.says);
	END LOOP;
	TRUNCATE step;
END $$;
SELECT fixture.set('lot_ending_minutes', 0), fixture.set('lot_ending_minutes', 0, 2), fixture.set('reminder_minutes', 0), fixture.run('2026-11-21 08:00:00+00') \g /dev/null

\echo '# the area'
INSERT INTO step (says, name, role, statement, expected) VALUES
('none without consent', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, 0.34)', 'ZE121'),
('by hand neither', 'Benoit', 'beneficiary', 'INSERT INTO ecopanier.alert (latitude, longitude, radius_m) VALUES (46.58, 0.34, 2000)', 'ZE121'),
('with consent', 'Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 1, 'fr') IS NOT NULL$$, 'true'),
('there is one', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.580449, 0.340451) IS NOT NULL', 'true'),
('rounded to three decimals', 'Benoit', 'beneficiary', $$SELECT concat_ws(' ', latitude, longitude, radius_m, consented, per_day) FROM ecopanier.my_alert()$$, '46.58 0.34 2000 t 3'),
('another takes its place', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.5806, 0.3394, 100) IS NOT NULL', 'true'),
('one a person', 'Benoit', 'beneficiary', $$SELECT string_agg(concat_ws(' ', latitude, longitude, radius_m), ', ') FROM ecopanier.alert$$, '46.581 0.339 100'),
('by hand it is rounded too', 'Benoit', 'beneficiary', 'UPDATE ecopanier.alert SET latitude = -21.12345, longitude = 55.55555, radius_m = 20000 RETURNING latitude || '' '' || longitude', '-21.123 55.556'),
('no second one by hand', 'Benoit', 'beneficiary', 'INSERT INTO ecopanier.alert (latitude, longitude, radius_m) VALUES (46.58, 0.34, 2000)', '23505'),
('99 metres', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, 0.34, 99)', '22023'), ('20001 metres', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, 0.34, 20001)', '22023'),
('85 degrees', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(85, 180, 100) IS NOT NULL', 'true'), ('beyond', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(85.0001, 0, 100)', '22023'),
('beyond', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(0, -180.0001, 100)', '22023'), ('no number', 'Benoit', 'beneficiary', $$SELECT ecopanier.set_alert('NaN', 0, 100)$$, '22023'),
('by hand neither', 'Benoit', 'beneficiary', $$UPDATE ecopanier.alert SET latitude = 'NaN'$$, '23514'), ('nor too near', 'Benoit', 'beneficiary', 'UPDATE ecopanier.alert SET radius_m = 99', '23514'),
('a null', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, NULL)', '22004'), ('by hand', 'Benoit', 'beneficiary', 'UPDATE ecopanier.alert SET radius_m = NULL', '23514'),
('nobody else sees it', 'Basma', 'beneficiary', 'SELECT count(*) FROM ecopanier.alert', '0'), ('nobody else sees it', 'Basma', 'beneficiary', 'SELECT count(*) FROM ecopanier.my_alert()', '0'),
('not staff', 'Alice', 'association', 'SELECT count(*) FROM ecopanier.alert', '42501'), ('nor administrators', 'Adele', 'administrator', 'SELECT count(*) FROM ecopanier.alert', '42501'),
('a customer has none', 'Camille', 'customer', 'SELECT ecopanier.set_alert(46.58, 0.34)', '42501'),
('it is in the export', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(ecopanier.current_member()) #>> '{alerts,0,latitude}'$$, '85'),
('removed', 'Benoit', 'beneficiary', 'SELECT ecopanier.remove_alert()', 'true'), ('once', 'Benoit', 'beneficiary', 'SELECT ecopanier.remove_alert()', 'false'),
('and set again', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, 0.34, 2000) IS NOT NULL', 'true'),
('another''s', 'Basma', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 1, 'en') IS NOT NULL$$, 'true'),
('far away', 'Basma', 'beneficiary', 'SELECT ecopanier.set_alert(46.7, 0.34, 2000) IS NOT NULL', 'true'),
('who is not verified may set one', 'Bruno', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 1, 'fr') IS NOT NULL$$, 'true'),
('too', 'Bruno', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, 0.34, 20000) IS NOT NULL', 'true');
INSERT INTO step (says, name, role, statement, expected, territory) VALUES
('in another territory', 'Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 1, 'fr') IS NOT NULL$$, 'true', 2),
('at the same place', 'Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, 0.34, 20000) IS NOT NULL', 'true', 2);
SELECT pg_temp.walk();

\echo '# who is told'
SELECT fixture.basket('Here', '2026-11-22 17:00+00'), fixture.basket('Paid', '2026-11-22 17:00+00', 5, 0) \g /dev/null
SELECT is(fixture.run('2026-11-21 08:00:00+00'), 'Benoit lot.nearby', 'a person with a right whose area it lies in; not of paid units');
SELECT is(fixture.run('2026-11-21 08:00:00+00'), '', 'once');
SELECT is(fixture.run('2026-11-21 08:00:01+00'), '', 'and not again');
SELECT is(fixture.body('Benoit', 'beneficiary', 'Here'),
	'Panier près de vous: Un nouveau panier est proposé près de vous. Here, Boulangerie. Retrait le 22/11/2026, de 18:00 à 20:00.', 'in words that do not say why the person may have it');
SELECT is(fixture.now_try('Benoit', 'beneficiary', format('UPDATE ecopanier.member SET language = %L', l)) || ' ' || fixture.body('Benoit', 'beneficiary', 'Here'), '1 row ' || expected, 'in ' || l)
FROM (VALUES ('en', 'Basket near you: A new basket is offered near you. Here, Boulangerie. Pickup on 22/11/2026, from 18:00 to 20:00.'),
	('es', 'Cesta cerca de usted: Se ofrece una nueva cesta cerca de usted. Here, Boulangerie. Recogida el 22/11/2026, de 18:00 a 20:00.'),
	('ar', E'سلة قريبة منك: تُعرض سلة جديدة بالقرب منك. \u2068Here\u2069، \u2068Boulangerie\u2069. الاستلام يوم \u206822/11/2026\u2069، من \u206818:00\u2069 إلى \u206820:00\u2069.')) v (l, expected);
UPDATE ecopanier.lot SET solidarity_units = 6 WHERE id = fixture.named('Here');
SELECT is(fixture.run('2026-11-21 08:10:00+00'), '', 'a lot that grows is not told again to whom it was told');
UPDATE ecopanier.alert SET latitude = 46.58, radius_m = 100 WHERE member_id = fixture.id('Basma');
UPDATE ecopanier.lot SET solidarity_units = 7 WHERE id = fixture.named('Here');
SELECT is(fixture.run('2026-11-21 08:11:00+00'), 'Basma lot.nearby', 'but to who is there now');
UPDATE ecopanier.lot SET solidarity_units = 1 WHERE id = fixture.named('Paid');
SELECT is(fixture.run('2026-11-21 08:12:00+00'), 'Basma lot.nearby, Benoit lot.nearby', 'a paid lot that gains free units is told then');
SELECT fixture.basket('Sponsored', '2026-11-22 17:00+00', 5, 0) \g /dev/null
SELECT is(fixture.run('2026-11-21 08:13:00+00'), '', 'nobody of one that is sold only');
SELECT fixture.now_try('Camille', 'customer', format('SELECT state FROM ecopanier.sponsor_units(%L, 1)', fixture.named('Sponsored'))) \g /dev/null
SELECT is(fixture.run('2026-11-21 08:13:00+00'), '', 'nor while a unit is promised');
SELECT ecopanier.settle_instruction(id, id::text, amount_cents) FROM ecopanier.due_instructions() \g /dev/null
SELECT is(fixture.run('2026-11-21 08:14:00+00'), 'Basma lot.nearby, Benoit lot.nearby', 'a unit that somebody pays for is told when it is paid');
UPDATE ecopanier.member SET language = 'fr' WHERE id = fixture.id('Benoit');
SELECT isnt(fixture.body('Benoit', 'beneficiary', 'Sponsored'), NULL, 'there are words for it');
SELECT is(replace(fixture.body('Benoit', 'beneficiary', 'Sponsored'), 'Sponsored', 'Paid'), fixture.body('Benoit', 'beneficiary', 'Paid'), 'and they are those of any basket');

\echo '# how far is near'
-- 2000 m on a sphere of 6371009 m are 0.0179864 degrees of latitude
SELECT fixture.run('2026-11-22 08:00:00+00'), fixture.basket('Inside', '2026-11-23 17:00+00', latitude => 46.58 + 0.017985), fixture.basket('Outside', '2026-11-23 17:00+00', latitude => 46.58 + 0.017988),
	fixture.basket('East inside', '2026-11-23 17:00+00', longitude => 0.34 + 0.026166), fixture.basket('East outside', '2026-11-23 17:00+00', longitude => 0.34 + 0.026172) \g /dev/null
UPDATE ecopanier.alert SET latitude = 46.9 WHERE member_id = fixture.id('Basma');
SELECT is(fixture.run('2026-11-22 08:00:00+00'), 'Benoit lot.nearby lot.nearby', 'metres inside, not metres outside');
SELECT is(string_agg(l.title, ', ' ORDER BY l.title), 'East inside, Inside', 'to the north and to the east')
FROM ecopanier_private.alert_told a JOIN ecopanier.lot l ON l.id = a.lot_id WHERE a.day = '2026-11-22';

\echo '# how many a day'
SELECT fixture.run('2026-11-23 08:00:00+00'), fixture.basket('One', '2026-11-24 17:00+00'), fixture.basket('Two', '2026-11-24 17:00+00'), fixture.basket('Three', '2026-11-24 17:00+00'),
	fixture.basket('Four', '2026-11-24 17:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-23 08:00:00+00'), 'Benoit lot.nearby lot.nearby lot.nearby', 'three');
SELECT fixture.basket('Five', '2026-11-24 17:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-23 22:59:59+00'), '', 'no more until midnight');
SELECT set_config('ecopanier.clock', '2026-11-23 23:00:00+00', false), fixture.basket('Six', '2026-11-24 17:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-23 23:00:00+00'), 'Benoit lot.nearby', 'and again on another day of the territory');
SELECT fixture.set('alerts_per_day', 0), fixture.basket('Seven', '2026-11-24 17:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-23 23:10:00+00'), '', 'none at all');
SELECT fixture.set('alerts_per_day', 50), fixture.run('2026-11-24 08:00:00+00') \g /dev/null

\echo '# what is not told'
CREATE FUNCTION fixture.told_of(name text, change text DEFAULT 'SELECT 1', sleep interval DEFAULT '0') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	told text;
BEGIN
	PERFORM fixture.basket(name, to_char(ecopanier.now() + interval '2 hours', 'YYYY-MM-DD HH24:MI:SSOF'));
	EXECUTE replace(change, '{lot}', quote_literal((SELECT id FROM ecopanier.lot WHERE title = name)));
	told := fixture.run((ecopanier.now() + sleep)::text);
	RAISE EXCEPTION SQLSTATE 'UNDO0' USING DETAIL = told;
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	RETURN (SELECT told);
END $$;
SELECT is(fixture.told_of(says, change, sleep::interval), expected, says) FROM (VALUES
	('what is there', 'SELECT 1', '0', 'Benoit lot.nearby'),
	('after a pause, a second before its window ends', 'SELECT 1', '3 hours 59 minutes 59 seconds', 'Benoit lot.nearby'),
	('when the window is over', 'SELECT 1', '4 hours', ''),
	('a lot that was closed meanwhile', 'UPDATE ecopanier.lot SET state = ''closed'' WHERE id = {lot}', '0', ''),
	('one that was cancelled', 'UPDATE ecopanier.lot SET state = ''cancelled'', cancel_reason = ''x'' WHERE id = {lot}', '0', ''),
	('one with no free unit left', 'INSERT INTO ecopanier.reservation (lot_id, member_id, pool, quantity) SELECT {lot}, fixture.id(n), ''solidarity'', q FROM (VALUES (''Basma'', 2), (''Bilal'', 2), (''Bruno'', 1)) v (n, q)', '0',
		'Basma reservation.held, Bilal reservation.held, Bruno reservation.held'),
	('one of which the person holds a unit', 'INSERT INTO ecopanier.reservation (lot_id, member_id, pool) VALUES ({lot}, fixture.id(''Benoit''), ''solidarity'')', '0', 'Benoit reservation.held'),
	('a right that is suspended', 'UPDATE ecopanier.beneficiary SET state = ''suspended'', reason = ''x'' WHERE member_id = fixture.id(''Benoit'')', '0', 'Benoit right.suspended'),
	('an account that is suspended', 'UPDATE ecopanier.member SET state = ''suspended'' WHERE id = fixture.id(''Benoit'')', '0', ''),
	('without consent', 'UPDATE ecopanier.consent SET withdrawn_at = ecopanier.now() WHERE member_id = fixture.id(''Benoit'')', '0', '')) v (says, change, sleep, expected);
UPDATE ecopanier.consent_purpose SET required_version = 2 WHERE name = 'alerts';
SELECT is(fixture.told_of('consent to a text that no longer serves'), '', 'consent to a text that no longer serves');
UPDATE ecopanier.consent_purpose SET required_version = 1 WHERE name = 'alerts';

\echo '# consent and erasure'
-- An event that waits to be told when the consent goes.
SELECT fixture.basket('Waiting', '2026-11-25 17:00+00', 5, 0) \g /dev/null
UPDATE ecopanier.lot SET solidarity_units = 1 WHERE id = fixture.named('Waiting');
DELETE FROM ecopanier_private.lot_announcement;
INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, member_id) SELECT 1, ecopanier.new_id(1), 'lot.nearby', fixture.named('Waiting'), fixture.id(n) FROM unnest(ARRAY['Benoit', 'Basma']) n;
INSERT INTO step (says, name, role, statement, expected) VALUES ('consent is withdrawn', 'Basma', 'beneficiary', $$SELECT ecopanier.withdraw_consent('alerts')$$, 'true');
SELECT pg_temp.walk();
INSERT INTO step (says, name, role, statement, expected) VALUES ('with it the area is gone', 'Basma', 'beneficiary', 'SELECT count(*) FROM ecopanier.my_alert()', '0');
SELECT pg_temp.walk();
SELECT is(fixture.run('2026-11-24 08:00:00+00'), 'Benoit lot.nearby', 'and what was on its way is not told');
BEGIN;
INSERT INTO ecopanier.consent_text (purpose, version, language, body) SELECT purpose, 2, language, body || ' +' FROM ecopanier.consent_text WHERE purpose = 'alerts';
COMMIT;
INSERT INTO step (says, name, role, statement, expected) VALUES ('consent to a newer text', 'Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 2, 'fr') IS NOT NULL$$, 'true');
SELECT pg_temp.walk();
INSERT INTO step (says, name, role, statement, expected) VALUES ('keeps the area', 'Benoit', 'beneficiary', 'SELECT count(*) FROM ecopanier.my_alert()', '1');
SELECT pg_temp.walk();
SELECT fixture.id('Benoit') AS benoit, fixture.basket('Last', '2026-11-25 17:00+00') \gset
SELECT is(fixture.now_try('Benoit', 'beneficiary', 'SELECT ecopanier.erase_person(ecopanier.current_member())'), '', 'the person is erased');
SELECT is((SELECT count(*) FROM ecopanier.alert WHERE member_id = :'benoit') || ' ' || (SELECT count(*) FROM ecopanier_private.alert_told WHERE member_id = :'benoit'), '0 0', 'nothing of place or alerts is left');
SELECT is(fixture.run('2026-11-24 09:00:00+00'), '', 'and nobody is told');
SELECT is(count(*), 0::bigint, 'no lot waits') FROM ecopanier_private.lot_announcement;
SELECT is(count(*), 0::bigint, 'the other territory''s person was never told of lots here') FROM ecopanier_private.alert_told WHERE territory_id = 2;

\echo '# an index finds the areas'
INSERT INTO ecopanier.alert (territory_id, member_id, latitude, longitude, radius_m)
SELECT 1, m.id, 46 + (row_number() OVER ()) % 100 / 100.0, 0.34, 2000 FROM ecopanier.member m WHERE m.territory_id = 1 AND NOT m.erased ON CONFLICT DO NOTHING;
SET enable_seqscan = off;
CREATE FUNCTION fixture.plan(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP plan := plan || line || E'\n'; END LOOP;
	RETURN plan;
END $$;
SELECT matches(fixture.plan($$SELECT member_id FROM ecopanier.alert a WHERE kind = 'nearby' AND
	box(point(a.longitude - a.radius_m / (111000 * cos(radians(a.latitude))), a.latitude - a.radius_m / 111000.0),
	point(a.longitude + a.radius_m / (111000 * cos(radians(a.latitude))), a.latitude + a.radius_m / 111000.0)) @> box(point(0.34, 46.58), point(0.34, 46.58))$$),
	'alert_area_index', 'the box in the statement is that of the index');
SELECT * FROM finish();
