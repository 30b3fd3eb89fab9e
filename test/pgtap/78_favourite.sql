-- Favourites: own ones, told with consent, once a lot and person, so many a day, and only what the person may claim.
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
CREATE FUNCTION fixture.shop(territory int DEFAULT 1) RETURNS uuid STABLE LANGUAGE sql AS $$ SELECT fixture.organisation('Boulangerie', territory) $$;

\echo '# kept by the person'
INSERT INTO step (says, name, role, statement, expected) VALUES
('a customer follows a shop, without any consent', 'Camille', 'customer', 'SELECT ecopanier.add_favourite(fixture.shop())', 'true'),
('once', 'Camille', 'customer', 'SELECT ecopanier.add_favourite(fixture.shop())', 'false'),
('with its name', 'Camille', 'customer', $$SELECT string_agg(organisation_name || ' ' || (organisation_id = fixture.shop()), ', ') FROM ecopanier.my_favourites()$$, 'Boulangerie true'),
('by hand too', 'Camille', 'customer', 'INSERT INTO ecopanier.favourite (organisation_id) VALUES (fixture.organisation(''CCAS''))', '1 row'),
('by hand once', 'Camille', 'customer', 'INSERT INTO ecopanier.favourite (organisation_id) VALUES (fixture.organisation(''CCAS''))', '23505'),
('not for another', 'Camille', 'customer', 'INSERT INTO ecopanier.favourite (organisation_id, member_id) VALUES (fixture.organisation(''CCAS''), fixture.id(''Charlie''))', '42501'),
('no shop of elsewhere', 'Camille', 'customer', 'SELECT ecopanier.add_favourite(fixture.shop(2))', 'ZE101'), ('by hand neither', 'Camille', 'customer', 'INSERT INTO ecopanier.favourite (organisation_id) VALUES (fixture.shop(2))', 'ZE101'),
('no such shop', 'Camille', 'customer', 'SELECT ecopanier.add_favourite(ecopanier.new_id(1))', 'ZE101'), ('none', 'Camille', 'customer', 'SELECT ecopanier.add_favourite(NULL)', '22004'),
('none to remove', 'Camille', 'customer', 'SELECT ecopanier.remove_favourite(NULL)', '22004'), ('removed', 'Camille', 'customer', 'SELECT ecopanier.remove_favourite(fixture.organisation(''CCAS''))', 'true'),
('once', 'Camille', 'customer', 'SELECT ecopanier.remove_favourite(fixture.organisation(''CCAS''))', 'false'),
('nobody else reads it', 'Charlie', 'customer', 'SELECT count(*) FROM ecopanier.favourite', '0'), ('nor by the function', 'Charlie', 'customer', 'SELECT count(*) FROM ecopanier.my_favourites()', '0'),
('not the shop', 'Mona', 'merchant', 'SELECT count(*) FROM ecopanier.favourite', '42501'), ('nor administrators', 'Adele', 'administrator', 'SELECT count(*) FROM ecopanier.favourite', '42501'),
('it does not change', 'Camille', 'customer', 'UPDATE ecopanier.favourite SET created_at = now()', '42501'),
('it is in the export', 'Camille', 'customer', $$SELECT ecopanier.export_person(ecopanier.current_member()) #>> '{favourites,0,organisation_id}' = fixture.shop()::text$$, 'true'),
('beneficiaries too', 'Benoit', 'beneficiary', 'SELECT ecopanier.add_favourite(fixture.shop())', 'true'), ('another one', 'Basma', 'beneficiary', 'SELECT ecopanier.add_favourite(fixture.shop())', 'true'),
('who is not verified too', 'Bruno', 'beneficiary', 'SELECT ecopanier.add_favourite(fixture.shop())', 'true'), ('and another customer', 'Charlie', 'customer', 'SELECT ecopanier.add_favourite(fixture.shop())', 'true');
SELECT pg_temp.walk();
SELECT is((fixture.attempt('postgres', NULL, NULL, 'UPDATE ecopanier.favourite SET created_at = ''2020-01-01''')).state, 'ZE111', 'not for a superuser either');
INSERT INTO ecopanier.organisation (territory_id, kind, name) SELECT 1, 'merchant', 'Shop ' || n FROM generate_series(1, 100) n;
INSERT INTO ecopanier.favourite (territory_id, member_id, organisation_id) SELECT 1, fixture.id('Claude'), id FROM ecopanier.organisation WHERE name LIKE 'Shop %' AND name <> 'Shop 100';
INSERT INTO step (says, name, role, statement, expected) VALUES
('the hundredth', 'Claude', 'customer', 'SELECT ecopanier.add_favourite(fixture.organisation(''Shop 100''))', 'true'), ('no more', 'Claude', 'customer', 'SELECT ecopanier.add_favourite(fixture.shop())', '23514'),
('by hand neither', 'Claude', 'customer', 'INSERT INTO ecopanier.favourite (organisation_id) VALUES (fixture.shop())', '23514'),
('two in one statement neither', 'Claude', 'customer', $$WITH one AS (DELETE FROM ecopanier.favourite WHERE organisation_id = fixture.organisation('Shop 1') RETURNING 1)
	INSERT INTO ecopanier.favourite (organisation_id) SELECT fixture.organisation(n) FROM one, unnest(ARRAY['Boulangerie', 'CCAS']) n$$, '23514'),
('ninety-nine again', 'Claude', 'customer', 'SELECT ecopanier.remove_favourite(fixture.organisation(''Shop 1''))', 'true'),
('two are too many', 'Claude', 'customer', 'INSERT INTO ecopanier.favourite (organisation_id) VALUES (fixture.shop()), (fixture.organisation(''CCAS''))', '23514'),
('one is not', 'Claude', 'customer', 'SELECT ecopanier.add_favourite(fixture.organisation(''Shop 1''))', 'true');
SELECT pg_temp.walk();

\echo '# who is told'
SELECT fixture.basket('Silent', '2026-11-22 17:00+00', 5, 5) \g /dev/null
SELECT is(fixture.run('2026-11-21 08:00:00+00'), '', 'nobody without consent');
SELECT fixture.now_try(n, r, $$SELECT ecopanier.give_consent('alerts', 1, 'fr') IS NOT NULL$$, 1)
FROM (VALUES ('Camille', 'customer'), ('Benoit', 'beneficiary'), ('Bruno', 'beneficiary'), ('Claude', 'customer')) v (n, r) \g /dev/null
SELECT is(fixture.run('2026-11-21 08:00:00+00'), '', 'nor of what was published before');
SELECT fixture.basket('Paid', '2026-11-22 17:00+00', 5, 0), fixture.basket('Free', '2026-11-22 17:00+00', 0, 5) \g /dev/null
SELECT is(fixture.run('2026-11-21 08:10:00+00'), 'Benoit lot.favourite lot.favourite, Camille lot.favourite', 'who consents, of what the person may claim');
SELECT is(string_agg(l.title, ', '), 'Paid', 'a customer of what is sold') FROM ecopanier_private.alert_told a JOIN ecopanier.lot l ON l.id = a.lot_id WHERE a.member_id = fixture.id('Camille');
SELECT is(fixture.run('2026-11-21 08:11:00+00'), '', 'once');
SELECT is(fixture.body('Camille', 'customer', 'Paid'),
	'Nouveau panier d''un favori: Un commerce que vous suivez propose un nouveau panier. Paid, Boulangerie. Retrait le 22/11/2026, de 18:00 à 20:00.', 'in words');
SELECT is(fixture.body('Benoit', 'beneficiary', 'Free'), replace(fixture.body('Camille', 'customer', 'Paid'), 'Paid', 'Free'), 'the same for free and paid');
SELECT is(count(*) FILTER (WHERE organisation_id IS NOT NULL OR facts IS NOT NULL), 0::bigint, 'no partner is told, and no more than the lot') FROM ecopanier.event WHERE kind = 'lot.favourite';

\echo '# how many a day'
SELECT fixture.basket('Third', '2026-11-22 17:00+00', 5, 5), fixture.basket('Fourth', '2026-11-22 17:00+00', 5, 5), fixture.basket('Fifth', '2026-11-22 17:00+00', 5, 5) \g /dev/null
SELECT is(fixture.run('2026-11-21 09:00:00+00'), 'Benoit lot.favourite, Camille lot.favourite lot.favourite', 'three for each');
SELECT fixture.basket('Sixth', '2026-11-23 17:00+00', 5, 5) \g /dev/null
SELECT is(fixture.run('2026-11-21 22:59:59+00'), '', 'until the day ends there');
SELECT fixture.basket('Seventh', '2026-11-23 17:00+00', 5, 5) \g /dev/null
SELECT is(fixture.run('2026-11-21 23:00:00+00'), 'Benoit lot.favourite, Camille lot.favourite', 'and again on another one');
SELECT fixture.now_try('Benoit', 'beneficiary', 'SELECT ecopanier.set_alert(46.58, 0.34, 2000)', 1) \g /dev/null
SELECT fixture.basket('Near and known', '2026-11-23 17:00+00', 0, 5) \g /dev/null
SELECT matches(fixture.run('2026-11-22 08:00:00+00'), '^Benoit lot\.(nearby|favourite)$', 'a lot that is nearby too is told once');

\echo '# no longer'
SELECT fixture.now_try('Camille', 'customer', 'SELECT ecopanier.withdraw_consent(''alerts'')', 1), fixture.now_try('Benoit', 'beneficiary', 'SELECT ecopanier.remove_favourite(fixture.shop())', 1),
	fixture.now_try('Benoit', 'beneficiary', 'SELECT ecopanier.remove_alert()', 1) \g /dev/null
SELECT fixture.basket('Unheard', '2026-11-24 17:00+00', 5, 5) \g /dev/null
SELECT is(fixture.run('2026-11-23 08:00:00+00'), '', 'not who withdrew the consent, not who no longer follows');
SELECT is(fixture.now_try('Camille', 'customer', 'SELECT count(*) FROM ecopanier.my_favourites()', 1), '1', 'which is kept without consent');
SELECT fixture.now_try('Camille', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'fr') IS NOT NULL$$, 1), fixture.basket('Late', '2026-11-24 17:00+00', 5, 5) \g /dev/null
SELECT fixture.now_try('Camille', 'customer', 'SELECT ecopanier.withdraw_consent(''alerts'')', 1) \g /dev/null
SELECT is(fixture.run('2026-11-23 08:00:00+00'), '', 'nor who withdrew between the offer and the telling');
SELECT is(fixture.now_try('Charlie', 'customer', $$SELECT ecopanier.erase_person(ecopanier.current_member(), 'mine')$$, 1), '', 'an erased person');
SELECT is(count(*), 0::bigint, 'follows nobody') FROM ecopanier.favourite f JOIN ecopanier.member m ON m.id = f.member_id WHERE m.erased;
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is(missing, NULL, 'the register knows each column of a person') FROM ecopanier_private.personal_gap WHERE missing ~ 'favourite';
SELECT * FROM finish();
